"""Which limits of time start with a case, when each starts and when it is due."""

import polars as pl

from lianfang.kernel.text import Text
from lianfang.playbook.describe import STARTS
from lianfang.playbook.model import ClockRule, Playbook

CLOCKS = {
    "case_id": pl.String(),
    "clock": pl.String(),
    "starts": pl.Datetime("us"),
    "due": pl.Datetime("us"),
    "rule": pl.String(),
}
"""Columns of `case_clocks`, in their order."""

NOT_STARTED = {
    "case_id": pl.String(),
    "clock": pl.String(),
    "rule": pl.String(),
    "needs": pl.List(pl.String()),
    "reason_zh": pl.String(),
    "reason_en": pl.String(),
}
"""Columns of `clocks_not_started`, in their order."""

_NO_START = Text(
    "“{title}”无法计时：病例缺少{needs}的时间；请补填其中一项",
    'the clock "{title}" has not started: the case has no time of {needs}; fill in one of them',
)


def case_clocks(cases: pl.DataFrame, *, playbook: Playbook) -> pl.DataFrame:
    """Start the playbook's clocks for every case.

    For each rule the first of its `starts_from` that the case has starts the clock; it is due `hours` later. Where
    several rules are about one clock, the first of them (in the order of the playbook) that can start decides.

    Parameters
    ----------
    cases : pl.DataFrame
        One row a case: ``case_id`` and any of the times a rule may start from (``reported_at``, ``sampled_at``,
        ``onset_date`` …), naive and local. A date counts as its 00:00, an ISO text is read; a column that is absent is
        empty.
    playbook : Playbook
        Its `clocks` section is used.

    Returns
    -------
    pl.DataFrame
        ``case_id, clock, starts, due, rule``: at most one row a case and clock, sorted by case_id, due and clock.
        What could not start is given, with its reason, by `clocks_not_started`.
    """
    started = [
        known.select(
            "case_id",
            pl.lit(rule.clock).alias("clock"),
            "starts",
            (pl.col("starts") + pl.duration(microseconds=round(rule.hours * 3_600_000_000))).alias("due"),
            pl.lit(rule.id).alias("rule"),
        )
        for rule in playbook.clocks
        if (known := _with_start(cases, rule).filter(pl.col("starts").is_not_null())).height
    ]
    if not started:
        return pl.DataFrame(schema=CLOCKS)
    return (
        pl.concat(started)
        .cast(pl.Schema(CLOCKS))
        .unique(["case_id", "clock"], keep="first", maintain_order=True)
        .sort("case_id", "due", "clock")
    )


def clocks_not_started(cases: pl.DataFrame, *, playbook: Playbook, started: pl.DataFrame | None = None) -> pl.DataFrame:
    """Name the clocks that no time of the case could start, and what would start them.

    Parameters
    ----------
    cases, playbook
        As for `case_clocks`.
    started : pl.DataFrame, optional
        What `case_clocks` gave for them, where it has been asked already.

    Returns
    -------
    pl.DataFrame
        ``case_id, clock, rule, needs, reason_zh, reason_en``: one row a case and clock, sorted by case_id and clock;
        `needs` are the names of the times of which one suffices, `rule` is the first rule of that clock.
    """
    if started is None:
        started = case_clocks(cases, playbook=playbook)
    rules: dict[str, list[ClockRule]] = {}
    for rule in playbook.clocks:
        rules.setdefault(rule.clock, []).append(rule)
    missing = []
    for clock, of_clock in rules.items():
        needs = list(dict.fromkeys(start for rule in of_clock for start in rule.starts_from))
        named = [STARTS[start] for start in needs]
        times = Text("、".join(one.zh for one in named), " or ".join(one.en for one in named))
        reason = _NO_START.format(title=of_clock[0].title.text, needs=times)
        missing.append(
            cases.select(pl.col("case_id").cast(pl.String()))
            .join(started.filter(pl.col("clock") == clock), on="case_id", how="anti")
            .select(
                "case_id",
                pl.lit(clock).alias("clock"),
                pl.lit(of_clock[0].id).alias("rule"),
                pl.lit(needs, dtype=pl.List(pl.String())).alias("needs"),
                pl.lit(reason.zh).alias("reason_zh"),
                pl.lit(reason.en).alias("reason_en"),
            )
        )
    return pl.concat(missing).cast(pl.Schema(NOT_STARTED)).sort("case_id", "clock")


def _with_start(cases: pl.DataFrame, rule: ClockRule) -> pl.DataFrame:
    present = [_moment(cases[name]) for name in rule.starts_from if name in cases.columns]
    starts = pl.coalesce(present) if present else pl.lit(None)
    return cases.select(pl.col("case_id").cast(pl.String()), starts.cast(pl.Datetime("us")).alias("starts"))


def _moment(column: pl.Series) -> pl.Expr:
    """Read a column as times: lists from outside may carry a kept column as ISO text or as dates."""
    value = pl.col(column.name)
    if column.dtype == pl.String():
        text = value.str.strip_chars().str.replace("T", " ", literal=True)
        return pl.coalesce(
            text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us"),
            text.str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us"),
            text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")),
        )
    return value.cast(pl.Datetime("us"))
