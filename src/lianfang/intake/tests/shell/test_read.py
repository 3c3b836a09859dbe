"""Files of every kind and every kind of damage."""

import datetime as dt
import subprocess
import sys

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.intake.find import find_table
from lianfang.intake.read import read_table
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import CASES, PEOPLE, PRESENCES

TEXT = "case_id,person_id,onset_date,isolated_at,姓名\nA,1,2022-01-05,2022-01-07,张三\nB,2,2022-01-06,,李四\n"


@pytest.fixture
def write(tmp_path):
    def _write(name: str, data):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return _write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "，"])
def test_every_encoding_gives_the_same_rows(write, encoding, newline, delimiter):
    text = TEXT.replace("\n", newline).replace(",", delimiter)
    table = read_table(write("cases.csv", text.encode(encoding)), CASES)
    assert table.used["姓名"].to_list() == ["张三", "李四"]
    assert table.used["isolated_at"].to_list() == [dt.datetime(2022, 1, 8), None]
    assert table.lines.to_list() == [2, 3]
    assert (table.rows_in, table.refused.height) == (2, 0)


def test_xlsx_and_parquet_give_the_same_rows_as_csv(write, tmp_path):
    expected = read_table(write("cases.csv", TEXT), CASES)
    book = openpyxl.Workbook()
    book.active.append(["说明"])
    sheet = book.create_sheet("病例")
    for _ in range(2):
        sheet.append([])
    sheet.append(["姓名", "Case ID", "person id", "onset_date", "isolated_at"])
    sheet.append(["张三", "A", 1, dt.date(2022, 1, 5), dt.datetime(2022, 1, 7)])
    sheet.append([])
    sheet.append(["李四", "B", 2.0, 44567, None])
    book.save(tmp_path / "cases.xlsx")
    from_xlsx = read_table(tmp_path / "cases.xlsx", CASES)
    assert from_xlsx.used.equals(expected.used)
    assert from_xlsx.lines.to_list() == [sheet.max_row - 2, sheet.max_row]

    typed = pl.DataFrame(
        {
            "case_id": ["A", "B"],
            "person_id": [1, 2],
            "onset_date": [dt.date(2022, 1, 5), dt.date(2022, 1, 6)],
            "isolated_at": [dt.date(2022, 1, 7), None],
            "姓名": ["张三", "李四"],
        }
    )
    typed.write_parquet(tmp_path / "cases.parquet")
    from_parquet = read_table(tmp_path / "cases.parquet", CASES)
    assert from_parquet.used.equals(expected.used)
    assert from_parquet.lines.to_list() == [1, 2]


def test_lines_are_the_lines_of_the_file(write):
    text = '\n\ncase_id,note\nA,"two\nlines"\n\n , \nA,again\nB,"a ""quoted"" word"\n'
    table = read_table(write("cases.csv", text), CASES, lang="en")
    assert table.used.select("case_id", "note").rows() == [("A", "two\nlines"), ("B", 'a "quoted" word')]
    assert table.lines.to_list() == [4, 9]
    assert table.refused.rows() == [
        ("cases.csv", 8, "case_id", "A", "case_id repeats line 4; the first of them is kept")
    ]


def test_ragged_rows(write):
    text = "person_id,name,phone\n1,张\n2,李,138,extra\n3,王,139,,\n"
    for body in (text, text.replace("张", '"张"')):
        table = read_table(write("people.csv", body), PEOPLE, lang="en")
        assert table.used["person_id"].to_list() == ["1", "3"]
        assert table.refused.row(0)[:4] == ("people.csv", 3, None, "2,李,138,extra")
        assert "4 cells, the header 3" in table.refused["reason"].item()


def test_an_open_quote_does_not_swallow_the_rows_after_it(write):
    text = 'person_id,name\n1,"张\n2,李\n3,王\n'
    table = read_table(write("people.csv", text), PEOPLE)
    assert table.used["person_id"].to_list() == ["2", "3"]
    assert table.refused["line"].to_list() == [2]
    assert "引号" in table.refused["reason"].item()


def test_bytes_of_no_encoding_refuse_their_row_only(write):
    data = "person_id,name\n1,张三\n2,李四\n".encode() + b"3,\xff\xff\n4,\xe7\x8e\x8b\n"
    table = read_table(write("people.csv", data), PEOPLE, lang="en")
    assert table.used["name"].to_list() == ["张三", "李四", "王"]
    assert table.refused["line"].to_list() == [4]
    assert "UTF-8" in table.refused["reason"].item()


def test_a_file_that_lacks_a_column_says_which_and_what_it_has(write):
    with pytest.raises(Refused) as refusal:
        read_table(write("presences.csv", "person,place_id,start\n1,2,3\n"), PRESENCES)
    assert refusal.value.text.en == (
        "presences.csv lacks the column person_id, end; its header reads: person, place_id, start. Add what is missing"
    )
    assert "缺少列 person_id, end" in refusal.value.text.zh


@pytest.mark.parametrize("name", ["cases.csv", "cases.xlsx", "cases.parquet"])
@pytest.mark.parametrize("data", [b"", b"\n\n", b"PK\x03\x04 not a workbook", b"PAR1PAR1", b"\0\0\0"])
def test_a_file_that_is_none_is_refused_in_one_sentence(write, name, data):
    with pytest.raises(Refused) as refusal:
        read_table(write(name, data), CASES)
    assert name in refusal.value.text.en
    assert "\n" not in refusal.value.text.en


def test_two_files_of_one_name_are_refused(write, tmp_path):
    write("cases.csv", TEXT)
    assert find_table(tmp_path, "cases").name == "cases.csv"
    assert find_table(tmp_path, "people") is None
    write("Cases.XLSX", b"")
    with pytest.raises(Refused, match="keep only one"):
        find_table(tmp_path, "cases")


def test_parquet_of_odd_types(tmp_path):
    pl.DataFrame(
        {
            "case_id": pl.Series(["A", "B"], dtype=pl.Categorical),
            "onset_date": [20220105, 44567],
            "isolated_at": [[1], None],
            "sampled_at": pl.Series([b"2022-01-05", b"\xff"], dtype=pl.Binary),
            "infectious_to": [float("nan"), 44567.5],
            "blob": [b"\xff", None],
        }
    ).write_parquet(tmp_path / "cases.parquet")
    table = read_table(tmp_path / "cases.parquet", CASES)
    assert table.rows_in == 2 == table.used.height + table.refused.height


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_no_bytes_end_in_a_traceback(tmp_path, suffix, data):
    path = tmp_path / f"cases{suffix}"
    path.write_bytes(data)
    with pytest.raises(Refused):
        read_table(path, CASES)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(alphabet='aé张,"\t 　1\0\ufeff-', max_size=8), max_size=8), st.sampled_from(["\n", "\r\n", "\r"])
)
def test_no_line_is_lost_whatever_stands_in_it(tmp_path, body, newline):
    text = newline.join(["case_id,onset_date,note", *body])
    path = tmp_path / "cases.csv"
    path.write_bytes(text.encode())
    table = read_table(path, CASES)
    assert table.rows_in == table.used.height + table.refused.height == table.lines.len() + table.refused.height
    if '"' not in text:
        blank = sum(not line.replace("\0", "").replace("\ufeff", "").replace(",", "").strip() for line in body)
        assert table.rows_in == len(body) - blank


def test_reading_does_not_import_django():
    code = "import sys, lianfang.intake.read; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
