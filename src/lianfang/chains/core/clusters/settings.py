"""Settings that explain the most: places by attack rate among those who were there and could still be infected."""

import polars as pl

from lianfang.chains.core.clusters.proportions import wilson
from lianfang.chains.core.clusters.windows import Presence, during, slot_start

LEAST_CASES = 2
LEAST_PRESENT = 5
"""Smaller windows are not ranked: 2 of 2 would stand above 12 of 35, and says little."""

SETTINGS = {
    "place_id": pl.String(),
    "place_kind": pl.String(),
    "start": pl.Datetime("us"),
    "present": pl.Int64(),
    "infected": pl.Int64(),
    "rate": pl.Float64(),
    "lower": pl.Float64(),
    "upper": pl.Float64(),
    "place_cases": pl.Int64(),
    "place_people": pl.Int64(),
    "explained": pl.Float64(),
    "cases": pl.List(pl.String()),
}
"""Columns of `explaining_settings`."""


def explaining_settings(
    exposed: pl.DataFrame,
    known: Presence,
    *,
    least_cases: int = LEAST_CASES,
    least_present: int = LEAST_PRESENT,
) -> pl.DataFrame:
    """Rank places by the attack rate of their worst window.

    Parameters
    ----------
    exposed : polars.DataFrame
        Rows of `exposure.plausible_exposure`.
    known : Presence
        Where cases and everybody were.
    least_cases, least_present : int
        Windows with fewer infected, or fewer people who could be infected, are not ranked.

    Returns
    -------
    polars.DataFrame
        Columns of `SETTINGS`, one row a place, the highest lower bound first. Of its window with the highest lower
        bound: ``start``; ``present`` (people there who were not infected before), ``infected`` (cases among them whose
        plausible exposure holds the window), ``rate`` with its Wilson interval. Of the place over the whole time:
        ``place_cases`` (cases who were there while they may have been infected), ``place_people`` (everybody who was
        there), ``explained`` (its cases as a share of all cases whose presences are known), ``cases`` (their ids).
    """
    rows = known.visits.join(exposed, on="case_id").with_columns(
        exposed=during(known.hours), before=slot_start(pl.col("slot"), known.hours) >= pl.col("exposed_to")
    )
    listed = rows["case_id"].n_unique()
    by_window = (
        rows.group_by("place_id", "slot")
        .agg(
            infected=pl.col("case_id").filter("exposed").n_unique().cast(pl.Int64),
            before=pl.col("case_id").filter("before").n_unique().cast(pl.Int64),
        )
        .filter(pl.col("infected") >= least_cases)
        .join(known.occupancy, on=["place_id", "slot"])
        .with_columns(present=pl.max_horizontal(pl.col("people") - pl.col("before"), "infected"))
        .filter(pl.col("present") >= least_present)
    )
    if by_window.is_empty():
        return pl.DataFrame(schema=SETTINGS)
    lower, upper = wilson(by_window["infected"].to_numpy(), by_window["present"].to_numpy())
    worst = (
        by_window.with_columns(lower=pl.Series(lower), upper=pl.Series(upper))
        .sort("lower", "infected", "slot", descending=[True, True, False])
        .unique("place_id", keep="first", maintain_order=True)
    )
    whole = (
        rows.filter("exposed")
        .group_by("place_id")
        .agg(
            pl.col("place_kind").min(),
            cases=pl.col("case_id").unique().sort(),
            place_cases=pl.col("case_id").n_unique().cast(pl.Int64),
        )
    )
    found = (
        worst.join(whole, on="place_id")
        .join(known.totals.rename({"people": "place_people"}), on="place_id", how="left")
        .with_columns(
            start=slot_start(pl.col("slot"), known.hours),
            rate=pl.col("infected") / pl.col("present"),
            explained=pl.col("place_cases") / listed,
        )
        .sort("lower", "place_cases", "place_id", descending=[True, True, False])
    )
    return found.select(pl.col(name).cast(kind) for name, kind in SETTINGS.items())
