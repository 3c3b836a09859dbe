"""Keeping the presence store: merging that lets others write, waiting for a turn, and two machines at once."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import polars as pl
import pytest

import lianfang
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES
from lianfang.presences.store import store as store_module
from lianfang.presences.store import turns, upkeep
from lianfang.presences.store.files import Files
from lianfang.presences.store.manifest import read_manifest, versions
from lianfang.presences.tests.shell.lists import CASE, as_process, county, in_order, of_parts
from lianfang.tracing.notebook import open_store
from tests import forked


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


# --- Merging, and whose turn it is ---


def test_another_writer_gets_its_turn_between_two_days_of_a_merge(home, monkeypatch):
    store, rows = of_parts(home)
    late = county(9, rows=40)
    told, commits, threads = [], [], []

    def ingest():
        open_store(home, patience=60, waiting=told.append).ingest(late)

    def merged(*given):
        if not threads:
            threads.append(threading.Thread(target=ingest))
            threads[0].start()
            until(lambda: (home / ".next").read_text().count("ingest"))  # it waits in front now
            until(lambda: told)
        return merge(*given)

    def commit(files, manifest):
        commits.append(len(manifest.sources))
        write(files, manifest)

    merge, write = upkeep.merged, store_module.commit
    monkeypatch.setattr(upkeep, "merged", merged)
    monkeypatch.setattr(store_module, "commit", commit)
    days = store.info().days
    assert store.compact() == days
    threads[0].join()
    assert commits == [3, *[4] * days], "the list came in after the first day, and the other days after it"
    assert f"process {os.getpid()}: compact" in told[0].en and "合并" in told[0].zh
    assert in_order(store.snapshot().rows()).equals(in_order(pl.concat([rows, late])))
    assert store.verify().is_sound
    assert store.most_segments_a_day() == 2, "the first day has the late rows beside"
    assert not (home / ".next").read_text() and not (home / ".lock").read_text()


def test_a_merge_changes_no_row_no_answer_and_no_reader(home):
    store, rows = of_parts(home)
    reader = open_store(home)
    moment, before = reader.snapshot(), len(versions(store.files))
    content, expected = moment.content, lianfang.trace(CASE, rows, degrees=2)
    assert store.trace(CASE, degrees=2).equals(expected)
    seen = []
    days = store.compact(progress=lambda words, share: seen.append((share, open_store(home).trace(CASE, degrees=2))))
    assert days == store.info().days == store.info().segments
    assert [share for share, _ in seen] == [pytest.approx((n + 1) / days) for n in range(days)]
    assert all(found.equals(expected) for _, found in seen), "half merged, too"
    assert in_order(moment.rows()).equals(in_order(rows)), "what the reader had opened is still there"
    assert store.snapshot().content == content
    assert in_order(store.snapshot().rows()).equals(in_order(rows))
    assert len(versions(store.files)) == before + 2, "a merge of many days pushes no older moment out"
    assert store.compact() == 0


MERGES = """
    import os, sys
    from lianfang.presences.store import files
    from lianfang.tracing.notebook import open_store
    step, seen = int(sys.argv[3]), 0
    def dies(function):
        def wrapped(*given, **more):
            global seen
            seen += 1
            if seen == step:
                os.kill(os.getpid(), 9)
            return function(*given, **more)
        return wrapped
    setattr(files.Files, sys.argv[2], dies(getattr(files.Files, sys.argv[2])))
    open_store(sys.argv[1]).compact()
