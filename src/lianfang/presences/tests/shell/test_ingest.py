"""Taking presences in: every Parquet and CSV in batches, and what is told meanwhile."""

import datetime as dt

import polars as pl
import pytest

from lianfang.intake.read import local_time_zone, read_table
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES
from lianfang.presences import console as store_console
from lianfang.presences.store import ingest, open_store, sources
from lianfang.presences.store.progress import Step
from lianfang.presences.tests.shell.lists import T0, county, in_order, one_row, zoned


@pytest.fixture
def small(monkeypatch):
    """Batches of a few rows; whoever reads a file whole fails."""

    def whole(path, *args, **kwargs):
        raise AssertionError(f"{path} is read whole")

    monkeypatch.setattr(sources, "BATCH", 97)
    monkeypatch.setattr(sources, "CLEANED_BATCH", 89)
    monkeypatch.setattr(sources, "CSV_BLOCK", 2000)
    monkeypatch.setattr(sources, "read_table", whole)


# --- Every Parquet, batch by batch ---


def with_faults(rows):
    """Rows to be refused at 151 and 302, an odd id at 200, a blank row at 250."""
    end, person = rows["end"].to_list(), rows["person_id"].to_list()
    end[150] = rows["start"][150]
    person[301] = None
    person[199] = " p001"
    rows = rows.with_columns(end=pl.Series(end, dtype=pl.Datetime("us")), person_id=pl.Series(person))
    return pl.concat([rows.head(249), rows.clear(1), rows.slice(249)])


