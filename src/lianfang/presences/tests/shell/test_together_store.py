"""Shared stays from a store on disk: for every row of a trace its stays, and the seats as the list wrote them."""

import datetime as dt
import pathlib

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.cases.core.window import in_doubt, infectious_windows, plain_lookback, sound
from lianfang.kernel.schema import CASES, INTERVIEWS, PRESENCES
from lianfang.playbook.load import load
from lianfang.presences.core.seats import seat_rules
from lianfang.presences.core.shared_stays import EXPOSURES, WHERE, asked, changed, pairs_of, stays_of
from lianfang.presences.store import segments
from lianfang.presences.tests.core.test_degrees import many_worlds, options, seeds
from lianfang.presences.tests.shell.lists import SCHEMA, T0, county
from lianfang.tracing.known import known_of_list
from lianfang.tracing.notebook import open_store
from lianfang.tracing.tests.core.test_general import AS_OF, worlds
from lianfang.tracing.tracer import find_contacts

BOOK = load("covid19-cn-8")


def stays_behind(found, cases, store, *, lookback, as_of, seats, plain=False):
    """The exposures that rows of tracing make, and their stays; `plain` as in a run without a playbook."""
    rows = found.with_row_index("exposure").select(pl.col(name).cast(kind) for name, kind in EXPOSURES.items())
    if plain:  # tracing leaves out of a list what lies after the time of reckoning
        cases, _ = known_of_list(cases, as_of, "en")
    windows = infectious_windows(cases, lookback=lookback, as_of=as_of, onset_first=plain)
    times = sound(windows)
    if not plain:  # with a playbook, whom a case without a window met is undecided, by the time in doubt
        unsound = in_doubt(windows, lookback=lookback, as_of=as_of)
        times = pl.concat([times.select(unsound.columns), unsound])
    pairs = pairs_of(rows, times)
    if plain:  # stays that overlap are one by a playbook alone; a plain run counts each
        pairs = pairs.with_columns(near=pl.lit(False))
    kinds = dict.fromkeys(rows["place_kind"].unique(), 0.0)
    return rows, stays_of(store.snapshot().shared(asked(pairs), kinds, seats), pairs)


def agree(rows, stays):
    assert changed(rows, stays).is_empty()
    ends = stays.group_by("exposure").agg(first=pl.col("start").min(), last=pl.col("end").max())
    both = rows.join(ends, on="exposure")
    assert both.height == rows.height
    assert both["first_contact"].equals(both["first"]) and both["last_contact"].equals(both["last"])


@pytest.mark.filterwarnings("ignore:case .*")
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=seeds, chosen=options, parts=st.integers(1, 3), merged=st.booleans())
def test_every_row_of_a_trace_has_its_stays(tmp_path_factory, seed, chosen, parts, merged):
    world = many_worlds(seed)[:30]
    cases = CASES.conform(pl.DataFrame([c for some, _, _ in world for c in some], infer_schema_length=None))
    rows = pl.DataFrame([row for _, people, _ in world for row in people], schema=SCHEMA)
    isolations = [one for _, _, isolated in world for one in isolated.items()]
    store = open_store(tmp_path_factory.mktemp("store"))
    for part in range(parts):
        store.ingest(rows.filter(pl.int_range(pl.len()) % parts == part))
    if merged:
        store.compact()
    isolated = pl.DataFrame(isolations, schema={"person_id": pl.String, "isolated_at": pl.Datetime("us")}, orient="row")
    found = store.trace(cases, degrees=2, isolations=isolated, **chosen)
    lookback = plain_lookback(chosen["lookback"])
    agree(*stays_behind(found, cases, store, lookback=lookback, as_of=chosen["as_of"], seats=None, plain=True))


@pytest.mark.parametrize("seed", range(4))
def test_by_a_playbook_with_seats_too(tmp_path, seed):
    cases, rows = worlds(seed)
    store = open_store(tmp_path / "store")
    store.ingest(rows)
    found = find_contacts(cases, store, INTERVIEWS.empty(), playbook=BOOK, as_of=AS_OF)
    exposures, stays = stays_behind(found, cases, store, lookback=BOOK.lookback, as_of=AS_OF, seats=seat_rules(BOOK))
    agree(exposures, stays)
    unknown = stays.group_by("exposure").agg(pl.col("seat_unknown").any()).sort("exposure")
    assert unknown["seat_unknown"].equals(found["seat_unknown"])
    assert exposures["degree"].n_unique() == 2


@pytest.mark.parametrize("group", [7, segments.ROW_GROUP])
def test_seats_are_those_of_the_presences(tmp_path, monkeypatch, group):
    monkeypatch.setattr(segments, "ROW_GROUP", group)
    rows = PRESENCES.conform(county(rows=600))
    store = open_store(tmp_path / "store")
    store.ingest([rows.head(300), rows.tail(300).drop("seat")])
    onset = T0 + dt.timedelta(days=2)
    cases = CASES.conform(pl.DataFrame({"case_id": ["A"], "person_id": ["p000"], "onset_date": [onset]}))
    as_of = rows["end"].max()
    found = store.trace(cases, lookback=2, min_minutes=0, as_of=as_of)
    _, stays = stays_behind(found, cases, store, lookback=plain_lookback(2), as_of=as_of, seats=None)
    moment = store.snapshot()
    rows = stays.select("place_id", "start", *WHERE).rows()
    ends = [(row[0], row[1], row[n : n + 2]) for row in rows for n in (2, 4)]
    told = moment.seats_of([where for *_, where in ends])
    for (place, start, (segment, row)), seat in zip(ends, told, strict=True):
        kept = pl.read_parquet(pathlib.Path(moment.files.local(moment.manifest.segments[segment].data)))
        lies = kept.row(row, named=True)
        assert (lies["place_id"], lies.get("seat") or "") == (place, seat)
        assert lies["start"] <= start < lies["end"]
    assert {"3A", "12F", ""} <= set(told)
    assert moment.seats_of([]) == []


def test_a_person_who_was_taken_out_is_known_as_such_until_readmitted(tmp_path):
    store = open_store(tmp_path / "store")
    store.ingest(county(rows=50))
    assert not store.is_retracted("p001")
    store.retract("p001")
    assert store.is_retracted("p001") and store.is_retracted(" p001 ") and not store.is_retracted("p002")
    store.readmit("p001")
    assert not store.is_retracted("p001")
