"""A clock runs, is overdue, is paused or is done: one of the four, at every moment."""

import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lianfang.headquarters.core.figures import BY_STATE, CLOCKS
from lianfang.kernel.figures import count_in_frame

NOW = dt.datetime(2022, 7, 8, 18)
TIMES = [NOW + n * dt.timedelta(hours=1) for n in (-1, 0, 1)]


SOME_TIME = st.sampled_from([None, *TIMES])


@given(st.lists(st.tuples(st.sampled_from(TIMES), SOME_TIME, SOME_TIME), max_size=6))
def test_a_clock_is_in_exactly_one_state(rows: list[tuple]) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(("due", "done_at", "paused_at"), pl.Datetime("us")), orient="row")
    wanted = [
        "done" if done else "paused" if paused else "running" if due > NOW else "overdue" for due, done, paused in rows
    ]
    assert {name: count_in_frame(one, frame, at=NOW) for name, one in BY_STATE.items()} == {
        name: wanted.count(name) for name in BY_STATE
    }
    assert count_in_frame(CLOCKS, frame) == len(rows)
