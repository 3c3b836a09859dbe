"""What holds for every person whatever his facts: the properties behind the rows that were worked by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lianfang.measures.core.decide import Decided, decide
from lianfang.measures.core.persons import EXPOSED
from lianfang.playbook.load import load
from lianfang.playbook.model import Playbook

AS_OF = dt.datetime(2022, 3, 10, 12)
BOOKS = {
    "8": load("covid19-cn-8", ("covid19-cn-8-local-2021-08",)),
    "9": load("covid19-cn-9"),
}
WORDS = {
    "origin_risk": ["high", "medium", "low", "中风险", "purple"],
    "special": ["child", "孕产妇", "child;illness", "贵宾"],
    "symptomatic": ["yes", "no"],
    "severity": ["mild", "severe"],
    "classification": ["confirmed", "asymptomatic", "suspected"],
}
TIMES = ("last_exposure", "left_area", "entered_at", "found_at", "in_quarantine_since", "isolated_at", "sampled_at")
TESTS = ("linked_tests", "own_tests")
CATEGORIES = ("close_contact", "secondary_contact", "general_contact", "arrival", "inbound", "case")
OUTCOME = ("person_id", "category", "measure", "place_class", "start", "end", "test_dates", "rule")

Facts = list[dict[str, Any]]


def minutes(low: int, high: int) -> st.SearchStrategy[dt.datetime]:
    """Times by the half hour, so that midnights are frequent; in days before the time of the decision."""
    return st.integers(low * 48, high * 48).map(lambda half: AS_OF - dt.timedelta(hours=half / 2))


def some_tests(low: int, high: int) -> st.SearchStrategy[str]:
    """Tests on days before the time of the decision."""
    one = st.tuples(st.integers(low, high), st.sampled_from(["neg", "pos", "neg"]))
    return st.lists(one, min_size=1, max_size=4).map(
        lambda some: ";".join(f"{(AS_OF - dt.timedelta(days=back)).date()}:{said}" for back, said in some)
    )


@st.composite
def person(draw: st.DrawFn) -> dict[str, Any]:
    """Return one person, as lists tell people: some facts missing, some words unknown."""
    facts: dict[str, Any] = {"category": draw(st.sampled_from(CATEGORIES))}
    told = draw(st.sets(st.sampled_from([*TIMES, *TIMES, *WORDS, *TESTS]), max_size=9))
    for name in sorted(told | {"last_exposure"} if draw(st.booleans()) else told):
        if name in TIMES:
            facts[name] = draw(minutes(0, 40))
        else:
            facts[name] = draw(st.sampled_from(WORDS[name]) if name in WORDS else some_tests(0, 20))
    return facts


people = st.lists(person(), min_size=1, max_size=25).map(
    lambda some: [{"person_id": f"P{number:02}", **facts} for number, facts in enumerate(some)]
)
few = settings(
    max_examples=4,
    # A failing example may be long: to make it small would take minutes, and the message names the person.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
each_book = pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)


def ask(facts: Facts, book: Playbook, *, as_of: dt.datetime = AS_OF) -> Decided:
    """Decide facts as they come from a list."""
    text = {name: pl.String() for name in ("person_id", "category", *WORDS, *TESTS)}
    kinds = text | {name: pl.Datetime("us") for name in TIMES}
    return decide(pl.DataFrame(facts, schema=kinds), playbook=book, as_of=as_of)


def outcome(decided: Decided) -> list[tuple[Any, ...]]:
    """Return the measures without their words, in a fixed order."""
    return sorted(decided.measures.select(OUTCOME).rows(), key=repr)


@each_book
@few
@given(facts=people)
def test_nobody_vanishes_without_a_row_that_says_why(book: Playbook, facts: Facts) -> None:
    decided = ask(facts, book)
    told = {*decided.measures["person_id"], *decided.refused["person_id"]}
    assert told == {one["person_id"] for one in facts}
    assert decided.refused["fact"].null_count() == 0
    for name in ("reason_zh", "reason_en"):
        assert decided.refused[name].str.len_chars().min() != 0
        assert decided.measures[name].str.len_chars().min() != 0


@each_book
@few
@given(facts=people, days=st.integers(-400, 400))
def test_shifting_every_date_shifts_every_result(book: Playbook, facts: Facts, days: int) -> None:
    shift = dt.timedelta(days=days)
    moved = ask([_moved(one, shift) for one in facts], book, as_of=AS_OF + shift)
    again = moved.measures.with_columns(
        pl.col("start", "end") - pl.lit(shift, pl.Duration("us")),
        pl.col("test_dates").list.eval(pl.element().dt.offset_by(f"{-days}d")),
    )
    before = ask(facts, book)
    assert sorted(again.select(OUTCOME).rows(), key=repr) == outcome(before)
    why = ("person_id", "category", "fact")
    assert sorted(moved.refused.select(why).rows(), key=repr) == sorted(before.refused.select(why).rows(), key=repr)


@each_book
@few
@given(facts=people, days=st.integers(1, 12))
def test_more_exposure_never_shortens(book: Playbook, facts: Facts, days: int) -> None:
    exposed = [one for one in facts if one.get("last_exposure")]
    again = [{**one, "last_exposure": min(one["last_exposure"] + dt.timedelta(days=days), AS_OF)} for one in exposed]
    before, later = _last_end(ask(facts, book)), _last_end(ask([*facts, *again], book))
    for who, end in before.items():
        assert later.get(who, dt.datetime.min) >= end, f"{who}: until {later.get(who)}, and {end} with less exposure"


@each_book
@few
@given(facts=people, others=people)
def test_being_in_a_second_category_never_shortens(book: Playbook, facts: Facts, others: Facts) -> None:
    no_cases = [one for one in (*facts, *others) if one["category"] != "case" and not one.get("own_tests")]
    once = [one for one in facts if one in no_cases]
    # A second category: of several rows of one the latest exposure counts, which another property holds.
    first = {(one["person_id"], one["category"]) for one in once}
    more = [one for one in others if one in no_cases and (one["person_id"], one["category"]) not in first]
    alone = [ask(some, book) for some in (once, more) if some]
    decided = ask([*once, *more], book) if alone else None
    together = _ends_by_person(decided) if decided else {}
    exposed = [category.value for category in EXPOSED]  # the stricter first
    asked = [pair for one in alone for pair in _last_end(one).items()]
    strictest: dict[str, int] = {}
    for (who, category), _ in asked:
        if category in exposed:
            strictest[who] = min(strictest.get(who, len(exposed)), exposed.index(category))
    for (who, category), end in asked:
        # Of what an exposure made of a person the stricter counts alone while it asks for anything, also where the
        # weaker one would have lasted longer.
        if category in exposed and exposed.index(category) > strictest[who]:
            assert decided is not None and (who, category) not in _last_end(decided), f"{who}: {category} as well"
            continue
        assert together.get(who, dt.datetime.min) >= end, f"{who}: until {together.get(who)}, and {end} in one category"


@each_book
@few
@given(facts=people, seed=st.randoms(use_true_random=False))
def test_the_order_of_rows_and_other_people_change_nothing(book: Playbook, facts: Facts, seed: Any) -> None:
    shuffled = list(facts)
    seed.shuffle(shuffled)
    whole = outcome(ask(facts, book))
    assert outcome(ask(shuffled, book)) == whole
    half = facts[: len(facts) // 2 + 1]
    names = {one["person_id"] for one in half}
    assert outcome(ask(half, book)) == [line for line in whole if line[0] in names]


@each_book
@few
@given(facts=people, days=st.integers(1, 30), kind=st.sampled_from(["row", "person", "tests"]))
def test_what_lies_ahead_changes_nothing(book: Playbook, facts: Facts, days: int, kind: str) -> None:
    ahead = dt.timedelta(days=days)
    if kind == "tests":
        pos = f"{(AS_OF + ahead).date()}:pos"
        more = [{**one, **{name: f"{one[name]};{pos}" for name in TESTS if one.get(name)}} for one in facts]
        added = []
    else:
        added = [
            {**one, "person_id": one["person_id"] if kind == "row" else f"late {one['person_id']}"}
            | {"last_exposure": AS_OF + ahead, "left_area": AS_OF + ahead, "entered_at": AS_OF + ahead}
            | {"isolated_at": AS_OF + ahead, "sampled_at": AS_OF + ahead}
            for one in facts
        ]
        more = [*facts, *added]
    before, after = ask(facts, book), ask(more, book)
    named = {one["person_id"] for one in facts}
    # Whoever's fact lies ahead may be refused, aloud and by the name of the fact; nobody is decided otherwise for it.
    aloud = {row["person_id"] for row in after.refused.iter_rows(named=True) if row["fact"] in (*TIMES, *TESTS)}
    kept = aloud if kind == "tests" else set()
    assert [line for line in outcome(after) if line[0] in named - kept] == [
        line for line in outcome(before) if line[0] not in kept
    ]
    assert {one["person_id"] for one in added} <= {*after.measures["person_id"], *after.refused["person_id"]}


def _moved(facts: dict[str, Any], shift: dt.timedelta) -> dict[str, Any]:
    def moved(name: str, value: Any) -> Any:
        if name in TIMES:
            return value + shift
        if name in TESTS:
            days = (entry.split(":") for entry in value.split(";"))
            return ";".join(f"{dt.date.fromisoformat(day) + shift}:{said}" for day, said in days)
        return value

    return {name: moved(name, value) for name, value in facts.items()}


def _ends_by_person(decided: Decided) -> dict[str, dt.datetime]:
    """Return until when anything is asked of each person."""
    ends: dict[str, dt.datetime] = {}
    for (who, _), end in _last_end(decided).items():
        ends[who] = max(end, ends.get(who, end))
    return ends


def _last_end(decided: Decided) -> dict[tuple[str, str], dt.datetime]:
    """Return until when anything is asked of each person in each category: for ever where a measure has no term."""
    asked = decided.measures.filter(pl.col("measure") != "none")
    forever = pl.lit(dt.datetime(2999, 1, 1), pl.Datetime("us"))
    ends = asked.group_by("person_id", "category").agg(pl.col("end").fill_null(forever).max())
    return {(who, category): end for who, category, end in ends.iter_rows()}
