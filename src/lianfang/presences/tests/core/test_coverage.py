"""Days of a store as a picture: every day once, none lost, one wrong year hides nothing."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from lianfang.presences.core.coverage import coverage

DAY = dt.date(2021, 8, 1)


def day(n: int) -> dt.date:
    return DAY + dt.timedelta(days=n)


def test_days_without_presences_stand_in_the_picture_and_are_counted():
    found = coverage({day(0): 10, day(1): 40, day(4): 20}, until=day(5))
    assert [(one.day, one.rows, one.share) for one in found.days] == [
        (day(0), 10, 0.25),
        (day(1), 40, 1.0),
        (day(2), 0, 0.0),
        (day(3), 0, 0.0),
        (day(4), 20, 0.5),
    ]
    assert (found.covered, found.missing, found.earlier, found.later) == (3, 2, 0, 0)


def test_a_row_of_a_wrong_year_pushes_no_day_out():
    found = coverage({day(0): 5, day(1): 5, dt.date(2099, 1, 1): 1, dt.date(1921, 8, 1): 2}, until=day(2), shown=3)
    assert [one.day for one in found.days] == [day(-1), day(0), day(1)]
    assert (found.earlier, found.later, found.covered, found.missing) == (2, 1, 4, 1)


def test_only_later_days_are_shown_where_there_are_no_others():
    found = coverage({day(10): 3, day(12): 4}, until=day(0))
    assert [one.rows for one in found.days] == [3, 0, 4]
    assert found.later == 0


def test_nothing_is_an_empty_picture():
    assert coverage({}).days == coverage({day(0): 0}, until=day(1)).days == ()


@given(
    rows=st.dictionaries(st.integers(-400, 400).map(day), st.integers(0, 1000)),
    until=st.none() | st.integers(-400, 400).map(day),
    shown=st.integers(1, 100),
)
def test_every_presence_is_counted_once(rows, until, shown):
    found = coverage(rows, until=until, shown=shown)
    assert sum(one.rows for one in found.days) + found.earlier + found.later == sum(rows.values())
    assert len(found.days) <= shown
    assert found.covered == sum(count > 0 for count in rows.values())
    if found.days:
        assert max(one.share for one in found.days) == 1.0
