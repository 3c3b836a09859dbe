"""Shared stays, told one by one: equal to brute force, and they sum up to what tracing counted."""

import datetime as dt
import random

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.presences.core.shared_stays import EXPOSURES, STAYS, asked, changed, pairs_of, stays_of
from lianfang.presences.tests.core import oracle
from lianfang.presences.tests.core.test_degrees import PEOPLE, SEAT_RULES, T0, moment, seeds, small_world
from lianfang.presences.tests.core.test_index import in_memory

SCHEMA = {"person_id": pl.String, "place_id": pl.String, "place_kind": pl.String}
SCHEMA |= {"start": pl.Datetime("us"), "end": pl.Datetime("us"), "vehicle": pl.String, "seat": pl.String}
PAIRS = {"person_id": pl.String, "other_id": pl.String, "since": pl.Datetime("us"), "until": pl.Datetime("us")}
TOLD = ["pair", "place_id", "place_kind", "start", "end", "seat_unknown"]
HOUR = dt.timedelta(hours=1)


def plainly(people, pair, kinds, rules):
    """Every overlap of two people by the words of docs/algorithms/tracing.md, with the place."""
    for own in people:
        if own["person_id"] != pair["person_id"] or own["place_kind"] not in kinds:
            continue
        for other in people:
            same = other["place_id"] == own["place_id"]
            if not same or other["person_id"] != pair["other_id"] or other["person_id"] == own["person_id"]:
                continue
            start, end = max(own["start"], other["start"], pair["since"]), min(own["end"], other["end"], pair["until"])
            how = oracle.seated(own, other, rules) if rules else "met"
            if start < end and how != "apart":
                yield own["place_id"], own["place_kind"], start, end, how == "unknown"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=seeds,
    rules=st.sampled_from([None, *SEAT_RULES[:3]]),
    kinds=st.sampled_from([["vehicle", "dwelling"], ["vehicle"], ["meal", "vehicle", "dwelling"]]),
)
def test_equals_brute_force(seed, rules, kinds):
    chance = random.Random(seed)
    worlds = [small_world(chance, number, ["vehicle", "vehicle", "dwelling", "meal"]) for number in range(20)]
    people = [row for _, rows, _ in worlds for row in rows]
    pairs = []
    for number in range(20):
        for _ in range(4):
            since, until = sorted((moment(chance), moment(chance) + dt.timedelta(hours=chance.randrange(50))))
            one, two = (f"{number:03}{chance.choice(PEOPLE)}" for _ in range(2))
            pairs.append({"person_id": one, "other_id": two, "since": since, "until": until})
    pairs.append({"person_id": "nobody", "other_id": pairs[0]["other_id"], "since": T0, "until": T0 + 99 * HOUR})
    store = in_memory(pl.DataFrame(people, schema=SCHEMA), chance)
    found = store.shared(pl.DataFrame(pairs, schema=PAIRS), dict.fromkeys(kinds, 15.0), rules)
    assert found.schema == pl.Schema(STAYS)
    expected = [(n, *stay) for n, pair in enumerate(pairs) for stay in plainly(people, pair, kinds, rules)]
    assert sorted(found.select(TOLD).rows()) == sorted(expected)
    assert found.equals(found.sort("pair", "start", "place_id", "end", maintain_order=True))


def exposures(*rows):
    return pl.DataFrame(rows, schema=EXPOSURES, orient="row")


def exposure(key, kind="meal", *, degree=1, via=None, minutes=60.0, encounters=1):
    return (key, "A", degree, via, "bo", kind, minutes, encounters, T0 + HOUR, T0 + 2 * HOUR)


WINDOW = pl.DataFrame(
    {"case_id": ["A"], "person_id": ["ann"], "infectious_from": [T0], "infectious_to": [T0 + 24 * HOUR]}
)


def stays(*rows):
    schema = {name: kind for name, kind in STAYS.items() if name in TOLD}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.lit(0, pl.Int64).alias(name) for name in STAYS if name not in TOLD)


def test_the_first_degree_is_looked_for_in_the_window_and_the_second_between_its_contacts():
    pairs = pairs_of(exposures(exposure(1), exposure(2, degree=2, via="cy")), WINDOW)
    assert pairs.select("exposure", "person_id", "other_id", "since", "until").rows() == [
        (1, "ann", "bo", T0, T0 + 24 * HOUR),
        (2, "cy", "bo", T0 + HOUR, T0 + 2 * HOUR),
    ]


def test_neither_an_interview_alone_nor_a_case_without_a_window_is_looked_for():
    assert pairs_of(exposures(exposure(1, minutes=None, encounters=None)), WINDOW).is_empty()
    assert pairs_of(exposures(exposure(1)), WINDOW.clear()).is_empty()


def test_two_settings_of_one_pair_are_asked_once_and_each_gets_its_own_stays_latest_first():
    both = exposures(exposure(1), exposure(2, "work", minutes=30.0))
    pairs = pairs_of(both, WINDOW)
    assert asked(pairs).height == 1
    found = stays(
        (0, "canteen", "meal", T0, T0 + HOUR, False),
        (0, "mill", "work", T0 + HOUR, T0 + 1.5 * HOUR, False),
        (0, "shop", "venue", T0 + 3 * HOUR, T0 + 4 * HOUR, False),
    )
    told = stays_of(found, pairs)
    assert told.select("exposure", "place_id", "microseconds").rows() == [
        (2, "mill", 30 * 60_000_000),
        (1, "canteen", 60 * 60_000_000),
    ]
    assert changed(both, told).is_empty()


def test_figures_that_are_not_those_of_the_stays_are_named():
    rows = exposures(exposure(1), exposure(2, "work", encounters=2), exposure(3, "care"), exposure(4, "other"))
    rows = pl.concat([rows, exposures(exposure(5, "venue", minutes=None, encounters=None))])
    found = stays(
        (0, "canteen", "meal", T0, T0 + HOUR, False),
        (0, "mill", "work", T0, T0 + HOUR, False),  # as long, but once and not twice
        (0, "ward", "care", T0, T0 + HOUR + dt.timedelta(microseconds=1), False),
    )
    told = stays_of(found, pairs_of(rows, WINDOW))
    assert changed(rows, told).to_list() == [2, 3, 4], "one more encounter, a microsecond more, none at all"
