"""Spark gives the rows that DuckDB gives: the same checks, on a Spark of this machine that is started once.

One file, so that one worker runs it and one Java is started.
"""

import datetime as dt
import os
import shutil
import subprocess
import sys

import polars as pl
import pytest

from lianfang.kernel.engine import chosen_engine, open_session
from lianfang.kernel.errors import Misused
from lianfang.tracing.tables import COLUMNS, MANY, open_presences
from lianfang.tracing.tests.core.test_degrees import (
    SEAT_RULES,
    T0,
    held_to_the_oracle,
    held_to_the_oracle_with_seats,
    many_worlds,
)
from lianfang.tracing.tests.core.test_worked_example import held_to_the_page
from lianfang.tracing.tests.shell.test_command import CASES, PRESENCES_CSV, held_to_the_cleaning, run

HERE = bool(os.environ.get("JAVA_HOME") or shutil.which("java"))
pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(
        not HERE, reason="JAVA IS NOT HERE: SPARK WAS NOT TRIED (apt-get install openjdk-17-jre-headless)"
    ),
]


@pytest.fixture(scope="module")
def spark():
    with open_session("spark", threads=2, memory_limit="1g") as session:
        yield session


def test_the_worked_example(spark):
    held_to_the_page("spark")


@pytest.mark.parametrize(
    "chosen",
    [
        {"lookback": 2, "min_minutes": 15, "second_kinds": None, "latent_hours": 0, "as_of": T0 + dt.timedelta(days=8)},
        {
            "lookback": 1,
            "min_minutes": 5,
            "second_kinds": ["dwelling", "meal"],
            "latent_hours": 6,
            "as_of": T0 + dt.timedelta(hours=58),
        },
        {
            "lookback": 0,
            "min_minutes": 0,
            "second_kinds": ["work"],
            "latent_hours": 0.25,
            "as_of": T0 + dt.timedelta(days=2),
        },
    ],
)
def test_equals_the_oracle(spark, chosen):
    assert held_to_the_oracle(spark, many_worlds(20210801, count=400), chosen) > 100


def test_equals_the_oracle_with_seats(spark):
    chosen = {
        "lookback": 2,
        "min_minutes": 15,
        "second_kinds": None,
        "latent_hours": 0,
        "as_of": T0 + dt.timedelta(days=8),
    }
    worlds = many_worlds(20210802, ["vehicle", "vehicle", "meal"], count=200)
    held_to_the_oracle_with_seats(spark, worlds, chosen, SEAT_RULES[0])


def test_typed_parquet_is_scanned_and_gives_what_cleaning_gives(spark, tmp_path):
    held_to_the_cleaning(tmp_path, "spark")


def test_the_command_writes_the_same_bytes_from_every_format(spark, tmp_path, capfd):
    (tmp_path / "cases.csv").write_text(CASES)
    (tmp_path / "p.csv").write_text(PRESENCES_CSV)
    typed = pl.read_csv(tmp_path / "p.csv", try_parse_dates=True)
    typed.write_parquet(tmp_path / "p.parquet")
    told = {}
    for engine, file in (("duckdb", "p.csv"), ("spark", "p.csv"), ("spark", "p.parquet")):
        out = tmp_path / f"{engine}-{file}.csv"
        words = ("--cases", tmp_path / "cases.csv", "--presences", tmp_path / file, "--degrees", 2)
        assert run("trace", *words, "--engine", engine, "--out", out) == 0
        told[engine, file] = (out.read_bytes(), len(capfd.readouterr().err.splitlines()))
    assert len(set(told.values())) == 1, told
    assert told["spark", "p.parquet"][0].count(b"\n") == 3


def test_a_frame_of_many_rows_goes_through_a_file(spark):
    """More rows than are handed over one by one; latest end and microseconds are those of the frame."""
    at = pl.datetime(2021, 8, 1, 8, time_unit="us")
    frame = pl.select(
        person_id=pl.int_range(MANY).cast(pl.String),
        place_id=(pl.int_range(MANY) // 2).cast(pl.String),
        place_kind=pl.lit("work"),
        start=at + pl.duration(microseconds=pl.int_range(MANY)),
        end=at + pl.duration(hours=1, microseconds=7 * pl.int_range(MANY)),
    )
    opened = open_presences(spark, frame)
    assert opened.aside
    assert opened.latest_end(spark) == frame["end"].max()
    assert spark.to_polars(opened.table).select(COLUMNS).sort("start").equals(frame)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_parquet_of_numbers_other_units_and_instants(spark, tmp_path, unit):
    at = pl.datetime(2021, 8, 1, 8, time_unit=unit)
    local = pl.DataFrame({"person_id": [1, 2], "place_id": [7, 7]}).with_columns(
        start=at, end=at + pl.duration(hours=1)
    )
    local.write_parquet(tmp_path / "local.parquet")
    instants = local.with_columns(pl.col("start", "end").dt.replace_time_zone("Asia/Shanghai"))
    instants.write_parquet(tmp_path / "instants.parquet")
    found = {}
    for engine in ("duckdb", "spark"):
        with open_session(engine) as session:
            for name in ("local", "instants"):
                rows = session.to_polars(open_presences(session, tmp_path / f"{name}.parquet").table)
                found[engine, name] = sorted(rows.select(COLUMNS).rows())
    assert len({str(rows) for rows in found.values()}) == 1, found
    assert found["spark", "local"][0] == ("1", "7", "other", dt.datetime(2021, 8, 1, 8), dt.datetime(2021, 8, 1, 9))


def test_the_setting_chooses_the_engine(monkeypatch):
    monkeypatch.setenv("LIANFANG_ENGINE", "spark")
    with open_session() as session:
        assert session.name == "pyspark"
    monkeypatch.setenv("LIANFANG_ENGINE", "abacus")
    with pytest.raises(Misused, match="abacus"):
        chosen_engine()


def test_what_java_says_stays_out_of_standard_error(tmp_path):
    """A Spark that cannot start gives one line that says why, and no traceback."""
    (tmp_path / "cases.csv").write_text(CASES)
    (tmp_path / "p.csv").write_text(PRESENCES_CSV)
    words = ["trace", "--cases", "cases.csv", "--presences", "p.csv", "--engine", "spark"]
    done = subprocess.run(
        [sys.executable, "-c", "from lianfang.site.cli import main; main()", *words],
        cwd=tmp_path,
        env={**os.environ, "JAVA_HOME": str(tmp_path / "no-java")},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "Spark" in done.stderr
