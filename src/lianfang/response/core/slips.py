"""Times that lie long before all others: a mistyped year, as `core.reckoning` finds it behind them."""

import datetime as dt

import polars as pl

from lianfang.kernel.asof import APART
from lianfang.response.core.reckoning import FEW_MOMENTS, FEW_SHARE


def earliest_possible(moments: pl.Series) -> dt.datetime | None:
    """Return the first moment of what belongs together, where a few lie a long gap before it; None where none does.

    Parameters
    ----------
    moments : pl.Series
        All times that the lists tell of cases and contacts; naive local.

    Notes
    -----
    An outbreak has no such gap (`kernel.asof.APART`), and what stands before it has to be few, and fewer than the rest:
    where nobody can say which of two years is meant, nothing is refused.
    """
    told = moments.drop_nulls().sort()
    gap = (told.diff() > APART).fill_null(False)
    if not gap.any():
        return None
    group = gap.cast(pl.Int64).cum_sum()
    groups = pl.DataFrame({"moment": told, "group": group}).group_by("group").agg(pl.len(), pl.col("moment").min())
    few = max(FEW_MOMENTS, told.len() * FEW_SHARE)
    before, earliest = 0, None
    for _, count, first in groups.sort("group").iter_rows():
        if before and before <= few and before < told.len() - before:
            earliest = first
        before += count
    return earliest
