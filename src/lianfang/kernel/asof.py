"""What is known at a moment: the one place that says which facts lie after a time of reckoning.

A fact of a later time is not known yet, and changes no row of any result.
"""

import datetime as dt

import polars as pl

from lianfang.kernel.cells import with_value
from lianfang.kernel.text import Text
from lianfang.kernel.words import one_test

APART = dt.timedelta(days=180)
"""A gap without any moment that is longer than this parts what belongs together from what does not: no outbreak has
one, and a mistyped year makes one. Nobody is decided on by it, only what is taken for the latest moment."""

_NOT_YET = Text(
    "“{fact}”为 {value}，晚于截止时间 {as_of}，届时尚未发生，未采用：请核对该时间或截止时间",
    "{fact} is {value}, after the time of reckoning {as_of}, so it is not used: check it, or the time of reckoning",
)


def is_later(moment: pl.Expr, as_of: dt.datetime, *, ends_its_day: bool = False) -> pl.Expr:
    """Tell whether a moment lies after the time of reckoning; False where it is empty.

    Parameters
    ----------
    moment : pl.Expr
        Naive local times.
    as_of : datetime
        Naive local.
    ends_its_day : bool
        A bare date of the column stands as 00:00 of the day after it (`Column.bare_date`): such a moment lies after
        the time of reckoning only where its day begins after it.
    """
    if ends_its_day:
        is_midnight = moment.dt.truncate("1d") == moment
        moment = pl.when(is_midnight).then(moment - pl.duration(days=1)).otherwise(moment)
    return (moment > pl.lit(as_of, dtype=pl.Datetime("us"))).fill_null(False)


def has_later_test(tests: pl.Expr, as_of: dt.datetime) -> pl.Expr:
    """Tell whether a list of tests (``2021-08-06:neg;2021-08-09:pos``) names one of a day after that of `as_of`."""
    return tests.str.split(";").list.eval(_is_later_test(as_of)).list.any().fill_null(False)


def known_tests(tests: pl.Expr, as_of: dt.datetime) -> pl.Expr:
    """Return a list of tests without those of later days than that of `as_of`; empty where none is left.

    What is no test is kept: whoever reads the list refuses it.
    """
    kept = tests.str.split(";").list.eval(pl.element().filter(~_is_later_test(as_of))).list.join(";")
    return pl.when(has_later_test(tests, as_of)).then(pl.when(kept.str.strip_chars() != "").then(kept)).otherwise(tests)


def far_apart(one: dt.datetime, other: dt.datetime) -> bool:
    """Tell whether two moments are so far apart that one of them may have a mistyped year (`APART`)."""
    return abs(one - other) > APART


def later_words(fact: str, value: pl.Expr, as_of: dt.datetime) -> tuple[pl.Expr, pl.Expr]:
    """Say of each row that a fact lies after the time of reckoning, in Chinese and in English.

    Parameters
    ----------
    fact : str
        Name of the fact, as the sender wrote its column.
    value : pl.Expr
        The fact as text.
    as_of : datetime
        Naive local.
    """
    until = f"{as_of:%Y-%m-%d %H:%M}"
    words = _NOT_YET.format(fact=fact, as_of=until, value="{value}")
    return with_value(words.zh, value), with_value(words.en, value)


def moment_words(moment: pl.Expr) -> pl.Expr:
    """Return moments as text, to the minute."""
    return moment.dt.strftime("%Y-%m-%d %H:%M")


def _is_later_test(as_of: dt.datetime) -> pl.Expr:
    return (one_test(pl.element()).on > pl.lit(as_of.date())).fill_null(False)
