"""The infectious window of each case: which rule of the playbook gave it, or why there is none.

What a file states (``infectious_from``, ``infectious_to``) wins over what a rule derives, each end by itself.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Word
from lianfang.playbook.model import LookbackRule

GIVEN = "given"
"""What ``window_rule`` says where the start of the window was stated and not derived."""


class WindowProblem(Word):
    """Why a case has no infectious window."""

    NO_START = (
        "no_start",
        "没有发病日期、采样时间或给定的传染期起点，无法确定传染期：请补充其中之一",
        "no onset, sampling time or stated start, so no infectious window: add one of them",
    )
    NO_END = (
        "no_end",
        "未隔离，且没有截止时间，无法确定传染期终点：请给出截止时间",
        "not isolated and no time of reckoning, so the window has no end: state the time of reckoning",
    )
    EMPTY = (
        "empty",
        "传染期起点不早于终点：请核对发病、采样、隔离时间和截止时间",
        "the infectious window ends before it starts: check onset, sampling, isolation and the time of reckoning",
    )


def plain_lookback(days: int) -> tuple[LookbackRule, ...]:
    """Return the rules of a plain run: `days` before onset, or before sampling where there is no onset.

    Parameters
    ----------
    days : int
        Whole days, counted back to 00:00 of that day; at least 0.
    """
    words = {"title": {"zh": "指定的回溯天数", "en": "Look-back as asked"}, "source": ["command"], "evidence": "SYS"}
    return tuple(
        LookbackRule.model_validate(
            {
                "id": f"lookback.{mode.removeprefix('days_before_')}",
                "mode": mode,
                "days": days,
                "scope": "system",
                **words,
            }
        )
        for mode in ("days_before_onset", "days_before_sampling")
    )


def infectious_windows(
    cases: pl.DataFrame, *, lookback: Sequence[LookbackRule], as_of: dt.datetime | None
) -> pl.DataFrame:
    """Fill the infectious window of each case.

    Parameters
    ----------
    cases : pl.DataFrame
        Schema `kernel.schema.CASES`; a column ``found_by`` serves rules that ask how a case was found.
    lookback : sequence of LookbackRule
        The first rule that fits a case decides: one that counts from onset (or sampling) fits where that time is known,
        ``since_last_negative`` where the last negative sample is known and ``found_by`` is among the rule's (any, when
        the rule names none).
    as_of : datetime or None
        Naive local time; the window of a case that is not isolated ends here.

    Returns
    -------
    pl.DataFrame
        All rows, in their order, with ``infectious_from`` and ``infectious_to`` filled (naive local, half-open), and
        ``window_rule`` (id of the rule, or `GIVEN`) and ``window_problem`` (a code of `WindowProblem`, empty when the
        window is sound). A case without a sound window stays: it is a case, it only exposes nobody.
    """
    start = pl.col("infectious_from")
    rule: Any = pl.when(start.is_not_null()).then(pl.lit(GIVEN))
    for one in lookback:
        fits, derived = _derive(one, cases.columns)
        rule = rule.when(fits).then(pl.lit(one.id))
        start = pl.coalesce(start, pl.when(fits).then(derived))
    end = pl.coalesce("infectious_to", "isolated_at", pl.lit(as_of, dtype=pl.Datetime("us")))
    windows = cases.with_columns(
        infectious_from=start, infectious_to=end, window_rule=rule.otherwise(pl.lit(None, dtype=pl.String))
    )
    since, until = windows["infectious_from"], windows["infectious_to"]
    if (since < until).all(ignore_nulls=False):  # as a rule; asking for each problem takes longer than tracing a case
        return windows.with_columns(pl.lit(None, pl.String).alias("window_problem"))
    problem = (
        pl.when(pl.col("infectious_from").is_null())
        .then(pl.lit(WindowProblem.NO_START.value))
        .when(pl.col("infectious_to").is_null())
        .then(pl.lit(WindowProblem.NO_END.value))
        .when(pl.col("infectious_from") >= pl.col("infectious_to"))
        .then(pl.lit(WindowProblem.EMPTY.value))
    )
    return windows.with_columns(window_problem=problem)


def sound(windows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `infectious_windows` that have a window."""
    if windows["window_problem"].null_count() == windows.height:
        return windows
    return windows.filter(pl.col("window_problem").is_null())


def problems(windows: pl.DataFrame) -> list[tuple[str, Text]]:
    """Return case ids without a sound window, each with the reason in words, in the order of the rows."""
    pairs = zip(windows["case_id"].to_list(), windows["window_problem"].to_list(), strict=True)
    return [(case_id, WindowProblem.of(code).label) for case_id, code in pairs if code is not None]


def _derive(rule: LookbackRule, columns: Sequence[str]) -> tuple[pl.Expr, pl.Expr]:
    if rule.mode == "since_last_negative":
        fits = pl.col("last_negative_at").is_not_null()
        if rule.found_by:
            found = pl.col("found_by").is_in(rule.found_by).fill_null(False) if "found_by" in columns else pl.lit(False)
            fits = fits & found
        return fits, pl.col("last_negative_at")
    event = "onset_date" if rule.mode == "days_before_onset" else "sampled_at"
    return pl.col(event).is_not_null(), pl.col(event).dt.truncate("1d") - pl.duration(days=rule.days or 0)
