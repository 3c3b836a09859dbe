"""A small demo county, made by the real command and served by the real server, for the tests that open pages."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LIANFANG = [sys.executable, "-c", "from lianfang.site.cli import main; main()"]
PEOPLE = "1000"


@dataclass
class County:
    """The running demo.

    Attributes
    ----------
    url : str
        Where it is served, without a slash at the end.
    accounts : dict
        Account of each role: ``username`` and ``password``.
    folder : Path
        Its data folder.
    """

    url: str
    accounts: dict[str, dict[str, str]]
    folder: Path
    states: dict[str, Any] = field(default_factory=dict)

    def sign_in(self, browser: Any, role: str) -> Any:
        """Return the stored session of a role, signing in on the sign-in page the first time."""
        if role not in self.states:
            context = browser.new_context(locale="zh-CN")
            page = context.new_page()
            page.goto(f"{self.url}/account/sign-in/")
            page.fill("input[name=login]", self.accounts[role]["username"])
            page.fill("input[name=password]", self.accounts[role]["password"])
            page.click("main button[class=primary]")
            page.wait_for_load_state()
            assert "/sign-in/" not in page.url, page.inner_text("main")
            self.states[role] = context.storage_state()
            context.close()
        return self.states[role]

    def most_contacts(self) -> str:
        """Return the case with the most contacts."""
        with sqlite3.connect(f"file:{self.folder / 'lianfang.sqlite3'}?mode=ro", uri=True) as database:
            found = database.execute(
                "select case_id from tracing_exposure group by case_id "
                "order by count(distinct contact_id) desc, case_id"
            ).fetchone()
        database.close()
        return str(found[0])

    def unmet_family(self) -> list[str]:
        """Return the people of a home in which nobody is a case or a contact yet.

        Whoever of them is reported has contacts that nobody has decided about, on whatever day the demo is made.
        """
        known = "select person_id from tracing_contact union select person_id from cases_case"
        with sqlite3.connect(f"file:{self.folder / 'lianfang.sqlite3'}?mode=ro", uri=True) as database:
            homes = database.execute(
                f"select group_concat(person_id) from registry_person where household_id is not null "
                f"group by household_id having count(*) > 1 and sum(person_id in ({known})) = 0 "
                f"order by count(*) desc, household_id limit 1"
            ).fetchall()
        database.close()
        assert homes, "tracing has reached every family of the county"
        return sorted(homes[0][0].split(","))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served_county(folder: Path) -> Iterator[County]:
    """Make a demo in a folder and serve it for the length of the block."""
    environment = _environment(folder)
    command = [*LIANFANG, "demo", "--people", PEOPLE, "--no-serve"]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    kept = json.loads((folder / "demo" / "accounts.json").read_text("utf-8"))
    accounts = {account["role"]: {"username": name, **account} for name, account in kept.items()}
    with served(folder) as url:
        yield County(url, accounts, folder)


def _environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "LIANFANG_DATA")}
    return kept | {"LIANFANG_DATA": str(folder), "LIANFANG_LANG": "en", "PYTHONUNBUFFERED": "1"}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a data folder for the length of the block, and give the address; what it prints is in ``server.log``."""
    environment, port = _environment(folder), free_port()
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen([*LIANFANG, "serve", "--port", str(port)], env=environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{url}/healthz", timeout=2).read()
                    break
                except OSError:
                    assert server.poll() is None, (folder / "server.log").read_text()
                    time.sleep(0.1)
            else:
                raise AssertionError("the server did not come up: " + (folder / "server.log").read_text())
            yield url
        finally:
            server.terminate()
            server.wait(timeout=20)


def chromium_path() -> str:
    """Return the path of Debian's Chromium; `make test` has installed it or said what to install."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Chromium is not installed: run 'python tools/system.py browser'"
    return path
