"""The same list once more, a list that a correction has replaced, and files that are not what they should be."""

import datetime as dt

import polars as pl
import pytest

from lianfang.kernel.errors import Refused
from lianfang.presences.store.manifest import name_of
from lianfang.presences.tests.shell.lists import CASE, T0, command, county, in_order
from lianfang.tracing.notebook import open_store


def test_a_frame_has_one_name_in_whatever_order_its_rows_and_texts_lie(home):
    rows = county(1, people=40).with_columns(pl.concat_str(pl.lit("33099919850101"), "person_id").alias("person_id"))
    store = open_store(home)
    [first] = store.ingest(rows)
    apart = pl.concat([rows.tail(7), rows.head(rows.height - 7)], rechunk=False)
    for again in (rows.reverse(), apart, rows.sample(fraction=1.0, shuffle=True, seed=3)):
        [taken] = store.ingest(again)
        assert not taken.is_new and taken.digest == first.digest
    assert store.info().rows == rows.height


def test_a_list_that_was_replaced_stays_out_until_it_is_asked_for(home, tmp_path):
    store = open_store(home)
    wrong, right = county(1), county(2)
    for name, rows in (("old.csv", wrong), ("new.csv", right)):
        rows.write_csv(tmp_path / name)
    store.ingest(tmp_path / "old.csv")
    [came] = store.ingest(tmp_path / "new.csv", replaces="old.csv")
    assert came.is_new
    # The night's run sends all files again, and the correction may be repeated after a kill.
    for name, replaces in (("old.csv", None), ("new.csv", None), ("new.csv", "old.csv")):
        before = store.manifest()
        [again] = store.ingest(tmp_path / name, replaces=replaces)
        assert not again.is_new and again.is_replaced == (name == "old.csv") and store.manifest() == before
    assert in_order(store.snapshot().rows()).equals(in_order(right))
    [asked] = store.ingest(tmp_path / "old.csv", again=True)
    assert asked.is_new
    [back] = store.ingest(tmp_path / "old.csv", replaces="new.csv")
    assert not back.is_new and in_order(store.snapshot().rows()).equals(in_order(wrong))


def test_the_command_says_that_a_list_was_replaced_and_corrects_one_at_a_time(home, tmp_path):
    for name, number in (("old.csv", 1), ("new.csv", 2), ("more.csv", 3)):
        county(number).write_csv(tmp_path / name)

    def ingest(*words):
        return command("presences", "ingest", *words, "--store", home, cwd=tmp_path)

    assert ingest("old.csv").returncode == 0
    both = ingest("new.csv", "more.csv", "--replaces", "old.csv")
    assert both.returncode == 2 and "give one file" in both.stderr
    assert [one.name for one in open_store(home).manifest().sources] == ["old.csv"]
    assert ingest("new.csv", "--replaces", "old.csv").returncode == 0
    assert "--again" in ingest("old.csv").stderr
    assert "400 rows taken in" in ingest("old.csv", "--again").stderr
    assert open_store(home).info().rows == 2 * county(1).height


def test_times_that_a_database_calls_infinite_are_refused_and_break_nothing(home, tmp_path):
    rows = county(1)
    endless = rows.head(2).with_columns(end=pl.Series([2**63 - 1] * 2).cast(pl.Datetime("us")))
    pl.concat([rows, endless]).write_parquet(tmp_path / "rows.parquet")
    store = open_store(home)
    [taken] = store.ingest(tmp_path / "rows.parquet")
    assert (taken.rows, taken.refused_count) == (rows.height, 2)
    assert set(taken.refused["column"]) == {"end"}
    assert set(taken.refused["line"]) == {rows.height + 1, rows.height + 2}
    store.trace(CASE)


def test_a_frame_of_other_types_is_refused_in_words(home):
    store = open_store(home)
    with pytest.raises(Refused, match="Datetime"):
        store.ingest(county(1).with_columns(pl.col("start").dt.strftime("%Y/%m/%d %H:%M")))
    assert store.info().rows == 0


@pytest.mark.parametrize("what", ["days", "ids"])
def test_a_damaged_file_is_one_line(home, what):
    store = open_store(home)
    store.ingest(county(1))
    [index, *_] = sorted((home / what).rglob("*.index"))
    for cut in (index.read_bytes()[:40], b"", b"not what it was"):
        index.write_bytes(cut)
        with pytest.raises(Refused, match="damaged"):
            open_store(home).trace(CASE)
        assert not open_store(home).verify().is_sound
        told = command("presences", "verify", "--store", home)
        assert told.returncode == 1 and "damaged" in told.stderr and "Traceback" not in told.stderr


def test_a_damaged_former_moment_hinders_nobody(home):
    store = open_store(home)
    for number in range(3):
        store.ingest(county(number))
    former = store.manifest().version - 1
    (home / name_of(former)).write_text("{")
    [taken] = store.ingest(county(9))
    assert taken.is_new and store.verify().is_sound
    assert store.trace(CASE, as_of=T0 + dt.timedelta(days=3)).height >= 0
