"""When a case became known."""

import datetime as dt

import polars as pl

from lianfang.cases.core.known import known_at


def test_the_report_counts_first_then_what_comes_nearest_to_it():
    days = [dt.datetime(2022, 7, day) for day in range(1, 5)]
    onset, sampled, isolated, reported = days
    cases = pl.DataFrame(
        {
            "onset_date": [onset, onset, onset, onset, None],
            "sampled_at": [sampled, sampled, None, None, None],
            "isolated_at": [isolated, isolated, isolated, None, None],
            "reported_at": [reported, None, None, None, None],
        },
        schema_overrides=dict.fromkeys(("onset_date", "sampled_at", "isolated_at", "reported_at"), pl.Datetime("us")),
    )
    assert cases.select(known_at(cases)).to_series().to_list() == [reported, sampled, isolated, onset, None]
    assert cases.select(known_at(cases.select("onset_date"))).to_series().to_list() == [*[onset] * 4, None]


def test_a_list_without_times_knows_nothing():
    cases = pl.DataFrame({"case_id": ["C1"]})
    assert cases.select("case_id", known=known_at(cases))["known"].to_list() == [None]
