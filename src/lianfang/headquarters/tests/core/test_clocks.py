"""Clocks against slow, obvious code, and against the numbers of docs/algorithms/clocks.md."""

import datetime as dt
import random
import re
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.headquarters.core.clocks import CLOCKS, NOT_STARTED, case_clocks, clocks_not_started
from lianfang.playbook.model import Bilingual, ClockRule, Playbook

FACTS = ("reported_at", "sampled_at", "onset_date")
DAY = dt.datetime(2021, 8, 5)


def rule(rule_id: str, clock: str, hours: float, *starts_from: str) -> ClockRule:
    return ClockRule(
        id=rule_id,
        title=Bilingual(zh=f"{clock} 时限", en=f"limit of {clock}"),
        source=["test"],
        evidence="SYS",
        clock=clock,
        hours=hours,
        starts_from=list(starts_from),
    )


def playbook_with(*rules: ClockRule) -> Playbook:
    return Playbook.model_construct(clocks=list(rules))


def slow_clocks(cases: list[dict], rules: list[ClockRule]) -> list[tuple]:
    """The contract, row by row."""
    found = []
    for case in cases:
        for clock in sorted({r.clock for r in rules}):
            for r in rules:
                present = [case[name] for name in r.starts_from if case.get(name) is not None]
                if r.clock == clock and present:
                    due = present[0] + dt.timedelta(hours=r.hours)
                    found.append((case["case_id"], clock, present[0], due, r.id))
                    break
    return sorted(found, key=lambda row: (row[0], row[3], row[1]))


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
    got = case_clocks(as_frame(shuffled), playbook=playbook_with(*rules))
    assert got.rows() == slow_clocks(cases, rules)
    assert got.schema == pl.Schema(CLOCKS)


@given(cases_lists, rule_lists)
@settings(max_examples=100, deadline=None)
def test_every_case_and_clock_is_either_started_or_named_with_a_reason(
    cases: list[dict], rules: list[ClockRule]
) -> None:
    book = playbook_with(*rules)
    started = case_clocks(as_frame(cases), playbook=book).select("case_id", "clock").rows()
    missing = clocks_not_started(as_frame(cases), playbook=book)
    assert missing.schema == pl.Schema(NOT_STARTED)
    every = sorted((case["case_id"], clock) for case in cases for clock in {r.clock for r in rules})
    assert sorted(started + missing.select("case_id", "clock").rows()) == every
    assert all(missing["reason_zh"].str.contains("请补填")) and all(missing["reason_en"].str.contains("fill in"))


def test_kept_columns_are_read_as_text_and_dates_count_from_midnight() -> None:
    book = playbook_with(rule("clocks.a", "on_site", 2, "reported_at", "onset_date"))
    text = pl.DataFrame(
        {"case_id": ["a", "b", "c", "d"], "reported_at": ["2021-08-05T10:30", "2021-08-05 10:30:15", "2021-08-05", "-"]}
    )
    assert case_clocks(text, playbook=book)["due"].to_list() == [
        dt.datetime(2021, 8, 5, 12, 30),
        dt.datetime(2021, 8, 5, 12, 30, 15),
        dt.datetime(2021, 8, 5, 2),
    ]
    dates = pl.DataFrame({"case_id": ["a"], "onset_date": [dt.date(2021, 8, 5)]})
    assert case_clocks(dates, playbook=book)["due"].to_list() == [dt.datetime(2021, 8, 5, 2)]


def test_no_time_at_all_starts_no_clock() -> None:
    book = playbook_with(rule("clocks.a", "on_site", 2, "reported_at"))
    cases = pl.DataFrame({"case_id": ["a"]})
    assert case_clocks(cases, playbook=book).is_empty()
    assert clocks_not_started(cases, playbook=book)["needs"].to_list() == [["reported_at"]]


def test_the_worked_example_of_the_page_is_what_the_code_gives() -> None:
    page = (Path(__file__).resolve().parents[5] / "docs/algorithms/clocks.md").read_text("utf-8")
    rows = re.findall(r"^\| (C\d) \| (\w+) \| ([\d: -]+) \| ([\d: -]+) \| (\S+) \|$", page, re.MULTILINE)
    book = playbook_with(
        rule("clocks.on_site", "on_site", 2, "reported_at", "sampled_at"),
        rule("clocks.core_facts", "core_facts", 4, "reported_at", "sampled_at"),
        rule("clocks.isolated", "isolated", 8, "reported_at"),
    )
    cases = pl.DataFrame(
        {
            "case_id": ["C1", "C2"],
            "reported_at": [dt.datetime(2021, 8, 5, 21, 30), None],
            "sampled_at": [dt.datetime(2021, 8, 5, 9), dt.datetime(2021, 8, 6, 7)],
        }
    )
    got = case_clocks(cases, playbook=book)
    assert len(rows) == 5
    assert [
        (r["case_id"], r["clock"], f"{r['starts']:%Y-%m-%d %H:%M}", f"{r['due']:%Y-%m-%d %H:%M}", r["rule"])
        for r in got.iter_rows(named=True)
    ] == rows
    assert clocks_not_started(cases, playbook=book).select("case_id", "clock").rows() == [("C2", "isolated")]
