"""A case is entered on the page while others work: how long until its first contacts stand there, and all proposals.

``python -m bench.live FOLDER`` builds a county in FOLDER (once; the register from the drill, the presences from
`bench.county`), serves it with ``lianfang serve`` in a process of its own, lets readers fetch pages, and
reports a case with the form that an investigator fills in. It prints what was measured as JSON.
"""

import argparse
import datetime as dt
import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

OUTBREAK = "BENCH-01"
PLAYBOOK = "covid19-cn-9"
PASSWORD = "measured-not-guarded"  # noqa: S105 - of a county that is nowhere
PAGES = ("/", "/cases/", "/contacts/", "/measures/", "/contacts/?page=2", "/bulletin/")
FACTS = "live.json"
HEADING = "## Live\n"


def main() -> None:
    """Build what is missing, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--people", type=int, default=86_000)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--cases", type=int, default=30)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds for which a reader looks at a page")
    parser.add_argument("--reports", type=int, default=3, help="cases reported, one after the other")
    parser.add_argument("--seed", type=int, default=20220315)
    options = parser.parse_args()
    if not (options.folder / FACTS).exists():
        # A process of its own: what is measured is not helped by what was built.
        words = ("--people", "--days", "--cases", "--seed")
        asked = [f"{word}={getattr(options, word[2:])}" for word in words]
        command = "import sys; from bench.live import build; build(sys.argv[1:])"
        subprocess.run([sys.executable, "-c", command, str(options.folder), *asked], check=True)
    print(json.dumps(measure(options.folder, options.readers, options.reports, options.pause), indent=2))


def section(page: Path) -> str:
    """Return what stands on the page of performance under "Live", to its end or the next heading: it is kept there."""
    _, mark, rest = page.read_text("utf-8").partition(HEADING)
    return f"{HEADING}{re.split(r'^(?:## |<!--)', rest, maxsplit=1, flags=re.MULTILINE)[0]}".rstrip() if mark else ""


# --- Building ---


def build(arguments: list[str]) -> None:
    """Make register, presences, accounts and an outbreak that is under way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for word in ("people", "days", "cases", "seed"):
        parser.add_argument(f"--{word}", type=int)
    options = parser.parse_args(arguments)
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    from lianfang.site.manage import set_up

    set_up(folder)
    from django.core.management import call_command

    from lianfang.access.scope import system_scope
    from lianfang.access.selectors import account_named
    from lianfang.access.services import create_account
    from lianfang.access.times import now, to_local
    from lianfang.cases.services import load_cases
    from lianfang.drill.core.names import AREA_CODE
    from lianfang.outbreaks.services import open_outbreak
    from lianfang.presences import keeping
    from lianfang.response.services import respond_outbreak
    from lianfang.tracing.services import load_interviews

    call_command("migrate", verbosity=0, interactive=False)
    by, at = system_scope("bench"), now()
    local = to_local(at)
    assert local is not None
    made = folder / "made"
    size = _presences(made, options, local)
    _register(made, options, local, by, at)
    for role in ("investigator", "commander"):
        if account_named(role) is None:
            create_account(username=role, role=role, password=PASSWORD, name="", jurisdiction=AREA_CODE, at=at, by=by)
    began = time.perf_counter()
    [taken] = keeping.store().ingest(made / "presences.parquet")
    ingested = time.perf_counter() - began
    open_outbreak(
        code=OUTBREAK,
        name="Bench",
        playbook=PLAYBOOK,
        jurisdiction=AREA_CODE,
        started_on=(local - dt.timedelta(days=10)).date(),
        by=by,
        at=at,
    )
    cases = pl.read_csv(made / "cases.csv", try_parse_dates=True).with_columns(pl.col(pl.Date).cast(pl.Datetime("us")))
    load_cases(outbreak=OUTBREAK, cases=cases, by=by, at=at)
    told = pl.read_csv(made / "contacts.csv", try_parse_dates=True)
    from lianfang.kernel.schema import INTERVIEWS

    load_interviews(interviews=INTERVIEWS.conform(told), outbreak=OUTBREAK, by=by, at=at)
    steps: list[tuple[str, float]] = []
    began = time.perf_counter()
    answered = respond_outbreak(
        outbreak_code=OUTBREAK, at=now(), progress=lambda step: steps.append((step, time.perf_counter() - began))
    )
    facts = {
        "people": options.people,
        "days": options.days,
        "presences": taken.rows,
        "made": size,
        "cases": cases.height,
        "contacts": answered.response.contacts["person_id"].n_unique(),
        "measures": answered.response.measures.height,
        "ingest_seconds": round(ingested, 1),
        "first_response_seconds": round(answered.seconds, 1),
        "first_response_steps": [(step, round(when, 1)) for step, when in steps],
        "people_to_report": _people_to_report(cases),
    }
    (folder / FACTS).write_text(json.dumps(facts, ensure_ascii=False))


