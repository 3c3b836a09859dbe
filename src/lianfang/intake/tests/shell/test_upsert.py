"""Frames into tables, on both databases."""

import datetime as dt
import time

import polars as pl
import pytest

from lianfang.access.models import Jurisdiction
from lianfang.access.scope import Scope, system_scope
from lianfang.access.scoped import UnscopedQuery
from lianfang.access.times import to_aware
from lianfang.measures.models import Measure
from lianfang.outbreaks.models import Outbreak
from lianfang.records.upsert import pending_rows, stored_rows, update_frame, upsert_frame
from lianfang.registry.models import Person

pytestmark = [pytest.mark.database, pytest.mark.django_db]

EVERYTHING = system_scope("test")


@pytest.fixture
def county():
    return Jurisdiction.objects.create(code="330999", name="县", level="county", path="330999/")


def people(count: int, **columns) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "person_id": [f"P{i}" for i in range(count)],
            "name": [f'张"{i}, 三\n' for i in range(count)],
            "jurisdiction": ["330999"] * count,
            "birth_date": [dt.date(1980, 1, 5)] * (count - 1) + [None],
        }
    ).with_columns(**columns)


def test_rows_are_inserted_changed_and_left_alone(county):
    assert upsert_frame(Person, people(3), key=["person_id"], update=["name"]) == 3
    assert upsert_frame(Person, people(3), key=["person_id"], update=["name"]) == 0
    changed = people(4).with_columns(
        pl.when(pl.col("person_id") == "P1").then(pl.lit("李")).otherwise("name").alias("name")
    )
    assert upsert_frame(Person, changed, key=["person_id"], update=["name"]) == 2
    stored = {p.person_id: p for p in Person.objects.within(EVERYTHING)}
    assert [stored[f"P{i}"].name for i in range(4)] == ['张"0, 三\n', "李", '张"2, 三\n', '张"3, 三\n']
    assert stored["P0"].birth_date == dt.date(1980, 1, 5)
    assert stored["P3"].birth_date is None
    assert (stored["P0"].sex, stored["P0"].phone, stored["P0"].household_id) == ("unknown", "", None)


def test_without_update_what_is_there_stays(county):
    upsert_frame(Person, people(1), key=["person_id"])
    assert upsert_frame(Person, people(1, name=pl.lit("王")), key=["person_id"]) == 0
    assert Person.objects.within(EVERYTHING).get().name.startswith("张")


def test_times_lists_and_what_was_decided(county):
    upsert_frame(Person, people(2), key=["person_id"])
    Outbreak.objects.create(code="O", name="O", playbook="p", jurisdiction=county, started_on=dt.date(2022, 1, 1))
    frame = pl.DataFrame(
        {
            "outbreak_id": ["O", "O"],
            "person_id": ["P0", "P1"],
            "jurisdiction_id": ["330999", "330999"],
            "category": ["close_contact"] * 2,
            "kind": ["central_quarantine"] * 2,
            "place_class": ["central"] * 2,
            "start": [dt.datetime(2022, 1, 5), dt.datetime(2022, 1, 5, 8, 30, 0, 250000)],
            "end": [dt.datetime(2022, 1, 19), None],
            "clock_from": ["last_exposure"] * 2,
            "test_dates": [[dt.date(2022, 1, 5)], []],
            "rule": ["measure.close_contact.central"] * 2,
            "reason_zh": ["因为"] * 2,
            "reason_en": ["because"] * 2,
            "playbook": ["p@0"] * 2,
            "proposed_at": [dt.datetime(2022, 1, 5)] * 2,
        }
    )
    key, update = ["outbreak", "person", "rule"], ["start", "end", "test_dates"]
    assert upsert_frame(Measure, frame, key=key, update=update, guard={"decision": "proposed"}) == 2
    first, second = Measure.objects.within(EVERYTHING).order_by("person_id")
    assert first.start == dt.datetime(2022, 1, 4, 16, tzinfo=dt.UTC)
    assert second.start == dt.datetime(2022, 1, 5, 0, 30, 0, 250000, tzinfo=dt.UTC)
    assert (first.test_dates, second.test_dates, second.end) == (["2022-01-05"], [], None)
    # The same value written by the ORM is the same row: a filter on it finds it, and an upsert leaves it alone.
    first.save()
    assert upsert_frame(Measure, frame, key=key, update=update, guard={"decision": "proposed"}) == 0
    first.decision = "accepted"
    first.save()
    later = frame.with_columns(pl.col("start") + pl.duration(days=1))
    assert upsert_frame(Measure, later, key=key, update=update, guard={"decision": "proposed"}) == 1
    first.refresh_from_db()
    assert first.start == dt.datetime(2022, 1, 4, 16, tzinfo=dt.UTC)


