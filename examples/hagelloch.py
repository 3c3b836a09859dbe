"""Measles in Hagelloch, 1861: 188 children, their houses and school classes.

``python -m examples.hagelloch IN OUT``, IN with ``measles_hagelloch_1861.csv`` of the R package outbreaks.

The infector that Oesterle reconstructed goes to ``known_infectors``, which no inference reads. Presences are made
from what was known of every child without the epidemic: the house (by its coordinates), the school class, the houses
next to it. The hours are assumptions, argued in `docs/examples.md`.
"""

import datetime as dt
from pathlib import Path

import polars as pl

from examples.folder import Tables, find, run

FIRST_DAY, LAST_DAY = dt.date(1861, 10, 26), dt.date(1862, 2, 1)
SCHOOL, PLAY, HOME = (8, 6), (14, 2), (16, 16)
"""Hour at which each begins and its length in hours; at home from the afternoon until the school day begins."""

NEIGHBOURS = 25.0
"""Metres between houses whose children are taken to play together."""

AFTER_RASH = 4
"""Days after the rash for which a child is infectious (Pink Book of the US Centers for Disease Control, measles)."""


def convert(source: Path) -> Tables:
    """Return the tables ``cases, presences, people``."""
    raw = pl.read_csv(find(source, "measles_hagelloch_1861.csv"), null_values=[""], infer_schema_length=None)
    dates = ["date_of_prodrome", "date_of_rash", "date_of_death"]
    raw = raw.with_columns(pl.col(dates).cast(pl.String).str.to_date(), case_id=pl.col("case_ID").cast(pl.String))
    raw = raw.with_columns(house=pl.format("house {}/{}", "x_loc", "y_loc"), school=pl.col("class").cast(pl.String))
    cases = raw.select(
        "case_id",
        person_id="case_id",
        onset_date="date_of_prodrome",
        infectious_to=pl.min_horizontal(pl.col("date_of_rash") + pl.duration(days=AFTER_RASH), "date_of_death"),
        date_of_rash="date_of_rash",
        date_of_death="date_of_death",
        known_infectors=pl.col("infector").cast(pl.String),
    )
    people = raw.select(
        person_id="case_id",
        sex=pl.col("gender").replace_strict({"f": "female", "m": "male"}, default="unknown"),
        age="age",
        family="family_ID",
        school_class="school",
    )
    return {"cases": cases, "presences": _presences(raw), "people": people}


def _presences(children: pl.DataFrame) -> pl.DataFrame:
    """Every child at home each night, in class and beside the neighbours' houses until the rash."""
    at_home = children.select(person_id="case_id", place_id="house", until=pl.lit(LAST_DAY))
    at_school = children.filter(pl.col("school") != "0").select(
        person_id="case_id", place_id="class " + pl.col("school"), until="date_of_rash"
    )
    parts = (
        _every_day(at_home, "dwelling", HOME),
        _every_day(at_school, "school", SCHOOL).filter(pl.col("start").dt.weekday() < 7),
        _every_day(_yards(children), "other", PLAY),
    )
    return pl.concat(parts).sort("person_id", "start", "place_id")


def _yards(children: pl.DataFrame) -> pl.DataFrame:
    """A yard for each two houses that stand near each other, shared by the children of both."""
    houses = children.select("house", "x_loc", "y_loc").unique().sort("house")
    other = houses.rename(lambda name: f"{name}_2")
    apart = ((pl.col("x_loc") - pl.col("x_loc_2")) ** 2 + (pl.col("y_loc") - pl.col("y_loc_2")) ** 2).sqrt()
    near = houses.join(other, how="cross").filter((pl.col("house") < pl.col("house_2")) & (apart <= NEIGHBOURS))
    name = "between " + pl.col("house") + " and " + pl.col("house_2")
    yard = near.select(place_id=name, house=pl.concat_list("house", "house_2"))
    return (
        yard.explode("house")
        .join(children, on="house")
        .select(person_id="case_id", place_id="place_id", until="date_of_rash")
    )


def _every_day(rows: pl.DataFrame, kind: str, hours: tuple[int, int]) -> pl.DataFrame:
    """One presence a day from the first day until before the day `until`."""
    begin, length = hours
    days = pl.DataFrame({"day": pl.date_range(FIRST_DAY, LAST_DAY, eager=True)})
    start = pl.col("day").cast(pl.Datetime("us")) + pl.duration(hours=begin)
    return (
        rows.join(days, how="cross")
        .filter(pl.col("day") < pl.col("until"))
        .select("person_id", "place_id", place_kind=pl.lit(kind), start=start, end=start + pl.duration(hours=length))
    )


if __name__ == "__main__":
    run(convert, __doc__ or "")
