"""The response to files: the golden run, the same answer for the same facts, and nothing half done."""

import datetime as dt
import importlib.util
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.intake.digests import content_digest
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.schema import PLACES
from lianfang.playbook.load import load
from lianfang.response import run as run_module
from lianfang.response.folders import outputs
from lianfang.response.run import respond_to_files

ROOT = Path(__file__).resolve().parents[5]
SMALL = ROOT / "tests" / "data" / "response-small"
NOW = dt.datetime(2022, 7, 8, 18)


@pytest.fixture(scope="session")
def playbook():
    return load("covid19-cn-9")


@pytest.fixture(scope="session")
def golden():
    spec = importlib.util.spec_from_file_location("golden", ROOT / "tools" / "golden.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(folder: Path, out: Path, playbook, **more) -> dict[str, bytes]:
    respond_to_files(folder, out, playbook=playbook, **{"as_of": NOW, "jurisdiction": "样县", **more})
    files = {path.name: path.read_bytes() for path in out.iterdir()}
    assert sorted(files) == sorted(set(outputs()) - {"general.csv"})
    summary = json.loads(files["summary.json"])
    assert set(summary.pop("seconds")) >= {"read", "contacts", "measures"}
    files["summary.json"] = json.dumps(summary, ensure_ascii=False).encode()
    return files


def without_lines(files: dict[str, bytes]) -> dict[str, object]:
    """Leave out the lines of the rows that were refused or lack something."""
    kept: dict[str, object] = dict(files)
    for name in ("refused.csv", "undecided.csv"):
        rows = pl.read_csv(files[name], infer_schema=False)
        kept[name] = sorted(rows.drop("line", "reason").rows(), key=str)
    return kept


def without_places(files: dict[str, bytes]) -> dict[str, object]:
    """Leave out what names the file and line of a row, and what a kind of file says in its own way."""
    kept = without_lines(files)
    for name in ("refused.csv", "undecided.csv"):
        kept[name] = sorted((row[1:] for row in kept[name]), key=str)
    summary = json.loads(files["summary.json"])
    summary["inputs"] = {
        Path(name).stem: {k: v for k, v in one.items() if k != "content_sha256"}
        for name, one in summary["inputs"].items()
    }
    kept["summary.json"] = summary
    return kept


def test_the_golden_run_is_what_it_was(golden, monkeypatch):
    monkeypatch.setenv("LIANFANG_LANG", "zh")
    made = golden.small_response()
    kept = {path.name: path.read_text(encoding="utf-8") for path in (SMALL / "golden").iterdir()}
    assert sorted(made) == sorted(kept)
    for name, text in kept.items():
        assert made[name] == text, f"{name} differs from the golden run; if it is meant to, run 'make golden'"


def test_every_row_in_is_used_or_refused(tmp_path, playbook):
    files = answer(SMALL / "in", tmp_path / "out", playbook)
    refused = pl.read_csv(files["refused.csv"], infer_schema=False)
    inputs = json.loads(files["summary.json"])["inputs"]
    assert set(inputs) == {path.name for path in (SMALL / "in").iterdir()}
    for name, one in inputs.items():
        lines = [line for line in (SMALL / "in" / name).read_text().splitlines()[1:] if line.strip()]
        assert one["rows_in"] == len(lines) == one["rows_used"] + one["rows_refused"]
        assert one["rows_refused"] == refused.filter(pl.col("file") == name).height
    # A row that was used may still lack something: that is told apart, and never counted as refused.
    undecided = pl.read_csv(files["undecided.csv"], infer_schema=False)
    assert not set(undecided.select("file", "line").rows()) & set(refused.select("file", "line").rows())
    assert ("contacts.csv", "5", "last_contact", "P23") in undecided.select("file", "line", "column", "value").rows()
    assert ("cases.csv", "6", "onset_date", "C5") in undecided.select("file", "line", "column", "value").rows()


def test_twice_the_same_is_the_same_bytes(tmp_path, playbook):
    assert answer(SMALL / "in", tmp_path / "a", playbook) == answer(SMALL / "in", tmp_path / "b", playbook)


@pytest.fixture(scope="module")
def plain(tmp_path_factory, playbook) -> dict[str, object]:
    """The answer to the rows as they stand in the files, without what tells their lines."""
    return without_lines(answer(SMALL / "in", tmp_path_factory.mktemp("plain") / "out", playbook))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(tmp_path_factory, playbook, plain, chance):
    folder = tmp_path_factory.mktemp("shuffled")
    for path in (SMALL / "in").iterdir():
        head, *rows = path.read_text(encoding="utf-8").splitlines()
        chance.shuffle(rows)
        columns = list(range(len(head.split(","))))
        chance.shuffle(columns)
        # No cell of this county holds a comma; a blank row stays one.
        mixed = [
            ",".join(cells[i] for i in columns) if len(cells := row.split(",")) > 1 else row for row in [head, *rows]
        ]
        (folder / path.name).write_text("\n".join(mixed) + "\n", encoding="utf-8")
    # The summary too, as it is: answer() has taken the seconds away, and nothing else.
    assert without_lines(answer(folder, folder / "out", playbook)) == plain


def as_gb18030(source: Path, target: Path) -> None:
    target.write_bytes(source.read_text(encoding="utf-8").encode("gb18030"))


def as_bom(source: Path, target: Path) -> None:
    target.write_bytes(source.read_text(encoding="utf-8").replace("\n", "\r\n").encode("utf-8-sig"))


def as_xlsx(source: Path, target: Path) -> None:
    book = openpyxl.Workbook()
    for row in source.read_text(encoding="utf-8").splitlines():
        book.active.append([cell or None for cell in row.split(",")])
    book.save(target.with_suffix(".xlsx"))


def as_parquet(source: Path, target: Path) -> None:
    frame = pl.read_csv(source, infer_schema=False)
    if source.stem == "presences":
        frame = frame.filter(pl.any_horizontal(pl.all().is_not_null()))
        frame = frame.with_columns(pl.col("start", "end").str.to_datetime("%Y-%m-%d %H:%M"))
    frame.write_parquet(target.with_suffix(".parquet"))


@pytest.mark.parametrize("convert", [as_gb18030, as_bom, as_xlsx, as_parquet])
def test_every_kind_of_file_gives_the_same_answer(tmp_path, playbook, convert):
    expected = without_places(answer(SMALL / "in", tmp_path / "plain", playbook))
    folder = tmp_path / "in"
    folder.mkdir()
    for path in (SMALL / "in").iterdir():
        convert(path, folder / path.name)
    got = without_places(answer(folder, tmp_path / "out", playbook))
    for name in ("refused.csv", "bulletin.docx"):  # typed cells are repeated as typed; the paper names the files
        expected.pop(name), got.pop(name)
    assert got == expected


def test_cases_alone_suffice(tmp_path, playbook):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "cases.csv").write_text("case_id,onset_date\n7,2022-07-03\n")
    files = answer(folder, tmp_path / "out", playbook, as_of=None)
    assert json.loads(files["summary.json"])["as_of"] == "2022-07-03T00:00:00"
    assert json.loads(files["summary.json"])["counts"]["cases.total"] == 1
    assert files["contacts.csv"].decode().count("\n") == 1


