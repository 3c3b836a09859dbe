"""One day of everybody's life: who was where from when to when.

A day is drawn for the whole county at once, in arrays; the presences of one person never overlap. What people did and
what the response can see are kept apart: `Day.seen` says which presences left a trace (a ticket, a check-in, a roster).
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator

from lianfang.drill.core.chance import Array, Bools, Ints, rank_within, weighted_in_ranges, within_ranges
from lianfang.drill.core.county import KINDS, County, Habits
from lianfang.drill.core.land import COUNTY, TOWNSHIPS, URBAN
from lianfang.kernel.schema import PLACES, PRESENCES
from lianfang.kernel.vocabulary import PlaceKind, VehicleKind

MIDNIGHT = 24 * 60
SEATS = 40
SLOT = 30
"""A bus leaves on each route every half hour, or several do when more want to ride than there are seats."""
SITTINGS = (11 * 60 + 30, 12 * 60, 12 * 60 + 30)
MEAL_MINUTES = 25

SEEN = {
    PlaceKind.DWELLING: 1.0,
    PlaceKind.WORK: 0.96,
    PlaceKind.SCHOOL: 0.99,
    PlaceKind.MEAL: 0.80,
    PlaceKind.VEHICLE: 0.92,
    PlaceKind.VENUE: 0.78,
    PlaceKind.CARE: 0.97,
    PlaceKind.OTHER: 0.5,
}
"""Share of presences that leave a trace, by kind of place."""
SOURCES = {
    PlaceKind.DWELLING: "register",
    PlaceKind.WORK: "roster",
    PlaceKind.SCHOOL: "roster",
    PlaceKind.MEAL: "card",
    PlaceKind.VEHICLE: "ticket",
    PlaceKind.VENUE: "check-in",
    PlaceKind.CARE: "registration",
    PlaceKind.OTHER: "interview",
}
_NUMBER = {kind: number for number, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Day:
    """The presences of one calendar day, as numbers.

    Attributes
    ----------
    date : date
    person, place : array of int, shape (rows,)
        Rows of ``County.people`` and ``County.places``; a place at or beyond the number of places is a bus trip,
        ``trips`` row ``place - places``.
    kind : array of int, shape (rows,)
        Index into `county.KINDS`.
    start, end : array of int, shape (rows,)
        Minutes since 00:00 of the day; ``0 <= start < end <= 1440``.
    seat : array of int, shape (rows,)
        Seat in a vehicle, -1 elsewhere.
    seen : array of bool, shape (rows,)
        Whether the presence left a trace that the response can use.
    trips : DataFrame
        The bus trips of the day, as places (`kernel.schema.PLACES`).
    """

    date: dt.date
    person: Ints
    place: Ints
    kind: Ints
    start: Ints
    end: Ints
    seat: Ints
    seen: Bools
    trips: pl.DataFrame


def days_of(until: dt.datetime, *, days: int = 14) -> list[dt.date]:
    """Return the calendar days that a window of so many times 24 hours before `until` touches."""
    first = (until - dt.timedelta(days=days)).date()
    last = (until - dt.timedelta(microseconds=1)).date()
    return [first + dt.timedelta(days=i) for i in range((last - first).days + 1)]


def draw_day(chance: Generator, county: County, date: dt.date) -> Day:
    """Draw one day.

    Parameters
    ----------
    chance : Generator
        A state of its own for each day, so that days can be drawn in any order, and again.
    county : County
    date : date
        Its weekday decides who works.

    Returns
    -------
    Day
        About 4 presences a person on a weekday and 3 on a Sunday, in O(people).
    """
    habits = county.habits
    at_work = _works(chance, habits, date)
    busy = np.flatnonzero(at_work)
    free = np.flatnonzero(~at_work)
    pieces = _working_day(chance, habits, busy) + _free_day(chance, habits, free, weekend=date.weekday() >= 5)
    person, place, start, end = (np.concatenate([piece[i] for piece in pieces]) for i in range(4))
    seat = np.full(len(person), -1, dtype=np.int64)
    rides = np.flatnonzero(place < 0)
    trips, trip, seat[rides] = _board(county, date, place[rides], start[rides], end[rides])
    place[rides] = len(habits.place_kind) + trip
    kinds = np.append(habits.place_kind, np.full(trips.height, _NUMBER[PlaceKind.VEHICLE]))
    kind = kinds[place]
    seen = chance.random(len(person)) < np.asarray([SEEN[k] for k in KINDS])[kind]
    order = np.lexsort((start, person))
    person, place, kind, start, end, seat = (c[order] for c in (person, place, kind, start, end, seat))
    return Day(date, person, place, kind, start, end, seat, seen[order], trips)


def to_frame(
    county: County, day: Day, *, not_before: dt.datetime, until: dt.datetime, all_rows: bool = False
) -> pl.DataFrame:
    """Write the seen presences of a day (or all of them) as a frame, cut to a window.

    Returns
    -------
    DataFrame
        `kernel.schema.PRESENCES`, ordered by person and start.
    """
    midnight = dt.datetime.combine(day.date, dt.time())
    frame = pl.DataFrame(
        {
            "person": day.person,
            "place": day.place,
            "kind": day.kind,
            "start": day.start,
            "end": day.end,
            "seat": day.seat,
            "seen": day.seen,
        }
    )
    frame_rows = pl.Series(day.seen | all_rows)
    frame = frame.filter(frame_rows)
    ids = pl.concat([county.places["place_id"], day.trips["place_id"]])
    seats = pl.Series([f"{1 + s // 4}{'ABCD'[s % 4]}" for s in range(SEATS)] + [None], dtype=pl.String)
    words = pl.Series([k.value for k in KINDS])
    sources = pl.Series([SOURCES[k] for k in KINDS])
    taken = pl.Series(np.where(day.seat < 0, SEATS, day.seat)).filter(frame_rows)
    vehicles = pl.concat([pl.Series([None] * county.places.height, dtype=pl.String), _vehicles(day.trips["place_id"])])
    return (
        frame.select(
            county.people["person_id"].gather(frame["person"]).alias("person_id"),
            ids.gather(frame["place"]).alias("place_id"),
            words.gather(frame["kind"]).alias("place_kind"),
            pl.max_horizontal(midnight + pl.duration(minutes="start"), pl.lit(not_before))
            .cast(pl.Datetime("us"))
            .alias("start"),
            pl.min_horizontal(midnight + pl.duration(minutes="end"), pl.lit(until))
            .cast(pl.Datetime("us"))
            .alias("end"),
            vehicles.gather(frame["place"]).alias("vehicle"),
            seats.gather(taken).alias("seat"),
            sources.gather(frame["kind"]).alias("source"),
        )
        .filter(pl.col("start") < pl.col("end"))
        .select(PRESENCES.names)
    )


Piece = tuple[Ints, Ints, Ints, Ints]
"""People, their places (negative: a bus ride, see `_ride_code`), starts, ends."""


def _works(chance: Generator, habits: Habits, date: dt.date) -> Bools:
    """Who goes to work or school: by weekday, and one in thirty stays away."""
    has = habits.main >= 0
    six_days = habits.off_day != date.weekday()
    on = np.where(habits.weekdays_only | habits.school, date.weekday() < 5, six_days)
    works: Bools = has & on & (chance.random(len(has)) > 0.03)
    return works


def _working_day(chance: Generator, habits: Habits, people: Ints) -> list[Piece]:
    """Home, perhaps a bus, work or school with a meal in it, perhaps a bus, perhaps a shop, home."""
    n = len(people)
    if not n:
        return []
    opens = habits.opens[people]
    # The usual hour is the person's own (by number), the minute is the day's.
    usual = opens[:, 0] * 60 + (people * 7919 % 61) * (opens[:, 1] - opens[:, 0])
    begin = usual + np.round(chance.normal(0, 4, n)).astype(np.int64)
    long = np.where(habits.school[people], 8 * 60, 8 * 60 + 30) + np.round(chance.normal(0, 15, n)).astype(np.int64)
    route, ride = _routes(habits, people)
    bus = (route >= 0) & (chance.random(n) < 0.75)
    board = (begin - 10 - ride) // SLOT * SLOT
    leave = np.where(bus, board - 6, begin - chance.integers(8, 26, n))
    end = begin + long
    pieces: list[Piece] = [(people, habits.dwelling[people], np.zeros(n, dtype=np.int64), leave)]
    outward = (habits.township[people] == 0).astype(np.int64)
    pieces.append(_rides(people, route, outward, board, ride, bus))
    lunch = np.asarray(SITTINGS)[people % len(SITTINGS)]
    eats = (
        (habits.tables[people] > 0)
        & (lunch > begin + 30)
        & (lunch + MEAL_MINUTES + 30 < end)
        & (chance.random(n) < 0.85)
    )
    table = habits.first_table[people] + within_ranges(chance, np.zeros(n, dtype=np.int64), habits.tables[people])
    main = habits.main[people]
    pieces.append((people, main, begin, np.where(eats, lunch - 4, end)))
    pieces.append((people[eats], table[eats], lunch[eats], lunch[eats] + MEAL_MINUTES))
    pieces.append((people[eats], main[eats], lunch[eats] + MEAL_MINUTES + 4, end[eats]))
    back = bus & (chance.random(n) < 0.9)
    board_back = (end + 6 + SLOT - 1) // SLOT * SLOT
    pieces.append(_rides(people, route, 1 - outward, board_back, ride, back))
    near_home = np.where(back, board_back + ride + 6, end + chance.integers(8, 26, n))
    venue, stay = _visits(chance, habits, people)
    visits = (chance.random(n) < np.where(habits.age[people] < 13, 0.12, 0.34)) & (venue >= 0) & (near_home < 20 * 60)
    visits &= venue != main
    pieces.append((people[visits], venue[visits], near_home[visits], (near_home + stay)[visits]))
    home = np.where(visits, near_home + stay + 10, near_home)
    pieces.append((people, habits.dwelling[people], home, np.full(n, MIDNIGHT)))
    return pieces


def _free_day(chance: Generator, habits: Habits, people: Ints, *, weekend: bool) -> list[Piece]:
    """At home, with up to two ways out: to a shop, a market, a doctor, or to see somebody."""
    n = len(people)
    if not n:
        return []
    young_or_old = (habits.age[people] < 6) | (habits.age[people] > 75)
    likely = np.where(young_or_old, 0.45, 0.72 if weekend else 0.66)
    outings = []
    for low, high in ((8 * 60, 11 * 60), (14 * 60, 18 * 60)):
        venue, stay = _visits(chance, habits, people)
        host = _hosts(chance, habits, people)
        calls = chance.random(n) < 0.13
        place = np.where(calls, habits.dwelling[host], venue)
        stay = np.where(calls, chance.integers(40, 150, n), stay)
        begin = chance.integers(low, high, n)
        goes = (chance.random(n) < likely) & (place >= 0) & (place != habits.dwelling[people])
        outings.append((goes, place, begin, begin + stay))
    (out1, place1, begin1, end1), (out2, place2, begin2, end2) = outings
    home = habits.dwelling[people]
    zero, midnight = np.zeros(n, dtype=np.int64), np.full(n, MIDNIGHT)
    first_leave = np.where(out1, begin1 - 10, np.where(out2, begin2 - 10, midnight))
    both = out1 & out2
    any_out = out1 | out2
    back = np.where(out2, end2, end1) + 10
    return [
        (people, home, zero, first_leave),
        (people[out1], place1[out1], begin1[out1], end1[out1]),
        (people[both], home[both], end1[both] + 10, begin2[both] - 10),
        (people[out2], place2[out2], begin2[out2], end2[out2]),
        (people[any_out], home[any_out], back[any_out], midnight[any_out]),
    ]


def _visits(chance: Generator, habits: Habits, people: Ints) -> tuple[Ints, Ints]:
    """Draw a venue for each person, mostly a near one, and how many minutes they stay."""
    n = len(people)
    where = chance.random(n)
    near = where < 0.3
    far = where > 0.9
    township = np.where(far, chance.integers(0, len(TOWNSHIPS), n), habits.township[people])
    own = habits.community[people]
    low = np.where(near, habits.venue_of_community[own], habits.venue_of_township[township])
    high = np.where(near, habits.venue_of_community[own + 1], habits.venue_of_township[township + 1])
    # A community without any venue: its people go anywhere in the township.
    empty = high <= low
    low = np.where(empty, habits.venue_of_township[habits.township[people]], low)
    high = np.where(empty, habits.venue_of_township[habits.township[people] + 1], high)
    chosen = weighted_in_ranges(chance, habits.venue_weight, low, high)
    stay = np.clip(np.round(np.exp(chance.normal(np.log(26), 0.55, n))), 5, 100).astype(np.int64)
    return np.where(chosen >= 0, habits.venue[chosen], -1), stay


def _hosts(chance: Generator, habits: Habits, people: Ints) -> Ints:
    """Draw somebody of the same community to call on: the same few families again and again."""
    first = np.searchsorted(habits.community, habits.community[people])
    last = np.searchsorted(habits.community, habits.community[people], side="right")
    step = np.asarray([11, 37, 101])[chance.integers(0, 3, len(people))]
    host: Ints = first + (people - first + step) % (last - first)
    return host


def _routes(habits: Habits, people: Ints) -> tuple[Ints, Ints]:
    """Bus route and minutes of the ride for those who work in another township (-1: on foot, by bicycle or car).

    Route r joins township r with the county town; who works and lives in others rides the one of the home.
    """
    home, work = habits.township[people], habits.main_township[people]
    route = np.where(home == work, -1, np.where(home > 0, home, work))
    rides = (people * 31 % 100) < np.where(habits.school[people], 70, 55)
    # In the town, some take the circular line (route 0).
    circular = (home == work) & (home < URBAN) & (people * 17 % 100 < 10)
    route = np.where(circular, 0, np.where(rides, route, -1))
    return route, np.where(route == 0, 15, 14 + route * 2)


def _ride_code(route: Ints, direction: Ints, board: Ints) -> Ints:
    """Fold route, direction and departure into one negative number, in place of a place."""
    return -1 - ((route * 2 + direction) * 48 + board // SLOT)


def _rides(people: Ints, route: Ints, direction: Ints, board: Ints, ride: Ints, rides: Bools) -> Piece:
    who = people[rides]
    return who, _ride_code(route[rides], direction[rides], board[rides]), board[rides], (board + ride)[rides]


def _board(county: County, date: dt.date, code: Ints, start: Ints, end: Ints) -> tuple[pl.DataFrame, Ints, Ints]:
    """Seat the riders of each departure, in as many buses as are needed, and list the trips as places."""
    rank = rank_within(code)
    bus = rank // SEATS
    departure = -1 - code
    trip_key = departure * 1000 + bus
    keys, first, trip = np.unique(trip_key, return_index=True, return_inverse=True)
    route, direction = keys // 1000 // 48 // 2, keys // 1000 // 48 % 2
    # Every third seat first: riders keep apart while they can (3 and 40 have no common factor, so no seat comes twice).
    seat = rank * 3 % SEATS
    names = np.asarray([t[0] for t in TOWNSHIPS])
    clock = [f"{m // 60:02d}:{m % 60:02d}" for m in start[first]]
    zh = [
        f"{date:%m月%d日} {at} {_line(names, int(r), int(d))}{'' if not b else f' {b + 1}车'}"
        for at, r, d, b in zip(clock, route, direction, keys % 1000, strict=True)
    ]
    ids = [
        f"V{date:%m%d}-{at.replace(':', '')}-{r:02d}{'AB'[d]}{b + 1}"
        for at, r, d, b in zip(clock, route, direction, keys % 1000, strict=True)
    ]
    county_code = county.areas["code"][0]
    trips = PLACES.conform(
        pl.DataFrame(
            {"place_id": ids, "name": zh, "address": [COUNTY[0]] * len(ids), "jurisdiction": [county_code] * len(ids)},
            schema={"place_id": pl.String, "name": pl.String, "address": pl.String, "jurisdiction": pl.String},
        ).with_columns(pl.lit(PlaceKind.VEHICLE.value).alias("place_kind"))
    )
    return trips, trip.astype(np.int64), seat


def _vehicles(trip_ids: pl.Series) -> pl.Series:
    """Kinds of vehicle of trips: the town's circular lines drive with open windows, the country buses are closed."""
    on_circle = trip_ids.str.extract(r"^V\d{4}-\d{4}-(\d{2})", 1) == "00"
    town, country = VehicleKind.COACH_VENTILATED.value, VehicleKind.COACH_CLOSED.value
    return pl.select(pl.when(on_circle).then(pl.lit(town)).otherwise(pl.lit(country))).to_series()


def _line(names: Array, route: int, direction: int) -> str:
    """Name a bus line by its ends, in the direction of the ride."""
    if route == 0:
        return "城区环线" + ("外环" if direction else "内环")
    # Direction 0 leads to the county town, 1 away from it.
    there, back = str(names[route]), str(names[0])
    return f"{back}→{there}" if direction else f"{there}→{back}"
