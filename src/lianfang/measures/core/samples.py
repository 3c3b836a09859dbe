"""Tests as facts tell them, ``2021-08-06:neg;2021-08-09:pos``: read, and what follows from them.

What was sampled on a later day than the time of reckoning had not happened yet, and changes nothing.
"""

import datetime as dt

import polars as pl

from lianfang.kernel.words import one_test, plain

DERIVED = ("linked_positive", "linked_first_two", "own_positive")
"""Facts that follow from tests; each has its time beside it, the day of the first sample that made it ``yes``."""

FIRST = 2
"""How many tests of a linked contact are the first ones (that number stands in the name of the fact)."""


def at_of(fact: str) -> str:
    """Return the name of the time at which a derived fact became ``yes``."""
    return f"{fact}_at"


def read_tests(facts: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the tests that a column tells, one row a sample.

    Parameters
    ----------
    facts : pl.DataFrame
        ``_row`` and the column, as text.
    column : str
        ``linked_tests`` or ``own_tests``.

    Returns
    -------
    pl.DataFrame
        ``_row, entry, on, positive``; `on` or `positive` is null where an entry cannot be read.
    """
    entries = facts.select("_row", entry=plain(pl.col(column)).str.split(";")).explode("entry", empty_as_null=False)
    entries = entries.with_columns(pl.col("entry").str.strip_chars()).filter(pl.col("entry") != "")
    test = one_test(pl.col("entry"))
    return entries.with_columns(on=test.on, positive=test.positive)


def derived(tests: pl.DataFrame, *, fact: str, first: int | None, as_of: dt.datetime) -> pl.DataFrame:
    """Return whether tests were positive, and since when.

    Two samples of one day are one test, positive where either is.

    Parameters
    ----------
    tests : pl.DataFrame
        As `read_tests` gives them, all readable.
    fact : str
        Name of what follows.
    first : int, optional
        Only so many of the earliest tests count, and all of them must be known before the answer is ``no``; every test
        counts, when not given.
    as_of : datetime.datetime
        Naive local.

    Returns
    -------
    pl.DataFrame
        ``_row``, the fact (``yes``, ``no`` or null) and its time (00:00 of the day of the first positive sample).
    """
    days = (
        tests.filter(pl.col("on") <= as_of.date())
        .group_by("_row", "on")
        .agg(pl.col("positive").any())
        .sort("_row", "on")
        .with_columns(number=pl.col("on").cum_count().over("_row"))
    )
    if first is not None:
        days = days.filter(pl.col("number") <= first)
    enough = pl.len() >= (first or 1)
    return days.group_by("_row", maintain_order=True).agg(
        pl.when(pl.col("positive").any())
        .then(pl.lit("yes"))
        .when(enough)
        .then(pl.lit("no"))
        .otherwise(pl.lit(None, pl.String()))
        .alias(fact),
        pl.col("on").filter(pl.col("positive")).min().cast(pl.Datetime("us")).alias(at_of(fact)),
    )
