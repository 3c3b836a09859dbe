"""Which clocks a response starts: of cases, of contacts who are to be moved, one of the outbreak; worked by hand."""

import datetime as dt

import polars as pl
import pytest

from lianfang.headquarters.core.step import clocks, clocks_table, first_local_case, transfers
from lianfang.kernel.schema import CONTACTS
from lianfang.playbook.load import load

NINE, EIGHT = load("covid19-cn-9"), load("covid19-cn-8")


def at(day: int, hour: float) -> dt.datetime:
    return dt.datetime(2022, 7, day) + dt.timedelta(hours=hour)


CASES = pl.DataFrame(
    {
        "case_id": ["C1", "C2", "C3"],
        "person_id": ["c1", "c2", "c3"],
        "onset_date": [at(4, 0), at(4, 0), None],
        "sampled_at": [at(5, 7), at(5, 6), at(4, 7)],
        "diagnosed_at": [at(5, 9), at(5, 8), None],
        "reported_at": [at(5, 10), at(5, 12), None],
        "isolated_at": [at(5, 11), None, None],
        # The first of whom anybody learned came from elsewhere.
        "found_by": ["care_seeking", "arrival_testing", "mass_screening"],
        "row": [0, 1, 2],
    }
)
MET = CONTACTS.conform(
    pl.DataFrame(
        {
            "case_id": ["C1", "C2", "C1", "C1"],
            "person_id": ["p1", "p1", "p2", "p3"],
            "degree": [1, 1, 1, 1],
            "first_contact": [at(4, 9), at(3, 9), at(4, 9), at(4, 9)],
            "last_contact": [at(4, 10)] * 4,
            "category": ["close_contact"] * 4,
        }
    )
)
MEASURES = pl.DataFrame(
    {
        "person_id": ["p1", "p1", "p2", "p3", "c1"],
        "category": ["close_contact"] * 4 + ["case"],
        "measure": [
            "central_quarantine",
            "home_monitoring",
            "home_quarantine",
            "central_quarantine",
            "central_quarantine",
        ],
        "place_class": ["central", "home", "home", "central", "central"],
        "start": [at(5, 10), at(12, 0), at(5, 10), at(5, 10), at(5, 11)],
        "end": [at(12, 0), at(15, 0), at(12, 0), at(12, 0), None],
        "rule": ["a", "b", "c", "a", "d"],
    }
)
PEOPLE = pl.DataFrame(
    {"person_id": ["p1", "p2", "p3"], "in_quarantine_since": [at(5, 15), None, at(6, 9)]},
    schema_overrides={"in_quarantine_since": pl.Datetime("us")},
)
NOW = at(5, 20)


def have(**more: object) -> dict[str, object]:
    facts = {"active": CASES, "contacts": MET, "measures": MEASURES, "concerned": PEOPLE, "proposals": None}
    return {**facts, **more}


def of(subject: str, playbook=NINE, as_of: dt.datetime = NOW, **more: object) -> list[tuple]:
    given = clocks(have(**more), playbook=playbook, as_of=as_of)["clocks"].filter(pl.col("subject") == subject)
    return given.select("case_id", "person_id", "clock", "starts", "due", "done_at").rows()


@pytest.mark.parametrize(("playbook", "hours"), [(NINE, 8), (EIGHT, 12)], ids=["nine", "eight"])
def test_who_goes_into_central_quarantine_has_a_clock_of_the_edition(playbook, hours) -> None:
    """Facts 3.1 and 8.2: 12 hours under the eighth edition, 8 under the ninth."""
    limit = dt.timedelta(hours=hours)
    assert of("contact", playbook) == [
        # Through C2, whom p1 met first; known since C1 was reported at 10:00. In quarantine at 15:00.
        ("C2", "p1", "transferred", at(5, 10), at(5, 10) + limit, at(5, 15)),
        # p2 stays at home. p3 comes in tomorrow: that has not happened yet.
        ("C1", "p3", "transferred", at(5, 10), at(5, 10) + limit, None),
    ]


def test_where_proposals_are_kept_it_runs_from_them() -> None:
    proposals = pl.DataFrame({"person_id": ["p1"], "proposed_at": [at(5, 14)]})
    started = {person: starts for _, person, _, starts, _, _ in of("contact", proposals=proposals)}
    assert started == {"p1": at(5, 14), "p3": NOW}, "who is found now is proposed now"


def test_publication_is_one_clock_an_outbreak_from_the_first_local_case() -> None:
    """5 hours [F-O S07]; one an outbreak, from the first local case (addition C2 [PROP])."""
    assert of("outbreak") == [("C1", "c1", "risk_areas_published", at(5, 9), at(5, 14), None)]
    assert of("outbreak", EIGHT) == [], "the eighth edition has no such clock"
    imported = CASES.filter(pl.col("case_id") == "C2")
    assert first_local_case(imported).is_empty()
    for words in ("外地输入", "境外输入", "imported"):
        assert first_local_case(CASES.with_columns(origin=pl.lit(words))).is_empty(), words
    assert first_local_case(imported.with_columns(origin=pl.lit("本土"))).height == 1


def test_a_case_reported_in_time_is_done_and_a_late_one_is_done_late() -> None:
    reported = {case: (starts, due, done) for case, _, clock, starts, due, done in of("case") if clock == "reported"}
    assert reported == {
        "C1": (at(5, 9), at(5, 11), at(5, 10)),
        "C2": (at(5, 8), at(5, 10), at(5, 12)),
    }
    missing = clocks(have(), playbook=NINE, as_of=NOW)["undecided"].filter(pl.col("column") == "diagnosed_at")
    assert missing["value"].to_list() == ["C3"]


def test_what_happens_after_the_time_of_reckoning_changes_nothing() -> None:
    early = at(5, 9.5)
    known = CASES.with_columns(reported_at=pl.when(pl.col("reported_at") <= early).then("reported_at"))
    later = clocks(have(), playbook=NINE, as_of=early)["clocks"]
    assert later.filter(pl.col("starts") > early).is_empty()
    assert later.filter(pl.col("done_at") > early).is_empty()
    assert first_local_case(known)["first_case_at"].to_list() == [at(5, 9)]


def test_the_file_has_the_columns_of_the_contract_first() -> None:
    table = clocks_table(clocks(have(), playbook=NINE, as_of=NOW)["clocks"], lang="zh")
    assert table.columns == ["case_id", "clock", "starts", "due", "rule", "done", "subject", "person_id"]


def test_nobody_is_moved_without_measures() -> None:
    none = transfers(MET, CASES, MEASURES.clear(), PEOPLE, as_of=NOW)
    assert none.is_empty() and none.columns == ["person_id", "case_id", "proposed_at", "in_quarantine_since"]
