"""Stays across a change of the clock are as long as they truly were."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.intake.core.clean import clean
from lianfang.intake.core.clock_changes import has_changes
from lianfang.kernel.schema import PRESENCES

ZONES = ["America/New_York", "Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe"]


def read(rows, zone):
    table = pl.DataFrame(rows, schema=["person_id", "place_id", "start", "end"], orient="row")
    return clean(table, PRESENCES, lines=pl.Series(range(2, 2 + table.height), dtype=pl.Int64), time_zone=zone)


@given(
    st.sampled_from(ZONES),
    st.lists(
        st.tuples(st.datetimes(dt.datetime(2022, 3, 1), dt.datetime(2022, 12, 1)), st.integers(1, 60 * 30)),
        min_size=1,
        max_size=20,
    ),
)
def test_with_offsets_every_stay_has_its_true_length_and_the_clock_of_its_start(zone, stays):
    there, rows, expected = ZoneInfo(zone), [], []
    for naive, minutes in stays:
        begun = naive.replace(microsecond=0, tzinfo=dt.UTC)
        ended = begun + dt.timedelta(minutes=minutes)
        rows.append(("p", "r", begun.astimezone(there).isoformat(), ended.astimezone(there).isoformat()))
        expected.append((begun.astimezone(there).replace(tzinfo=None), dt.timedelta(minutes=minutes)))
    done = read(rows, zone)
    assert not done.refused.height
    assert [(start, end - start) for start, end in done.used.select("start", "end").rows()] == expected


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2022-11-06 00:30", "2022-11-06 03:00", 210),  # the hour that comes twice is spent twice
        ("2022-11-06 01:10", "2022-11-06 01:50", 40),  # both are the first of their two hours
        ("2022-11-06 01:40", "2022-11-06 01:10", 30),  # the second of them, else the end lay before the start
        ("2022-03-13 01:30", "2022-03-13 03:30", 60),  # an hour that was none
        ("2022-03-13 02:15", "2022-03-13 04:15", 120),  # a start that no clock showed: as the list has it
        ("2022-07-01 08:00", "2022-07-01 09:00", 60),
    ],
)
def test_without_offsets_the_rule_of_the_zone_serves(start, end, minutes):
    done = read([("p", "r", start, end)], "America/New_York")
    (told,) = done.used.select(pl.col("end") - pl.col("start")).to_series().to_list()
    assert told == dt.timedelta(minutes=minutes)


def test_a_zone_without_changes_is_left_alone_and_a_reversed_stay_is_refused():
    days = pl.Series([dt.datetime(2022, 1, 1), dt.datetime(2022, 12, 31)])
    assert not has_changes(days, days, "Asia/Shanghai")
    assert has_changes(days, days, "America/New_York")
    assert read([("p", "r", "2022-11-06 01:40", "2022-11-06 01:10")], "Asia/Shanghai").refused.height == 1
    assert read([("p", "r", "2022-11-07 01:40", "2022-11-07 01:10")], "America/New_York").refused.height == 1
