"""In which state a measure is: it follows from decision, dates and release, and is never stored."""

import datetime as dt

import polars as pl

from lianfang.kernel.vocabulary import Decision, MeasureKind, Word


class MeasureState(Word):
    """Where a measure stands at a moment."""

    PROPOSED = "proposed", "待定", "Proposed"
    REFUSED = "refused", "不采纳", "Refused"
    PLANNED = "planned", "已下达、未开始", "Ordered, not begun"
    IN_FORCE = "in_force", "执行中", "In force"
    OVER = "over", "已期满、未解除", "Over, not released"
    RELEASED = "released", "已解除", "Released"


def state_of(
    *,
    decision: str,
    start: dt.datetime,
    end: dt.datetime | None,
    released_at: dt.datetime | None,
    at: dt.datetime,
) -> MeasureState:
    """Return the state of one measure at a moment; all times naive, or all aware.

    A release that lies after `at` has not happened yet then.
    """
    if decision == Decision.PROPOSED:
        return MeasureState.PROPOSED
    if decision == Decision.REFUSED:
        return MeasureState.REFUSED
    if released_at is not None and released_at <= at:
        return MeasureState.RELEASED
    if start > at:
        return MeasureState.PLANNED
    return MeasureState.IN_FORCE if end is None or end > at else MeasureState.OVER


def in_force(measures: pl.DataFrame, *, at: dt.datetime) -> pl.DataFrame:
    """Keep the measures in force: begun, not over, not released, and asking for something.

    Parameters
    ----------
    measures : pl.DataFrame
        ``measure, start, end``; where present ``decision`` (then only what was ordered is in force; without it, as in
        a run over files, whatever is proposed) and ``released_at``.
    at : datetime.datetime
        Naive local.
    """
    now = pl.lit(at, dtype=pl.Datetime("us"))
    held = (
        (pl.col("start") <= now)
        & (pl.col("end").is_null() | (pl.col("end") > now))
        & (pl.col("measure") != MeasureKind.NONE.value)
    )
    if "decision" in measures.columns:
        held &= pl.col("decision") == Decision.ACCEPTED.value
    if "released_at" in measures.columns:
        held &= pl.col("released_at").is_null() | (pl.col("released_at") > now)
    return measures.filter(held)
