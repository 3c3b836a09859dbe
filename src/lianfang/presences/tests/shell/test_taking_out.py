"""Taking out of the presence store for good: a list, a person, the days before a date; and the commands for it."""

import datetime as dt
import io
import json
import os
import pty
import subprocess
import sys
from dataclasses import asdict

import polars as pl
import pytest

import lianfang
from lianfang.kernel.errors import Misused, Refused
from lianfang.presences.store.manifest import versions
from lianfang.presences.tests.shell.lists import CASE, T0, as_process, county, in_order, of_parts, one_row
from lianfang.site.cli import main
from lianfang.tracing.notebook import open_store

DAY = dt.timedelta(days=1)


def held(home):
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.suffix != ".parquet")


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
