"""The worker beside the server: begun with it, begun again when it dies, gone when the server is gone."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from lianfang.site import helper
from lianfang.site.helper import Helper
from tests import forked

WAITS = [sys.executable, "-c", "import sys; sys.stdin.read()"]
CLI = [sys.executable, "-m", "lianfang.site.cli"]
STAYS = [sys.executable, "-c", "import time; time.sleep(600)"]


def wait(ready: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, own_database) -> Path:
    """A data folder with tables."""
    made = tmp_path_factory.mktemp("data")
    own_database(made)
    return made


def test_a_worker_that_dies_is_begun_again_and_none_after_the_end(monkeypatch, caplog) -> None:
    monkeypatch.setattr(helper, "_PAUSE", (0.05, 0.1))
    kept = Helper(WAITS)
    kept.begin()
    wait(lambda: kept.pid)
    first = kept.pid
    os.kill(first, signal.SIGKILL)
    wait(lambda: kept.pid != first)
    assert "status -9" in caplog.text
    second = kept.pid
    kept.end(seconds=20)
    assert not psutil.pid_exists(second)
    time.sleep(0.3)
    assert kept.pid == second, "no third one"


def test_a_worker_that_does_not_end_in_time_is_killed() -> None:
    kept = Helper(STAYS)
    kept.begin()
    wait(lambda: kept.pid)
    kept.end(seconds=0.2)
    assert not psutil.pid_exists(kept.pid)


def test_ended_before_it_was_begun_nothing_is_started() -> None:
    kept = Helper(STAYS)
    kept.end()
    kept.begin()
    time.sleep(0.3)
    assert kept.pid is None


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="makes its own SQLite file")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda how: how.name)
def test_the_server_brings_a_worker_and_takes_it_along(how, folder) -> None:
    environment = {**os.environ, "LIANFANG_DATA": str(folder)}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server = forked.Popen([*CLI, "serve", "--port", str(port)], env=environment, stderr=forked.DEVNULL)
    try:
        wait(lambda: list((folder / "workers").glob("*.lock")))
        (worker,) = psutil.Process(server.pid).children()
        assert "work" in worker.cmdline()
        assert worker.nice() == helper.NICENESS
        server.send_signal(how)
        server.wait(30)
        wait(lambda: not psutil.pid_exists(worker.pid) or worker.status() == psutil.STATUS_ZOMBIE, 30)
        assert not list((folder / "workers").glob("*.lock")), "it ended by itself, and cleared up"
    finally:
        server.kill()
        server.wait()


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="makes its own SQLite file")
def test_a_worker_alone_does_what_waits_and_ends(folder) -> None:
    environment = {**os.environ, "LIANFANG_DATA": str(folder), "LIANFANG_LANG": "en"}
    told = forked.run([*CLI, "work", "--once"], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == "0 tasks were done\n"
