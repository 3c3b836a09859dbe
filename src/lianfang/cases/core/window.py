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

_OTHER = {"days_before_onset": "days_before_sampling", "days_before_sampling": "days_before_onset"}

GIVEN = "given"
"""What ``window_rule`` says where the start of the window was stated and not derived."""


class WindowProblem(Word):
    """Why a case has no infectious window."""

    NO_START = (
        "no_start",
        "没有发病日期、采样时间或给定的传染期起点，无法确定传染期：请补充其中之一",
        "no onset, sampling time or stated start, so no infectious window: add one of them",
    )
    NOT_RECKONED = (
        "not_reckoned",
        "已填的时间不是本方案推算传染期所依据的时间（如方案只按发病日期推算），无法确定传染期：请补充该时间或给定传染期",
        "the playbook does not reckon the infectious window from the time that is known (it may count from onset "
        "alone): add the time that it counts from, or state the window",
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
    cases: pl.DataFrame,
    *,
    lookback: Sequence[LookbackRule],
    as_of: dt.datetime | None,
    onset_first: bool = False,
    capped: bool = True,
) -> pl.DataFrame:
    """Fill the infectious window of each case.

    Parameters
    ----------
    cases : pl.DataFrame
        Schema `kernel.schema.CASES`; a column ``found_by`` serves rules that ask how a case was found.
    lookback : sequence of LookbackRule
        The first rule that fits a case decides: one that counts from onset (or sampling) fits where that time is known,
        ``since_last_negative`` where the last negative sample is known, lies before onset and first positive sample,
        and ``found_by`` is among the rule's (any, when the rule names none). Where days are counted back, the earlier
        of what onset and what sampling give is the start: who was positive before the onset was infectious already.
    as_of : datetime or None
        Naive local time; the window of a case that is not isolated ends here.
    onset_first : bool
        Sampling is asked only where there is no onset, as in a plain run without a playbook.
    capped : bool
        No window goes beyond `as_of`: what happens later is not known then. False where `as_of` is no time of
        reckoning, only the end of what presences tell.

    Returns
    -------
    pl.DataFrame
        All rows, in their order, with ``infectious_from`` and ``infectious_to`` filled (naive local, half-open), and
        ``window_rule`` (id of the rule, or `GIVEN`) and ``window_problem`` (a code of `WindowProblem`, empty when the
        window is sound). A case without a sound window stays: it is a case, it only exposes nobody.
    """
    given, now = pl.col("infectious_from"), pl.lit(as_of, dtype=pl.Datetime("us"))
    start: Any = pl.when(given.is_not_null()).then(given)
    rule: Any = pl.when(given.is_not_null()).then(pl.lit(GIVEN))
    for one, fits, moment in _choices(lookback, cases.columns, onset_first=onset_first):
        start, rule = start.when(fits).then(moment), rule.when(fits).then(pl.lit(one))
    end = pl.coalesce("infectious_to", "isolated_at", now)
    end = pl.min_horizontal(end, now) if capped else end
    start = start.otherwise(pl.lit(None, dtype=pl.Datetime("us")))
    windows = cases.with_columns(
        infectious_from=start, infectious_to=end, window_rule=rule.otherwise(pl.lit(None, dtype=pl.String))
    )
    since, until = windows["infectious_from"], windows["infectious_to"]
    if (since < until).all(ignore_nulls=False):  # as a rule; asking for each problem takes longer than tracing a case
        return windows.with_columns(pl.lit(None, pl.String).alias("window_problem"))
    told = pl.any_horizontal(pl.col("onset_date", "sampled_at").is_not_null())
    problem = (
        pl.when(pl.col("infectious_from").is_null() & told)
        .then(pl.lit(WindowProblem.NOT_RECKONED.value))
        .when(pl.col("infectious_from").is_null())
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


def in_doubt(windows: pl.DataFrame, *, lookback: Sequence[LookbackRule], as_of: dt.datetime) -> pl.DataFrame:
    """Return, of the cases without a sound window, the time in which whoever met them has to be looked at.

    Returns
    -------
    pl.DataFrame
        ``case_id, person_id, infectious_from, infectious_to``: from the longest look-back of the rules before the
        earlier of both ends, as far as they are known, to the time of reckoning. It is no infectious window; nobody is
        a contact by it.
    """
    days = max((rule.days or 0 for rule in lookback), default=0)
    first = pl.min_horizontal("infectious_from", "infectious_to", pl.lit(as_of, dtype=pl.Datetime("us")))
    return windows.filter(pl.col("window_problem").is_not_null()).select(
        "case_id",
        "person_id",
        infectious_from=first.dt.truncate("1d") - pl.duration(days=days),
        infectious_to=pl.lit(as_of, dtype=pl.Datetime("us")),
    )


def problems(windows: pl.DataFrame) -> list[tuple[str, Text]]:
    """Return case ids without a sound window, each with the reason in words, in the order of the rows."""
    pairs = zip(windows["case_id"].to_list(), windows["window_problem"].to_list(), strict=True)
    return [(case_id, WindowProblem.of(code).label) for case_id, code in pairs if code is not None]


def _choices(
    lookback: Sequence[LookbackRule], columns: Sequence[str], *, onset_first: bool
) -> list[tuple[str, pl.Expr, pl.Expr]]:
    """Return what may give the start of a window, the first that fits decides: rule, whether it fits, the start."""
    derived = [(rule, *_derive(rule, columns)) for rule in lookback]
    never = pl.lit(None, dtype=pl.Datetime("us"))
    counted = {mode: [pl.when(f).then(t) for rule, f, t in derived if rule.mode == mode] for mode in _OTHER}
    first = {mode: pl.coalesce([*starts, never]) for mode, starts in counted.items()}
    choices = []
    for rule, fits, since in derived:
        if rule.mode in _OTHER and not onset_first:
            fits = fits & ~(first[_OTHER[rule.mode]] < first[rule.mode]).fill_null(False)
        choices.append((rule.id, fits, since))
    return choices


def _derive(rule: LookbackRule, columns: Sequence[str]) -> tuple[pl.Expr, pl.Expr]:
    if rule.mode == "since_last_negative":
        # On the day of the onset nobody knows which came first: only a sample before it moves the start.
        negative = pl.col("last_negative_at")
        before = pl.all_horizontal((negative < pl.col(name)).fill_null(True) for name in ("onset_date", "sampled_at"))
        fits = negative.is_not_null() & before
        if rule.found_by:
            found = pl.col("found_by").is_in(rule.found_by).fill_null(False) if "found_by" in columns else pl.lit(False)
            fits = fits & found
        return fits, pl.col("last_negative_at")
    event = "onset_date" if rule.mode == "days_before_onset" else "sampled_at"
    return pl.col(event).is_not_null(), pl.col(event).dt.truncate("1d") - pl.duration(days=rule.days or 0)
