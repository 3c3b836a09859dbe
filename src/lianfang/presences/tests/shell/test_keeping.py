"""Keeping the presence store: merging that lets others write, waiting for a turn, and taking out for good."""

import datetime as dt
import io
import json
import os
import pty
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import asdict

import polars as pl
import pytest

import lianfang
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.schema import PRESENCES
from lianfang.presences.store import store as store_module
from lianfang.presences.store import turns, upkeep
from lianfang.presences.store.files import Files
from lianfang.presences.store.manifest import read_manifest, versions
from lianfang.presences.tests.shell.test_store import CASE, T0, as_process, county, in_order, one_row
from lianfang.site.cli import main
from lianfang.tracing.notebook import open_store
from tests import forked

DAY = dt.timedelta(days=1)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "store"


def of_parts(home, count=3):
    """A store whose every day has `count` segments, and all of its rows."""
    store = open_store(home)
    parts = [county(seed) for seed in range(count)]
    for part in parts:
        store.ingest(part)
    return store, pl.concat(parts)


def held(home):
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.suffix != ".parquet")


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


# --- Taking out ---


def numbers(rows):
    return {
        "rows": rows.height,
        "days": rows["start"].dt.date().n_unique(),
        "persons": rows["person_id"].n_unique(),
    }


def wrong_list():
    """Some people and places that other lists have too, and some that only this one has, a ship's cabin among them."""
    odd = [one_row(f"W{n}", f"hut {n}", hour=8 + n) for n in range(4)]
    cabin = one_row("W9", "boat").with_columns(
        place_kind=pl.lit("vehicle"), vehicle=pl.lit("ship"), seat=pl.lit("Cabin Q77")
    )
    return pl.concat([county(5, rows=60), *odd, cabin])


@pytest.mark.parametrize("is_merged", [False, True])
def test_a_wrong_list_is_taken_out_whole_and_may_come_in_again(home, tmp_path, is_merged):
    store, rows = of_parts(home, 2)
    wrong_list().write_csv(tmp_path / "wrong.csv")
    [taken] = store.ingest(tmp_path / "wrong.csv")
    if is_merged:
        store.compact()
    assert b"W9" in held(home) and b"hut 1" in held(home) and b"Q77" in held(home)
    foreseen = store.concerned(source="wrong.csv")
    receipt = store.withdraw("wrong.csv")
    assert asdict(foreseen) == numbers(wrong_list())
    assert (receipt.act, receipt.of, receipt.name) == ("withdraw", taken.digest, "wrong.csv")
    assert {name: getattr(receipt, name) for name in numbers(rows)} == numbers(wrong_list())
    assert receipt.ids == 5 + 5 + 3, "persons, places and seats read as a ship's that only this list had"
    assert in_order(store.snapshot().rows()).equals(in_order(rows))
    assert store.trace(CASE, degrees=2).equals(lianfang.trace(CASE, rows, degrees=2))
    assert not any(word in held(home) for word in (b"W1", b"W9", b"hut", b"boat", b"Q77")) and b"p001" in held(home)
    assert versions(store.files) == [receipt.version] and store.verify().is_sound
    data = {name for name in store.files.list("days") if name.endswith(".parquet")}
    assert data == {one.data for one in store.manifest().segments}
    assert store.withdraw(taken.digest[:12]) == receipt, "asked again it gives the same receipt"
    assert versions(store.files) == [receipt.version]
    assert store.info().sources[-1]["withdrawn"]
    with pytest.raises(Refused, match="no single source"):
        store.withdraw("other.csv")
    [again] = store.ingest(tmp_path / "wrong.csv")
    assert again.is_new and in_order(store.snapshot().rows()).equals(in_order(pl.concat([rows, wrong_list()])))
    assert store.withdraw("wrong.csv").version > receipt.version
    assert in_order(store.snapshot().rows()).equals(in_order(rows)) and store.verify().is_sound


