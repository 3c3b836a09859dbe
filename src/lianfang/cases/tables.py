"""Table and filters of the list of cases."""

import datetime as dt
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from lianfang.access.words import choices, label
from lianfang.cases.models import Case
from lianfang.cases.selectors import outbreak_choices, search_cases, with_curve_day
from lianfang.kernel.vocabulary import CaseSource, Classification
from lianfang.pages import parts
from lianfang.pages.filters import DayRangeFilter, FilterSet, ScopeChoiceFilter, SearchFilter, TownshipFilter
from lianfang.pages.tables import Table
from lianfang.registry.selectors import area_line, shown_field

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class CaseTable(Table):
    """Cases; the person's name and phone are covered by role."""

    case_id = tables.Column(verbose_name=_("Case"))
    name = tables.Column(verbose_name=_("Name"), accessor="person", orderable=False)
    classification = tables.Column(verbose_name=_("Classification"))
    onset_date = tables.Column(verbose_name=_("Onset"))
    sampled_at = tables.Column(verbose_name=_("First positive sample"))
    reported_at = tables.Column(verbose_name=_("Reported"))
    isolated_at = tables.Column(verbose_name=_("Isolated"))
    found_by = tables.Column(verbose_name=_("Found by"))
    jurisdiction = tables.Column(verbose_name=_("Area"), order_by="jurisdiction__path")
    phone = tables.Column(verbose_name=_("Phone"), accessor="person", orderable=False)

    codes = {"classification": "classification", "found_by": "found_by", "jurisdiction": "jurisdiction_id"}
    facts = {"person_id": "person_id", "outbreak": "outbreak_id"}

    class Meta(Table.Meta):
        """The columns in their order, the latest report first."""

        model = Case
        fields = (
            "case_id",
            "name",
            "classification",
            "onset_date",
            "sampled_at",
            "reported_at",
            "isolated_at",
            "found_by",
            "jurisdiction",
            "phone",
        )

    def render_case_id(self, value: str) -> str:
        return format_html('<a href="{}">{}</a>', reverse("case", args=[value]), value)

    def value_case_id(self, value: str) -> str:
        return value

    def render_name(self, value: Any) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("person", args=[value.pk]), shown_field(value, "name", self.role) or "—"
        )

    def value_name(self, value: Any) -> str:
        return shown_field(value, "name", self.role)

    def render_phone(self, value: Any) -> str:
        return shown_field(value, "phone", self.role) or "—"

    def render_classification(self, value: str) -> str:
        return parts.word_badge("Classification", value)

    def value_classification(self, value: str) -> str:
        return label(Classification, value)

    def render_onset_date(self, value: dt.datetime) -> str:
        return parts.moment(value, "date")

    def render_sampled_at(self, value: dt.datetime) -> str:
        return parts.moment(value)

    def render_reported_at(self, value: dt.datetime) -> str:
        return parts.moment(value)

    def render_isolated_at(self, value: dt.datetime) -> str:
        return parts.moment(value)

    def value_onset_date(self, value: Any) -> Any:
        return value

    def value_sampled_at(self, value: Any) -> Any:
        return value

    def value_reported_at(self, value: Any) -> Any:
        return value

    def value_isolated_at(self, value: Any) -> Any:
        return value

    def render_found_by(self, value: str) -> str:
        return label(CaseSource, value)

    def render_jurisdiction(self, record: Case) -> str:
        return area_line(record.jurisdiction)


class CaseSearch(SearchFilter):
    """The search box, carried out by the room's selector: it searches no field that the role sees masked."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        request: Any = self.parent.request
        return search_cases(qs, value or "", role=request.user.role)


class CaseFilter(FilterSet):
    """By what is typed, classification, township, days of onset and report, way of finding, outbreak, isolation."""

    q = CaseSearch(placeholder=_("Name, pinyin, case, phone"))
    classification = django_filters.ChoiceFilter(
        label=_("Classification"), choices=choices(Classification), empty_label=_("all")
    )
    township = TownshipFilter()
    onset = DayRangeFilter(field_name="onset_date", label=_("Onset"))
    reported = DayRangeFilter(field_name="reported_at", label=_("Reported"))
    found_by = django_filters.ChoiceFilter(label=_("Found by"), choices=choices(CaseSource), empty_label=_("all"))
    outbreak = ScopeChoiceFilter(outbreak_choices, label=_("Outbreak"))
    isolated = django_filters.BooleanFilter(
        field_name="isolated_at",
        lookup_expr="isnull",
        exclude=True,
        label=_("Isolated already"),
        widget=forms.Select(choices=[("", _("all")), ("true", _("yes")), ("false", _("no"))]),
    )
    excluded = django_filters.ChoiceFilter(
        label=_("Excluded"),
        choices=[("no", _("left out")), ("yes", _("only these"))],
        empty_label=_("all"),
        method="by_exclusion",
    )
    curve_day = django_filters.DateFilter(label=_("Day on the epi curve"), method="on_curve_day", widget=DAY)

    def by_exclusion(self, rows: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Leave out the cases whose diagnosis was excluded (``no``), or keep only them (``yes``)."""
        excluded = {"classification": Classification.EXCLUDED.value}
        return rows.exclude(**excluded) if value == "no" else rows.filter(**excluded)

    def on_curve_day(self, rows: QuerySet[Case], name: str, value: dt.date) -> QuerySet[Case]:
        """Keep the cases that an epi curve shows on a day."""
        return with_curve_day(rows).filter(curve_day=value)
