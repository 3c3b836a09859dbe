"""The presence store through its door: any source, once, in any order; merged, corrected, taken out, proved."""

import datetime as dt
import threading
import time

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lianfang
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import CASES, PRESENCES
from lianfang.presences.core.index import first as first_module
from lianfang.presences.store import bundle, segments, snapshot, sources
from lianfang.presences.store.bundle import read_bundle, write_bundle
from lianfang.presences.store.manifest import versions
from lianfang.presences.tests.core.test_degrees import many_worlds, options, seeds
from lianfang.presences.tests.shell.lists import CASE, SCHEMA, T0, as_process, command, county, in_order, one_row
from lianfang.tracing.notebook import open_store


@pytest.mark.filterwarnings("ignore:case .*")
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=seeds, chosen=options, parts=st.integers(1, 3), merged=st.booleans())
def test_a_store_and_the_files_give_the_same_rows(tmp_path_factory, seed, chosen, parts, merged):
    """Both ways of the contract, on every engine: index, and DuckDB over the store's own Parquet files."""
    worlds = many_worlds(seed)[:30]
    cases = CASES.conform(pl.DataFrame([c for world, _, _ in worlds for c in world], infer_schema_length=None))
    rows = pl.DataFrame([row for _, people, _ in worlds for row in people], schema=SCHEMA)
    store = open_store(tmp_path_factory.mktemp("store"))
    size = -(-rows.height // parts)
    for first in range(0, rows.height, size):
        store.ingest(rows.slice(first, size))
    if merged:
        assert store.compact() >= 0
    wanted = {"degrees": 2, **chosen}
    expected = lianfang.trace(cases, rows, **wanted)
    assert expected.equals(store.trace(cases, **wanted))
    assert expected.equals(store.trace(cases, engine="duckdb", **wanted))
    assert in_order(store.snapshot().rows()).equals(in_order(rows))
    assert store.verify().is_sound


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_every_kind_of_file_is_taken_in_once(home, tmp_path, ending):
    rows = county()
    path = tmp_path / f"rows.{ending}"
    {"csv": rows.write_csv, "parquet": rows.write_parquet, "xlsx": rows.write_excel}[ending](path)
    store = open_store(home)
    [first] = store.ingest(path)
    assert (first.is_new, first.rows, first.refused_count) == (True, 400, 0)
    [again] = store.ingest(str(path))
    assert not again.is_new and again.rows == 400 and store.info().rows == 400
    assert in_order(store.snapshot().rows()).equals(in_order(rows))


def test_what_cannot_be_read_is_refused_row_by_row_with_its_line(home, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        "person_id,place_id,place_kind,start,end\n"
        "a,x,work,2021-08-01 08:00,2021-08-01 09:00\n"
        "b,x,work,2021-08-01 09:00,2021-08-01 08:00\n"
        ",x,work,2021-08-01 08:00,2021-08-01 09:00\n"
        "c,x,palace,2021-08-01 08:00,2021-08-01 09:00\n"
        "d , x,,2021/8/1 8:00,2021-08-01 09:00\n"
    )
    [taken] = open_store(home).ingest(path)
    assert taken.rows == 2 and taken.refused["line"].to_list() == [3, 4, 5]
    kept = open_store(home).snapshot().rows().sort("person_id")
    assert kept["person_id"].to_list() == ["a", "d"] and kept["place_kind"].to_list() == ["work", "other"]
    typed = tmp_path / "rows.parquet"
    odd = county(rows=5).with_columns(end=pl.col("start"))
    pl.concat([county(2), odd]).write_parquet(typed)
    [taken] = open_store(home).ingest(typed)
    assert (taken.rows, taken.refused_count) == (400, 5) and taken.refused["line"].to_list() == list(range(401, 406))


def test_a_large_csv_file_is_read_block_by_block(home, tmp_path, monkeypatch):
    """Quoted line breaks, a refused row far down, a last line without an end: lines are those of the file."""
    monkeypatch.setattr(sources, "CSV_BLOCK", 2000)
    rows = county()
    path = tmp_path / "rows.csv"
    rows.write_csv(path)
    lines = path.read_text().splitlines()
    lines.insert(1, '"p\nq",x01,work,2021-08-01T08:00:00,2021-08-01T09:00:00,,')
    lines.insert(300, "p001,x01,work,later,2021-08-01T09:00:00,,")
    path.write_text("\n".join(lines))
    [taken] = open_store(home).ingest(path)
    assert taken.rows == 401 and taken.refused["line"].to_list() == [302]
    assert open_store(home).snapshot().rows().height == 401


def test_late_rows_come_beside_and_a_corrected_list_replaces_the_former(home, tmp_path):
    store = open_store(home)
    right, wrong, late = county(1), county(2), county(3, rows=50)
    for name, rows in (("monday.csv", right), ("tuesday.csv", wrong)):
        rows.write_csv(tmp_path / name)
        store.ingest(tmp_path / name)
    store.ingest(late)
    before = store.manifest()
    with pytest.raises(Refused, match="wednesday"):
        store.ingest(county(4), replaces="wednesday.csv")
    assert store.manifest() == before
    corrected = county(5)
    store.ingest(corrected, replaces="tuesday.csv")
    assert in_order(store.snapshot().rows()).equals(in_order(pl.concat([right, late, corrected])))
    store.compact()
    assert store.most_segments_a_day() == 1 and store.verify().is_sound
    [again] = store.ingest(tmp_path / "tuesday.csv")
    assert again.is_replaced and not again.is_new, "what was corrected stays out"


def test_nothing_of_a_retracted_person_is_left(home, tmp_path):
    store = open_store(home)
    rows = county(people=10)
    rows.write_csv(tmp_path / "rows.csv")
    store.ingest(tmp_path / "rows.csv")
    store.ingest(county(2, people=10))
    assert not store.verify(person_id="p003").is_sound
    told = store.snapshot()
    gone = store.retract("p003")
    assert gone.rows > 0 and gone.version == store.manifest().version
    assert store.verify(person_id="p003").is_sound
    every = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.suffix != ".parquet")
    assert b"p003" not in every and b"p004" in every
    assert "p003" not in store.snapshot().rows()["person_id"].to_list()
    assert versions(store.files) == [gone.version], "no former moment that had the person is left"
    assert told.manifest.version < gone.version
    [again] = store.ingest(county(7, people=10))
    assert again.refused_count > 0 and set(again.refused["value"]) == {"p003"}
    assert store.verify(person_id="p003").is_sound
    assert store.readmit("p003") and not store.readmit("p003")
    [back] = store.ingest(county(8, people=10))
    assert back.refused_count == 0
    assert store.retract("nobody").rows == 0


