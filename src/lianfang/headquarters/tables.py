"""Table and filters of the list of clocks."""

from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.headquarters.models import Clock
from lianfang.headquarters.selectors import in_state
from lianfang.headquarters.words import clock_names, clock_reason, clock_title
from lianfang.outbreaks.selectors import outbreaks
from lianfang.pages import columns
from lianfang.pages.filters import FilterSet, SearchFilter, TownshipFilter
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.tables import Table

STATES = (("running", _("running")), ("overdue", _("overdue")), ("done", _("done")))


def state_of(clock: Clock) -> str:
    """Return the state of a clock as of now: a code of `STATES`."""
    if clock.done_at is not None:
        return "done"
    return "overdue" if clock.due <= now() else "running"


class ClockTable(Table):
    """Clocks, what is due next first."""

    state = columns.Clock(_("Clock"), accessor="due", order_by="due")
    clock = columns.Code(_("What"), words=lambda record, table: clock_title(record))
    case = columns.Link(
        _("Case"), route="case", args=("case_id",), permission="case.view", accessor="case_id", order_by="case_id"
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
    done_at = columns.Moment(_("Done"))
    done_by = columns.Text(_("By"), accessor="done_by__name")

    facts = {"state": state_of, "due": "due", "rule": "rule"}

    class Meta(Table.Meta):
        """The columns in their order."""

        model = Clock
        fields = ("state", "clock", "case", "jurisdiction", "starts", "why", "done_at", "done_by")


class ClockFilter(FilterSet):
    """By case, state, township, what the clock is about, and outbreak.

    ``state`` is ``running``, ``overdue`` or ``done``; ``case`` is a whole case id, as links give it; ``q`` part of it.
    """

    q = SearchFilter("case__case_id", label=_("Case"), placeholder=_("Case number"))
    state = django_filters.ChoiceFilter(label=_("State"), choices=STATES, empty_label=_("all"), method="in_state")
    township = TownshipFilter()
    clock = django_filters.ChoiceFilter(label=_("What"), choices=(), empty_label=_("all"))
    outbreak = django_filters.ChoiceFilter(
        label=_("Outbreak"), field_name="case__outbreak_id", choices=(), empty_label=_("all")
    )
    case = django_filters.CharFilter(field_name="case_id", max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = list(outbreaks(cast("ScopedRequest", self.request).scope))
        names = {code: text for one in known for code, text in clock_names(one.playbook, tuple(one.overlays)).items()}
        self.filters["clock"].extra["choices"] = [(code, say(text)) for code, text in names.items()]
        self.filters["outbreak"].extra["choices"] = [(one.code, one.name) for one in known]
        self.form.fields["case"].widget = self.form.fields["case"].hidden_widget()

    def in_state(self, rows: QuerySet[Clock], name: str, value: str) -> QuerySet[Clock]:
        """Keep the clocks in a state as of now."""
        return in_state(rows, value, now())
