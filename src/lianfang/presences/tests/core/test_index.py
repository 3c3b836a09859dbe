"""The index gives the rows of the brute-force oracle, however the presences are split into segments."""

import random
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.presences.core.index import second as second_module
from lianfang.presences.core.index.first import Met, _order, first_degree
from lianfang.presences.core.index.layout import rows_of, table_of
from lianfang.presences.core.index.near import NEVER, Via
from lianfang.presences.core.index.segment import KINDS, LONG, SECOND, _sorted_by, lay_out, packed, unpacked
from lianfang.presences.store.segments import cabin_texts, seat_numbers, settings_of
from lianfang.presences.store.snapshot import Snapshot, rules_of
from lianfang.presences.tests.core import oracle
from lianfang.presences.tests.core.test_degrees import (
    SEAT_RULES,
    as_told,
    fast,
    many_worlds,
    options,
    seeds,
    without_seats,
)


class Words:
    """Ids without files: codes in the order of a list."""

    def __init__(self, texts):
        self.known = list(texts)
        self.is_in_order = self.known == sorted(self.known)
        self.count = len(self.known)

    def codes(self, texts):
        at = {text: n for n, text in enumerate(self.known)}
        return np.array([at.get(text, -1) for text in texts], dtype=np.int64)

    def ranks(self, codes):
        return np.array([sorted(self.known).index(self.known[code]) for code in codes], dtype=np.int64)

    def texts(self, codes):
        return pl.Series([self.known[code] for code in codes], dtype=pl.String)


class InMemory(Snapshot):
    """A snapshot whose segments were never on a disk."""

    def __init__(self, persons, segments, places):
        # Of a manifest the index asks when each segment begins and ends, which the segment itself knows.
        super().__init__(None, SimpleNamespace(segments=segments))
        self._segments = dict(enumerate(segments))
        self.__dict__ |= {"persons": persons, "places": places}


def in_memory(frame, chance):
    """A finder over presences that are split at random, with codes in no order, or in that of the texts."""
    persons, places = (
        list(dict.fromkeys(frame[name].shuffle(chance.randrange(99)))) for name in ("person_id", "place_id")
    )
    persons = sorted(persons) if chance.random() < 0.5 else persons
    people, cabins = Words(persons), Words(cabin_texts(frame["seat"].fill_null("")))
    rank = np.argsort(np.argsort(np.array(places, dtype=object))).astype(np.uint32)
    part = np.array([chance.randrange(chance.choice([1, 4])) for _ in range(frame.height)])
    day = frame["start"].dt.date().to_physical().to_numpy() if frame.height else np.empty(0)
    segments = []
    for key in sorted(set(zip(day.tolist(), part.tolist(), strict=True))):
        rows = frame.filter((day == key[0]) & (part == key[1]))
        place = Words(places).codes(rows["place_id"]).astype(np.uint32)
        setting = settings_of(rows)
        seat = seat_numbers(setting, rows["seat"].fill_null(""), cabins)
        start, end = (rows[name].to_physical().to_numpy() for name in ("start", "end"))
        _, segment = lay_out(
            people.codes(rows["person_id"]).astype(np.uint32), place, rank[place], setting, start, end, seat
        )
        segments.append(segment)
    chance.shuffle(segments)
    return InMemory(people, segments, Words(places))


def told(row):
    return (row["degree"], row["case_id"], -row["minutes"], row["person_id"], row["place_kind"])


@pytest.mark.parametrize(("few", "many"), [(0, 0), (8, 10**9)], ids=["by heap", "one by one"])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=seeds, chosen=options)
def test_equals_the_oracle(few, many, seed, chosen):
    worlds = many_worlds(seed)
    expected = [
        without_seats(as_told(row))
        for cases, people, isolations in worlds
        for row in oracle.trace(cases, people, degrees=2, isolations=isolations, **chosen)
    ]
    assert joined(worlds, seed, few, many, chosen) == sorted(expected, key=told)


def joined(worlds, seed, few, many, chosen, **rules):
    cases = [case for world, _, _ in worlds for case in world]
    people = [row for _, rows, _ in worlds for row in rows]
    isolations = {person: at for _, _, isolated in worlds for person, at in isolated.items()}
    chance = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(second_module.second_degree.__kwdefaults__, "few", few)
        patch.setitem(second_module.second_degree.__kwdefaults__, "many", many)
        return fast(lambda frame: in_memory(frame, chance), cases, people, isolations, **chosen, **rules).to_dicts()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=seeds, chosen=options, rules=st.sampled_from(SEAT_RULES[:3]))