def test_a_reader_keeps_its_moment_while_a_writer_works(home):
    store = open_store(home)
    store.ingest(county(1))
    reader = open_store(home)
    moment = reader.snapshot()
    expected = moment.rows()
    found = reader.trace(CASE)
    other = open_store(home)
    other.ingest(county(2))
    other.compact()
    assert moment.rows().equals(expected)
    assert not reader.trace(CASE).equals(found) and reader.snapshot().manifest.version > moment.manifest.version


def test_readers_and_a_writer_side_by_side_see_whole_moments(home):
    """Each trace is that of some moment: none sees a part of a write."""
    store = open_store(home)
    parts = [county(seed, rows=200) for seed in range(6)]
    store.ingest(parts[0])
    allowed = [lianfang.trace(CASE, pl.concat(parts[: n + 1])) for n in range(len(parts))]
    seen, stop = [], threading.Event()

    def read():
        own = open_store(home)
        while not stop.is_set():
            seen.append(own.trace(CASE))

    thread = threading.Thread(target=read)
    thread.start()
    for part in parts[1:]:
        store.ingest(part)
        store.compact()
    stop.set()
    thread.join()
    assert seen and all(any(one.equals(right) for right in allowed) for one in seen)


def test_two_writers_take_turns_and_the_second_is_told_so(home):
    store = open_store(home)
    with store.files.only_writer(), pytest.raises(Refused, match="another process"):
        open_store(home).ingest(county())