def _presences(made: Path, options: Any, local: dt.datetime) -> int:
    from bench import county

    # The days of the benchmark end now: a case that is reported on the page has its window among them.
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    county.FIRST_DAY = today - dt.timedelta(days=options.days)
    size = county.make(made, people=options.people, days=options.days, cases=options.cases, seed=options.seed)
    return size.presences


def _register(made: Path, options: Any, local: dt.datetime, by: Any, at: dt.datetime) -> None:
    """Load a county of the drill whose people carry the ids of the benchmark's presences."""
    from lianfang.drill.core.county import make_county
    from lianfang.drill.seeds import chance
    from lianfang.registry.services import load_register

    ids = pl.read_parquet(made / "people.parquet")["person_id"]
    county = make_county(chance(options.seed, "county"), people=ids.len(), today=local.date())
    people = county.people.head(ids.len())
    load_register(
        areas=county.areas.select("code", "name", "name_en", "level", "parent"),
        boundaries=county.areas.select(pl.col("code").alias("jurisdiction"), "geometry", "longitude", "latitude"),
        estates=county.estates,
        buildings=county.buildings,
        places=county.places,
        households=county.households,
        organisations=county.organisations,
        people=people.with_columns(person_id=ids.head(people.height)),
        by=by,
        at=at,
    )


