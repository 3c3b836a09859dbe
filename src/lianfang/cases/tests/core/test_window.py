import datetime as dt

import polars as pl

from lianfang.cases.core.window import GIVEN, infectious_windows, plain_lookback, problems, sound
from lianfang.kernel.schema import CASES
from lianfang.playbook.model import LookbackRule

AS_OF = dt.datetime(2021, 8, 20, 18)
PLAIN = plain_lookback(2)


def one(rules: tuple[LookbackRule, ...] = PLAIN, **facts: object) -> dict[str, object]:
    frame = CASES.conform(pl.DataFrame([{"case_id": "c", **facts}]))
    if "found_by" in facts:
        frame = frame.with_columns(found_by=pl.lit(facts["found_by"]))
    return infectious_windows(frame, lookback=rules, as_of=AS_OF).row(0, named=True)


def test_onset_counts_back_to_midnight_and_stays_open_until_as_of():
    row = one(onset_date=dt.datetime(2021, 8, 10, 15, 30))
    assert row["infectious_from"] == dt.datetime(2021, 8, 8)
    assert row["infectious_to"] == AS_OF
    assert row["window_rule"] == "lookback.onset"


def test_sampling_serves_where_there_is_no_onset_and_isolation_ends_the_window():
    row = one(sampled_at=dt.datetime(2021, 8, 10, 9), isolated_at=dt.datetime(2021, 8, 11))
    assert (row["infectious_from"], row["infectious_to"]) == (dt.datetime(2021, 8, 8), dt.datetime(2021, 8, 11))
    assert row["window_rule"] == "lookback.sampling"


def test_what_is_given_wins_each_end_by_itself():
    row = one(onset_date=dt.datetime(2021, 8, 10), infectious_from=dt.datetime(2021, 8, 1, 7))
    assert (row["infectious_from"], row["infectious_to"], row["window_rule"]) == (
        dt.datetime(2021, 8, 1, 7),
        AS_OF,
        GIVEN,
    )
    row = one(
        onset_date=dt.datetime(2021, 8, 10),
        isolated_at=dt.datetime(2021, 8, 12),
        infectious_to=dt.datetime(2021, 8, 14),
    )
    assert (row["infectious_from"], row["infectious_to"]) == (dt.datetime(2021, 8, 8), dt.datetime(2021, 8, 14))


def test_last_negative_serves_cases_found_by_routine_testing_only():
    rule = LookbackRule.model_validate(
        {
            "id": "lookback.routine",
            "title": {"zh": "x", "en": "x"},
            "source": ["s"],
            "evidence": "F-O",
            "mode": "since_last_negative",
            "found_by": ["routine_testing"],
        }
    )
    rules = (rule, *PLAIN)
    negative = dt.datetime(2021, 8, 5, 9, 15)
    onset = dt.datetime(2021, 8, 10)
    row = one(rules, onset_date=onset, last_negative_at=negative, found_by="routine_testing")
    assert (row["infectious_from"], row["window_rule"]) == (negative, "lookback.routine")
    row = one(rules, onset_date=onset, last_negative_at=negative, found_by="clinic")
    assert (row["infectious_from"], row["window_rule"]) == (dt.datetime(2021, 8, 8), "lookback.onset")
    row = one(rules, onset_date=onset, last_negative_at=negative)
    assert row["window_rule"] == "lookback.onset"


def test_a_case_without_a_window_is_reported_and_kept():
    frame = CASES.conform(
        pl.DataFrame(
            [
                {"case_id": "bare", "onset_date": None, "isolated_at": None},
                {"case_id": "late", "onset_date": dt.datetime(2021, 9, 10), "isolated_at": None},
                {"case_id": "early", "onset_date": dt.datetime(2021, 8, 10), "isolated_at": dt.datetime(2021, 8, 1)},
                {"case_id": "sound", "onset_date": dt.datetime(2021, 8, 10), "isolated_at": None},
            ]
        )
    )
    windows = infectious_windows(frame, lookback=plain_lookback(2), as_of=AS_OF)
    assert windows["case_id"].to_list() == ["bare", "late", "early", "sound"]
    assert windows["window_problem"].to_list() == ["no_start", "empty", "empty", None]
    assert sound(windows)["case_id"].to_list() == ["sound"]
    assert [case_id for case_id, _ in problems(windows)] == ["bare", "late", "early"]
    assert all(text.zh and text.en for _, text in problems(windows))
    assert infectious_windows(frame, lookback=plain_lookback(2), as_of=None)["window_problem"].to_list() == [
        "no_start",
        "no_end",
        "empty",
        "no_end",
    ]
