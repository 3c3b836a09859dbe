"""Who shared a place with a case and is no contact: counted exactly, listed only when somebody asks.

The definition is that of `docs/algorithms/tracing.md`. Seats keep nobody apart here: who sat beyond reach in one
aircraft shared the aircraft.
"""

from typing import Any

import polars as pl

from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.model import GeneralRule

MICROSECONDS_A_MINUTE = 60_000_000

PEOPLE: dict[str, Any] = {
    "case_id": pl.String,
    "person_id": pl.String,
    "place_kind": pl.String,
    "minutes": pl.Float64,
    "encounters": pl.Int64,
    "first_contact": pl.Datetime("us"),
    "last_contact": pl.Datetime("us"),
}
"""Columns of `listed`: one row a case, person and place kind."""

COUNTS: dict[str, Any] = {"case_id": pl.String, "place_kind": pl.String, "people": pl.Int64}
"""Columns of `counted`: people of one case and place kind; ``place_kind`` is empty for all kinds together, ``case_id``
besides for all cases together. A person counts once in each of these rows."""


def any_time(rule: GeneralRule) -> dict[str, float]:
    """Return the thresholds of a rule, as `degrees.first_degree` takes them: any time, in the kinds it names."""
    kinds = PlaceKind.codes() if rule.place_kinds is None else [kind.value for kind in rule.place_kinds]
    return dict.fromkeys(kinds, 0.0)


def listed(together: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """Return who shared a place with a case and is no contact.

    Parameters
    ----------
    together : pl.DataFrame
        Rows of `degrees.first_degree` by `any_time`, without seats.
    known : pl.Series
        Ids of every case and every contact, of either degree and any case.

    Returns
    -------
    pl.DataFrame
        Columns of `PEOPLE`: by case, the longest first.
    """
    rows = together.filter(~pl.col("person_id").is_in(known.unique().implode()))
    minutes = rows["microseconds"].cast(pl.Float64).to_numpy() / MICROSECONDS_A_MINUTE
    return (
        rows.with_columns(minutes=pl.Series(minutes, dtype=pl.Float64))
        .select(pl.col(name).cast(kind) for name, kind in PEOPLE.items())
        .sort("case_id", -pl.col("minutes"), "person_id", "place_kind")
    )


def counted(people: pl.DataFrame) -> pl.DataFrame:
    """Return the numbers of people of `listed`: by case and place kind, by case, and in all.

    Returns
    -------
    pl.DataFrame
        Columns of `COUNTS`, sorted, what is empty last.
    """
    number = pl.col("person_id").n_unique().alias("people")
    parts = [people.group_by("case_id", "place_kind").agg(number), people.group_by("case_id").agg(number)]
    every = pl.concat([*parts, people.select(number)], how="diagonal")
    every = pl.concat([pl.DataFrame(schema=COUNTS), every.cast({"people": pl.Int64})], how="diagonal")
    return every.select(*COUNTS).sort("case_id", "place_kind", nulls_last=True)


def in_all(general: pl.DataFrame) -> int:
    """Return how many people shared a place with any case and are no contact, from counts of `COUNTS`."""
    return int(general.filter(pl.col("case_id").is_null(), pl.col("place_kind").is_null())["people"].sum())
