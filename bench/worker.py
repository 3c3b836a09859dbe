"""One way, one process: ``python -m bench.worker build|ask WAY DATA HOME …``; tells what it has done in lines of JSON.

What is told early stands when the process has to be stopped later.
"""

import argparse
import datetime as dt
import json
import resource
import time
from pathlib import Path
from typing import Any

from bench.ways import WAYS, answer_digest, read_cases

WARM_SECONDS, WARM_TIMES = 6.0, 9
"""Asked again until either is reached, once at least."""


def main() -> None:
    """Do what the words say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["build", "ask"])
    parser.add_argument("way", choices=list(WAYS))
    parser.add_argument("data", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--cases", type=int, default=1)
    parser.add_argument("--degrees", type=int, default=1)
    parser.add_argument("--as-of", type=dt.datetime.fromisoformat)
    parser.add_argument("--limit", type=float, default=180)
    options = parser.parse_args()
    way = WAYS[options.way]()
    began = time.perf_counter()
    way.imports()
    tell(imports=time.perf_counter() - began)
    if options.what == "build":
        began = time.perf_counter()
        way.build(options.data, options.home)
        tell(seconds=time.perf_counter() - began, megabytes=_peak(way, server=False))
        return
    cases = read_cases(options.data / "lists" / f"{options.cases}.csv")
    began = time.perf_counter()
    way.open(options.data, options.home, options.as_of)
    tell(opened=time.perf_counter() - began)
    if hasattr(way, "limit"):
        way.limit(options.limit)
    given = way.ask(cases, options.degrees)
    first = time.perf_counter() - began
    tell(first=first, megabytes=_peak(way))
    answer = way.answer(given)
    tell(rows=answer.height, digest=answer_digest(answer))
    del given, answer
    warm: list[float] = []
    while sum(warm) < WARM_SECONDS and len(warm) < WARM_TIMES:
        began = time.perf_counter()
        way.ask(cases, options.degrees)
        warm.append(time.perf_counter() - began)
        tell(warm=warm)


def tell(**what: Any) -> None:
    """Print one line of JSON."""
    print(json.dumps(what), flush=True)


def _peak(way: Any, *, server: bool = True) -> float:
    """Return the most memory that was held, in MB.

    Linux hands ``ru_maxrss`` down from the process that started this one; ``VmHWM`` begins anew.
    """
    status = Path("/proc/self/status")
    if status.exists():
        own = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    else:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return own + (way.more_memory() if server else 0)


if __name__ == "__main__":
    main()