"""


@pytest.mark.parametrize(("at", "step", "done"), [("put", 1, 0), ("create", 3, 2), ("put", 6, 2), ("remove", 1, 3)])
def test_a_killed_merge_keeps_the_days_that_were_merged(home, at, step, done):
    """kill -9 in the first day, before the third is committed, after its data but before its index, after it."""
    store, rows = of_parts(home)
    days = store.info().days
    line = [sys.executable, "-c", textwrap.dedent(MERGES), str(home), at, str(step)]
    killed = forked.run(line, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    counts = pl.Series([one.day for one in store.manifest().segments]).value_counts()["count"]
    assert sorted(counts) == [1] * done + [3] * (days - done)
    assert store.verify().is_sound
    assert in_order(store.snapshot().rows()).equals(in_order(rows))
    assert store.compact() == days - done
    assert in_order(store.snapshot().rows()).equals(in_order(rows))
    data = {name for name in store.files.list("days") if name.endswith(".parquet")}
    kept = [read_manifest(store.files, version) for version in versions(store.files)]
    assert data == {one.data for moment in kept for one in moment.segments}, "what it left is swept away"


def test_a_merge_that_is_kept_waiting_says_so_and_keeps_what_it_has(home, monkeypatch):
    monkeypatch.setattr(store_module, "LET_OTHERS", 0.2)
    store, _ = of_parts(home)
    days, merge, stop = store.info().days, upkeep.merged, threading.Event()
    entered = threading.Event()

    def occupy():
        with open_store(home, patience=60).files.only_writer("ingest"):
            entered.set()
            stop.wait(60)

    def merged(*given):
        thread.start()
        until(lambda: (home / ".next").read_text().count("ingest"))
        return merge(*given)

    thread = threading.Thread(target=occupy)
    monkeypatch.setattr(upkeep, "merged", merged)
    with pytest.raises(Refused, match=r"another process writes .* ingest"):
        store.compact()
    assert entered.is_set() and store.info().segments == 3 * days - 2
    stop.set()
    thread.join()


def test_the_command_line_waits_for_another_writer_and_says_for_whom(home, tmp_path):
    store = open_store(home)
    county().write_csv(tmp_path / "rows.csv")
    ingest = ["presences", "ingest", tmp_path / "rows.csv", "--store", home]
    with store.files.only_writer("compact"):
        at_once = as_process(*ingest, "--patience", 0)
        assert at_once.returncode == 1 and at_once.stderr.count("\n") == 1
        assert f"another process writes to {home} (process {os.getpid()}: compact" in at_once.stderr
        line = [sys.executable, "-c", "from lianfang.site.cli import main; main()", *map(str, ingest)]
        environment = {**os.environ, "LIANFANG_LANG": "en"}
        waits = subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env=environment)
        said = waits.stderr.readline()
        assert f"waiting for another writer (process {os.getpid()}: compact" in said and said.endswith(" s at most\n")
    rest = waits.communicate(timeout=120)[1]
    assert waits.returncode == 0 and "400 rows taken in" in rest


def test_no_second_merge_is_started_beside_one(home):
    open_store(home)
    assert not turns.is_merging(home)
    with open_store(home).files.only_writer("compact"):
        assert turns.is_merging(home)
    assert not turns.is_merging(home)
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    with open_store(home).files.only_writer("compact"):
        left = (home / ".lock").read_text()
    (home / ".lock").write_text(left.replace(str(os.getpid()), gone.stdout.decode().strip()))
    assert not turns.is_merging(home), "of a killed process the name alone is left"


# --- Two machines ---


def test_of_two_machines_that_commit_at_once_the_second_is_told_so(tmp_path, monkeypatch):
    """Both have looked before either wrote: the file system decides, not the look."""
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "one"))
    one = Files("memory://at once/presences")
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "two"))
    two = Files("memory://at once/presences")
    exists = type(two._remote).exists
    blind = iter([False])
    monkeypatch.setattr(type(two._remote), "exists", lambda self, path, **more: next(blind, exists(self, path)))
    assert two.create("manifest/1.json", b"theirs")
    blind = iter([False])
    assert not one.create("manifest/1.json", b"ours") and one.read("manifest/1.json") == b"theirs"
    blind = iter([False])
    assert two.create("manifest/1.json", b"theirs"), "sent again after its answer was lost: it is there, and its own"


def test_a_file_system_without_an_exclusive_mode_is_written_as_well_as_it_can(tmp_path, monkeypatch):
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path))
    files = Files("memory://plain/presences")
    write = type(files._remote).pipe_file

    def pipe_file(self, path, value):
        write(self, path, value)

    monkeypatch.setattr(type(files._remote), "pipe_file", pipe_file)
    assert files.create("manifest/1.json", b"first")
    assert not files.create("manifest/1.json", b"second") and files.read("manifest/1.json") == b"first"


def test_two_machines_that_write_at_once_lose_nothing_of_the_first(tmp_path, monkeypatch):
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "one"))
    one = open_store("memory://turns/presences")
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "two"))
    two = open_store("memory://turns/presences")
    take_in = store_module.take_in

    def slow(*given, **more):
        made = take_in(*given, **more)
        with monkeypatch.context() as patch:
            patch.setattr(store_module, "take_in", take_in)
            patch.setattr(store_module, "clear_away", lambda *args, **kwargs: 0)
            two.ingest(county(2))  # while the first is about to commit
        return made

    monkeypatch.setattr(store_module, "take_in", slow)
    with pytest.raises(Refused, match="another process changed"):
        one.ingest(county(1))
    assert in_order(one.snapshot().rows()).equals(in_order(county(2)))
    monkeypatch.setattr(store_module, "take_in", take_in)
    one.ingest(county(1))
    assert PRESENCES.conform(two.snapshot().rows()).height == 800
