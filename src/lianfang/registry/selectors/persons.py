"""Persons: what a reader may know of one, who is found by what is typed, all of a scope as a frame.

A person's protected fields leave this room only on a `PersonCard`, masked for the reader's role; frames with plain
fields are for computing and take a scope, usually that of a named task.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import polars as pl
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from lianfang.access.core.protect import shown
from lianfang.access.core.roles import PLAIN_FIELDS, Role
from lianfang.access.scope import Scope, system_scope
from lianfang.access.times import now, to_local
from lianfang.access.words import area_line as area_line
from lianfang.access.words import area_name as area_name
from lianfang.access.words import label
from lianfang.kernel.schema import PEOPLE
from lianfang.kernel.tidy import tidy_text
from lianfang.kernel.vocabulary import IdType, Occupation, Sex
from lianfang.records.frames import frame_of
from lianfang.registry.core.estates import address_line
from lianfang.registry.core.identity import normal_id
from lianfang.registry.models import Person

LAST_DIGITS = 4
"""So many digits find a telephone by its end as well: what people say of a number, and what a message shows of it."""

_JOINED = ("jurisdiction__parent__parent__parent", "household__dwelling", "organisation")

_ESTATE_NAME = Coalesce(
    "household__dwelling__building__estate__name", "household__dwelling__estate__name", "estate__name"
)


@dataclass(frozen=True)
class PersonCard:
    """What a role may know of one person: protected fields are masked already, words are in the reader's language.

    Attributes
    ----------
    age : int or None
        Whole years; shown to every role that sees the person.
    area, area_path : str
        The person's jurisdiction in words, from its township down, and its path.
    estate : str
        Name of the estate of the home, covered as the address is; empty where unknown.
    dwelling_id, organisation_id : str
        Keys, empty where unknown.
    """

    person_id: str
    name: str
    id_type: str
    id_number: str
    phone: str
    sex: str
    birth_date: str
    age: int | None
    occupation: str
    address: str
    estate: str
    household_id: str
    dwelling_id: str
    organisation_id: str
    organisation: str
    area_code: str
    area: str
    area_path: str

    @property
    def address_line(self) -> str:
        """The address with its estate."""
        return address_line(self.address, self.estate)


def people(scope: Scope) -> QuerySet[Person]:
    """Return the persons inside a scope with what their cards need, in one query.

    ``estate_name`` is the estate of the dwelling, or what a list says of the home where the dwelling says nothing.
    """
    rows = Person.objects.within(scope).select_related(*_JOINED).annotate(estate_name=_ESTATE_NAME)
    return cast("QuerySet[Person]", rows)


def card_of(person: Person, role: str, *, on: dt.date | None = None) -> PersonCard:
    """Return the card of a person whose row the caller holds, from `people`.

    `on` is the day of the age, today where absent.
    """
    born = person.birth_date
    household = person.household
    return PersonCard(
        person_id=person.person_id,
        name=shown("name", person.name, role),
        id_type=label(IdType, person.id_type),
        id_number=shown("id_number", person.id_number, role),
        phone=shown("phone", person.phone, role),
        sex=label(Sex, person.sex),
        birth_date=shown("birth_date", born.isoformat() if born else "", role),
        age=None if born is None else age_on(born, on or to_local(now()).date()),
        occupation=label(Occupation, person.occupation),
        address=shown("address", person.address or (household.dwelling.address if household else ""), role),
        estate=shown("address", getattr(person, "estate_name", ""), role),
        household_id=person.household_id or "",
        dwelling_id=household.dwelling_id if household else "",
        organisation_id=person.organisation_id or "",
        organisation=person.organisation.name if person.organisation else "",
        area_code=person.jurisdiction_id,
        area=area_line(person.jurisdiction),
        area_path=person.jurisdiction.path,
    )


def shown_field(person: Person, field: str, role: str) -> str:
    """Return one field of a person whose row the caller holds, as a role may see it: for a column of a list."""
    value = getattr(person, field)
    return shown(field, value.isoformat() if isinstance(value, dt.date) else value, role)


def shown_address(person: Person, role: str) -> str:
    """Return the address line of a person whose row the caller holds, from `people`, as a role may see it."""
    estate = shown("address", getattr(person, "estate_name", ""), role)
    return address_line(shown_field(person, "address", role), estate)


def person_card(person_id: str, scope: Scope, role: str) -> PersonCard | None:
    """Return what a role may know of one person; None when there is no such person inside the scope.

    This is the one door for personal fields. The caller records the read (`access.audit.record`): it knows why.
    """
    person = people(scope).filter(pk=person_id).first()
    return None if person is None else card_of(person, role)


@dataclass(frozen=True)
class FoundCards:
    """The first of those whom a search found, and whether there are more."""

    cards: list[PersonCard]
    more: bool


def find_cards(scope: Scope, text: str, role: str, *, most: int = 8) -> FoundCards:
    """Return the cards of those whom a typed text finds, by person id: to choose one of them in a form.

    Parameters
    ----------
    scope : Scope
        The reader's; nobody outside of it is found.
    text : str
        As for `search_persons`; an empty one finds nobody.
    role : str
        The reader's: what it may see is shown, and searched.
    most : int
        How many cards are returned.
    """
    if not text.strip():
        return FoundCards([], more=False)
    rows = list(search_persons(scope, text, role=role).order_by("person_id")[: most + 1])
    return FoundCards([card_of(row, role) for row in rows[:most]], more=len(rows) > most)


def person_cards(person_ids: Iterable[str], scope: Scope, role: str) -> dict[str, PersonCard]:
    """Return the cards of many persons by id, in one query; persons outside the scope are absent."""
    return {p.person_id: card_of(p, role) for p in people(scope).filter(pk__in=list(person_ids))}


def household_members(household_id: str, scope: Scope, role: str) -> list[PersonCard]:
    """Return the cards of the people of one household inside the scope, oldest first."""
    if not household_id:
        return []
    found = people(scope).filter(household_id=household_id).order_by("birth_date", "person_id")
    return [card_of(person, role) for person in found]


def age_on(born: dt.date, day: dt.date) -> int:
    """Return the age in whole years on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def search_persons(scope: Scope, text: str, *, role: str) -> QuerySet[Person]:
    """Find persons by name, pinyin (initials or full), telephone, identity number or person id.

    A field that the role sees only masked is not searched by its parts: a hit would give it away. An identity number
    that is typed in full always finds its holder, for whoever holds the card in their hand.

    Parameters
    ----------
    text : str
        As typed; full-width characters and spaces are tolerated. Empty finds everybody.
    """
    typed = tidy_text(text)
    found = people(scope)
    if not typed:
        return found
    plain = PLAIN_FIELDS.get(Role.of(role), frozenset())
    compact = re.sub(r"[\s-]", "", typed)
    match = Q(person_id=typed) | Q(id_number=normal_id(typed))
    if compact.isascii():
        match |= Q(person_id__istartswith=typed)
        if "name" in plain and compact.isalpha():
            match |= Q(pinyin__contains="|" + compact.lower())
        if "name" in plain and re.search(r"[A-Za-z]", typed):
            match |= Q(name__icontains=typed)
        if "phone" in plain and compact.isdigit() and len(compact) >= 3:
            match |= Q(phone__startswith=compact)
            if len(compact) >= LAST_DIGITS:
                match |= Q(phone__endswith=compact)
        if "id_number" in plain and compact[:6].isdigit() and len(compact) >= 6:
            match |= Q(id_number__startswith=compact.upper())
    elif "name" in plain:
        match |= Q(name__contains=re.sub(r"\s", "", typed)) | Q(name__contains=typed)
    return found.filter(match)


