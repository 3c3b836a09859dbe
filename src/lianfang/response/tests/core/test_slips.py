"""Times long before all others: found when few, left alone when many."""

import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.asof import APART
from lianfang.response.core.slips import earliest_possible

DAY = dt.datetime(2022, 7, 1)
outbreak = st.lists(st.integers(0, 60).map(lambda n: DAY + dt.timedelta(days=n)), min_size=5, max_size=30)
old = st.sampled_from(
    [dt.datetime(1502, 1, 1), dt.datetime(1926, 7, 5), dt.datetime(1980, 1, 1), dt.datetime(2021, 7, 1)]
)


@given(outbreak, st.lists(old, max_size=2), st.randoms())
def test_few_times_of_long_ago_are_none_of_the_outbreak(times, slips, chance):
    every = [*times, *slips, None]
    chance.shuffle(every)
    found = earliest_possible(pl.Series(every, dtype=pl.Datetime("us")))
    assert found == (min(times) if slips else None)


@given(st.lists(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2030, 1, 1)), max_size=12))
def test_nothing_is_refused_that_is_half_of_all_or_no_gap_away(times):
    found = earliest_possible(pl.Series(times, dtype=pl.Datetime("us")))
    if found is None:
        return
    before, after = [t for t in times if t < found], [t for t in times if t >= found]
    assert 0 < len(before) <= 2 and len(before) < len(after) and found in times
    assert found - max(before) > APART
