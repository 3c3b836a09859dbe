"""Queries into frames, on both databases: each cell as the models give it, each row in the order that was asked for."""

import datetime as dt
import json
import math

import polars as pl
import pytest
from django.db.models import Case, When
from django.db.models.functions import Length
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lianfang.access.models import Jurisdiction
from lianfang.access.scope import system_scope
from lianfang.access.scoped import UnscopedQuery
from lianfang.access.tests.cast import make_cast
from lianfang.access.times import to_local
from lianfang.records import frames
from lianfang.records.frames import columns_of, frame_of
from lianfang.records.models import Change
from lianfang.registry.models import Place

pytestmark = [pytest.mark.database, pytest.mark.django_db]

EVERYTHING = system_scope("test")
PLACES = {
    "place_id": ("place_id", pl.String()),
    "name": ("name", pl.String()),
    "longitude": ("longitude", pl.Float64()),
    "latitude": ("latitude", pl.Float64()),
    "level": ("jurisdiction__level", pl.String()),
    "building": ("building_id", pl.String()),
    "here": (Case(When(latitude__isnull=True, then=False), default=True), pl.Boolean()),
    "length": (Length("name"), pl.Int64()),
}
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture
def county():
    return Jurisdiction.objects.create(code="330999", name="县", level="county", path="330999/")


def places(county, cells):
    Place.unscoped.all().delete()
    Place.unscoped.bulk_create(
        Place(place_id=str(n), name=name, kind="venue", longitude=east, latitude=north, jurisdiction=county)
        for n, (name, east, north) in enumerate(cells)
    )
    return Place.objects.within(EVERYTHING)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.tuples(WORDS, NUMBERS, NUMBERS), max_size=12), step=st.integers(1, 5))
def test_each_cell_is_the_one_that_the_model_holds(county, cells, step):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "_ROWS", step)
        rows = places(county, cells).order_by("name", "-place_id")
        stored = columns_of(rows, PLACES)
        assert stored.rows() == list(rows.values_list(*[lookup for lookup, _ in PLACES.values()]))
        assert stored.schema == {name: dtype for name, (_, dtype) in PLACES.items()}
        assert_frame_equal(frame_of(rows, PLACES), stored.with_columns(pl.col(pl.String).replace("", None)))


def test_floats_keep_their_last_digit(county):
    values = [math.pi, 1 / 3, 0.1 + 0.2, 1e-300, 1.7976931348623157e308, -0.0, 100.0, 14 / 60, None]
    rows = places(county, [("", value, None) for value in values]).order_by("place_id")
    assert columns_of(rows, {"value": ("longitude", pl.Float64())})["value"].to_list() == values


def test_times_dates_and_json():
    by = make_cast().commander
    moments = [dt.datetime(2022, 3, 1, 16, 0, tzinfo=dt.UTC), dt.datetime(2022, 3, 2, 3, 4, 5, 678, tzinfo=dt.UTC)]
    for moment in moments:
        Change.objects.create(at=moment, by=by, act="x", rows=[{"名": "O'Neil \"\n"}])
    columns = {
        "at": ("at", pl.Datetime("us")),
        "day": ("at__date", pl.Date()),
        "undone": ("undone_at", pl.Datetime("us")),
        "rows": ("rows", pl.String()),
    }
    rows = Change.objects.order_by("-at")
    stored, computed = columns_of(rows, columns), frame_of(rows, columns)
    assert stored["at"].to_list() == moments[::-1]
    assert computed["at"].to_list() == [to_local(moment) for moment in moments[::-1]]
    assert stored["day"].to_list() == [dt.date(2022, 3, 2), dt.date(2022, 3, 2)]  # local days
    assert computed["undone"].to_list() == [None, None]
    assert [json.loads(text) for text in stored["rows"]] == [[{"名": "O'Neil \"\n"}]] * 2


def test_no_rows_have_their_types(county, django_assert_num_queries):
    none = places(county, [])
    for rows, queries in ((none, 1), (none.none(), 0)):
        with django_assert_num_queries(queries):
            assert columns_of(rows, PLACES).schema == {name: dtype for name, (_, dtype) in PLACES.items()}


def test_without_a_scope_nothing_is_read():
    with pytest.raises(UnscopedQuery):
        frame_of(Place.objects.all(), PLACES)
