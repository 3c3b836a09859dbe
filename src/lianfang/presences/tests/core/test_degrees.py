"""Tracing equals the brute-force oracle on thousands of small worlds.

A world is a handful of people, places and cases. To pay for a query once and not a thousand times, each Hypothesis
example is a seed for many worlds that share one set of options; ids carry the number of their world, so that worlds
never meet, and one query answers them all.
"""

import datetime as dt
import random
from collections import Counter
from itertools import chain

import ibis
import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.cases.core.window import infectious_windows, plain_lookback
from lianfang.engines.engine import open_session
from lianfang.kernel.schema import CASES, TRACED
from lianfang.kernel.vocabulary import VehicleKind
from lianfang.playbook.load import load
from lianfang.presences.core import contact_rows
from lianfang.presences.core.contact_rows import assemble, carriers, plain_thresholds
from lianfang.presences.core.degrees import first_degree, second_degree
from lianfang.presences.core.seats import SeatRules, seat_rules
from lianfang.presences.finders import EngineFinder, asked_seats
from lianfang.presences.opened import open_presences
from lianfang.presences.tests.core import oracle
from lianfang.tracing import tracer

T0 = dt.datetime(2021, 8, 1)
PEOPLE = "abcdef"
KINDS = ["dwelling", "work", "meal"]
LENGTHS = [1, 60, 299, 300, 899, 900, 901, 1800, 3600, 6 * 3600, 26 * 3600, 60 * 3600]
WORLDS = 80


def moment(chance: random.Random) -> dt.datetime:
    """A time on one of three grids, so that edges touch often and overlaps of some seconds happen too."""
    grid = chance.randrange(3)
    if grid == 0:
        return T0 + chance.randrange(3 * 96) * dt.timedelta(minutes=15)
    if grid == 1:
        return T0 + dt.timedelta(days=2, minutes=5 * chance.randrange(40))
    return T0 + dt.timedelta(days=2, hours=8, seconds=chance.randrange(8000))


VEHICLES = ["aircraft", "aircraft", "train_open", "coach_closed", "coach_ventilated", "ship", None]
SEATS = ["1A", "3A", "4C", "5F", "9A", "2", "3", "6号铺", "B203", "B203舱", "B205", "crew", "乘务员", "?", None]


def small_world(chance: random.Random, number: int, kinds=KINDS):
    """Cases, presences and isolations of at most six people; ids carry the number of the world."""
    name = f"{number:03}".__add__

    def presence():
        start = moment(chance)
        return {
            "person_id": name(chance.choice(PEOPLE)),
            "place_id": name(chance.choice("xyz")),
            "place_kind": chance.choice(kinds),
            "start": start,
            "end": start + dt.timedelta(seconds=chance.choice(LENGTHS)),
            "vehicle": chance.choice(VEHICLES) if "vehicle" in kinds else None,
            "seat": chance.choice(SEATS),
        }

    def case(which: int):
        own = {"case_id": name(f"C{which}"), "person_id": name(chance.choice(PEOPLE))}
        odds = {"onset_date": 0.6, "sampled_at": 0.5, "isolated_at": 0.4, "infectious_from": 0.2, "infectious_to": 0.1}
        return own | {column: moment(chance) for column, odd in odds.items() if chance.random() < odd}

    cases = [case(which) for which in range(chance.choice([1, 1, 2, 3]))]
    presences = [presence() for _ in range(chance.randrange(28))]
    return cases, presences, {name(chance.choice(PEOPLE)): moment(chance) for _ in range(chance.randrange(3))}


def many_worlds(seed: int, kinds=KINDS, count: int = WORLDS):
    chance = random.Random(seed)
    return [small_world(chance, number, kinds) for number in range(count)]


seeds = st.integers(0, 2**32)
options = st.fixed_dictionaries(
    {
        "lookback": st.integers(0, 3),
        "min_minutes": st.sampled_from([0, 1, 5, 15, 15.5, 30]),
        "second_kinds": st.none() | st.lists(st.sampled_from(KINDS), unique=True),
        "latent_hours": st.sampled_from([0, 0.25, 6, 24]),
        "as_of": st.sampled_from([T0 + dt.timedelta(hours=hours) for hours in (6, 48, 50.25, 58, 72, 200)]),
    }
)


