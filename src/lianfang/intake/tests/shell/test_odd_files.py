"""Files as people really send them: each kind of damage is mended, or refused with its place and what to do."""

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlsxwriter

from lianfang.intake.read import Table, read_csv_part, read_table
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PRESENCES, Schema

ODD = Path(__file__).resolve().parents[5] / "tests" / "data" / "odd_files"
SCHEMAS = {schema.name: schema for schema in (CASES, INTERVIEWS, PEOPLE, PRESENCES)}

LOST = "the digits are lost, format the column as text and export again"
ERRORS = ("#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#N/A", "#######", "Err:502")
HEAD = ["person_id", "place_id", "place_kind", "start", "end"]
STAY = ["P1", "R1", "meal", "2022-07-04 12:00", "2022-07-04 13:00"]


def odd(name: str, file: str) -> Table:
    path = ODD / name / file
    return read_table(path, SCHEMAS[path.stem], lang="en")


def said(table: Table) -> list[tuple]:
    """Line, column and value of each refusal."""
    return table.refused.select("line", "column", "value").rows()


@pytest.fixture
def read(tmp_path):
    def _read(text: str | bytes, schema: Schema = CASES, suffix: str = ".csv") -> Table:
        path = tmp_path / f"{schema.name}{suffix}"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_table(path, schema, lang="en")

    return _read


@pytest.fixture
def book(tmp_path):
    def _book(schema: Schema, **sheets) -> Table:
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, (rows, merged) in sheets.items():
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
            for place in merged:
                sheet.merge_cells(place)
        made.save(tmp_path / f"{schema.name}.xlsx")
        return read_table(tmp_path / f"{schema.name}.xlsx", schema, lang="en")

    return _book


# --- identities ---


def test_identities_that_a_spreadsheet_destroyed_are_refused_never_one_person():
    for table in (odd("id18_number_xlsx", "cases.xlsx"), odd("id18_number_xlsx", "presences.xlsx")):
        assert table.used.height == 0 and table.rows_in == table.refused.height
        assert table.refused["reason"].str.ends_with(LOST).all()
    table = odd("sci_notation_csv", "presences.csv")
    assert said(table) == [(line, "person_id", "5.13023E+17") for line in (2, 3, 4)]
    assert table.used["person_id"].to_list() == ["P9"]


@pytest.mark.parametrize("written", ["5.13E+17", "5,13023E+17", "5e+17", "1.3812E+10", "51.3023e+16", "1E+100"])
def test_whatever_shows_a_long_number_by_its_exponent_is_lost(read, written):
    for head in ("person_id,phone", "phone,person_id"):
        table = read(f'{head}\n"{written}",12345\n13800000001,13800000000\n', PEOPLE)
        assert len(said(table)) == 1 and table.refused["reason"].str.contains(LOST).all()


def test_identities_that_look_like_numbers_stay_what_they_are(read):
    table = odd("ids_like_numbers", "cases.csv")
    assert table.used["case_id"].to_list() == ["1E5", "100000", "00100000", "1", "TRUE", "2022-03-05", "219E01BE"]
    kept = [
        "1E+5",
        "5E17",
        "E+17",
        "A5.1E+17",
        "5.13E-17",
        "513023197904020013",
        "513023197904020000000",
        "1.5",
        "20:15",
    ]
    assert read("case_id\n" + "\n".join(kept)).used["case_id"].to_list() == kept


def test_a_resident_number_of_fifteen_digits_and_zeros_is_lost_where_its_check_digit_says_so(read):
    from stdnum.cn import ric

    cut = [f"51302319{year}0402{first}000" for year in range(70, 100) for first in (0, 1, 5)]
    right = [number for number in cut if ric.calc_check_digit(number) == "0"]
    table = read("person_id\n" + "\n".join([*cut, "100000000000000000"]) + "\n", PEOPLE)
    assert 0 < len(right) < len(cut) and table.used["person_id"].to_list() == [*right, "100000000000000000"]
    assert table.refused["reason"].str.contains(LOST).all()


