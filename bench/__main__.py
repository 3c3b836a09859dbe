"""``python -m bench``: make the data, measure, keep the results in ``bench/results``, write ``docs/performance.md``.

    python -m bench                                  10 million presences: every way, growth, the whole response
    python -m bench --scale 100 --only lianfang      one way on 100 million
    python -m bench --steps page                     the pages and pictures again, from what was kept

Each step is kept as soon as it is done; what is kept is not built or made again (``--again`` does).
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import results
from bench.county import LISTS, Size, make
from bench.measure import forget, listen, measure
from bench.ways import USUAL, WAYS

CLI = "from lianfang.site.cli import main; main()"
SEED = 20220315
DAYS = 14
PEOPLE_A_MILLION = 8_930
STEPS = ("build", "ask", "second", "respond", "page")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--scale", type=int, nargs="+", default=[10], help="millions of presences")
    parser.add_argument("--only", nargs="+", default=list(USUAL), choices=list(WAYS), help="ways to measure")
    parser.add_argument("--cases", type=int, nargs="+", default=[1, 10, 1000, 10000], choices=LISTS)
    parser.add_argument("--degrees", type=int, nargs="+", default=[1, 2], choices=(1, 2))
    parser.add_argument("--steps", nargs="+", default=list(STEPS), choices=STEPS)
    parser.add_argument("--limit", type=float, default=180, help="seconds a question")
    parser.add_argument("--people", type=int, default=500_000, help="of the county that `lianfang respond` answers")
    parser.add_argument("--playbook", default="covid19-cn-8")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "lianfang-bench")
    parser.add_argument("--again", action="store_true", help="measure again what is kept already")
    parser.add_argument("--busy-again", action="store_true", help="measure again what was asked of a busy machine")
    parser.add_argument("--clear", action="store_true", help="afterwards remove the data, and PostgreSQL's databases")
    options = parser.parse_args()
    for scale in options.scale:
        if {"build", "ask", "second"} & set(options.steps):
            _scale(scale, options)
    if "respond" in options.steps:
        _respond(options)
    if "page" in options.steps:
        from bench.page import write

        write()
    if options.clear:
        _clear(options)


def say(words: str) -> None:
    """Tell what is being done."""
    print(words, file=sys.stderr, flush=True)


def _scale(scale: int, options: argparse.Namespace) -> None:
    folder = options.data / f"scale-{scale}"
    size = _data(folder, people=scale * PEOPLE_A_MILLION, cases=min(max(LISTS), scale * PEOPLE_A_MILLION // 8))
    results.keep(f"{scale}-data", {"size": size.__dict__, "machine": results.machine()})
    for name in options.only:
        if "build" in options.steps:
            _build(scale, name, folder, options)
        if "ask" in options.steps:
            for degrees in options.degrees:
                for count in options.cases:
                    _ask(scale, name, folder, size, count, degrees, options)
    if "second" in options.steps and "lianfang" in options.only:
        _second(scale, folder, size, options)


def _data(folder: Path, *, people: int, cases: int, a_day: float = 8.0) -> Size:
    note = folder / "size.json"
    asked = {"people": people, "days": DAYS, "cases": cases, "seed": SEED, "a_day": a_day}
    if note.exists() and (kept := json.loads(note.read_text()))["asked"] == asked:
        return Size(**kept["size"])
    say(f"making {people:,} people × {DAYS} days …")
    size = make(folder, people=people, days=DAYS, cases=cases, seed=SEED, a_day=a_day)
    note.write_text(json.dumps({"asked": asked, "size": size.__dict__}))
    return size


def _build(scale: int, name: str, folder: Path, options: argparse.Namespace) -> None:
    home = folder / name
    if (home / "built").exists() and not options.again:
        return
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    say(f"{scale} million: building {name} …")
    forget([folder / "presences.parquet"])
    where = results.here()
    told = listen(["-m", "bench.worker", "build", name, str(folder), str(home)], limit=3600)
    if "seconds" not in told:
        sys.exit(f"building {name} failed: {told}")
    way = WAYS[name]()
    files = way.files(folder, home)
    size = way.bytes(home) if hasattr(way, "bytes") else sum(path.stat().st_size for path in files)
    (home / "built").touch()
    say(f"  {told['seconds']:.1f} s, {told['megabytes']:.0f} MB, {size / 1e6:.0f} MB on disk")
    result = results.load(f"{scale}-{name}")
    # What needs no building has nothing to tell but the bytes of the file that it reads.
    result["build"] = {**told, **where, "bytes": size}
    results.keep(f"{scale}-{name}", result)


def _ask(
    scale: int, name: str, folder: Path, size: Size, count: int, degrees: int, options: argparse.Namespace
) -> None:
    if not (folder / "lists" / f"{count}.csv").exists():
        return
    result = results.load(f"{scale}-{name}")
    answers = result.setdefault("answers", {})
    key = f"{count}x{degrees}"
    kept = answers.get(key)
    renew = options.again or (options.busy_again and (kept or {}).get("load", 0) > results.BUSY)
    if kept is not None and not renew and _is_settled(kept, options.limit):
        return
    # Who could not answer for fewer cases in time is not asked about more; the page says so.
    fewer = [answers.get(f"{n}x{degrees}", {}) for n in LISTS if n < count]
    if any("first" not in before and _is_settled(before, options.limit) for before in fewer if before):
        answers[key] = {"untried": True, "limit": options.limit, **results.here()}
        results.keep(f"{scale}-{name}", result)
        return
    home = folder / name
    way = WAYS[name]()
    if hasattr(way, "empty"):
        way.empty()
    forget(way.files(folder, home))
    where = results.here()
    words = [name, str(folder), str(home), "--cases", str(count), "--degrees", str(degrees), "--as-of", size.latest]
    say(f"{scale} million, {name}, {count} cases, degree {degrees} …")
    told = listen(["-m", "bench.worker", "ask", *words, "--limit", str(options.limit)], limit=options.limit)
    answers[key] = {**told, **where, "limit": options.limit}
    results.keep(f"{scale}-{name}", result)
    say(f"  { ({k: v for k, v in told.items() if k != 'warm'}) } warm {sorted(told.get('warm', [0]))[0]:.4f}")
    _agree(scale, key, options)


def _is_settled(kept: dict[str, Any], limit: float) -> bool:
    """Tell whether asking again would tell nothing new: it answered, or did not in at least this time or memory."""
    failed = "failed" in kept and "emory" not in kept["failed"]
    return "first" in kept or (not failed and kept.get("limit", 0) >= limit)


def _agree(scale: int, key: str, options: argparse.Namespace) -> None:
    """Stop when two ways do not give the same rows."""
    found = {}
    for name in WAYS:
        answer = results.load(f"{scale}-{name}").get("answers", {}).get(key, {})
        if "digest" in answer:
            found[name] = (answer["rows"], answer["digest"])
    if len(set(found.values())) > 1:
        sys.exit(f"the ways do not agree on {key} at {scale} million: {found}")


def _second(scale: int, folder: Path, size: Size, options: argparse.Namespace) -> None:
    """How many the second degree finds, by the kinds that count and the hours of latency."""
    from bench.second import count

    if results.load(f"{scale}-second") and not options.again:
        return
    say(f"{scale} million: the second degree by kinds and hours …")
    results.keep(f"{scale}-second", {**count(folder, folder / "lianfang", size, say), **results.here()})


def _respond(options: argparse.Namespace) -> None:
    if results.load("respond") and not options.again:
        return
    folder = options.data / f"respond-{options.people}"
    size = _data(folder, people=options.people, cases=30, a_day=3.6)
    say("respond …")
    where = results.here()
    with tempfile.TemporaryDirectory() as out:
        taken = measure(["-c", CLI, "respond", str(folder), "--playbook", options.playbook, "--out", out])
        summary = json.loads((Path(out) / "summary.json").read_text("utf-8"))
    say(f"  {taken.seconds:.1f} s, {taken.megabytes:.0f} MB")
    kept: dict[str, Any] = {"size": size.__dict__, "playbook": options.playbook, "summary": summary, **where}
    kept |= {"seconds": taken.seconds, "cpu": taken.cpu, "megabytes": taken.megabytes}
    results.keep("respond", kept)


def _clear(options: argparse.Namespace) -> None:
    way = WAYS["postgres"]()
    for home in options.data.glob("scale-*/postgres"):
        way.drop(home)  # type: ignore[attr-defined]
    shutil.rmtree(options.data, ignore_errors=True)


if __name__ == "__main__":
    main()
