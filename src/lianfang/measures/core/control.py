"""Whether somebody is under control, and until when: what a field list calls control status and expected release."""

import datetime as dt

import polars as pl

from lianfang.kernel.vocabulary import MeasureKind, Word
from lianfang.measures.core.state import ISOLATING, RUNNING, frame_names


class ControlStatus(Word):
    """Where the control of a person stands."""

    AWAITING = "awaiting", "待管控（待转运）", "Awaiting transfer or order"
    HOSPITAL = "hospital", "住院隔离", "Isolated in hospital"
    CENTRAL = "central", "集中隔离", "In central quarantine"
    HOME = "home", "居家隔离", "In home quarantine"
    MONITORING = "monitoring", "健康监测", "Health monitoring"
    NOT_BEGUN = "not_begun", "尚未开始", "Not begun"
    ENDED = "ended", "已期满", "Period over"
    NONE = "none", "无需管控", "No control required"
    UNKNOWN = "unknown", "不详", "Not known"


_STATUS = {
    MeasureKind.HOSPITAL_ISOLATION: ControlStatus.HOSPITAL,
    MeasureKind.CENTRAL_QUARANTINE: ControlStatus.CENTRAL,
    MeasureKind.HOME_QUARANTINE: ControlStatus.HOME,
    MeasureKind.HOME_MONITORING: ControlStatus.MONITORING,
    MeasureKind.SELF_MONITORING: ControlStatus.MONITORING,
    MeasureKind.TESTING: ControlStatus.MONITORING,
}

CONTROL = {"person_id": pl.String(), "control_status": pl.String(), "expected_release": pl.Datetime("us")}
"""Columns of `control_of`."""


def control_of(measures: pl.DataFrame, *, as_of: dt.datetime, placed: pl.DataFrame | None = None) -> pl.DataFrame:
    """Say of each person who has a measure where their control stands, and when they are to be released.

    Parameters
    ----------
    measures : pl.DataFrame
        ``person_id, measure, start, end`` of periods that follow each other; refused ones left out. ``decision`` and
        ``released_at``, where they are there, as the application keeps them.
    as_of : datetime
        Naive local.
    placed : pl.DataFrame, optional
        ``person_id, in_quarantine_since``: since when somebody is in quarantine, as a list of people tells it.

    Returns
    -------
    pl.DataFrame
        Columns `CONTROL`, by person. The status follows from the period of the moment: somebody who should be
        isolated, and of whom nobody ordered or recorded it, awaits it. ``expected_release`` is the end of the last
        period that isolates, else of the last period; empty where release conditions decide.
    """
    if measures.is_empty():
        return pl.DataFrame(schema=CONTROL)
    now = pl.lit(as_of, dtype=pl.Datetime("us"))
    rows = measures.with_columns(
        asks=pl.col("measure") != MeasureKind.NONE.value,
        isolates=pl.col("measure").is_in([kind.value for kind in ISOLATING]),
        ordered=(pl.col("decision") == "accepted") if "decision" in measures.columns else pl.lit(False),
    )
    ends = (
        rows.filter("asks")
        .group_by("person_id")
        .agg(
            isolated_until=pl.col("end").filter("isolates").max(),
            open_isolation=(pl.col("isolates") & pl.col("end").is_null()).any(),
            until=pl.col("end").max(),
            has_isolation=pl.col("isolates").any(),
            is_open=pl.col("end").is_null().any(),
        )
    )
    release = (
        pl.when("open_isolation")
        .then(None)
        .when("has_isolation")
        .then("isolated_until")
        .when("is_open")
        .then(None)
        .otherwise("until")
    )
    current = (
        rows.filter(RUNNING.polars(names=frame_names(measures), at=as_of))
        .sort("person_id", "start", "measure", descending=[False, True, False])
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", now_kind="measure", now_isolates="isolates", now_ordered="ordered")
    )
    since = (
        pl.DataFrame(schema={"person_id": pl.String(), "in_quarantine_since": pl.Datetime("us")})
        if placed is None
        else placed.select("person_id", "in_quarantine_since").unique("person_id", keep="first", maintain_order=True)
    )
    everybody = rows.group_by("person_id").agg(
        any_asks=pl.col("asks").any(),
        begun=(pl.col("asks") & (pl.col("start") <= now)).any(),
    )
    is_in = (pl.col("in_quarantine_since") <= now).fill_null(False) | pl.col("now_ordered").fill_null(False)
    named = {kind.value: status.value for kind, status in _STATUS.items()}
    by_kind = pl.col("now_kind").replace_strict(named, default=ControlStatus.UNKNOWN.value, return_dtype=pl.String)
    status = (
        pl.when(~pl.col("any_asks"))
        .then(pl.lit(ControlStatus.NONE.value))
        .when(pl.col("now_kind").is_not_null() & pl.col("now_isolates") & ~is_in)
        .then(pl.lit(ControlStatus.AWAITING.value))
        .when(pl.col("now_kind").is_not_null())
        .then(by_kind)
        .when("begun")
        .then(pl.lit(ControlStatus.ENDED.value))
        .otherwise(pl.lit(ControlStatus.NOT_BEGUN.value))
    )
    return (
        everybody.join(current, on="person_id", how="left")
        .join(since, on="person_id", how="left")
        .join(ends, on="person_id", how="left")
        .with_columns(control_status=status, expected_release=release)
        .select(*CONTROL)
        .cast(pl.Schema(CONTROL))
        .sort("person_id")
    )
