"""Measures: worked examples by hand, and equality with a slow, obvious version on random people and playbooks."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.measures.core.decide import MEASURES, decide
from lianfang.measures.core.facts import FACT_COLUMNS, REFUSED, TIMES
from lianfang.playbook.load import load
from lianfang.playbook.model import MeasureRule, Playbook

D = dt.datetime
NOW = D(2021, 8, 30, 12)
EIGHT = load("covid19-cn-8")
LOCAL = load("covid19-cn-8-local-2021-08")
NINE = load("covid19-cn-9")
CLINICAL = load("covid19-cn-8-clinical-9")
BOOKS = {book.id: book for book in (EIGHT, LOCAL, CLINICAL, NINE)}


def frame(*people: dict[str, Any]) -> pl.DataFrame:
    columns = list(dict.fromkeys(name for person in people for name in person))
    return pl.DataFrame(
        {name: [person.get(name) for person in people] for name in columns},
        schema_overrides={name: kind for name, kind in FACT_COLUMNS.items() if name in columns},
    )


def periods(person: dict[str, Any], book: Playbook) -> list[dict[str, Any]]:
    decided = decide(frame({"person_id": "p", **person}), playbook=book, as_of=NOW)
    assert decided.refused.is_empty(), decided.refused.to_dicts()
    return decided.measures.to_dicts()


def measure_rule(book: Playbook, rule_id: str) -> MeasureRule:
    rule = book.rule(rule_id)
    assert isinstance(rule, MeasureRule)
    return rule


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_a_close_contact_of_the_eighth_edition() -> None:
    """The worked example of docs/algorithms/measures.md."""
    quarantine, monitoring = periods(
        {"category": "close_contact", "last_exposure": D(2021, 8, 5, 18, 30), "found_at": D(2021, 8, 9, 10)}, EIGHT
    )
    assert (quarantine["measure"], quarantine["place_class"]) == ("central_quarantine", "central")
    assert (quarantine["start"], quarantine["end"]) == (D(2021, 8, 9, 10), D(2021, 8, 20))
    assert (quarantine["clock_from"], quarantine["clock_at"]) == ("last_exposure", D(2021, 8, 5, 18, 30))
    assert quarantine["test_dates"] == [day("2021-08-09"), day("2021-08-12"), day("2021-08-19")]
    assert (monitoring["measure"], monitoring["place_class"]) == ("home_monitoring", "home")
    assert (monitoring["start"], monitoring["end"]) == (D(2021, 8, 20), D(2021, 8, 27))
    assert (monitoring["clock_from"], monitoring["clock_at"]) == ("previous_end", D(2021, 8, 20))
    assert monitoring["test_dates"] == [day("2021-08-21"), day("2021-08-26")]
    assert {row["playbook"] for row in (quarantine, monitoring)} == {EIGHT.name}
    for words in (
        "密切接触者:集中隔离医学观察14天",
        "从末次接触（2021年8月5日18时30分）起算，8月6日为第1天，8月19日为第14天，2021年8月20日0时期满",
        "2021年8月9日10时发现时已过3天，补足其余11天即可",
        "核酸检测：第4天（8月9日）、第7天（8月12日）、第14天（8月19日），已过的检测日不补",
        "解除条件：历次核酸均为阴性",
    ):
        assert words in quarantine["reason_zh"]
    for words in (
        "Close contact: 14 days of central quarantine.",
        "Counted from last exposure (2021-08-05 18:30): day 1 is 2021-08-06, day 14 is 2021-08-19, over at",
        "Found on 2021-08-09 10:00: 3 of the days had passed, the other 11 are served.",
        "Tests: day 4 (2021-08-09), day 7 (2021-08-12), day 14 (2021-08-19); earlier test days are not made up.",
    ):
        assert words in quarantine["reason_en"]


def test_the_document_shows_these_numbers() -> None:
    page = (Path(__file__).parents[5] / "docs" / "algorithms" / "measures.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| (\w+) \| (\S+ \S+) \| (\S+ \S+) \| ([\d, -]+) \|$", page, flags=re.MULTILINE)
    rows = periods(
        {"category": "close_contact", "last_exposure": D(2021, 8, 5, 18, 30), "found_at": D(2021, 8, 9, 10)}, EIGHT
    )
    assert [
        (
            row["measure"],
            f"{row['start']:%Y-%m-%d %H:%M}",
            f"{row['end']:%Y-%m-%d %H:%M}",
            ", ".join(f"{one:%m-%d}" for one in row["test_dates"]),
        )
        for row in rows
    ] == shown


def test_who_is_found_after_the_quarantine_goes_straight_to_the_home_stage() -> None:
    (only,) = periods(
        {"category": "close_contact", "last_exposure": D(2021, 8, 5, 18), "found_at": D(2021, 8, 22, 9)}, EIGHT
    )
    assert (only["measure"], only["start"], only["end"]) == ("home_monitoring", D(2021, 8, 22, 9), D(2021, 8, 27))
    assert only["test_dates"] == [day("2021-08-22"), day("2021-08-26")]
    assert "核酸检测：管控开始当日（8月22日）、第7天（8月26日），已过的检测日不补" in only["reason_zh"]
    assert "到2021年8月20日0时已期满，不再执行" in only["reason_zh"]


def test_who_is_found_after_everything_has_no_measure_left() -> None:
    (only,) = periods(
        {"category": "close_contact", "last_exposure": D(2021, 7, 1), "found_at": D(2021, 8, 22, 9)}, NINE
    )
    assert (only["measure"], only["place_class"]) == ("none", "anywhere")
    assert (only["start"], only["end"], only["test_dates"]) == (D(2021, 8, 22, 9), None, [])
    assert only["reason_zh"].endswith("2021年8月22日9时发现时已无需措施。")
    assert only["reason_en"].endswith("no measure was left.")


def test_the_minute_at_which_a_period_is_over() -> None:
    at_end = {"category": "secondary_contact", "last_exposure": D(2021, 8, 5, 12)}
    assert periods({**at_end, "found_at": D(2021, 8, 12, 23, 59)}, NINE)[0]["measure"] == "home_quarantine"
    assert periods({**at_end, "found_at": D(2021, 8, 13)}, NINE)[0]["measure"] == "none"


@pytest.mark.parametrize(
    ("book", "risk", "measure", "end", "tests"),
    [
        (LOCAL, "high", "central_quarantine", D(2021, 8, 20), "06 09 12 15 19"),
        (LOCAL, "medium", "home_quarantine", D(2021, 8, 20), "06 09 12 15 19"),
        (NINE, "high", "central_quarantine", D(2021, 8, 13), "06 07 08 10 12"),
        (NINE, "medium", "home_quarantine", D(2021, 8, 13), "06 09 12"),
        (NINE, "low", "testing", D(2021, 8, 9), "06 08"),
        (LOCAL, "low", "none", None, ""),
    ],
)
def test_arrivals(book: Playbook, risk: str, measure: str, end: dt.datetime | None, tests: str) -> None:
    (row,) = periods({"category": "arrival", "left_area": D(2021, 8, 5, 20), "origin_risk": risk}, book)
    assert (row["measure"], row["end"]) == (measure, end)
    assert " ".join(f"{one:%d}" for one in row["test_dates"]) == tests


def test_a_case_stays_until_the_release_conditions_hold_and_then_goes_on() -> None:
    (open_ended,) = periods({"category": "case", "isolated_at": D(2021, 8, 5, 10)}, EIGHT)
    assert (open_ended["measure"], open_ended["end"]) == ("hospital_isolation", None)
    assert "体温正常3天以上" in open_ended["reason_zh"]
    stay, after = periods(
        {"category": "case", "isolated_at": D(2021, 8, 5, 10), "discharged_at": D(2021, 8, 21, 9)}, EIGHT
    )
    assert (stay["start"], stay["end"]) == (D(2021, 8, 5, 10), D(2021, 8, 21, 9))
    assert (after["measure"], after["start"], after["end"]) == (
        "home_quarantine",
        D(2021, 8, 21, 9),
        D(2021, 9, 5),
    )
    # Without a time of isolation the next fact starts it, and the row says which.
    (row,) = periods({"category": "case", "sampled_at": D(2021, 8, 5), "onset_date": D(2021, 8, 3)}, EIGHT)
    assert (row["clock_from"], row["start"]) == ("sampled_at", D(2021, 8, 5))


def test_a_stage_whose_start_is_not_known_is_named_and_not_forgotten() -> None:
    (stay,) = periods({"category": "case", "isolated_at": D(2021, 8, 5, 10)}, EIGHT)
    after = EIGHT.rule("measure.case.after_discharge").title
    assert stay["reason_zh"].endswith(f"其后为“{after.zh}”，从出院或解除起算，时间未定。")
    assert stay["reason_en"].endswith(f'Then follows "{after.en}", counted from discharge, which is not known yet.')
    # A stage behind the one that waits is named too.
    third = measure_rule(EIGHT, "measure.case.after_discharge").model_copy(
        update={"id": "measure.case.third", "after": "measure.case.after_discharge", "clock_from": None}
    )
    longer = EIGHT.model_copy(update={"measures": [*EIGHT.measures, third]})
    (stay,) = periods({"category": "case", "isolated_at": D(2021, 8, 5, 10)}, longer)
    assert f'"{after.en}", "{third.title.en}", counted from' in stay["reason_en"]
    # Once it is known nothing waits, and what has a date needs no such words.
    known = periods({"category": "case", "isolated_at": D(2021, 8, 5), "discharged_at": D(2021, 8, 21)}, longer)
    assert [row["rule"].rpartition(".")[2] for row in known] == ["hospital", "after_discharge", "third"]
    dated = periods({"category": "close_contact", "last_exposure": D(2021, 8, 5)}, EIGHT)
    assert not any("Then follows" in row["reason_en"] or "时间未定" in row["reason_zh"] for row in [*known, *dated])


def test_without_symptoms_and_mild() -> None:
    assert periods({"category": "case", "symptomatic": "no", "isolated_at": D(2021, 8, 5)}, EIGHT)[0]["end"] == D(
        2021, 8, 20
    )
    (mild,) = periods({"category": "case", "severity": "mild", "isolated_at": D(2021, 8, 5)}, NINE)
    assert (mild["measure"], mild["place_class"]) == ("central_quarantine", "central")


def test_special_needs_stay_at_home_in_the_eighth_edition() -> None:
    child = {"category": "close_contact", "special": "child", "last_exposure": D(2021, 8, 5, 9)}
    home, monitoring = periods(child, EIGHT)
    assert (home["measure"], home["end"]) == ("home_quarantine", D(2021, 8, 20))
    assert monitoring["measure"] == "home_monitoring"


@pytest.mark.parametrize(
    ("tests", "rule"),
    [
        (None, "quarantine"),
        ("2021-08-06:neg", "quarantine"),
        ("2021-08-06:neg;2021-08-09:neg", "quarantine"),
        ("2021-08-06:neg; 2021-08-09:pos", "upgraded"),
        ("2021-08-12:pos;2021-08-06:neg;2021-08-09:neg", "quarantine"),
        ("2021-08-12:neg;2021-08-06:pos", "upgraded"),
        ("2021-08-06:neg;2021-08-06:neg;2021-08-09:pos", "upgraded"),  # two samples of one day are one test
        ("2021-08-06:neg;2021-08-09:neg;2021-08-12:pos", "quarantine"),
        ("2021-08-06:neg;2021-08-31:pos", "quarantine"),  # after the time of reckoning
    ],
)
def test_the_first_two_tests_of_the_linked_contact(tests: str | None, rule: str) -> None:
    row = periods({"category": "secondary_contact", "last_exposure": D(2021, 8, 5), "linked_tests": tests}, NINE)[0]
    assert row["rule"] == f"measure.secondary_contact.{rule}"


def test_a_missing_fact_is_refused_by_its_name() -> None:
    people = frame(
        {"person_id": "a", "category": "close_contact"},
        {"person_id": "b", "category": "arrival", "left_area": D(2021, 8, 5)},
        {"person_id": "c", "category": "arrival", "origin_risk": "high"},
        {"person_id": "d", "category": "secondary_contact", "last_exposure": D(2021, 8, 5), "linked_tests": "neg"},
        {"person_id": "e", "category": None},
        {"person_id": "f", "category": "passer_by"},
        {"person_id": None, "category": "close_contact"},
        {"person_id": "g", "category": "inbound", "entered_at": D(2021, 8, 5)},
        {"person_id": "h", "category": "case"},
    )
    decided = decide(people, playbook=NINE, as_of=NOW)
    assert {(row["person_id"], row["fact"]) for row in decided.refused.to_dicts()} == {
        ("a", "last_exposure"),
        ("b", "origin_risk"),
        ("c", "left_area"),
        ("d", "linked_tests"),
        ("e", "category"),
        ("f", "category"),
        (None, "person_id"),
        ("h", "isolated_at"),
    }
    assert all(row["reason_zh"] and row["reason_en"] for row in decided.refused.to_dicts())
    assert set(decided.measures["person_id"]) == {"g"}
    assert dict(decided.measures.schema) == MEASURES and dict(decided.refused.schema) == REFUSED


def test_texts_and_dates_are_read_and_nothing_gives_nothing() -> None:
    texts = pl.DataFrame(
        {"person_id": [1], "category": ["close_contact"], "last_exposure": ["2021-08-05 18:30"], "special": [" "]}
    )
    assert decide(texts, playbook=EIGHT, as_of=NOW).measures["end"][0] == D(2021, 8, 20)
    dates = texts.with_columns(pl.lit(dt.date(2021, 8, 5)).alias("last_exposure"))
    assert decide(dates, playbook=EIGHT, as_of=NOW).measures["end"][0] == D(2021, 8, 20)
    empty = decide(pl.DataFrame(schema={"person_id": pl.String()}), playbook=EIGHT, as_of=NOW)
    assert empty.measures.is_empty() and dict(empty.measures.schema) == MEASURES and empty.refused.is_empty()


def test_the_order_of_the_rows_changes_nothing() -> None:
    people = frame(
        *({"person_id": str(n), "category": "close_contact", "last_exposure": D(2021, 8, 1 + n)} for n in range(9))
    )
    there = decide(people, playbook=EIGHT, as_of=NOW)
    back = decide(people.reverse(), playbook=EIGHT, as_of=NOW)
    assert there.measures.equals(back.measures)


# The slow, obvious version: one person at a time, in plain Python, from the words of the docstring.

DERIVED = {"linked_positive": ("linked_tests", None), "linked_first_two": ("linked_tests", 2)}
DERIVED["own_positive"] = ("own_tests", None)


def told(tests: str | None, first: int | None) -> tuple[str | None, dt.datetime | None]:
    days: dict[str, bool] = {}
    for one in (tests or "").split(";"):
        if one.strip() and one.strip()[:10] <= NOW.date().isoformat():
            date, _, result = one.strip().partition(":")
            days[date] = days.get(date, False) or result == "pos"
    known = sorted(days)[:first]
    positive = [date for date in known if days[date]]
    if positive:
        return "yes", D.fromisoformat(positive[0])
    return ("no" if len(known) >= (first or 1) else None), None


def slowly(person: dict[str, Any], book: Playbook) -> tuple[list[tuple[Any, ...]], str | None]:
    known = {name: value for name, value in person.items() if value is not None and value != "unknown"}
    for name in ("last_exposure", "left_area", "entered_at", "found_at", "in_quarantine_since"):
        if known.get(name, NOW) > NOW:
            return [], name
    known = {name: value for name, value in known.items() if not (isinstance(value, D) and value > NOW)}
    if "last_exposure" in known and known["last_exposure"].time() == dt.time():
        known["last_exposure"] -= dt.timedelta(days=1)
    result_at = {}
    for fact, (column, first) in DERIVED.items():
        answer, result_at[fact] = told(person.get(column), first)
        if answer:
            known[fact] = answer
    if result_at["own_positive"]:
        known["own_positive_at"] = result_at["own_positive"]
    if known["category"] == "case":
        known.setdefault("classification", "asymptomatic" if known.get("symptomatic") == "no" else "confirmed")

    def has(fact: str, values: list[str]) -> bool:
        return bool(set(str(known.get(fact)).split(";")) & set(values))

    def fits(rule: Any) -> bool:
        return all(has(fact, values) for fact, values in rule.when.items())

    rule = next(
        (one for one in book.measures if one.after is None and one.category == known["category"] and fits(one)), None
    )
    if rule is None:
        for one in book.measures:
            if one.after is None and one.category == known["category"] and "own_positive" not in one.when:
                missing = [fact for fact in one.when if fact not in known]
                others = all(has(fact, values) for fact, values in one.when.items() if fact in known)
                if missing and others:
                    return [], missing[0]
        return [], "category"
    day_ones = {start: rule_.day_one for rule_ in reversed(book.counting) for start in rule_.clock_from}
    found, made, previous_end, last = known.get("found_at"), [], None, None
    results = [result_at[fact] for fact in DERIVED if "yes" in rule.when.get(fact, [])]
    known_at = max((one for one in (found, *results) if one), default=None)
    first = True
    while rule is not None:
        if rule.measure == "none":
            return [("none", known_at or NOW, None, None, None, [], rule.id)], None
        follows = next((one for one in book.measures if one.after == rule.id and fits(one)), None)
        starts = [rule.clock_from, *rule.otherwise_from] if rule.clock_from else []
        name = next((start for start in starts if start in known), None)
        clock = known[name] if name else None
        if clock is None and not first and previous_end is not None:
            name, clock = "previous_end", previous_end
        if clock is None:
            if first:
                return [], rule.clock_from
            break
        first_day = clock.date() + dt.timedelta(days=1 if day_ones.get(name, "same") == "next" else 0)
        if rule.if_late == "start_anew" and found:
            days = {first_day + dt.timedelta(days=number - 1) for number in rule.tests}
            possible = {one for one in days if one >= found.date()}
            if found.date() > first_day:
                possible.add(found.date())
            if len(possible) < len(days):
                name, clock, first_day = "found_at", found, found.date()
        end = None
        if rule.days is not None:
            end = D.combine(first_day + dt.timedelta(days=rule.days), dt.time())
        if follows is not None and follows.clock_from:
            cut = next((s for s in [follows.clock_from, *follows.otherwise_from] if s in known), None)
            end = known[cut] if cut else end
        start = max(clock, known_at) if known_at else clock
        dates = [first_day + dt.timedelta(days=number - 1) for number in rule.tests]
        dates = [one for one in dates if one >= start.date() and (end is None or D.combine(one, dt.time()) < end)]
        placed = known_at is not None and start == known_at and known_at >= clock
        if rule.tests and placed and (rule.after or start.date() > first_day) and book.late_find:
            dates = sorted({start.date(), *dates})
        last = (name, clock, rule.id)
        if end is None or start < end:
            made.append((rule.measure.value, start, end, name, clock, dates, rule.id))
        previous_end, rule, first = end, follows, False
    if not made and last is not None:
        return [("none", known_at or NOW, None, *last[:2], [], last[2])], None
    return made, None


moments = st.datetimes(D(2021, 7, 20), D(2021, 9, 1)).map(lambda moment: moment.replace(second=0, microsecond=0))
midnights = st.dates(dt.date(2021, 7, 20), dt.date(2021, 8, 30)).map(lambda one: D.combine(one, dt.time()))
results = st.lists(
    st.tuples(st.dates(dt.date(2021, 8, 1), dt.date(2021, 8, 5)), st.sampled_from(["neg", "neg", "pos"])), max_size=4
).map(lambda found: ";".join(f"{one}:{result}" for one, result in found) or None)
people = st.fixed_dictionaries(
    {
        "category": st.sampled_from(
            ["case", "close_contact", "secondary_contact", "general_contact", "arrival", "inbound"]
        ),
        **{name: st.none() | moments | midnights for name in TIMES},
        "origin_risk": st.sampled_from([None, "high", "medium", "low", "unknown"]),
        "special": st.sampled_from([None, None, "child", "elderly", "elderly;illness"]),
        "symptomatic": st.sampled_from([None, "yes", "no"]),
        "severity": st.sampled_from([None, "mild", "severe"]),
        "classification": st.sampled_from([None, "suspected", "confirmed", "excluded"]),
        "linked_tests": results,
        "own_tests": st.none() | results,
    }
)


@settings(max_examples=200, deadline=None)
@given(st.lists(people, min_size=1, max_size=6), st.sampled_from(sorted(BOOKS)), st.sampled_from(["next", "same"]))
def test_equal_to_the_slow_version(found: list[dict[str, Any]], book_id: str, day_one: str) -> None:
    book = BOOKS[book_id]
    counting = [rule.model_copy(update={"day_one": day_one}) for rule in book.counting]
    book = book.model_copy(update={"counting": counting})
    rows = [{"person_id": str(number), **person} for number, person in enumerate(found)]
    decided = decide(frame(*rows), playbook=book, as_of=NOW)
    for row in rows:
        expected, fact = slowly(row, book)
        got = [
            (
                one["measure"],
                one["start"],
                one["end"],
                one["clock_from"],
                one["clock_at"],
                one["test_dates"],
                one["rule"],
            )
            for one in decided.measures.filter(pl.col("person_id") == row["person_id"]).to_dicts()
        ]
        key = lambda one: (one[1], one[6])  # noqa: E731
        refused = decided.refused.filter(pl.col("person_id") == row["person_id"])["fact"].to_list()
        assert refused == ([fact] if fact else [])
        assert sorted(got, key=key) == sorted(expected, key=key)
    assert decided.measures["reason_zh"].is_not_null().all() and decided.measures["reason_en"].is_not_null().all()
    assert (decided.measures["reason_zh"].str.len_chars() > 10).all()
