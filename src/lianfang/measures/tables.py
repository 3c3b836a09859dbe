"""Table and filters of the list of measures."""

import datetime as dt
from typing import Any, cast

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from lianfang.access.core.roles import may
from lianfang.access.times import now, to_aware, to_local
from lianfang.access.words import choices, label
from lianfang.kernel.vocabulary import Category, Decision, MeasureKind, PlaceClass
from lianfang.measures import selectors
from lianfang.measures.models import Measure
from lianfang.measures.words import next_test, reason_of, shown_state, until
from lianfang.outbreaks.selectors import outbreak_choices
from lianfang.pages import parts
from lianfang.pages.filters import FilterSet, ScopeChoiceFilter, SearchFilter, TownshipFilter
from lianfang.pages.tables import Table
from lianfang.registry.selectors import area_line, search_persons, shown_field

DUE = (
    ("ends_today", _("ends today")),
    ("over", _("over, not released")),
    ("test_today", _("test due today")),
    ("differs", _("proposal has changed")),
)


class MeasureTable(Table):
    """Measures; the person's name and phone are covered by role."""

    name = tables.Column(verbose_name=_("Name"), accessor="person", orderable=False)
    kind = tables.Column(verbose_name=_("Measure"))
    state = tables.Column(verbose_name=_("State"), accessor="decision", orderable=False)
    start = tables.Column(verbose_name=_("From"))
    end = tables.Column(verbose_name=_("Until"), empty_values=())
    next_test = tables.Column(verbose_name=_("Next test"), accessor="test_dates", orderable=False, empty_values=())
    why = tables.Column(verbose_name=_("Why"), accessor="rule", orderable=False)
    category = tables.Column(verbose_name=_("Category"))
    jurisdiction = tables.Column(verbose_name=_("Area"), order_by="jurisdiction__path")
    phone = tables.Column(verbose_name=_("Phone"), accessor="person", orderable=False)
    decided_by = tables.Column(verbose_name=_("Decided by"), accessor="decided_by__name", orderable=False)

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
            "jurisdiction",
            "phone",
            "decided_by",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now()
        self.today = cast("dt.datetime", to_local(self.now)).date()

    def render_name(self, value: Any) -> str:
        name = shown_field(value, "name", self.role) or value.pk
        return format_html('<a href="{}">{}</a>', reverse("person", args=[value.pk]), name)

    def value_name(self, value: Any) -> str:
        return shown_field(value, "name", self.role) or value.pk

    def render_kind(self, record: Measure) -> str:
        kind = label(MeasureKind, record.kind)
        if record.released_at is not None or not may(self.role, "measure.order"):
            return kind
        return format_html('{} <a href="{}">{}</a>', kind, reverse("measure-change", args=[record.pk]), _("Change"))

    def value_kind(self, record: Measure) -> str:
        return label(MeasureKind, record.kind)

    def render_state(self, record: Measure) -> str:
        return shown_state(record, self.now)

    def value_state(self, record: Measure) -> str:
        return label(Decision, record.decision)

    def render_start(self, value: dt.datetime) -> str:
        return parts.moment(value)

    def value_start(self, value: dt.datetime) -> dt.datetime:
        return value

    def render_end(self, record: Measure) -> str:
        return until(record)

    def value_end(self, record: Measure) -> dt.datetime | None:
        return record.end

    def render_next_test(self, record: Measure) -> str:
        return next_test(record, self.today)

    def value_next_test(self, record: Measure) -> str:
        return "; ".join(record.test_dates)

    def render_why(self, record: Measure) -> str:
        url = reverse("measure-why", args=[record.pk])
        return render_to_string("pages/why.html", {"url": url, "text": reason_of(record)})

    def value_why(self, record: Measure) -> str:
        return reason_of(record)

    def render_category(self, value: str) -> str:
        return parts.word_badge("Category", value)

    def value_category(self, value: str) -> str:
        return label(Category, value)

    def render_jurisdiction(self, record: Measure) -> str:
        return area_line(record.jurisdiction)

    def render_phone(self, value: Any) -> str:
        return shown_field(value, "phone", self.role) or "—"


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
        self.form.fields["in_force_at"] = InForceAt(
            label=_("In force at"),
            required=False,
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )
        for name in ("person", "case", "jurisdiction"):
            self.form.fields[name].widget = self.form.fields[name].hidden_widget()

    def by_due(self, rows: QuerySet[Measure], name: str, value: str) -> QuerySet[Measure]:
        """Keep what ends today, is over, is tested today, or has another proposal."""
        moment = now()
        today = cast("dt.datetime", to_local(moment)).date()
        if value == "ends_today":
            return selectors.ending_on(rows, today)
        if value == "test_today":
            return selectors.with_test_on(rows, today)
        return selectors.over(rows, moment) if value == "over" else selectors.differing(rows)

    def by_time(self, rows: QuerySet[Measure], name: str, value: dt.datetime) -> QuerySet[Measure]:
        """Keep what is in force at a time."""
        return selectors.in_force(rows, cast("dt.datetime", to_aware(value)))

    def by_case(self, rows: QuerySet[Measure], name: str, value: str) -> QuerySet[Measure]:
        """Keep the measures of a case's person and of those who met the case."""
        request: Any = self.request
        return rows & selectors.measures_of_case(value, request.scope)

    def by_area(self, rows: QuerySet[Measure], name: str, value: str) -> QuerySet[Measure]:
        """Keep the measures of an area and of the areas inside it."""
        return selectors.inside_area(rows, value)


class InForceAt(forms.DateTimeField):
    """A time to the minute, as links and the browser's own control write it."""

    input_formats = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