def test_seats_equal_the_oracle(seed, chosen, rules):
    chosen = chosen | {"second_kinds": None}
    worlds = many_worlds(seed, ["vehicle", "vehicle", "dwelling"])
    expected = [
        as_told(row)
        for cases, people, isolations in worlds
        for row in oracle.trace(cases, people, degrees=2, isolations=isolations, rules=rules, **chosen)
    ]
    assert joined(worlds, seed, 8, seed % 2 * 10**9, chosen, rules=rules) == sorted(expected, key=told)


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 9), st.integers(0, 5), st.integers(0, 3), st.integers(0, 10**6), st.integers(1, 10**6)
        ),
        min_size=1,
        max_size=60,
    ),
    unit=st.sampled_from([1, SECOND]),
)
def test_a_segment_gives_back_every_row(rows, unit):
    """What was laid out is read again, person by person: nothing is lost, nothing is there twice."""
    person, place, setting, start, length = (np.array(column) for column in zip(*rows, strict=True))
    start, end = start * unit, (start + length) * unit
    order, segment = lay_out(
        person.astype(np.uint32), place.astype(np.uint32), place.astype(np.uint32), setting.astype(np.uint8), start, end
    )
    assert sorted(order.tolist()) == list(range(len(rows)))
    everybody = np.arange(10)
    far = np.full(10, 10**15)
    table = table_of([segment])
    who, _, _, where, kind, begin, finish, _ = rows_of(table, np.array([0]), everybody, np.zeros(10, np.int64), far)
    read = sorted(zip(who.tolist(), where.tolist(), kind.tolist(), begin.tolist(), finish.tolist(), strict=True))
    assert read == sorted(zip(person, place, setting, start, end, strict=True))


def test_long_presences_and_fractions_of_seconds_are_exact():
    """A length beyond two bytes stands in a table of its own; a fraction of a second makes a wide segment."""
    one = np.zeros(3, np.uint32)
    start = np.array([0, 10, 20]) * SECOND
    long = start + np.array([5, LONG, LONG * 40]) * SECOND
    for extra in (0, 1):
        _, segment = lay_out(np.arange(3, dtype=np.uint32), one, one, one.astype(np.uint8), start, long + extra)
        assert segment.tick == (1 if extra else SECOND)
        read = rows_of(table_of([segment]), np.array([0]), np.arange(3), np.zeros(3, np.int64), np.full(3, 10**15))
        assert (read[6] - read[5] == long + extra - start).all()


def test_kinds_are_in_the_order_of_their_text():
    """Ties between place kinds are decided by their text; the codes must stand in that order."""
    assert list(KINDS) == sorted(KINDS)


