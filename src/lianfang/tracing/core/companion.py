"""Spatial companions: who shared a grid cell of some hundred metres with a case. A signal, and no contact.

A cell of 800 m holds whole housing estates; sharing one says nothing about breathing the same air. Nothing here makes a
contact, a category or a measure. The definition is that of `docs/algorithms/tracing.md`.
"""

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from lianfang.playbook.model import CompanionRule

EARTH_METRES = 6_371_008.8
"""Mean radius of the earth (IUGG)."""

CELLS: dict[str, Any] = {"place_id": pl.String, "cell": pl.String}
SIGNALS: dict[str, Any] = {
    "person_id": pl.String,
    "cell": pl.String,
    "minutes": pl.Float64,
    "person_hours": pl.Float64,
    "case_hours": pl.Float64,
    "first": pl.Datetime("us"),
    "last": pl.Datetime("us"),
}
"""Columns of `companions`: one row a person and cell; ``minutes`` are those shared with the case, ``*_hours`` the time
that each spent in the cell in all."""


def cells_of(places: pl.DataFrame, *, metres: float) -> pl.DataFrame:
    """Put places into the square cells of a grid.

    Parameters
    ----------
    places : pl.DataFrame
        ``place_id, longitude, latitude`` (degrees, WGS 84); places without coordinates are in no cell.
    metres : float
        Side of a cell.

    Returns
    -------
    pl.DataFrame
        Columns of `CELLS`.

    Notes
    -----
    Equirectangular projection at the whole degree of latitude nearest to the median of the places: within a county its
    error is far below the side of a cell, and the grid stays where it is when a place is added.
    """
    known = places.drop_nulls(["longitude", "latitude"]).select("place_id", "longitude", "latitude")
    if known.is_empty():
        return pl.DataFrame(schema=CELLS)
    longitude, latitude = (np.radians(known[name].to_numpy()) for name in ("longitude", "latitude"))
    reference = np.radians(np.rint(np.median(known["latitude"].to_numpy())))
    column: npt.NDArray[np.int64] = np.floor(EARTH_METRES * np.cos(reference) * longitude / metres).astype(np.int64)
    row: npt.NDArray[np.int64] = np.floor(EARTH_METRES * latitude / metres).astype(np.int64)
    cell = pl.Series(column).cast(pl.String) + ":" + pl.Series(row).cast(pl.String)
    return pl.DataFrame({"place_id": known["place_id"].cast(pl.String), "cell": cell})


def companions(
    presences: pl.DataFrame,
    cells: pl.DataFrame,
    *,
    case_person: str,
    window: tuple[dt.datetime, dt.datetime],
    rule: CompanionRule,
    as_of: dt.datetime,
) -> pl.DataFrame:
    """Find who shared a cell with a case for longer than the rule's minutes.

    Parameters
    ----------
    presences : pl.DataFrame
        ``person_id, place_id, start, end``: everybody in the cells that the case visited, over the rule's days.
    cells : pl.DataFrame
        Columns of `CELLS`.
    case_person : str
        The case.
    window : tuple of datetime
        Its infectious window; only its presences inside count as shared.
    rule : CompanionRule
        The side of a cell was used already; minutes, hours and days are used here.
    as_of : datetime
        End of the days over which hours in a cell are summed; naive local, like all times.

    Returns
    -------
    pl.DataFrame
        Columns of `SIGNALS`, the longest first. A person is there where the two were in the cell at the same time for
        more than ``min_minutes`` in all, and one of them was there for more than ``total_hours`` in the days before
        `as_of`. Presences of one person that overlap count once.
    """
    since = as_of - dt.timedelta(days=rule.days)
    placed = presences.join(cells, on="place_id").select("person_id", "cell", "start", "end")
    stays = _merged(_cut(placed, since, as_of))
    hours = stays.group_by("person_id", "cell").agg(
        hours=(pl.col("end") - pl.col("start")).sum().dt.total_microseconds() / 3.6e9
    )
    exposing = _cut(stays.filter(pl.col("person_id") == case_person), *window).select("cell", s="start", e="end")
    others = stays.filter(pl.col("person_id") != case_person)
    both = others.join(exposing, on="cell").with_columns(
        start=pl.max_horizontal("start", "s"), end=pl.min_horizontal("end", "e")
    )
    shared = (
        both.filter(pl.col("start") < pl.col("end"))
        .group_by("person_id", "cell")
        .agg(
            minutes=(pl.col("end") - pl.col("start")).sum().dt.total_microseconds() / 6e7,
            first=pl.col("start").min(),
            last=pl.col("end").max(),
        )
    )
    of_case = hours.filter(pl.col("person_id") == case_person).select("cell", case_hours="hours")
    found = shared.join(hours.rename({"hours": "person_hours"}), on=["person_id", "cell"]).join(of_case, on="cell")
    longest = pl.max_horizontal("person_hours", "case_hours")
    return (
        found.filter(pl.col("minutes") > rule.min_minutes, longest > rule.total_hours)
        .select(pl.col(name).cast(kind) for name, kind in SIGNALS.items())
        .sort(-pl.col("minutes"), "person_id", "cell")
    )


def _cut(stays: pl.DataFrame, since: dt.datetime, until: dt.datetime) -> pl.DataFrame:
    moment = pl.Datetime("us")
    return stays.with_columns(
        start=pl.max_horizontal("start", pl.lit(since, moment)), end=pl.min_horizontal("end", pl.lit(until, moment))
    ).filter(pl.col("start") < pl.col("end"))


def _merged(stays: pl.DataFrame) -> pl.DataFrame:
    """Join the stays of one person in one cell that overlap or touch, so that no moment counts twice."""
    who = ["person_id", "cell"]
    ordered = stays.sort(*who, "start", "end")
    before = pl.col("end").cum_max().shift(1).over(who)
    run = (before.is_null() | (pl.col("start") > before)).cum_sum().over(who)
    return (
        ordered.with_columns(run=run)
        .group_by(*who, "run", maintain_order=True)
        .agg(pl.col("start").min(), pl.col("end").max())
        .drop("run")
    )
