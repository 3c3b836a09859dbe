"""Spark gives the rows that DuckDB gives: the same checks, on a Spark of this machine that is started once.

One file, so that one worker runs it and one Java is started.
"""

import datetime as dt
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import ibis
import polars as pl
import pytest

from lianfang.engines.engine import chosen_engine, open_session
from lianfang.kernel.errors import Misused
from lianfang.kernel.schema import CASES as CASES_SCHEMA
from lianfang.kernel.schema import INTERVIEWS
from lianfang.playbook.load import load
from lianfang.presences.opened import COLUMNS, MANY, open_presences
from lianfang.presences.store.snapshot import Snapshot
from lianfang.presences.tests.core.test_degrees import (
    SEAT_RULES,
    T0,
    held_to_the_oracle,
    held_to_the_oracle_with_seats,
    many_worlds,
)
from lianfang.presences.tests.shell.lists import SCHEMA
from lianfang.tracing.notebook import open_store
from lianfang.tracing.tests.core.test_contacts import held_to_the_seats, one_case
from lianfang.tracing.tests.core.test_general import AS_OF, held_to_reach_and_length, worlds
from lianfang.tracing.tests.core.test_worked_example import held_to_the_page
from lianfang.tracing.tests.shell.test_command import CASES, PRESENCES_CSV, held_to_the_cleaning, run
from lianfang.tracing.tracer import find_contacts, find_general

SMALL = Path(__file__).resolve().parents[5] / "tests" / "data" / "response-small" / "in"
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
            # Nothing after it counts, and at two days most cases of these worlds are not known yet.
            "as_of": T0 + dt.timedelta(hours=58),
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


@pytest.fixture
def set_to_spark(spark, monkeypatch):
    """The setting of a web application or a respond; neither the index nor DuckDB may answer meanwhile."""

    def choose():
        monkeypatch.setenv("LIANFANG_ENGINE", "spark")
        for door in (Snapshot, "first"), (Snapshot, "second"), (ibis.duckdb, "connect"):
            monkeypatch.setattr(*door, lambda *given, **more: pytest.fail("not Spark"))

    return choose


def many_cases(found):
    cases = pl.DataFrame([case for some, _, _ in found for case in some], infer_schema_length=None)
    return CASES_SCHEMA.conform(cases)


def store_of(home, found, parts=2):
    """A store of all worlds, taken in by parts, so that days have segments with seats and without."""
    rows = [row for _, people, _ in found for row in people]
    store = open_store(home)
    for part in range(parts):
        frame = pl.DataFrame(rows[part::parts], schema=SCHEMA)
        store.ingest(frame.drop("vehicle", "seat") if part else frame)
    return store


def test_a_store_gives_the_rows_of_its_index(spark, tmp_path, set_to_spark):
    found = many_worlds(20210803, ["dwelling", "work", "meal", "vehicle"], count=40)
    store, cases = store_of(tmp_path / "s[4]*", found), many_cases(found)
    wanted = {"degrees": 2, "min_minutes": 5, "latent_hours": 0.25}  # as of the latest end, which the manifest knows
    with warnings.catch_warnings(action="ignore"):  # of cases that have no window
        expected = store.trace(cases, **wanted)
        set_to_spark()
        assert store.trace(cases, **wanted).equals(expected)
    assert expected.height > 30 and set(expected["degree"]) == {1, 2}


def test_a_playbook_with_seats_and_interviews_over_a_store(spark, tmp_path, set_to_spark):
    found = many_worlds(20210804, ["vehicle", "vehicle", "work", "meal"])
    store, cases = store_of(tmp_path / "store", found), many_cases(found)
    met = [{"case_id": case, "person_id": f"{case[:3]}f", "place_kind": None} for case in cases["case_id"][::3]]
    more = [{"case_id": case, "person_id": f"new {case}", "place_kind": "meal"} for case in cases["case_id"][::4]]
    interviews = INTERVIEWS.conform(pl.DataFrame([*met, *more], infer_schema_length=None))
    book = load("covid19-cn-9")
    expected = find_contacts(cases, store, interviews, playbook=book, as_of=AS_OF)
    listed = find_general(cases, store, expected, playbook=book, as_of=AS_OF)
    assert set(expected["found_by"]) == {"interview", "co-presence", "both"} and set(expected["degree"]) == {1, 2}
    assert set(expected.filter(place_kind="vehicle")["seat_unknown"]) == {True, False}
    set_to_spark()
    assert find_contacts(cases, store, interviews, playbook=book, as_of=AS_OF).equals(expected)
    assert find_general(cases, store, expected, playbook=book, as_of=AS_OF).equals(listed)