def in_register(column: str) -> Exists:
    """Return the condition that a column of a query holds the id of somebody of the register, of whatever area."""
    return Exists(Person.objects.within(system_scope("register")).filter(pk=OuterRef(column)))


def find_holder(scope: Scope, id_number: str) -> Person | None:
    """Return the person who holds an identity number, inside the scope."""
    number = normal_id(id_number)
    return people(scope).filter(id_number=number).order_by("person_id").first() if number else None


def people_frame(scope: Scope, *, person_ids: Iterable[str] | None = None) -> pl.DataFrame:
    """Return the persons inside a scope as a frame, with plain fields, sorted by person id.

    Parameters
    ----------
    person_ids : iterable of str, optional
        Only these persons; by default all.

    Returns
    -------
    polars.DataFrame
        The columns of `kernel.schema.PEOPLE` (``jurisdiction`` holds the code), then ``household, organisation``.
    """
    text = pl.String()
    columns: dict[str, tuple[str, pl.DataType]] = {
        c.name: ("jurisdiction_id" if c.name == "jurisdiction" else c.name, c.dtype) for c in PEOPLE.columns
    }
    columns |= {"household": ("household_id", text), "organisation": ("organisation_id", text)}
    rows = Person.objects.within(scope).order_by("person_id")
    if person_ids is None:
        return frame_of(rows, columns)
    wanted = sorted(set(person_ids))
    parts = [frame_of(rows.filter(pk__in=wanted[i : i + 900]), columns) for i in range(0, len(wanted), 900)]
    return pl.concat(parts) if parts else frame_of(rows.filter(pk__in=()), columns)


def areas_of_people(scope: Scope, person_ids: Iterable[str]) -> pl.DataFrame:
    """Return where persons belong, as far as they are inside a scope: ``person_id, jurisdiction``, by person id.

    For many: of a county in an outbreak, nothing else of the register is read.
    """
    text = pl.String()
    rows = Person.objects.within(scope).order_by("person_id")
    columns: dict[str, tuple[str, pl.DataType]] = {
        "person_id": ("person_id", text),
        "jurisdiction": ("jurisdiction_id", text),
    }
    wanted = sorted(set(person_ids))
    if len(wanted) > _SO_MANY:
        return frame_of(rows, columns).join(pl.DataFrame({"person_id": wanted}), on="person_id", how="semi")
    parts = [frame_of(rows.filter(pk__in=wanted[i : i + 900]), columns) for i in range(0, len(wanted), 900)]
    return pl.concat(parts) if parts else frame_of(rows.filter(pk__in=()), columns)


_SO_MANY = 20_000
"""Persons from which reading two columns of the whole register is quicker than asking for them by name."""
