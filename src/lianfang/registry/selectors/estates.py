"""Estates: those of a scope, what stands in one and who lives there.

Where a place stands follows from its building; a list's word counts only where the register knows no building. In the
same way a person lives where the dwelling of the household stands.
"""

from collections.abc import Iterable
from typing import cast

import polars as pl
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from lianfang.access.scope import Scope, system_scope
from lianfang.records.frames import frame_of
from lianfang.registry.models import Building, Estate, Household, Person, Place
from lianfang.registry.selectors.persons import people

_EVERYTHING = system_scope("estates")

_OF_PERSON = Coalesce("household__dwelling__building__estate_id", "household__dwelling__estate_id", "estate_id")


def estates(scope: Scope) -> QuerySet[Estate]:
    """Return the estates inside a scope with what names their area, in one query; the footprint only when asked for."""
    rows = Estate.objects.within(scope).select_related("jurisdiction__parent__parent").defer("footprint")
    return cast("QuerySet[Estate]", rows.order_by("jurisdiction__path", "name"))


def estates_frame(scope: Scope) -> pl.DataFrame:
    """Return the estates inside a scope as a frame: code, name, kind, jurisdiction, longitude, latitude; by code."""
    text, number = pl.String(), pl.Float64()
    columns: dict[str, tuple[str, pl.DataType]] = {
        "code": ("code", text),
        "name": ("name", text),
        "kind": ("kind", text),
        "jurisdiction": ("jurisdiction_id", text),
        "longitude": ("longitude", number),
        "latitude": ("latitude", number),
    }
    return frame_of(Estate.objects.within(scope).order_by("code"), columns)


def buildings_of_estate(estate: str, scope: Scope) -> QuerySet[Building]:
    """Return the buildings of an estate that stand inside a scope, by code."""
    rows = Building.objects.within(scope).filter(estate=estate).defer("footprint").order_by("code")
    return cast("QuerySet[Building]", rows)


def people_of_estate(estate: str, scope: Scope) -> QuerySet[Person]:
    """Return the people of an estate who are inside a scope, with what their cards need, in one query."""
    homes = Place.objects.within(_EVERYTHING).filter(
        Q(building__estate=estate) | Q(estate=estate, building__estate=None)
    )
    households = Household.objects.within(_EVERYTHING).filter(dwelling__in=homes.values("pk"))
    is_untold = Q(household__dwelling__estate=None, household__dwelling__building__estate=None)
    rows = people(scope).filter(Q(household__in=households.values("pk")) | Q(estate=estate) & is_untold)
    return rows.order_by("person_id")


def people_estates(scope: Scope, *, person_ids: Iterable[str] | None = None) -> pl.DataFrame:
    """Return in which estate the people inside a scope live: person_id, estate (its code, nothing where unknown).

    Parameters
    ----------
    person_ids : iterable of str, optional
        Only these persons, by a query for every 900; by default all, by one query.

    Returns
    -------
    polars.DataFrame
        Sorted by person id, to be joined to `people_frame`.
    """
    columns = {"person_id": ("person_id", pl.String()), "estate": (_OF_PERSON, pl.String())}
    rows = Person.objects.within(scope).order_by("person_id")
    if person_ids is None:
        return frame_of(rows, columns)
    wanted = sorted(set(person_ids))
    parts = [frame_of(rows.filter(pk__in=wanted[i : i + 900]), columns) for i in range(0, len(wanted), 900)]
    return pl.concat(parts) if parts else frame_of(rows.filter(pk__in=()), columns)
