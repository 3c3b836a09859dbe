"""What must hold of any response: later facts change nothing, dates move together, nobody vanishes."""

import datetime as dt
import random
from dataclasses import replace
from functools import partial

import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.engines.engine import open_session
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PRESENCES
from lianfang.kernel.vocabulary import CATEGORY_ORDER
from lianfang.playbook.load import load
from lianfang.response.core.loop import Inputs, respond
from lianfang.tracing.tracer import find_contacts

AS_OF = dt.datetime(2022, 7, 10, 12)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
PERSONS = [f"p{n:02}" for n in range(14)]
BOOKS = {name: load(name) for name in ("covid19-cn-8", "covid19-cn-9")}
FRAMES = ("cases", "presences", "interviews", "people")
RESULTS = {"contacts", "measures", "clocks", "chains"}


@pytest.fixture(scope="module")
def session():
    with open_session(threads=1) as opened:
        yield opened


def some_facts(chance: random.Random) -> Inputs:
    """Two cases and what fourteen people did in nine days: homes of two, three tables, two workshops."""

    def at(days, hours=24):
        return AS_OF - chance.randrange(1, days * 24) * HOUR + chance.randrange(hours) * dt.timedelta(minutes=5) - HOUR

    cases = [
        {"case_id": f"C{n}", "person_id": PERSONS[n], "classification": "confirmed", "onset_date": at(5)}
        | {"reported_at": AS_OF - chance.randrange(1, 30) * HOUR}
        | {name: at(3) for name in ("sampled_at", "isolated_at") if chance.random() < 0.6}
        for n in range(2)
    ]
    rows = []
    for n, person in enumerate(PERSONS):
        for day in range(9):
            evening = (AS_OF - day * DAY).replace(hour=20)
            rows.append((person, f"home {n // 2}", "dwelling", evening, evening + 8 * HOUR))
            if chance.random() < 0.4:
                kind = chance.choice(["meal", "work"])
                start = evening - 10 * HOUR + chance.randrange(90) * dt.timedelta(minutes=1)
                length = chance.choice([10, 20, 40, 90]) * dt.timedelta(minutes=1)
                rows.append((person, f"{kind} {chance.randrange(3)}", kind, start, start + length))
    interviews = [
        {"case_id": f"C{chance.randrange(2)}", "person_id": chance.choice(PERSONS[2:]), "place_kind": "meal"}
        | {"first_contact": (first := at(8)), "last_contact": min(first + chance.randrange(2) * DAY, AS_OF)}
        for _ in range(chance.randrange(4))
    ]
    people = {"person_id": PERSONS, "own_tests": [chance.choice([None, "2022-07-08:neg"]) for _ in PERSONS]}
    return Inputs(
        cases=listed(CASES, cases),
        presences=presences(rows),
        interviews=listed(INTERVIEWS, interviews),
        people=PEOPLE.conform(pl.DataFrame(people)),
    )


def listed(schema, rows):
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return schema.conform(frame.with_columns(cs.datetime().cast(pl.Datetime("us"))) if rows else frame)


def presences(rows):
    names = ["person_id", "place_id", "place_kind", "start", "end"]
    return PRESENCES.conform(pl.DataFrame(rows, schema=names, orient="row"))


def answer(session, facts, book, as_of=AS_OF):
    return respond(facts, playbook=book, as_of=as_of, trace=partial(find_contacts, session=session))


worlds = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
seeds, books = st.integers(0, 2**32), st.sampled_from(sorted(BOOKS))


@worlds
@given(seed=seeds, name=books)
def test_facts_after_the_time_of_reckoning_change_nothing(session, seed, name):
    chance, book = random.Random(seed), BOOKS[name]
    facts = some_facts(chance)
    later = AS_OF + chance.randrange(1, 90) * HOUR

    def or_later(column):
        return pl.when(pl.col(column).is_null()).then(pl.lit(later + DAY)).otherwise(column)

    more = replace(
        facts,
        cases=pl.concat(
            [
                facts.cases.with_columns(
                    sampled_at=or_later("sampled_at"),
                    isolated_at=or_later("isolated_at"),
                    last_negative_at=or_later("last_negative_at"),
                    discharged_at=pl.lit(later),
                    diagnosed_at=pl.lit(later),
                ),
                listed(
                    CASES,
                    [{"case_id": "C9", "person_id": PERSONS[5], "onset_date": AS_OF - DAY, "reported_at": later}],
                ),
            ],
            how="diagonal_relaxed",
        ),
        presences=pl.concat(
            [
                facts.presences,
                presences([(p, "home 0", "dwelling", later, later + DAY) for p in PERSONS]),
                presences(
                    [
                        (PERSONS[0], "meal 0", "meal", later, later + HOUR),
                        (PERSONS[9], "meal 0", "meal", later, later + HOUR),
                    ]
                ),
            ]
        ),
        interviews=pl.concat(
            [
                facts.interviews,
                listed(
                    INTERVIEWS,
                    [{"case_id": "C0", "person_id": PERSONS[12], "first_contact": later, "last_contact": later}],
                ),
            ],
            how="diagonal_relaxed",
        ),
        people=facts.people.with_columns(
            own_tests=pl.concat_str(
                "own_tests", pl.lit(f"{later + DAY:%Y-%m-%d}:pos"), separator=";", ignore_nulls=True
            ),
            in_quarantine_since=pl.lit(later),
        ),
    )
    before, after = answer(session, facts, book), answer(session, more, book)
    for result in RESULTS & before.given.keys():  # a room to the left may have been taken away
        assert after.given[result].equals(before.given[result]), result
    assert {n: f.value for n, f in after.figures.items()} == {n: f.value for n, f in before.figures.items()}