def test_who_shared_a_place_over_a_store(spark, tmp_path, set_to_spark):
    cases, presences = worlds(4)
    store, book = open_store(tmp_path / "store"), load("covid19-cn-8")
    store.ingest(presences)
    contacts = find_contacts(cases, store, INTERVIEWS.empty(), playbook=book, as_of=AS_OF)
    listed = find_general(cases, store, contacts, playbook=book, as_of=AS_OF)
    set_to_spark()
    assert find_general(cases, store, contacts, playbook=book, as_of=AS_OF).equals(listed) and listed.height


def test_seats_decide_in_vehicles_and_the_whole_unit_counts_where_they_are_not_known(spark, tmp_path):
    held_to_the_seats("spark", one_case(), tmp_path)


def test_too_short_or_out_of_reach_is_counted_and_no_contact(spark):
    held_to_reach_and_length("spark")


def test_a_response_takes_the_engine_of_the_setting(spark, tmp_path, set_to_spark):
    words = ("respond", SMALL, "--playbook", "covid19-cn-9", "--as-of", "2022-07-08T18:00", "--list-general", "--out")
    assert run(*words, tmp_path / "one") == 0
    set_to_spark()
    assert run(*words, tmp_path / "other") == 0
    names = sorted(path.name for path in (tmp_path / "one").glob("*.csv"))
    assert {"contacts.csv", "measures.csv", "refused.csv", "general.csv"} <= set(names)
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes(), name


def test_a_store_elsewhere_is_read_where_it_lies(spark, tmp_path, monkeypatch):
    """`local://` is a file system of fsspec that Java knows too, by another name."""
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "writer"))
    found = many_worlds(20210805, count=30)
    store, cases = store_of(f"local://{tmp_path}/bucket", found), many_cases(found)
    assert not store.files.is_local
    with warnings.catch_warnings(action="ignore"):
        expected = store.trace(cases, degrees=2, engine="index")
        monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "reader"))
        reader = open_store(f"local://{tmp_path}/bucket", create=False)
        assert reader.trace(cases, degrees=2, engine="spark").equals(expected) and expected.height
    assert not [path for path in (tmp_path / "reader").rglob("*") if path.is_file()], "no file was copied"
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "memory"))
    near = open_store("memory://spark/presences")
    near.ingest(pl.DataFrame([row for _, people, _ in found for row in people], schema=SCHEMA))
    with pytest.raises(Misused, match="memory://"):
        near.trace(cases, engine="spark")


def test_presences_are_named_by_their_address(spark, tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("LIANFANG_LANG", "en")
    (tmp_path / "cases.csv").write_text(CASES)
    (tmp_path / "p.csv").write_text(PRESENCES_CSV)
    pl.read_csv(tmp_path / "p.csv", try_parse_dates=True).write_parquet(tmp_path / "p.parquet")
    words = ("trace", "--cases", tmp_path / "cases.csv", "--engine", "spark", "--presences")
    told = []
    for place in (f"local://{tmp_path}/p.parquet", f"file://{tmp_path}/p.parquet"):
        assert run(*words, place) == 0
        told.append(capfd.readouterr())
    assert told[0] == told[1] and told[0].out.count("\n") == 2
    for place, said in (
        ("s3://county/p.parquet", "Spark has no package for s3a://"),
        (f"local://{tmp_path}/none.parquet", "Spark cannot open"),
        ("memory://county/p.parquet", "Spark cannot read what lies in memory://"),
    ):
        assert run(*words, place) in (1, 2)
        err = capfd.readouterr().err
        assert said in err and err.count("\n") == 1, err


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