@pytest.fixture(scope="module")
def session():
    with open_session(threads=1) as opened:
        yield opened


def fast(session, cases, people, isolations, *, lookback, min_minutes, second_kinds, latent_hours, as_of, rules=None):
    """What `tracer.trace` does, in a session that is shared by all examples; with `rules`, what `find_contacts` does.

    Instead of a session it takes a function that makes a finder of presences.

    With rules the last column says whether a seat is not known.
    """
    schema = {"person_id": pl.String, "place_id": pl.String, "place_kind": pl.String}
    schema |= {"vehicle": pl.String, "seat": pl.String}
    schema |= {"start": pl.Datetime("us"), "end": pl.Datetime("us")}
    given = pl.DataFrame(people, schema=schema)
    finder = session(given) if callable(session) else EngineFinder(session, open_presences(session, given))
    frame = CASES.conform(pl.DataFrame(cases, infer_schema_length=None))
    windows = infectious_windows(frame, lookback=plain_lookback(lookback), as_of=as_of, onset_first=True)
    thresholds = plain_thresholds(min_minutes)
    first = finder.first(tracer._spans(windows), thresholds, rules)
    isolated = pl.DataFrame(
        {"person_id": list(isolations), "isolated_at": list(isolations.values())},
        schema={"person_id": pl.String, "isolated_at": pl.Datetime("us")},
    )
    carried = carriers(first, cases=frame, latent_hours=latent_hours, as_of=as_of, isolations=isolated)
    second = finder.second(
        carried, pl.concat([first["person_id"], frame["person_id"]]).unique(), thresholds, second_kinds, rules
    )
    done = assemble(first, second, carried, cases=frame)
    if rules is None:
        return done
    key = ["person_id", "place_kind"]
    told = pl.concat([part.select(*key, "case_id", "seat_unknown") for part in (first, _of_case(second, carried))])
    return done.join(told, on=[*key, "case_id"], how="left", maintain_order="left")


def _of_case(second, carried):
    return second.join(carried.select("case_id", via_person_id="person_id"), on="via_person_id")


def as_told(row):
    """A row of the oracle with minutes as the program writes them, as a number."""
    return {**row, "minutes": row["minutes"] / oracle.MINUTE}


def without_seats(row):
    return {name: value for name, value in row.items() if name != "seat_unknown"}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=seeds, chosen=options)
def test_equals_the_oracle(session, seed, chosen):
    held_to_the_oracle(session, many_worlds(seed), chosen)


def held_to_the_oracle(session, worlds, chosen):
    """Trace many worlds at once with an open engine; every row equals the oracle's. Returns how many there were."""
    expected = [
        without_seats(as_told(row))
        for cases, people, isolations in worlds
        for row in oracle.trace(cases, people, degrees=2, isolations=isolations, **chosen)
    ]
    expected.sort(key=lambda r: (r["degree"], r["case_id"], -r["minutes"], r["person_id"], r["place_kind"]))
    cases, people = (list(chain.from_iterable(part)) for part in list(zip(*worlds, strict=True))[:2])
    isolations = {person: at for _, _, known in worlds for person, at in known.items()}
    got = fast(session, cases, people, isolations, **chosen).to_dicts()
    for mine, its in zip(got, expected, strict=False):
        assert mine == its, worlds[min(int(mine["case_id"][:3]), int(its["case_id"][:3]))]
    assert len(got) == len(expected)
    return len(got)


SEAT_RULES = [
    seat_rules(load("covid19-cn-9")),
    SeatRules({VehicleKind.AIRCRAFT: 0, VehicleKind.TRAIN_OPEN: 2}, frozenset({VehicleKind.TRAIN_OPEN})),
    SeatRules({VehicleKind.SHIP: None, VehicleKind.COACH_VENTILATED: 1}),
    SeatRules({VehicleKind.COACH_CLOSED: None}),
]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=seeds, chosen=options, rules=st.sampled_from(SEAT_RULES[:3]))
def test_equals_the_oracle_with_seats(session, seed, chosen, rules):
    chosen = {**chosen, "second_kinds": chosen["second_kinds"] and [*chosen["second_kinds"], "vehicle"]}
    held_to_the_oracle_with_seats(session, many_worlds(seed, ["vehicle", "vehicle", "meal"]), chosen, rules)


