"""The itinerary of a case: its presences, with what follows on in the same place told as one stay."""

import datetime as dt

import polars as pl

from lianfang.kernel.schema import PRESENCES


def itinerary(presences: pl.DataFrame, *, gap: dt.timedelta = dt.timedelta(minutes=30)) -> pl.DataFrame:
    """Merge presences that follow each other in one place.

    Two presences of a person in a place are one stay when the later one starts no more than `gap` after everything
    before it has ended; overlapping ones always are. Being somewhere else in between does not split a stay: lists
    from different sources overlap, and an itinerary must not hide either.

    Parameters
    ----------
    presences : DataFrame
        Columns of `kernel.schema.PRESENCES`; any number of people, in any order.
    gap : timedelta
        The longest absence that is not told.

    Returns
    -------
    DataFrame
        ``person_id, place_id, place_kind, start, end, presences, seats, sources``, sorted by person, start, place:
        `presences` counts what was merged; `seats` and `sources` list the different ones, sorted. O(n log n).
    """
    known = PRESENCES.conform(presences)
    before = pl.col("end").cum_max().shift(1).over("person_id", "place_id", "place_kind")
    opens = before.is_null() | (pl.col("start") > before + gap)
    stays = (
        known.sort("person_id", "place_id", "place_kind", "start", "end")
        .with_columns(opens=opens)
        .with_columns(stay=pl.col("opens").cum_sum().over("person_id", "place_id", "place_kind"))
    )
    return (
        stays.group_by("person_id", "place_id", "place_kind", "stay")
        .agg(
            start=pl.col("start").min(),
            end=pl.col("end").max(),
            presences=pl.len().cast(pl.Int64),
            seats=pl.col("seat").drop_nulls().unique().sort(),
            sources=pl.col("source").drop_nulls().unique().sort(),
        )
        .drop("stay")
        .select("person_id", "place_id", "place_kind", "start", "end", "presences", "seats", "sources")
        .sort("person_id", "start", "place_id", "end", "place_kind")
    )
