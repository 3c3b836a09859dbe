import datetime as dt

import polars as pl

from lianfang.cases.core.window import GIVEN, in_doubt, infectious_windows, plain_lookback, problems, sound
from lianfang.kernel.schema import CASES
from lianfang.playbook.load import load
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


def test_by_a_playbook_the_earlier_of_onset_and_positive_sample_counts_and_in_a_plain_run_the_onset():
    """Positive on the 2nd, ill on the 6th, isolated on the 5th: it began on 31 July."""
    facts = {"onset_date": dt.datetime(2022, 8, 6), "sampled_at": dt.datetime(2022, 8, 2, 9)}
    facts["isolated_at"] = dt.datetime(2022, 8, 6)  # the bare date 08-05
    frame = CASES.conform(pl.DataFrame([{"case_id": "c", **facts}]))
    as_of = dt.datetime(2022, 8, 10)
    row = infectious_windows(frame, lookback=PLAIN, as_of=as_of).row(0, named=True)
    assert (row["infectious_from"], row["infectious_to"]) == (dt.datetime(2022, 7, 31), dt.datetime(2022, 8, 6))
    assert row["window_rule"] == "lookback.sampling"
    row = infectious_windows(frame, lookback=PLAIN, as_of=as_of, onset_first=True).row(0, named=True)
    assert row["infectious_from"] == dt.datetime(2022, 8, 4)
    later = frame.with_columns(sampled_at=pl.lit(dt.datetime(2022, 8, 7)))
    row = infectious_windows(later, lookback=PLAIN[::-1], as_of=as_of).row(0, named=True)
    assert (row["infectious_from"], row["window_rule"]) == (dt.datetime(2022, 8, 4), "lookback.onset")


def test_nothing_after_the_time_of_reckoning_is_in_a_window():
    row = one(onset_date=AS_OF - dt.timedelta(days=1), isolated_at=AS_OF + dt.timedelta(days=3))
    assert row["infectious_to"] == AS_OF


def test_a_last_negative_after_onset_or_positive_sample_moves_nothing():
    """The rule of routine testers, of the ninth edition itself."""
    rules = tuple(load("covid19-cn-9").lookback)
    negative = dt.datetime(2021, 8, 5, 9)

    def start(**facts):
        row = one(rules, last_negative_at=negative, found_by="regular_testing", **facts)
        return row["infectious_from"], row["window_rule"]

    assert start(onset_date=dt.datetime(2021, 8, 10)) == (negative, "lookback.routine_testing")
    assert start(onset_date=dt.datetime(2021, 8, 4)) == (dt.datetime(2021, 8, 2), "lookback.onset")
    assert start(onset_date=dt.datetime(2021, 8, 5)) == (dt.datetime(2021, 8, 3), "lookback.onset"), "of one day"
    assert start(onset_date=dt.datetime(2021, 8, 10), sampled_at=dt.datetime(2021, 8, 4, 8)) == (
        dt.datetime(2021, 8, 2),
        "lookback.sampling",
    )
    assert start(sampled_at=dt.datetime(2021, 8, 6, 8)) == (negative, "lookback.routine_testing")


def test_a_time_that_the_playbook_does_not_reckon_from_is_not_called_missing():
    row = one(PLAIN[:1], sampled_at=dt.datetime(2021, 8, 10))
    assert row["window_problem"] == "not_reckoned"


def test_in_doubt_is_the_longest_look_back_before_the_earlier_end_until_now():
    frame = CASES.conform(
        pl.DataFrame(
            [
                {"case_id": "empty", "onset_date": dt.datetime(2021, 8, 10), "isolated_at": dt.datetime(2021, 8, 3, 8)},
                {"case_id": "bare", "onset_date": None, "isolated_at": None},
                {"case_id": "sound", "onset_date": dt.datetime(2021, 8, 10), "isolated_at": None},
            ]
        )
    )
    spans = in_doubt(infectious_windows(frame, lookback=PLAIN, as_of=AS_OF), lookback=PLAIN, as_of=AS_OF)
    assert spans.select("case_id", "infectious_from", "infectious_to").rows() == [
        ("empty", dt.datetime(2021, 8, 1), AS_OF),
        ("bare", dt.datetime(2021, 8, 18), AS_OF),
    ]


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