def held_to_the_oracle_with_seats(session, worlds, chosen, rules):
    """The same under the seat rules of a playbook."""
    expected = [
        as_told(row)
        for cases, people, isolations in worlds
        for row in oracle.trace(cases, people, degrees=2, isolations=isolations, rules=rules, **chosen)
    ]
    expected.sort(key=lambda r: (r["degree"], r["case_id"], -r["minutes"], r["person_id"], r["place_kind"]))
    cases, people = (list(chain.from_iterable(part)) for part in list(zip(*worlds, strict=True))[:2])
    isolations = {person: at for _, _, known in worlds for person, at in known.items()}
    got = fast(session, cases, people, isolations, rules=rules, **chosen).to_dicts()
    assert got == expected


def test_the_worlds_with_seats_are_worth_it():
    """Some seats are known and some are not, and seats do keep people apart; else the test above could pass idly."""
    chosen = {"lookback": 2, "min_minutes": 15, "second_kinds": None, "latent_hours": 0}
    chosen |= {"as_of": T0 + dt.timedelta(days=9), "degrees": 2}
    apart = []
    for rules in SEAT_RULES[:3]:
        worlds = many_worlds(1, ["vehicle", "vehicle", "meal"])
        seated, blind = (
            [row for c, p, isolations in worlds for row in oracle.trace(c, p, isolations=isolations, rules=r, **chosen)]
            for r in (rules, None)
        )
        assert {row["seat_unknown"] for row in seated} == {True, False}
        apart.append(sum(row["encounters"] for row in blind) - sum(row["encounters"] for row in seated))
    assert sum(apart) > 0


def test_where_no_seat_could_keep_anybody_apart_none_is_looked_at(session):
    """No rule narrows, or no source names a vehicle kind: the expression is the plain one, and costs no more."""
    day = {"start": T0, "end": T0 + dt.timedelta(hours=8)}
    bare = [{"person_id": who, "place_id": "x", "place_kind": "vehicle", **day} for who in "ab"]
    named = [{**row, "vehicle": "aircraft", "seat": f"{9 * n + 1}A"} for n, row in enumerate(bare)]
    windows = pl.DataFrame(
        {"case_id": ["C"], "person_id": ["a"], "infectious_from": [T0], "infectious_to": [T0 + dt.timedelta(days=1)]}
    )
    windows = windows.with_columns(window_problem=pl.lit(None, pl.String)).cast({cs.datetime(): pl.Datetime("us")})
    nine, whole = SEAT_RULES[0], SEAT_RULES[3]
    found = {}
    for rows, rules in ((bare, nine), (bare, whole), (named, None), (named, whole), (named, nine)):
        finder = EngineFinder(session, open_presences(session, pl.DataFrame(rows)))
        asked = asked_seats(rules, finder.opened.table)
        assert (asked is None) == (rules is not nine or rows is bare)
        first = finder.first(tracer._spans(windows), plain_thresholds(15), rules)
        found[len(found)] = first.rows() and first.row(0, named=True).get("seat_unknown")
    assert list(found.values()) == [True, False, None, False, []], "rows 1 and 10 are apart only where a rule says so"


def test_without_thresholds_nobody_is_found(session):
    """A playbook whose thresholds name no kind for a degree: an empty result with the columns, and no failure."""
    day = {"start": T0, "end": T0 + dt.timedelta(hours=8)}
    where = {"place_id": "x", "place_kind": "work", **day}
    people = pl.DataFrame([{"person_id": who, **where} for who in "abc"]).cast({cs.datetime(): pl.Datetime("us")})
    windows = pl.DataFrame(
        {"case_id": ["C"], "person_id": ["a"], "infectious_from": [T0], "infectious_to": [T0 + dt.timedelta(days=1)]}
    )
    opened = open_presences(session, people)
    via = pl.DataFrame({"person_id": ["b"], "time_from": [T0], "time_to": [T0 + dt.timedelta(days=1)]})
    excluded = pl.DataFrame({"person_id": ["a", "b"]})

    def both(thresholds, via=via):
        first = first_degree(ibis.memtable(windows), opened.table, thresholds=thresholds)
        second = second_degree(ibis.memtable(via), ibis.memtable(excluded), opened.table, thresholds=thresholds)
        return session.to_polars(first), session.to_polars(second)

    first, second = both({"work": 15})
    assert (first["person_id"].sort().to_list(), second["person_id"].to_list()) == (["b", "c"], ["c"])
    assert both({"work": 15}, via.with_columns(time_to=pl.lit(None, pl.Datetime("us"))))[1].equals(second)
    nobody, nobody_else = both({})
    assert nobody.is_empty() and nobody_else.is_empty()
    assert (nobody.columns, nobody_else.columns) == (first.columns, second.columns)
    assert nobody_else.columns == list(contact_rows.SECOND)


