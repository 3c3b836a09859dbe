"""The demo from outside: as a process that is killed, started again, asked for something else, and served."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dj_database_url
import pytest

from lianfang.presences.store import open_store
from tests import forked

on_every_database = pytest.mark.database
"""What the other tests ask of the command line does not depend on the kind of database: they run once, on SQLite."""

LIANFANG = (sys.executable, "-m", "lianfang.site.cli")
TOLD: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
DEMO = ("demo", "--no-serve", "--people", "600", "--seed", "5", "--as-of", "2021-08-20T16:30")
KILLED_AFTER = ((0, 0.3), (1, 0.2), (3, 0.2), (4, 0.25), (6, 0.5), (7, 0.1), (9, 0.3))
"""Steps that were done, and seconds later: where one process after the other is killed."""


@dataclass(frozen=True)
class Home:
    """A data folder and its database: SQLite in the folder, or one of its own on the PostgreSQL of the environment."""

    folder: Path
    url: str

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LIANFANG_", "DATABASE_URL", "DJANGO_"))}
        own = {"LIANFANG_DATA": str(self.folder), "LIANFANG_LANG": "zh", "PYTHONUNBUFFERED": "1"}
        return kept | own | ({"DATABASE_URL": self.url} if self.url else {})

    def start(self, *arguments: str, **more: str) -> forked.Popen:
        return forked.Popen([*LIANFANG, *arguments], env=self.environment() | more, **TOLD)

    def run(self, *arguments: str, **more: str) -> tuple[int, str, str]:
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def execute(self, statement: str) -> None:
        if not self.url:
            import sqlite3

            with sqlite3.connect(self.folder / "lianfang.sqlite3") as connection:
                connection.execute(statement)
            return
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def done(self) -> list[str]:
        file = self.folder / "demo" / "state.json"
        return json.loads(file.read_text())["done"] if file.exists() else []

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        if not self.url:
            import sqlite3

            with sqlite3.connect(self.folder / "lianfang.sqlite3") as connection:
                return connection.execute(query).fetchall()
        import psycopg

        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give homes, each with a database of its own."""
    server = os.environ.get("DATABASE_URL", "")
    made: list[str] = []

    def home(name: str) -> Home:
        url = ""
        if server.startswith("postgres"):
            import psycopg

            database = f"demo_{name}_{uuid.uuid4().hex[:8]}"
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{database}"')
            made.append(database)
            url = server.rsplit("/", 1)[0] + f"/{database}"
            assert dj_database_url.parse(url)["NAME"] == database
        return Home(tmp_path_factory.mktemp(name) / "data", url)

    yield home
    if made:
        import psycopg

        with psycopg.connect(server, autocommit=True) as connection:
            for database in made:
                connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


@pytest.fixture(scope="module")
def whole(homes: Any) -> tuple[Home, str]:
    """A demo that nobody disturbed, and what it printed: a process that Python starts as it does for a user.

    Its hashes are others than those of forked processes: an order that hangs on them would show.
    """
    home = homes("whole")
    done = subprocess.run([*LIANFANG, *DEMO], env=home.environment(), check=False, timeout=300, **TOLD)
    assert done.returncode == 0, done.stderr
    return home, done.stdout


TABLES = (
    "access_jurisdiction",
    "access_account",
    "registry_boundary",
    "registry_estate",
    "registry_building",
    "registry_place",
    "registry_organisation",
    "registry_household",
    "registry_person",
    "outbreaks_outbreak",
    "cases_case",
    "tracing_interview",
    "tracing_contact",
    "tracing_exposure",
    "chains_chainlink",
    "measures_measure",
    "records_clock",
)
_NOT_COMPARED = {"id", "password", "date_joined", "last_login"}