def test_the_worked_example_of_the_page():
    """The canteen of docs/algorithms/index.md, by heap and one by one."""
    noon = 12 * 60
    stays = {
        "bo": (0, 20),
        "al": (10, 40),
        "cy": (30, 90),
        "dan": (5, 30),
        "eve": (12, 50),
        "fay": (20, 30),
        "gus": (21, 60),
    }
    names = list(stays)
    start, end = (np.array([(noon + stay[n]) * 60 * SECOND for stay in stays.values()]) for n in (0, 1))
    one = np.zeros(len(names), np.uint32)
    meal = np.full(len(names), KINDS.index("meal"), np.uint8)
    _, segment = lay_out(np.arange(len(names), dtype=np.uint32), one, one, meal, start, end)
    via = sorted(["bo", "al", "cy"])
    vias = Via(np.array([names.index(v) for v in via]), np.zeros(3, np.int64), np.full(3, NEVER))
    excluded = np.array([name in via for name in names], dtype=np.uint8)
    for few in (0, 8):
        with ThreadPoolExecutor(2) as threads:
            found = second_module.second_degree(
                table_of([segment]), vias, excluded, rules_of({"meal": 15}, None), threads=threads, few=few
            )
        rows = {
            names[person]: (via[v], micro // 60 // SECOND)
            for person, v, micro in zip(found.person, found.via, found.microseconds, strict=True)
        }
        assert rows == {"dan": ("bo", 15), "eve": ("al", 28), "gus": ("al", 19)}


@pytest.mark.parametrize("most", [9, (1 << 24) - 1, 1 << 24, (1 << 32) - 1])
def test_numbers_are_packed_in_three_bytes_where_they_fit(most):
    numbers = np.array([0, 1, 255, 256, 65536, most], dtype=np.uint32)
    numbers = numbers[numbers <= most]
    kept = packed(numbers)
    assert kept.dtype == (np.uint8 if most < 1 << 24 else np.uint32)
    assert unpacked(kept).tolist() == numbers.tolist()


def test_codes_beyond_three_bytes_are_found():
    """A city of more than 16.7 million: persons in four bytes, positions in three."""
    person = np.array([1 << 24, (1 << 24) + 7, 3], dtype=np.uint32)
    one = np.zeros(3, np.uint32)
    start = np.array([0, 10, 20]) * SECOND
    _, segment = lay_out(person, one, one, np.full(3, KINDS.index("work"), np.uint8), start, start + 3600 * SECOND)
    assert (segment.person.dtype, segment.by_person.dtype) == (np.uint32, np.uint8)
    met = first_degree(
        table_of([segment]), np.array([1 << 24]), np.array([0]), np.array([10**15]), rules_of({"work": 15}, None)
    )
    assert sorted(met.person.tolist()) == [3, (1 << 24) + 7]


@pytest.mark.parametrize("places", [1, 40])
def test_a_case_who_met_thousands(places):
    """More than the first room of the sums holds, in one place or over many; those who met twice are summed."""
    chance = np.random.default_rng(places)
    rows, people = 6_000, 5_000
    person = chance.permutation(np.arange(rows) % people).astype(np.uint32) + 1
    place = chance.integers(0, places, rows).astype(np.uint32)
    start = chance.integers(0, 3_000, rows) * SECOND
    end = start + chance.integers(1, 900, rows) * SECOND
    own = np.arange(places)
    everything = [
        np.concatenate(columns)
        for columns in (
            (person, np.zeros(places, np.uint32)),
            (place, own.astype(np.uint32)),
            (start, np.full(places, 500 * SECOND)),
            (end, np.full(places, 2_500 * SECOND)),
        )
    ]
    who, where, since, until = everything
    venue = np.full(who.size, KINDS.index("venue"), np.uint8)
    _, segment = lay_out(who, where, where, venue, since, until)
    met = first_degree(
        table_of([segment]), np.array([0]), np.array([0]), np.array([10**10]), rules_of({"venue": 10}, None)
    )
    overlap = np.minimum(end, 2_500 * SECOND) - np.maximum(start, 500 * SECOND)
    sums = np.zeros(people + 1, np.int64)
    np.add.at(sums, person, np.maximum(overlap, 0))
    expected = [(-sums[one], one) for one in np.flatnonzero(sums >= 600 * SECOND)]
    assert len(expected) > 1_024
    assert list(zip((-met.microseconds).tolist(), met.person.tolist(), strict=True)) == sorted(expected)
    counts = np.zeros(people + 1, np.int64)
    np.add.at(counts, person, overlap > 0)
    assert np.array_equal(met.encounters, counts[met.person])


@given(
    rows=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 2**32 - 1), st.integers(0, 15)), max_size=30),
    times=st.lists(st.sampled_from([1, 2, 60 * SECOND, 2**41, 2**60]), min_size=30, max_size=30),
)
def test_rows_come_in_order(rows, times):
    case, person, kind = (np.array([row[n] for row in sorted(rows)], np.int64) for n in range(3))
    micro, none = np.array(times[: len(rows)], np.int64), np.zeros(len(rows), np.int64)
    met = Met(case.astype(np.int32), person.astype(np.uint32), kind.astype(np.uint8), micro, none, none, none, none)
    assert np.array_equal(_order(met), np.lexsort((kind, person, -micro, case)))


@given(keys=st.lists(st.one_of(st.integers(0, 5), st.integers(0, 2**62)), min_size=1, max_size=50))
def test_numbers_sort_as_they_would_one_by_one(keys):
    assert _sorted_by(np.array(keys, np.int64)).tolist() == sorted(range(len(keys)), key=keys.__getitem__)