def test_a_guard_on_an_empty_field(county):
    upsert_frame(Person, people(2), key=["person_id"])
    later = people(2, name=pl.lit("王"))
    assert upsert_frame(Person, later, key=["person_id"], update=["name"], guard={"birth_date": None}) == 1
    assert [p.name for p in Person.objects.within(EVERYTHING).order_by("person_id")] == ['张"0, 三\n', "王"]


def test_the_last_row_of_a_repeated_key_counts(county):
    twice = pl.concat([people(1), people(1, name=pl.lit("新"))])
    assert upsert_frame(Person, twice, key=["person_id"], update=["name"]) == 1
    assert Person.objects.within(EVERYTHING).get().name == "新"


def test_an_unknown_column_is_an_error_of_the_programmer(county):
    with pytest.raises(ValueError, match="no field 'nickname'"):
        upsert_frame(Person, people(1, nickname=pl.lit("x")), key=["person_id"])


def test_a_population_goes_in_within_seconds(county):
    frame = people(50_000)
    started = time.perf_counter()
    assert upsert_frame(Person, frame, key=["person_id"], update=["name"]) == 50_000
    # Some 60,000 rows a second on an idle machine; the bound only notices a loop over the rows.
    assert time.perf_counter() - started < 8


@pytest.fixture
def proposals(county):
    """Three measures as a frame, with every sort of field that is compared."""
    upsert_frame(Person, people(3), key=["person_id"])
    Outbreak.objects.create(code="O", name="O", playbook="p", jurisdiction=county, started_on=dt.date(2022, 1, 1))
    start = dt.datetime(2022, 7, 5, 8)
    return pl.DataFrame(
        {
            "outbreak": ["O"] * 3,
            "person_id": ["P0", "P1", "P2"],
            "jurisdiction": ["330999"] * 3,
            "category": ["close_contact"] * 3,
            "kind": ["home_quarantine"] * 3,
            "place_class": ["home"] * 3,
            "start": [start, start + dt.timedelta(microseconds=250), start],
            "end": [start + dt.timedelta(days=7), None, None],
            "clock_from": ["last_exposure", "", None],
            "test_dates": [["2022-07-06", "2022-07-09"], [], ["2022-07-06"]],
            "rule": ["r"] * 3,
            "reason_zh": ["“一”", "二\n", ""],
            "reason_en": ['"a"', "b", ""],
            "playbook": ["p@1"] * 3,
            "proposed_at": [start] * 3,
        }
    )


MEASURE = ("outbreak", "person", "rule")
TOLD = ("jurisdiction", "start", "end", "clock_from", "test_dates", "reason_zh", "reason_en")
OPEN = {"decision": "proposed"}


def pending(frame):
    stored = stored_rows(
        Measure.objects.within(EVERYTHING).filter(outbreak_id="O"),
        ["outbreak", "person_id", "rule", *TOLD, "decision"],
    )
    return pending_rows(Measure, frame, stored, key=MEASURE, update=TOLD, guard=OPEN)


def write(frame):
    return upsert_frame(Measure, frame, key=MEASURE, update=TOLD, guard=OPEN)


