"""Presences of the web application are kept once, whole or not at all."""

import datetime as dt

import polars as pl
import pytest

from lianfang.kernel.schema import PRESENCES
from lianfang.tracing import presences
from lianfang.tracing.tables import COLUMNS

AT = dt.datetime(2021, 8, 5, 8)


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def frame():
    rows = [(f"p{i}", f"x{i % 3}", "work", AT, AT + dt.timedelta(minutes=i + 1)) for i in range(20)]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def test_the_same_rows_in_any_order_and_format_are_kept_once(tmp_path):
    (first,) = presences.ingest(frame())
    assert first.is_new
    frame().sample(fraction=1, shuffle=True, seed=1).write_csv(tmp_path / "again.csv")
    (second,) = presences.ingest(tmp_path / "again.csv")
    assert not second.is_new
    assert presences.paths() == [first.path] == [second.path]
    kept = pl.read_parquet(first.path)
    assert kept.schema == pl.Schema(PRESENCES.dtypes)
    assert sorted(kept.select(COLUMNS).rows()) == sorted(frame().rows())


def test_rows_that_cannot_be_used_are_reported_and_others_kept(tmp_path):
    text = "person_id,place_id,start,end\np1,x,2021-08-05 08:00,2021-08-05 09:00\np2,x,2021-08-05 08:00,\n"
    (tmp_path / "some.csv").write_text(text)
    (done,) = presences.ingest(tmp_path / "some.csv", lang="en")
    assert done.rows == 1
    assert done.refused.select("file", "line", "column").rows() == [("some.csv", 3, "end")]


def test_a_write_that_fails_leaves_nothing(monkeypatch, tmp_path):
    def fail(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(presences.hashlib, "file_digest", fail)
    with pytest.raises(KeyboardInterrupt):
        presences.ingest(frame())
    assert presences.paths() == []
    assert list((tmp_path / "presences").iterdir()) == []


def test_nothing_to_keep_makes_no_file():
    (done,) = presences.ingest(frame().clear())
    assert (done.path, done.rows) == (None, 0)
    assert presences.paths() == []