@worlds
@given(seed=seeds, name=books, days=st.integers(-400, 400))
def test_all_dates_moved_move_all_results(session, seed, name, days):
    facts, book, far = some_facts(random.Random(seed)), BOOKS[name], dt.timedelta(days=days)
    moved = replace(
        facts,
        people=facts.people.with_columns(
            own_tests=pl.col("own_tests").str.replace("2022-07-08", f"{dt.date(2022, 7, 8) + far:%Y-%m-%d}")
        ),
        **{n: getattr(facts, n).with_columns(cs.datetime() + far) for n in FRAMES if n != "people"},
    )
    before, after = answer(session, facts, book), answer(session, moved, book, AS_OF + far)
    for result in ("contacts", "measures", "clocks"):
        own = before.given[result].select(cs.exclude("reason_zh", "reason_en")).with_columns(cs.datetime() + far)
        if result == "measures":
            own = own.with_columns(pl.col("test_dates").list.eval(pl.element() + far))
        assert after.given[result].select(own.columns).equals(own), result


def rank_of(done):
    order = {category.value: n for n, category in enumerate(CATEGORY_ORDER)}
    ranks = {}
    for person, category in done.contacts.select("person_id", "category").iter_rows():
        ranks[person] = min(ranks.get(person, len(order)), order[category])
    return ranks


@worlds
@given(seed=seeds, name=books)
def test_more_exposure_never_shortens_and_takes_nobody_away(session, seed, name):
    chance, book = random.Random(seed), BOOKS[name]
    facts = some_facts(chance)
    before = answer(session, facts, book)
    windows = before.cases.filter(pl.col("window_problem").is_null())
    if not windows.height:
        return
    case = windows.row(chance.randrange(windows.height), named=True)
    span = case["infectious_to"] - case["infectious_from"]
    start = case["infectious_from"] + chance.random() * span
    other, person = chance.sample(PERSONS, 2)
    if chance.random() < 0.5:
        other = case["person_id"]
    else:
        start = AS_OF - chance.randrange(1, 9 * 24) * HOUR - 2 * HOUR
    met = [(who, "a room", "work", start, start + 2 * HOUR) for who in (other, person)]
    after = answer(session, replace(facts, presences=pl.concat([facts.presences, presences(met)])), book)
    ranks, now = rank_of(before), rank_of(after)
    assert set(ranks) <= set(now)
    assert all(now[one] <= rank for one, rank in ranks.items())
    ends = [dict(done.measures.group_by("person_id").agg(pl.col("end").max()).rows()) for done in (before, after)]
    for one, rank in ranks.items():
        if rank == now[one] and ends[0].get(one) is not None:
            assert ends[1][one] >= ends[0][one], one


@worlds
@given(seed=seeds, name=books, empty=st.booleans())
def test_whoever_has_a_measure_keeps_one_or_a_row_that_says_why_when_a_contact_falls_ill(session, seed, name, empty):
    chance, book = random.Random(seed), BOOKS[name]
    facts = some_facts(chance)
    before = answer(session, facts, book)
    close = (
        before.contacts.filter(pl.col("category") == "close_contact", ~pl.col("is_case"))["person_id"].unique().sort()
    )
    if not close.len():
        return
    ill = close[chance.randrange(close.len())]
    onset = AS_OF - chance.randrange(0, 72) * HOUR
    fell_ill = {
        "case_id": "C7",
        "person_id": ill,
        "onset_date": onset,
        "reported_at": AS_OF,
        "classification": "confirmed",
    }
    fell_ill |= {"isolated_at": onset - 4 * DAY if empty else None}
    more = replace(facts, cases=pl.concat([facts.cases, listed(CASES, [fell_ill])], how="diagonal_relaxed"))
    after = answer(session, more, book)
    told = set(after.measures["person_id"]) | set(after.undecided["value"])
    assert set(before.measures["person_id"]) <= told
    if not empty:
        now = rank_of(after)
        # Whom only he linked to the outbreak is a close contact by now (8), or at least what they were (9).
        linked = before.contacts.filter(pl.col("via_person_id") == ill)["person_id"].to_list()
        cases = set(more.cases["person_id"])
        assert all(now[one] <= rank_of(before)[one] for one in linked if one not in cases)
        if name == "covid19-cn-8":
            assert all(now[one] == 1 for one in linked if one not in cases)
    if empty:
        assert "C7" in after.undecided["value"].to_list()
