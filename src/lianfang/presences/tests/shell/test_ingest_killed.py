"""An ingest that was killed goes on where it was, and what it had spilled is used only where it is still right."""

import os
import signal
import sys
import textwrap

import polars as pl
import pytest

from lianfang.intake.read import read_table
from lianfang.kernel.schema import PRESENCES
from lianfang.presences.store import ingest, open_store, sources, staging
from lianfang.presences.tests.shell.lists import county, in_order, one_row, zoned
from tests import forked

KILLED = """
    import os, sys
    from lianfang.presences.store import files, ingest, open_store, sources, spill
    sources.BATCH = sources.CLEANED_BATCH = 500
    sources.CSV_BLOCK, ingest.SAFE_EVERY = 30_000, 900
    home, path, what, left = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    owner = spill.Spill if what in ("take", "note", "keep") else files.Files
    real = getattr(owner, what)
    def dies(*args, **kwargs):
        global left
        left -= 1
        if not left:
            os.kill(os.getpid(), 9)
        return real(*args, **kwargs)
    setattr(owner, what, dies)
    open_store(home).ingest(path)
"""


@pytest.fixture
def killed(home, monkeypatch):
    """Take a file in with batches of 500 rows, and kill the process before the n-th call of one of its steps."""
    monkeypatch.setattr(sources, "BATCH", 500)
    monkeypatch.setattr(sources, "CLEANED_BATCH", 500)
    monkeypatch.setattr(sources, "CSV_BLOCK", 30_000)
    monkeypatch.setattr(ingest, "SAFE_EVERY", 900)

    def run(path, what, call):
        line = [sys.executable, "-c", textwrap.dedent(KILLED), str(home), str(path), what, str(call)]
        done = forked.run(line, check=False, capture_output=True, text=True)
        assert done.returncode == -signal.SIGKILL, done.stderr

    return run


def spills(home):
    return sorted(path.name for path in (home / "staging").glob("*") if path.is_dir())


STEPS = [("take", 1), ("take", 4), ("keep", 2), ("take", 6), ("note", 3), ("put", 1), ("put", 4), ("create", 1)]


@pytest.mark.parametrize(("what", "call"), STEPS)
def test_a_killed_csv_goes_on_and_nothing_is_lost_or_there_twice(home, tmp_path, killed, what, call):
    rows = county(2, rows=4000)
    text = rows.write_csv().splitlines()
    text.insert(3500, "p001,x01,work,later,2021-08-01T09:00:00,,")
    text.insert(100, '"p\nq",x01,work,2021-08-01T08:00:00,2021-08-01T09:00:00,,')
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(text))
    store = open_store(home)
    store.ingest(county(1))
    killed(path, what, call)
    assert store.verify().is_sound and store.info().rows == 400
    [one] = store.ingest(path)
    assert (one.rows, one.refused["line"].to_list()) == (4001, [3503])
    quoted = one_row("p\nq", "x01")
    assert in_order(store.snapshot().rows()).equals(in_order(pl.concat([county(1), rows, quoted])))
    assert not spills(home)


def test_a_killed_csv_is_not_read_again_from_its_beginning(home, tmp_path, killed, monkeypatch):
    path = tmp_path / "rows.csv"
    county(2, rows=4000).write_csv(path)
    killed(path, "take", 7)
    parsed, told = [], []
    real = sources.read_csv_part

    def counted(data, *args, **kwargs):
        parsed.append(len(data))
        return real(data, *args, **kwargs)

    monkeypatch.setattr(sources, "read_csv_part", counted)
    open_store(home).ingest(path, progress=lambda step, share: told.append((step.en, share)))
    assert open_store(home).info().rows == 4000
    first = next(share for step, share in told if step == "reading presences")
    assert first > 0.3 and sum(parsed) < (1 - first) * path.stat().st_size + 100 * len(parsed)


def test_a_killed_ingest_goes_on_though_the_store_moved_on(home, tmp_path, killed, taken):
    """Another list and a merge came between: what was safe is not read again, and its numbers are the new ones."""
    path = tmp_path / "rows.parquet"
    rows = county(2, rows=4000)
    rows.write_parquet(path)
    killed(path, "take", 7)
    store = open_store(home)
    others = [county(3), county(4, people=60)]
    store.ingest(others)
    assert store.compact() > 0 and len(spills(home)) == 1
    taken["batches"] = 0
    store.ingest(path)
    assert taken["batches"] == 2, "six of eight were safe"
    assert in_order(store.snapshot().rows()).equals(in_order(pl.concat([rows, *others])))
    assert store.verify().is_sound and not spills(home)
    late = county(5, rows=50)
    store.ingest(late, replaces="rows.parquet")
    assert in_order(store.snapshot().rows()).equals(in_order(pl.concat([late, *others]))), "each row has its source"


