"""Presences that lie elsewhere: what a question fetches of a store, and files by their address."""

import datetime as dt
import io
from importlib import import_module
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

import lianfang
from lianfang.engines.addresses import for_spark, name_of, on_disk
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.schema import CASES, PRESENCES
from lianfang.presences.store import segments
from lianfang.tracing.notebook import open_store
from lianfang.tracing.tests.shell.test_command import CASES as CASES_CSV
from lianfang.tracing.tests.shell.test_command import PRESENCES_CSV, run

T0 = dt.datetime(2021, 8, 1)
DAY = dt.timedelta(days=1)


class Bucket(MemoryFileSystem):
    """Object storage in memory, under the scheme of a real one, that notes what is fetched."""

    protocol = ("s3", "s3a")
    store = {}
    pseudo_dirs = [""]
    copied, opened, read = [], [], []

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(str(path).removeprefix("s3://").removeprefix("s3a://"))

    def get_file(self, rpath, lpath, **more):
        content = self.cat_file(rpath)
        self.copied.append(rpath)
        Path(lpath).write_bytes(content)

    def _open(self, path, mode="rb", **more):
        held = super()._open(path, mode=mode, **more)
        if "r" not in mode or not path.endswith(".parquet"):
            return held
        self.opened.append(path)
        return Counted(held.getvalue(), self.read)

    @classmethod
    def forget(cls):
        for told in (cls.copied, cls.opened, cls.read):
            told.clear()


class Counted(io.BytesIO):
    def __init__(self, content, told):
        super().__init__(content)
        self.told = told

    def read(self, size=-1):
        got = super().read(size)
        self.told.append(len(got))
        return got


@pytest.fixture
def bucket(monkeypatch, tmp_path):
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(import_module("fsspec.registry")._registry, "s3", Bucket)
    monkeypatch.setattr(Bucket, "store", {})
    monkeypatch.setattr(Bucket, "pseudo_dirs", [""])
    Bucket.forget()
    return Bucket


def short_visits(days=6, people=41, places=25):
    """Visits of half an hour, four people at a time: every day has its own, and none lasts over midnight."""
    rows = [
        (f"p{3 * n % people:02}", f"x{(7 * n + day) % places:02}", T0 + day * DAY + dt.timedelta(minutes=11 * (n % 50)))
        for day in range(days)
        for n in range(200)
    ]
    frame = pl.DataFrame(rows, schema=["person_id", "place_id", "start"], orient="row")
    return PRESENCES.conform(
        frame.with_columns(place_kind=pl.lit("work"), end=pl.col("start") + dt.timedelta(minutes=30))
    )


def cases(since, until):
    window = {"infectious_from": [since], "infectious_to": [until]}
    return CASES.conform(pl.DataFrame({"case_id": ["A"], "person_id": ["p00"], **window}))


def kept(tmp_path, monkeypatch, rows=None):
    """A store in the bucket, seen from a machine that has fetched nothing of it yet."""
    open_store("s3://county/presences").ingest(short_visits() if rows is None else rows)
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "reader"))
    Bucket.forget()
    return open_store("s3://county/presences", create=False)


def endings(names):
    return sorted(name.split("/presences/")[1].split("/")[-2] + "." + name.rsplit(".")[-1] for name in names)


@pytest.mark.parametrize("degrees", [1, 2])
def test_a_question_fetches_the_index_of_its_days_alone(bucket, tmp_path, monkeypatch, degrees):
    store = kept(tmp_path, monkeypatch)
    asked = cases(T0 + 3 * DAY, T0 + 4 * DAY)
    found = store.trace(asked, degrees=degrees, min_minutes=1, as_of=T0 + 4 * DAY)
    assert endings(bucket.copied) == ["2021-08-04.index", "ids.index"] and not bucket.opened
    assert found.height and found.equals(
        lianfang.trace(asked, short_visits(), degrees=degrees, min_minutes=1, as_of=T0 + 4 * DAY)
    )
    bucket.forget()
    store.trace(cases(T0 + 2 * DAY, T0 + 4 * DAY), degrees=degrees, as_of=T0 + 4 * DAY)
    assert endings(bucket.copied) == ["2021-08-03.index"], "what was fetched stays"


