"""Presences of the web application are kept once, whole or not at all."""

import datetime as dt
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from lianfang.access.models import AuditEntry
from lianfang.access.times import now
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES
from lianfang.presences import keeping, removing
from lianfang.presences.opened import COLUMNS
from lianfang.presences.store import background
from tests import forked

AT = dt.datetime(2021, 8, 5, 8)
DAY = dt.timedelta(days=1)
SPANS = pl.DataFrame({"case_id": ["A"], "person_id": ["p0"], "infectious_from": [AT], "infectious_to": [AT + DAY]})


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def frame():
    rows = [(f"p{i}", f"x{i % 3}", "work", AT, AT + dt.timedelta(minutes=i + 1)) for i in range(20)]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def kept():
    return keeping.store().snapshot().rows()


def test_the_same_rows_in_any_order_and_format_are_kept_once(tmp_path):
    (first,) = keeping.ingest(frame())
    assert first.is_new
    frame().sample(fraction=1, shuffle=True, seed=1).write_csv(tmp_path / "again.csv")
    (second,) = keeping.ingest(tmp_path / "again.csv")
    assert not second.is_new
    assert first.digest == second.digest
    assert kept().schema == pl.Schema(PRESENCES.dtypes)
    assert sorted(kept().select(COLUMNS).rows()) == sorted(frame().rows())
    engine = pl.concat([pl.read_parquet(path) for path in keeping.paths()])
    assert engine.height == 20


def test_rows_that_cannot_be_used_are_reported_and_others_kept(tmp_path):
    text = "person_id,place_id,start,end\np1,x,2021-08-05 08:00,2021-08-05 09:00\np2,x,2021-08-05 08:00,\n"
    (tmp_path / "some.csv").write_text(text)
    (done,) = keeping.ingest(tmp_path / "some.csv", lang="en")
    assert done.rows == 1
    assert done.refused.select("file", "line", "column").rows() == [("some.csv", 3, "end")]


def test_nothing_to_keep_changes_nothing():
    (done,) = keeping.ingest(frame().clear())
    assert (done.digest, done.rows) == (None, 0)
    assert keeping.paths() == []


def test_one_store_for_all_threads(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        stores = set(threads.map(lambda _: keeping.store(), range(16)))
        assert len(stores) == 1
        days = [frame().with_columns(pl.col("start", "end") + dt.timedelta(days=n)) for n in range(6)]
        taken = list(threads.map(keeping.ingest, days))  # writers take turns
        seen = list(threads.map(lambda _: keeping.of_person("p3", since=AT, until=AT + DAY), range(16)))
    assert all(one.is_new for (one,) in taken)
    assert all(rows.height == 1 for rows in seen)
    assert kept().height == 120


def test_the_presences_of_a_person_that_overlap_a_time():
    keeping.ingest([frame(), frame().with_columns(end=pl.col("end") + dt.timedelta(seconds=1)), frame().head(3)])
    found = keeping.of_person("p1", since=AT + dt.timedelta(minutes=1), until=AT + dt.timedelta(hours=1))
    assert found["end"].to_list() == [AT + dt.timedelta(minutes=2), AT + dt.timedelta(minutes=2, seconds=1)]
    assert keeping.of_person("p1", since=AT - DAY, until=AT).is_empty()
    assert keeping.of_person("nobody", since=AT, until=AT + DAY).is_empty()


def former_files(home):
    """A folder as a version without a store left it; its second file lacks the newer column."""
    home.mkdir()
    one, two = frame().head(12), frame().tail(12)  # four rows are in both, as two lists may have them
    PRESENCES.conform(one).write_parquet(home / f"{'a' * 64}.parquet")
    two.write_parquet(home / f"{'b' * 64}.parquet")
    return pl.concat([one, two])


def test_files_of_an_earlier_version_are_taken_in_once_and_without_loss(tmp_path):
    rows = former_files(tmp_path / "presences")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: keeping.store(), range(4)))
    assert sorted(kept().select(COLUMNS).rows()) == sorted(rows.rows())
    assert not list((tmp_path / "presences").glob("*.parquet"))
    (again,) = keeping.ingest(frame().head(12))  # the list that made one of them
    assert not again.is_new
    assert kept().height == 24


def test_taking_in_files_of_an_earlier_version_may_be_killed_at_any_moment(tmp_path, monkeypatch):
    home = tmp_path / "presences"
    rows = former_files(home)
    script = "import os, signal; from pathlib import Path; from lianfang.site.manage import set_up; set_up()\n"
    script += "from lianfang.presences import keeping\n"
    script += "Path.unlink = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\nkeeping.store()"
    environment = {**os.environ, "LIANFANG_DATA": str(tmp_path)}
    killed = forked.run([sys.executable, "-c", script], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(home.glob("*.parquet"))) == 2  # one of them is in the store already
    assert sorted(kept().select(COLUMNS).rows()) == sorted(rows.rows())
    assert not list(home.glob("*.parquet"))


def test_days_of_many_parts_are_merged_in_the_background(monkeypatch):
    started = []
    monkeypatch.setattr(background.subprocess, "Popen", lambda command, **_: started.append(command))
    parts = [frame().slice(n * 4, 4) for n in range(5)]
    keeping.ingest(parts[:4])
    assert not started
    keeping.ingest(parts[4])
    assert started[0][-4:] == ["presences", "compact", "--store", str(keeping.folder())]


