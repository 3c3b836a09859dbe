"""Places: what a reader may know of one, and all of a scope as a frame."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db.models.functions import Coalesce

from lianfang.access.core.protect import mask, shown
from lianfang.access.scope import Scope, system_scope
from lianfang.access.words import area_line
from lianfang.kernel.schema import PLACES
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.records.frames import frame_of
from lianfang.registry.models import Place


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


def places_frame(scope: Scope, *, place_ids: Iterable[str] | None = None) -> pl.DataFrame:
    """Return the places inside a scope as a frame with the columns of `kernel.schema.PLACES`, sorted by place id.

    ``estate`` and ``building`` are codes; the estate is that of the building where the building has one.
    """
    own: dict[str, Any] = {"place_kind": "kind", "jurisdiction": "jurisdiction_id", "building": "building_id"}
    own["estate"] = Coalesce("building__estate_id", "estate_id")
    columns: dict[str, tuple[Any, pl.DataType]] = {c.name: (own.get(c.name, c.name), c.dtype) for c in PLACES.columns}
    rows = Place.objects.within(scope).order_by("place_id")
    if place_ids is None:
        return frame_of(rows, columns)
    wanted = sorted(set(place_ids))
    parts = [frame_of(rows.filter(pk__in=wanted[i : i + 900]), columns) for i in range(0, len(wanted), 900)]
    return pl.concat(parts) if parts else frame_of(rows.filter(pk__in=()), columns)
