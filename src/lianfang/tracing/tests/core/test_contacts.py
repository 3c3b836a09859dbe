"""Merging of co-presence and interview, and categories, beside a slow and plain telling of the same rules."""

import datetime as dt
import random

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.engines.engine import open_session
from lianfang.kernel.schema import CASES, CONTACTS, INTERVIEWS, PRESENCES
from lianfang.playbook.load import load
from lianfang.presences.opened import open_presences
from lianfang.tracing.core.contacts import categorise, join_interviews, thresholds_of, usable_interviews
from lianfang.tracing.core.reasons import Met, reason
from lianfang.tracing.tracer import find_contacts

DAY = dt.datetime(2021, 8, 2)
KINDS = ["dwelling", "meal", "work"]
MICRO = {
    "case_id": pl.String,
    "person_id": pl.String,
    "place_kind": pl.String,
    "microseconds": pl.Int64,
    "encounters": pl.Int64,
    "first_contact": pl.Datetime("us"),
    "last_contact": pl.Datetime("us"),
}
WINDOWS = pl.DataFrame(
    {"case_id": ["c1", "c2"], "person_id": ["a", "b"], "infectious_from": [DAY, None]},
    schema_overrides={"infectious_from": pl.Datetime("us")},
)


@pytest.fixture(scope="module")
def book():
    return load("covid19-cn-8")


def merged_slowly(first, interviews):
    """One dict a case, person and place kind; straight from the words of the definition."""
    found = {}
    for row in first:
        key = (row["case_id"], row["person_id"], row["place_kind"])
        found[key] = {**row, "found_by": "co-presence", "protected": False}
    told = {}
    for row in interviews:
        person_of = {"c1": "a", "c2": "b"}
        if row["case_id"] not in person_of or person_of[row["case_id"]] == row["person_id"]:
            continue
        kind = row["place_kind"]
        if kind is None:
            pair = [r for r in first if (r["case_id"], r["person_id"]) == (row["case_id"], row["person_id"])]
            kind = min(pair, key=lambda r: (-r["microseconds"], r["place_kind"]))["place_kind"] if pair else "other"
        told.setdefault((row["case_id"], row["person_id"], kind), []).append(row)
    for key, rows in told.items():
        seen = found.get(key)
        own = seen or dict(zip(("case_id", "person_id", "place_kind"), key, strict=True)) | {
            "microseconds": None,
            "encounters": None,
        }
        firsts = [r["first_contact"] for r in [*rows, own] if r.get("first_contact")]
        lasts = [r["last_contact"] for r in [*rows, own] if r.get("last_contact")]
        found[key] = own | {
            "first_contact": min(firsts, default=None),
            "last_contact": max(lasts, default=None),
            "found_by": "both" if seen else "interview",
            "protected": all(r["protected"] is True for r in rows),
        }
    for key, row in found.items():
        row["since"] = row["first_contact"] or (DAY if key[0] == "c1" else None)
        row["category"] = "general_contact" if row["protected"] else "close_contact"
        row["rule"] = f"category.{row['category']}"
    return sorted(found.values(), key=lambda r: (r["case_id"], r["person_id"], r["place_kind"]))


def random_tables(seed):
    chance = random.Random(seed)
    pairs = [
        (case, person) for case in ("c1", "c2") for person in "abcd" if (case, person) not in (("c1", "a"), ("c2", "b"))
    ]
    first = []
    for case, person in pairs:
        for kind in KINDS:
            if chance.random() < 0.3:
                start = DAY + dt.timedelta(minutes=chance.randrange(3000))
                length = chance.choice([60, 900, 1800])
                first.append(
                    {
                        "case_id": case,
                        "person_id": person,
                        "place_kind": kind,
                        "microseconds": length * 1_000_000,
                        "encounters": chance.randint(1, 3),
                        "first_contact": start,
                        "last_contact": start + dt.timedelta(seconds=length),
                    }
                )
    interviews = []
    for _ in range(chance.randrange(9)):
        start = DAY + dt.timedelta(hours=chance.randrange(48)) if chance.random() < 0.6 else None
        interviews.append(
            {
                "case_id": chance.choice(["c1", "c1", "c2", "c9"]),
                "person_id": chance.choice("abcd"),
                "place_kind": chance.choice([*KINDS, None, None]),
                "first_contact": start,
                "last_contact": (start or DAY) + dt.timedelta(hours=2) if chance.random() < 0.6 else None,
                "protected": chance.choice([True, True, False, None]),
            }
        )
    return first, interviews


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_merging_equals_the_plain_telling(book, seed):
    first, interviews = random_tables(seed)
    told = INTERVIEWS.conform(pl.DataFrame(interviews, schema=INTERVIEWS.dtypes) if interviews else INTERVIEWS.empty())
    got = categorise(join_interviews(pl.DataFrame(first, schema=MICRO), told, windows=WINDOWS), degree=1, playbook=book)
    expected = merged_slowly(first, interviews)
    assert got.sort("case_id", "person_id", "place_kind").to_dicts() == [
        {name: row[name] for name in got.columns} for row in expected
    ]


