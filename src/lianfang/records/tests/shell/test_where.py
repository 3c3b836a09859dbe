"""A predicate keeps the same rows in a frame, in the database and one by one; a figure counts the same in either."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.access.scope import system_scope
from lianfang.access.times import to_aware
from lianfang.headquarters.tests.shell.county import add_outbreak, add_person
from lianfang.kernel.figures import Figure, count_in_frame, count_in_frame_by
from lianfang.kernel.text import Text
from lianfang.kernel.where import AT, DAY, EVERY, NOTHING, Param, W, Where
from lianfang.measures.models import Measure
from lianfang.records.figures import count_in_rows, count_in_rows_by
from lianfang.records.frames import frame_of
from lianfang.records.where import as_q, holds_for
from lianfang.registry.models import Household, Person, Place

pytestmark = pytest.mark.database

TASK = system_scope("test")
HOME, LONGITUDE = "person__household__code", "person__household__dwelling__longitude"
COLUMNS: dict[str, tuple[str, pl.DataType]] = {
    "pk": ("pk", pl.Int64()),
    "measure": ("kind", pl.String()),
    "decision_note": ("decision_note", pl.String()),
    "start": ("start", pl.Datetime("us")),
    "end": ("end", pl.Datetime("us")),
    "released_at": ("released_at", pl.Datetime("us")),
    "test_dates": ("test_dates", pl.List(pl.String())),
    "person_id": ("person_id", pl.String()),
    "path": ("jurisdiction__path", pl.String()),
    "home": (HOME, pl.String()),
    "longitude": (LONGITUDE, pl.Float64()),
}
NAMES = {"kind": "measure", "jurisdiction__path": "path", HOME: "home", LONGITUDE: "longitude"}
AREAS = ["330999", "330999001", "330999001001", "330999002"]
PATHS = ["330/330999/", "330/330999/330999001/", "330"]
PERSONS = ["P-HOME", "P-EMPTY", "P-NONE"]
TIMES = [dt.datetime(2021, 8, 5) + n * dt.timedelta(hours=6) for n in range(5)]
TIMES.append(TIMES[2] + dt.timedelta(microseconds=1))
DAYS = [dt.date(2021, 8, n) for n in (4, 5, 6)]
WORDS = ["a", "A", "ab", "a%", "_b", "住", "a'b\\"]
NUMBERS = [120.0, 120.5, 121.0]

PARAMS = st.fixed_dictionaries(
    {
        "at": st.sampled_from([*TIMES, None]),
        "day": st.sampled_from([*DAYS, None]),
        "word": st.sampled_from([*WORDS, "", None]),
        "words": st.sampled_from([["a", "住"], [], ["", None], None]),
        "number": st.sampled_from([*NUMBERS, None]),
    }
)


def questions() -> st.SearchStrategy[Where]:
    """Return every kind of question about every kind of field: texts, times, numbers, days, paths, joins."""
    words = st.sampled_from([*WORDS, Param("word")])
    moments = st.sampled_from(
        [*TIMES, AT, AT - dt.timedelta(hours=6), DAY.midnight(), DAY.midnight() + dt.timedelta(days=1)]
    )
    texts = st.sampled_from(["kind", "decision_note", HOME]).map(W)
    times = st.sampled_from(["start", "end", "released_at"]).map(W)
    numbers = st.sampled_from([*NUMBERS, Param("number")])
    order = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])
    equal = st.sampled_from(["eq", "ne"])
    lists = st.one_of(st.lists(st.sampled_from(WORDS), max_size=3), st.just(Param("words")))
    return st.one_of(
        st.builds(lambda field, op, value: getattr(field, op)(value), texts, equal, words),
        st.builds(lambda field, op, value: getattr(field, op)(value), times, order, moments),
        st.builds(lambda op, value: getattr(W(LONGITUDE), op)(value), order, numbers),
        st.builds(lambda field, values: field.is_in(values), texts, lists),
        st.builds(lambda field, values: field.is_in(values), times, st.lists(st.sampled_from(TIMES), max_size=2)),
        st.builds(lambda field, value: field.starts_with(value), texts, words),
        st.sampled_from(PATHS).map(W("jurisdiction__path").starts_with),
        st.builds(lambda field: field.blank(), texts),
        st.builds(lambda field: field.null(), times),
        st.just(W(LONGITUDE).not_null()),
        st.sampled_from([*DAYS, DAY]).map(W("test_dates").has_day),
        st.sampled_from([EVERY, NOTHING]),
    )


TREES = st.recursive(
    questions(),
    lambda inner: st.one_of(
        inner.map(lambda one: ~one),
        st.tuples(inner, inner).map(lambda two: two[0] & two[1]),
        st.tuples(inner, inner).map(lambda two: two[0] | two[1]),
    ),
    max_leaves=6,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "person_id": st.sampled_from(PERSONS),
            "jurisdiction_id": st.sampled_from(AREAS),
            "kind": st.sampled_from(WORDS),
            "decision_note": st.sampled_from(["", *WORDS]),
            "start": st.sampled_from(TIMES),
            "end": st.sampled_from([None, *TIMES]),
            "released_at": st.sampled_from([None, *TIMES]),
            "test_dates": st.lists(st.sampled_from(DAYS), max_size=2),
        }
    ),
    max_size=8,
)


@pytest.fixture
def people(cast: Any) -> None:
    """Three people: with a home on the map, with one that is not on it, without a household."""
    add_outbreak("OB1")
    for person in PERSONS:
        add_person(person, "330999001")
    for person, code, longitude in (("P-HOME", "a%", 120.5), ("P-EMPTY", "Ab", None)):
        place = Place.unscoped.create(
            place_id=f"D-{person}", kind="dwelling", longitude=longitude, jurisdiction_id="330999001"
        )
        home = Household.unscoped.create(code=code, dwelling=place, jurisdiction_id="330999001")
        Person.unscoped.filter(pk=person).update(household=home)


def stored(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Put the rows into the database in place of those that are there; return them as a frame."""
    Measure.unscoped.all().delete()
    Measure.unscoped.bulk_create(
        Measure(
            **{name: to_aware(value) if isinstance(value, dt.datetime) else value for name, value in row.items()}
            | {"test_dates": [day.isoformat() for day in row["test_dates"]]},
            outbreak_id="OB1",
            category="close_contact",
            place_class="central",
            clock_from="last_exposure",
            rule=f"rule.{n}",
            reason_zh="",
            reason_en="",
            playbook="covid19-cn-9",
            proposed_at=to_aware(TIMES[0]),
        )
        for n, row in enumerate(rows)
    )
    frame = frame_of(Measure.objects.within(TASK).order_by("pk"), COLUMNS)
    return frame.with_columns(pl.col("test_dates").list.eval(pl.element().str.to_date()))


