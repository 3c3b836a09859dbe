"""The table of transitions and the fate of a task nobody hears of, against the slow obvious words of both."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from lianfang.records.core.tasks import MOVES, OPEN, TaskState, before, fate

AT = dt.datetime(2022, 7, 6, 9)


def test_the_table_speaks_of_every_state_and_the_way_back_is_its_mirror() -> None:
    assert set(MOVES) == set(TaskState)
    for state in TaskState:
        assert before(state) == [origin.value for origin in TaskState if state in MOVES[origin]]


def test_what_is_done_stays_done_and_what_has_ended_does_not_run_without_being_asked_for() -> None:
    assert MOVES[TaskState.DONE] == frozenset()
    for ended in set(TaskState) - OPEN:
        assert MOVES[ended] <= {TaskState.WAITING}
    assert before(TaskState.DONE) == before(TaskState.FAILED) == ["running"]


@given(
    state=st.sampled_from(TaskState),
    tries=st.integers(0, 5),
    most=st.integers(1, 4),
    minutes=st.none() | st.integers(-5, 5),
    is_stop_asked=st.booleans(),
)
def test_the_fate_is_the_one_that_the_words_say(state, tries, most, minutes, is_stop_asked) -> None:
    lease = None if minutes is None else AT + dt.timedelta(minutes=minutes)
    found = fate(state, tries=tries, tries_at_most=most, lease_until=lease, is_stop_asked=is_stop_asked, at=AT)
    if state == "waiting":
        assert found == "run"
    elif state != "running" or (minutes is not None and minutes > 0):
        assert found == "leave"
    elif is_stop_asked:
        assert found == "cancel"
    else:
        assert found == ("fail" if tries >= most else "run")
    assert (found == "run") <= (TaskState.RUNNING in MOVES[state])
