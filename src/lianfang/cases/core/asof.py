"""What of the lists is known as of the time of reckoning: whatever comes later changes no row of any result.

A row that is of a later time as a whole (a case reported later, a contact that had not happened) is not used; of any
other row the facts that are of a later time count as empty. `lianfang.kernel.asof` says what lies later.
"""

import datetime as dt
from typing import get_args

import polars as pl

from lianfang.kernel.asof import has_later_test, is_later, known_tests, later_words, moment_words
from lianfang.kernel.schema import CASES, INTERVIEWS, UNDECIDED
from lianfang.playbook.model import ClockStart

_STATED = ("infectious_from", "infectious_to")
"""A window that is stated may end ahead; it is cut to the time of reckoning (`cases.core.window`)."""

_TESTS = ("own_tests", "linked_tests")

_ENDS_ITS_DAY = {c.name for c in (*CASES.columns, *INTERVIEWS.columns) if c.bare_date == "next_day"}

_KEY = {"cases": "case_id", "contacts": "person_id", "people": "person_id"}
"""Whom a row of each list is about."""


def moments_of(table: str, frame: pl.DataFrame) -> list[str]:
    """Return the columns of a list that hold moments of facts."""
    if table == "contacts":
        return ["first_contact", "last_contact"]
    own = CASES.names if table == "cases" else []
    names = dict.fromkeys([*own, *get_args(ClockStart)])
    return [n for n in names if n in frame.columns and isinstance(frame.schema[n], pl.Datetime) and n not in _STATED]


def not_yet(table: str, frame: pl.DataFrame, as_of: dt.datetime) -> pl.Series:
    """Tell which rows are not known at all as of a moment, by the column that says so; empty for a row that is known.

    Parameters
    ----------
    table : {"cases", "contacts", "people"}
        Which list it is.
    frame : pl.DataFrame
        Its rows, times naive and local.
    as_of : datetime
        Naive local.

    Notes
    -----
    A case is known once it is reported; where nobody says when that was, once anything of it has happened. A contact
    that an interview names is known once it began, or happened where no beginning is known. Whoever is listed is known.
    """
    nobody = pl.lit(None, pl.String)
    if table == "people" or not frame.height:
        return pl.Series("column", [None], dtype=pl.String).new_from_index(0, frame.height)
    later = {name: _later(name, as_of) for name in moments_of(table, frame)}
    if table == "contacts":
        begun = pl.when(later["first_contact"]).then(pl.lit("first_contact"))
        only = pl.col("first_contact").is_null() & later["last_contact"]
        return frame.select(column=begun.when(only).then(pl.lit("last_contact")).otherwise(nobody)).to_series()
    reported = later.get("reported_at", pl.lit(False))
    told = [pl.col(name).is_not_null() for name in later]
    ahead = [pl.when(is_so).then(pl.lit(name)) for name, is_so in later.items()]
    all_ahead = pl.all_horizontal(~has | is_so for has, is_so in zip(told, later.values(), strict=True))
    stated = pl.any_horizontal(pl.col(name).is_not_null() for name in _STATED)
    nothing_yet = pl.any_horizontal(told) & all_ahead & ~stated
    return frame.select(
        column=pl.when(reported)
        .then(pl.lit("reported_at"))
        .when(nothing_yet)
        .then(pl.coalesce([*ahead, nobody]))
        .otherwise(nobody)
    ).to_series()


def known(table: str, frame: pl.DataFrame, as_of: dt.datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what of a list is known as of a moment, and each fact that is not.

    Returns
    -------
    tuple of pl.DataFrame
        The rows that are known, facts of later times empty; and columns `UNDECIDED`: one row a fact left out of a row
        that is known, led to its row by position.
    """
    frame = frame.filter(not_yet(table, frame, as_of).is_null())
    if not frame.height:
        return frame, pl.DataFrame(schema=UNDECIDED)
    names = moments_of(table, frame)
    tests = [name for name in _TESTS if frame.schema.get(name) == pl.String]
    later = {name: _later(name, as_of) for name in names} | {n: has_later_test(pl.col(n), as_of) for n in tests}
    is_any = frame.select(**{name: one.any() for name, one in later.items()}).row(0) if later else ()
    found = [name for name, yes in zip(later, is_any, strict=True) if yes]
    if not found:
        return frame, pl.DataFrame(schema=UNDECIDED)
    placed = frame.with_row_index("_row")
    told = [_told(table, placed.filter(later[name]), name, as_of, is_test=name in tests) for name in found]
    kept = {n: known_tests(pl.col(n), as_of) if n in tests else pl.when(~later[n]).then(pl.col(n)) for n in found}
    return frame.with_columns(**kept), pl.concat(told)


def _later(name: str, as_of: dt.datetime) -> pl.Expr:
    return is_later(pl.col(name), as_of, ends_its_day=name in _ENDS_ITS_DAY)


def _told(table: str, rows: pl.DataFrame, name: str, as_of: dt.datetime, *, is_test: bool) -> pl.DataFrame:
    value = pl.col(name) if is_test else moment_words(pl.col(name))
    zh, en = later_words(name, value, as_of)
    return rows.select(
        table=pl.lit(table),
        row=pl.col("_row").cast(pl.Int64),
        column=pl.lit(name),
        value=pl.col(_KEY[table]),
        reason_zh=zh,
        reason_en=en,
    ).cast(pl.Schema(UNDECIDED))
