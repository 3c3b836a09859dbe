"""The days and places on which some people met each other, as an Ibis expression for whichever engine is open.

Unlike `degrees.first_degree` it is asked among a few people (the cases of an outbreak) and keeps every day and place.
"""

import datetime as dt

import ibis
import ibis.expr.types as ir
import polars as pl

from lianfang.presences.core.degrees import spread_over_days
from lianfang.presences.core.seats import SeatRules, let_through, read_seats

MEETINGS = {
    "person_id": pl.String(),
    "other_id": pl.String(),
    "place_id": pl.String(),
    "place_kind": pl.String(),
    "met_at": pl.Datetime("us"),
    "minutes": pl.Float64(),
}
"""Columns of `meetings_among`: a row a pair, place and day; the smaller id first."""

_EPOCH = dt.datetime(1970, 1, 1)


def meetings_among(people: ir.Table, presences: ir.Table, *, seats: SeatRules | None = None) -> ir.Table:
    """Express who of some people met whom, by day and place.

    Parameters
    ----------
    people : ibis Table
        ``person_id``.
    presences : ibis Table
        ``person_id, place_id, place_kind, start, end``; for `seats` also ``vehicle, seat``.
    seats : SeatRules, optional
        Only meetings that they let through count.

    Returns
    -------
    ibis Table
        Columns of `MEETINGS`: ``met_at`` is the beginning of the first overlap of the day, ``minutes`` the sum of that
        day's overlaps; a meeting over midnight is one row on each day. ``place_kind`` is that of the smaller id's
        presence.
    """
    own = presences.semi_join(people, "person_id")
    theirs = []
    left, right = own, own
    if seats is not None:
        left, right = read_seats(own, seats), read_seats(own, seats, prefix="met_")
        theirs = ["met_vehicle", "met_row", "met_cabin"]
    left = spread_over_days(left)
    right = right.select("person_id", "place_id", "start", "end", *theirs)
    right = spread_over_days(right.rename(met_id="person_id", met_start="start", met_end="end"), "met_start", "met_end")
    pair = left.inner_join(right, ["place_id", "day"])
    pair = pair.filter(pair.person_id < pair.met_id, pair.met_start < pair.end, pair.start < pair.met_end)
    if seats is not None:
        pair = let_through(pair, seats)
    midnight = ibis.literal(_EPOCH) + pair.day.cast("int64").as_interval("D")
    pair = pair.select(
        "person_id",
        "place_id",
        "place_kind",
        "day",
        other_id=pair.met_id,
        since=ibis.greatest(pair.start, pair.met_start, midnight),
        until=ibis.least(pair.end, pair.met_end, midnight + ibis.interval(days=1)),
    )
    pair = pair.filter(pair.since < pair.until)
    pair = pair.mutate(microseconds=pair.until.delta(pair.since, unit="microsecond"))
    days = pair.group_by("person_id", "other_id", "place_id", "place_kind", "day").aggregate(
        met_at=pair.since.min(), microseconds=pair.microseconds.sum().cast("int64")
    )
    return days.select(
        "person_id", "other_id", "place_id", "place_kind", "met_at", minutes=days.microseconds / ibis.literal(6e7)
    )
