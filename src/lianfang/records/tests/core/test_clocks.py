"""Clocks against slow, obvious code, and against the numbers of docs/algorithms/clocks.md."""

import datetime as dt
import random
import re
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.playbook.load import load
from lianfang.playbook.model import Bilingual, ClockRule, Playbook
from lianfang.records.core.clocks import (
    clocks_of,
    done_at,
    due_of,
    held,
    limit_to_locate,
    limits_to_transfer,
    not_started,
    rules_for,
)

FACTS = ("reported_at", "sampled_at", "onset_date")
DAY = dt.datetime(2021, 8, 5)


def rule(rule_id: str, clock: str, hours: float, *starts_from: str, subject: str = "case") -> ClockRule:
    return ClockRule(
        id=rule_id,
        title=Bilingual(zh=f"{clock} 时限", en=f"limit of {clock}"),
        source=["test"],
        evidence="SYS",
        clock=clock,
        hours=hours,
        starts_from=list(starts_from),
        subject=subject,
    )


def playbook_with(*rules: ClockRule) -> Playbook:
    return Playbook.model_construct(clocks=list(rules))


def slow_clocks(cases: list[dict], rules: list[ClockRule]) -> list[tuple]:
    """The contract, row by row."""
    found = []
    for case in cases:
        for clock in sorted({r.clock for r in rules}):
            for r in rules:
                present = [case[name] for name in r.starts_from if case.get(name) is not None and stands(case, name, r)]
                if r.clock == clock and present:
                    found.append((case["case_id"], clock, present[0], due_of(present[0], r.hours), r.id))
                    break
    return sorted(found, key=lambda row: (row[0], row[3], row[1]))


def stands(case: dict, name: str, r: ClockRule) -> bool:
    """Whether the clock would not be due before the case fell ill, or starts when the case was learned of."""
    ill = case.get("onset_date")
    return name in ("reported_at", "onset_date") or ill is None or case[name] + dt.timedelta(hours=r.hours) >= ill


moments = st.none() | st.datetimes(DAY, DAY + dt.timedelta(days=20)).map(lambda t: t.replace(microsecond=0))
cases_lists = st.lists(st.fixed_dictionaries(dict.fromkeys(FACTS, moments)), max_size=8).map(
    lambda rows: [{"case_id": f"C{n}", **row} for n, row in enumerate(rows)]
)
rule_lists = st.lists(
    st.tuples(
        st.sampled_from(["on_site", "core_facts", "everything"]),
        st.sampled_from([0.5, 2, 4, 8, 24]),
        st.lists(st.sampled_from(FACTS), min_size=1, max_size=3, unique=True),
    ),
    min_size=1,
    max_size=5,
).map(lambda rows: [rule(f"clocks.r{n}", clock, hours, *starts) for n, (clock, hours, starts) in enumerate(rows)])


def as_frame(cases: list[dict]) -> pl.DataFrame:
    return pl.DataFrame(cases, schema={"case_id": pl.String, **dict.fromkeys(FACTS, pl.Datetime("us"))})


@given(cases_lists, rule_lists, st.randoms())
@settings(max_examples=300, deadline=None)
def test_clocks_equal_the_slow_code_whatever_the_order_of_rows(
    cases: list[dict], rules: list[ClockRule], chance: random.Random
) -> None:
    shuffled = cases.copy()
    chance.shuffle(shuffled)
    got = clocks_of(as_frame(shuffled), rules)
    assert got.rows() == slow_clocks(cases, rules)
    assert got.columns == ["case_id", "clock", "starts", "due", "rule"]


@given(cases_lists, rule_lists)
@settings(max_examples=100, deadline=None)
def test_every_case_and_clock_is_either_started_or_named_with_a_reason(
    cases: list[dict], rules: list[ClockRule]
) -> None:
    started = clocks_of(as_frame(cases), rules).select("case_id", "clock").rows()
    missing = not_started(as_frame(cases), rules)
    assert missing.columns == ["case_id", "clock", "rule", "needs", "reason_zh", "reason_en"]
    every = sorted((case["case_id"], clock) for case in cases for clock in {r.clock for r in rules})
    assert sorted(started + missing.select("case_id", "clock").rows()) == every
    assert all(missing["reason_zh"].str.contains("补填")) and all(missing["reason_en"].str.contains("fill in"))


def test_kept_columns_are_read_as_text_and_dates_count_from_midnight() -> None:
    rules = [rule("clocks.a", "on_site", 2, "reported_at", "onset_date")]
    text = pl.DataFrame(
        {"case_id": ["a", "b", "c", "d"], "reported_at": ["2021-08-05T10:30", "2021-08-05 10:30:15", "2021-08-05", "-"]}
    )
    assert clocks_of(text, rules)["due"].to_list() == [
        dt.datetime(2021, 8, 5, 12, 30),
        dt.datetime(2021, 8, 5, 12, 30, 15),
        dt.datetime(2021, 8, 5, 2),
    ]
    dates = pl.DataFrame({"case_id": ["a"], "onset_date": [dt.date(2021, 8, 5)]})
    assert clocks_of(dates, rules)["due"].to_list() == [dt.datetime(2021, 8, 5, 2)]


