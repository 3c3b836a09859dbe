"""What of the lists is known as of a moment."""

import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lianfang.cases.core.asof import known, not_yet
from lianfang.kernel.schema import CASES, INTERVIEWS

AS_OF = dt.datetime(2022, 8, 5, 12)
LATER = AS_OF + dt.timedelta(hours=30)
TIMES = ("onset_date", "sampled_at", "last_negative_at", "isolated_at", "reported_at", "diagnosed_at", "discharged_at")


def cases(*rows):
    frame = pl.DataFrame(rows, infer_schema_length=None)
    frame = frame.with_columns(pl.lit(None).alias(name) for name in TIMES if name not in frame.columns)
    return CASES.conform(frame.with_columns(pl.col(name).cast(pl.Datetime("us")) for name in TIMES))


def test_a_case_is_not_known_before_its_report_nor_before_anything_of_it_has_happened():
    frame = cases(
        {"case_id": "reported later", "onset_date": dt.datetime(2022, 8, 1), "reported_at": LATER},
        {"case_id": "all ahead", "onset_date": LATER},
        {"case_id": "nothing told"},
        {"case_id": "known", "onset_date": dt.datetime(2022, 8, 4), "sampled_at": LATER},
    )
    assert not_yet("cases", frame, AS_OF).to_list() == ["reported_at", "onset_date", None, None]
    rows, told = known("cases", frame, AS_OF)
    assert rows["case_id"].to_list() == ["nothing told", "known"]
    assert rows["sampled_at"].to_list() == [None, None]
    assert told.select("table", "row", "column", "value").rows() == [("cases", 1, "sampled_at", "known")]
    assert "2022-08-06 18:00" in told["reason_en"].item()


def test_the_day_of_an_isolation_that_has_begun_is_no_later_fact():
    frame = cases(
        {"case_id": "today", "onset_date": dt.datetime(2022, 8, 4), "isolated_at": dt.datetime(2022, 8, 6)},
        {"case_id": "tomorrow", "onset_date": dt.datetime(2022, 8, 4), "isolated_at": dt.datetime(2022, 8, 7)},
    )
    rows, told = known("cases", frame, AS_OF)
    assert rows["isolated_at"].to_list() == [dt.datetime(2022, 8, 6), None]
    assert told["value"].to_list() == ["tomorrow"]


def test_a_contact_that_had_not_happened_is_no_row_and_one_that_went_on_ends_unknown():
    day = dt.timedelta(days=1)
    frame = INTERVIEWS.conform(
        pl.DataFrame(
            {
                "case_id": ["c"] * 4,
                "person_id": ["ahead", "ahead too", "goes on", "over"],
                "first_contact": [LATER, None, AS_OF - day, AS_OF - day],
                "last_contact": [LATER, LATER, LATER, AS_OF],
            }
        )
    )
    assert not_yet("contacts", frame, AS_OF).to_list() == ["first_contact", "last_contact", None, None]
    rows, told = known("contacts", frame, AS_OF)
    assert rows.select("person_id", "last_contact").rows() == [("goes on", None), ("over", AS_OF)]
    assert told.select("column", "value").rows() == [("last_contact", "goes on")]


MOMENTS = st.none() | st.sampled_from([AS_OF - dt.timedelta(days=n) for n in range(3)])
AHEAD = st.none() | st.sampled_from([AS_OF + dt.timedelta(days=2, hours=n) for n in range(1, 4)])


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(TIMES, MOMENTS)), min_size=1, max_size=6), st.data())
def test_facts_that_are_added_later_leave_what_is_known_as_it_was(rows, data):
    rows = [row | {"case_id": f"c{n}"} for n, row in enumerate(rows) if any(row.values())]
    if not rows:
        return
    more = [
        {name: value if value is not None or name == "reported_at" else data.draw(AHEAD) for name, value in row.items()}
        for row in rows
    ]
    assert known("cases", cases(*more), AS_OF)[0].equals(known("cases", cases(*rows), AS_OF)[0])


def test_tests_of_later_days_are_cut_and_said():
    frame = pl.DataFrame({"person_id": ["a", "b"], "own_tests": ["2022-08-04:neg;2022-08-07:pos", "2022-08-05:neg"]})
    rows, told = known("people", frame, AS_OF)
    assert rows["own_tests"].to_list() == ["2022-08-04:neg", "2022-08-05:neg"]
    assert told.select("table", "column", "value").rows() == [("people", "own_tests", "a")]