def test_a_store_elsewhere_reads_and_writes_through_fsspec(tmp_path, monkeypatch):
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "cache"))
    store = open_store("memory://county/presences")
    rows = county()
    store.ingest(rows)
    store.ingest(county(2, rows=50))
    store.compact()
    expected = lianfang.trace(CASE, pl.concat([rows, county(2, rows=50)]), degrees=2)
    assert store.trace(CASE, degrees=2).equals(expected)
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "another machine"))
    elsewhere = open_store("memory://county/presences", create=False)
    assert elsewhere.trace(CASE, degrees=2).equals(expected) and elsewhere.verify().is_sound
    store.retract("p000")
    assert elsewhere.verify(person_id="p000").is_sound


def test_one_person_s_presences_whole_with_seats(home):
    store = open_store(home)
    rows = county(people=6)
    store.ingest(rows)
    since, until = T0 + dt.timedelta(days=1), T0 + dt.timedelta(days=2)
    mine = pl.col("person_id") == "p003"
    expected = rows.filter(mine, pl.col("start") < until, pl.col("end") > since)
    found = store.snapshot().of_person("p003", since, until)
    assert in_order(found).equals(in_order(expected)) and found["seat"].drop_nulls().len()
    assert store.snapshot().of_person("nobody", since, until).is_empty()


def test_an_index_of_another_version_is_made_anew(home, monkeypatch):
    store = open_store(home)
    store.ingest(county())
    expected = store.trace(CASE, degrees=2)
    monkeypatch.setattr(segments, "LAYOUT", 99)
    with pytest.raises(Refused, match="presences compact --all"):
        open_store(home).trace(CASE)
    newer = open_store(home)
    assert newer.compact(most=0) == newer.info().days
    assert newer.trace(CASE, degrees=2).equals(expected) and newer.verify().is_sound


def test_an_empty_store_answers_with_nothing(home):
    store = open_store(home)
    assert store.trace(CASE, degrees=2).is_empty() and store.info().rows == 0 and store.verify().is_sound
    assert store.compact() == 0
    with pytest.raises(Refused, match="no presence store"):
        open_store(home.parent / "nowhere", create=False)


def test_the_commands(home, tmp_path):
    county().write_csv(tmp_path / "rows.csv")
    CASE.write_csv(tmp_path / "cases.csv")
    done = as_process("presences", "ingest", tmp_path / "rows.csv", "--store", home)
    assert done.returncode == 0 and "400 rows taken in, 0 not used" in done.stderr, done.stderr
    assert "has it already" in command("presences", "ingest", tmp_path / "rows.csv", "--store", home).stderr
    files = command("trace", "--cases", tmp_path / "cases.csv", "--presences", tmp_path / "rows.csv", "--degrees", 2)
    store = command("trace", "--cases", tmp_path / "cases.csv", "--store", home, "--degrees", 2)
    assert files.returncode == store.returncode == 0 and files.stdout == store.stdout != ""
    assert "presences: 400" in command("presences", "info", "--store", home).stdout
    assert "all agree" in command("presences", "verify", "--store", home).stderr
    assert "0 days merged" in command("presences", "compact", "--store", home).stderr
    refused = command("presences", "verify", "--store", home, "--person", "p001")
    assert refused.returncode == 1 and "still name the person" in refused.stderr
    assert "rows are gone" in command("presences", "retract", "--person", "p001", "--store", home).stderr
    assert "no file names" in command("presences", "verify", "--store", home, "--person", "p001").stderr
    assert "may come in again" in command("presences", "readmit", "--person", "p001", "--store", home).stderr
    neither = command("presences", "retract", "--person", "p001")
    assert neither.returncode == 2 and "--by" in neither.stderr and "Traceback" not in neither.stderr
    both = command("trace", "--cases", tmp_path / "cases.csv", "--presences", tmp_path / "rows.csv", "--store", home)
    assert both.returncode == 2 and "either" in both.stderr and "Traceback" not in both.stderr
    gone = command("presences", "info", "--store", tmp_path / "nowhere")
    assert gone.returncode == 1 and gone.stderr.count("\n") == 1


