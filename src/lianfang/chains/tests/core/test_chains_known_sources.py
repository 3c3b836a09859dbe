"""Counting of known sources among candidates, on a list small enough to count by hand."""

from __future__ import annotations

import datetime as dt

import polars as pl

from lianfang.chains.core.known_sources import found, known_pairs, latest_earlier_onsets, score_words

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


def test_the_printed_score_names_both_counts():
    candidates = pl.DataFrame([("a", "b"), ("a", "c")], schema=["infector", "infectee"], orient="row")
    words = score_words(CASES, candidates)
    assert words is not None
    assert "4 known source pairs: 2/2/2" in words.en and "latest earlier onset: 2/3/3" in words.en
    assert "4对" in words.zh and "2/2/2对" in words.zh
    assert score_words(CASES.drop("known_infectors"), candidates) is None
