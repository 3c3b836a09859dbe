"""Workers as processes: killed in the middle, told to stop, hanging; the task is done once, or ends in words."""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import forked

pytestmark = [pytest.mark.database]


class Place:
    """A data folder with a database of its own, on which worker processes work."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.log = folder, folder / "log"
        self.env = {**os.environ, "LIANFANG_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "lianfang.site.settings"}
        self.env.pop("DATABASE_URL", None)
        if url:
            self.env["DATABASE_URL"] = url
        self.workers: list[forked.Popen] = []

    def start(self, *act: str, **options) -> forked.Popen:
        command = [sys.executable, "-m", "lianfang.records.tests.work", *act]
        worker = forked.Popen(command, env=self.env, stdout=forked.PIPE, text=True, **options)
        self.workers.append(worker)
        return worker

    def run(self, *act: str) -> str:
        worker = self.start(*act)
        out, _ = worker.communicate(timeout=120)
        assert worker.returncode == 0
        return out.strip()

    def ask(self, number: int, pause: float) -> str:
        return self.run("ask", "test.count", json.dumps({"number": number, "pause": pause, "log": str(self.log)}))

    def tell(self, task: str) -> dict:
        return json.loads(self.run("tell", task))

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def wait(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < until, self.lines()[-3:]
            time.sleep(0.02)


@pytest.fixture
def place(tmp_path, own_database):
    made = Place(tmp_path, own_database(tmp_path))
    made.run("fill")
    yield made
    for worker in made.workers:
        if worker.poll() is None:
            worker.kill()
        worker.communicate()


def test_a_worker_killed_in_the_middle_and_the_next_one_ends_the_task_once(place):
    task = place.ask(number=30, pause=0.02)
    first = place.start("worker")
    place.wait(lambda: len(place.lines()) >= 5)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    half = len(place.lines())
    assert 5 <= half < 30 and place.tell(task)["state"] == "running"
    second, third = place.start("worker"), place.start("worker")
    place.wait(lambda: len(place.lines()) >= half + 30)
    place.wait(lambda: (place.folder / "tasks" / task / "numbers.txt").exists())
    time.sleep(0.5)
    told = place.tell(task)
    assert (told["state"], told["tries"], told["result"], told["notices"]) == ("done", "2", {"sum": 435}, 1)
    # The second try, from its beginning to its end, by one of the two that were there; and no third.
    again = [line for line in place.lines() if line[1] == "2"]
    assert [int(line[2]) for line in again] == list(range(30)) and len({line[3] for line in again}) == 1
    assert {line[1] for line in place.lines()} == {"1", "2"}
    for worker in (second, third):
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0


def test_killed_as_often_as_it_may_be_begun_it_fails_in_words(place):
    task = place.ask(number=500, pause=0.02)
    for number in (1, 2, 3):
        worker = place.start("worker")
        place.wait(lambda n=number: any(line[1] == str(n) for line in place.lines()))
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    place.run("once")
    told = place.tell(task)
    assert (told["state"], told["tries"], told["notices"]) == ("failed", "3", 1)
    assert "3" in told["failure_zh"] and "重试" in told["failure_zh"] and "try again" in told["failure_en"]


def test_a_worker_that_is_told_to_stop_gives_its_task_back_and_that_is_no_try(place):
    task = place.ask(number=400, pause=0.02)
    worker = place.start("worker")
    place.wait(lambda: len(place.lines()) >= 3)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    told = place.tell(task)
    assert (told["state"], told["tries"], told["worker"]) == ("waiting", "0", "")


def test_a_worker_whose_server_dies_stops_by_itself(place):
    task = place.ask(number=400, pause=0.02)
    worker = place.start("worker", "--under-server", stdin=forked.PIPE)
    place.wait(lambda: len(place.lines()) >= 3)
    worker.stdin.close()  # what the system does to a pipe whose other end is gone
    worker.stdin = None
    assert worker.wait(20) == 0
    assert place.tell(task)["state"] == "waiting"


def test_two_workers_and_forty_tasks_each_task_is_run_once(place):
    tasks = place.run("many", "40", json.dumps({"number": 1, "log": str(place.log)})).split()
    workers = [place.start("once") for _ in range(2)]
    for worker in workers:
        assert worker.wait(120) == 0
    runs = Counter(line[0] for line in place.lines())
    assert sorted(runs) == sorted(tasks) and set(runs.values()) == {1}