def test_the_second_degree_fetches_the_days_up_to_the_time_of_reckoning(bucket, tmp_path, monkeypatch):
    store = kept(tmp_path, monkeypatch)
    store.trace(cases(T0 + DAY, T0 + 2 * DAY), degrees=2, min_minutes=1, as_of=T0 + 4 * DAY)
    days = [f"2021-08-0{n}.index" for n in (2, 3, 4)]
    assert endings(bucket.copied) == [*days, "ids.index"]


def test_shared_stays_fetch_their_days_and_name_the_segments_of_the_store(bucket, tmp_path, monkeypatch):
    store = kept(tmp_path, monkeypatch)
    other = store.trace(cases(T0 + 3 * DAY, T0 + 4 * DAY), min_minutes=1)["person_id"][0]
    bucket.forget()
    pair = {"person_id": ["p00"], "other_id": [other], "since": [T0 + 3 * DAY], "until": [T0 + 4 * DAY]}
    moment = store.snapshot()
    stays = moment.shared(pl.DataFrame(pair), {"work": 0.0})
    assert stays.height and endings(bucket.copied) == ["ids.index"], "of places; the rest was there"
    ends = [(person, stays.row(0, named=True)) for person in ("own", "other")]
    for whose, row in ends:
        segment = moment.manifest.segments[row[f"{whose}_segment"]]
        assert segment.day == "2021-08-04"
        kept_rows = pl.read_parquet(moment.files.open(segment.data))
        assert kept_rows["person_id"][row[f"{whose}_row"]] == {"own": "p00", "other": other}[whose]
    bucket.forget()
    assert moment.seats_of([(row["own_segment"], row["own_row"]) for _, row in ends]) == ["", ""]
    assert endings(bucket.opened) == ["2021-08-04.parquet"] and not bucket.copied


def test_duckdb_opens_the_files_of_its_days_and_keeps_no_copy(bucket, tmp_path, monkeypatch):
    store = kept(tmp_path, monkeypatch)
    asked = cases(T0 + 3 * DAY, T0 + 4 * DAY)
    found = store.trace(asked, engine="duckdb", min_minutes=1)
    assert set(endings(bucket.opened)) == {"2021-08-04.parquet"} and not bucket.copied
    assert found.equals(store.trace(asked, engine="index", min_minutes=1))


def test_what_is_asked_of_places_or_a_person_is_read_where_it_lies(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(segments, "ROW_GROUP", 20)
    rows = pl.concat([short_visits(days=2).with_columns(source=pl.lit("x" * 40 + str(n))) for n in range(40)])
    store = kept(tmp_path, monkeypatch, rows)
    moment = store.snapshot()
    size = max(moment.files.size(one.data) for one in moment.manifest.segments)
    bucket.forget()
    found = moment.of_places(["x03"], T0, T0 + DAY)
    ours = rows.filter(pl.col("place_id") == "x03", pl.col("start") < T0 + DAY)
    assert found.height == ours.height > 0 and not bucket.copied
    footer = size - sum(  # what a file says of itself is read whole
        column.total_compressed_size
        for group in (pq.ParquetFile(moment.files.open(moment.manifest.segments[0].data)).metadata,)
        for n in range(group.num_row_groups)
        for column in [group.row_group(n).column(c) for c in range(group.num_columns)]
    )
    bucket.forget()
    moment.of_places(["x03"], T0, T0 + DAY)
    assert sum(bucket.read) < footer + 65_536 + (size - footer) / 5
    bucket.forget()
    mine = moment.of_person("p05", T0 + DAY, T0 + 2 * DAY)
    assert endings(bucket.copied) == ["2021-08-02.index", "ids.index"], "the index says which groups are read"
    assert mine.height == rows.filter(pl.col("person_id") == "p05", pl.col("start") >= T0 + DAY).height


def groups_with(path, wanted):
    """The row groups of a file in which some row is wanted."""
    parquet = pq.ParquetFile(path)
    return [
        n
        for n in range(parquet.metadata.num_row_groups)
        if pl.DataFrame(parquet.read_row_group(n)).filter(wanted).height
    ]


def test_only_the_row_groups_of_the_places_or_of_the_person_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(segments, "ROW_GROUP", 16)
    store = open_store(tmp_path / "store")
    rows = short_visits(days=1, people=190)
    store.ingest(rows)
    [path] = (tmp_path / "store").rglob("*.parquet")
    read, whole = [], pq.ParquetFile.read_row_groups
    monkeypatch.setattr(
        segments.pq.ParquetFile, "read_row_groups", lambda file, some, **more: read.append(some) or whole(file, some)
    )
    moment = store.snapshot()
    for places in (["x00"], ["x03", "x20"], ["x24"], ["a"], ["x031"], ["y"]):
        found = moment.of_places(places, T0, T0 + DAY)
        wanted = pl.col("place_id").is_in(places)
        assert found.height == rows.filter(wanted).height
        # A group whose first and last place enclose a place that nobody was in has to be looked at.
        assert set(groups_with(path, wanted)) <= set(read[-1]) and len(read[-1]) <= 2 * len(places), places
        if found.height:
            assert read[-1] == groups_with(path, wanted)
    for person in ("p000", "p07", "p100"):
        read.clear()
        found = moment.of_person(person, T0, T0 + DAY)
        wanted = pl.col("person_id") == person
        assert found.height == rows.filter(wanted).height
        assert read == ([groups_with(path, wanted)] if found.height else []), person


def test_a_reader_elsewhere_is_told_when_its_moment_is_gone(bucket, tmp_path, monkeypatch):
    store = kept(tmp_path, monkeypatch)
    moment = store.snapshot()
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "writer"))
    open_store("s3://county/presences").retract("p01")
    asked = cases(T0 + 3 * DAY, T0 + 4 * DAY)
    with pytest.raises(Refused, match="try again"):
        lianfang.trace(asked, moment)
    left = short_visits().filter(pl.col("person_id") != "p01")
    assert store.trace(asked, degrees=2).equals(lianfang.trace(asked, left, degrees=2))