def contents(home: Home) -> dict[str, Counter[str]]:
    """Return every row of every table, without made-up keys: those are replaced by what they point to."""
    accounts = {None: None} | dict(home.rows("SELECT id, username FROM access_account"))
    contacts = dict(home.rows("SELECT id, person_id FROM tracing_contact"))
    found: dict[str, Counter[str]] = {}
    for table in TABLES:
        if home.url:
            order = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY 1"
            columns = [row[0] for row in home.rows(order)]
        else:
            columns = sorted(row[1] for row in home.rows(f"PRAGMA table_info({table})"))
        columns = [column for column in columns if column not in _NOT_COMPARED]
        quoted = ", ".join(f'"{column}"' for column in columns)
        rows: Counter[str] = Counter()
        for row in home.rows(f"SELECT {quoted} FROM {table}"):
            facts = dict(zip(columns, row, strict=True))
            for column in facts:
                if column.endswith("_by_id"):
                    facts[column] = accounts[facts[column]]
                elif column == "contact_id":
                    facts[column] = contacts[facts[column]]
            rows[repr(facts)] += 1
        found[table] = rows
    decided: Counter[str] = Counter()
    for act, by, changed in home.rows("SELECT act, by_id, rows FROM records_change"):
        number = len(changed if isinstance(changed, list) else json.loads(changed))
        decided[f"{act} {accounts[by]}"] += number
    store = open_store(home.folder / "presences", create=False)
    assert store.verify().is_sound
    return found | {
        "changes": decided,
        "presences": Counter(repr((one.digest, one.rows)) for one in store.manifest().sources),
    }


@on_every_database
def test_killed_at_any_moment_and_started_again_it_comes_to_the_same_end(homes: Any, whole: tuple[Home, str]) -> None:
    home = homes("killed")
    killed = 0
    for steps, seconds in KILLED_AFTER:
        before = home.done()
        process = home.start(*DEMO)
        try:
            until = time.monotonic() + 120
            while len(home.done()) < steps and process.poll() is None and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(seconds if len(before) < max(steps, 1) else seconds + 1)
            if process.poll() is None:
                killed += 1
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        assert home.done()[: len(before)] == before
    assert killed >= 6
    status, out, err = home.run(*DEMO)
    assert status == 0, err
    expected, found = contents(whole[0]), contents(home)
    for table in expected:
        missing, more = expected[table] - found[table], found[table] - expected[table]
        assert not missing, (table, min(missing), min(more, default=None))
        assert not more, (table, min(more))
        assert expected[table], f"{table} is empty: nothing was compared"
    assert re.sub(r"(?m)^.*accounts\.json.*\n(?:  .*\n)*", "", out) == re.sub(
        r"(?m)^.*accounts\.json.*\n(?:  .*\n)*", "", whole[1]
    )
    status, out, err = home.run("audit", "verify")
    assert status == 0, out + err


@on_every_database
def test_a_second_start_takes_what_is_there_quickly(whole: tuple[Home, str]) -> None:
    home, first = whole
    before = contents(home)
    began = time.monotonic()
    status, out, err = home.run("demo", "--no-serve")
    assert time.monotonic() - began < 20
    assert status == 0
    assert out == first
    assert err == ""
    assert contents(home) == before


def test_it_prints_found_beside_truth_and_one_account_for_each_role(whole: tuple[Home, str]) -> None:
    home, out = whole
    for word in (
        "真实感染",
        "已报告病例",
        # The response beside answers without a system; who stops a clock is not its doing and is not scored.
        "【本系统】查出的感染者（召回）",
        "【本系统】传染他人前已管控的感染者",
        "【两行算式：同住者和病例说出的人】查出的感染者（召回）",
        "系统所设时限",
        "措施：集中隔离医学观察",
    ):
        assert word in out
    stored = json.loads((home.folder / "demo" / "accounts.json").read_text())
    roles = {"commander", "investigator", "township_officer", "grid_worker", "auditor", "administrator"}
    assert {facts["role"] for facts in stored.values()} == roles
    for name, facts in stored.items():
        assert re.search(rf"{name}\s+{facts['password']}", out)
    assert len({facts["password"] for facts in stored.values()}) == 6
    assert (home.folder / "demo" / "accounts.json").stat().st_mode & 0o777 == 0o600
    assert home.folder.stat().st_mode & 0o077 == 0
    status, english, _ = home.run("demo", "--no-serve", LIANFANG_LANG="en")
    assert status == 0
    assert "True infections" in english
    assert "Township officer" in english