@pytest.mark.parametrize("between", ["merge", "ingest"])
def test_days_that_were_written_are_used_again_where_they_are_still_right(home, tmp_path, killed, taken, between):
    path = tmp_path / "rows.parquet"
    rows = county(2, rows=4000, days=8)
    rows.write_parquet(path)
    store = open_store(home)
    before = [county(3), county(4)]
    store.ingest(before)
    killed(path, "note", 9)  # five of reading; then the fourth day
    if between == "merge":
        assert store.compact() > 0
    else:
        before.append(county(5, people=60))
        store.ingest(before[-1])
    taken |= {"batches": 0, "days": 0}
    store.ingest(path)
    assert taken["batches"] == 0 and taken["days"] == (5 if between == "merge" else 8)
    assert in_order(store.snapshot().rows()).equals(in_order(pl.concat([rows, *before])))
    assert store.verify().is_sound
    store.retract("nobody")  # no former moment stays: whatever is left over would show
    left = {name for name in store.files.list() if not name.startswith("manifest/")}
    assert left == store.manifest().files() | {".lock", ".next"}


def test_who_was_taken_out_in_between_does_not_come_in_with_what_was_spilled(home, tmp_path, killed):
    path = tmp_path / "rows.parquet"
    rows = county(2, rows=4000)
    rows.write_parquet(path)
    store = open_store(home)
    store.ingest(county(1))
    killed(path, "take", 7)
    assert not store.verify(person_id="p003").is_sound and len(spills(home)) == 1
    store.retract("p003")
    assert store.verify(person_id="p003").is_sound and not spills(home), "the spill named the person"
    [one] = store.ingest(path)
    assert one.rows + one.refused_count == 4000 and set(one.refused["value"]) == {"p003"}
    assert store.verify(person_id="p003").is_sound


def test_a_retraction_that_was_killed_and_a_readmission_count_for_a_spill_too(home, tmp_path, killed, monkeypatch):
    path = tmp_path / "rows.parquet"
    county(2, rows=4000).write_parquet(path)
    store = open_store(home)
    store.ingest(county(1))
    killed(path, "take", 7)
    with monkeypatch.context() as patch:
        patch.setattr("lianfang.presences.store.store.PresenceStore._forget_former", lambda self, after: None)
        store.retract("p003")
    assert len(spills(home)) == 1
    [one] = store.ingest(path)
    assert one.refused_count > 0 and store.verify(person_id="p003").is_sound
    other = tmp_path / "other.parquet"
    county(6, rows=4000).write_parquet(other)
    killed(other, "take", 7)
    assert store.verify(person_id="p003").is_sound, "what is kept of refusals names nobody who was taken out"
    store.readmit("p003")
    [one] = store.ingest(other)
    assert (one.rows, one.refused_count) == (4000, 0)


def test_only_stale_spills_are_cleared_away(home, tmp_path, killed):
    store = open_store(home)
    paths = [tmp_path / f"{n}.parquet" for n in range(3)]
    for n, path in enumerate(paths):
        county(n, rows=4000).write_parquet(path)
        killed(path, "take", 7)
    (home / "staging" / "tmpleft").mkdir()
    (home / "staging" / "tmpleft" / "rows.csv").write_text("raw")
    first, second, third = (ingest.digest_of(path)[:32] for path in paths)
    week = staging.KEPT_SECONDS + 60
    progress = home / "staging" / second / "progress.json"
    os.utime(progress, (progress.stat().st_atime, progress.stat().st_mtime - week))
    store.ingest(paths[0])
    assert spills(home) == [third], (first, second)
    (home / "staging" / third / "progress.json").write_text("{")
    store.ingest(paths[2])
    assert store.info().rows == 8000 and not spills(home)


def test_a_spill_whose_texts_are_damaged_is_begun_anew(home, tmp_path, killed):
    path = tmp_path / "rows.parquet"
    rows = county(2, rows=4000)
    rows.write_parquet(path)
    killed(path, "take", 7)
    [texts] = (home / "staging").rglob("person_id.texts")
    texts.write_bytes(texts.read_bytes()[:50])
    open_store(home).ingest(path)
    assert in_order(open_store(home).snapshot().rows()).equals(in_order(rows))


def test_a_spill_under_another_time_zone_is_begun_anew(home, tmp_path, killed, monkeypatch):
    path = tmp_path / "rows.parquet"
    zoned(county(2, rows=4000), "UTC").write_parquet(path)
    killed(path, "take", 7)
    monkeypatch.setenv("LIANFANG_TIME_ZONE", "UTC")
    store = open_store(home)
    store.ingest(path)
    expected = read_table(path, PRESENCES).used
    assert in_order(store.snapshot().rows()).equals(in_order(expected))
