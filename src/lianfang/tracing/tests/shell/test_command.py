"""``lianfang trace`` over files, and presences read where they lie."""

import datetime as dt
import subprocess
import sys

import polars as pl
import pytest
from openpyxl import load_workbook

import lianfang
from lianfang.engines.engine import open_session
from lianfang.kernel.errors import Misused
from lianfang.kernel.schema import PRESENCES, TRACED
from lianfang.presences.opened import COLUMNS, open_presences, read_frame
from lianfang.site.cli import main

CASES = """case_id,person_id,onset_date,isolated_at
c1,p1,2021-08-03,2021-08-04
c2,p9,,
"""
PRESENCES_CSV = """person_id,place_id,place_kind,start,end
p1,room,work,2021-08-02 09:00,2021-08-02 11:00
p2,room,work,2021-08-02 10:15:30,2021-08-02 12:00
p3,bus,vehicle,2021-08-02 18:00,2021-08-02 18:40
p2,bus,vehicle,2021-08-02 18:10,2021-08-02 18:30
p4,bus,vehicle,2021-08-02 18:30,2021-08-02 18:20
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "cases.csv").write_text(CASES)
    (tmp_path / "presences.csv").write_text(PRESENCES_CSV)
    return tmp_path


def run(*words):
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    return end.value.code


def test_writes_the_contract_and_says_what_was_not_used(files, capfd):
    out = files / "contacts.csv"
    status = run(
        "trace", "--cases", files / "cases.csv", "--presences", files / "presences.csv", "--degrees", 2, "--out", out
    )
    assert status == 0
    assert out.read_text().splitlines() == [
        "case_id,person_id,degree,via_person_id,place_kind,minutes,encounters,first_contact,last_contact,is_case",
        "c1,p2,1,,work,44.5,1,2021-08-02T10:15:30,2021-08-02T11:00:00,false",
        "c1,p3,2,p2,vehicle,20.0,1,2021-08-02T18:10:00,2021-08-02T18:30:00,false",
    ]
    told = capfd.readouterr().err
    assert "未使用 1 行" in told
    assert "presences.csv 第 6 行" in told
    assert "c2:" in told
    assert not list(files.glob(".*")), "nothing half-written is left"


def test_strict_refuses_and_writes_nothing(files, capfd):
    out = files / "contacts.csv"
    words = ("--cases", files / "cases.csv", "--presences", files / "presences.csv")
    assert run("trace", *words, "--strict", "--out", out) == 1
    assert not out.exists()
    assert capfd.readouterr().err.count("\n") == 1


def test_every_format_holds_the_same_rows(files):
    words = ("--cases", files / "cases.csv", "--presences", files / "presences.csv", "--degrees", 2)
    for ending in ("csv", "parquet", "xlsx"):
        assert run("trace", *words, "--out", files / f"o.{ending}") == 0
    parquet = pl.read_parquet(files / "o.parquet")
    assert parquet.schema == pl.Schema(TRACED.dtypes)
    csv = pl.read_csv(files / "o.csv", schema_overrides={"case_id": pl.String}, try_parse_dates=True)
    assert csv.rows() == parquet.rows()
    sheet = load_workbook(files / "o.xlsx").active
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["c1", "p2", 1, None, "work", 44.5, 1, dt.datetime(2021, 8, 2, 10, 15, 30), dt.datetime(2021, 8, 2, 11), False],
        [
            "c1",
            "p3",
            2,
            "p2",
            "vehicle",
            20,
            1,
            dt.datetime(2021, 8, 2, 18, 10),
            dt.datetime(2021, 8, 2, 18, 30),
            False,
        ],
    ]


def test_standard_output_and_several_files(files):
    rows = PRESENCES_CSV.splitlines(keepends=True)
    (files / "a.csv").write_text("".join(rows[:3]))
    (files / "b.csv").write_text("".join([rows[0], *rows[3:5]]))
    words = ["--cases", "cases.csv", "--presences", "a.csv", "b.csv", "--degrees", "2"]
    done = subprocess.run(
        [sys.executable, "-c", "from lianfang.site.cli import main; main()", "trace", *words],
        cwd=files,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    assert [line.split(",")[1] for line in done.stdout.splitlines()] == ["person_id", "p2", "p3"]


@pytest.mark.parametrize(
    "words",
    [
        ("--degrees", "3"),
        ("--min-minutes", "-1"),
        ("--min-minutes", "nan"),
        ("--lookback", "x"),
        ("--second-kinds", "pub"),
        ("--second-kinds", ""),
        ("--as-of", "yesterday"),
        ("--out", "contacts.doc"),
        ("--out", "nowhere/contacts.csv"),
        ("--engine", "abacus"),
    ],
)
def test_a_command_line_that_means_nothing_is_refused_in_one_line(files, capfd, monkeypatch, words):
    monkeypatch.chdir(files)
    assert run("trace", "--cases", "cases.csv", "--presences", "presences.csv", *words) == 2
    told = capfd.readouterr()
    assert told.err.count("\n") == 1
    assert told.out == ""


@pytest.mark.parametrize(
    "options", [{"min_minutes": -1}, {"min_minutes": float("nan")}, {"degrees": 3}, {"second_kinds": ["pub"]}]
)
def test_a_question_in_python_that_means_nothing_is_refused_too(files, options):
    with pytest.raises(Misused):
        lianfang.trace(files / "cases.csv", files / "presences.csv", **options)


def test_a_file_that_is_not_there_is_refused_in_one_line(files, capfd, monkeypatch):
    monkeypatch.chdir(files)
    assert run("trace", "--cases", "cases.csv", "--presences", "none.parquet") == 1
    (files / "false.parquet").write_text("this is no Parquet")
    assert run("trace", "--cases", "cases.csv", "--presences", "false.parquet") == 1
    assert capfd.readouterr().err.count("\n") == 2


def test_tracing_imports_no_django(files):
    code = (
        "import sys, lianfang, polars as pl; "
        "lianfang.trace('cases.csv', 'presences.csv', degrees=2); "
        "assert not any(name.split('.')[0] == 'django' for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=files, check=True)


def held_to_the_cleaning(tmp_path, engine):
    """An engine's short cut and the reader for every list agree, row by row, on a file with every kind of flaw."""
    at = dt.datetime(2021, 8, 1, 8)
    hour = dt.timedelta(hours=1)
    rows = [
        ("p1", "x", "work", at, at + hour),
        (" p2 ", "x", "work", at, at + hour),
        ("p3", "x", None, at, at + hour),
        ("p4", "x", "WORK", at, at + hour),
        ("p5", "x", "工作", at, at + hour),
        ("p6", "x", "pub", at, at + hour),
        (None, "x", "work", at, at + hour),
        ("", "x", "work", at, at + hour),
        ("n/a", "x", "work", at, at + hour),
        ("p7", "x", "work", at + hour, at),
        ("p8", "x", "work", at, at),
        ("p9", "x", "work", None, at),
        ("12.0", "教室1", "work", at, at + hour),
        ("p10", "全角", "work", at, at + hour),
        (None, None, None, None, None),
    ]
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    path = tmp_path / "presences.parquet"
    frame.write_parquet(path)
    _, used, refused = read_frame(path, PRESENCES, lang="en")
    with open_session(engine) as session:
        opened = open_presences(session, path, lang="en")
        scanned = session.to_polars(opened.table)
        assert opened.refused.rows() == refused.rows()
        assert opened.rows_in == {"presences.parquet": used.height + refused.height}
        assert sorted(scanned.rows()) == sorted(used.select(COLUMNS).rows())
    assert refused.height == 7


def test_typed_parquet_is_scanned_and_gives_what_cleaning_gives(tmp_path):
    held_to_the_cleaning(tmp_path, "duckdb")


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_parquet_of_numbers_and_other_units_of_time(tmp_path, unit):
    at = pl.datetime(2021, 8, 1, 8, time_unit=unit)
    path = tmp_path / "p.parquet"
    pl.DataFrame({"person_id": [1, 2], "place_id": [7, 7]}).with_columns(
        start=at, end=at + pl.duration(hours=1)
    ).write_parquet(path)
    with open_session() as session:
        rows = session.to_polars(open_presences(session, path).table).sort("person_id")
    assert rows["person_id"].to_list() == ["1", "2"]
    assert rows["place_kind"].to_list() == ["other", "other"]
    assert rows["end"].to_list() == [dt.datetime(2021, 8, 1, 9)] * 2
