"""The time of reckoning where nobody gives one: a mistyped year does not set it."""

import datetime as dt

import polars as pl
import pytest

from lianfang.response.core.reckoning import MOMENTS, aside_words, reckon
from lianfang.response.core.unknown import in_no_presence, no_presence_words, unknown_words, who_met

DAY = dt.datetime(2022, 7, 4, 13)


def moments(*rows):
    return pl.DataFrame([(*row, "presences.csv" if not row[2] else "cases.csv") for row in rows], MOMENTS, orient="row")


@pytest.mark.parametrize(
    ("rows", "as_of", "aside"),
    [
        ([(DAY, 3, False), (DAY.replace(day=6), 3, True)], DAY.replace(day=6), 0),
        ([(DAY, 3, False), (DAY.replace(day=6), 3, True), (DAY.replace(year=2032), 1, False)], DAY.replace(day=6), 1),
        ([(DAY, 5, True), (DAY.replace(year=2023), 1, True)], DAY, 1),
        # The presences are of last year, the cases of now: nothing is a slip.
        ([(DAY.replace(year=2021), 900, False), (DAY, 2, True)], DAY, 0),
        ([(DAY, 300, False), (DAY.replace(year=2023), 40, False), (DAY, 2, True)], DAY.replace(year=2023), 0),
        ([(DAY, 1, True)], DAY, 0),
    ],
)
def test_a_few_moments_behind_a_long_gap_are_left_aside(rows, as_of, aside):
    done = reckon(moments(*rows))
    assert done.as_of == as_of
    assert int(done.aside["count"].sum()) == aside
    assert len(aside_words(done.aside, as_of)) == (1 if aside else 0)
    assert all(f"{done.aside['moment'].max():%Y-%m-%d}" in text.en for text in aside_words(done.aside, as_of))


def test_without_any_moment_there_is_no_time_of_reckoning():
    assert reckon(moments()).as_of is None


def test_who_is_unknown_elsewhere_is_said_with_numbers():
    cases = pl.DataFrame({"case_id": ["c1", "c2"], "person_id": ["p1", "p2"]})
    rows = in_no_presence(cases, {"p1"})
    assert rows.select("table", "row", "column", "value").rows() == [("cases", 1, "person_id", "c2")]
    assert "in no presence: 1 (c2)" in no_presence_words(rows)[0].en
    assert no_presence_words(rows.clear()) == []
    met = {"case_id": ["c1"], "person_id": ["x"], "via_person_id": ["v"], "minutes": [20.0]}
    assert who_met(cases, pl.DataFrame(met)) == {"p1", "x", "v"}
    assert who_met(cases, pl.DataFrame(met).with_columns(minutes=pl.lit(None, pl.Float64))) == set()
    told = unknown_words({"cases.csv": cases["person_id"]}, pl.Series(["p1"]), pl.Series(["p1", "p3"]), "people.csv")
    assert [text.en for text in told] == ["cases.csv: 1 of 2 people are unknown to people.csv"]