def test_no_time_at_all_starts_no_clock() -> None:
    rules = [rule("clocks.a", "on_site", 2, "reported_at")]
    cases = pl.DataFrame({"case_id": ["a"]})
    assert clocks_of(cases, rules).is_empty()
    assert not_started(cases, rules)["needs"].to_list() == [["reported_at"]]


def test_the_worked_example_of_the_page_is_what_the_code_gives() -> None:
    page = (Path(__file__).resolve().parents[5] / "docs/algorithms/clocks.md").read_text("utf-8")
    rows = re.findall(r"^\| (C\d) \| (\w+) \| ([\d: -]+) \| ([\d: -]+) \| (\S+) \|$", page, re.MULTILINE)
    rules = [
        rule("clocks.on_site", "on_site", 2, "reported_at", "sampled_at"),
        rule("clocks.core_facts", "core_facts", 4, "reported_at", "sampled_at"),
        rule("clocks.isolated", "isolated", 8, "reported_at"),
    ]
    cases = pl.DataFrame(
        {
            "case_id": ["C1", "C2", "C3"],
            "reported_at": [dt.datetime(2021, 8, 5, 21, 30), None, None],
            "sampled_at": [dt.datetime(2021, 8, 5, 9), dt.datetime(2021, 8, 6, 7), dt.datetime(2021, 8, 3, 9)],
            "onset_date": [None, None, dt.datetime(2021, 8, 6)],
        }
    )
    got = clocks_of(cases, rules)
    assert len(rows) == 5
    assert [
        (r["case_id"], r["clock"], f"{r['starts']:%Y-%m-%d %H:%M}", f"{r['due']:%Y-%m-%d %H:%M}", r["rule"])
        for r in got.iter_rows(named=True)
    ] == rows
    missing = not_started(cases, rules)
    assert missing.select("case_id", "clock").rows() == [
        ("C2", "isolated"),
        *(("C3", clock) for clock in ("core_facts", "isolated", "on_site")),
    ]
    assert missing["reason_en"].str.contains("before the onset").to_list() == [False, True, False, True]
    told = [dt.datetime.strptime(t, "%Y-%m-%d at %H:%M") for t in re.findall(r"(2021-08-\d\d at \d\d:\d\d)", page)][-3:]
    proposed, plain, paused = told
    day = dt.datetime(2021, 8, 6)
    stood = [
        (day.replace(hour=14), day.replace(hour=16, minute=30)),
        (day.replace(hour=16), day.replace(hour=17)),
    ]
    assert (due_of(proposed, 24), due_of(proposed, 24, stood)) == (plain, paused)


times = st.datetimes(DAY, DAY + dt.timedelta(days=9))
pauses = st.lists(st.tuples(times, times).map(lambda pair: (min(pair), max(pair))), max_size=5)


@given(cases_lists, rule_lists, st.timedeltas(dt.timedelta(days=-400), dt.timedelta(days=400)))
@settings(max_examples=150, deadline=None)
def test_shifting_every_time_shifts_every_due(cases: list[dict], rules: list[ClockRule], shift: dt.timedelta) -> None:
    shifted = [{name: value + shift if name in FACTS and value else value for name, value in c.items()} for c in cases]
    before, after = clocks_of(as_frame(cases), rules), clocks_of(as_frame(shifted), rules)
    moved = before.with_columns(pl.col("starts", "due") + shift)
    assert after.sort(after.columns).equals(moved.sort(moved.columns))


@given(times, st.floats(0.01, 200), pauses, pauses)
def test_a_pause_never_makes_due_earlier_and_the_same_hour_is_held_once(
    starts: dt.datetime, hours: float, one: list[tuple], more: list[tuple]
) -> None:
    plain = due_of(starts, hours)
    paused, longer = due_of(starts, hours, one), due_of(starts, hours, one + more)
    assert plain <= paused <= longer <= paused + held(more)
    assert due_of(starts, hours, one + one) == paused
    marks = sorted({moment for pause in one for moment in pause})
    covered = [(a, b) for a, b in pairwise(marks) if any(f <= a and b <= u for f, u in one)]
    assert held(one) == sum((b - a for a, b in covered), dt.timedelta()) == paused - plain


def test_a_pause_that_ends_before_it_begins_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        held([(DAY, DAY - dt.timedelta(hours=1))])


