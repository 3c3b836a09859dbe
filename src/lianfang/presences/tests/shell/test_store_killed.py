"""A writer of the presence store is killed before any of its steps: what stays is whole, and the next goes on."""

import os
import signal
import sys
import textwrap

import polars as pl
import pytest

from lianfang.presences.store import ingest, sources
from lianfang.presences.store.manifest import versions
from lianfang.presences.tests.shell.lists import county, in_order
from lianfang.tracing.notebook import open_store
from tests import forked

KILLED = """
    import os, sys
    import polars as pl
    from lianfang.presences.store import files, ingest, sources, spill
    from lianfang.tracing.notebook import open_store
    sources.BATCH, ingest.SAFE_EVERY = 500, 1000
    store = open_store(sys.argv[1])
    step = int(sys.argv[3])
    seen = 0
    def dies(function):
        def wrapped(*args, **kwargs):
            global seen
            seen += 1
            if seen == step:
                os.kill(os.getpid(), 9)
            done = function(*args, **kwargs)
            return done
        return wrapped
    files.Files.put = dies(files.Files.put)
    files.Files.create = dies(files.Files.create)
    files.Files.remove = dies(files.Files.remove)
    spill.Spill.keep = dies(spill.Spill.keep)
    spill.Spill.take = dies(spill.Spill.take)
    store.ingest(sys.argv[2])
    store.compact()
"""


@pytest.mark.parametrize("step", [1, 6, 11, 13, 15, 18, 21, 24, 28])
def test_a_killed_writer_leaves_a_readable_store_and_goes_on(home, tmp_path, step):
    """kill -9 before each of its steps; then the same command again: nothing is lost, nothing is there twice."""
    store = open_store(home)
    store.ingest(county(1))
    rows = county(2, rows=4000)
    rows.write_parquet(tmp_path / "rows.parquet")
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(home), str(tmp_path / "rows.parquet")]
    killed = forked.run([*command, str(step)], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert store.verify().is_sound and store.info().rows in (400, 4400)
    store.ingest(tmp_path / "rows.parquet")
    store.compact()
    assert in_order(store.snapshot().rows()).equals(in_order(pl.concat([county(1), rows])))
    named = store.manifest().files() | {".lock", ".next"}
    kept = {f"manifest/{version:010d}.json" for version in versions(store.files)}
    old = {name for name in store.files.list() if name not in named | kept and not name.startswith(("days/", "ids/"))}
    assert not old, "nothing unfinished is left"


def test_a_killed_ingest_goes_on_where_it_was(home, tmp_path, monkeypatch):
    """What was spilled and made safe is not read again."""
    monkeypatch.setattr(sources, "BATCH", 500)
    monkeypatch.setattr(ingest, "SAFE_EVERY", 1000)
    rows = county(2, rows=4000)
    rows.write_parquet(tmp_path / "rows.parquet")
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(home), str(tmp_path / "rows.parquet"), "9"]
    assert forked.run(command, check=False, capture_output=True).returncode == -signal.SIGKILL
    told = []
    open_store(home).ingest(tmp_path / "rows.parquet", progress=lambda words, share: told.append((words.en, share)))
    first = next(share for words, share in told if words == "reading presences")
    assert first == 0.5, "the first half was safe"
    assert open_store(home).info().rows == 4000


def test_a_retraction_that_is_killed_before_it_clears_away_ends_with_the_next_write(home, monkeypatch):
    store = open_store(home)
    store.ingest(county(people=10))
    with monkeypatch.context() as patch:
        patch.setattr("lianfang.presences.store.store.clear_away", lambda *args, **kwargs: 0)
        store.retract("p003")
    assert not store.verify(person_id="p003").is_sound
    store.ingest(county(3, people=2))
    assert store.verify(person_id="p003").is_sound


def test_a_spill_that_is_shorter_than_it_says_is_begun_anew(home, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BATCH", 500)
    monkeypatch.setattr(ingest, "SAFE_EVERY", 1000)
    rows = county(2, rows=4000)
    rows.write_parquet(tmp_path / "rows.parquet")
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(home), str(tmp_path / "rows.parquet"), "9"]
    assert forked.run(command, check=False, capture_output=True).returncode == -signal.SIGKILL
    spilled = [path for path in (home / "staging").rglob("*.person") if path.stat().st_size]
    os.truncate(spilled[0], 4)
    open_store(home).ingest(tmp_path / "rows.parquet")
    assert in_order(open_store(home).snapshot().rows()).equals(in_order(rows))
