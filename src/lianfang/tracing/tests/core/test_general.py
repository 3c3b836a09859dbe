"""Who shared a place and is no contact: counts and list equal the plain telling."""

import datetime as dt
import random

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.engines.engine import open_session
from lianfang.kernel.schema import CASES, INTERVIEWS, PRESENCES
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.load import load
from lianfang.presences.opened import open_presences
from lianfang.presences.tests.core import oracle
from lianfang.presences.tests.core.test_degrees import T0, small_world
from lianfang.tracing.core.general import COUNTS, PEOPLE
from lianfang.tracing.tracer import count_general, find_contacts, find_general

EIGHT, NINE = load("covid19-cn-8"), load("covid19-cn-9")
ALL_KINDS = ["dwelling", "work", "meal", "vehicle", "venue"]
AS_OF = T0 + dt.timedelta(days=3)


@pytest.fixture(scope="module")
def session():
    with open_session(threads=1) as opened:
        yield opened


def worlds(seed):
    """Twenty small worlds as two frames; ids carry the number of the world."""
    chance = random.Random(seed)
    cases, people = [], []
    for number in range(20):
        more_cases, more_people, _ = small_world(chance, number, ALL_KINDS)
        cases += more_cases
        people += more_people
    schema = {name: PRESENCES.dtypes[name] for name in people[0]} if people else {}
    return CASES.conform(pl.DataFrame(cases, infer_schema_length=None)), pl.DataFrame(people, schema=schema)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), book=st.sampled_from([EIGHT, NINE]))
def test_counts_and_list_equal_the_plain_telling(session, seed, book):
    cases, people = worlds(seed)
    opened = open_presences(session, people)
    contacts = find_contacts(cases, opened, INTERVIEWS.empty(), playbook=book, as_of=AS_OF, session=session)
    known = set(contacts["person_id"]) | set(cases["person_id"])
    kinds = book.tracing.general.place_kinds or list(PlaceKind)
    lookback = next(rule.days for rule in book.lookback if rule.days)
    expected = oracle.same_place(
        cases.to_dicts(), people.to_dicts(), known, lookback=lookback, as_of=AS_OF, kinds=[k.value for k in kinds]
    )
    counts = count_general(cases, opened, contacts, playbook=book, as_of=AS_OF, session=session)
    assert counts.schema == pl.Schema(COUNTS)
    by_case = {}
    for (case, _), met in expected.items():
        by_case.setdefault(case, set()).update(met)
    assert {(case, kind): n for case, kind, n in counts.iter_rows()} == (
        {key: len(met) for key, met in expected.items()}
        | {(case, None): len(met) for case, met in by_case.items()}
        | {(None, None): len(set().union(*by_case.values()))}
    )
    listed = find_general(cases, opened, contacts, playbook=book, as_of=AS_OF, session=session)
    assert listed.schema == pl.Schema(PEOPLE)
    pairs = [(case, person, kind) for (case, kind), met in expected.items() for person in met]
    assert sorted(listed.select("case_id", "person_id", "place_kind").rows()) == sorted(pairs)


def test_too_short_or_out_of_reach_is_counted_and_no_contact():
    held_to_reach_and_length("duckdb")


def held_to_reach_and_length(engine):
    """Too short or out of reach is counted and no contact; `shell/test_spark.py` holds Spark to it."""
    start = T0 + dt.timedelta(hours=30)
    rows = [
        ("a", "flight", "vehicle", "aircraft", "1A", 120),
        ("far", "flight", "vehicle", "aircraft", "30A", 120),
        ("near", "flight", "vehicle", "aircraft", "2A", 120),
        ("a", "shop", "venue", None, None, 60),
        ("brief", "shop", "venue", None, None, 3),
        ("near", "shop", "venue", None, None, 3),
    ]
    presences = PRESENCES.conform(
        pl.DataFrame(
            [
                {"person_id": who, "place_id": place, "place_kind": kind, "vehicle": vehicle, "seat": seat}
                | {"start": start, "end": start + dt.timedelta(minutes=minutes)}
                for who, place, kind, vehicle, seat, minutes in rows
            ],
            infer_schema_length=None,
        )
    )
    cases = CASES.conform(pl.DataFrame({"case_id": ["c"], "person_id": ["a"], "onset_date": [T0 + dt.timedelta(2)]}))
    contacts = find_contacts(cases, presences, INTERVIEWS.empty(), playbook=NINE, as_of=AS_OF)
    assert set(contacts["person_id"]) == {"near"}
    ruled = NINE.tracing.general.model_copy(update={"place_kinds": None})
    wide = NINE.model_copy(update={"tracing": NINE.tracing.model_copy(update={"general": ruled})})
    with open_session(engine) as session:
        opened = open_presences(session, presences)
        counts = count_general(cases, opened, contacts, playbook=wide, as_of=AS_OF, session=session)
    assert counts.rows() == [("c", "vehicle", 1), ("c", "venue", 1), ("c", None, 2), (None, None, 2)]
    narrow = count_general(cases, presences, contacts, playbook=NINE, as_of=AS_OF)
    assert narrow.rows() == [("c", "venue", 1), ("c", None, 1), (None, None, 1)], "the ninth names no vehicles here"
    none = NINE.model_copy(update={"tracing": NINE.tracing.model_copy(update={"general": None})})
    assert count_general(cases, presences, contacts, playbook=none, as_of=AS_OF) is None
    assert find_general(cases, presences, contacts, playbook=none, as_of=AS_OF).is_empty()
    assert count_general(cases, None, contacts, playbook=NINE, as_of=AS_OF).rows() == [(None, None, 0)]