def test_presences_are_named_by_their_address(bucket, tmp_path, monkeypatch, capfd):
    (tmp_path / "cases.csv").write_text(CASES_CSV)
    (tmp_path / "p.csv").write_text(PRESENCES_CSV)
    pl.read_csv(tmp_path / "p.csv", try_parse_dates=True).write_parquet(tmp_path / "p.parquet")
    far = Bucket()
    told = set()
    for name, line in (("p.csv", 6), ("p.parquet", 5)):
        far.pipe_file(f"/county/{name}", (tmp_path / name).read_bytes())
        for place in (tmp_path / name, f"file://{tmp_path / name}", f"s3://county/{name}"):
            words = ("--cases", tmp_path / "cases.csv", "--presences", place, "--degrees", 2)
            assert run("trace", *words, "--out", tmp_path / "o.csv") == 0
            told.add((tmp_path / "o.csv").read_bytes())
            assert f"{name} 第 {line} 行" in capfd.readouterr().err
    assert len(told) == 1
    assert bucket.copied == ["/county/p.csv"], "Parquet is read where it lies"
    far.pipe_file("/county/cases.csv", (tmp_path / "cases.csv").read_bytes())
    words = ("--cases", "s3://county/cases.csv", "--presences", "s3://county/p.parquet", "--degrees", 2)
    assert run("trace", *words, "--out", tmp_path / "o.csv") == 0
    assert {(tmp_path / "o.csv").read_bytes()} == told


def test_a_place_that_cannot_be_reached_is_refused_in_one_line(bucket, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("LIANFANG_LANG", "en")
    (tmp_path / "cases.csv").write_text(CASES_CSV)
    for place, words in (
        ("gs://county/p.parquet", "install its package"),
        ("nothing://county/p.parquet", "check the address"),
        ("s3://county/none.parquet", "there is no such file"),
        ("s3://county/none.csv", "there is no such file"),
    ):
        assert run("trace", "--cases", tmp_path / "cases.csv", "--presences", place) == 1
        told = capfd.readouterr().err
        assert words in told and place in told and told.count("\n") == 1, told


def test_what_spark_calls_a_place():
    assert for_spark("s3://bucket/a.parquet") == "s3a://bucket/a.parquet"
    assert for_spark("gcs://bucket/a.parquet") == "gs://bucket/a.parquet"
    assert for_spark("hdfs://head:8020/days/*/a.parquet") == r"hdfs://head:8020/days/\*/a.parquet"
    assert (
        for_spark("/data/s[4]/a.parquet")
        == for_spark("file:///data/s[4]/a.parquet")
        == r"file:///data/s\[4\]/a.parquet"
    )
    with pytest.raises(Misused, match="memory://"):
        for_spark("memory://county/a.parquet")
    assert on_disk("s3://a/b") is None and on_disk("file:///a/b") == on_disk("/a/b")
    assert name_of("s3://bucket/days/a.parquet") == name_of("/days/a.parquet") == "a.parquet"
