"""Table and filters of the list of persons."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lianfang.access.words import choices
from lianfang.kernel.vocabulary import Occupation, Sex
from lianfang.pages import columns
from lianfang.pages.filters import FilterSet, SearchFilter, TownshipFilter
from lianfang.pages.tables import Table
from lianfang.registry.models import Person
from lianfang.registry.selectors import age_on, search_persons, shown_address


def _age(person: Person, table: Table) -> int | None:
    return age_on(person.birth_date, table.today) if person.birth_date is not None else None


class PersonTable(Table):
    """Persons as the reader's role may see them."""

    name = columns.Person(_("Name"), route="person", orderable=True)
    sex = columns.Label(_("Sex"), Sex)
    age = columns.Number(_("Age"), _("years"), shown=_age, plain=_age, accessor="birth_date", order_by="-birth_date")
    phone = columns.Masked(_("Phone"), "phone")
    id_number = columns.Masked(_("Identity number"), "id_number", orderable=False)
    occupation = columns.Label(_("Population class"), Occupation)
    address = columns.Text(
        _("Address"),
        shown=lambda record, table: shown_address(record, table.role),
        orderable=False,
    )
    jurisdiction = columns.Area(_("Area"))
    person_id = columns.Text(_("Person id"))

    class Meta(Table.Meta):
        """The columns in their order; name, identity number, phone and address are covered by role."""

        model = Person
        fields = ("name", "sex", "age", "phone", "id_number", "occupation", "address", "jurisdiction", "person_id")
        order_by = ("person_id",)


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