def test_what_is_pending_is_what_an_upsert_would_write(proposals):
    assert pending(proposals).equals(proposals)
    assert write(proposals) == 3
    assert pending(proposals).is_empty()
    hour = dt.timedelta(hours=1)
    is_p1 = pl.col("person_id") == "P1"
    for change in (
        pl.when(is_p1).then(pl.col("start") + dt.timedelta(microseconds=1)).otherwise("start").alias("start"),
        pl.when(is_p1).then(pl.col("start") + hour).otherwise("end").alias("end"),
        pl.when(is_p1).then(pl.lit("二")).otherwise("reason_zh").alias("reason_zh"),
        pl.when(is_p1).then(pl.lit(["2022-07-07"])).otherwise("test_dates").alias("test_dates"),
    ):
        changed = proposals.with_columns(change)
        assert pending(changed)["person_id"].to_list() == ["P1"]
        assert write(pending(changed)) == 1 and write(changed) == 0
        assert pending(changed).is_empty()
        write(proposals)


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("America/Santiago", dt.datetime(2021, 9, 5), dt.datetime(2021, 9, 5, 4)),  # midnight is 1:00
        ("America/Santiago", dt.datetime(2021, 9, 5, 0, 30, 0, 250), dt.datetime(2021, 9, 5, 4, 30, 0, 250)),
        ("America/Santiago", dt.datetime(2021, 4, 3, 23, 30), dt.datetime(2021, 4, 4, 2, 30)),  # comes twice
        ("Australia/Lord_Howe", dt.datetime(2021, 10, 3, 2, 15), dt.datetime(2021, 10, 2, 15, 45)),  # half an hour
        ("Asia/Shanghai", dt.datetime(2021, 9, 5), dt.datetime(2021, 9, 4, 16)),
    ],
)
def test_a_local_time_that_does_not_exist_is_stored_as_one_written_alone(proposals, settings, zone, local, utc):
    settings.TIME_ZONE = zone
    at = proposals.with_columns(start=pl.Series([local, None, local]).fill_null(dt.datetime(2021, 7, 1, 12)))
    assert write(at) == 3
    stored = Measure.objects.within(EVERYTHING).get(person_id="P0")
    assert stored.start == utc.replace(tzinfo=dt.UTC) == to_aware(local).astimezone(dt.UTC)
    assert Measure.objects.within(EVERYTHING).get(person_id="P1").start == to_aware(dt.datetime(2021, 7, 1, 12))
    assert write(at) == 0 and pending(at).is_empty()


def test_what_is_decided_or_not_compared_is_not_pending(proposals):
    write(proposals)
    Measure.unscoped.filter(person_id="P0").update(decision="accepted")
    later = proposals.with_columns(pl.col("start") + dt.timedelta(hours=1), category=pl.lit("case"))
    assert pending(later)["person_id"].to_list() == ["P1", "P2"]
    assert pending(proposals.with_columns(category=pl.lit("case"))).is_empty()


def test_of_a_repeated_key_the_last_row_is_pending(proposals):
    write(proposals)
    twice = pl.concat([proposals.with_columns(reason_en=pl.lit("x")), proposals])
    assert pending(twice).is_empty()
    assert pending(twice.reverse()).height == 3


def test_stored_rows_are_scoped(proposals):
    write(proposals)
    with pytest.raises(UnscopedQuery):
        stored_rows(Measure.objects.filter(outbreak_id="O"), ["person"])
    assert stored_rows(Measure.objects.within(Scope("account:x")), ["person", "start"]).is_empty()


def test_rows_that_are_there_are_changed_where_they_are_as_they_were_read(proposals):
    write(proposals)
    names = ["id", "person", "decision", "decided_at", "released_at"]
    stored = stored_rows(Measure.objects.within(EVERYTHING), names).sort("person")
    Measure.unscoped.filter(person_id="P1").update(decision="accepted")
    gone = Measure.unscoped.get(person_id="P2")
    key = gone.pk
    gone.delete()
    wanted = stored.with_columns(new_proposal=pl.Series(['{"a": "“一”"}', '{"a": "2"}', None]))
    same = ("decision", "decided_at", "released_at")
    assert update_frame(Measure, wanted, key="id", update=("new_proposal",), same=same) == 1
    told = dict(Measure.objects.within(EVERYTHING).values_list("person_id", "new_proposal"))
    assert told == {"P0": {"a": "“一”"}, "P1": None}
    assert not Measure.objects.within(EVERYTHING).filter(pk=key).exists(), "what is gone is not made again"
    back = wanted.head(1).with_columns(new_proposal=pl.lit(None, pl.String))
    assert update_frame(Measure, back, key="id", update=("new_proposal",)) == 1
    assert not Measure.objects.within(EVERYTHING).filter(new_proposal__isnull=False).exists()
    assert update_frame(Measure, wanted.clear(), key="id", update=("new_proposal",)) == 0
