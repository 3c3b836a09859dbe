"""A clock runs, is overdue, stands still or is done: one of the four, at every moment."""

import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lianfang.headquarters.core.figures import BY_STATE, CLOCKS
from lianfang.kernel.figures import count_in_frame

NOW = dt.datetime(2022, 7, 8, 18)
TIMES = [NOW + n * dt.timedelta(hours=1) for n in (-1, 0, 1)]


MAYBE = st.sampled_from([None, *TIMES])


def state_of(due: dt.datetime, done: dt.datetime | None, paused: dt.datetime | None) -> str:
    if done:
        return "done"
    if paused:
        return "paused"
    return "running" if due > NOW else "overdue"


@given(st.lists(st.tuples(st.sampled_from(TIMES), MAYBE, MAYBE), max_size=6))
def test_a_clock_is_in_exactly_one_state(rows: list[tuple]) -> None:
    schema = dict.fromkeys(("due", "done_at", "paused_at"), pl.Datetime("us"))
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    wanted = [state_of(*row) for row in rows]
    assert {name: count_in_frame(one, frame, at=NOW) for name, one in BY_STATE.items()} == {
        name: wanted.count(name) for name in BY_STATE
    }
    assert count_in_frame(CLOCKS, frame) == len(rows)
