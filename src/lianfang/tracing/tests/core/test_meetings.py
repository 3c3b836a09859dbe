"""Who of some people met whom, by day and place, against a loop over pairs of presences."""

from __future__ import annotations

import datetime as dt
import itertools

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernel.schema import PRESENCES
from lianfang.playbook.load import load
from lianfang.presences.core.meetings import MEETINGS
from lianfang.tracing.tracer import find_meetings

PLAYBOOK = load("covid19-cn-9")
DAY = dt.datetime(2022, 7, 1)
AS_OF = DAY + dt.timedelta(days=5)
MOMENTS = dict.fromkeys(("onset_date", "sampled_at"), pl.Datetime("us"))
CASES = pl.DataFrame(
    [("1", "a", DAY, DAY), ("2", "b", None, DAY), ("3", "c", None, DAY)],
    schema={"case_id": pl.String, "person_id": pl.String} | MOMENTS,
    orient="row",
)


def presences(rows: list[tuple[str, str, str, int, int]]) -> pl.DataFrame:
    """Rows of person, place, kind, first hour and length in hours; nobody is twice in a place at once."""
    listed = [
        (person, place, kind, DAY + dt.timedelta(hours=start), DAY + dt.timedelta(hours=start + length))
        for person, place, kind, start, length in rows
    ]
    columns = ["person_id", "place_id", "place_kind", "start", "end"]
    return PRESENCES.conform(pl.DataFrame(listed, schema=columns, orient="row"))


def slow(frame: pl.DataFrame) -> set[tuple[str, str, str, dt.datetime, float]]:
    minutes: dict[tuple[str, str, str, dt.date], list[tuple[dt.datetime, float]]] = {}
    for one, two in itertools.permutations(frame.to_dicts(), 2):
        if one["place_id"] != two["place_id"] or not one["person_id"] < two["person_id"]:
            continue
        if not {one["person_id"], two["person_id"]} <= {"a", "b", "c"}:
            continue
        start, end = max(one["start"], two["start"]), min(one["end"], two["end"], AS_OF)
        while start < end:
            night = dt.datetime.combine(start.date() + dt.timedelta(days=1), dt.time())
            key = one["person_id"], two["person_id"], one["place_id"], start.date()
            stop = min(end, night)
            minutes.setdefault(key, []).append((start, (stop - start).total_seconds() / 60))
            start = stop
    return {(a, b, p, min(s for s, _ in each), sum(m for _, m in each)) for (a, b, p, _), each in minutes.items()}


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from("abcx"), st.sampled_from("PQ"), st.just("work"), st.integers(-80, 130), st.integers(1, 40)
        ),
        max_size=9,
    )
)
@settings(max_examples=25, deadline=None)
def test_equals_a_loop_over_pairs_of_presences(rows) -> None:
    frame = presences(rows)
    found = find_meetings(CASES, frame, playbook=PLAYBOOK, as_of=AS_OF)
    assert dict(found.schema) == MEETINGS
    told = found.select("person_id", "other_id", "place_id", "met_at", "minutes").rows()
    assert set(told) == slow(frame) and len(told) == len(set(told))


def test_seats_keep_apart_who_sat_far_and_nothing_is_asked_without_presences() -> None:
    train = presences([("a", "G1", "vehicle", 1, 2), ("b", "G1", "vehicle", 1, 2), ("c", "G1", "vehicle", 1, 2)])
    seated = train.with_columns(vehicle=pl.lit("aircraft"), seat=pl.Series(["10A", "11C", "30F"]))
    pairs = find_meetings(CASES, seated, playbook=PLAYBOOK, as_of=AS_OF).select("person_id", "other_id").rows()
    assert pairs == [("a", "b")]
    assert find_meetings(CASES, None, playbook=PLAYBOOK, as_of=AS_OF).is_empty()
    assert find_meetings(CASES.clear(), train, playbook=PLAYBOOK, as_of=AS_OF).is_empty()