def test_the_worlds_are_worth_it():
    """The random worlds hold what they are meant to test; without it the test above could pass on empty tables."""
    chosen = {"lookback": 2, "second_kinds": None, "latent_hours": 0, "as_of": T0 + dt.timedelta(days=9)}
    seen = Counter()
    for cases, people, isolations in many_worlds(1):
        for row in oracle.trace(cases, people, degrees=2, min_minutes=15, isolations=isolations, **chosen):
            seen["second"] += row["degree"] == 2
            seen["contact is a case"] += row["is_case"]
            seen["several encounters"] += row["encounters"] > 1
            seen["short, in a dwelling"] += row["minutes"] < 15 * oracle.MINUTE
        starts = {p["start"] for p in people}
        seen["touching edges"] += any(p["end"] in starts for p in people)
        seen["one person, two cases"] += len({case["person_id"] for case in cases}) < len(cases)
        seen["isolated"] += bool(isolations)
    assert min(seen.values()) >= 3, seen
    assert len(seen) == 7


def rows(*, cases, people, **chosen):
    return tracer.trace(pl.DataFrame(cases), pl.DataFrame(people), **chosen)


def at(day, hour, minute=0):
    return dt.datetime(2021, 8, day, hour, minute)


def test_ids_as_numbers_compare_as_text():
    cases = {"case_id": [10], "person_id": [10], "onset_date": [at(1, 0)]}
    people = {
        "person_id": [10, 9, 100],
        "place_id": [1, 1, 1],
        "place_kind": ["work"] * 3,
        "start": [at(1, 8)] * 3,
        "end": [at(1, 9)] * 3,
    }
    got = rows(cases=cases, people=people)
    assert got["person_id"].to_list() == ["100", "9"]
    assert got["case_id"].to_list() == ["10", "10"]
    assert got.schema == pl.Schema(TRACED.dtypes)
    assert got.columns == TRACED.names


def test_person_id_defaults_to_case_id_and_as_of_to_the_latest_end():
    cases = {"case_id": ["p"], "onset_date": [dt.date(2021, 8, 1)]}
    people = {
        "person_id": ["p", "q", "z"],
        "place_id": ["x", "x", "y"],
        "start": [at(3, 8), at(3, 8), at(1, 0)],
        "end": [at(3, 9), at(3, 9), at(1, 1)],
    }
    got = rows(cases=cases, people=people)
    assert got.select("person_id", "place_kind", "minutes").rows() == [("q", "other", 60.0)]


def test_no_presences_and_no_cases_give_no_rows():
    empty = pl.DataFrame(schema=dict.fromkeys(("person_id", "place_id", "start", "end"), pl.String))
    case = pl.DataFrame({"case_id": ["c"], "onset_date": [dt.date(2021, 8, 1)]})
    with pytest.warns(UserWarning, match="time of reckoning"):
        assert tracer.trace(case, empty, degrees=2).is_empty()
    assert tracer.trace(case.clear(), empty, degrees=2).columns == TRACED.names


def test_rows_that_cannot_be_used_are_counted_in_a_warning():
    cases = {"case_id": ["c"], "onset_date": [dt.date(2021, 8, 1)]}
    people = {
        "person_id": ["c", "q", "w"],
        "place_id": ["x", "x", None],
        "start": ["2021-08-01 08:00", "2021-08-01T08:00:30", "2021-08-01 08:00"],
        "end": ["2021-08-01 09:00", "2021-08-01 09:00", "2021-08-01 09:00"],
    }
    with pytest.warns(UserWarning, match=r"1 rows were not used; the first: presences line 3"):
        got = rows(cases=cases, people=people)
    assert got.select("person_id", "minutes").rows() == [("q", 59.5)]
