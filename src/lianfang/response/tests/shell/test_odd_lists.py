"""Odd lists through the whole response: no column of a sender stands for one of ours, and nothing is refused unsaid."""

import ast
import datetime as dt
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

import lianfang
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PLACES, PRESENCES
from lianfang.playbook.load import load
from lianfang.response.core.facts import known_columns
from lianfang.response.run import respond_to_files

ROOT = Path(__file__).resolve().parents[5]
ODD, SMALL = ROOT / "tests" / "data" / "odd_files", ROOT / "tests" / "data" / "response-small" / "in"
NOW = dt.datetime(2022, 7, 8, 18)


@pytest.fixture(scope="module")
def playbook():
    return load("covid19-cn-9")


def names_of_the_source() -> list[str]:
    """Every name that the source writes as a text or a keyword: whatever a column of ours is called is among them."""
    found: set[str] = set()
    for path in Path(lianfang.__file__).parent.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
    return sorted(name for name in found if re.fullmatch(r"[a-z_#][a-z0-9_#]{0,40}", name))


def bare(name: str) -> str:
    """Return a head as heads are compared."""
    return re.sub(r"[\s_\-]+", "", name).lower()


def with_every_name(folder: Path, to: Path) -> None:
    """Copy a folder of lists; each has every other name of the source as a column of its sender."""
    schemas = {schema.name: schema for schema in (CASES, INTERVIEWS, PEOPLE, PLACES, PRESENCES)}
    for path in folder.iterdir():
        rows = pl.read_csv(path, infer_schema=False)
        schema = schemas[path.stem]
        names = names_of_the_source()
        known = set(known_columns(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), schema).columns)
        heads = [head for one in (*schema.columns, *schema.facts) for head in one.heads]
        ours = {bare(name) for name in (*known, *schema.names, *heads, *rows.columns)}
        more = [name for name in names if bare(name) not in ours]
        # First and last: neither place may matter.
        before, after = more[::2], more[1::2]
        rows.select(
            *(pl.lit("x").alias(n) for n in before), *rows.columns, *(pl.lit("y").alias(n) for n in after)
        ).write_csv(to / path.name)


def test_no_column_of_a_sender_stands_for_one_of_ours(tmp_path, playbook):
    assert {"row", "told", "listed", "window_rule", "_column", "category"} <= set(names_of_the_source())
    (tmp_path / "in").mkdir()
    with_every_name(SMALL, tmp_path / "in")
    results = {}
    for name, folder in (("plain", SMALL), ("odd", tmp_path / "in")):
        respond_to_files(folder, tmp_path / name, playbook=playbook, as_of=NOW, jurisdiction="样县", list_general=True)
        results[name] = {p.name: p.read_bytes() for p in (tmp_path / name).iterdir() if p.name != "summary.json"}
    assert results["odd"] == results["plain"]


@pytest.mark.parametrize("name", ["extra_column_row", "extra_column_told"])
def test_the_columns_that_were_seen_to_clash(name, tmp_path, playbook):
    ran = respond_to_files(ODD / name, tmp_path / "out", playbook=playbook)
    assert ran.response.contacts.height


def test_a_list_that_cannot_be_used_is_blamed_and_its_rows_are_kept(tmp_path, playbook):
    with pytest.raises(Refused) as refusal:
        respond_to_files(ODD / "all_dates_unreadable", tmp_path / "out", playbook=playbook, lang="en")
    for word in ("cases.csv", "onset_date", "of its 2 rows", "05-03-2020", "refused.csv"):
        assert word in refusal.value.text.en
    assert pl.read_csv(tmp_path / "out" / "refused.csv")["line"].to_list() == [2, 3]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["refused.csv"]


