"""Of several rows of one person those that count, with what all of them say of the person's tests and needs."""

import polars as pl

from lianfang.kernel.vocabulary import CATEGORY_RANK, Category, OriginRisk
from lianfang.tracing.core.proposals import STRICTEST

EXPOSED = (Category.CASE, *STRICTEST)
"""Categories that an exposure gives: who is in several of them is treated in the strictest alone."""

_LATEST = {
    **dict.fromkeys(STRICTEST, "last_exposure"),
    Category.ARRIVAL: "left_area",
    Category.INBOUND: "entered_at",
}
"""What makes a row the latest of its category; of a case, whatever happened last."""

_OF_CASES = ("onset_date", "sampled_at", "diagnosed_at", "reported_at", "isolated_at", "discharged_at")
_LINKED = ("linked_positive", "linked_first_two")


def one_a_category(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep one row of each person and category.

    The latest exposure counts (of arrivals, the latest from the gravest area). Needs and own tests are the person's,
    and count whatever row tells them; a linked contact who turned positive counts whichever row tells it.

    Parameters
    ----------
    frame : pl.DataFrame
        As `lianfang.measures.core.facts.well_formed` leaves it.

    Returns
    -------
    tuple of pl.DataFrame
        The rows that count, and the others.
    """
    several = pl.col("person_id").is_duplicated()
    alone, rows = frame.filter(~several), frame.filter(several)
    if not rows.height:
        return frame, frame.clear()
    grave = {risk.value: number for number, risk in enumerate(OriginRisk)}
    times = {c: pl.when(pl.col("category") == c.value).then(pl.col(name)) for c, name in _LATEST.items()}
    rows = _shared(rows).with_columns(
        _grave=pl.when(pl.col("category") == Category.ARRIVAL.value).then(
            pl.col("origin_risk").replace_strict(grave, default=len(grave), return_dtype=pl.Int64)
        ),
        _latest=pl.coalesce(*times.values(), pl.max_horizontal(*_OF_CASES)),
    )
    # What else differs decides last, so that the order of the rows never does.
    rest = [name for name, kind in frame.schema.items() if kind in (pl.String(), pl.Datetime("us")) and name[0] != "_"]
    kept = rows.sort(
        "person_id",
        "category",
        "_grave",
        "_latest",
        *rest,
        descending=[False, False, False, True, *([False] * len(rest))],
        nulls_last=True,
    ).unique(["person_id", "category"], keep="first", maintain_order=True)
    others = rows.join(kept.select("_row"), on="_row", how="anti")
    return pl.concat([alone, kept.select(frame.columns)]).sort("_row"), others.select(frame.columns)


def that_count(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows by which people are treated who are in several categories.

    Of what an exposure made of a person the strictest counts that still asks for something: a case is treated as a case
    alone, who is close and secondary as close alone, and as secondary where everything as a close contact had passed.
    Being a contact and having arrived are two things, and both stay, but for one that asks for nothing.

    Parameters
    ----------
    rows : pl.DataFrame
        ``_row, person_id, category, asks`` (whether anything is asked, or could not be decided).

    Returns
    -------
    pl.DataFrame
        Those of `rows` that count.
    """
    exposed = [category.value for category in EXPOSED]
    ranked = rows.with_columns(
        _rank=pl.col("category").replace_strict(CATEGORY_RANK, return_dtype=pl.Int64),
        _thing=pl.when(pl.col("category").is_in(exposed)).then(pl.lit("exposed")).otherwise("category"),
    )
    ordered = ranked.sort("person_id", "_thing", "asks", "_rank", descending=[False, False, True, False])
    each = ordered.unique(["person_id", "_thing"], keep="first", maintain_order=True)
    is_case = (pl.col("category") == Category.CASE.value) & pl.col("asks")
    somebody_asks = pl.col("asks").any().over("person_id")
    first = pl.col("_rank") == pl.col("_rank").min().over("person_id")
    counts = pl.when(somebody_asks).then("asks").otherwise(first) & (is_case | ~is_case.any().over("person_id"))
    return each.filter(counts).select(rows.columns)


def unless_stricter(rows: pl.DataFrame, counting: pl.DataFrame) -> pl.DataFrame:
    """Return rows but those of people for whom the same thing was decided more strictly.

    Parameters
    ----------
    rows, counting : pl.DataFrame
        ``person_id, category``: those that could not be decided, and those that count (`that_count`).
    """
    of_category = pl.col("category").replace_strict(CATEGORY_RANK, return_dtype=pl.Int64)
    exposed = pl.col("category").is_in([category.value for category in EXPOSED])
    strictest = counting.filter(exposed).group_by("person_id").agg(_strictest=of_category.min())
    ranked = rows.join(strictest, on="person_id", how="left", maintain_order="left")
    stricter = exposed & (pl.col("_strictest") < of_category)
    return ranked.filter(~stricter.fill_null(False)).select(rows.columns)


def _shared(rows: pl.DataFrame) -> pl.DataFrame:
    """Give every row what any row says of the person's needs and tests, and of the linked contacts of its category."""
    needs = pl.col("special").explode(empty_as_null=False).drop_nulls().unique().sort()
    by_person = rows.group_by("person_id").agg(
        needs.alias("special"), _any("own_positive"), pl.col("own_positive_at").min()
    )
    by_category = rows.group_by("person_id", "category").agg(
        *(_any(name) for name in _LINKED), *(pl.col(f"{name}_at").min() for name in _LINKED)
    )
    told = ["special", "own_positive", "own_positive_at"]
    linked = [*_LINKED, *(f"{name}_at" for name in _LINKED)]
    joined = (
        rows.drop(*told, *linked)
        .join(by_person, on="person_id", how="left", maintain_order="left")
        .join(by_category, on=["person_id", "category"], how="left", maintain_order="left")
    )
    return joined.with_columns(special=pl.when(pl.col("special").list.len() > 0).then("special")).select(rows.columns)


def _any(name: str) -> pl.Expr:
    """Return ``yes`` where a row says so, else ``no`` where one does."""
    return pl.col(name).max()
