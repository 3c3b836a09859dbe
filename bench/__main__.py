"""``python -m bench``: make the data, measure, write ``docs/performance.md``."""

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import polars as pl

from bench.county import Size, make
from bench.measure import Measured, measure
from bench.rivals import WAYS

ROOT = Path(__file__).resolve().parent.parent
CLI = "from lianfang.site.cli import main; main()"
WORDS = {
    "lianfang-1": "`lianfang.trace`, 1 degree",
    "duckdb-1": "plain DuckDB SQL, 1 degree",
    "pandas-1": "`pandas.merge`, 1 degree",
    "lianfang-2": "`lianfang.trace`, 2 degrees",
    "duckdb-2": "plain DuckDB SQL, 2 degrees",
}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--people", type=int, default=500_000)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--cases", type=int, default=30)
    parser.add_argument("--seed", type=int, default=20220315)
    parser.add_argument("--playbook", default="covid19-cn-8")
    parser.add_argument("--data", type=Path, help="keeps the data for a second run")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "performance.md")
    parser.add_argument("--skip", nargs="*", default=[], choices=[*WAYS, "respond"], help="what not to measure")
    options = parser.parse_args()
    options.load = os.getloadavg()[0]
    folder = options.data or Path(tempfile.mkdtemp(prefix="lianfang-bench-"))
    try:
        size = _data(folder, options)
        response = None if "respond" in options.skip else _respond(folder, options.playbook)
        found: dict[str, tuple[Measured, dict[str, float]]] = {}
        for way in [way for way in WAYS if way not in options.skip]:
            found[way] = _way(way, folder)
            _agree(found)
            # After each: the run is long, and what was measured stands even when it is stopped.
            options.out.write_text(_page(options, size, found, response), "utf-8")
        print(options.out)
    finally:
        if options.data is None:
            shutil.rmtree(folder, ignore_errors=True)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _data(folder: Path, options: argparse.Namespace) -> Size:
    note = folder / "size.json"
    asked = {name: getattr(options, name) for name in ("people", "days", "cases", "seed")}
    if note.exists() and (kept := json.loads(note.read_text()))["asked"] == asked:
        return Size(**kept["size"])
    _say(f"making {options.people:,} people × {options.days} days …")
    size = make(folder, **asked)
    note.write_text(json.dumps({"asked": asked, "size": size.__dict__}))
    return size


def _way(way: str, folder: Path) -> tuple[Measured, dict[str, float]]:
    _say(f"{way} …")
    taken = measure(["-m", "bench.rivals", way, str(folder)])
    result = json.loads(taken.output.splitlines()[-1])
    _say(f"  {taken.seconds:.1f} s, {taken.megabytes:.0f} MB, {result['rows']:,} rows")
    return taken, result


def _agree(found: dict[str, tuple[Measured, dict[str, float]]]) -> None:
    """Stop when two ways of one degree do not find the same rows and minutes."""
    for degree in ("1", "2"):
        results = {way: (r["rows"], r["minutes"]) for way, (_, r) in found.items() if way.endswith(degree)}
        if len(set(results.values())) > 1:
            sys.exit(f"the ways do not agree: {results}")


def _respond(folder: Path, playbook: str) -> tuple[Measured, dict[str, object]]:
    _say("respond …")
    with tempfile.TemporaryDirectory() as out:
        taken = measure(["-c", CLI, "respond", str(folder), "--playbook", playbook, "--out", out])
        summary = json.loads((Path(out) / "summary.json").read_text("utf-8"))
    _say(f"  {taken.seconds:.1f} s, {taken.megabytes:.0f} MB")
    return taken, summary


def _page(
    options: argparse.Namespace,
    size: Size,
    found: dict[str, tuple[Measured, dict[str, float]]],
    response: tuple[Measured, dict[str, object]] | None,
) -> str:
    versions = f"Python {platform.python_version()}, Polars {pl.__version__}, DuckDB {duckdb.__version__}, "
    versions += f"Ibis {ibis.__version__}, pandas {pd.__version__}"
    lines = [
        "# Performance",
        "",
        f"Written by `make bench` (`python -m bench --people {size.people} --days {size.days} --cases {size.cases} "
        f"--seed {options.seed}`) on {dt.date.today():%Y-%m-%d}: "  # noqa: DTZ011
        f"{os.cpu_count()} cores ({platform.machine()}), {_memory():.0f} GB, {platform.system()}; {versions}.",
        "",
        f"The data are made by `bench/county.py` from a seed: {size.people:,} people × {size.days} days = "
        f"{size.presences:,} presences ({size.bytes / 1e6:.0f} MB of Parquet, "
        f"{size.bytes / size.presences:.1f} bytes a row, in no order), {size.cases} cases.",
        "Every line is a process of its own, from its start to its end, imports and reading included; memory is the",
        f"most it held. Load average of the machine when the run began: {options.load:.1f}; where it is well above 0,",
        "others worked on it too, and the CPU seconds say more than the seconds.",
        "",
    ]
    if response is not None:
        taken, summary = response
        lines += ["## The whole response, files to files", "", *_response_lines(options, size, taken, summary), ""]
    if found:
        lines += ["## Tracing, against what a user would write instead", "", *_way_lines(found), ""]
    return "\n".join(lines)


def _response_lines(options: argparse.Namespace, size: Size, taken: Measured, summary: dict[str, object]) -> list[str]:
    seconds: dict[str, float] = summary.get("seconds", {})  # type: ignore[assignment]
    rows: dict[str, int] = summary.get("rows", {})  # type: ignore[assignment]
    counted = ", ".join(f"{count:,} {name}" for name, count in rows.items())
    return [
        f"`lianfang respond` under `{options.playbook}`: **{taken.seconds:.0f} s** ({taken.cpu:.0f} s of CPU), at most "
        f"**{taken.megabytes:,.0f} MB**; {counted}.",
        "",
        "| step | seconds |",
        "|---|---:|",
        *[f"| {name} | {value:.1f} |" for name, value in seconds.items()],
    ]


def _way_lines(found: dict[str, tuple[Measured, dict[str, float]]]) -> list[str]:
    lines = [
        "| | seconds | × Lianfang | CPU seconds | of the seconds, importing | peak MB | rows found |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for way, (taken, result) in found.items():
        own = found.get(f"lianfang-{way[-1]}")
        ratio = f"{taken.seconds / own[0].seconds:.2f}" if own else ""
        importing = taken.seconds - result["seconds"]
        lines.append(
            f"| {WORDS[way]} | {taken.seconds:.1f} | {ratio} | {taken.cpu:.1f} | {importing:.1f} "
            f"| {taken.megabytes:,.0f} | {int(result['rows']):,} |"
        )
    lines += [
        "",
        "The ways are checked to find the same number of rows and the same sum of minutes, or the run fails.",
        "A second degree with `pandas.merge` is not measured: merged by place, it would hold every pair of visits.",
    ]
    return lines


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


if __name__ == "__main__":
    main()
