"""``python -m bench.chains_page``: the page "Chains and clusters" with 5,000 cases and 20,000 links, in Chromium.

A made-up outbreak is written into a database of its own through the services of the rooms, served by the real server,
and measured with Playwright: until the picture stands (the report is made before), a search, a step of the time slider,
and the frames while the picture is moved and zoomed. ``--write`` puts the table into `docs/performance.md`.
"""

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- chain page: begin -->", "<!-- chain page: end -->"
LIANFANG = [sys.executable, "-c", "from lianfang.site.cli import main; main()"]
OUTBREAK, USER, PASSWORD = "BENCH", "bench", "Hq7-bench-only-vx2"
AS_OF = dt.datetime(2022, 6, 1, 12)
TOWNS = 12


def outbreak(cases: int, links: int, *, seed: int) -> dict[str, pl.DataFrame]:
    """Return people, cases, contacts, chains and presences of a made-up outbreak.

    Parameters
    ----------
    cases, links : int
        How many; every case beyond the first of its tree has one likely infector, the other links are less likely.
    seed : int
        The same seed makes the same outbreak.
    """
    chance = np.random.default_rng(seed)
    day = np.zeros(cases, dtype=np.int64)
    parent = np.full(cases, -1, dtype=np.int64)
    town = chance.integers(0, TOWNS, cases)
    # A branching outbreak: most infect nobody, few infect many, now and then a new tree begins.
    queue, made = [0], 1
    while made < cases:
        if not queue:
            day[made] = min(120, day[made - 1] + chance.integers(0, 2))
            queue.append(made)
            made += 1
            continue
        source = queue.pop(0)
        for _ in range(min(int(chance.negative_binomial(0.3, 0.3 / 1.5)), cases - made)):
            parent[made] = source
            day[made] = day[source] + max(1, int(chance.gamma(4.0, 1.0)))
            town[made] = town[source] if chance.random() < 0.7 else town[made]
            queue.append(made)
            made += 1
    order = np.argsort(day, kind="stable")
    rank = np.empty(cases, dtype=np.int64)
    rank[order] = np.arange(cases)
    ids = np.array([f"B-{n:05d}" for n in range(cases)])
    number = rank  # ids count by day
    onset = [AS_OF.replace(hour=0) - dt.timedelta(days=int(day.max()) + 20 - int(d)) for d in day]
    frame = pl.DataFrame(
        {"case_id": ids[number], "person_id": [f"P{n:05d}" for n in number], "onset_date": onset, "town": town}
    ).with_columns(
        classification=pl.Series(chance.choice(["confirmed", "asymptomatic", "suspected"], cases, p=[0.7, 0.22, 0.08])),
        isolated_at=pl.col("onset_date") + pl.duration(days=5),
        reported_at=pl.col("onset_date") + pl.duration(days=3),
    )
    child = np.flatnonzero(parent >= 0)
    pairs = {(int(parent[c]), int(c)): round(float(chance.uniform(0.4, 0.9)), 3) for c in child}
    by_day = order
    at = np.searchsorted(day[order], day)
    while len(pairs) < links:
        c = int(chance.integers(1, cases))
        reach = int(at[c])
        if reach:
            source = int(by_day[max(0, reach - 1 - int(chance.integers(0, 400)))])
            if source != c:
                pairs.setdefault((source, c), round(float(chance.uniform(0.01, 0.09)), 3))
    chains = pl.DataFrame(
        [(ids[number[a]], ids[number[b]], w, "发病早", "onset earlier") for (a, b), w in pairs.items()],
        schema=["infector", "infectee", "weight", "evidence_zh", "evidence_en"],
        orient="row",
    )
    kinds = chance.choice(["dwelling", "work", "venue", "meal", "school"], child.size)
    met = [onset[parent[c]] + dt.timedelta(hours=9) for c in child]
    contacts = pl.DataFrame(
        {
            "case_id": ids[number[parent[child]]],
            "person_id": [f"P{number[c]:05d}" for c in child],
            "degree": 1,
            "place_kind": kinds,
            "minutes": 240.0,
            "encounters": 1,
            "first_contact": met,
            "last_contact": [m + dt.timedelta(hours=4) for m in met],
            "is_case": True,
            "category": "close_contact",
            "rule": "category.close_contact",
            "found_by": "co-presence",
        }
    )
    crowd = cases * 4
    visitor = np.repeat(np.arange(crowd), 4)
    start = [
        AS_OF.replace(hour=0) - dt.timedelta(days=int(d), hours=-10)
        for d in chance.integers(10, int(day.max()) + 30, visitor.size)
    ]
    presences = pl.DataFrame(
        {
            "person_id": [f"P{v:05d}" if v < cases else f"Q{v}" for v in visitor],
            "place_id": [f"venue {v}" for v in chance.zipf(1.4, visitor.size) % 3000],
            "place_kind": "venue",
            "start": start,
        }
    ).with_columns(end=pl.col("start") + pl.duration(hours=2))
    return {"cases": frame, "chains": chains, "contacts": contacts, "presences": presences}


