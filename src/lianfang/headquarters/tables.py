"""Table and filters of the list of clocks."""

import datetime as dt
from typing import Any, cast

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.headquarters.selectors import CASE, in_state
from lianfang.headquarters.words import clock_names, clock_reason, clock_title, subject_of
from lianfang.outbreaks.selectors import outbreaks
from lianfang.pages import parts
from lianfang.pages.filters import FilterSet, SearchFilter, TownshipFilter
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.tables import Table
from lianfang.records.models import Clock
from lianfang.registry.selectors import area_line

STATES = (("running", _("running")), ("overdue", _("overdue")), ("paused", _("paused")), ("done", _("done")))


class ClockTable(Table):
    """Clocks, what is due next first."""

    state = tables.Column(verbose_name=_("Clock"), accessor="due", order_by="due")
    clock = tables.Column(verbose_name=_("What"))
    subject = tables.Column(verbose_name=_("About"), order_by=("subject_kind", "subject"))
    jurisdiction = tables.Column(verbose_name=_("Area"), order_by="jurisdiction__path")
    starts = tables.Column(verbose_name=_("Started"))
    why = tables.Column(verbose_name=_("Why"), accessor="rule", orderable=False, attrs={"td": {"class": "wide"}})
    escalated_to = tables.Column(verbose_name=_("Escalated to"))
    done_at = tables.Column(verbose_name=_("Done"))
    done_by = tables.Column(verbose_name=_("By"), accessor="done_by__name")

    class Meta(Table.Meta):
        """The columns in their order."""

        model = Clock
        fields = ("state", "clock", "subject", "jurisdiction", "starts", "why", "escalated_to", "done_at", "done_by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now()

    def render_state(self, record: Clock) -> str:
        return parts.clock(
            record.due, self.now, done_at=record.done_at, paused_at=record.paused_at, why=record.pause_reason
        )

    def value_state(self, record: Clock) -> dt.datetime:
        return record.due

    def render_clock(self, record: Clock) -> str:
        return clock_title(record)

    def render_subject(self, record: Clock) -> str:
        words, url = subject_of(record, self.role)
        return format_html('<a href="{}">{}</a>', url, words) if url else words

    def value_subject(self, record: Clock) -> str:
        return subject_of(record, self.role)[0]

    def render_jurisdiction(self, record: Clock) -> str:
        return area_line(record.jurisdiction)

    def render_starts(self, value: dt.datetime) -> str:
        return parts.moment(value)

    def value_starts(self, value: dt.datetime) -> dt.datetime:
        return value

    def render_why(self, record: Clock) -> str:
        text, url = clock_reason(record)
        return render_to_string("pages/why.html", {"text": text, "url": url})

    def value_why(self, record: Clock) -> str:
        return clock_reason(record)[0]

    def render_done_at(self, value: dt.datetime) -> str:
        return parts.moment(value)

    def value_done_at(self, value: dt.datetime) -> dt.datetime:
        return value


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
