"""kill -9 in the middle of a report: nothing acknowledged is lost, nothing is there twice."""

import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.parse
import uuid

import pytest

from lianfang.cases.tests.cast import form_data
from lianfang.cases.tests.crash import POINTS
from lianfang.registry.tests.cast import id_number
from tests import forked

pytestmark = [pytest.mark.database]
TOKEN = "k" * 32
PEOPLE_BEFORE = 6


class Place:
    """A data folder (and on PostgreSQL a database of its own) that processes work on and are killed over."""

    def __init__(self, folder, url: str) -> None:
        self.env = {**os.environ, "LIANFANG_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "lianfang.site.settings"}
        self.env.pop("DATABASE_URL", None)
        if url:
            self.env["DATABASE_URL"] = url

    def start(self, *act: str) -> forked.Popen:
        command = [sys.executable, "-m", "lianfang.cases.tests.crash", *act]
        return forked.Popen(command, env=self.env, stdout=forked.PIPE, stderr=forked.PIPE, text=True)

    def run(self, *act: str) -> tuple[int, str]:
        process = self.start(*act)
        out, err = process.communicate(timeout=120)
        assert process.returncode in (0, -signal.SIGKILL), err
        return process.returncode, out.strip()

    def tell(self) -> dict:
        return json.loads(self.run("tell")[1])


@pytest.fixture
def place(tmp_path, own_database):
    made = Place(tmp_path, own_database(tmp_path))
    made.session = made.run("fill")[1]
    return made


def test_a_report_killed_at_a_point_is_there_wholly_or_not_at_all(place):
    for point in POINTS:
        assert place.run("report", point) == (-signal.SIGKILL, "")
    after = place.tell()
    assert [len(after["cases"]), len(after["audited"]), after["people"]] == [1, 1, PEOPLE_BEFORE + 1]
    assert json.loads(place.run("again")[1]) == {"before": True, "inside": True, "committed": False}
    last = place.tell()
    assert len(last["cases"]) == len({key for _, key, _ in last["cases"]}) == len(POINTS)
    assert sorted(last["audited"]) == sorted(case_id for case_id, _, _ in last["cases"])
    assert last["people"] == PEOPLE_BEFORE + len(POINTS)
    assert last["trail"] == "None"


class Reporters:
    """Browsers that report one case after the other and note which reports were acknowledged."""

    def __init__(self, session: str, port: int) -> None:
        self.session, self.port = session, port
        self.waiting: list[dict[str, str]] = []
        self.acknowledged: dict[str, str] = {}
        self.number = 0
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def next_form(self) -> dict[str, str]:
        with self.lock:
            if self.waiting:
                return self.waiting.pop(0)
            self.number += 1
            n = self.number
        born = f"{1950 + n % 50}-06-{1 + n % 28:02d}"
        number = id_number(born, 501 + 2 * (n % 200))
        return form_data(client_key=str(uuid.uuid4()), name=f"周新{n}", id_number=number, birth_date=born)

    def send(self, form: dict[str, str]) -> str | None:
        """Send a form; return the address of the case, or None where no answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"sessionid={self.session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Host": f"127.0.0.1:{self.port}",
        }
        try:
            connection.request("POST", "/cases/report/", urllib.parse.urlencode(form), headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        assert response.status == 302, body.decode()[-3000:]
        return response.headers["Location"]

    def work(self) -> None:
        while not self.stop.is_set():
            form = self.next_form()
            address = self.send(form)
            with self.lock:
                if address is None:
                    self.waiting.append(form)  # the user sends the same form again
                    return
                self.acknowledged[form["client_key"]] = address

    def run_until_killed(self, server: forked.Popen, acknowledged: int, moment: float) -> None:
        """Let three browsers work; some way into the next report after so many acknowledged ones, kill the server."""
        enough = len(self.acknowledged) + acknowledged
        threads = [threading.Thread(target=self.work) for _ in range(3)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 60
        while len(self.acknowledged) < enough and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(moment)
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        self.stop.set()
        for thread in threads:
            thread.join()
        self.stop.clear()


def started(place: Place, port: int) -> forked.Popen:
    server = place.start("serve", str(port))
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return server
        except OSError:
            assert server.poll() is None, server.stderr.read()
            time.sleep(0.05)
    raise AssertionError("the server did not start")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_a_server_killed_again_and_again_while_reports_come_in(place):
    port = free_port()
    reporters = Reporters(place.session, port)
    for moment in (0.0, 0.02, 0.04):
        server = started(place, port)
        try:
            reporters.run_until_killed(server, acknowledged=3, moment=moment)
        finally:
            server.kill()
            server.communicate()
        stored = {key: case_id for case_id, key, _ in place.tell()["cases"]}
        for key, address in reporters.acknowledged.items():
            assert address == f"/cases/{stored[key]}/"  # nothing acknowledged is lost, or has become another case
    assert reporters.waiting, "no report was cut off: the test showed nothing"
    server = started(place, port)
    try:
        for form in list(reporters.waiting):
            reporters.acknowledged[form["client_key"]] = reporters.send(form)
        first = next(iter(reporters.acknowledged))
        form = form_data(client_key=first)
        assert reporters.send(form) == reporters.acknowledged[first]
    finally:
        server.kill()
        server.communicate()
    last = place.tell()
    keys = [key for _, key, _ in last["cases"]]
    assert sorted(keys) == sorted(reporters.acknowledged)
    assert len(set(keys)) == len(keys) == len({person for _, _, person in last["cases"]})
    assert last["people"] == PEOPLE_BEFORE + len(keys)
    assert sorted(last["audited"]) == sorted(case_id for case_id, _, _ in last["cases"])
    assert last["trail"] == "None"
