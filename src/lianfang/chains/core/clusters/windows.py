"""Who was where in each window of time: the heavy part, as expressions that the open engine carries out.

A window is a part of a day of `hours` hours, numbered from 1970-01-01 00:00 local. A presence counts in every window
that it meets, a person once in a place and window. Only what comes out is touched in Python: the visits of cases, the
places and windows that they touched, and one number a window.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import polars as pl

from lianfang.kernel.vocabulary import PlaceKind

HOURS = 6
"""Length of a window: night, morning, afternoon, evening."""

KINDS = tuple(kind.value for kind in PlaceKind if kind is not PlaceKind.DWELLING)
"""Kinds of place that are searched: people who live together are linked already."""

VISITS: dict[str, pl.DataType] = {
    "case_id": pl.String(),
    "place_id": pl.String(),
    "place_kind": pl.String(),
    "slot": pl.Int64(),
}
TOUCHED: dict[str, pl.DataType] = {"place_id": pl.String(), "slot": pl.Int64()}
OCCUPANCY: dict[str, pl.DataType] = {"place_id": pl.String(), "slot": pl.Int64(), "people": pl.Int64()}
TOTALS: dict[str, pl.DataType] = {"place_id": pl.String(), "people": pl.Int64()}
CROWD: dict[str, pl.DataType] = {"slot": pl.Int64(), "people": pl.Int64()}


@dataclass(frozen=True)
class Presence:
    """What is known of everybody's presences, small enough to be held.

    Attributes
    ----------
    visits : polars.DataFrame
        ``case_id, place_id, place_kind, slot``: where each case was, unique.
    occupancy : polars.DataFrame
        ``place_id, slot, people``: distinct people, for the places and windows of `touched`.
    totals : polars.DataFrame
        ``place_id, people``: distinct people over the whole time, for the places of `touched`.
    crowd : polars.DataFrame
        ``slot, people``: distinct people in any place, for every window.
    hours : int
        Length of a window.
    """

    visits: pl.DataFrame
    occupancy: pl.DataFrame
    totals: pl.DataFrame
    crowd: pl.DataFrame
    hours: int = HOURS


def nobody() -> Presence:
    """Return what is known where there are no presences."""
    return Presence(
        pl.DataFrame(schema=VISITS),
        pl.DataFrame(schema=OCCUPANCY),
        pl.DataFrame(schema=TOTALS),
        pl.DataFrame(schema=CROWD),
    )


def slot_start(slot: pl.Expr, hours: int) -> pl.Expr:
    """Return the local time at which a window begins."""
    return (slot * (hours * 3_600_000_000)).cast(pl.Datetime("us"))


def span_of(exposed: pl.DataFrame) -> tuple[dt.datetime, dt.datetime]:
    """Return the time in which any case may have been infected.

    Parameters
    ----------
    exposed : polars.DataFrame
        Rows of `exposure.plausible_exposure`, at least one.
    """
    since: dt.datetime = exposed["exposed_from"].min()  # type: ignore[assignment]
    until: dt.datetime = exposed["exposed_to"].max()  # type: ignore[assignment]
    return since, until


def in_windows(
    presences: ir.Table,
    *,
    since: dt.datetime,
    until: dt.datetime,
    hours: int = HOURS,
    kinds: Sequence[str] = KINDS,
) -> ir.Table:
    """Express presences by window.

    Parameters
    ----------
    presences : ibis Table
        ``person_id, place_id, place_kind, start, end``; ids as text, naive local times.
    since, until : datetime
        What lies outside is not looked at.
    hours : int
        Length of a window.
    kinds : sequence of str
        Kinds of place that are looked at.

    Returns
    -------
    ibis Table
        ``person_id, place_id, place_kind, slot``; not unique.
    """
    second = hours * 3600
    kept = presences.filter(presences.place_kind.isin(sorted(kinds)), presences.start < until, presences.end > since)
    start = ibis.greatest(kept.start, ibis.literal(since, "timestamp(6)"))
    end = ibis.least(kept.end, ibis.literal(until, "timestamp(6)"))
    last = (end - ibis.interval(microseconds=1)).epoch_seconds()
    spread = kept.select(
        "person_id",
        "place_id",
        "place_kind",
        slot=ibis.range(start.epoch_seconds() // second, last // second + 1).unnest(),
    )
    return spread.mutate(slot=spread.slot.cast("int64"))


def visits_of(windows: ir.Table, infected: ir.Table) -> ir.Table:
    """Express where the cases were.

    Parameters
    ----------
    windows : ibis Table
        From `in_windows`.
    infected : ibis Table
        ``case_id, person_id``.

    Returns
    -------
    ibis Table
        Columns of `VISITS`, unique.
    """
    joined = windows.join(infected, "person_id")
    return joined.group_by("case_id", "place_id", "slot").aggregate(place_kind=joined.place_kind.min())


def occupancy_of(windows: ir.Table, touched: ir.Table) -> ir.Table:
    """Express how many people were in each of some places and windows.

    Parameters
    ----------
    windows : ibis Table
        From `in_windows`.
    touched : ibis Table
        Columns of `TOUCHED`, unique.
    """
    inside = windows.semi_join(touched, ["place_id", "slot"])
    return inside.group_by("place_id", "slot").aggregate(people=inside.person_id.nunique())


def totals_of(presences: ir.Table, touched: ir.Table, *, since: dt.datetime, until: dt.datetime) -> ir.Table:
    """Express how many people were in each of some places, over the whole time; arguments as above."""
    kept = presences.filter(presences.start < until, presences.end > since)
    inside = kept.semi_join(touched.select("place_id").distinct(), "place_id")
    return inside.group_by("place_id").aggregate(people=inside.person_id.nunique())


def crowd_of(windows: ir.Table) -> ir.Table:
    """Express how many people were in any place, window by window."""
    return windows.group_by("slot").aggregate(people=windows.person_id.nunique())


def touched_by(visits: pl.DataFrame, exposed: pl.DataFrame, *, hours: int = HOURS) -> pl.DataFrame:
    """Return the places and windows in which a case was while it may have been infected there.

    Parameters
    ----------
    visits : polars.DataFrame
        Rows of `VISITS`.
    exposed : polars.DataFrame
        Rows of `exposure.plausible_exposure`.

    Returns
    -------
    polars.DataFrame
        Columns of `TOUCHED`, unique, sorted.
    """
    within = visits.join(exposed, on="case_id").filter(during(hours))
    return within.select(list(TOUCHED)).unique().sort(list(TOUCHED))


def during(hours: int) -> pl.Expr:
    """Whether a window lies in the plausible exposure of its case; windows do not cross midnight."""
    begin = slot_start(pl.col("slot"), hours)
    return (begin >= pl.col("exposed_from")) & (begin < pl.col("exposed_to"))
