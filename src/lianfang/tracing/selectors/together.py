"""Where and when a contact met the case, or the contact in between: from the kept presences, when a page asks for it.

Nothing of it is stored: exposures keep sums, and the presences they come from can be corrected or taken out.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianfang.access.scope import Scope, system_scope
from lianfang.access.times import to_local
from lianfang.access.words import label, say
from lianfang.cases.core.window import infectious_windows, sound
from lianfang.cases.selectors import cases_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.outbreaks.selectors import find_playbook, last_run, playbook_of
from lianfang.presences import keeping
from lianfang.presences.core.contact_rows import MICROSECONDS_A_MINUTE
from lianfang.presences.core.seats import seat_rules
from lianfang.presences.core.shared_stays import EXPOSURES, asked, changed, pairs_of, stays_of
from lianfang.registry.selectors import place_cards
from lianfang.tracing.core.contacts import thresholds_of
from lianfang.tracing.core.reasons import duration
from lianfang.tracing.models import Contact

if TYPE_CHECKING:
    from lianfang.cases.models import Case

STAYS_AT_MOST = 50
"""Stays on the page of a contact; a file has all."""

_FACTS = system_scope("shared stays")
"""The contact lies in the reader's scope; where it was with a case is a fact about it, wherever the case is."""


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


@dataclass(frozen=True)
class SharedStays:
    """Where and when a contact was with those who exposed it.

    Attributes
    ----------
    lines : list of StayLine
        The latest first, at most as many as were asked for.
    count : int
        How many there are.
    notes : list of str
        What is not there, and why.
    in_vehicles : bool
        Whether a line is of a vehicle, so that seats matter.
    """

    lines: list[StayLine]
    count: int
    notes: list[str]
    in_vehicles: bool


def shared_stays(
    contact: Contact, scope: Scope, role: str, *, at: dt.datetime, most: int | None = STAYS_AT_MOST
) -> SharedStays:
    """Return the stays behind the exposures of a contact.

    Their minutes and number are those of each exposure, as long as presences and case are what they were at the last
    response; where they are not, a note says so.

    Parameters
    ----------
    contact : Contact
        From `contact_rows`, so inside the reader's scope.
    scope : Scope
        The reader's: homes outside of it are covered.
    role : str
        The reader's.
    at : datetime
        Aware; the time of reckoning where there was no response yet.
    most : int, optional
        Lines to return; None for all.

    Notes
    -----
    Three queries, whatever is found: the last response, the cases, and the places (one for every 900). The presences
    come from the index, by person; seats of vehicles from the files, for the lines that are returned. The caller
    records the read.
    """
    exposures = _exposures_of(contact)
    if exposures.is_empty():
        return SharedStays([], 0, [], False)
    run = last_run(contact.outbreak_id)
    as_of = to_local(run.as_of if run is not None else at)
    playbook = find_playbook(contact.outbreak)
    if playbook is None:  # the page says why; the window and the seats of no case can be reckoned
        without = Text(
            "防控方案无法读取，暂不能列出共同停留", "without the playbook their time together cannot be listed"
        )
        return SharedStays([], 0, [say(without)], False)
    cases = cases_frame(
        contact.outbreak_id, _FACTS, with_excluded=True, case_ids=exposures["case_id"].unique().to_list()
    )
    windows = infectious_windows(cases, lookback=playbook.lookback, as_of=as_of)
    pairs = pairs_of(exposures, sound(windows))
    kinds = dict.fromkeys(exposures["place_kind"].unique().to_list(), 0.0)

    def shown_of(found: pl.DataFrame) -> pl.DataFrame:
        stays = stays_of(found, pairs)
        return stays if most is None else stays.head(most)

    try:
        found, seats = keeping.shared_stays(asked(pairs), kinds, seat_rules(playbook), shown=shown_of)
    except Refused as refusal:  # the store cannot be read as it is; the contact's page has to be
        return SharedStays([], 0, [say(refusal.text)], False)
    stays = stays_of(found, pairs)
    lines = list(_lines(shown_of(found), exposures, seats, scope, role))
    notes = _notes(exposures, changed(exposures, stays), stays, dict(cases.select("case_id", "person_id").iter_rows()))
    return SharedStays(lines, stays.height, notes, any(line.in_vehicle for line in lines))


def stay_rows(stays: SharedStays, contact: Contact) -> Iterator[list[Any]]:
    """Return shared stays as the rows of a file, the first with the names of the columns."""
    yield [
        _("Person id"),
        _("Case"),
        _("Via"),
        _("Place"),
        _("Place id"),
        _("Area"),
        _("Setting"),
        _("From"),
        _("Until"),
        _("Minutes"),
        _("Seat of whom they met"),
        _("Seat of the contact"),
        _("Seat not known"),
    ]
    for one in stays.lines:
        yield [
            contact.person_id,
            one.case_id,
            one.via,
            one.place,
            one.place_id,
            one.area,
            one.setting,
            one.start,
            one.end,
            round(one.minutes, 2),
            one.own_seat,
            one.seat,
            _("yes") if one.seat_unknown else "",
        ]


def longest_places(
    case: "Case", own: pl.DataFrame, people: Iterable[str], scope: Scope, role: str, *, as_of: dt.datetime
) -> dict[str, str]:
    """Return by person where somebody was longest at a stretch with a case, as the reader may see it.

    Parameters
    ----------
    case : Case
        Inside the reader's scope, with its outbreak.
    own : pl.DataFrame
        Its row of `cases_frame`.
    people : iterable of str
        Ids of people of the first degree; whoever shared no stay is left out.
    as_of : datetime
        Naive local.

    Notes
    -----
    One query; the presences come from the index.
    """
    playbook = playbook_of(case.outbreak)
    window = sound(infectious_windows(own, lookback=playbook.lookback, as_of=as_of))
    span = window.select("person_id", since="infectious_from", until="infectious_to")
    pairs = span.join(pl.DataFrame({"other_id": list(people)}, schema={"other_id": pl.String}), how="cross")
    thresholds = thresholds_of(playbook, degree=1)
    stays, _seats = keeping.shared_stays(pairs, thresholds, seat_rules(playbook))
    longest = stays.sort(pl.col("start") - pl.col("end"), "start", "place_id").unique("pair", keep="first")
    rows = longest.select("pair", "place_id", "place_kind").rows()
    cards = place_cards([(place_id, kind) for _pair, place_id, kind in rows], scope, role)
    others = pairs["other_id"].to_list()
    return {others[pair]: cards[place_id, kind].name for pair, place_id, kind in rows}


def _exposures_of(contact: Contact) -> pl.DataFrame:
    rows = [
        (
            one.pk,
            one.case_id,
            one.degree,
            one.via_id,
            contact.person_id,
            one.place_kind,
            one.minutes,
            one.encounters,
            to_local(one.first_contact),
            to_local(one.last_contact),
        )
        for one in contact.exposures.all()
    ]
    return pl.DataFrame(rows, schema=EXPOSURES, orient="row")


def _lines(
    stays: pl.DataFrame, exposures: pl.DataFrame, seats: dict[tuple[int, int], str], scope: Scope, role: str
) -> Iterator[StayLine]:
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


def _notes(exposures: pl.DataFrame, other: pl.Series, stays: pl.DataFrame, person_of: dict[str, str]) -> list[str]:
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
