"""Two days in a primary school (SocioPatterns): who stood face to face with whom, every 20 seconds.

``python -m examples.primary_school IN OUT``, IN with ``Primary_School.csv``. The data may not be used commercially
and are not part of this repository.

The data give pairs, not rooms. The shared place is therefore the pair itself, "between 1558 and 1567": reading a
classroom from three pairs would add meetings that nobody measured. Readings of one pair that follow each other
without a gap are one presence. Nobody was ill: the case is chosen, the child whom the data name first, with onset on
the second day.
"""

import datetime as dt
from pathlib import Path

import polars as pl

from examples.folder import Tables, find, run

READING = 20
"""Seconds that one row stands for."""


def convert(source: Path) -> Tables:
    """Return the tables ``cases, presences, people``."""
    raw = pl.read_csv(find(source, "Primary_School.csv"), schema_overrides=dict.fromkeys(("i", "j"), pl.String))
    a, b = pl.min_horizontal("i", "j"), pl.max_horizontal("i", "j")
    meetings = (
        raw.select(a.alias("a"), b.alias("b"), "t")
        .unique()
        .sort("a", "b", "t")
        .with_columns(new=(pl.col("t").diff().over("a", "b") != READING).fill_null(True).cum_sum())
        .group_by("a", "b", "new", maintain_order=True)
        .agg(first=pl.col("t").min(), last=pl.col("t").max() + READING)
    )
    presences = (
        meetings.select(
            pl.concat_list("a", "b").alias("person_id"),
            place_id="between " + pl.col("a") + " and " + pl.col("b"),
            place_kind=pl.lit("school"),
            start=pl.from_epoch("first"),
            end=pl.from_epoch("last"),
        )
        .explode("person_id")
        .sort("start", "place_id", "person_id")
    )
    people = (
        pl.concat([raw.select(person_id="i", group="group_i"), raw.select(person_id="j", group="group_j")])
        .unique(["person_id"], keep="first", maintain_order=True)
        .sort("person_id")
    )
    onset = presences["start"].dt.date().max()
    chosen = raw["i"][0]
    cases = pl.DataFrame({"case_id": [f"case {chosen}"], "person_id": [chosen], "onset_date": [onset]})
    assert isinstance(onset, dt.date)
    return {"cases": cases, "presences": presences, "people": people}


if __name__ == "__main__":
    run(convert, __doc__ or "")