SHAPES = {
    "plain": lambda rows: rows,
    "categories": lambda rows: rows.cast(dict.fromkeys(("person_id", "place_id", "seat"), pl.Categorical)),
    "a choice as Enum": lambda rows: rows.cast({"place_kind": pl.Enum(rows["place_kind"].drop_nulls().unique())}),
    "times in UTC": lambda rows: zoned(rows, "UTC"),
    "times of elsewhere in ns": lambda rows: zoned(rows, "America/New_York", "ns"),
    "times in ms": lambda rows: rows.cast({"start": pl.Datetime("ms"), "end": pl.Datetime("ms")}),
    "dates": lambda rows: rows.with_columns(
        start=pl.col("start").dt.date(), end=pl.col("start").dt.date() + pl.duration(days=1)
    ),
    "whole numbers": lambda rows: rows.with_columns(
        person_id=pl.col("person_id").str.extract(r"(\d+)").cast(pl.Int32),
        seat=pl.when(pl.col("seat").is_not_null()).then(7),
    ),
    "other spellings": lambda rows: rows.rename({"person_id": "Person ID", "place_id": "PLACE-ID", "start": "Start "}),
    "no seat in any row": lambda rows: rows.with_columns(seat=None),
    "seats to tidy": lambda rows: rows.with_columns(
        seat=pl.when(pl.col("seat").is_not_null()).then(pl.lit(" １２Ｆ "))
    ).cast({"seat": pl.Categorical}),
    "times as text": lambda rows: rows.with_columns(pl.col("start").dt.to_string("%Y/%m/%d %H:%M:%S")),
    "numbers with a point": lambda rows: rows.with_columns(
        person_id=pl.col("person_id").str.extract(r"(\d+)").cast(pl.Float64)
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_parquet_is_read_in_batches_and_as_if_it_were_read_whole(home, tmp_path, small, taken, shape):
    path = tmp_path / "rows.parquet"
    made = SHAPES[shape](with_faults(county()))
    made.write_parquet(path, row_group_size=150)
    expected = read_table(path, PRESENCES, lang="en")
    [one] = open_store(home).ingest(path, lang="en")
    assert taken["batches"] >= 401 // 97
    assert one.rows + one.refused_count == expected.rows_in == 400
    # A time is shown as it is used: local, in microseconds.
    assert one.refused.drop("value").sort("line").equals(expected.refused.drop("value").sort("line"))
    assert one.refused["line"].max() == 303
    assert in_order(open_store(home).snapshot().rows()).equals(in_order(expected.used))


def test_a_dictionary_that_arrow_writes_row_group_by_row_group(home, tmp_path, small):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = county()
    table = rows.to_arrow()
    for n, name in enumerate(table.schema.names):
        if name in ("person_id", "place_id", "place_kind"):
            table = table.set_column(n, name, table.column(name).cast(pa.string()).dictionary_encode())
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=70)
    [one] = open_store(home).ingest(tmp_path / "rows.parquet")
    assert one.refused_count == 0 and in_order(open_store(home).snapshot().rows()).equals(in_order(rows))


def test_times_with_a_zone_become_local(home, tmp_path, monkeypatch):
    monkeypatch.setenv("LIANFANG_TIME_ZONE", "Asia/Urumqi")
    assert local_time_zone() == "Asia/Urumqi"
    zoned(one_row(), "UTC").write_parquet(tmp_path / "rows.parquet")
    open_store(home).ingest(tmp_path / "rows.parquet")
    assert open_store(home).snapshot().rows()["start"].to_list() == [T0 + dt.timedelta(hours=6)]


def test_a_parquet_that_cannot_be_used_is_refused_in_words(home, tmp_path, small):
    county().drop("place_id").write_parquet(tmp_path / "lacks.parquet")
    with pytest.raises(Refused, match="lacks the column place_id"):
        open_store(home).ingest(tmp_path / "lacks.parquet")
    county().with_columns(Person_ID="person_id").write_parquet(tmp_path / "twice.parquet")
    with pytest.raises(Refused, match="more than one column"):
        open_store(home).ingest(tmp_path / "twice.parquet")
    broken = tmp_path / "broken.parquet"
    county(rows=4000).write_parquet(broken, row_group_size=500)
    held = bytearray(broken.read_bytes())
    held[len(held) // 3 : 2 * len(held) // 3] = bytes(len(held) // 3)
    broken.write_bytes(held)
    with pytest.raises(Refused, match="not a readable Parquet file"):
        open_store(home).ingest(broken)


# --- Every CSV, block by block ---


def csv_text():
    """A list with a quoted line break, a blank line, a row too wide, one refused far down, and no end of its last."""
    rows = county().with_columns(seat=pl.when(pl.col("seat") == "3A").then(pl.lit("三A")).otherwise("seat"))
    lines = rows.write_csv().splitlines()
    lines.insert(1, '"p\nq",x01,work,2021-08-01T08:00:00,2021-08-01T09:00:00,,')
    lines.insert(100, "")
    lines.insert(200, "p001,x01,work,2021-08-01T08:00:00,2021-08-01T09:00:00,,,what else")
    lines.insert(300, "p001,x01,work,later,2021-08-01T09:00:00,,")
    return "\n".join(lines)


WRITINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "GB18030": lambda text: text.encode("gb18030"),
    "UTF-16, little end first": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16, big end first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "line ends of old Macs": lambda text: text.replace("\n", "\r").encode(),
    "blank lines before the header": lambda text: ("\n,,,\n\n" + text).encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "UTF-16 with half a character": lambda text: (
        b"\xff\xfe" + text.replace("x05", "x\ud800", 1).encode("utf-16-le", "surrogatepass")
    ),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_every_csv_is_read_in_blocks_and_as_if_it_were_read_whole(home, tmp_path, small, taken, writing):
    path = tmp_path / "rows.csv"
    path.write_bytes(WRITINGS[writing](csv_text()))
    expected = read_table(path, PRESENCES, lang="en")
    [one] = open_store(home).ingest(path, lang="en")
    assert taken["batches"] > 5
    assert one.rows + one.refused_count == expected.rows_in == 403
    assert one.refused.sort("line").equals(expected.refused.sort("line")) and one.refused_count >= 2
    assert in_order(open_store(home).snapshot().rows()).equals(in_order(expected.used))


def test_who_was_taken_out_is_refused_on_the_right_line(home, tmp_path, small):
    """And a row without an id beside them is refused as what it is, not lost."""
    store = open_store(home)
    store.ingest(one_row("p003"))
    store.retract("p003")
    rows = county().with_columns(pl.col("person_id").replace({"p000": None}))
    expected = [n for n, one in enumerate(rows["person_id"], start=1) if one in ("p003", None)]
    rows.write_parquet(tmp_path / "rows.parquet")
    rows.write_csv(tmp_path / "rows.csv")
    lines = (tmp_path / "rows.csv").read_text().replace("p003", " ｐ００３")
    (tmp_path / "rows.csv").write_text(lines)
    for source, shift in ((tmp_path / "rows.parquet", 0), (rows, 0), (tmp_path / "rows.csv", 1)):
        [one] = store.ingest(source)
        assert one.rows + one.refused_count == 400
        assert sorted(one.refused["line"]) == [line + shift for line in expected]


# --- What is told ---


def test_a_large_csv_tells_how_much_of_it_was_read(home, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "CSV_BLOCK", 20_000)
    county(rows=4000).write_csv(tmp_path / "rows.csv")
    told = []
    open_store(home).ingest(tmp_path / "rows.csv", progress=lambda step, share: told.append((step, share)))
    reading = [(share, step.rows) for step, share in told if step == ingest.READING]
    assert len(reading) > 8 and reading == sorted(reading) and reading[0] == (0.0, 0) and reading[-1] == (1.0, 4000)
    assert 0.3 < reading[len(reading) // 2][0] < 0.7
    writing = [(share, step.rows) for step, share in told if step == ingest.WRITING]
    assert writing == sorted(writing) and writing[-1] == (1.0, 4000)


def test_the_digest_of_a_large_file_is_told_and_right(tmp_path, monkeypatch):
    from lianfang.intake import read

    county(rows=4000).write_csv(tmp_path / "rows.csv")
    told = []
    expected = ingest.digest_of(tmp_path / "rows.csv")
    monkeypatch.setattr(read, "_DIGEST_BLOCK", 1 << 16)
    assert ingest.digest_of(tmp_path / "rows.csv", lambda step, share: told.append((step.en, share))) == expected
    assert told and all(words == "hashing the file (SHA-256)" and 0 < share <= 1 for words, share in told)


def test_off_a_terminal_a_line_comes_now_and_then_with_rows_and_their_rate(capsys, monkeypatch):
    monkeypatch.setattr(store_console, "lang", lambda: "en")
    now = [0.0]
    line = store_console.Progress(clock=lambda: now[0])
    reading = Step("读取", "reading")
    with line as tell:
        for second in range(0, 100, 5):
            now[0] = float(second)
            tell(reading.at(1_000_000 + second * 1000), second / 100)
        tell(Step("写入", "writing"), 0.0)
    assert capsys.readouterr().err.splitlines() == [
        "reading …",
        "reading 30%, 1,030,000 rows, 1,000 rows/s",
        "reading 60%, 1,060,000 rows, 1,000 rows/s",
        "reading 90%, 1,090,000 rows, 1,000 rows/s",
        "writing …",
    ]
    monkeypatch.setattr(store_console, "lang", lambda: "zh")
    with store_console.Progress(clock=lambda: now[0]) as tell:
        tell(reading.at(1), 0.0)
        now[0] += 31
        tell(reading.at(3101), 0.5)
    assert capsys.readouterr().err.splitlines()[-1] == "读取 50%，3,101 行，每秒 100 行"