def test_a_withdrawal_and_a_dropping_that_are_killed_before_they_clear_away_end_with_the_next_write(home, monkeypatch):
    store, _ = of_parts(home, 2)
    wrong = county(5, people=3).with_columns(person_id="W" + pl.col("person_id"))
    store.ingest(wrong)
    with monkeypatch.context() as patch:
        patch.setattr("lianfang.presences.store.store.clear_away", lambda *args, **kwargs: 0)
        receipt = store.withdraw(store.manifest().sources[-1].digest)
    assert b"Wp001" in held(home) and min(versions(store.files)) < receipt.version
    with monkeypatch.context() as patch:
        patch.setattr("lianfang.presences.store.store.clear_away", lambda *args, **kwargs: 0)
        dropped = store.drop((T0 + DAY).date())
    assert len(versions(store.files)) > 2
    store.ingest(one_row("P1", hour=30))
    assert min(versions(store.files)) >= dropped.version, "no former moment is left"
    assert b"Wp001" not in held(home)
    assert not (home / "days" / "2021-08-01").exists() or not list((home / "days" / "2021-08-01").iterdir())


def test_readmitting_brings_no_former_moment_back(home, monkeypatch):
    """Killed before it cleared away, then readmitted: the rows of then are gone all the same."""
    store, _ = of_parts(home, 2)
    with monkeypatch.context() as patch:
        patch.setattr("lianfang.presences.store.store.clear_away", lambda *args, **kwargs: 0)
        gone = store.retract("p003")
    store.readmit("p003")
    store.ingest(one_row("P1"))
    assert min(versions(store.files)) >= gone.version and store.verify(person_id="p003").is_sound


@pytest.mark.parametrize("is_merged", [False, True])
def test_days_before_a_date_are_dropped(home, tmp_path, is_merged):
    store, rows = of_parts(home, 2)
    old = pl.concat([one_row("W1", "hut"), one_row("W2", "hut", hour=20)])
    old.write_csv(tmp_path / "old.csv")
    store.ingest(tmp_path / "old.csv")
    if is_merged:
        store.compact()
    date = (T0 + 2 * DAY).date()
    every = pl.concat([rows, old])
    goes = pl.col("start").dt.date() < date
    files = set(store.files.list("days"))
    assert asdict(store.concerned(before=date)) == numbers(every.filter(goes))
    receipt = store.drop(date)
    left = every.filter(~goes)
    assert {name: getattr(receipt, name) for name in numbers(rows)} == numbers(every.filter(goes))
    assert in_order(store.snapshot().rows()).equals(in_order(left)) and store.verify().is_sound
    assert store.trace(CASE, degrees=2).equals(lianfang.trace(CASE, left, degrees=2))
    assert b"W1" not in held(home) and b"hut" not in held(home) and versions(store.files) == [receipt.version]
    assert set(store.files.list("days")) < files, "no file of a day is written anew"
    nothing = store.drop(date)
    assert (nothing.rows, nothing.version) == (0, receipt.version) and store.manifest().removed == [receipt]
    [again] = store.ingest(tmp_path / "old.csv")
    assert not again.is_new, "the same list does not bring the days back"


def test_a_store_whose_every_day_is_dropped_takes_in_again(home):
    store, rows = of_parts(home, 2)
    receipt = store.drop(dt.date(2022, 1, 1))
    assert receipt.rows == rows.height and receipt.persons == 30
    assert store.info().rows == 0 and store.info().persons == 0 and store.verify().is_sound
    assert store.trace(CASE, degrees=2).is_empty() and b"p001" not in held(home)
    store.ingest(county(7))
    assert in_order(store.snapshot().rows()).equals(in_order(county(7))) and store.verify().is_sound


def test_what_a_retraction_would_take_is_told_beforehand(home):
    store, rows = of_parts(home, 2)
    store.compact()
    mine = rows.filter(pl.col("person_id") == "p003")
    assert asdict(store.concerned(person_id=" p003")) == numbers(mine)
    assert asdict(store.concerned(person_id="nobody")) == {"rows": 0, "days": 0, "persons": 0}
    assert store.retract("p003").rows == mine.height
    assert store.concerned(person_id="p003").rows == 0
    with pytest.raises(Misused):
        store.concerned()


def test_a_store_that_an_earlier_version_wrote_is_read(home):
    """Its manifest knows nothing of what was taken out by source or date."""
    store, rows = of_parts(home, 2)
    newest = home / "manifest" / f"{versions(store.files)[-1]:010d}.json"
    said = json.loads(newest.read_text())
    del said["removed"], said["oldest"]
    newest.write_text(json.dumps(said))
    assert open_store(home).drop((T0 + DAY).date()).rows == rows.filter(pl.col("start") < T0 + DAY).height


