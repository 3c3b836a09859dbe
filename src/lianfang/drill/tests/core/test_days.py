"""Days: nobody is in two places at once, nobody outside the window, and about as many presences as people have."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lianfang.drill.core.days import SEATS, days_of, draw_day, to_frame
from lianfang.drill.seeds import chance
from lianfang.drill.tests.cast import DATES, SINCE, UNTIL, county, day
from lianfang.kernel.schema import PRESENCES


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), date=st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)))
def test_a_person_is_in_one_place_at_a_time(seed: int, date: dt.date) -> None:
    drawn = draw_day(chance(seed, "day"), county(), date)
    assert ((drawn.start >= 0) & (drawn.start < drawn.end) & (drawn.end <= 24 * 60)).all()
    same = drawn.person[1:] == drawn.person[:-1]
    assert (np.diff(drawn.person) >= 0).all()
    assert (drawn.start[1:][same] >= drawn.end[:-1][same]).all()
    assert len(np.unique(drawn.person)) == county().people.height


def test_everybody_wakes_and_goes_to_sleep_at_home() -> None:
    drawn = day(3)
    home = county().habits.dwelling[drawn.person]
    for edge in (drawn.start == 0, drawn.end == 24 * 60):
        assert (drawn.place[edge] == home[edge]).all()
    assert (drawn.start == 0).sum() == county().people.height


def test_seats_are_taken_once_and_trips_are_listed() -> None:
    drawn = day(2, 20_000, 3)
    rides = drawn.seat >= 0
    taken = np.stack([drawn.place[rides], drawn.seat[rides]], axis=1)
    assert len(np.unique(taken, axis=0)) == rides.sum()
    assert drawn.seat.max() < SEATS
    places = county(20_000, 3).places.height
    assert set(drawn.place[rides]) == set(range(places, places + drawn.trips.height))
    assert drawn.trips["place_id"].n_unique() == drawn.trips.height
    assert not ((drawn.place >= places) & ~rides).any()


def test_two_weeks_come_to_about_three_and_a_half_presences_a_person_and_day() -> None:
    rows = sum(to_frame(county(), day(i), not_before=SINCE, until=UNTIL).height for i in range(len(DATES)))
    assert 3.2 < rows / county().people.height / 14 < 4.2


def test_the_window_is_two_weeks_to_the_minute() -> None:
    assert days_of(dt.datetime(2021, 8, 20)) == [dt.date(2021, 8, 6) + dt.timedelta(days=i) for i in range(14)]
    assert len(DATES) == 15
    first, last = (to_frame(county(), day(i), not_before=SINCE, until=UNTIL) for i in (0, 14))
    assert first["start"].min() == SINCE
    assert last["end"].max() == UNTIL


def test_frame_is_of_the_schema_and_seen_rows_are_some_of_all_rows() -> None:
    window = {"not_before": SINCE, "until": UNTIL}
    seen, everything = to_frame(county(), day(4), **window), to_frame(county(), day(4), **window, all_rows=True)
    assert seen.schema == PRESENCES.dtypes
    assert 0.85 < seen.height / everything.height < 0.99
    assert seen.join(everything, on=seen.columns, how="anti", nulls_equal=True).is_empty()
    kinds = everything.join(seen, on=["person_id", "start"], how="anti")["place_kind"].unique()
    assert "dwelling" not in kinds.to_list()
    assert seen.filter(pl.col("seat").is_not_null())["place_kind"].unique().to_list() == ["vehicle"]
    lines = seen.filter(pl.col("place_kind") == "vehicle").group_by("vehicle").agg(pl.col("place_id").str.slice(11, 2))
    routes = {kind: set(route) for kind, route in lines.iter_rows()}
    assert routes["coach_ventilated"] == {"00"} and "00" not in routes["coach_closed"] and len(routes) == 2
    assert seen.filter(pl.col("place_kind") != "vehicle")["vehicle"].null_count() == (
        seen.filter(pl.col("place_kind") != "vehicle").height
    )


def test_a_day_can_be_drawn_again_alone() -> None:
    again = draw_day(chance(7, "day", 5), county(), DATES[5])
    window = {"not_before": SINCE, "until": UNTIL}
    assert_frame_equal(to_frame(county(), again, **window), to_frame(county(), day(5), **window))


def test_schools_are_closed_on_sundays() -> None:
    sunday = next(i for i, date in enumerate(DATES) if date.weekday() == 6)
    assert "school" not in to_frame(county(), day(sunday), not_before=SINCE, until=UNTIL)["place_kind"]
    assert "school" in to_frame(county(), day(sunday + 1), not_before=SINCE, until=UNTIL)["place_kind"]


@pytest.mark.parametrize("seed", [1, 2])
def test_unknown_purpose_is_no_seed(seed: int) -> None:
    with pytest.raises(ValueError, match="not in"):
        chance(seed, "weather")