def test_a_case_that_was_ruled_out_has_no_contacts(tmp_path, playbook):
    folder = tmp_path / "in"
    shutil.copytree(SMALL / "in", folder)
    text = (folder / "cases.csv").read_text(encoding="utf-8").replace("suspected", "excluded")
    (folder / "cases.csv").write_text(text, encoding="utf-8")
    files = answer(folder, tmp_path / "out", playbook)
    contacts = pl.read_csv(files["contacts.csv"], infer_schema=False)
    assert "C4" not in contacts["case_id"].to_list()
    assert contacts.filter(pl.col("person_id") == "P12")["is_case"].to_list() == ["false"]
    assert json.loads(files["summary.json"])["counts"]["cases.total"] == 4


def test_the_time_of_reckoning_is_the_latest_end(tmp_path, playbook):
    files = answer(SMALL / "in", tmp_path / "out", playbook, as_of=None)
    assert json.loads(files["summary.json"])["as_of"] == "2022-07-09T08:00:00"


def test_what_is_refused_as_a_whole_writes_nothing(tmp_path, playbook):
    folder = tmp_path / "in"
    folder.mkdir()
    out = tmp_path / "out"
    with pytest.raises(Refused, match="has no cases"):
        respond_to_files(folder, out, playbook=playbook)
    (folder / "cases.csv").write_text("id\n1\n")
    with pytest.raises(Refused, match="lacks the column case_id"):
        respond_to_files(folder, out, playbook=playbook)
    (folder / "cases.csv").write_text("case_id\n1\n")
    with pytest.raises(Refused, match="--as-of"):
        respond_to_files(folder, out, playbook=playbook)
    with pytest.raises(Misused, match="must not be the input folder"):
        respond_to_files(folder, folder, playbook=playbook)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
    assert [path.name for path in folder.iterdir()] == ["cases.csv"]


