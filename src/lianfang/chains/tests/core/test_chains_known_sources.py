"""Counting of known sources among candidates, on a list small enough to count by hand."""

from __future__ import annotations

import datetime as dt

import polars as pl

from lianfang.chains.core.baseline import two_lines
from lianfang.chains.core.known_sources import found, known_pairs, latest_earlier_onsets, remark, sources_found
from lianfang.kernel.schema import CONTACTS
from lianfang.playbook.load import load

PLAYBOOK = load("covid19-cn-8")

CASES = pl.DataFrame(
    {
        "case_id": ["a", "b", "c", "d"],
        "onset_date": [dt.datetime(2022, 3, n) if n else None for n in (1, 3, 3, 0)],
        "sampled_at": [dt.datetime(2022, 3, 5)] * 4,
        "known_infectors": [None, "a", "a; b;elsewhere", "c"],
    }
)


def test_known_pairs_keep_those_in_the_list():
    assert known_pairs(CASES).rows() == [("a", "b"), ("a", "c"), ("b", "c"), ("c", "d")]
    assert known_pairs(CASES.drop("known_infectors")).is_empty()


def test_the_baseline_takes_the_latest_earlier_day():
    rows = latest_earlier_onsets(CASES, most=2).rows()
    assert rows == [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]


def test_pairs_and_cases_found_are_counted_by_rank():
    candidates = pl.DataFrame(
        [("c", "b"), ("a", "b"), ("a", "c"), ("d", "c"), ("b", "c")], schema=["infector", "infectee"], orient="row"
    )
    counted = found(candidates, known_pairs(CASES))
    assert counted.rows() == [(1, 1, 1), (3, 3, 2), (5, 3, 2)]
    assert found(candidates.clear(), known_pairs(CASES))["pairs"].to_list() == [0, 0, 0]


def test_infectors_stand_in_the_order_in_which_they_are_named():
    """The first named counts where one is asked for: not the smallest id."""
    named = CASES.with_columns(known_infectors=pl.Series([None, None, "b;a", None]))
    assert known_pairs(named).rows() == [("b", "c"), ("a", "c")]


def test_the_two_lines_take_place_and_days_of_known_contacts_first():
    contacts = CONTACTS.conform(
        pl.DataFrame({"case_id": ["a", "c"], "person_id": ["d", "d"], "degree": 1, "place_kind": ["work", "dwelling"]})
    )
    cases = CASES.with_columns(person_id="case_id")
    ranked = two_lines(cases, contacts, playbook=PLAYBOOK).filter(infectee="d")["infector"].to_list()
    # d was sampled on the 5th. By the interval alone (mean 4.1 days) a (4 days) stands before c (2 days), by place
    # 0.6 x 1.00 against 1.0 x 0.77: c first; b, whom d is not known to have met, is last.
    assert ranked == ["c", "a", "b"]
    assert two_lines(cases, contacts, playbook=PLAYBOOK, infectees=pl.Series(["a"]))["infectee"].unique().to_list() == [
        "a"
    ]


def test_the_remark_names_ours_and_both_baselines():
    candidates = pl.DataFrame([("a", "b"), ("a", "c")], schema=["infector", "infectee"], orient="row")
    sources = sources_found(CASES.with_columns(person_id="case_id"), candidates, CONTACTS.empty(), playbook=PLAYBOOK)
    said = remark({"sources": sources})
    assert said is not None
    assert said.figures["known_pairs"] == 4 and said.figures["found"] == [2, 2, 2]
    assert said.figures["latest_earlier_onset"] == [2, 3, 3]
    assert "4 known source pairs: 2/2/2" in said.words.en and "latest earlier onset: 2/3/3" in said.words.en
    assert "4对" in said.words.zh and "2/2/2对" in said.words.zh
    none = CASES.drop("known_infectors")
    assert remark({"sources": sources_found(none, candidates, CONTACTS.empty(), playbook=PLAYBOOK)}) is None