def test_numbers_of_parquet_that_may_be_another_identity_are_refused(tmp_path):
    numbers = {
        pl.Float64: [1.0, 2.5, 5.13023197904020013e17, 2.0**53, None, float("nan"), float("inf")],
        pl.Float32: [1.0, 2.5, 16_777_218.0, 16_777_216.0, None, float("nan"), float("inf")],
    }
    for kind, values in numbers.items():
        frame = pl.DataFrame({"case_id": list("abcdefg"), "person_id": pl.Series(values, dtype=kind)})
        frame.write_parquet(tmp_path / "cases.parquet")
        table = read_table(tmp_path / "cases.parquet", CASES, lang="en")
        assert table.refused["line"].to_list() == [2, 3, 7] and table.refused["reason"].str.contains(LOST).all()
        assert table.used["person_id"].to_list() == ["1", str(int(values[3])), "e", "f"]
    whole = pl.DataFrame({"case_id": pl.Series([513023197904020013], dtype=pl.Int64)})
    whole.write_parquet(tmp_path / "cases.parquet")
    assert read_table(tmp_path / "cases.parquet", CASES).used["case_id"].to_list() == ["513023197904020013"]


def test_a_date_in_place_of_an_identity_is_refused_in_a_workbook(tmp_path):
    made = xlsxwriter.Workbook(tmp_path / "presences.xlsx")
    sheet, day = made.add_worksheet(), made.add_format({"num_format": "m-d"})
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, STAY)
    sheet.write_row(2, 0, STAY)
    sheet.write_datetime(2, 1, dt.datetime(2022, 3, 5), day)  # building 3-5
    made.close()
    table = read_table(tmp_path / "presences.xlsx", PRESENCES, lang="en")
    assert [row[:2] for row in said(table)] == [(3, "place_id")]
    assert "made a date of it" in table.refused["reason"][0]


# --- errors and guards ---


def test_an_error_of_a_spreadsheet_is_no_value_and_no_empty_cell():
    table = odd("error_values_csv", "presences.csv")
    assert table.used["person_id"].to_list() == ["P1", "P5"] and table.refused.height == 6
    assert "#REF!" in odd("error_values_csv", "cases.csv").refused["value"].to_list()
    table = odd("xlsx_error_formula", "cases.xlsx")
    assert said(table) == [(2, "person_id", "#N/A"), (3, "person_id", "#REF!")]
    assert "isolated_at" in table.refused["reason"][0] and "onset_date" in table.refused["reason"][1]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("column", ["person_id", "place_id", "place_kind", "end", "vehicle", "seat"])
def test_every_error_is_refused_in_every_column(read, error, column):
    names = [*HEAD, "vehicle", "seat"]
    row = dict(zip(names, [*STAY, "", "1A"], strict=True)) | {column: error}
    table = read(",".join(names) + "\n" + ",".join(row.values()) + "\n", PRESENCES)
    assert said(table) == [(2, column, error)] and "error of the spreadsheet" in table.refused["reason"][0]


def test_a_formula_that_was_never_reckoned_is_not_empty(book):
    table = book(CASES, 表=([["case_id", "onset_date", "isolated_at"], ["C1", "2022-07-05", "=NOW()"]], []))
    assert said(table) == [(2, "isolated_at", "#CALC!")]


def test_guards_that_force_text_come_off():
    cases, contacts = odd("excel_text_guard", "cases.csv"), odd("excel_text_guard", "contacts.csv")
    assert cases.used.select("case_id", "person_id").rows() == [("0001", "00123")]
    assert cases.used["isolated_at"].to_list() == [dt.datetime(2022, 7, 6, 18)]
    assert contacts.used.select("case_id", "person_id").rows() == [("0001", "00124")]
    assert odd("excel_text_guard", "presences.csv").used["person_id"].to_list() == ["00123", "00124", "00125"]


def test_a_guarded_header_is_a_header_and_an_apostrophe_may_be_of_a_name(read):
    table = read("=\"person_id\",'name\nP1,'t Hooft\nP2,'=1+1\n", PEOPLE)
    assert table.used["name"].to_list() == ["'t Hooft", "=1+1"]


# --- rows that are none, times that are none ---


