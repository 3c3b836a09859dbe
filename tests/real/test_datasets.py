"""Four published data sets through the whole response, from the published files to the files it writes."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

from examples import ebola_sim, hagelloch, primary_school, tianjin
from examples.folder import Tables, write
from lianfang.playbook.load import check, load
from lianfang.response.folders import outputs as written
from lianfang.response.ran import Ran
from lianfang.response.run import respond_to_files

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
PLAYBOOKS = ROOT / "examples" / "playbooks"


@dataclass(frozen=True)
class Dataset:
    convert: Callable[[], Tables]
    playbook: str
    cases: int
    refused: dict[str, int] = field(default_factory=dict)


SETS = {
    "tianjin": Dataset(functools.partial(tianjin.convert, DATA / "tianjin"), "covid19-cn-8", 135),
    "hagelloch": Dataset(
        functools.partial(hagelloch.convert, DATA / "outbreaks"), str(PLAYBOOKS / "measles-example.yaml"), 188
    ),
    "ebola_sim": Dataset(
        functools.partial(ebola_sim.convert, DATA / "outbreaks"),
        str(PLAYBOOKS / "ebola-example.yaml"),
        5829,
        {"contacts.csv": 1657},
    ),
}


def answer(tables: Tables, folder: Path, playbook: str) -> Ran:
    write(folder / "in", tables)
    return respond_to_files(folder / "in", folder / "out", playbook=load(playbook), lang="en")


def outputs(name: str) -> set[str]:
    """What a run writes: the order of calls only where the playbook has one."""
    ordered = load(SETS[name].playbook).priority is not None
    return set(written()) - {"general.csv"} - (set() if ordered else {"calls.csv"})


@pytest.fixture(scope="module", params=list(SETS))
def answered(request, tmp_path_factory) -> tuple[str, Tables, Ran, Path]:
    one = SETS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    tables = one.convert()
    return request.param, tables, answer(tables, folder, one.playbook), folder


def test_every_row_is_used_or_refused(answered):
    name, tables, _, folder = answered
    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    with (folder / "out" / "refused.csv").open(encoding="utf-8") as file:
        refused = Counter(row["file"] for row in csv.DictReader(file))
    assert {f"{table}.csv" for table in tables} == set(summary["inputs"])
    for table, frame in tables.items():
        counts = summary["inputs"][f"{table}.csv"]
        assert counts["rows_in"] == frame.height == counts["rows_used"] + counts["rows_refused"]
        assert counts["rows_refused"] == refused[f"{table}.csv"] == SETS[name].refused.get(f"{table}.csv", 0)
    assert {path.name for path in (folder / "out").iterdir()} == outputs(name)


def test_the_cases_are_those_of_the_publication(answered):
    name, _, ran, folder = answered
    cases = SETS[name].cases
    assert ran.response.figures["cases.total"].value == cases == ran.response.cases["case_id"].n_unique()
    clocks = pl.read_csv(folder / "out" / "clocks.csv", infer_schema=False)
    assert clocks["case_id"].n_unique() == cases
    measures = pl.read_csv(folder / "out" / "measures.csv", infer_schema=False)
    assert set(ran.response.cases["person_id"]) <= set(measures["person_id"])


def test_chains_are_weights_of_cases_in_the_list(answered):
    _, _, ran, folder = answered
    chains = pl.read_csv(folder / "out" / "chains.csv", schema_overrides={"infector": pl.String, "infectee": pl.String})
    assert chains.columns == ["infector", "infectee", "weight", "evidence", "place_id", "place_kind", "met_at"]
    assert chains.height > 0 and chains["evidence"].null_count() == 0
    known = set(ran.response.cases["case_id"])
    assert set(chains["infector"]) | set(chains["infectee"]) <= known
    assert (chains["infector"] != chains["infectee"]).all()
    sums = chains.group_by("infectee").agg(pl.col("weight").sum())["weight"]
    assert sums.max() <= 1 + 1e-9 and chains["weight"].min() > 0


def test_row_order_and_known_infectors_change_no_decision(answered, tmp_path):
    name, tables, _, folder = answered
    turned = {table: frame.reverse() for table, frame in tables.items()}
    answer(turned, tmp_path, SETS[name].playbook)
    for output in outputs(name) - {"summary.json", "refused.csv", "undecided.csv"}:
        assert (tmp_path / "out" / output).read_bytes() == (folder / "out" / output).read_bytes(), output
    if "known_infectors" in tables["cases"].columns:
        without = tables | {"cases": tables["cases"].drop("known_infectors", "reported_source", strict=False)}
        answer(without, tmp_path / "without", SETS[name].playbook)
        for output in ("contacts.csv", "chains.csv", "measures.csv", "clocks.csv"):
            assert (tmp_path / "without" / "out" / output).read_bytes() == (folder / "out" / output).read_bytes()


def test_tianjin_says_nothing_of_the_answer():
    tables = SETS["tianjin"].convert()
    contacts = tables["contacts"]
    pairs = set(contacts.select("case_id", "person_id").iter_rows())
    assert {(b, a) for a, b in pairs} == pairs, "every relation stands both ways round"
    assert set(contacts.columns) == {"case_id", "person_id", "relation", "place_kind"}, "no dates"
    households = contacts.filter(pl.col("place_kind") == "dwelling").select("case_id", "person_id").rows()
    of = {person: {b for a, b in households if a == person} | {person} for person, _ in households}
    assert all(of[a] == of[b] for a, b in households), "a family is whole"
    assert tables["cases"]["known_infectors"].drop_nulls().len() == 66
    assert "contacts" not in tianjin.convert(DATA / "tianjin", without_relations=True)
    days = tables["presences"].select(pl.col("start").dt.date().min(), last=pl.col("start").dt.date().max()).row(0)
    assert days == (dt.date(2020, 1, 17), dt.date(2020, 1, 25))


def test_hagelloch_is_made_of_what_was_known_of_every_child():
    tables = SETS["hagelloch"].convert()
    assert tables["cases"]["known_infectors"].null_count() == 4
    presences = tables["presences"]
    assert presences["person_id"].n_unique() == 188
    assert presences.filter(pl.col("place_kind") == "school")["place_id"].unique().sort().to_list() == [
        "class 1",
        "class 2",
    ]
    assert presences.filter(pl.col("place_kind") == "dwelling")["place_id"].n_unique() == 56


@pytest.mark.shared
def test_a_primary_school_with_pairs_as_shared_places(shared_dir, tmp_path):
    folder = shared_dir / "data" / "sociopatterns"
    if not (folder / "Primary_School.csv").is_file():
        pytest.skip("the contacts of the primary school are not in ../shared: this test was NOT run")
    tables = primary_school.convert(folder)
    presences = tables["presences"]
    assert tables["people"].height == 242
    seconds = (presences["end"] - presences["start"]).dt.total_seconds()
    assert seconds.sum() == 2 * 20 * 125_773, "every reading of 20 seconds, once for each of the two"
    assert presences.group_by("place_id").agg(pl.col("person_id").n_unique())["person_id"].unique().to_list() == [2]

    ran = answer(tables, tmp_path, "covid19-cn-8")
    assert ran.refused.is_empty()
    child = tables["cases"]["person_id"][0]
    raw = pl.read_csv(folder / "Primary_School.csv", schema_overrides={"i": pl.String, "j": pl.String})
    with_child = pl.concat(
        [raw.filter(pl.col("i") == child).select(other="j"), raw.filter(pl.col("j") == child).select(other="i")]
    )
    minutes = with_child.group_by("other").len().with_columns(minutes=pl.col("len") / 3)
    expected = {other: m for other, m in minutes.select("other", "minutes").iter_rows() if m >= 15}
    first = ran.response.contacts.filter(pl.col("degree") == 1)
    assert dict(first.select("person_id", "minutes").iter_rows()) == pytest.approx(expected)


@pytest.mark.parametrize("path", sorted(PLAYBOOKS.glob("*.yaml")), ids=lambda path: path.stem)
def test_example_playbooks_are_sound(path):
    assert check(path) == []
    assert load(str(path)).note is not None


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "examples.tianjin", "tests/data/tianjin", "OUT"],
        ["-m", "examples.tianjin", "tests/data/tianjin", "OUT", "--without-relations"],
        ["-m", "examples.hagelloch", "tests/data/outbreaks", "OUT"],
        ["-m", "examples.ebola_sim", "tests/data/outbreaks", "OUT"],
    ],
    ids=lambda command: " ".join(command[1:2] + command[4:]),
)
def test_the_commands_of_the_docs(command, tmp_path):
    words = [str(tmp_path / "made") if word == "OUT" else word for word in command]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "made" / "cases.csv").is_file()


def test_respond_on_the_command_line_prints_the_score(tmp_path):
    write(tmp_path / "in", SETS["tianjin"].convert())
    command = [
        "respond",
        str(tmp_path / "in"),
        "--playbook",
        "covid19-cn-8",
        "--out",
        str(tmp_path / "out"),
    ]  # not --strict: it refuses a playbook that is not in force, and the eighth edition was not in 2020
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lianfang"), *command],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LIANFANG_LANG": "en"},
    )
    assert done.returncode == 0, done.stderr
    assert "135 cases" in done.stdout and "89 known source pairs" in done.stdout
    assert "0 rows refused" in done.stdout and "not on 2020-02-23" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_the_published_files_is_told_in_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "examples.hagelloch", str(tmp_path), str(tmp_path / "out")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "measles_hagelloch_1861.csv" in done.stderr