SLOW = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@SLOW
@given(rows=ROWS, trees=st.lists(TREES, min_size=1, max_size=4), params=PARAMS)
def test_frame_database_and_row_agree(people: None, rows: list, trees: list[Where], params: dict) -> None:
    frame = stored(rows)
    measures = list(Measure.objects.within(TASK).select_related("person__household__dwelling", "jurisdiction"))
    for where in trees:
        by_frame = set(frame.filter(where.polars(names=NAMES, **params))["pk"])
        by_line = {row["pk"] for row in frame.iter_rows(named=True) if where.holds(row, names=NAMES, **params)}
        by_row = {one.pk for one in measures if holds_for(one, where, **params)}
        in_sql = set(Measure.objects.within(TASK).filter(as_q(where, **params)).values_list("pk", flat=True))
        left_out = set(Measure.objects.within(TASK).exclude(as_q(where, **params)).values_list("pk", flat=True))
        assert by_line == by_frame, where
        assert by_row == by_frame, where
        assert in_sql == by_frame, where
        assert left_out == set(frame["pk"]) - by_frame, where


@SLOW
@given(rows=ROWS, trees=st.lists(TREES, min_size=1, max_size=4), params=PARAMS)
def test_figures_count_the_same_in_either_engine(people: None, rows: list, trees: list[Where], params: dict) -> None:
    frame = stored(rows)
    figures = [
        Figure(f"f.{n}.{by}", Text("", ""), Text("", ""), "measures.Measure", where, by=by)
        for n, where in enumerate([EVERY, *trees])
        for by in ("row", "person")
    ]
    with CaptureQueriesContext(connection) as queries:
        in_all = count_in_rows(figures, Measure.objects.within(TASK), **params)
        by_path = count_in_rows_by(figures, Measure.objects.within(TASK), "jurisdiction__path", **params)
    assert len(queries) == 2
    assert in_all == {one.name: count_in_frame(one, frame, names=NAMES, **params) for one in figures}
    grouped = {one.name: count_in_frame_by(one, frame, "path", names=NAMES, **params) for one in figures}
    assert by_path == {
        path: {name: counts[path] for name, counts in grouped.items()} for path in frame["path"].unique().to_list()
    }


def test_a_way_may_stand_before_every_field(people: None) -> None:
    stored([{**ONE, "person_id": "P-HOME"}, {**ONE, "person_id": "P-NONE"}])
    where = W("code").eq("a%") | W("dwelling__longitude").gt(130.0)
    found = Measure.objects.within(TASK).filter(as_q(where, prefix="person__household__"))
    assert [one.person_id for one in found] == ["P-HOME"]
    others = Measure.objects.within(TASK).filter(as_q(~where, prefix="person__household__"))
    assert [one.person_id for one in others] == ["P-NONE"]
    renamed = Measure.objects.within(TASK).filter(as_q(W("home").eq("a%"), names={"home": HOME}))
    assert [one.person_id for one in renamed] == ["P-HOME"]


ONE: dict[str, Any] = {
    "person_id": "P-HOME",
    "jurisdiction_id": "330999001",
    "kind": "a",
    "decision_note": "",
    "start": TIMES[0],
    "end": None,
    "released_at": None,
    "test_dates": [],
}


def test_figures_of_two_subjects_are_not_counted_together(people: None) -> None:
    text = Text("", "")
    figures = [Figure(name, text, text, subject, EVERY) for name, subject in (("a", "x.A"), ("b", "x.B"))]
    with pytest.raises(TypeError, match="several subjects"):
        count_in_rows(figures, Measure.objects.within(TASK))
    assert count_in_rows([], Measure.objects.within(TASK)) == {}


def test_a_scope_is_needed_to_count(people: None) -> None:
    figure = Figure("a", Text("", ""), Text("", ""), "measures.Measure", EVERY)
    with pytest.raises(RuntimeError, match="within"):
        count_in_rows([figure], Measure.objects.all())


def test_an_unknown_kind_of_question_is_an_error() -> None:
    class Other(Where):
        def _expr(self, column, params):
            return pl.lit(True)

        def _holds(self, value, params):
            return True

        def _words(self, labels):
            return Text("", "")

    assert Other().holds(SimpleNamespace())
    with pytest.raises(TypeError, match="no condition is known"):
        as_q(~Other())
