"""Table and filters of the list of persons."""

import datetime as dt
from typing import Any, cast

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from lianfang.access.clock import now, to_local
from lianfang.access.words import choices, label
from lianfang.kernel.vocabulary import Occupation, Sex
from lianfang.pages.filters import FilterSet, SearchFilter, TownshipFilter
from lianfang.pages.tables import Table
from lianfang.registry.models import Person
from lianfang.registry.selectors import age_on, area_line, search_persons, shown_field


class PersonTable(Table):
    """Persons as the reader's role may see them."""

    name = tables.Column(verbose_name=_("Name"), empty_values=())
    sex = tables.Column(verbose_name=_("Sex"))
    age = tables.Column(verbose_name=_("Age"), accessor="birth_date", order_by="-birth_date")
    phone = tables.Column(verbose_name=_("Phone"))
    id_number = tables.Column(verbose_name=_("Identity number"), orderable=False)
    occupation = tables.Column(verbose_name=_("Population class"))
    address = tables.Column(verbose_name=_("Address"), orderable=False)
    jurisdiction = tables.Column(verbose_name=_("Area"), order_by="jurisdiction__path")
    person_id = tables.Column(verbose_name=_("Person id"))

    codes = {"sex": "sex", "occupation": "occupation", "jurisdiction": "jurisdiction_id"}

    class Meta(Table.Meta):
        """The columns in their order; name, identity number, phone and address are covered by role."""

        model = Person
        fields = ("name", "sex", "age", "phone", "id_number", "occupation", "address", "jurisdiction", "person_id")
        order_by = ("person_id",)

    def render_name(self, record: Person) -> str:
        return format_html('<a href="{}">{}</a>', reverse("person", args=[record.pk]), self.value_name(record) or "—")

    def value_name(self, record: Person) -> str:
        return shown_field(record, "name", self.role)

    def render_sex(self, value: str) -> str:
        return label(Sex, value)

    def render_age(self, value: dt.date) -> int:
        return age_on(value, cast("dt.datetime", to_local(now())).date())

    def render_phone(self, record: Person) -> str:
        return shown_field(record, "phone", self.role)

    def render_id_number(self, record: Person) -> str:
        return shown_field(record, "id_number", self.role)

    def render_occupation(self, value: str) -> str:
        return label(Occupation, value)

    def render_address(self, record: Person) -> str:
        return shown_field(record, "address", self.role)

    def render_jurisdiction(self, record: Person) -> str:
        return area_line(record.jurisdiction)


class PersonSearch(SearchFilter):
    """The search box, carried out by the room's selector: it searches no field that the role sees masked."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not (value or "").strip():
            return qs
        request: Any = self.parent.request
        return qs & search_persons(request.scope, value, role=request.user.role)


class PersonFilter(FilterSet):
    """By what is typed, township, sex and population class."""

    q = PersonSearch(placeholder=_("Name, pinyin, phone, identity number"))
    township = TownshipFilter()
    sex = django_filters.ChoiceFilter(label=_("Sex"), choices=choices(Sex), empty_label=_("all"))
    occupation = django_filters.ChoiceFilter(
        label=_("Population class"), choices=choices(Occupation), empty_label=_("all")
    )