def fill(folder: Path, *, cases: int, links: int, seed: int) -> None:
    """Make a database in a folder and put the outbreak into it; in a process of its own, since it sets up Django."""
    from lianfang.site.manage import set_up

    set_up(folder, lang="en")
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from lianfang.access.scope import system_scope
    from lianfang.access.services import create_account
    from lianfang.access.times import to_aware
    from lianfang.cases.services import load_cases
    from lianfang.chains.services import record_chains
    from lianfang.kernel.schema import CONTACTS
    from lianfang.outbreaks.services import open_outbreak, record_run
    from lianfang.presences import keeping
    from lianfang.registry.services import load_register
    from lianfang.tracing.services import record_contacts

    by, at = system_scope("bench"), to_aware(AS_OF)
    assert at is not None
    made = outbreak(cases, links, seed=seed)
    codes = [f"33099{n:03d}" for n in range(100, 100 + TOWNS)]
    areas = [("33099", "量县", "Bench County", "county", None)]
    areas += [(code, f"第{n + 1}镇", f"Town {n + 1}", "township", "33099") for n, code in enumerate(codes)]
    number = pl.col("person_id").str.slice(1)
    people = made["cases"].select(
        "person_id",
        # One name in fifty is the same, so that a search finds several.
        name=pl.when(number.cast(pl.Int64) % 50 == 0).then(pl.lit("李娜")).otherwise(pl.lit("王伟") + number),
        phone=pl.lit("139000") + number,
        jurisdiction=pl.col("town").replace_strict(dict(enumerate(codes))),
    )
    load_register(
        areas=pl.DataFrame(areas, schema=["code", "name", "name_en", "level", "parent"], orient="row"),
        people=people,
        by=by,
        at=at,
    )
    create_account(
        username=USER, role="investigator", password=PASSWORD, at=at, by=by, jurisdiction="33099", language="en"
    )
    open_outbreak(
        code=OUTBREAK,
        name="Bench",
        playbook="covid19-cn-9",
        jurisdiction="33099",
        started_on=dt.date(2022, 1, 1),
        by=by,
        at=at,
    )
    load_cases(outbreak=OUTBREAK, cases=made["cases"].drop("town"), by=by, at=at)
    record_contacts(contacts=CONTACTS.conform(made["contacts"]), outbreak=OUTBREAK, by=by, at=at)
    record_chains(chains=made["chains"], outbreak=OUTBREAK, by=by, at=at)
    keeping.ingest(made["presences"])
    record_run(
        outbreak=OUTBREAK,
        case_id=None,
        as_of=at,
        playbook="covid19-cn-9",
        seconds=0,
        cases=cases,
        contacts=made["contacts"].height,
        at=at,
        presences=keeping.content(),
    )


