"""Table and filters of the list of measures."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html, strip_tags
from django.utils.translation import gettext_lazy as _

from lianfang.access.core.roles import may
from lianfang.access.times import now, to_aware, to_local
from lianfang.access.words import choices, label, say
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Category, Decision, MeasureKind, PlaceClass
from lianfang.measures import selectors
from lianfang.measures.models import Measure
from lianfang.measures.words import next_test, reason_of, shown_state, state_word, state_words, until
from lianfang.outbreaks.selectors import outbreak_choices
from lianfang.pages import columns, fields
from lianfang.pages.filters import FilterSet, ScopeChoiceFilter, SearchFilter, TownshipFilter
from lianfang.pages.tables import Table
from lianfang.registry.selectors import search_persons

DUE = (
    ("ends_today", _("ends today")),
    ("over", _("over, not released")),
    ("test_today", _("test due today")),
    ("differs", _("proposal has changed")),
)


class MeasureTable(Table):
    """Measures; the person's name and phone are covered by role."""

    name = columns.Person(
        _("Name"), route="person", args=("person_id",), otherwise="person_id", accessor="person", orderable=False
    )
    kind = columns.Label(_("Measure"), MeasureKind, shown=lambda record, table: _with_change(record, table.role))
    state = columns.Code(
        _("State"),
        words=lambda record, table: state_words(record, table.now),
        code=lambda record, table: state_word(record, table.now).value,
        shown=lambda record, table: shown_state(record, table.now),
        accessor="decision",
        orderable=False,
    )
    start = columns.Moment(_("From"))
    end = columns.Moment(
        _("Until"),
        shown=lambda record, table: until(record),
        filed=lambda record, table: to_local(record.end) or strip_tags(until(record)),
        empty_values=(),
    )
    next_test = columns.Text(
        _("Next test"),
        shown=lambda record, table: next_test(record, table.today),
        plain=lambda record, table: "; ".join(record.test_dates),
        head=_("Test days"),
        accessor="test_dates",
        orderable=False,
        empty_values=(),
    )
    why = columns.Why(
        _("Why"),
        text=lambda record, table: reason_of(record),
        url=lambda record, table: reverse("measure-why", args=[record.pk]),
        accessor="rule",
    )
    category = columns.Badge(_("Category"), Category)
    place_class = columns.Label(_("Where"), PlaceClass, visible=False)
    conditions = columns.Text(
        _("Release conditions"),
        shown=lambda record, table: table.conditions_of(record),
        accessor="rule",
        orderable=False,
        visible=False,
    )
    jurisdiction = columns.Area(_("Area"))
    phone = columns.Person(_("Phone"), field="phone", accessor="person")
    decided_by = columns.Text(_("Decided by"), accessor="decided_by__name", orderable=False)

    facts = {
        "person_id": "person_id",
        "outbreak": "outbreak_id",
        "decision": "decision",
        "next_test": "test_dates",
        "rule": "rule",
        "released_at": "released_at",
    }

    class Meta(Table.Meta):
        """The columns in their order."""

        model = Measure
        fields = (
            "name",
            "kind",
            "state",
            "start",
            "end",
            "next_test",
            "why",
            "category",
            "place_class",
            "conditions",
            "jurisdiction",
            "phone",
            "decided_by",
        )

    @cached_property
    def _conditions(self) -> Callable[[str, str], Text | None]:
        return selectors.conditions_by_rule()

    def conditions_of(self, record: Measure) -> str:
        """Return what must hold before release, by the rule of a measure; the playbooks are read once a table."""
        told = self._conditions(record.playbook, record.rule)
        return "" if told is None else say(told)


def _with_change(measure: Measure, role: str) -> str:
    kind = label(MeasureKind, measure.kind)
    if measure.released_at is not None or not may(role, "measure.order"):
        return kind
    return format_html('{} <a href="{}">{}</a>', kind, reverse("measure-change", args=[measure.pk]), _("Change"))


class _PersonSearch(SearchFilter):
    """The search box, carried out by the register's selector: it searches no field that the role sees masked."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not (value or "").strip():
            return qs
        request: Any = self.parent.request
        found = search_persons(request.scope, value, role=request.user.role)
        return qs.filter(person__in=found.order_by().values("pk"))


class _DecisionFilter(django_filters.ChoiceFilter):  # type: ignore[misc]
    """Empty leaves out what was refused: those are the measures that are counted; ``any`` shows them too."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return selectors.counted_measures(qs)
        return qs if value == "any" else qs.filter(decision=value)


class MeasureFilter(FilterSet):
    """By person, measure, township, decision, what is due, category and outbreak.

    ``person``, ``case``, ``jurisdiction`` (a code) and ``in_force_at`` (a time) are for links from other pages.
    """

    q = _PersonSearch(placeholder=_("Name, pinyin, phone, person id"))
    kind = django_filters.ChoiceFilter(label=_("Measure"), choices=choices(MeasureKind), empty_label=_("all"))
    township = TownshipFilter()
    due = django_filters.ChoiceFilter(label=_("Due"), choices=DUE, empty_label=_("all"), method="by_due")
    decision = _DecisionFilter(
        label=_("Decision"), choices=[*choices(Decision), ("any", _("all"))], empty_label=_("without refused")
    )
    category = django_filters.ChoiceFilter(label=_("Category"), choices=choices(Category), empty_label=_("all"))
    place_class = django_filters.ChoiceFilter(label=_("Where"), choices=choices(PlaceClass), empty_label=_("all"))
    outbreak = ScopeChoiceFilter(outbreak_choices, label=_("Outbreak"))
    in_force_at = django_filters.CharFilter(label=_("In force at"), method="by_time")
    person = django_filters.CharFilter(field_name="person_id", max_length=64)
    case = django_filters.CharFilter(method="by_case", max_length=64)
    jurisdiction = django_filters.CharFilter(method="by_area", max_length=32)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.fields["in_force_at"] = fields.Moment(
            label=_("In force at"), aware=True, input_formats=(*fields.MOMENTS, "%Y-%m-%d")
        )
        for name in ("person", "case", "jurisdiction"):
            self.form.fields[name].widget = self.form.fields[name].hidden_widget()

    def by_due(self, rows: QuerySet[Measure], name: str, value: str) -> QuerySet[Measure]:
        """Keep what ends today, is over, is tested today, or has another proposal."""
        moment = now()
        today = to_local(moment).date()
        if value == "ends_today":
            return selectors.ending_on(rows, today)
        if value == "test_today":
            return selectors.with_test_on(rows, today)
        return selectors.over(rows, moment) if value == "over" else selectors.differing(rows)

    def by_time(self, rows: QuerySet[Measure], name: str, value: dt.datetime) -> QuerySet[Measure]:
        """Keep what is in force at a time."""
        return selectors.in_force(rows, to_aware(value))

    def by_case(self, rows: QuerySet[Measure], name: str, value: str) -> QuerySet[Measure]:
        """Keep the measures of a case's person and of those who met the case."""
        request: Any = self.request
        return rows & selectors.measures_of_case(value, request.scope)

    def by_area(self, rows: QuerySet[Measure], name: str, value: str) -> QuerySet[Measure]:
        """Keep the measures of an area and of the areas inside it."""
        return selectors.inside_area(rows, value)
