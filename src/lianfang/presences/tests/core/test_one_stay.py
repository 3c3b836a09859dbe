"""Two records of one stay count once, by an engine and in the index alike, and as a plain telling has it."""

import datetime as dt
import random

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.engines.engine import open_session
from lianfang.presences.core.contact_rows import long_enough
from lianfang.presences.finders import EngineFinder
from lianfang.presences.opened import open_presences
from lianfang.presences.tests.core import oracle
from lianfang.presences.tests.core.test_degrees import T0, many_worlds, seeds
from lianfang.presences.tests.core.test_index import in_memory

SINCE, UNTIL = T0 + dt.timedelta(hours=6), T0 + dt.timedelta(days=3)
SCHEMA = {"person_id": pl.String, "place_id": pl.String, "place_kind": pl.String, "start": pl.Datetime("us")}
SCHEMA |= {"end": pl.Datetime("us"), "vehicle": pl.String, "seat": pl.String}
ANY = {"dwelling": 0.0, "work": 0.0, "meal": 0.0}


@pytest.fixture(scope="module")
def session():
    with open_session(threads=1) as opened:
        yield opened


def of_worlds(seed):
    """Cases that stand alone in their world, their presences, and what the oracle makes of them."""
    cases, rows, expected = [], [], []
    for own, people, _ in many_worlds(seed, count=40):
        case = own[0]
        cases.append((case["case_id"], case["person_id"], SINCE, UNTIL))
        rows += people
        for (person, kind), (length, stays, joined) in oracle.met_once(case, people, SINCE, UNTIL).items():
            expected.append((case["case_id"], person, kind, length, stays, joined))
    spans = pl.DataFrame(cases, schema=["case_id", "person_id", "infectious_from", "infectious_to"], orient="row")
    return spans, pl.DataFrame(rows, schema=SCHEMA), sorted(expected)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=seeds)
def test_overlapping_records_count_once_in_both_finders(session, seed):
    spans, presences, expected = of_worlds(seed)
    columns = ["case_id", "person_id", "place_kind", "microseconds", "encounters", "joined"]
    for finder in (
        EngineFinder(session, open_presences(session, presences)),
        in_memory(presences, random.Random(seed)),
    ):
        assert sorted(finder.first(spans, ANY, one_stay=True).select(columns).rows()) == expected


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=seeds, minutes=st.sampled_from([0.0, 5.0, 30.0]))
def test_the_latest_meeting_with_any_contact_is_that_of_a_plain_telling_in_both_finders(session, seed, minutes):
    needs = {"dwelling": dt.timedelta(0), "work": dt.timedelta(minutes=minutes)}
    thresholds = {"dwelling": 0.0, "work": minutes}
    carried, rows, of_world = [], [], []
    for own, people, _ in many_worlds(seed, count=40):
        vs = sorted({own[0]["person_id"], *(row["person_id"] for row in people[:2])})
        spans = [(v, SINCE, UNTIL) for v in vs]
        carried += [(own[0]["case_id"], *span) for span in spans]
        rows += people
        of_world.append((spans, people, {row["person_id"] for row in people} - set(vs)))
    schema = ["case_id", "person_id", "time_from", "time_to"]
    times = pl.DataFrame(carried, schema=schema, orient="row").cast(
        {"time_from": pl.Datetime("us"), "time_to": pl.Datetime("us")}
    )
    presences = pl.DataFrame(rows, schema=SCHEMA)
    expected = {}
    for spans, people, persons in of_world:
        expected |= oracle.latest_met(spans, people, persons, needs)
    for finder in (
        EngineFinder(session, open_presences(session, presences)),
        in_memory(presences, random.Random(seed)),
    ):
        found = finder.second(times, times["person_id"], thresholds, None, latest=True)
        assert dict(found.select("person_id", "latest").rows()) == expected


def test_eight_minutes_by_ticket_and_check_in_are_eight(session):
    noon = dt.datetime(2022, 7, 4, 12)
    rows = [(p, "r", "meal", noon, noon + dt.timedelta(minutes=8), None, None) for p in ("a", "a", "b")]
    presences = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    spans = pl.DataFrame(
        {
            "case_id": ["c"],
            "person_id": ["a"],
            "infectious_from": [noon],
            "infectious_to": [noon + dt.timedelta(days=1)],
        }
    )
    finder = EngineFinder(session, open_presences(session, presences))
    assert finder.first(spans, {"meal": 15.0})["microseconds"].to_list() == [16 * 60_000_000], "plain: the sum"
    told = finder.first(spans, {"meal": 15.0}, one_stay=True)
    assert told.select("microseconds", "encounters", "joined").rows() == [(8 * 60_000_000, 1, 1)]
    assert long_enough(told, {"meal": 15.0}).is_empty()