@contextmanager
def served(folder: Path, *, cases: int, links: int, seed: int) -> Iterator[str]:
    """Fill a folder and serve it for the length of the block."""
    from tests.pages.county import free_port

    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"LIANFANG_DATA": str(folder)}
    command = [sys.executable, "-m", "bench.chains_page", "--fill", str(folder)]
    command += ["--cases", str(cases), "--links", str(links), "--seed", str(seed)]
    subprocess.run(command, env=environment, cwd=ROOT, check=True)
    port = free_port()
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen([*LIANFANG, "serve", "--port", str(port)], env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=2).read()  # noqa: S310 - our own server
                break
            except OSError:
                assert server.poll() is None, (folder / "server.log").read_text()
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def sign_in(page: Any, url: str) -> None:
    """Sign in as the investigator of the bench."""
    page.goto(f"{url}/account/sign-in/")
    page.fill("input[name=login]", USER)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[class=primary]")
    page.wait_for_load_state()


_SEARCH = """id => { const box = document.querySelector('.lf-bar input[type=search]');
  const t = performance.now(); box.value = id; box.dispatchEvent(new Event('input'));
  return new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now() - t)))); }"""
_SLIDE = """day => { const box = document.querySelector('.lf-bar input[type=range]');
  const t = performance.now(); box.value = day; box.dispatchEvent(new Event('input'));
  return new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now() - t)))); }"""
_WATCH = """() => { window.frames_ = []; let last = performance.now();
  const step = now => { window.frames_.push(now - last); last = now; window.watching_ = requestAnimationFrame(step); };
  window.watching_ = requestAnimationFrame(step); }"""
_STOP = "() => { cancelAnimationFrame(window.watching_); return window.frames_.slice(1); }"


def measure(url: str, cases: int) -> dict[str, Any]:
    """Open the page in Chromium and take the times, in milliseconds (the first two in seconds)."""
    from playwright.sync_api import sync_playwright

    from tests.pages.county import chromium_path

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", "--enable-unsafe-swiftshader", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        sign_in(page, url)
        address = f"{url}/outbreaks/{OUTBREAK}/chains/"
        first = _until_drawn(page, address)
        again = [_until_drawn(page, address) for _ in range(3)]
        chosen = np.random.default_rng(1).integers(0, cases, 12)
        clock = page.context.new_cdp_session(page)
        clock.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = _processor(clock)
        search = [page.evaluate(_SEARCH, f"B-{n:05d}") for n in chosen]
        search_cpu = (_processor(clock) - before) / len(search)
        page.wait_for_timeout(500)
        page.evaluate(_SEARCH, "")
        last = int(page.get_attribute(".lf-bar input[type=range]", "max"))
        days = [int(last * n / 20) for n in range(1, 20)]
        before = _processor(clock)
        slide = [page.evaluate(_SLIDE, d) for d in days]
        slide_cpu = (_processor(clock) - before) / len(slide)
        page.evaluate(_SLIDE, last)
        found: dict[str, Any] = {"first": first, "again": again, "search": search, "slide": slide}
        found |= {"search_cpu": search_cpu, "slide_cpu": slide_cpu}
        for links in ("", "all_"):
            if links:
                page.check(".lf-bar input[type=checkbox]")
                found["slide_all"] = [page.evaluate(_SLIDE, d) for d in days]
                page.evaluate(_SLIDE, last)
            found[f"{links}pan"] = _moved(page)
            found[f"{links}zoom"] = _zoomed(page)
        found["agent"] = browser.version
        browser.close()
    return found


def _processor(clock: Any) -> float:
    """Milliseconds of processor time that the page's own thread has spent in its tasks."""
    told = clock.send("Performance.getMetrics")["metrics"]
    return 1000 * float(next(one["value"] for one in told if one["name"] == "TaskDuration"))


def _until_drawn(page: Any, address: str) -> float:
    begin = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("lf-chains[data-drawn]", timeout=300_000)
    return time.perf_counter() - begin


