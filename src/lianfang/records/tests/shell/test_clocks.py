"""What people do to clocks: pause, let go on, escalate; each with its trace, and a way back."""

import datetime as dt

import polars as pl
import pytest

from lianfang.access.models import AuditEntry
from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import AT, Cast
from lianfang.kernel.errors import Refused
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.records.clocks import compare_clocks
from lianfang.records.models import Clock
from lianfang.records.proposals import write
from lianfang.records.selectors import CLOCK_STATES, in_state

pytestmark = pytest.mark.database
TASK = system_scope("test")
HOUR = dt.timedelta(hours=1)
START = dt.datetime(2021, 8, 5, 9)
AREA, ELSEWHERE = "330999001001001", "330999002001"


def follow(*, starts: dt.datetime = START, told: bool = True) -> int:
    """Two clocks of outbreaks: any subject will do."""
    rows = pl.DataFrame(
        {
            "subject": ["OB1", "OB2"],
            "jurisdiction": [AREA, ELSEWHERE],
            "clock": ["closed"] * 2,
            "starts": [starts] * 2,
            "due": [starts + 2 * HOUR] * 2,
            "rule": ["clock.closed"] * 2,
        }
    )
    ready = compare_clocks(rows, kind="outbreaks.outbreak", matter="OB1", told=rows.select("subject") if told else None)
    return write(ready, by=TASK, at=AT).total


@pytest.fixture
def clocks(cast: Cast) -> tuple[Clock, Clock]:
    follow()
    one, other = Clock.unscoped.order_by("subject")
    return one, other


def now_is(clock: Clock, at: dt.datetime) -> str:
    [state] = [s for s in CLOCK_STATES if in_state(Clock.unscoped.filter(pk=clock.pk), s, at).exists()]
    return state


def test_a_paused_clock_is_not_overdue_and_goes_on_as_much_later(cast: Cast, clocks) -> None:
    one, _ = clocks
    assert now_is(one, one.due) == "overdue" and now_is(one, one.due - HOUR) == "running"
    carry_out(act="clock.pause", keys=[one.pk], by=cast.investigator, at=one.due - HOUR, note="在境外，周五回国")
    assert now_is(one, one.due + 50 * HOUR) == "paused"
    carry_out(act="clock.resume", keys=[one.pk], by=cast.investigator, at=one.due + 2 * HOUR)
    after = Clock.unscoped.get(pk=one.pk)
    assert (after.due, after.held_seconds, after.paused_at, after.pause_reason) == (
        one.due + 3 * HOUR,
        10_800,
        None,
        "",
    )
    assert now_is(one, one.due + 2 * HOUR) == "running"


def test_a_response_moves_a_clock_and_keeps_how_long_it_stood_still(cast: Cast, clocks) -> None:
    one, _ = clocks
    carry_out(act="clock.pause", keys=[one.pk], by=cast.investigator, at=one.starts, note="等")
    carry_out(act="clock.resume", keys=[one.pk], by=cast.investigator, at=one.starts + HOUR)
    assert follow() == 0, "the same facts move nothing"
    assert follow(starts=START + 5 * HOUR) == 2
    assert Clock.unscoped.get(pk=one.pk).due == one.due + 6 * HOUR
    carry_out(act="clock.pause", keys=[one.pk], by=cast.investigator, at=one.due, note="再等")
    assert follow(starts=START) == 2
    after = Clock.unscoped.get(pk=one.pk)
    assert (after.due, after.paused_at) == (one.due + HOUR, one.due)


def test_each_act_is_undone(cast: Cast, clocks) -> None:
    one, _ = clocks
    by = cast.commander

    def stands() -> tuple:
        return Clock.unscoped.filter(pk=one.pk).values_list(
            "due", "held_seconds", "paused_at", "pause_reason", "escalated_at", "escalated_to"
        )[0]

    acts = (
        lambda: carry_out(act="clock.pause", keys=[one.pk], by=by, at=AT, note="等"),
        lambda: carry_out(act="clock.resume", keys=[one.pk], by=by, at=AT + HOUR),
        lambda: carry_out(act="clock.escalate", keys=[one.pk], by=by, at=AT, note="市疾控中心"),
    )
    before, changes = [], []
    for act in acts:
        before.append(stands())
        changes.append(act().change)
        assert stands() != before[-1]
    for change, was in zip(reversed(changes), reversed(before), strict=True):
        undo_change(change_id=change.pk, by=by, at=AT + 2 * HOUR)
        assert stands() == was
    kinds = AuditEntry.objects.filter(actor="account:commander", act="write").values_list("kind", flat=True)
    assert set(kinds) == {"records.clock"} and len(kinds) == 6


def test_what_is_refused(cast: Cast, clocks) -> None:
    one, other = clocks
    both = [one.pk, other.pk]
    officer = cast.township_officer
    for reason in ("", "  "):
        with pytest.raises(Refused, match="reason"):
            carry_out(act="clock.pause", keys=[one.pk], by=officer, at=AT, note=reason)
    with pytest.raises(Refused, match="to whom"):
        carry_out(act="clock.escalate", keys=[one.pk], by=officer, at=AT, note="")
    for act in (
        lambda ids, by: carry_out(act="clock.pause", keys=ids, by=by, at=AT, note="等"),
        lambda ids, by: carry_out(act="clock.escalate", keys=ids, by=by, at=AT, note="县里"),
        lambda ids, by: carry_out(act="clock.resume", keys=ids, by=by, at=AT + HOUR),
    ):
        with pytest.raises(Refused, match="role"):
            act([one.pk], cast.grid_worker)
        with pytest.raises(Refused, match="area"):
            act(both, officer)
        act([one.pk], officer)
        with pytest.raises(Refused, match="reload"):
            act([one.pk], officer)
    Clock.unscoped.filter(pk=one.pk).update(done_at=AT)
    with pytest.raises(Refused, match="running"):
        carry_out(act="clock.pause", keys=[one.pk], by=officer, at=AT, note="等")
    assert now_is(one, AT) == "done"