@pytest.mark.parametrize(
    "total", ["合计", "小计", "总计", "合 计", "合计：", "合计12例", "Total", "GRAND TOTAL", "total:"]
)
def test_a_row_of_totals_is_refused(read, total):
    if total == "合 计":
        total = "合计 "
    table = read(f"case_id,onset_date,例数\nC1,2022-07-05,1\n,,\n{total},,1\n")
    assert table.used["case_id"].to_list() == ["C1"] and "totals" in table.refused["reason"][0]
    assert said(odd("trailing_commas", "cases.csv")) == [(4, "case_id", "合计")]


def test_the_header_again_is_refused(read):
    table = read("person_id,name\nP1,甲\nperson_id,name\nP2,乙\n", PEOPLE)
    assert table.used["person_id"].to_list() == ["P1", "P2"] and said(table) == [(3, "person_id", "person_id")]


@pytest.mark.parametrize(
    "time", ["1899-12-31 08:30", "1899-12-30", "1900-01-00", "1900-01-01 08:30:00", "8:30", "下午3点"]
)
def test_a_time_without_a_day_is_refused(read, time):
    table = read(",".join(HEAD) + f"\nP1,R1,meal,{time},2022-07-04 13:00\n", PRESENCES)
    assert said(table) == [(2, "start", time)] and "without a day" in table.refused["reason"][0]


def test_a_time_without_a_day_is_refused_in_workbooks_and_parquet(tmp_path):
    made = xlsxwriter.Workbook(tmp_path / "presences.xlsx")
    sheet, clock = made.add_worksheet(), made.add_format({"num_format": "h:mm"})
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, STAY)
    sheet.write_number(1, 3, 0.5, clock)
    made.close()
    frame = pl.DataFrame([STAY], schema=HEAD, orient="row").with_columns(
        pl.lit(dt.datetime(1899, 12, 31, 8)).alias("start"), pl.col("end").str.to_datetime("%Y-%m-%d %H:%M")
    )
    frame.write_parquet(tmp_path / "presences.parquet")
    for suffix, line in ((".xlsx", 2), (".parquet", 1)):
        table = read_table(tmp_path / f"presences{suffix}", PRESENCES, lang="en")
        assert [row[:2] for row in said(table)] == [(line, "start")]


def test_dates_in_many_ways_are_read_or_refused_as_before():
    table = odd("dates_nasty", "cases.csv")
    assert (table.used.height, table.refused.height) == (14, 20)
    assert odd("xlsx_time_rounding", "presences.xlsx").refused.height == 0


def test_a_bare_date_covers_its_day_when_two_are_compared(read):
    head = "case_id,person_id,first_contact,last_contact\n"
    table = read(head + "C,A,2022-07-04 10:00,2022-07-04\nC,B,2022-07-04 10:00,2022-07-04 00:00\n", INTERVIEWS)
    assert table.used["last_contact"].to_list() == [dt.datetime(2022, 7, 5)]
    assert said(table) == [(3, "last_contact", "2022-07-04 00:00")]


# --- headers, delimiters, encodings ---


def test_a_line_that_names_the_delimiter_is_skipped(read):
    assert odd("csv_sep_line", "cases.csv").lines.to_list() == [3]
    for mark, delimiter in ((";", ";"), ("|", "|"), ("\\t", "\t"), ("^", "^")):
        table = read(f"sep={mark}\r\ncase_id,onset_date\r\nC1,2022-07-05\r\n".replace(",", delimiter))
        assert table.used.height == 1 and table.lines.to_list() == [3]


def test_titles_above_the_header_are_passed_over(read):
    table = read('样县病例一览表,,\n"填报单位：疾控中心,2022年",,\n\ncase_id,onset_date,备注\nC1,2022-07-05,"a,b"\n')
    assert table.lines.to_list() == [5] and table.used["备注"].to_list() == ["a,b"]
    plain = read("样县病例一览表\ncase_id,onset_date\nC1,2022-07-05\nC2,x\n")
    assert plain.lines.to_list() == [3] and said(plain) == [(4, "onset_date", "x")]
    table = odd("xlsx_title_rows", "cases.xlsx")
    assert table.used["case_id"].to_list() == ["C1"] and table.lines.to_list() == [4] and table.unread == ("说明",)


