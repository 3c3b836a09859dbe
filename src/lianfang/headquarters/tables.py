"""Table and filters of the list of clocks."""

from functools import cached_property
from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.headquarters.selectors import CASE, CONTACT, in_state
from lianfang.headquarters.words import clock_names, clock_reason, clock_title, subject_of
from lianfang.outbreaks.selectors import outbreaks
from lianfang.pages import columns
from lianfang.pages.filters import FilterSet, SearchFilter, TownshipFilter
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.tables import Table
from lianfang.records.models import Clock
from lianfang.tracing.selectors import contact_names

STATES = (("running", _("running")), ("overdue", _("overdue")), ("paused", _("paused")), ("done", _("done")))


def state_of(clock: Clock) -> str:
    """Return the state of a clock as of now: a code of `STATES`."""
    if clock.done_at is not None:
        return "done"
    if clock.paused_at is not None:
        return "paused"
    return "overdue" if clock.due <= now() else "running"


def standing_of(clock: Clock) -> str:
    """Return the state of a clock in words; of a paused one why, of one that was done whether it was done in time."""
    state = state_of(clock)
    if state == "done" and clock.done_at is not None and clock.done_at > clock.due:
        return gettext("done late")
    words = str(dict(STATES)[state])
    return f"{words} {clock.pause_reason}".strip() if state == "paused" else words


def about(clock: Clock, table: "ClockTable") -> str:
    """Return what a clock hangs on, with a link to its page where the role may open it."""
    words, url = subject_of(clock, table.role, table.names)
    return format_html('<a href="{}">{}</a>', url, words) if url else words


class ClockTable(Table):
    """Clocks, what is due next first."""

    state = columns.Clock(
        _("Clock"), head=_("Due at"), accessor="due", order_by="due", paused="paused_at", reason="pause_reason"
    )
    standing = columns.Code(
        _("State"),
        words=lambda record, table: standing_of(record),
        code=lambda record, table: state_of(record),
        accessor="due",
        visible=False,
    )
    clock = columns.Code(_("What"), words=lambda record, table: clock_title(record))
    subject = columns.Text(
        _("About"),
        shown=lambda record, table: about(record, table),
        plain=lambda record, table: subject_of(record, table.role, table.names)[0],
        order_by=("subject_kind", "subject"),
    )
    jurisdiction = columns.Area(_("Area"))
    starts = columns.Moment(_("Started"))
    why = columns.Why(
        _("Why"),
        text=lambda record, table: clock_reason(record)[0],
        url=lambda record, table: clock_reason(record)[1],
        accessor="rule",
        attrs={"td": {"class": "wide"}},
    )
    escalated_to = columns.Text(_("Escalated to"))
    done_at = columns.Moment(_("Done"))
    done_by = columns.Text(_("By"), accessor="done_by__name")

    facts = {"state": state_of, "due": "due", "rule": "rule", "standing": state_of}

    class Meta(Table.Meta):
        """The columns in their order."""

        model = Clock
        fields = (
            "state",
            "standing",
            "clock",
            "subject",
            "jurisdiction",
            "starts",
            "why",
            "escalated_to",
            "done_at",
            "done_by",
        )

    @cached_property
    def names(self) -> dict[str, tuple[str, str]]:
        """The people of the contacts that the shown clocks hang on, read together."""
        page = getattr(self, "page", None)
        rows = page.object_list.data if page else self.data.data
        keys = [one.subject for one in rows if one.subject_kind == CONTACT]
        return contact_names(keys, self.request.scope) if keys else {}


class ClockFilter(FilterSet):
    """By what it hangs on, state, township, what the clock is about, and outbreak.

    ``state`` is ``running``, ``overdue``, ``paused`` or ``done``; ``case`` is a whole case id, as links give
    it; ``q`` part of it.
    """

    q = SearchFilter("subject", label=_("About"), placeholder=_("Case number"))
    state = django_filters.ChoiceFilter(label=_("State"), choices=STATES, empty_label=_("all"), method="in_state")
    township = TownshipFilter()
    clock = django_filters.ChoiceFilter(label=_("What"), choices=(), empty_label=_("all"))
    outbreak = django_filters.ChoiceFilter(label=_("Outbreak"), field_name="matter", choices=(), empty_label=_("all"))
    case = django_filters.CharFilter(method="of_case", max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = list(outbreaks(cast("ScopedRequest", self.request).scope))
        names = {code: text for one in known for code, text in clock_names(one.playbook, tuple(one.overlays)).items()}
        self.filters["clock"].extra["choices"] = [(code, say(text)) for code, text in names.items()]
        self.filters["outbreak"].extra["choices"] = [(one.code, one.name) for one in known]
        self.form.fields["case"].widget = self.form.fields["case"].hidden_widget()

    def of_case(self, rows: QuerySet[Clock], name: str, value: str) -> QuerySet[Clock]:
        """Keep the clocks of one case."""
        return rows.filter(subject_kind=CASE, subject=value)

    def in_state(self, rows: QuerySet[Clock], name: str, value: str) -> QuerySet[Clock]:
        """Keep the clocks in a state as of now."""
        return in_state(rows, value, now())
