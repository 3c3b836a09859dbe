"""The state of a measure, against the rules written out step by step; in a frame as for a single row."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.figures import count_in_frame
from lianfang.kernel.vocabulary import Decision, MeasureKind
from lianfang.measures.core import figures
from lianfang.measures.core.state import STATES, MeasureState, frame_names, in_force, state_of

NOW = dt.datetime(2022, 7, 8, 18)
TIMES = [NOW + n * dt.timedelta(hours=6) for n in range(-3, 4)]
SCHEMA = {
    "measure": pl.String,
    "decision": pl.String,
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
    "released_at": pl.Datetime("us"),
    "test_dates": pl.List(pl.Date),
}
DAYS = [NOW.date() + dt.timedelta(days=n) for n in (-1, 0, 1)]


@st.composite
def measures(draw) -> dict:
    start = draw(st.sampled_from(TIMES))
    later = [None, *(time for time in TIMES if time >= start)]
    return {
        "measure": draw(st.sampled_from(["central_quarantine", "none"])),
        "decision": draw(st.sampled_from(Decision.codes())),
        "start": start,
        "end": draw(st.sampled_from(later)),
        "released_at": draw(st.sampled_from([None, *TIMES])),
        "test_dates": draw(st.lists(st.sampled_from(DAYS), max_size=2)),
    }


def oracle(row: dict) -> MeasureState:
    if row["decision"] != "accepted":
        return MeasureState.of(row["decision"])
    if row["released_at"] is not None and row["released_at"] <= NOW:
        return MeasureState.RELEASED
    if row["measure"] == "none":
        return MeasureState.NONE
    if row["start"] > NOW:
        return MeasureState.PLANNED
    return MeasureState.OVER if row["end"] is not None and row["end"] <= NOW else MeasureState.IN_FORCE


def ends_today(row: dict) -> bool:
    """Its last moment lies in today: after the midnight that opens it, up to the one that closes it."""
    if row["decision"] == "refused" or row["measure"] == "none" or row["released_at"] is not None:
        return False
    last = row["end"] and row["end"] - dt.timedelta(microseconds=1)
    return last is not None and last.date() == NOW.date()


def is_tested_today(row: dict) -> bool:
    if row["decision"] == "refused" or NOW.date() not in row["test_dates"]:
        return False
    return row["released_at"] is None or row["released_at"] > dt.datetime(2022, 7, 8)


def told(row: dict) -> MeasureState:
    facts = {name: row[name] for name in ("decision", "start", "end", "released_at")}
    return state_of(kind=row["measure"], **facts, at=NOW)


@given(st.lists(measures(), max_size=8))
def test_a_measure_is_in_exactly_one_state(rows: list[dict]) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row").with_row_index()
    wanted = [oracle(row) for row in rows]
    assert [told(row) for row in rows] == wanted
    for state, where in STATES:
        kept = frame.filter(where.polars(names=frame_names(frame), at=NOW))["index"].to_list()
        assert kept == [n for n, one in enumerate(wanted) if one is state]
    assert in_force(frame, at=NOW)["index"].to_list() == [
        n for n, one in enumerate(wanted) if one is MeasureState.IN_FORCE
    ]

    def count(figure) -> int:
        return count_in_frame(figure, frame, names=frame_names(frame), at=NOW, day=NOW.date())

    assert count(figures.MEASURES) == sum(row["decision"] != "refused" for row in rows)
    assert count(figures.IN_FORCE) == wanted.count(MeasureState.IN_FORCE)
    assert count(figures.OVER) == wanted.count(MeasureState.OVER)
    assert count(figures.WAITING) == wanted.count(MeasureState.PROPOSED)
    assert count(figures.ENDING_TODAY) == sum(map(ends_today, rows))
    assert count(figures.TESTED_TODAY) == sum(map(is_tested_today, rows))


def test_nothing_asked_for_is_never_in_force() -> None:
    facts = {"start": NOW - dt.timedelta(days=1), "end": None, "released_at": None, "at": NOW}
    accepted = Decision.ACCEPTED.value
    assert state_of(kind="none", decision=accepted, **facts) is MeasureState.NONE
    assert MeasureState.NONE.label == ("无需措施", "No measure required")
    assert all(
        state_of(kind=kind.value, decision=accepted, **facts) is MeasureState.IN_FORCE
        for kind in MeasureKind
        if kind is not MeasureKind.NONE
    )


def test_without_decision_and_release_what_is_proposed_counts_as_ordered() -> None:
    frame = pl.DataFrame({"measure": ["testing", "none"], "start": [NOW, NOW], "end": [None, None]}).cast(
        {"end": pl.Datetime("us")}
    )
    assert in_force(frame, at=NOW)["measure"].to_list() == ["testing"]


def test_a_decision_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="maybe"):
        state_of(kind="testing", decision="maybe", start=NOW, end=None, released_at=None, at=NOW)