def test_our_own_export_comes_in_again(read):
    table = odd("web_export_roundtrip", "cases.csv")
    assert table.used.height == table.rows_in - 1 and said(table) == [(15, "onset_date", "202-10-31 15:54")]
    assert set(table.used["classification"]) == {"confirmed", "asymptomatic"}
    assert table.used["reported_at"].dtype == pl.Datetime("us")
    english = read("Case,Name,Onset,Isolated,Found by\nC1,A,2022-07-05,2022-07-06 18:00,Care seeking\n")
    assert english.used["isolated_at"].to_list() == [dt.datetime(2022, 7, 6, 18)]
    both = read("病例,case_id,onset_date\n甲,C1,2022-07-05\n")  # what is named outright counts
    assert both.used["case_id"].to_list() == ["C1"] and both.used["病例"].to_list() == ["甲"]


@pytest.mark.parametrize("foreign", ["李四", "欧阳娜娜", "张"])
def test_two_encodings_in_one_file_are_told_line_by_line(read, foreign):
    lines = [f"C{n},2022-07-05,王小明与陈大文".encode() for n in range(3)] + [
        f"C9,2022-07-05,{foreign}".encode("gb18030")
    ]
    for first, head in ((lines, "utf-8"), (lines[:1] + lines[3:] * 1, "utf-8")):
        table = read(b"case_id,onset_date,note\n" + b"\n".join(first) + b"\n")
        assert table.used.height + table.refused.height == len(first) and table.refused.height >= 1, head
        assert table.refused["reason"].str.contains("save all of it as UTF-8").all()
    quoted = b'case_id,note\nC1,"\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e"\nC2,"' + "李四".encode("gb18030") + b'"\nC3,x\n'
    table = read(quoted)
    assert table.used["case_id"].to_list() == ["C1", "C3"] and table.refused["line"].to_list() == [3]


def test_a_file_in_one_encoding_is_never_taken_for_one_of_two(read):
    names = ["联通", "王五", "欧阳娜娜", "张三丰", "赵", "钱塘江", "孙悟空", "李", "周吴郑王", "镕镕", "喆"]
    body = "case_id,note\n" + "\n".join(f"C{n},{name}" for n, name in enumerate(names * 40)) + "\n"
    for encoding in ("utf-8", "gb18030", "utf-16", "utf-16-le"):
        table = read(body.encode(encoding))
        assert table.refused.height == 0 and table.used["note"].to_list() == names * 40, encoding


def test_a_part_of_a_large_file_is_read_with_the_titles_of_its_head():
    head = "sep=;\n样县\nperson_id;place_id;start;end\n"
    used, lines, refused = read_csv_part(
        (head + "P1;R1;2022-07-04 12:00;2022-07-04 13:00\n").encode(), PRESENCES, file="f"
    )
    assert used.height == 1 and lines.to_list() == [4] and refused.height == 0


# --- sheets and merged cells ---


def test_every_sheet_with_the_columns_is_read_and_refusals_name_it(book):
    stays = [HEAD, STAY]
    bad = [HEAD, ["P2", "R1", "meal", "x", "2022-07-04 13:00"], ["P3", *STAY[1:]]]
    table = book(PRESENCES, 一=(stays, []), 说明=([["怎样填写"]], []), 二=(bad, []), 空=([], []))
    assert table.used["person_id"].to_list() == ["P1", "P3"] and table.lines.to_list() == [2, 3]
    assert table.sheets.to_list() == ["一", "二"] and table.unread == ("说明",)
    assert said(table) == [(2, "start", "x")] and table.refused["reason"][0].startswith("sheet '二': ")


def test_a_case_that_stands_in_two_sheets_is_kept_once_and_the_first_is_named(book):
    rows = [["case_id", "onset_date"], ["C1", "2022-07-05"]]
    table = book(CASES, 一=(rows, []), 二=(rows, []))
    assert table.used.height == 1 and "repeats line 一!2" in table.refused["reason"][0]


