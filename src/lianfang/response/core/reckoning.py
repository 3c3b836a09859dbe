"""The time of reckoning where nobody gives one: the latest moment that the lists tell, but for a mistyped year.

One row of 2032 among those of 2022 must not make everything ten years older.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from lianfang.kernel.asof import APART
from lianfang.kernel.text import Text

FEW_MOMENTS, FEW_SHARE = 2, 0.01
"""So many moments behind a gap, in number or as a share of all, may be a slip; more of them are none."""

MOMENTS = {"moment": pl.Datetime("us"), "count": pl.Int64(), "of_cases": pl.Boolean(), "file": pl.String()}
"""Columns of moments: when, how many of them, whether they are of cases, and the file that tells them."""


@dataclass(frozen=True)
class Reckoned:
    """The time of reckoning, and what was left aside for it.

    Attributes
    ----------
    as_of : datetime or None
        Naive local; None where no moment is told.
    aside : pl.DataFrame
        Columns of `MOMENTS`: what lies behind it and looks like a slip.
    """

    as_of: dt.datetime | None
    aside: pl.DataFrame


def reckon(moments: pl.DataFrame) -> Reckoned:
    """Return the latest moment, but for a few behind a long gap that are not those of most cases.

    Parameters
    ----------
    moments : pl.DataFrame
        Columns of `MOMENTS`.
    """
    told = moments.drop_nulls("moment").sort("moment")
    if not told.height:
        return Reckoned(None, told)
    gap = (pl.col("moment").diff() > APART).fill_null(False)
    groups = told.with_columns(group=gap.cast(pl.Int64).cum_sum()).partition_by("group", maintain_order=True)
    total, cases = int(told["count"].sum()), int(told.filter("of_cases")["count"].sum())
    few = max(FEW_MOMENTS, total * FEW_SHARE)
    aside: list[pl.DataFrame] = []
    while len(groups) > 1 and _is_slip(groups[-1], groups[:-1], few=few, cases=cases):
        aside.append(groups.pop())
    left = pl.concat([told.clear(), *(one.drop("group") for one in reversed(aside))])
    latest = groups[-1]["moment"].max()
    return Reckoned(latest if isinstance(latest, dt.datetime) else None, left)


def _is_slip(tail: pl.DataFrame, before: Sequence[pl.DataFrame], *, few: float, cases: int) -> bool:
    size = tail["count"].sum()
    own_cases = int(tail.filter("of_cases")["count"].sum())
    return bool(size <= few and size < max(one["count"].sum() for one in before) and 2 * own_cases <= cases)


def aside_words(aside: pl.DataFrame, as_of: dt.datetime) -> list[Text]:
    """Say of each file what was left aside, in one sentence."""
    said = []
    for (file,), rows in aside.partition_by("file", as_dict=True, maintain_order=True).items():
        latest, number = rows["moment"].max(), rows["count"].sum()
        if not isinstance(latest, dt.datetime):
            continue
        said.append(
            Text(
                f"{file} 中有{number}个时间（最晚 {latest:%Y-%m-%d %H:%M}）与其余时间相隔半年以上，"
                f"疑为年份误填，未据此确定截止时间；截止时间取 {as_of:%Y-%m-%d %H:%M}，请核对，或用 --as-of 给出",
                f"{number} of the times in {file} (the latest {latest:%Y-%m-%d %H:%M}) is more than half a year from "
                f"all others, as a mistyped year does: the time of reckoning is {as_of:%Y-%m-%d %H:%M} without them; "
                "check them, or give it with --as-of",
            )
        )
    return said