def test_many_small_lists_are_merged_in_the_background(home, tmp_path):
    for seed in range(6):
        county(seed, rows=30).write_csv(tmp_path / f"{seed}.csv")
    lists = sorted(tmp_path.glob("*.csv"))
    done = command("presences", "ingest", *lists, "--store", home)
    assert done.returncode == 0 and "background" in done.stderr, done.stderr
    store = open_store(home)
    for _ in range(600):
        if store.most_segments_a_day() == 1:
            break
        time.sleep(0.1)
    assert store.most_segments_a_day() == 1 and store.info().rows == 180


def test_a_retracted_person_does_not_come_back_in_another_writing(home):
    """Full width, spaces: whoever is meant is the same, when the data come and when the order to retract is typed."""
    store = open_store(home)
    store.ingest(pl.concat([one_row("P1"), one_row("P2")]))
    assert not store.verify(person_id="Ｐ１ ").is_sound
    assert store.retract(" Ｐ１").rows == 1
    [again] = store.ingest(pl.concat([one_row("Ｐ１", hour=9), one_row("P1 ", hour=10), one_row("P3")]))
    assert (again.rows, again.refused_count) == (1, 2)
    assert store.verify(person_id="P1").is_sound and store.info().persons == 3, "P1's code stays, empty"
    ids = b"".join(path.read_bytes() for path in (home / "ids").iterdir())
    assert b"P1" not in ids and "Ｐ１".encode() not in ids and b"P3" in ids
    assert store.retract("P1").rows == 1, "the proof keeps what was taken out before"


def test_a_source_is_withdrawn_also_when_its_correction_is_in_already(home, tmp_path):
    store = open_store(home)
    for name, rows in (("old.csv", county(1)), ("new.csv", county(2))):
        rows.write_csv(tmp_path / name)
        store.ingest(tmp_path / name)
    with pytest.raises(Refused):
        store.ingest(county(3), replaces="")
    [taken] = store.ingest(tmp_path / "new.csv", replaces="old.csv")
    assert not taken.is_new and in_order(store.snapshot().rows()).equals(in_order(county(2)))


def test_a_stray_quote_mark_in_a_large_list_costs_its_own_row_at_most(home, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "CSV_BLOCK", 20_000)
    path = tmp_path / "rows.csv"
    county(rows=4000).write_csv(path)
    lines = path.read_text().splitlines(keepends=True)
    lines.insert(30, 'p"x,x01,work,2021-08-01T08:00:00,2021-08-01T09:00:00,,\n')
    path.write_text("".join(lines))
    [taken] = open_store(home).ingest(path)
    assert taken.rows + taken.refused_count == 4001 and taken.refused_count <= 1


def test_a_large_list_with_old_line_ends_is_read_all_the_same(home, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "CSV_BLOCK", 2000)
    path = tmp_path / "rows.csv"
    county().write_csv(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))
    assert open_store(home).ingest(path)[0].rows == 400


def test_isolations_in_any_unit_give_the_same_rows(home):
    store = open_store(home)
    rows = county(rows=2000)
    store.ingest(rows)
    until = pl.DataFrame({"person_id": ["p002", "p004"], "isolated_at": [T0 + dt.timedelta(days=2, hours=7)] * 2})
    expected = lianfang.trace(CASE, rows, degrees=2, isolations=until)
    for unit in ("ms", "us", "ns"):
        given = until.cast({"isolated_at": pl.Datetime(unit)})
        assert store.trace(CASE, degrees=2, isolations=given).equals(expected)


def test_long_ids_that_begin_alike_are_told_apart(home):
    street = "浙江省杭州市西湖区古荡街道文三路"
    rows = pl.concat([one_row(f"P{n % 7}", f"{street}{n}号") for n in range(300)])
    store = open_store(home)
    store.ingest(rows)
    store.ingest(pl.concat([one_row("P9", f"{street}{n}号", hour=9) for n in range(0, 900, 3)]))
    assert store.info().places == 300 + 200 and store.verify().is_sound


def test_a_store_is_readable_by_nobody_else_and_any_path_will_do(tmp_path):
    home = tmp_path / "s[4]*"
    store = open_store(home)
    store.ingest(county())
    assert home.stat().st_mode & 0o077 == 0
    assert store.snapshot().rows().height == 400 and store.verify().is_sound and store.retract("p001").rows


