"""Small sound files with something changed in them: each is read or refused in words, and no row is lost."""

import io
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.intake.digests import content_digest
from lianfang.intake.read import read_table
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PLACES, PRESENCES, Schema
from lianfang.measures.core.facts import FACTS_TABLE

ROWS: dict[Schema, list[list[str]]] = {
    CASES: [
        ["case_id", "person_id", "onset_date", "isolated_at", "classification", "reported_at", "row"],
        ["C1", "P1", "2022-07-05", "2022-07-06 18:00", "确诊", "2022/7/5 8:00", "1"],
        ["C2", "513023197904020013", "", "44748.5", "asymptomatic", "", '="2"'],
    ],
    PRESENCES: [
        ["person_id", "place_id", "place_kind", "start", "end", "vehicle", "seat"],
        ["P1", "R1", "meal", "2022-07-04 12:00", "2022-07-04 13:00", "", ""],
        ["P2", "7.0", "交通工具", "2022-07-04T12:00:00+08:00", "2022-07-04 13:00", "aircraft", "12A"],
    ],
    INTERVIEWS: [
        ["case_id", "person_id", "first_contact", "last_contact", "protected"],
        ["C1", "P2", "2022-07-04 9:00", "2022-07-04", "是"],
    ],
    PEOPLE: [["person_id", "姓名", "phone", "sex", "birth_date"], ["P1", "张三", "13800000001", "男", "1990-01-01"]],
    PLACES: [["place_id", "name", "longitude", "latitude"], ["R1", "饭店", "109.5", "19.2"]],
    FACTS_TABLE: [["person_id", "category", "last_exposure"], ["A1", "close_contact", "2022-08-01"]],
}
SNIPPETS = [
    b"", b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"sep=;\n", b"#REF!", b"=", b"5.13E+17", b"\xef\xbb\xbf",
    b"\xff\xfe", b"1899-12-31", b"'", b"9" * 400, b"<v>", b't="e"', b"-", b"2022-13-45", b"\xed\xa0\x80", b"1e400",
    b"NaN",
    "张".encode("gb18030"), "张".encode(), "合计".encode(), b'<mergeCell ref="A2:B9"/>',
    b'<mergeCell ref="A2:ZZZ9999999"/>',
]  # fmt: skip
ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16"]


def as_csv(rows: list[list[str]], encoding: str) -> bytes:
    text = "\n".join(",".join('"' + c.replace('"', '""') + '"' if '"' in c else c for c in row) for row in rows)
    return (text + "\n").encode(encoding)


def as_xlsx(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([c or None for c in row])
    book.create_sheet("二").append(rows[0])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_parquet(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(rows[1:], schema=rows[0], orient="row").write_parquet(out)
    return out.getvalue()


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[float, int, bytes]]:
    """Where, as a share of the length, how many bytes go, and what comes instead."""
    return draw(
        st.lists(
            st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(st.sampled_from(SNIPPETS), st.binary(max_size=6))),
            min_size=1,
            max_size=4,
        )
    )


def changed(data: bytes, by: list[tuple[float, int, bytes]]) -> bytes:
    for share, count, instead in by:
        at = int(share * len(data))
        data = data[:at] + instead + data[at + count :]
    return data


def check(path: Path, data: bytes, schema: Schema) -> None:
    path.write_bytes(data)
    for lang in ("zh", "en"):
        try:
            table = read_table(path, schema, lang=lang)
        except Refused as refusal:
            assert "\n" not in refusal.text.en and refusal.text.zh and refusal.text.en
            continue
        assert table.rows_in == table.used.height + table.refused.height == table.lines.len() + table.refused.height
        assert table.refused["reason"].null_count() == 0 and table.used.columns[: len(schema.names)] == schema.names
        assert table.undecided.filter(pl.col("row") >= table.used.height).is_empty()
        assert len(content_digest(path, schema)) == 64


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(st.sampled_from(list(ROWS)), st.sampled_from(ENCODINGS), changes())
def test_a_changed_csv(tmp_path, schema, encoding, by):
    check(tmp_path / f"{schema.name}.csv", changed(as_csv(ROWS[schema], encoding), by), schema)


@QUICK
@given(st.sampled_from(list(ROWS)), changes(), st.booleans())
def test_a_changed_workbook(tmp_path, schema, by, inside):
    data = as_xlsx(ROWS[schema])
    if inside:
        # Of one of its files, and put together again: what other programs write is odd there.
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        names = sorted(name for name in parts if "sheet" in name or "workbook" in name)
        name = names[int(by[0][0] * (len(names) - 1))]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for one, content in parts.items():
                archive.writestr(one, changed(content, by) if one == name else content)
        data = out.getvalue()
    else:
        data = changed(data, by)
    check(tmp_path / f"{schema.name}.xlsx", data, schema)


@QUICK
@given(st.sampled_from(list(ROWS)), changes())
def test_a_changed_parquet(tmp_path, schema, by):
    check(tmp_path / f"{schema.name}.parquet", changed(as_parquet(ROWS[schema]), by), schema)


@pytest.mark.parametrize("schema", list(ROWS), ids=lambda schema: schema.name)
def test_the_files_themselves_are_sound(tmp_path, schema):
    for encoding in ENCODINGS:
        (tmp_path / f"{schema.name}.csv").write_bytes(as_csv(ROWS[schema], encoding))
        table = read_table(tmp_path / f"{schema.name}.csv", schema, lang="en")
        assert table.used.height == len(ROWS[schema]) - 1, table.refused
    for suffix, data in ((".xlsx", as_xlsx(ROWS[schema])), (".parquet", as_parquet(ROWS[schema]))):
        (tmp_path / f"{schema.name}{suffix}").write_bytes(data)
        assert read_table(tmp_path / f"{schema.name}{suffix}", schema).used.height == len(ROWS[schema]) - 1
