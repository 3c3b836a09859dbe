"""Who was where, by the engine, against a loop over every minute-sorted presence."""

import datetime as dt

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.chains.clusters import where_everybody_was
from lianfang.chains.core.clusters import windows
from lianfang.chains.core.clusters.exposure import plausible_exposure
from lianfang.chains.tests.core.clusters.town import DAY, INCUBATION, cases_of, town

HOUR = dt.timedelta(hours=1)
presence = st.tuples(
    st.sampled_from(["P1", "P2", "P3", "P4"]),
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from(["work", "venue", "dwelling"]),
    st.integers(-30, 24 * 9),
    st.integers(1, 60),
)


def slow(rows: list[tuple[str, str, str, dt.datetime, dt.datetime]], exposed: pl.DataFrame, hours: int) -> dict:
    """The definition: every window, every presence."""
    since, until = exposed["exposed_from"].min(), exposed["exposed_to"].max()
    slots: set[tuple[str, str, int]] = set()
    for person, place, kind, start, end in rows:
        if kind == "dwelling":
            continue
        begin, finish = max(start, since), min(end, until)
        slot = int((begin - dt.datetime(1970, 1, 1)).total_seconds() // (hours * 3600))
        while begin < finish and dt.datetime(1970, 1, 1) + slot * hours * HOUR < finish:
            slots.add((person, place, slot))
            slot += 1
    case_of = dict(exposed.select("person_id", "case_id").iter_rows())
    exposed_of = {c: (a, b) for c, a, b in exposed.select("case_id", "exposed_from", "exposed_to").iter_rows()}
    visits = {(case_of[person], place, slot) for person, place, slot in slots if person in case_of}
    touched = {
        (place, slot)
        for case, place, slot in visits
        if exposed_of[case][0] <= dt.datetime(1970, 1, 1) + slot * hours * HOUR < exposed_of[case][1]
    }
    return {
        "visits": visits,
        "occupancy": {(p, s, len({w for w, q, t in slots if (q, t) == (p, s)})) for p, s in touched},
        "crowd": {(s, len({w for w, _, t in slots if t == s})) for _, _, s in slots},
    }


@settings(max_examples=25, deadline=None)
@given(st.lists(presence, min_size=1, max_size=25), st.sampled_from([6, 24]))
def test_equals_the_definition(drawn: list[tuple[str, str, str, int, int]], hours: int) -> None:
    rows = [(w, p, k, DAY + s * HOUR, DAY + (s + n) * HOUR) for w, p, k, s, n in drawn]
    exposed = plausible_exposure(cases_of(["P1", "P2"], [7, 9]), INCUBATION)
    frame = pl.DataFrame(rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row")
    known = where_everybody_was(frame, exposed, hours=hours)
    expected = slow(rows, exposed, hours)
    assert set(known.visits.select("case_id", "place_id", "slot").iter_rows()) == expected["visits"]
    assert known.visits.height == len(expected["visits"])
    assert set(known.occupancy.iter_rows()) == expected["occupancy"]
    assert set(known.crowd.iter_rows()) == expected["crowd"]


def test_an_end_on_the_hour_does_not_touch_the_next_window() -> None:
    exposed = plausible_exposure(cases_of(["P1"], [8]), INCUBATION)
    frame = pl.DataFrame(
        {
            "person_id": ["P1"],
            "place_id": ["A"],
            "place_kind": ["venue"],
            "start": [DAY + dt.timedelta(days=3, hours=10)],
            "end": [DAY + dt.timedelta(days=3, hours=12)],
        }
    )
    known = where_everybody_was(frame, exposed)
    starts = known.visits.select(windows.slot_start(pl.col("slot"), 6))["slot"].to_list()
    assert starts == [DAY + dt.timedelta(days=3, hours=6)]
    assert known.totals.to_dicts() == [{"place_id": "A", "people": 1}]


def test_without_presences_nothing_is_known() -> None:
    exposed = plausible_exposure(cases_of(["P1"], [8]), INCUBATION)
    assert where_everybody_was([], exposed).visits.is_empty()
    assert where_everybody_was(None, exposed).crowd.is_empty()
    assert np.all(where_everybody_was([], exposed.clear()).totals.height == 0)


def held_to_duckdb() -> None:
    """Spark counts as DuckDB does: called where a Spark is started (`chains/tests/shell/test_spark.py`)."""
    presences = town(np.random.default_rng(1), people=200, venues=30, days=6)
    exposed = plausible_exposure(cases_of(["P1", "P2", "P3"], [7, 9, 6]), INCUBATION)
    one, other = (where_everybody_was(presences, exposed, engine=engine) for engine in ("duckdb", "spark"))
    for name in ("visits", "occupancy", "totals", "crowd"):
        ours, theirs = getattr(one, name), getattr(other, name)
        assert ours.height > 0 and ours.sort(ours.columns).equals(theirs.sort(ours.columns)), name
