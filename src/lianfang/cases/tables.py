"""Table and filters of the list of cases."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lianfang.access.words import choices
from lianfang.cases.models import Case
from lianfang.cases.selectors import search_cases, with_curve_day
from lianfang.kernel.vocabulary import CaseSource, Classification
from lianfang.outbreaks.selectors import outbreak_choices
from lianfang.pages import columns, fields
from lianfang.pages.filters import DayRangeFilter, FilterSet, ScopeChoiceFilter, SearchFilter, TownshipFilter
from lianfang.pages.tables import Table

DAY = forms.DateInput(attrs={"type": "date", **fields.picker_limits()}, format="%Y-%m-%d")


class CaseTable(Table):
    """Cases; the person's name and phone are covered by role."""

    case_id = columns.Link(_("Case"), route="case")
    name = columns.Person(_("Name"), route="person", args=("person_id",), accessor="person")
    classification = columns.Badge(_("Classification"), Classification)
    onset_date = columns.Day(_("Onset"))
    sampled_at = columns.Moment(_("First positive sample"))
    reported_at = columns.Moment(_("Reported"))
    isolated_at = columns.Moment(_("Isolated"))
    found_by = columns.Label(_("Found by"), CaseSource)
    jurisdiction = columns.Area(_("Area"))
    phone = columns.Person(_("Phone"), field="phone", accessor="person")

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
