"""Sharing a grid cell: the grid, and the signal against a minute-by-minute telling."""

import datetime as dt
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.playbook.load import load
from lianfang.tracing.core.companion import CELLS, SIGNALS, cells_of, companions

T0 = dt.datetime(2022, 8, 1)
AS_OF = T0 + dt.timedelta(days=16)
MINUTE = dt.timedelta(minutes=1)
RULE = load("covid19-cn-9").companion
COORDINATES = {"place_id": pl.String, "longitude": pl.Float64, "latitude": pl.Float64}


def places(*rows):
    return pl.DataFrame(rows, schema=COORDINATES, orient="row")


def test_the_packaged_rule_is_off_and_no_national_class():
    for name in ("covid19-cn-8", "covid19-cn-9", "covid19-cn-8-local-2021-08"):
        rule = load(name).companion
        assert (rule.enabled, rule.evidence, rule.scope) == (False, "F-M", "local")
        assert (rule.cell_metres, rule.min_minutes, rule.total_hours, rule.days) == (800, 10, 30, 14)


def test_cells_are_squares_of_the_side_that_was_asked_for():
    """At 30° north one degree of longitude is 96.3 km, one of latitude 111.2 km."""
    north = [("a", 120.0, 30.0 + n * 800 / 111_195.1) for n in range(20)]
    east = [("b", 120.0 + n * 800 / 96_297.7, 30.0) for n in range(20)]
    for line in (north, east):
        cells = cells_of(places(*line), metres=800)["cell"].to_list()
        assert len(set(cells)) == 20, "each step of a side leads to the next cell"
    half = [("c", 120.0, 30.0 + n * 400 / 111_195.1) for n in range(40)]
    assert cells_of(places(*half), metres=800)["cell"].n_unique() in (20, 21)


def test_the_grid_stays_when_a_place_is_added_and_places_without_coordinates_are_nowhere():
    old = places(("a", 120.10, 30.1), ("b", 120.11, 30.2), ("c", None, 30.0))
    more = pl.concat([old, places(("d", 120.2, 30.4))])
    cells = dict(cells_of(old, metres=800).rows())
    assert set(cells) == {"a", "b"}
    assert {k: v for k, v in cells_of(more, metres=800).rows() if k != "d"} == cells
    assert cells_of(places(), metres=800).schema == pl.Schema(CELLS)


def told_slowly(rows, cells, case, window, rule, as_of):
    """Sets of minutes, one by one."""
    since = as_of - dt.timedelta(days=rule.days)
    minutes = {}
    for person, place, start, end in rows:
        at = start
        while at < end:
            if since <= at < as_of and place in cells:
                minutes.setdefault((person, cells[place]), set()).add(at)
            at += MINUTE
    found = {}
    for (person, cell), own in minutes.items():
        of_case = minutes.get((case, cell), set())
        shared = {at for at in own & of_case if window[0] <= at < window[1]}
        if person != case and len(shared) > rule.min_minutes and max(len(own), len(of_case)) > rule.total_hours * 60:
            found[person, cell] = (len(shared), min(shared), max(shared) + MINUTE)
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_signal_equals_the_minute_by_minute_telling(seed):
    chance = random.Random(seed)
    rule = RULE.model_copy(
        update={"min_minutes": chance.choice([0, 10, 60]), "total_hours": chance.choice([0, 1, 3]), "days": 2}
    )
    as_of = T0 + dt.timedelta(days=3)
    cells = {"x": "1:1", "y": "1:1", "z": "2:1"}
    rows = []
    for _ in range(chance.randrange(14)):
        start = T0 + chance.randrange(0, 4 * 1440) * MINUTE
        length = chance.choice([1, 10, 11, 61, 200]) * MINUTE
        rows.append((chance.choice("abcd"), chance.choice("xyzw"), start, start + length))
    window = (T0 + dt.timedelta(hours=30), T0 + dt.timedelta(hours=chance.choice([40, 80])))
    schema = {"person_id": pl.String, "place_id": pl.String, "start": pl.Datetime("us"), "end": pl.Datetime("us")}
    got = companions(
        pl.DataFrame(rows, schema=schema, orient="row"),
        pl.DataFrame({"place_id": list(cells), "cell": list(cells.values())}),
        case_person="a",
        window=window,
        rule=rule,
        as_of=as_of,
    )
    assert got.schema == pl.Schema(SIGNALS)
    found = {(p, c): (round(m, 6), f, e) for p, c, m, _, _, f, e in got.iter_rows()}
    assert found == told_slowly(rows, cells, "a", window, rule, as_of)


@pytest.mark.parametrize(("minutes", "hours", "found"), [(11, 31, True), (10, 31, False), (11, 30, False)])
def test_more_than_ten_minutes_and_more_than_thirty_hours(minutes, hours, found):
    noon = AS_OF - dt.timedelta(days=2)
    rows = [
        ("a", "flat", noon, noon + dt.timedelta(hours=hours)),
        ("b", "shop", noon, noon + dt.timedelta(minutes=minutes)),
    ]
    schema = {"person_id": pl.String, "place_id": pl.String, "start": pl.Datetime("us"), "end": pl.Datetime("us")}
    got = companions(
        pl.DataFrame(rows, schema=schema, orient="row"),
        cells_of(places(("flat", 120.0001, 30.0001), ("shop", 120.0002, 30.0002)), metres=800),
        case_person="a",
        window=(noon, AS_OF),
        rule=RULE,
        as_of=AS_OF,
    )
    assert (got["person_id"].to_list() == ["b"]) == found, "other places, one cell: a signal, and no contact"