def test_what_is_broken_is_said_in_one_line(home, tmp_path):
    store = open_store(home)
    store.ingest(county())
    newest = home / "manifest" / f"{versions(store.files)[-1]:010d}.json"
    whole = newest.read_text()
    (tmp_path / "file").write_text("no folder")
    places = [("--store", home), ("--store", tmp_path / "file"), ("--store", "nothing://x"), ("--store", home)]
    for broken, place in zip(["{", whole, whole, whole.replace("days/", "../days/")], places, strict=True):
        newest.write_text(broken)
        done = command("presences", "info", *place)
        assert done.returncode in (1, 2) and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr, (
            done.stderr
        )


def test_another_machine_s_copies_forget_a_retracted_person(tmp_path, monkeypatch):
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "one"))
    writer = open_store("memory://forget/presences")
    writer.ingest(county())
    assert not [path for path in (tmp_path / "one").rglob("staging/*") if path.is_dir()]
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "two"))
    reader = open_store("memory://forget/presences")
    assert reader.snapshot().rows().height == 400 and not reader.verify(person_id="p001").is_sound
    writer.retract("p001")
    reader.trace(CASE)
    assert reader.verify(person_id="p001").is_sound
    assert lianfang.trace(CASE, reader, engine="duckdb").equals(reader.trace(CASE))


@pytest.mark.parametrize("of", ["days", "persons", "places", "cabins"])
def test_whatever_is_wrong_in_an_index_is_found(home, of):
    """Every array of every sort of file, its first and last entry changed in turn."""
    store = open_store(home)
    rows = county(people=12)
    ship = rows.filter(pl.col("vehicle") == "aircraft").with_columns(
        vehicle=pl.lit("ship"), seat="A" + pl.col("person_id")
    )
    store.ingest(pl.concat([PRESENCES.conform(one) for one in (rows, ship, one_row())]))
    assert store.verify().is_sound
    path = next(path for path in sorted(home.rglob("*.index")) if of in path.relative_to(home).as_posix())
    sound = path.read_bytes()
    arrays, facts = read_bundle(path)
    arrays = {name: array.copy() for name, array in arrays.items()}
    assert any(array.size for array in arrays.values())
    for name, array in arrays.items():
        is_padded = name in ("person", "by_person") and array.dtype == np.uint8  # by a byte that says nothing
        for at in {0, array.size - 1 - is_padded} if array.size else ():
            wrong = array.copy()
            wrong[at] += 1
            write_bundle(path, arrays | {name: wrong}, **facts)
            assert not open_store(home).verify().is_sound, (name, at)
    path.write_bytes(sound)
    assert open_store(home).verify().is_sound


def test_a_cold_index_is_fetched_with_the_same_rows(home, monkeypatch):
    """Few cases that had to wait for the ids: their pages are touched by many threads first."""
    store = open_store(home)
    store.ingest(county())
    expected = store.trace(CASE, degrees=2)
    fetched, waits = [], iter(range(1000))
    monkeypatch.setattr(snapshot, "reads", lambda: next(waits))
    fetch = first_module.fetch
    monkeypatch.setattr(first_module, "fetch", lambda *given, **more: fetched.append(fetch(*given, **more)))
    assert open_store(home).trace(CASE, degrees=2).equals(expected) and fetched == [None]


def test_the_system_is_told_whether_to_read_ahead(home, monkeypatch):
    store = open_store(home)
    store.ingest(county())
    told = []
    monkeypatch.setattr(bundle, "_advise", lambda mapped, *, ahead: told.append((len(mapped), ahead)))
    moment = store.snapshot()
    sizes = sorted(path.stat().st_size for path in home.glob("days/**/*.index"))
    told.clear()
    for persons, ahead in ((1, False), (snapshot.FEW + 1, True)):
        moment._expect(persons, range(len(sizes)))
        assert sorted(told) == [(size, ahead) for size in sizes], "once for each segment"
        told.clear()
    moment.persons.texts(np.zeros(1, np.uint32))
    assert [ahead for _, ahead in told] == [False]