def test_stopping_leaves_what_was_there(tmp_path, playbook, monkeypatch):
    out = tmp_path / "out"
    before = answer(SMALL / "in", out, playbook)
    (out / "mine.txt").write_text("a note")

    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "bulletin_docx", stop)
    with pytest.raises(KeyboardInterrupt):
        respond_to_files(SMALL / "in", out, playbook=playbook, as_of=dt.datetime(2022, 7, 7))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert_old(out, before)


def assert_old(out: Path, before: dict[str, bytes]) -> None:
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    assert after.pop("mine.txt") == b"a note"
    assert json.loads(after.pop("summary.json"))["as_of"] == "2022-07-08T18:00:00"
    assert after == {name: data for name, data in before.items() if name != "summary.json"}


def test_a_folder_of_the_user_beside_the_results_is_left_alone(tmp_path, playbook):
    own = tmp_path / "out.before"
    own.mkdir()
    (own / "mine.txt").write_text("a note")
    out = tmp_path / "out"
    for _ in range(2):
        answer(SMALL / "in", out, playbook)
        assert [path.name for path in own.iterdir()] == ["mine.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.before"]
    # Nor is it taken for old results where there are none.
    shutil.rmtree(out)
    with pytest.raises(Refused):
        (tmp_path / "empty").mkdir()
        respond_to_files(tmp_path / "empty", out, playbook=playbook)
    assert not out.exists() and own.is_dir()


KILLED = """
import datetime as dt, os, signal, sys
from pathlib import Path
from lianfang.playbook.load import load
from lianfang.response.run import respond_to_files
source, out, nth, how = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rename, seen = Path.replace, []

def replace(self, target):
    seen.append(self)
    if len(seen) == nth:
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise KeyboardInterrupt
    return rename(self, target)

Path.replace = replace
respond_to_files(source, out, playbook=load("covid19-cn-9"), as_of=dt.datetime(2022, 7, 7))
"""


@pytest.mark.parametrize(("nth", "how"), [(1, "kill"), (2, "kill"), (1, "stop"), (2, "stop")])
def test_stopped_while_the_folders_change_the_old_results_are_whole(tmp_path, playbook, nth, how):
    out = tmp_path / "out"
    before = answer(SMALL / "in", out, playbook)
    (out / "mine.txt").write_text("a note")
    words = [sys.executable, "-c", KILLED, str(SMALL / "in"), str(out), str(nth), how]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if how == "stop":
        assert "KeyboardInterrupt" in ended.stderr
    else:
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    aside = tmp_path / ".out.lianfang-before"
    assert aside.exists() == ((nth, how) == (2, "kill"))  # between the two renames: they stand beside
    assert_old(aside if aside.exists() else out, before)

    # The next run, even one that is refused, puts them back; one that succeeds leaves its own.
    with pytest.raises(Refused):
        (tmp_path / "empty").mkdir()
        respond_to_files(tmp_path / "empty", out, playbook=playbook)
    assert_old(out, before)
    respond_to_files(SMALL / "in", out, playbook=playbook, as_of=dt.datetime(2022, 7, 7))
    assert json.loads((out / "summary.json").read_text())["as_of"] == "2022-07-07T00:00:00"
    assert (out / "mine.txt").read_text() == "a note"
    assert not aside.exists()


def test_what_else_lies_in_the_folder_stays(tmp_path, playbook):
    out = tmp_path / "out"
    answer(SMALL / "in", out, playbook)
    (out / "notes" / "deep").mkdir(parents=True)
    (out / "notes" / "deep" / "a.txt").write_text("a")
    (out / "link").symlink_to("notes")
    (tmp_path / "alias").symlink_to(out)
    respond_to_files(SMALL / "in", tmp_path / "alias", playbook=playbook, as_of=dt.datetime(2022, 7, 7))
    assert (out / "notes" / "deep" / "a.txt").read_text() == "a"
    assert (out / "link").is_symlink()
    assert (tmp_path / "alias").is_symlink()
    assert sorted(p.name for p in out.iterdir()) == sorted([*(set(outputs()) - {"general.csv"}), "notes", "link"])


def test_the_folder_one_stands_in_is_not_replaced(tmp_path, playbook, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Misused, match="name a folder in it"):
        respond_to_files(SMALL / "in", Path("."), playbook=playbook)