def _moved(page: Any) -> list[float]:
    """Drag the picture to and fro; return the frames."""
    box = page.locator("lf-chains .lf-stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(_WATCH)
    for n in range(40):
        page.mouse.move(x + 200 * np.sin(n / 5), y + 80 * np.cos(n / 5))
    frames: list[float] = page.evaluate(_STOP)
    page.mouse.up()
    page.wait_for_timeout(400)
    return frames


def _zoomed(page: Any) -> list[float]:
    """Turn the wheel in and out; return the frames."""
    box = page.locator("lf-chains .lf-stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate(_WATCH)
    for n in range(16):
        page.mouse.wheel(0, -300 if n < 8 else 300)
        page.wait_for_timeout(60)
    frames: list[float] = page.evaluate(_STOP)
    page.wait_for_timeout(400)
    return frames


def table(found: dict[str, Any], options: argparse.Namespace) -> str:
    """Return the section of the page of performance."""

    def line(words: str, values: list[float]) -> str:
        ordered = sorted(values)
        late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        return f"| {words} | {statistics.median(ordered):,.0f} | {late:,.0f} | {len(values)} |"

    lines = [
        "## Chain page",
        "",
        f"Written by `python -m bench.chains_page --write` on {options.on:%Y-%m-%d}: {options.cases:,} cases and "
        f"{options.links:,} links in a database of its own (SQLite), Chromium {found['agent']} without a graphics card "
        f"(SwiftShader draws on the processor), 1366 × 768, {os.cpu_count()} cores ({platform.machine()}), load "
        f"average {options.load:.0f} when it began: others worked on the machine too.",
        "",
        "The report (statistics, layout) is made once after each tracing and kept: the first opening took "
        f"**{found['first']:.1f} s** until the picture stood, each later one "
        f"**{statistics.median(found['again']):.1f} s**.",
        "",
        "| milliseconds | median | 95 % | times |",
        "|---|---:|---:|---:|",
        line("search: a case is found, singled out and told", found["search"]),
        line("one step of the time slider, likely links", found["slide"]),
        line("one step of the time slider, all links", found["slide_all"]),
        line("a frame while the picture is moved, likely links", found["pan"]),
        line("a frame while the picture is moved, all links", found["all_pan"]),
        line("a frame while it is zoomed, likely links", found["zoom"]),
        line("a frame while it is zoomed, all links", found["all_zoom"]),
        "",
        f"Of a search, the page's own thread spends {found['search_cpu']:,.0f} ms of processor time, of a step of the "
        f"slider {found['slide_cpu']:,.0f} ms; the rest is the drawing on the processor, and waiting for the others. "
        "While the picture moves, links are left out and come back as it rests.",
    ]
    return "\n".join(lines)


def section() -> str:
    """Return what stands on the page of performance between the marks, with them: other benchmarks keep it there."""
    _, mark, rest = PAGE.read_text("utf-8").partition(BEGIN)
    return f"{BEGIN}{rest.partition(END)[0]}{END}" if mark else ""


def main() -> None:
    """Fill, serve, measure; or only fill, for the process that does."""
    parser = argparse.ArgumentParser(prog="python -m bench.chains_page", description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--links", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--fill", type=Path, help="only make the database in this folder")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    if options.fill:
        fill(options.fill, cases=options.cases, links=options.links, seed=options.seed)
        return
    options.load, options.on = os.getloadavg()[0], dt.datetime.now(tz=dt.UTC)
    folder = Path(tempfile.mkdtemp(prefix="lianfang-chains-"))
    try:
        with served(folder, cases=options.cases, links=options.links, seed=options.seed) as url:
            found = measure(url, options.cases)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    section = table(found, options)
    print(section)
    print(json.dumps({name: value for name, value in found.items() if name in ("first", "again")}))
    if options.write:
        text = PAGE.read_text("utf-8")
        if BEGIN not in text:
            text = f"{text.rstrip()}\n\n{BEGIN}\n{END}\n"
        before, _, rest = text.partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{section}\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
