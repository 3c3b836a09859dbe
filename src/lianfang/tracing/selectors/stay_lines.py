"""One shared stay as a page shows it: place, times, seats, and what is to be said of it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianfang.access.scope import Scope
from lianfang.access.words import label, say
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.presences import keeping
from lianfang.presences.core.contact_rows import MICROSECONDS_A_MINUTE
from lianfang.registry.selectors import place_cards
from lianfang.tracing.core.reasons import duration

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class StayLine:
    """One stay that a contact shared with a case, or with the contact in between, as a role may see it.

    Attributes
    ----------
    case_id, via : str
        The case; for the second degree the person id of the contact in between, else empty.
    place, place_id, area : str
        Name, id and area of the place. Of a home that the reader may not see nothing but that it is covered.
    setting : str
        The place kind in words.
    start, end : datetime
        Naive local; of the overlap, inside the infectious window.
    minutes : float
    long : str
        The minutes in words.
    own_seat, seat : str
        In a vehicle the seat of whoever exposed and that of the contact, as the lists wrote them; empty: not known.
    in_vehicle, seat_unknown : bool
        `seat_unknown`: it counts because the whole vehicle does.
    """

    case_id: str
    via: str
    place: str
    place_id: str
    area: str
    setting: str
    start: dt.datetime
    end: dt.datetime
    minutes: float
    long: str
    own_seat: str
    seat: str
    in_vehicle: bool
    seat_unknown: bool


def lines_of_stays(
    stays: pl.DataFrame, exposures: pl.DataFrame, seats: dict[tuple[int, int], str], scope: Scope, role: str
) -> Iterator[StayLine]:
    """Give the lines of stays in their order, each with what a page may show of its place."""
    told = {row["exposure"]: row for row in exposures.iter_rows(named=True)}
    rows = stays.to_dicts()
    cards = place_cards([(row["place_id"], row["place_kind"]) for row in rows], scope, role)
    for row in rows:
        card, exposure = cards[row["place_id"], row["place_kind"]], told[row["exposure"]]
        minutes = row["microseconds"] / MICROSECONDS_A_MINUTE
        yield StayLine(
            case_id=exposure["case_id"],
            via=exposure["via_person_id"] or "",
            place=card.name,
            place_id=card.place_id,
            area=card.area,
            setting=label(PlaceKind, row["place_kind"]),
            start=row["start"],
            end=row["end"],
            minutes=minutes,
            long=say(duration(minutes)),
            own_seat=seats.get((row["own_segment"], row["own_row"]), ""),
            seat=seats.get((row["other_segment"], row["other_row"]), ""),
            in_vehicle=row["place_kind"] == PlaceKind.VEHICLE.value,
            seat_unknown=row["seat_unknown"],
        )


def notes_on(exposures: pl.DataFrame, other: pl.Series, stays: pl.DataFrame, person_of: dict[str, str]) -> list[str]:
    """Say what the table lacks, or has otherwise than the exposures: known from an interview, taken out, changed."""
    notes = []
    told = exposures["minutes"].null_count()
    if told:
        words = ngettext(
            "%(n)d meeting is known by interview alone: no presence tells where it was.",
            "%(n)d meetings are known by interview alone: no presence tells where they were.",
            told,
        )
        notes.append(words % {"n": told})
    differ = exposures.filter(pl.col("exposure").is_in(other.implode()))
    gone: set[int] = set()
    exposing: dict[str, list[int]] = {}
    for row in differ.iter_rows(named=True):
        who = row["via_person_id"] if row["degree"] == 2 else person_of.get(row["case_id"])
        exposing.setdefault(who or "", []).append(row["exposure"])
    if not differ.is_empty() and keeping.is_retracted(exposures["person_id"].item(0)):
        gone = set(other)
        notes.append(
            _("The presences of this person were taken out for good: where and when they met cannot be told any more.")
        )
    else:
        for who, keys in exposing.items():
            if who and keeping.is_retracted(who):
                gone |= set(keys)
                notes.append(
                    _("The presences of %(who)s were taken out for good: where they met cannot be told any more.")
                    % {"who": who}
                )
    left = set(other) - gone
    absent = len(left - set(stays["exposure"]))
    if absent:
        words = ngettext(
            "Of %(n)d meeting there is no presence any more: a list or the case was corrected.",
            "Of %(n)d meetings there is no presence any more: a list or the case was corrected.",
            absent,
        )
        notes.append(words % {"n": absent})
    if len(left) > absent:
        words = ngettext(
            "Presences or the case have changed since the last tracing: in %(n)d setting these stays are not those "
            "that were counted. Tracing again brings them together.",
            "Presences or the case have changed since the last tracing: in %(n)d settings these stays are not those "
            "that were counted. Tracing again brings them together.",
            len(left) - absent,
        )
        notes.append(words % {"n": len(left) - absent})
    return notes
