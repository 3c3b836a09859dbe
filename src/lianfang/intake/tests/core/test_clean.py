"""Cells, rows and their reasons, without files."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.intake.core.cells import tidy_column
from lianfang.intake.core.clean import clean
from lianfang.intake.core.heads import match_columns
from lianfang.intake.core.moments import read_moments
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PLACES, PRESENCES, Schema

ZONE = "Asia/Shanghai"


def cleaned(schema: Schema, **columns):
    table = pl.DataFrame({name: pl.Series(values, dtype=pl.String) for name, values in columns.items()})
    return clean(table, schema, lines=pl.Series(range(2, table.height + 2)), time_zone=ZONE)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2022-01-05", dt.datetime(2022, 1, 5)),
        ("2022-1-5", dt.datetime(2022, 1, 5)),
        ("2022/1/5 14:30", dt.datetime(2022, 1, 5, 14, 30)),
        ("2022.1.5 8:30", dt.datetime(2022, 1, 5, 8, 30)),
        ("20220105", dt.datetime(2022, 1, 5)),
        ("202201050830", dt.datetime(2022, 1, 5, 8, 30)),
        ("20220105T083000", dt.datetime(2022, 1, 5, 8, 30)),
        ("2022年1月5日 8时30分", dt.datetime(2022, 1, 5, 8, 30)),
        ("2022年1月5日下午3点", dt.datetime(2022, 1, 5, 15)),
        ("2022-01-05 12:30 am", dt.datetime(2022, 1, 5, 0, 30)),
        ("２０２２－０１－０５　０８：３０", dt.datetime(2022, 1, 5, 8, 30)),
        ("2022-01-05T08:30:00Z", dt.datetime(2022, 1, 5, 16, 30)),
        ("2022-01-05T08:30:00+08:00", dt.datetime(2022, 1, 5, 8, 30)),
        ("2022-01-05T08:30:00-0130", dt.datetime(2022, 1, 5, 18, 0)),
        ("2022-01-05 08:30:15.123456", dt.datetime(2022, 1, 5, 8, 30, 15, 123456)),
        ("2022-01-05 24:00", dt.datetime(2022, 1, 6)),
        ("44566", dt.datetime(2022, 1, 5)),
        ("44566.6041666667", dt.datetime(2022, 1, 5, 14, 30)),
        ("1861-11-22", dt.datetime(1861, 11, 22)),
        ("2022-02-30", None),
        ("2022-13-01", None),
        ("5/1/2022", None),
        ("2022-01-05 25:00", None),
        ("2022-01-05 24:30", None),
        ("2022-01-05 10:61", None),
        ("0022-01-05 00:00:00", None),
        ("next Friday", None),
        ("99", None),
    ],
)
def test_times_as_people_write_them(written, meant):
    assert read_moments(tidy_column(pl.Series([written])), time_zone=ZONE).to_list() == [meant]


def test_a_bare_date_that_ends_something_includes_its_day():
    read = read_moments(pl.Series(["2022-01-05", "2022-01-05 00:00", "44566"]), time_zone=ZONE, next_day=True)
    assert read.to_list() == [dt.datetime(2022, 1, 6), dt.datetime(2022, 1, 5), dt.datetime(2022, 1, 6)]


@given(st.datetimes(dt.datetime(1500, 1, 1), dt.datetime(2199, 12, 31)))
def test_every_time_written_as_iso_is_read_back(moment):
    assert read_moments(pl.Series([moment.isoformat()]), time_zone=ZONE).to_list() == [moment]


def test_spaces_width_and_invisible_characters_do_not_matter():
    values = pl.Series(["　１２\u200b ", "\u00a012\ufeff", "", "  ", None, "张 三"])
    assert tidy_column(values).to_list() == ["12", "12", None, None, None, "张 三"]


def test_headers_match_whatever_their_case_spaces_and_width():
    matched = match_columns([" Case ID", "ＯＮＳＥＴ_DATE", "caseid", "note ", None], CASES)
    assert matched.names == ["case_id", "onset_date", None, "note", "column_5"]
    assert matched.twice == ["case_id"]
    assert match_columns(["person_id", "start"], PRESENCES).missing == ["place_id", "end"]


def test_identifiers_written_by_a_spreadsheet():
    result = cleaned(CASES, case_id=["12.0", "0012", "A1.0"], person_id=["7.00", "NA", None])
    assert result.used["case_id"].to_list() == ["12", "0012", "A1.0"]
    assert result.used["person_id"].to_list() == ["7", "0012", "A1.0"]


def test_each_refusal_says_line_column_value_and_what_to_do():
    result = cleaned(
        PRESENCES,
        person_id=["1", None, "3", "4", "5", "6"],
        place_id=["a", "a", "a", "a", "NA", "a"],
        place_kind=["meal", "", "pub", None, "work", "同住"],
        start=[
            "2022-01-05 08:00",
            "2022-01-05 08:00",
            "2022-01-05 08:00",
            "05/01/2022",
            "2022-01-05",
            "2022-01-05 09:00",
        ],
        end=["2022-01-05 09:00", "2022-01-05 09:00", "2022-01-05 09:00", "soon", "2022-01-06", "2022-01-05 09:00"],
    )
    assert result.rows_in == 6
    assert result.used["person_id"].to_list() == ["1"]
    assert result.lines.to_list() == [2]
    assert result.refused.select("line", "column", "value").rows() == [
        (3, "person_id", ""),
        (4, "place_kind", "pub"),
        (5, "start", "05/01/2022"),
        (6, "place_id", "NA"),
        (7, "end", "2022-01-05 09:00"),
    ]
    english = result.refused["reason_en"].to_list()
    assert english[0] == "person_id is required and must not be empty"
    assert "dwelling, work, school, meal, vehicle, venue, care, other" in english[1]
    assert english[2].startswith("start cannot be read: write it as 2022-01-05")
    assert english[2].endswith("this row also needs a look at: end")
    assert english[4] == "end must be later than start: check both"
    assert result.refused["reason_zh"].to_list()[0] == "person_id 为必填项，不能为空"


def test_labels_in_either_language_stand_for_the_code_and_empty_for_the_default():
    result = cleaned(PEOPLE, person_id=["1", "2", "3", "4"], sex=["男", "Female", "M", "不详"])
    assert result.used["sex"].to_list() == ["male", "female", "male", "unknown"]
    result = cleaned(PLACES, place_id=["1", "2"], place_kind=["", "学校"])
    assert result.used["place_kind"].to_list() == ["other", "school"]


def test_the_first_sound_row_of_a_repeated_key_is_kept():
    result = cleaned(CASES, case_id=["a", "a", "b", "a", "b"], onset_date=["x", "2022-01-05", None, "2022-01-06", None])
    assert result.lines.to_list() == [3, 4]
    assert result.refused.select("line", "column").rows() == [(2, "onset_date"), (5, "case_id"), (6, "case_id")]
    assert result.refused["reason_en"].to_list()[1] == "case_id repeats line 3; the first of them is kept"
    assert "第 4 行" in result.refused["reason_zh"].to_list()[2]


def test_blank_rows_are_no_rows():
    result = cleaned(CASES, case_id=["a", "　", None, "b"], onset_date=["2022-01-05", " ", None, None])
    assert result.rows_in == 2
    assert result.lines.to_list() == [2, 5]


def test_an_interview_that_ends_before_it_begins():
    result = cleaned(
        INTERVIEWS,
        case_id=["1", "1"],
        person_id=["2", "3"],
        first_contact=["2022-01-05", "2022-01-05"],
        last_contact=["2022-01-04", "2022-01-05"],
        protected=["否", "YES"],
    )
    assert result.lines.to_list() == [3]
    assert result.used["protected"].to_list() == [True]
    assert "before first_contact" in result.refused["reason_en"].item()


def test_typed_columns_are_taken_as_they_are_and_checked():
    early, late = dt.datetime(2022, 1, 5, 8), dt.datetime(2022, 1, 5, 9)
    table = pl.DataFrame(
        {
            "person_id": [1, 2, None, 4],
            "place_id": [10, 11, 12, 13],
            "start": pl.Series([early, late, early, None], dtype=pl.Datetime("ms")),
            "end": pl.Series([late, early, late, late]).dt.replace_time_zone("Asia/Shanghai"),
        }
    )
    result = clean(table, PRESENCES, lines=pl.Series([1, 2, 3, 4]), time_zone=ZONE)
    assert result.used.schema == pl.Schema(PRESENCES.dtypes)
    assert result.used.rows() == [("1", "10", "other", early, late, None, None, None)]
    assert result.refused["column"].to_list() == ["end", "person_id", "start"]


CELL = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.sampled_from(
        [
            "",
            "1",
            "1.0",
            "a",
            "NA",
            "meal",
            "pub",
            "2022-01-05",
            "2022-1-5 8:00",
            "2022年1月5日",
            "44566",
            "-1",
            "无",
            "是",
            "9" * 30,
        ]
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([CASES, PRESENCES, INTERVIEWS, PEOPLE, PLACES]), st.data())
def test_every_row_is_used_or_refused_whatever_it_holds(schema, data):
    rows = data.draw(st.lists(st.lists(CELL, min_size=len(schema.names), max_size=len(schema.names)), max_size=8))
    columns = {name: [row[i] for row in rows] for i, name in enumerate(schema.names)}
    result = cleaned(schema, **columns)
    assert result.rows_in == result.used.height + result.refused.height == result.lines.len() + result.refused.height
    blank = sum(all(v is None or tidy_column(pl.Series([v], dtype=pl.String))[0] is None for v in row) for row in rows)
    assert result.rows_in == len(rows) - blank
    assert not set(result.lines.to_list()) & set(result.refused["line"].to_list())
    assert result.refused["reason_zh"].null_count() == result.refused["reason_en"].null_count() == 0
    assert result.used.schema == pl.Schema(schema.dtypes)
    for column in schema.columns:
        if column.required:
            assert result.used[column.name].null_count() == 0
        if column.unique:
            assert result.used[column.name].is_unique().all()
