"""True lengths across a change of the clock: where a zone turns its clocks back or forth, a wall clock miscounts.

Frames hold local times without a zone. A stay keeps the wall clock of its start and gets its true length, so its end is
the start's clock gone on: from 01:40 before the clocks go back to 01:10 after it is 01:40 to 02:10, 30 minutes.
"""

import polars as pl

from lianfang.intake.core.cells import tidy_column
from lianfang.intake.core.found import ORDERED
from lianfang.intake.core.moments import read_moments

_OFFSET = r"(?:[zZ]|[+-]\d{2}:?\d{2}|[+-]\d{2})\s*$"


def has_changes(start: pl.Series, end: pl.Series, zone: str) -> bool:
    """Tell whether a zone changes its clocks within the months that local times span."""
    first, last = start.min(), end.max()
    if first is None or last is None:
        return False
    months = pl.select(
        pl.datetime_range(
            pl.lit(first, pl.Datetime("us")).dt.month_start().dt.offset_by("-1mo"),
            pl.lit(last, pl.Datetime("us")).dt.offset_by("1mo"),
            "1mo",
        ).alias("t")
    )["t"]
    local = months.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return (local.dt.base_utc_offset() + local.dt.dst_offset()).n_unique() > 1


def true_ends(
    start: pl.Series, end: pl.Series, *, zone: str, instants: tuple[pl.Series, pl.Series] | None = None
) -> pl.Series:
    """Return the ends that stand as far behind their starts as they truly did.

    Parameters
    ----------
    start, end : pl.Series
        Naive local times.
    zone : str
        Whose clocks they are.
    instants : tuple of pl.Series, optional
        The same as naive times of UTC where an offset was written, empty elsewhere.

    Notes
    -----
    Where no offset was written the zone's rule serves: a time that comes twice is the first of both, but for an end
    that would then lie before its start; a time that does not exist is taken as the wall clock has it.
    """

    def utc(moments: pl.Series, which: str) -> pl.Expr:
        aware = pl.lit(moments).dt.replace_time_zone(zone, ambiguous=which, non_existent="null")  # type: ignore[arg-type]
        return aware.dt.convert_time_zone("UTC").dt.replace_time_zone(None)

    begun, early, late = utc(start, "earliest"), utc(end, "earliest"), utc(end, "latest")
    ended = pl.when(early > begun).then(early).otherwise(late)
    if instants is not None:
        both = pl.lit(instants[0]).is_not_null() & pl.lit(instants[1]).is_not_null()
        begun = pl.when(both).then(pl.lit(instants[0])).otherwise(begun)
        ended = pl.when(both).then(pl.lit(instants[1])).otherwise(ended)
    length = ended - begun
    return pl.select(pl.coalesce(pl.lit(start) + length, pl.lit(end)).alias(end.name)).to_series()


def has_offset(text: pl.Series) -> pl.Series:
    """Tell which cells write the offset of their time."""
    return text.str.contains(_OFFSET).fill_null(False) & text.str.contains(":")


def of_true_length(own: pl.DataFrame, table: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Give stays their true length where the zone changes its clocks within the days of a list.

    Parameters
    ----------
    own : pl.DataFrame
        The rows with their times read.
    table : pl.DataFrame
        The cells as they were sent.
    zone : str
        Whose clocks they are.
    """
    for first, last, strictly in ORDERED:
        ours = all(name in frame.columns for name in (first, last) for frame in (own, table))
        # A sender may call other columns so: only those count that the schema has too.
        if not strictly or not ours or not has_changes(own[first], own[last], zone):
            continue
        instants = (_instants(table[first]), _instants(table[last]))
        own = own.with_columns(true_ends(own[first], own[last], zone=zone, instants=instants))
    return own


def _instants(values: pl.Series) -> pl.Series:
    """Return the times of cells that write their offset, as naive times of UTC; the others are empty."""
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is not None:
        return values.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Datetime("us"))
    if values.dtype != pl.String:
        return pl.Series(values.name, [None], dtype=pl.Datetime("us")).new_from_index(0, values.len())
    text = tidy_column(values)
    read = read_moments(text, time_zone="UTC")
    return pl.select(pl.when(pl.lit(has_offset(text))).then(pl.lit(read)).alias(values.name)).to_series()
