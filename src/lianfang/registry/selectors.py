"""The door to reading places, buildings, households, organisations and persons.

A person's protected fields leave this room only on a `PersonCard`, masked for the reader's role; frames with plain
fields are for computing and take a scope, usually that of a named task.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import polars as pl
from django.db.models import Exists, OuterRef, Q, QuerySet

from lianfang.access.clock import now, to_local
from lianfang.access.core.protect import mask, shown
from lianfang.access.core.roles import PLAIN_FIELDS, Role
from lianfang.access.frames import frame_of
from lianfang.access.scope import Scope, system_scope
from lianfang.access.words import area_line as area_line
from lianfang.access.words import area_name as area_name
from lianfang.access.words import label
from lianfang.kernel.schema import PEOPLE, PLACES
from lianfang.kernel.vocabulary import IdType, Occupation, PlaceKind, Sex
from lianfang.registry.core.identity import normal_id
from lianfang.registry.core.outline import feature, feature_collection, simplified
from lianfang.registry.models import Boundary, Building, Person, Place

_JOINED = ("jurisdiction__parent__parent__parent", "household__dwelling", "organisation")


@dataclass(frozen=True)
class PersonCard:
    """What a role may know of one person: protected fields are masked already, words are in the reader's language.

    Attributes
    ----------
    age : int or None
        Whole years; shown to every role that sees the person.
    area, area_path : str
        The person's jurisdiction in words, from its township down, and its path.
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
    household_id: str
    dwelling_id: str
    organisation_id: str
    organisation: str
    area_code: str
    area: str
    area_path: str


@dataclass(frozen=True)
class PlaceCard:
    """What a reader may know of one place; of a covered one neither its id nor its name is told.

    Attributes
    ----------
    place_id, name : str
        `name` is the address of a place that has no name, and the id of one that has neither.
    area : str
        Where it lies, in words; empty where the register does not know it.
    """

    place_id: str
    name: str
    area: str


_FOR_NAMES = system_scope("names of places")


def place_cards(places: Iterable[tuple[str, str]], scope: Scope, role: str) -> dict[tuple[str, str], PlaceCard]:
    """Return the cards of places that somebody of the reader's area was in.

    A place that is nobody's home is named wherever it lies: where a person of the own area was has to be known to those
    who call that person. A home is somebody's address: told to roles that see addresses, and only inside the scope.

    Parameters
    ----------
    places : iterable of (str, str)
        Id of the place, and the kind that the presence names: whatever of the two, presence or register, calls it a
        dwelling makes it one.
    scope : Scope
        The reader's.
    role : str
        The reader's.

    Returns
    -------
    dict
        By the given pairs; a query for every 900 places. The caller records the read.
    """
    asked = list(dict.fromkeys(places))
    ids = sorted({place_id for place_id, _ in asked})
    known: dict[str, Place] = {}
    for n in range(0, len(ids), 900):
        rows = Place.objects.within(_FOR_NAMES).select_related("jurisdiction__parent__parent__parent")
        known |= rows.in_bulk(ids[n : n + 900])
    return {(place_id, kind): _place_card(place_id, kind, known.get(place_id), scope, role) for place_id, kind in asked}


def _place_card(place_id: str, kind: str, place: Place | None, scope: Scope, role: str) -> PlaceCard:
    is_home = PlaceKind.DWELLING.value in (kind, place.kind if place else "")
    name = (place.name or place.address if place else "") or place_id
    area = area_line(place.jurisdiction) if place else ""
    if not is_home:
        return PlaceCard(place_id, name, area)
    if place is not None and not scope.covers(place.jurisdiction.path):
        return PlaceCard("", mask("address", name), "")
    told = shown("address", name, role)
    return PlaceCard(place_id if told == name else "", told, area)


def people(scope: Scope) -> QuerySet[Person]:
    """Return the persons inside a scope with what their cards need, in one query."""
    return cast("QuerySet[Person]", Person.objects.within(scope).select_related(*_JOINED))


def card_of(person: Person, role: str, *, on: dt.date | None = None) -> PersonCard:
    """Return the card of a person whose row the caller holds; `on` is the day of the age, today where absent."""
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
    typed = unicodedata.normalize("NFKC", text).strip()
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


def places_frame(scope: Scope, *, place_ids: Iterable[str] | None = None) -> pl.DataFrame:
    """Return the places inside a scope as a frame with the columns of `kernel.schema.PLACES`, sorted by place id."""
    own = {"place_kind": "kind", "jurisdiction": "jurisdiction_id", "building": "building_id"}
    columns = {c.name: (own.get(c.name, c.name), c.dtype) for c in PLACES.columns}
    rows = Place.objects.within(scope).order_by("place_id")
    if place_ids is None:
        return frame_of(rows, columns)
    wanted = sorted(set(place_ids))
    parts = [frame_of(rows.filter(pk__in=wanted[i : i + 900]), columns) for i in range(0, len(wanted), 900)]
    return pl.concat(parts) if parts else frame_of(rows.filter(pk__in=()), columns)


def boundaries_geojson(scope: Scope, *, level: str = "township") -> dict[str, Any]:
    """Return the outlines of the areas of one level inside a scope, simplified together so that borders still meet.

    Returns
    -------
    dict
        A GeoJSON FeatureCollection; properties ``code, name, path`` (name in the reader's language) and the label
        point ``longitude, latitude``. One query.
    """
    rows = Boundary.objects.select_related("jurisdiction").filter(jurisdiction__level=level).order_by("pk")
    inside = [row for row in rows if scope.covers(row.jurisdiction.path)]
    outlines = simplified([row.geometry for row in inside])
    return feature_collection(
        feature(
            outline,
            {
                "code": row.jurisdiction_id,
                "name": area_name(row.jurisdiction),
                "path": row.jurisdiction.path,
                "longitude": row.longitude,
                "latitude": row.latitude,
            },
        )
        for row, outline in zip(inside, outlines, strict=True)
    )


def buildings_geojson(
    scope: Scope, *, box: tuple[float, float, float, float] | None = None, limit: int = 20_000
) -> dict[str, Any]:
    """Return the buildings inside a scope as GeoJSON: the footprint where it is known, else a point. One query.

    Parameters
    ----------
    box : (west, south, east, north), optional
        Only buildings whose point lies in it, in degrees.
    limit : int
        At most so many features; ``complete`` in the result says whether that was all of them.
    """
    rows = Building.objects.within(scope).order_by("code")
    if box is not None:
        west, south, east, north = box
        rows = rows.filter(longitude__range=(west, east), latitude__range=(south, north))
    found = list(rows.values_list("code", "name", "floors", "footprint", "longitude", "latitude")[: limit + 1])
    collection = feature_collection(
        feature(
            footprint or {"type": "Point", "coordinates": [longitude, latitude]},
            {"code": code, "name": name, "floors": floors},
        )
        for code, name, floors, footprint, longitude, latitude in found[:limit]
    )
    return collection | {"complete": len(found) <= limit}