def test_what_was_refused_is_kept_when_another_list_ends_the_run(tmp_path, playbook):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cases.csv").write_text("case_id,onset_date\nC1,2022-07-05\nC2,soon\n")
    (tmp_path / "in" / "people.csv").write_text("name\nA\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "summary.json").write_text("{}")
    with pytest.raises(Refused, match=r"lacks the column person_id.*refused\.csv"):
        respond_to_files(tmp_path / "in", tmp_path / "out", playbook=playbook, lang="en")
    assert pl.read_csv(tmp_path / "out" / "refused.csv")["value"].to_list() == ["soon"]
    assert (tmp_path / "out" / "summary.json").read_text() == "{}"


def test_sheets_and_words_that_were_not_read_are_said(tmp_path, playbook):
    ran = respond_to_files(ODD / "xlsx_title_rows", tmp_path / "out", playbook=playbook, lang="en")
    assert any("说明" in note.zh for note in ran.notes)
    ran = respond_to_files(ODD / "classification_words", tmp_path / "out", playbook=playbook, as_of=NOW, lang="en")
    told = ran.undecided.filter(pl.col("column") == "classification").select("line", "value").rows()
    assert told == [(16, "not a case"), (17, "x")]
    assert {"C9", "C13"}.isdisjoint(ran.response.cases["case_id"])


def test_a_mistyped_year_is_refused_with_what_the_others_say(tmp_path, playbook):
    (tmp_path / "in").mkdir()
    rows = [f"C{n},P{n},2022-07-0{n},2022-07-0{n} 09:00,2022-07-06 18:00" for n in range(1, 5)]
    rows += ["C5,P5,1926-07-05,2022-07-05 09:00,", "C6,P6,2022-07-05,2022-07-05 09:00,", "C7,P7,2021-12-30,,"]
    (tmp_path / "in" / "cases.csv").write_text(
        "case_id,person_id,onset_date,sampled_at,isolated_at\n" + "\n".join(rows) + "\n"
    )
    (tmp_path / "in" / "people.csv").write_text("person_id,birth_date\nP6,2022-07-06\nP1,1990-01-01\n")
    (tmp_path / "in" / "contacts.csv").write_text(
        "case_id,person_id,first_contact,last_contact\nC1,Q1,1922-07-02,2022-07-02\n"
    )
    ran = respond_to_files(tmp_path / "in", tmp_path / "out", playbook=playbook, as_of=NOW, lang="en")
    told = ran.refused.select("file", "line", "column", "value").rows()
    assert told == [
        ("cases.csv", 6, "onset_date", "1926-07-05 00:00"),
        ("cases.csv", 7, "onset_date", "2022-07-05 00:00"),
        ("contacts.csv", 2, "first_contact", "1922-07-02 00:00"),
    ]
    reasons = ran.refused["reason"].to_list()
    assert "the others begin on 2021-12-30" in reasons[0] and "birth date (2022-07-06)" in reasons[1]
    # A whole row of half a year ago may be an early case.
    assert "C7" in ran.response.cases["case_id"].to_list()


def test_what_a_list_may_tell_beside_its_own_columns_is_used(tmp_path, playbook):
    lists = tmp_path / "in"
    shutil.copytree(SMALL, lists)
    told = {
        "cases": {"origin": "境外输入", "死亡时间": "2022-07-08 10:00", "report_unit": "县人民医院"},
        "contacts": {"discovery_path": "外省协查"},
    }
    for name, columns in told.items():
        rows = pl.read_csv(lists / f"{name}.csv", infer_schema=False)
        rows.with_columns(pl.lit(text).alias(head) for head, text in columns.items()).write_csv(lists / f"{name}.csv")
    ran = respond_to_files(lists, tmp_path / "out", playbook=playbook, as_of=NOW, jurisdiction="样县")

    counted = {code: figure.value for code, figure in ran.response.figures.items()}
    assert counted["cases.died"] == counted["cases.origin.imported"] == counted["cases.total"] > 0
    clocks = pl.read_csv(tmp_path / "out" / "clocks.csv", infer_schema=False)
    assert set(clocks.filter(pl.col("clock") == "reported")["owner"]) == {"县人民医院"}
    named = pl.read_csv(lists / "contacts.csv", infer_schema=False).select("case_id", "person_id").unique()
    found = pl.read_csv(tmp_path / "out" / "contacts.csv", infer_schema=False).join(named, on=["case_id", "person_id"])
    assert set(found["discovery_path"]) == {"other_province"}