def test_a_sheet_that_lacks_a_column_is_refused_row_by_row_beside_one_that_has_them(book):
    table = book(PRESENCES, 一=([HEAD, STAY], []), 二=([HEAD[:4], STAY[:4], STAY[:4]], []))
    assert (table.rows_in, table.used.height, table.refused.height) == (3, 1, 2)
    assert table.refused["reason"].str.contains("'二': it lacks the column end").all()
    with pytest.raises(Refused, match="place_kind"):
        book(PRESENCES, 甲=([["x"]], []), 二=([HEAD[:4], STAY[:4]], []))


def test_cells_merged_below_each_other_are_filled_and_others_refused_by_their_place(book):
    table = odd("xlsx_merged_presences", "presences.xlsx")
    assert table.used["place_id"].to_list() == ["R1"] * 3 and table.used["place_kind"].to_list() == ["meal"] * 3
    rows = [["title"], HEAD, STAY, ["P2", None, None, *STAY[3:]], ["一、城关镇"], ["P3", *STAY[1:]]]
    table = book(PRESENCES, 表=(rows, ["A1:E1", "B3:B4", "A5:E5"]))
    assert table.used["place_id"].to_list() == ["R1", "R1", "R1"]
    assert [row[0] for row in said(table)] == [5] and "A5:E5" in table.refused["reason"][0]


def test_a_table_that_begins_further_right_is_filled_and_marked_in_its_own_cells(tmp_path):
    made = openpyxl.Workbook()
    sheet = made.active
    for row, values in enumerate(
        ([*HEAD], STAY, ["P2", None, *STAY[2:]], ["P3", "R9", "meal", "=NOW()", STAY[4]]), start=4
    ):
        for column, value in enumerate(values, start=3):
            sheet.cell(row, column, value)
    sheet["C5"] = 513023197904020013
    sheet.merge_cells("D5:D6")
    made.save(tmp_path / "presences.xlsx")
    table = read_table(tmp_path / "presences.xlsx", PRESENCES, lang="en")
    assert table.used.select("person_id", "place_id").rows() == [("P2", "R1")] and table.lines.to_list() == [6]
    assert [row[:2] for row in said(table)] == [(5, "person_id"), (7, "start")]


def test_a_workbook_put_together_in_another_way_is_read_all_the_same(tmp_path, book):
    book(CASES, 表=([["case_id", "onset_date"], ["C1", "2022-07-05"]], []))
    path = tmp_path / "cases.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = next(name for name in parts if "worksheets/sheet" in name)
    prefixed = parts[sheet].replace(b"<c ", b"<c  ").replace(b"xmlns=", b"xmlns:y='u' xmlns=")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, prefixed if name == sheet else data)
    assert read_table(path, CASES).used.height == 1


# --- words ---


def test_a_classification_in_either_language_is_read_and_an_unknown_one_is_told():
    table = odd("classification_words", "cases.csv")
    assert table.rows_in == table.used.height
    classes = dict(table.used.select("case_id", "classification").iter_rows())
    assert classes["C13"] == "excluded" and classes["C01"] == classes["C04"] == "confirmed" and classes["C16"] is None
    assert table.undecided.select("row", "column", "value").rows() == [
        (14, "classification", "not a case"),
        (15, "classification", "x"),
    ]


def test_a_fact_that_cannot_be_read_is_told_by_the_row_that_is_used(read):
    text = (
        "case_id,onset_date,reported_at,found_by\nC1,bad,,\nC2,2022-07-05,5/7/2022,门诊\nC3,2022-07-05,#REF!,应检尽检\n"
    )
    table = read(text)
    assert table.used["case_id"].to_list() == ["C2", "C3"] and table.used["found_by"].to_list() == [
        None,
        "regular_testing",
    ]
    assert sorted(table.undecided.select("row", "column", "value").rows()) == [
        (0, "found_by", "门诊"),
        (0, "reported_at", "5/7/2022"),
        (1, "reported_at", "#REF!"),
    ]
    left = table.only(pl.Series([False, True]), pl.DataFrame({"file": ["f"], "line": [3], "reason": ["r"]}))
    assert left.undecided.select("row", "value").rows() == [(0, "#REF!")] and left.used["case_id"].to_list() == ["C3"]