# --- The commands ---


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command in this process; its status, output and what it said beside."""
    monkeypatch.setenv("LIANFANG_LANG", "en")
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def run(*args):
        with pytest.raises(SystemExit) as end:
            main([str(one) for one in args])
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(args, end.value.code, out, err)

    return run


def at_a_terminal(answer, *args):
    """Run a command whose standard input is a terminal on which somebody answers."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer.encode() + b"\n")
        return as_process(*args, stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def test_the_commands_that_take_out_tell_ask_and_prove(home, tmp_path, run):
    county(1).write_csv(tmp_path / "right.csv")
    county(2).write_csv(tmp_path / "wrong.csv")
    store = open_store(home)
    for name in ("right.csv", "wrong.csv"):
        store.ingest(tmp_path / name)
    both = pl.concat([county(1), county(2)])
    where = ["--store", home]
    mine = both.filter(pl.col("person_id") == "p001")

    told = run("presences", "retract", "--person", "p001", *where, "--dry-run")
    words = "{rows} rows of {days} days and {persons} persons would go; nothing was changed\n"
    assert (told.returncode, told.stdout) == (0, words.format(**numbers(mine)))
    told = run("presences", "withdraw", "wrong.csv", *where, "--dry-run")
    assert told.stdout.startswith("source wrong.csv ") and told.stdout.endswith(words.format(**numbers(county(2))))
    told = run("presences", "drop", "--before", "2021-08-02", *where, "--dry-run")
    old = both.filter(pl.col("start").dt.date() < dt.date(2021, 8, 2))
    assert told.stdout == words.format(**numbers(old))
    both_asked = run("presences", "drop", "--before", "2021-08-02", *where, "--dry-run", "--proof", tmp_path / "x.json")
    assert both_asked.returncode == 2 and store.info().rows == 800, "nothing has gone"

    no = at_a_terminal("n", "presences", "withdraw", "wrong.csv", *where)
    assert no.returncode == 1 and "Go on? [y/N]" in no.stderr and "nothing was changed" in no.stderr
    assert store.info().rows == 800
    nowhere = run("presences", "withdraw", "wrong.csv", *where, "--proof", tmp_path / "none" / "proof.json")
    assert nowhere.returncode == 2 and store.info().rows == 800, "a proof that cannot be written is refused first"
    yes = at_a_terminal("y", "presences", "withdraw", "wrong.csv", *where, "--proof", tmp_path / "proof.json")
    assert yes.returncode == 0 and "it may be taken in again" in yes.stderr, yes.stderr
    said = json.loads((tmp_path / "proof.json").read_text())
    assert {"act": "withdraw", "name": "wrong.csv", "store": str(home), **numbers(county(2))}.items() <= said.items()
    assert "wrong.csv" in run("presences", "info", *where).stdout
    again = run("presences", "withdraw", "wrong.csv", *where)
    assert again.returncode == 0 and again.stderr == yes.stderr[yes.stderr.index("source wrong.csv", 30) :]
    back = run("presences", "ingest", tmp_path / "wrong.csv", *where)
    assert "withdrawn before, and is in again" in back.stderr

    done = run("presences", "drop", "--before", "2021-08-02", *where, "--proof", tmp_path / "proof.json")
    assert done.returncode == 0 and "the days before 2021-08-02 are out" in done.stderr, "a script is not asked"
    assert json.loads((tmp_path / "proof.json").read_text())["rows"] == old.height
    assert "there is nothing before" in run("presences", "drop", "--before", "2021-08-02", *where).stderr

    left = store.concerned(person_id="p001").rows
    unasked = at_a_terminal(
        "n", "presences", "retract", "--person", "p001", *where, "--yes", "--proof", tmp_path / "proof.json"
    )
    assert unasked.returncode == 0 and "Go on?" not in unasked.stderr
    proof = json.loads((tmp_path / "proof.json").read_text())
    assert (proof["act"], proof["rows"], proof["version"]) == ("retract", left, store.manifest().version)
    assert proof["mark"] == store.mark("p001") and "p001" not in (tmp_path / "proof.json").read_text()
    assert store.verify(person_id="p001").is_sound
    assert sorted(path.name for path in tmp_path.iterdir()) == ["proof.json", "right.csv", "store", "wrong.csv"]


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