@on_every_database
def test_every_state_is_there_to_be_seen(whole: tuple[Home, str]) -> None:
    home, _ = whole
    states = dict(home.rows("SELECT decision, count(*) FROM tracing_contact GROUP BY decision"))
    assert {"accepted", "proposed"} <= set(states)
    measures = dict(home.rows("SELECT decision, count(*) FROM measures_measure GROUP BY decision"))
    assert {"accepted", "proposed"} <= set(measures)
    clocks = home.rows("SELECT done_at, due FROM records_clock")
    assert any(done is None for done, _ in clocks)
    assert any(done is not None and done <= due for done, due in clocks)
    located = home.rows("SELECT count(located_at), count(*) FROM tracing_contact WHERE decision = 'accepted'")
    assert 0 < located[0][0] <= located[0][1]


@pytest.mark.parametrize("arguments", [("--seed", "6"), ("--people", "700"), ("--cases", "0")])
def test_another_demo_in_the_same_folder_is_refused(whole: tuple[Home, str], arguments: tuple[str, str]) -> None:
    status, out, err = whole[0].run("demo", "--no-serve", *arguments)
    assert status == 1
    assert out == ""
    assert err.startswith("lianfang: ")
    assert "--data-dir" in err
    assert "600" in err
    assert err.count("\n") == 1


@on_every_database
def test_a_database_with_data_of_its_own_is_refused(tmp_path: Path, own_database: Any) -> None:
    home = Home(tmp_path / "data", own_database(tmp_path / "data"))
    assert home.run("account", "add", "chief", "--role", "administrator")[0] == 0
    status, _, err = home.run(*DEMO)
    assert status == 1
    assert "--data-dir" in err
    assert home.rows("SELECT count(*) FROM registry_person") == [(0,)]
    assert home.done() == []


def test_two_demos_do_not_work_in_one_folder(whole: tuple[Home, str]) -> None:
    import fcntl

    home, _ = whole
    with (home.folder / "demo" / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        status, _, err = home.run("demo", "--no-serve")
    assert status == 1
    assert "--data-dir" in err


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@on_every_database
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_it_serves_until_ctrl_c(whole: tuple[Home, str], command: str) -> None:
    home, _ = whole
    port = _free_port()
    process = home.start(command, "--port", str(port))
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if f"http://127.0.0.1:{port}/" in line:
                break
        else:
            pytest.fail("it never said where it serves")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
            assert json.load(answer)["status"] == "ok"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/site/favicon.svg", timeout=30) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_refused_before_any_work(homes: Any) -> None:
    home = homes("port")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for command in ("demo", "serve"):
            status, _, err = home.run(command, "--port", port)
            assert status == 1
            assert "--port" in err
    assert not (home.folder / "demo" / "state.json").exists()


@on_every_database
def test_serve_begins_on_an_empty_database_and_refuses_one_of_another_version(homes: Any) -> None:
    home = homes("empty")
    port = _free_port()
    process = home.start("serve", "--no-worker", "--port", str(port))
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "/setup/first/?code=" in line:
                break
        else:
            pytest.fail(f"it never said where the first account is made: {process.communicate()[1]}")
        with urllib.request.urlopen(line.split("：")[-1].strip(), timeout=30) as answer:
            assert answer.status == 200 and 'name="username"' in answer.read().decode()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert home.rows("SELECT count(*) FROM access_account") == [(0,)]
    home.execute("DELETE FROM django_migrations WHERE app = 'chains'")
    status, _, err = home.run("serve", "--port", str(_free_port()))
    assert status == 1
    assert "lianfang manage migrate" in err


def test_a_county_without_a_case_lives_and_every_page_says_what_to_do(homes: Any) -> None:
    home = homes("quiet")
    status, out, err = home.run(*DEMO, "--cases", "0")
    assert status == 0, err
    assert home.done() == ["database", "county", "presences", "accounts", "count"]
    assert "病例: 0" in out and "无病例" not in err
    counted = [home.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ("outbreaks_outbreak", "cases_case")]
    assert counted == [0, 0]
    assert open_store(home.folder / "presences").manifest().rows > 10_000
    status, _, err = home.run("demo", "--no-serve", "--cases", "0")
    assert status == 0, err


@pytest.mark.parametrize("arguments", [("--people", "10"), ("--seed", "many")])
def test_a_wrong_command_line_is_one_line_and_status_two(homes: Any, arguments: tuple[str, str]) -> None:
    home = Home(Path("/nonexistent"), "")
    status, out, err = home.run("demo", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("lianfang: ")
    assert err.count("\n") == 1