def _people_to_report(cases: pl.DataFrame) -> list[dict[str, str]]:
    """Choose people of the register who are no cases, with what the form asks of them."""
    from lianfang.registry.models import Person

    names = ("person_id", "id_type", "id_number", "name", "sex", "phone", "address", "jurisdiction_id")
    rows = Person._base_manager.exclude(pk__in=cases["person_id"].to_list()).exclude(id_number="").order_by("pk")
    count = rows.count()
    chosen = [rows[count * n // 23] for n in range(1, 21)]
    return [{name: str(getattr(one, name) or "") for name in names} | _born(one) for one in chosen]


def _born(person: Any) -> dict[str, str]:
    return {"birth_date": person.birth_date.isoformat() if person.birth_date else ""}


# --- Measuring ---


class Browser:
    """A signed-in reader: cookies, and the token that forms carry."""

    def __init__(self, base: str, username: str) -> None:
        self.base = base
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.get("/account/sign-in/")
        _, url, _ = self.post("/account/sign-in/", {"login": username, "password": PASSWORD})
        if "sign-in" in url:
            raise SystemExit(f"{username} could not sign in: {url}")

    def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        """Fetch a page; return status, address at the end, and text."""
        return self._open(urllib.request.Request(self.base + path, headers=headers))  # noqa: S310 - our own server

    def post(self, path: str, data: dict[str, str], **headers: str) -> tuple[int, str, str]:
        """Send a form."""
        token = next((cookie.value for cookie in self.jar if cookie.name == "csrftoken"), "") or ""
        body = urllib.parse.urlencode({**data, "csrfmiddlewaretoken": token}).encode()
        headers = {"Referer": self.base, **headers}
        return self._open(urllib.request.Request(self.base + path, data=body, headers=headers))  # noqa: S310

    def _open(self, request: urllib.request.Request) -> tuple[int, str, str]:
        try:
            with self.opener.open(request, timeout=300) as answer:
                return answer.status, answer.url, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.url or "", error.read().decode()


def measure(folder: Path, readers: int, reports: int, pause: float) -> dict[str, Any]:
    """Serve, read, report; see the module."""
    facts = json.loads((folder / FACTS).read_text())
    known = folder / "reported"
    done = int(known.read_text()) if known.exists() else 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    serve = "from lianfang.site.cli import main; main()"
    command = [sys.executable, "-c", serve, "serve", "--port", str(port), "--data-dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        began = time.perf_counter()
        _wait(base, server)
        ready = time.perf_counter() - began
        seen: list[tuple[float, float, int]] = []
        over = threading.Event()
        with ThreadPoolExecutor(readers + 2) as threads:
            at_work = [threads.submit(_read, base, n, seen, over, pause) for n in range(readers)]
            try:
                investigator = Browser(base, "investigator")
                time.sleep(5)
                cases = []
                for person in facts["people_to_report"][done : done + reports]:
                    cases.append(_report(investigator, person, threads))
                    done += 1
                    known.write_text(str(done))
            finally:
                over.set()
            for one in at_work:
                one.result()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    slow = sorted(seconds for _, seconds, _ in seen)
    return {
        **{name: value for name, value in facts.items() if name != "people_to_report"},
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "ready_seconds": round(ready, 2),
        "reports": cases,
        "readers": readers,
        "pause_seconds": pause,
        "pages_read": len(seen),
        "pages_failed": sum(status != 200 for _, _, status in seen),
        "page_seconds_median": round(slow[len(slow) // 2], 3) if slow else None,
        "page_seconds_95": round(slow[int(len(slow) * 0.95)], 3) if slow else None,
        "page_seconds_most": round(slow[-1], 3) if slow else None,
    }


def _wait(base: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if server.poll() is not None:
            assert server.stderr is not None
            sys.exit(server.stderr.read().decode())
        try:
            with urllib.request.urlopen(base + "/healthz", timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.05)
    sys.exit("the server did not answer within two minutes")


def _read(base: str, number: int, seen: list[tuple[float, float, int]], over: threading.Event, pause: float) -> None:
    """Fetch pages one after the other until it is over."""
    browser = Browser(base, "commander")
    turn = number
    while not over.is_set():
        began = time.perf_counter()
        status, _, _ = browser.get(PAGES[turn % len(PAGES)])
        seen.append((began, time.perf_counter() - began, status))
        turn += 1
        over.wait(pause)


def _report(browser: Browser, person: dict[str, str], threads: ThreadPoolExecutor) -> dict[str, Any]:
    """Report a case by the form, and do what its page does then: ask for the first results and for the response."""
    today = dt.datetime.now()  # noqa: DTZ005 - the form takes local times, and only days matter here
    day = lambda n: today - dt.timedelta(days=n)  # noqa: E731
    card = {
        "client_key": str(uuid.uuid4()),
        "outbreak": OUTBREAK,
        "residence": "this_county",
        "classification": "confirmed",
        "occupation": "worker",
        "onset_date": f"{day(3):%Y-%m-%d}",
        "sampled_at": f"{day(1):%Y-%m-%dT09:00}",
        "diagnosed_at": f"{day(1):%Y-%m-%dT15:00}",
        "isolated_at": f"{day(1):%Y-%m-%dT16:00}",
        "last_negative_at": "",
        "found_by": "care_seeking",
        "reporting_unit": "Hospital",
        "reporting_doctor": "",
        "note": "",
        **{name: value for name, value in person.items() if name != "jurisdiction_id"},
        "jurisdiction": person["jurisdiction_id"],
    }
    browser.get("/cases/report/")
    began = time.perf_counter()
    status, url, page = browser.post("/cases/report/", card)
    opened = time.perf_counter() - began
    address = urllib.parse.urlparse(url).path
    if status != 200 or not re.fullmatch(r"/cases/[^/]+/", address) or address == "/cases/report/":
        errors = re.findall(r'class="error[^>]*>([^<]+)', page)
        raise SystemExit(f"the report was not taken: {status} {url} {errors[:5]}")
    assert "hx-trigger" in page
    first = threads.submit(_timed, lambda: browser.get(f"{address}first/", **{"HX-Request": "true"}), began)
    steps: list[str] = []
    seconds, done_status, answer = _timed(lambda: _proposals(browser, address, steps, began), began)
    first_seconds, first_status, shown = first.result()
    return {
        "case": address.split("/")[2],
        "page_opened_seconds": round(opened, 2),
        "first_results_seconds": round(first_seconds, 2),
        "first_results": len(re.findall("<tr>", shown)) - 1 if first_status == 200 else first_status,
        "proposals_seconds": round(seconds, 2),
        "proposals": answer.count('data-decision="') if done_status == 200 else done_status,
        "steps_seen": steps,
    }


def _proposals(browser: Browser, address: str, steps: list[str], began: float) -> tuple[int, str, str]:
    """Ask for the response, then every second how far it is, as the page does; open the page when it has ended."""
    browser.post(f"{address}respond/", {}, **{"HX-Request": "true"})
    seen = ""
    while True:
        time.sleep(1)
        status, _, words = browser.get(f"{address}progress/?seen={seen}", **{"Lianfang-Refresh": "1"})
        current = re.search(r'name="seen" value="(\w+)"', words)
        if status == 200 and current is None:
            return browser.get(address)
        if current:
            seen = current[1]
            steps.append(f"{seen} {time.perf_counter() - began:.1f}")


def _timed(ask: Any, began: float) -> tuple[float, int, str]:
    status, _, text = ask()
    return time.perf_counter() - began, status, text


if __name__ == "__main__":
    main()
