"""Interviews and meetings held against the infectious window: what lies in it, outside of it, or cannot be told."""

import polars as pl

from lianfang.kernel.vocabulary import Category, FoundBy, PlaceKind
from lianfang.tracing.core.state import OUTSIDE_RULE, UNDECIDED_RULE

SETTING = ["case_id", "person_id", "place_kind"]


def by_window(interviews: pl.DataFrame, *, windows: pl.DataFrame) -> pl.DataFrame:
    """Hold what cases told against their infectious windows.

    Parameters
    ----------
    interviews : pl.DataFrame
        Schema `kernel.schema.INTERVIEWS`; where only one time is known, it is the time of the contact, but for a first
        one before the window, after which the contact may have gone on.
    windows : pl.DataFrame
        ``case_id, infectious_from, infectious_to, window_problem`` of every case.

    Returns
    -------
    pl.DataFrame
        The rows whose case is there, in their order, with ``standing``: `Category.UNDECIDED` where the case has no
        sound window, `Category.OUTSIDE_WINDOW` where the contact lies outside of it, else empty; times of the latter
        rows are cut to the window, as presences are. Besides ``since, until``: the window.
    """
    window = windows.select("case_id", "window_problem", since="infectious_from", until="infectious_to")
    rows = interviews.join(window, on="case_id", how="inner", maintain_order="left")
    first, last = pl.col("first_contact"), pl.col("last_contact")
    # A last contact at 24:00 belongs to the day that it closes, and a bare date is written so.
    closes = last.dt.truncate("1d") == last
    over = pl.when(closes).then(last - pl.duration(microseconds=1)).otherwise(last)
    # A last contact is the end of one: who stayed until the case was isolated was there before.
    before = pl.when(closes).then(last - pl.duration(days=1)).otherwise(last - pl.duration(microseconds=1))
    begun = pl.coalesce(first, before)
    outside = (begun >= pl.col("until")).fill_null(False) | (over < pl.col("since")).fill_null(False)
    standing = (
        pl.when(pl.col("window_problem").is_not_null())
        .then(pl.lit(Category.UNDECIDED.value))
        .when(outside)
        .then(pl.lit(Category.OUTSIDE_WINDOW.value))
    )
    rows = rows.with_columns(standing=standing.otherwise(pl.lit(None, pl.String)))
    inside = pl.col("standing").is_null()
    return rows.with_columns(
        first_contact=pl.when(inside)
        .then(pl.when(first.is_not_null()).then(pl.max_horizontal(first, "since")))
        .otherwise(first),
        last_contact=pl.when(inside)
        .then(pl.when(last.is_not_null()).then(pl.min_horizontal(last, "until")))
        .otherwise(last),
    ).drop("window_problem")


def without_category(told: pl.DataFrame, met: pl.DataFrame, *, first: pl.DataFrame) -> pl.DataFrame:
    """Return whom a case named or met without being a contact by it: outside of its window, or while nobody knows one.

    Parameters
    ----------
    told : pl.DataFrame
        Rows of `by_window` with a standing.
    met : pl.DataFrame
        Rows of `degrees.first_degree` in the time in doubt (`cases.core.window.in_doubt`).
    first : pl.DataFrame
        The first degree; of a setting that is there nothing is said again.

    Returns
    -------
    pl.DataFrame
        The columns of `first`: one row a case, person and place kind.
    """
    own = told.filter(pl.col("standing").is_not_null())
    kind = pl.coalesce("place_kind", pl.lit(PlaceKind.OTHER.value))
    named = (
        own.with_columns(place_kind=kind)
        .group_by(*SETTING, "standing")
        .agg(pl.col("first_contact").min(), pl.col("last_contact").max())
        .with_columns(found_by=pl.lit(FoundBy.INTERVIEW.value))
    )
    seen = met.with_columns(standing=pl.lit(Category.UNDECIDED.value), found_by=pl.lit(FoundBy.CO_PRESENCE.value))
    both = pl.concat([named, seen], how="diagonal_relaxed")
    if not both.height:
        return first.clear()
    rows = (
        both.sort(*SETTING, "found_by", nulls_last=True)
        .group_by(SETTING, maintain_order=True)
        .agg(
            pl.col("standing").first(),
            pl.when(pl.col("found_by").n_unique() > 1)
            .then(pl.lit(FoundBy.BOTH.value))
            .otherwise(pl.col("found_by").first())
            .alias("found_by"),
            pl.col("first_contact").min(),
            pl.col("last_contact").max(),
            *(pl.col(name).drop_nulls().first() for name in both.columns if name in ("microseconds", "encounters")),
        )
        .with_columns(
            category=pl.col("standing"),
            rule=pl.when(pl.col("standing") == Category.UNDECIDED.value)
            .then(pl.lit(UNDECIDED_RULE))
            .otherwise(pl.lit(OUTSIDE_RULE)),
            protected=pl.lit(False),
            since=pl.col("first_contact"),
        )
    )
    rows = rows.join(first.select(SETTING).unique(), on=SETTING, how="anti")
    missing = [pl.lit(None, kind).alias(name) for name, kind in first.schema.items() if name not in rows.columns]
    return rows.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in first.schema.items())
