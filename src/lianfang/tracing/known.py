"""What of a case list a plain run over files uses as of a time of reckoning, and what looks like a slip of it."""

import datetime as dt

import polars as pl

from lianfang.cases.core.asof import known, moments_of, not_yet
from lianfang.intake.core.cells import tidy_column
from lianfang.intake.core.moments import read_moments
from lianfang.intake.read import local_time_zone
from lianfang.kernel.asof import far_apart, later_words, moment_words
from lianfang.kernel.schema import REFUSALS
from lianfang.kernel.text import Lang, Text


def known_of_list(cases: pl.DataFrame, as_of: dt.datetime, lang: Lang) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out what of a case list is not known as of a moment; say so of each case that is not known at all."""
    if cases.schema.get("reported_at") == pl.String:
        read = read_moments(tidy_column(cases["reported_at"]), time_zone=local_time_zone())
        cases = cases.with_columns(read.alias("reported_at"))
    column = not_yet("cases", cases, as_of)
    rows = cases.with_columns(_column=column).filter(column.is_not_null())
    refused = [
        part.select(
            file=pl.lit("cases"),
            line=pl.lit(None, pl.Int64),
            column=pl.lit(name),
            value=pl.col("case_id"),
            reason=later_words(str(name), moment_words(pl.col(str(name))), as_of)[lang != "zh"],
        )
        for (name,), part in rows.partition_by("_column", as_dict=True).items()
    ]
    return known("cases", cases, as_of)[0], pl.concat([REFUSALS.empty(), *map(REFUSALS.conform, refused)])


def late_end(cases: pl.DataFrame, end: dt.datetime | None) -> tuple[Text, ...]:
    """Say so where the latest presence ends long after everything that is known of the cases: a mistyped year."""
    told = [cases[name].max() for name in moments_of("cases", cases)]
    latest = max((moment for moment in told if isinstance(moment, dt.datetime)), default=None)
    if end is None or latest is None or end < latest or not far_apart(end, latest):
        return ()
    return (
        Text(
            f"在场记录最晚到 {end:%Y-%m-%d %H:%M}，比病例的最后时间晚半年以上，可能年份误填："
            "请核对，或用 --as-of 给出截止时间",
            f"the presences go on until {end:%Y-%m-%d %H:%M}, more than half a year after everything that is known of "
            "the cases; a year may be mistyped: check them, or give the time of reckoning with --as-of",
        ),
    )
