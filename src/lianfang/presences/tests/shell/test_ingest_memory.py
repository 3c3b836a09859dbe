"""An ingest takes as much memory for six times the rows as for one: measured in a process of its own."""

import datetime as dt
import subprocess
import sys
import textwrap

import numpy as np
import polars as pl
import pytest

ROWS = 50_000
TIMES = 6

MEASURED = """
    import resource, sys, threading
    from pathlib import Path
    from lianfang.presences.store import ingest, open_store, sources

    sources.BATCH, sources.CLEANED_BATCH, sources.CSV_BLOCK, ingest.SAFE_EVERY = 10_000, 10_000, 1 << 19, 50_000
    folder, *paths = map(Path, sys.argv[1:])

    def own():  # bytes that no file stands behind
        resident, shared = Path("/proc/self/statm").read_text().split()[1:3]
        return (int(resident) - int(shared)) * resource.getpagesize()

    def peak(path, store):
        highest, done = [own()], threading.Event()
        def watch():
            while not done.wait(0.002):
                highest[0] = max(highest[0], own())
        watcher = threading.Thread(target=watch)
        watcher.start()
        [taken] = open_store(store).ingest(path)
        done.set()
        watcher.join()
        print(taken.rows, taken.refused_count, highest[0])

    for n, path in enumerate(paths):
        peak(path, folder / f"store {n}")
"""


def county(times):
    """Presences of the same people in the same places, over a day for each 20,000: as a longer list has more days."""
    count = ROWS * times
    chance = np.random.default_rng(7)
    start = np.datetime64("2021-08-01") + (np.sort(chance.integers(0, 5 * times * 86400, count))).astype("m8[s]")
    rows = pl.DataFrame(
        {
            "person_id": [f"330106{n:012}" for n in chance.integers(0, 3000, count)],
            "place_id": [f"place {n:05}" for n in chance.integers(0, 500, count)],
            "place_kind": np.array(["work", "meal", "venue"])[chance.integers(0, 3, count)],
            "start": start.astype("M8[us]"),
        }
    )
    return rows.with_columns(end=pl.col("start") + dt.timedelta(minutes=20))


def categorical(rows):
    there = rows.cast(dict.fromkeys(("person_id", "place_id", "place_kind"), pl.Categorical))
    return there.with_columns(pl.col("start", "end").dt.replace_time_zone("UTC"))


def with_times_as_text(rows):
    return rows.with_columns(pl.col("start").dt.to_string("%Y-%m-%d %H:%M:%S"))


KINDS = {
    "plain.parquet": lambda rows, path: rows.write_parquet(path, row_group_size=50_000),
    "categorical.parquet": lambda rows, path: categorical(rows).write_parquet(path, row_group_size=50_000),
    "text.parquet": lambda rows, path: with_times_as_text(rows).write_parquet(path, row_group_size=50_000),
    "rows.csv": lambda rows, path: rows.write_csv(path),
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """For each kind of file: rows used, rows refused, most bytes of memory; of the small list, then of the large."""
    folder = tmp_path_factory.mktemp("lists")
    paths = []
    for times in (1, TIMES):
        rows = county(times)
        for kind, write in KINDS.items():
            paths.append(folder / f"{times}-{kind}")
            write(rows, paths[-1])
    # The small lists twice: what is compiled and pooled is there before anything is measured.
    line = [sys.executable, "-c", textwrap.dedent(MEASURED), str(folder), *map(str, paths[: len(KINDS)] + paths)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = [tuple(map(int, row.split())) for row in done.stdout.splitlines()][len(KINDS) :]
    return {kind: (said[n], said[n + len(KINDS)]) for n, kind in enumerate(KINDS)}


@pytest.mark.parametrize("kind", KINDS)
def test_six_times_the_rows_take_no_more_memory(measured, kind):
    small, large = measured[kind]
    assert (small[:2], large[:2]) == ((ROWS, 0), (ROWS * TIMES, 0))
    # Read whole, they take half as much again at least.
    assert large[2] < 1.3 * small[2], f"{small[2] >> 20} MB became {large[2] >> 20} MB"
