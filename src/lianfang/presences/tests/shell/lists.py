"""Lists of presences, a store of them and the commands upon it, for the tests of the store."""

import datetime as dt
import io
import os
import random
import subprocess
import sys

import polars as pl
import pytest

from lianfang.kernel.schema import CASES, PRESENCES
from lianfang.presences.tests.core.test_degrees import KINDS
from lianfang.site.cli import main
from lianfang.tracing.notebook import open_store

T0 = dt.datetime(2021, 8, 1)
SCHEMA = {"person_id": pl.String, "place_id": pl.String, "place_kind": pl.String}
SCHEMA |= {"start": pl.Datetime("us"), "end": pl.Datetime("us"), "vehicle": pl.String, "seat": pl.String}


def county(seed=1, rows=400, people=30, days=4):
    """Presences of a few people over some days, some of them overnight, in no order."""
    chance = random.Random(seed)
    made = []
    for _ in range(rows):
        start = T0 + dt.timedelta(seconds=chance.randrange(days * 86400))
        kind = chance.choice([*KINDS, "vehicle"])
        made.append(
            {
                "person_id": f"p{chance.randrange(people):03}",
                "place_id": f"x{chance.randrange(12):02}",
                "place_kind": kind,
                "start": start,
                "end": start + dt.timedelta(seconds=chance.choice([60, 1800, 40_000, 90_000])),
                "vehicle": chance.choice(["aircraft", None]) if kind == "vehicle" else None,
                "seat": chance.choice(["3A", "12F", None]) if kind == "vehicle" else None,
            }
        )
    return pl.DataFrame(made, schema=SCHEMA)


def one_row(person="P1", place="x", hour=8):
    start = T0 + dt.timedelta(hours=hour)
    named = {"person_id": person, "place_id": place, "place_kind": "work", "vehicle": None, "seat": None}
    return pl.DataFrame([{**named, "start": start, "end": start + dt.timedelta(hours=1)}], schema=SCHEMA)


CASE = CASES.conform(
    pl.DataFrame(
        {"case_id": ["A", "B"], "person_id": ["p000", "p001"], "onset_date": [T0 + dt.timedelta(days=2)] * 2},
        schema_overrides={"onset_date": pl.Datetime("us")},
    )
)


def in_order(rows):
    return PRESENCES.conform(rows).sort(PRESENCES.names, nulls_last=True)


def zoned(rows, zone, unit="us"):
    return rows.with_columns(
        pl.col("start", "end").dt.cast_time_unit(unit).dt.replace_time_zone("Asia/Shanghai").dt.convert_time_zone(zone)
    )


def of_parts(home, count=3):
    """A store whose every day has `count` segments, and all of its rows."""
    store = open_store(home)
    parts = [county(seed) for seed in range(count)]
    for part in parts:
        store.ingest(part)
    return store, pl.concat(parts)


def as_process(*args, **extra):
    """Run a command as a process of its own."""
    environment = {**os.environ, "LIANFANG_LANG": "en"}
    line = [sys.executable, "-c", "from lianfang.site.cli import main; main()", *map(str, args)]
    return subprocess.run(line, capture_output=True, text=True, check=False, env=environment, **extra)


def command(*args, cwd="."):
    """Run a command in this process; what it does not refuse in words is an error of the test."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setenv("LIANFANG_LANG", "en")
        patch.chdir(cwd)
        for name, stream in (("stdin", io.StringIO()), ("stdout", out), ("stderr", err)):
            patch.setattr(sys, name, stream)
        main([str(one) for one in args])
    return subprocess.CompletedProcess(args, end.value.code, *(one.buffer.getvalue().decode() for one in (out, err)))