def test_the_content_of_a_file_is_known_by_its_rows(tmp_path):
    def digest(name: str, rows: list[list[str]]) -> str:
        path = tmp_path / name
        frame = pl.DataFrame(rows[1:], schema=rows[0], orient="row")
        if name.endswith("parquet"):
            frame.write_parquet(path)
        elif name.endswith("xlsx"):
            book = openpyxl.Workbook()
            for row in rows:
                book.active.append([cell or None for cell in row])
            book.save(path)
        else:
            path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
        return content_digest(path, PLACES)

    rows = [["place_id", "name"], ["1", "甲"], ["2", ""], ["2", ""]]
    other = [["name", "place_id"], ["", "2"], ["甲", "1"], ["", "2"]]
    for name in ("a.csv", "a.parquet", "a.xlsx"):
        plain = digest(name, rows)
        assert digest(name, other) == plain
        for changed in (rows[:-1], [*rows, rows[-1]], [["place_id", "names"], *rows[1:]], [*rows[:-1], ["", "2"]]):
            assert digest(name, changed) != plain
    assert digest("a.csv", rows) == digest("a.xlsx", rows)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["cases.csv", "presences.csv", "contacts.csv", "people.csv", "places.csv"]),
        st.one_of(
            st.binary(max_size=60),
            st.lists(
                st.lists(
                    st.sampled_from(["", "C1", "P1", "2022-07-03", "2022-07-04 8:00", "x", '"', "9" * 40]), max_size=7
                ),
                max_size=6,
            ),
        ),
    )
)
def test_no_input_ends_in_a_traceback(tmp_path_factory, files):
    playbook = load("covid19-cn-9")
    heads = {
        "cases.csv": "case_id,person_id,onset_date,sampled_at,isolated_at,infectious_from,infectious_to",
        "presences.csv": "person_id,place_id,place_kind,start,end",
        "contacts.csv": "case_id,person_id,first_contact,last_contact,place_kind,protected",
        "people.csv": "person_id,sex,birth_date,jurisdiction,special",
        "places.csv": "place_id,place_kind,longitude",
    }
    folder = tmp_path_factory.mktemp("fuzz")
    for name, body in files.items():
        rows = b"\n".join(",".join(row).encode() for row in body) if isinstance(body, list) else body
        (folder / name).write_bytes(heads[name].encode() + b"\n" + rows)
    try:
        ran = respond_to_files(folder, folder / "out", playbook=playbook, as_of=NOW)
    except Refused as refusal:
        assert refusal.text.en
        # What was refused before the run ended is kept, and nothing else.
        assert [path.name for path in folder.glob("out/*")] in ([], ["refused.csv"])
    else:
        for count in ran.counts:
            assert count.rows_in == count.used + count.refused
        assert sum(count.refused for count in ran.counts) == ran.refused.height


def test_who_shared_a_place_is_counted_and_listed_only_when_asked_for(tmp_path, playbook):
    files = answer(SMALL / "in", tmp_path / "out", playbook)
    told = json.loads(files["summary.json"])
    same_place = told["same_place"]
    assert (same_place["rule"], same_place["listed"]) == ("general.same_place", False)
    assert same_place["people"] == told["counts"]["contacts.same_place"] > 0
    respond_to_files(SMALL / "in", tmp_path / "out", playbook=playbook, as_of=NOW, list_general=True)
    listed = pl.read_csv(tmp_path / "out" / "general.csv")
    assert listed["person_id"].n_unique() == same_place["people"]
    assert {(case, "all"): n for case, n in listed.group_by("case_id").agg(pl.col("person_id").n_unique()).rows()} == {
        (case, "all"): kinds["all"] for case, kinds in same_place["cases"].items()
    }
    contacts = pl.read_csv(files["contacts.csv"])
    assert not set(listed["person_id"]) & set(contacts["person_id"])
    assert not set(listed["person_id"]) & set(pl.read_csv(files["measures.csv"])["person_id"]), "no measure follows"
    assert "general.csv" not in answer(SMALL / "in", tmp_path / "out", playbook), "it goes where nobody asks for it"


def test_calls_are_listed_in_their_order_by_people_and_contacts(tmp_path, playbook):
    files = answer(SMALL / "in", tmp_path / "out", playbook)
    calls = pl.read_csv(files["calls.csv"])
    contacts = pl.read_csv(files["contacts.csv"])
    expected = set(contacts.filter(~pl.col("is_case"))["person_id"])
    assert calls["person_id"].to_list() and set(calls["person_id"]) == expected
    assert calls["score"].to_list() == sorted(calls["score"], reverse=True)
    shares = [0.35 * row[3] + 0.3 * row[4] + 0.2 * row[5] + 0.15 * row[6] for row in calls.iter_rows()]
    assert [100 * share for share in shares] == pytest.approx(calls["score"].to_list(), abs=0.02)
    assert calls["vulnerability"].max() > 0, "the list of people tells ages or special needs"