def test_no_clock_is_due_before_its_case_fell_ill_unless_it_was_known_then() -> None:
    """C1 was sampled two days before the onset; C2 was reported then, without symptoms, and fell ill later."""
    rules = [rule("clocks.a", "on_site", 2, "sampled_at", "reported_at", "onset_date")]
    early, ill = dt.datetime(2021, 8, 5, 9), dt.datetime(2021, 8, 7)
    cases = pl.DataFrame(
        {
            "case_id": ["C1", "C2", "C3"],
            "sampled_at": [early] * 3,
            "reported_at": [dt.datetime(2021, 8, 7, 8), early, None],
            "onset_date": [ill] * 3,
        }
    )
    assert clocks_of(cases, rules)["starts"].to_list() == [dt.datetime(2021, 8, 7, 8), early, ill]
    only = [rule("clocks.b", "on_site", 2, "sampled_at")]
    assert clocks_of(cases, only).is_empty()
    assert all(not_started(cases, only)["reason_en"].str.contains("before the onset"))


def test_a_rule_runs_over_the_frame_of_its_subject() -> None:
    """One function for a case, a contact, an outbreak: the rule says which."""
    book = playbook_with(
        rule("clock.a", "on_site", 2, "reported_at"),
        rule("clock.b", "closed", 48, "started_on", subject="outbreak"),
        rule("clock.c", "found", 6, "proposed_at", subject="contact"),
    )
    outbreaks = pl.DataFrame({"outbreak": ["OB1", "OB2"], "started_on": [dt.date(2021, 8, 5), None]})
    got = clocks_of(outbreaks, rules_for(book, "outbreak"), key="outbreak")
    assert got.rows() == [("OB1", "closed", DAY, DAY + dt.timedelta(hours=48), "clock.b")]
    missing = not_started(outbreaks, rules_for(book, "outbreak"), key="outbreak")
    assert missing["reason_en"].to_list() == [
        'the clock "limit of closed" has not started: the outbreak has no time of start of the outbreak; '
        "fill in one of them"
    ]
    assert [r.id for r in rules_for(book, "contact")] == ["clock.c"]
    assert [r.id for r in rules_for(book, "case")] == ["clock.a"]
    assert rules_for(book, "task") == []


def test_the_limit_to_locate_is_the_clock_of_everything_from_the_proposal() -> None:
    book = playbook_with(
        rule("clock.everything", "everything", 24, "reported_at"),
        rule("clock.everything.local", "everything", 12, "onset_date"),
    )
    [limit] = rules_for(book, "contact")
    assert (limit.id, limit.hours, limit.starts_from) == ("clock.everything.local", 12, ["proposed_at"])
    assert rules_for(playbook_with(rule("clock.a", "on_site", 2, "reported_at")), "contact") == []
    shipped = limit_to_locate(load("covid19-cn-9"))
    assert (shipped.id, shipped.hours, shipped.starts_from) == ("clock.everything", 24, ["proposed_at"])


@pytest.mark.parametrize(("playbook", "hours"), [("covid19-cn-8", 12), ("covid19-cn-9", 8)])
def test_a_contact_is_moved_within_the_hours_of_the_edition(playbook: str, hours: int) -> None:
    """Facts 3.1 and 8.2: 12 hours under the eighth edition, 8 under the ninth; from when the contact was proposed."""
    book = load(playbook)
    [limit] = limits_to_transfer(book)
    assert (limit.subject, limit.hours, limit.starts_from) == ("contact", hours, ["proposed_at"])
    # It is not the limit to locate, which stands beside it.
    assert [one.clock for one in rules_for(book, "contact")] == ["everything", "transferred"]
    people = pl.DataFrame(
        {
            "person_id": ["P1", "P2"],
            "proposed_at": [DAY, DAY],
            "in_quarantine_since": [DAY + dt.timedelta(hours=5), None],
        }
    )
    started = clocks_of(people, [limit], key="person_id")
    told = done_at(started, people, [limit], key="person_id")
    assert told["due"].to_list() == [DAY + dt.timedelta(hours=hours)] * 2
    assert told["done_at"].to_list() == [DAY + dt.timedelta(hours=5), None]


def test_a_reported_case_is_not_late_by_its_own_report() -> None:
    """Reporting counts from learning of it (the diagnosis), and the report itself ends it; a sample starts nothing."""
    [limit] = [rule for rule in load("covid19-cn-9").clocks if rule.clock == "reported"]
    cases = pl.DataFrame(
        {
            "case_id": ["C1", "C2", "C3", "C4"],
            "diagnosed_at": [DAY, DAY, None, None],
            "reported_at": [DAY + dt.timedelta(hours=1), DAY + dt.timedelta(hours=3), DAY, None],
            "sampled_at": [DAY - dt.timedelta(days=1)] * 4,
        }
    )
    told = done_at(clocks_of(cases, [limit]), cases, [limit])
    two = DAY + dt.timedelta(hours=2)
    assert told.select("case_id", "due", "done_at").rows() == [
        ("C1", two, DAY + dt.timedelta(hours=1)),
        ("C2", two, DAY + dt.timedelta(hours=3)),
        ("C3", two, DAY),
    ]
    assert not_started(cases, [limit])["needs"].to_list() == [["diagnosed_at", "reported_at"]]