def test_an_interview_of_an_unknown_case_or_of_the_case_itself_makes_no_contact():
    told = pl.DataFrame({"case_id": ["c1", "c1", "c9"], "person_id": ["b", "a", "d"]})
    assert usable_interviews(told, cases=WINDOWS).to_list() == [True, False, False]


def test_thresholds_come_from_the_first_rule_that_names_the_kind(book):
    assert thresholds_of(book, degree=1) == {
        "dwelling": 0,
        **dict.fromkeys(["work", "school", "meal", "vehicle", "venue", "care", "other"], 15),
    }


def presence(person, place, kind, start, minutes):
    return (person, place, kind, start, start + dt.timedelta(minutes=minutes))


def one_case():
    return CASES.conform(pl.DataFrame({"case_id": ["c1"], "person_id": ["a"], "onset_date": [DAY]}))


@pytest.fixture
def world():
    """Case a ate with m and worked with w; m lives with s; g was met under protection and lives with h."""
    noon = DAY + dt.timedelta(hours=12)
    rows = [
        presence("a", "table", "meal", noon, 60),
        presence("m", "table", "meal", noon, 20),
        presence("a", "office", "work", noon + dt.timedelta(hours=2), 180),
        presence("w", "office", "work", noon + dt.timedelta(hours=2), 15),
        presence("x", "office", "work", noon + dt.timedelta(hours=2), 14),
        presence("m", "home m", "dwelling", noon + dt.timedelta(hours=8), 600),
        presence("s", "home m", "dwelling", noon + dt.timedelta(hours=9), 5),
        presence("g", "home g", "dwelling", noon + dt.timedelta(hours=8), 600),
        presence("h", "home g", "dwelling", noon + dt.timedelta(hours=8), 600),
    ]
    presences = PRESENCES.conform(
        pl.DataFrame(rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row")
    )
    interviews = INTERVIEWS.conform(
        pl.DataFrame(
            [
                {"case_id": "c1", "person_id": "m", "place_kind": None, "protected": None},
                {"case_id": "c1", "person_id": "g", "place_kind": "care", "protected": True},
                {"case_id": "c1", "person_id": "k", "place_kind": None, "protected": False},
            ]
        )
    )
    return one_case(), presences, interviews


def test_contacts_of_a_playbook_from_both_sources(world, book):
    cases, presences, interviews = world
    as_of = DAY + dt.timedelta(days=2)
    with open_session() as session:
        got = find_contacts(cases, presences, interviews, playbook=book, as_of=as_of, session=session)
        mixed = find_contacts(
            cases,
            presences.sample(fraction=1, shuffle=True, seed=3),
            interviews.reverse(),
            playbook=book,
            as_of=as_of,
            session=session,
        )
    assert got.schema == pl.Schema(CONTACTS.dtypes)
    columns = ["degree", "person_id", "via_person_id", "place_kind", "minutes", "category", "rule", "found_by"]
    close, general, second = (f"category.{c}" for c in ("close_contact", "general_contact", "secondary_contact"))
    assert got.select(columns).rows() == [
        (1, "m", None, "meal", 20.0, "close_contact", close, "both"),
        (1, "w", None, "work", 15.0, "close_contact", close, "co-presence"),
        (1, "g", None, "care", None, "general_contact", general, "interview"),
        (1, "k", None, "other", None, "close_contact", close, "interview"),
        (2, "s", "m", "dwelling", 5.0, "secondary_contact", second, "co-presence"),
    ], "h lives with a general contact, who carries nothing further"
    assert mixed.equals(got), "the order of the input changes nothing"


def test_contact_under_isolation_carries_nothing_afterwards(world, book):
    cases, presences, interviews = world
    known = pl.DataFrame({"person_id": ["m"], "isolated_at": [DAY + dt.timedelta(hours=18)]})
    got = find_contacts(cases, presences, interviews, playbook=book, as_of=DAY + dt.timedelta(days=2), isolations=known)
    assert got.filter(pl.col("degree") == 2).is_empty()


def test_interviews_alone_are_enough(world, book):
    cases, _, interviews = world
    got = find_contacts(cases, None, interviews, playbook=book, as_of=DAY + dt.timedelta(days=2))
    assert got.select("person_id", "place_kind", "minutes").rows() == [
        ("g", "care", None),
        ("k", "other", None),
        ("m", "other", None),
    ]


def test_a_playbook_that_does_not_trace_the_second_degree_gives_none(world, book):
    cases, presences, interviews = world
    rule = book.tracing.second_degree.model_copy(update={"traced": False})
    plain = book.model_copy(update={"tracing": book.tracing.model_copy(update={"second_degree": rule})})
    got = find_contacts(cases, presences, interviews, playbook=plain, as_of=DAY + dt.timedelta(days=2))
    assert set(got["degree"]) == {1}


def flight():
    """A case in 12A of a plane; one of the next rows, one far off, the crew, one without a seat, one of a coach."""
    noon = DAY + dt.timedelta(hours=12)
    rows = [
        ("a", "CA1", "aircraft", "12A"),
        ("near", "CA1", "aircraft", "15F"),
        ("far", "CA1", "aircraft", "１６Ａ"),
        ("crew", "CA1", "aircraft", "乘务员"),
        ("seatless", "CA1", "aircraft", None),
        ("a", "coach", "coach_closed", "1A"),
        ("rider", "coach", "coach_closed", "10D"),
        ("a", "ferry", None, "1A"),
        ("sailor", "ferry", None, "10D"),
    ]
    start = {"CA1": noon, "coach": noon + dt.timedelta(hours=4), "ferry": noon + dt.timedelta(hours=8)}
    frame = pl.DataFrame(
        [
            {"person_id": who, "place_id": place, "vehicle": vehicle, "seat": seat, "start": start[place]}
            for who, place, vehicle, seat in rows
        ]
    ).with_columns(place_kind=pl.lit("vehicle"), end=pl.col("start") + dt.timedelta(hours=2))
    return PRESENCES.conform(frame)


@pytest.mark.parametrize("engine", ["duckdb", "duckdb in place", "duckdb two sources"])
def test_seats_decide_in_vehicles_and_the_whole_unit_counts_where_they_are_not_known(engine, world, tmp_path):
    held_to_the_seats(engine, world[0], tmp_path)


def held_to_the_seats(engine, cases, tmp_path):
    """Seats decide in vehicles, and the whole unit counts where they are not known; Spark too (`test_spark.py`)."""
    presences = flight()
    if engine == "duckdb in place":
        presences.write_parquet(tmp_path / "presences.parquet")
        presences = tmp_path / "presences.parquet"
    if engine == "duckdb two sources":
        plain = presences.filter(pl.col("vehicle").is_null()).drop("vehicle", "seat")
        presences = [presences.filter(pl.col("vehicle").is_not_null()), plain]
    with open_session("spark" if engine == "spark" else "duckdb") as session:
        got = find_contacts(
            cases,
            open_presences(session, presences),
            INTERVIEWS.empty(),
            playbook=load("covid19-cn-9"),
            as_of=DAY + dt.timedelta(days=2),
            session=session,
        )
    assert dict(got.filter(pl.col("degree") == 1).select("person_id", "seat_unknown").rows()) == {
        "near": False,
        "crew": False,
        "seatless": True,
        "rider": False,
        "sailor": True,
    }, "row 16 is four rows off"


def test_a_playbook_without_seat_rules_takes_every_vehicle_as_one_place(world, book):
    got = find_contacts(world[0], flight(), INTERVIEWS.empty(), playbook=book, as_of=DAY + dt.timedelta(days=2))
    first = got.filter(pl.col("degree") == 1)
    assert set(first["person_id"]) == {"near", "far", "crew", "seatless", "rider", "sailor"}
    assert not first["seat_unknown"].any(), "no rule asked for a seat"


def test_the_reason_says_that_the_seat_was_not_known():
    met = Met("c1", 1, "", "vehicle", 45.0, 1, DAY, DAY, "co-presence", "category.close_contact", seat_unknown=True)
    assert reason(met).zh == "与病例c1 · 交通工具 · 45分钟 · 座位不详，按整个单元判定"
    assert reason(met).en == "With case c1 · Vehicle · 45 min · seat not known, so the whole unit counts"
    assert "seat" not in reason(met._replace(seat_unknown=False)).en


def test_under_a_playbook_without_seat_rules_the_whole_vehicle_counts_and_the_reason_says_so() -> None:
    met = Met(
        "c1", 1, "", "vehicle", 45.0, 1, DAY, DAY, "co-presence", "category.close_contact", without_seat_rule=True
    )
    assert reason(met).zh == "与病例c1 · 交通工具 · 45分钟 · 本版方案未规定座位范围，按整个车厢/航班计"
    assert reason(met).en == "With case c1 · Vehicle · 45 min · whole vehicle: this edition has no seat rule"
    assert "whole vehicle" in reason(met._replace(found_by="both")).en
    # Whom the case named was named, wherever they sat; elsewhere there are no seats.
    assert "seat" not in reason(met._replace(found_by="interview", minutes=None, encounters=None)).en
    assert "seat" not in reason(met._replace(place_kind="meal")).en