@pytest.mark.django_db
@pytest.mark.database
def test_an_administrator_takes_a_person_out_and_the_trail_keeps_the_proof_without_the_id(cast):
    keeping.ingest(frame())
    at = now()
    with pytest.raises(Refused):
        removing.retract("p7", by=cast.commander, at=at)
    assert kept().height == 20
    gone = removing.retract("p7", by=cast.administrator, at=at)
    assert gone.rows == 1
    assert "p7" not in set(kept()["person_id"])
    assert keeping.store().verify(person_id="p7").is_sound
    entry = AuditEntry.objects.order_by("-number").first()
    assert (entry.kind, entry.key, entry.detail["act"], entry.detail["rows"]) == (
        "presence",
        gone.mark,
        "presence.retract",
        1,
    )
    assert "p7" not in str(entry.detail)
    (again,) = keeping.ingest(frame().with_columns(end=pl.col("end") + dt.timedelta(minutes=1)))
    assert again.rows == 19  # a later list does not bring the person back


@pytest.mark.django_db
@pytest.mark.database
def test_an_administrator_takes_lists_in_and_out_and_the_trail_names_no_person(cast, tmp_path):
    keeping.ingest(frame())
    at = now()
    wrong = frame().with_columns(person_id="W" + pl.col("person_id"), start=pl.col("start") - DAY)
    wrong.write_csv(tmp_path / "wrong.csv")
    for denied in (
        lambda: keeping.ingest_file(tmp_path / "wrong.csv", by=cast.commander, at=at),
        lambda: removing.withdraw("wrong.csv", by=cast.commander, at=at),
        lambda: removing.drop(AT.date(), by=cast.commander, at=at),
        lambda: removing.concerned(person_id="p1", by=cast.commander, at=at),
        lambda: removing.concerned(source="wrong.csv", by=cast.commander, at=at),
        lambda: removing.concerned(before=AT.date(), by=cast.commander, at=at),
    ):
        with pytest.raises(Refused, match="your role may not"):
            denied()
    assert kept().height == 20
    keeper, first = cast.administrator, AuditEntry.objects.count()
    taken = keeping.ingest_file(tmp_path / "wrong.csv", by=keeper, at=at)
    assert not keeping.ingest_file(tmp_path / "wrong.csv", by=keeper, at=at).is_new
    assert removing.concerned(source="wrong.csv", by=keeper, at=at).rows == 20
    assert removing.concerned(person_id="Wp1", by=keeper, at=at).rows == 1
    withdrawn = removing.withdraw("wrong.csv", by=keeper, at=at)
    assert kept().height == 20
    keeping.ingest_file(tmp_path / "wrong.csv", by=keeper, at=at)
    assert removing.concerned(before=AT.date(), by=keeper, at=at).rows == 20
    dropped = removing.drop(AT.date(), by=keeper, at=at)
    assert kept().height == 20
    entries = list(AuditEntry.objects.order_by("number"))[first:]
    receipt = {"name": "wrong.csv", "rows": 20, "days": 1, "persons": 20, "ids": 20}
    list_in = {"act": "presence.ingest", "file": "wrong.csv", "rows": 20, "refused": 0}
    assert [(one.act, one.key) for one in entries] == [
        ("write", taken.digest),
        ("write", taken.digest),
        ("read", keeping.store().mark("Wp1")),
        ("write", taken.digest),
        ("write", taken.digest),
        ("write", "2021-08-05"),
    ]
    details = [one.detail for one in entries]
    assert details[0] == {**list_in, "is_new": True} and details[1] == {**list_in, "is_new": False}
    assert details[2] == {"act": "presence.preview", "rows": 1}
    withdrawal = {"act": "presence.withdraw", "segments": 1, "version": withdrawn.version}
    assert details[3] == {**receipt, **withdrawal}
    assert details[5] == {**receipt, "name": "", "act": "presence.drop", "segments": 1, "version": dropped.version}
    assert all(one.kind == "presence" and "Wp" not in str(one.detail) for one in entries)


def test_warming_up_leaves_the_store_as_it_was():
    keeping.ingest(frame())
    keeping.warm_up()
    assert kept().height == 20
    keeping.store().snapshot().first(SPANS.clear(), {"work": 15.0})  # no case: nobody is found


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="makes its own SQLite file")
def test_the_command_takes_a_person_out_of_the_web_applications_data_as_an_administrator(tmp_path, own_database):
    own_database(tmp_path)
    environment = {**os.environ, "LIANFANG_DATA": str(tmp_path), "LIANFANG_LANG": "en"}

    def run(code: str, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", code, *words]
        return forked.run(command, env=environment, capture_output=True, text=True, check=False)

    keeping.ingest(frame())
    cli = "from lianfang.site.cli import main; main()"
    for name, role in (("keeper", "administrator"), ("chief", "commander")):
        assert run(cli, "account", "add", name, "--role", role).returncode == 0
    refused = run(cli, "presences", "retract", "--person", "p7", "--by", "chief")
    assert refused.returncode == 1
    assert "your role may not do this" in refused.stderr
    assert kept().height == 20
    done = run(cli, "presences", "retract", "--person", "p7", "--by", "keeper")
    assert done.returncode == 0, done.stderr
    assert "1 rows are gone" in done.stderr
    assert kept().height == 19
    frame().with_columns(end=pl.col("end") + DAY).write_csv(tmp_path / "wrong.csv")
    as_keeper = ["--by", "keeper"]
    assert "19 rows taken in, 1 not used" in run(cli, "presences", "ingest", f"{tmp_path}/wrong.csv", *as_keeper).stderr
    assert kept().height == 38
    assert "source wrong.csv" in run(cli, "presences", "withdraw", "wrong.csv", *as_keeper).stderr
    assert kept().height == 19
    assert "19 rows of 1 days" in run(cli, "presences", "drop", "--before", "2021-08-06", *as_keeper).stderr
    assert kept().is_empty()
    assert run(cli, "audit", "verify").returncode == 0
