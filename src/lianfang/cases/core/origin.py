"""Where a case comes from and where it was found, in a bulletin's words: local or imported, under control or not."""

import polars as pl

from lianfang.kernel.cells import word_column
from lianfang.kernel.vocabulary import CaseSource, Word


class Origin(Word):
    """Whether somebody was infected here."""

    LOCAL = "local", "本地", "Local"
    IMPORTED = "imported", "外地输入", "Imported"


class FoundIn(Word):
    """Whether somebody was under control already when the infection was found."""

    QUARANTINE = "quarantine", "管控中发现", "Found in quarantine"
    COMMUNITY = "community", "社会面发现", "Found in the community"
    UNKNOWN = "unknown", "发现途径不详", "Not known how found"


_IN_COMMUNITY = (
    CaseSource.REGULAR_TESTING,
    CaseSource.MASS_SCREENING,
    CaseSource.CARE_SEEKING,
    CaseSource.ARRIVAL_TESTING,
    CaseSource.SELF_TESTING,
)


def origin_of(cases: pl.DataFrame) -> pl.Expr:
    """Return the code of `Origin` of each case.

    A column ``origin`` says it (a code, its word in either language, or whatever names an import: 境外输入, 省外输入,
    imported …); where it does not, who was found by testing arrivals is imported and everybody else local: an infection
    is local until somebody shows where it came from.
    """
    told = pl.col("origin").cast(pl.String) if "origin" in cases.columns else pl.lit(None, pl.String)
    named = (
        pl.when(told.str.to_lowercase().str.contains("输入|import"))
        .then(pl.lit(Origin.IMPORTED.value))
        .when(told.str.contains("本土|本地"))
        .then(pl.lit(Origin.LOCAL.value))
    )
    arrived = word_column(cases, "found_by", CaseSource) == CaseSource.ARRIVAL_TESTING.value
    derived = (
        pl.when(arrived.fill_null(False)).then(pl.lit(Origin.IMPORTED.value)).otherwise(pl.lit(Origin.LOCAL.value))
    )
    return pl.coalesce(word_column(cases, "origin", Origin), named, derived)


def found_in(cases: pl.DataFrame) -> pl.Expr:
    """Return the code of `FoundIn` of each case.

    Who was found by testing contacts, or isolated before the first positive sample was taken, was found in quarantine;
    who was found in any other way that is told, in the community.
    """
    how = word_column(cases, "found_by", CaseSource)
    has_times = {"isolated_at", "sampled_at"} <= set(cases.columns)
    before = (pl.col("isolated_at") < pl.col("sampled_at")) if has_times else pl.lit(None, pl.Boolean)
    return (
        pl.when((how == CaseSource.CONTACT_TESTING.value).fill_null(False) | before.fill_null(False))
        .then(pl.lit(FoundIn.QUARANTINE.value))
        .when(how.is_in([one.value for one in _IN_COMMUNITY]).fill_null(False))
        .then(pl.lit(FoundIn.COMMUNITY.value))
        .otherwise(pl.lit(FoundIn.UNKNOWN.value))
    )


def learned_at(cases: pl.DataFrame) -> pl.Expr:
    """Return when somebody here learned of each case: its diagnosis or its report, whichever came first."""
    times = [pl.col(name).cast(pl.Datetime("us")) for name in ("diagnosed_at", "reported_at") if name in cases.columns]
    return pl.min_horizontal(times) if times else pl.lit(None, pl.Datetime("us"))
