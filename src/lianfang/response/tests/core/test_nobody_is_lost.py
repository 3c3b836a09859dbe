"""Whom a case named or met is a contact, or stands there with a reason: worked by hand."""

import datetime as dt
from functools import partial

import polars as pl
import pytest

from lianfang.engines.engine import open_session
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PRESENCES
from lianfang.playbook.load import load
from lianfang.response.core.loop import Inputs, respond
from lianfang.tracing.tracer import find_contacts

AS_OF = dt.datetime(2022, 8, 8, 8)
EIGHT, NINE = load("covid19-cn-8"), load("covid19-cn-9")


def at(day, hour=0):
    return dt.datetime(2022, 8, day, hour) if day > 0 else dt.datetime(2022, 7, 31 + day, hour)


def frame(schema, rows):
    return schema.conform(pl.DataFrame(rows, infer_schema_length=None))


def presences(*rows):
    names = ["person_id", "place_id", "place_kind", "start", "end"]
    return frame(PRESENCES, [dict(zip(names, row, strict=True)) for row in rows])


@pytest.fixture(scope="module")
def answer():
    with open_session(threads=1) as session:
        yield lambda book, **facts: respond(
            Inputs(**facts), playbook=book, as_of=AS_OF, trace=partial(find_contacts, session=session)
        )


def categories(done):
    return dict(done.contacts.select("person_id", "category").rows())


def told_of(done, person):
    return done.undecided.filter(pl.col("value") == person).select("table", "row", "column", "reason_en").rows()


@pytest.fixture
def named():
    """Positive on the 2nd, ill on the 6th, isolated at 18:00 of the 5th: infectious from 31 July to then."""
    case = {"case_id": "C1", "person_id": "P1", "onset_date": at(6), "sampled_at": at(2), "isolated_at": at(5, 18)}
    told = [
        ("in", at(1), at(2)),  # the bare date 08-01
        ("first day", at(0), at(1)),  # 07-31
        ("day before", at(-1), at(0)),  # 07-30
        ("day of isolation", at(5), at(6)),  # 08-05
        ("after isolation", at(5, 18), at(5, 19)),
        ("next day", at(6), at(7)),
        ("over it all", at(-3), at(7)),
        ("nobody knows", None, None),
        ("went on", at(-3), None),
        ("last alone", None, at(7)),
    ]
    names = ["person_id", "first_contact", "last_contact"]
    rows = [{"case_id": "C1", "place_kind": "meal", **dict(zip(names, row, strict=True))} for row in told]
    return {"cases": frame(CASES, [case]), "interviews": frame(INTERVIEWS, rows)}


def test_interviews_outside_of_the_window_are_said_with_its_dates_and_ask_for_nothing(answer, named):
    done = answer(NINE, **named)
    outside = {"day before", "after isolation", "next day", "last alone"}
    assert {p for p, category in categories(done).items() if category == "outside_window"} == outside
    assert {p for p, category in categories(done).items() if category == "close_contact"} == {
        "in", "first day", "day of isolation", "over it all", "nobody knows", "went on",
    }  # fmt: skip
    ((table, row, column, words),) = told_of(done, "next day")
    assert (table, row, column) == ("contacts", 5, "last_contact")
    assert "not in the infectious window: 2022-07-31 00:00 to 2022-08-05 18:00" in words
    assert not outside & set(done.measures["person_id"])
    cut = done.contacts.filter(pl.col("person_id") == "over it all").row(0, named=True)
    assert (cut["first_contact"], cut["last_contact"]) == (at(0), at(5, 18))
    assert done.figures["contacts.total"].value == 6


def test_whoever_is_a_contact_by_another_meeting_has_that_one(answer, named):
    again = named["interviews"].filter(pl.col("person_id") == "in").with_columns(
        first_contact=pl.lit(at(6)), last_contact=pl.lit(at(7)), place_kind=pl.lit("work")
    )  # fmt: skip
    done = answer(NINE, **named | {"interviews": pl.concat([named["interviews"], again])})
    rows = done.contacts.filter(pl.col("person_id") == "in").sort("place_kind")
    assert rows["category"].to_list() == ["close_contact", "outside_window"]
    ends = done.measures.filter(pl.col("person_id") == "in")["end"]
    assert ends.max() == answer(NINE, **named).measures.filter(pl.col("person_id") == "in")["end"].max()
    assert len(told_of(done, "in")) == 1


def test_an_empty_window_is_said_of_the_case_and_of_everybody_it_named_or_met(answer):
    """Isolated on 1 August, ill on the 6th: nobody knows which of both is wrong."""
    case = {"case_id": "C1", "person_id": "P1", "onset_date": at(6), "sampled_at": None, "isolated_at": at(1, 8)}
    done = answer(
        NINE,
        cases=frame(CASES, [case]),
        interviews=frame(INTERVIEWS, [{"case_id": "C1", "person_id": "named", "last_contact": at(5)}]),
        presences=presences(
            ("P1", "r", "meal", at(0, 12), at(0, 13)),
            ("met", "r", "meal", at(0, 12), at(0, 13)),
            ("P1", "r", "meal", at(-9, 12), at(-9, 13)),
            ("long ago", "r", "meal", at(-9, 12), at(-9, 13)),
        ),
    )
    assert categories(done) == {"named": "undecided", "met": "undecided"}
    # Beside it stands that nobody knows when the case was diagnosed or reported.
    assert ("cases", 0, "isolated_at") in [one[:3] for one in told_of(done, "C1")]
    for person in ("named", "met"):
        ((table, row, column, words),) = told_of(done, person)
        assert (table, row, column) == ("cases", 0, "isolated_at")
        assert "case C1" in words and person in words and "not decided" in words
    assert done.measures["person_id"].to_list() == ["P1"]


def test_a_case_that_was_ruled_out_says_so_of_whom_it_named(answer):
    case = {"case_id": "C1", "person_id": "P1", "onset_date": at(6), "isolated_at": None, "classification": "excluded"}
    told = [{"case_id": "C1", "person_id": "named", "last_contact": at(6)}]
    done = answer(NINE, cases=frame(CASES, [case]), interviews=frame(INTERVIEWS, told))
    assert not done.contacts.height
    assert told_of(done, "named")[0][:3] == ("contacts", 0, "case_id")


@pytest.fixture
def ill():
    """B ate with A on the 1st and was at home with C until the 4th, when he was isolated; he fell ill on the 7th."""
    times = {"onset_date": at(2), "sampled_at": None, "isolated_at": at(3, 18), "reported_at": at(3, 12)}
    first = {"case_id": "A", "person_id": "PA", **times}
    rows = presences(
        ("PA", "r", "meal", at(1, 12), at(1, 13)),
        ("PB", "r", "meal", at(1, 12), at(1, 13)),
        ("PB", "home", "dwelling", at(1, 18), at(4, 8)),
        ("PC", "home", "dwelling", at(1, 18), at(4, 8)),
    )
    second = {"case_id": "B", "person_id": "PB", "onset_date": at(7), "isolated_at": at(4, 8), "reported_at": at(7, 12)}
    return first, second, rows


@pytest.mark.parametrize(
    ("book", "category", "measure", "start"),
    [
        (EIGHT, "close_contact", "central_quarantine", at(7, 12)),
        (NINE, "secondary_contact", "home_quarantine", at(4, 8)),
    ],
    ids=["eight", "nine"],
)
def test_a_contact_who_falls_ill_takes_nobody_along(answer, ill, book, category, measure, start):
    first, second, rows = ill
    before = answer(book, cases=frame(CASES, [first]), presences=rows)
    assert before.contacts.filter(pl.col("person_id") == "PC")["category"].to_list() == ["secondary_contact"]
    after = answer(book, cases=frame(CASES, [first, second]), presences=rows)
    row = after.contacts.filter(pl.col("person_id") == "PC", pl.col("degree") == 2).row(0, named=True)
    assert (row["via_person_id"], row["category"], row["rule"]) == ("PB", category, "category.via_positive")
    own = after.measures.filter(pl.col("person_id") == "PC").sort("start").row(0, named=True)
    assert (own["measure"], own["start"]) == (measure, start), "an upgrade begins with the result"


@pytest.mark.parametrize("positive", ["2022-08-07:pos", "2022/8/7:阳性"])
def test_an_own_positive_test_of_the_contact_does_the_same(answer, ill, positive):
    first, _, rows = ill
    people = frame(PEOPLE, [{"person_id": "PB", "own_tests": f"2022-08-04:neg;{positive}"}])
    done = answer(EIGHT, cases=frame(CASES, [first]), presences=rows, people=people)
    assert categories(done)["PC"] == "close_contact"
    later = people.with_columns(own_tests=pl.lit("2022-08-04:neg;2022-08-09:pos"))
    assert categories(answer(EIGHT, cases=frame(CASES, [first]), presences=rows, people=later))["PC"] == (
        "secondary_contact"
    ), "tomorrow's result is not known"


def test_the_clock_of_a_secondary_contact_runs_from_the_latest_meeting_with_any_close_contact(answer):
    """D ate with B on the 2nd and lives with E, another close contact: row by B, clock by E."""
    first = {"case_id": "A", "person_id": "PA", "onset_date": at(2), "isolated_at": at(3, 18)}
    rows = presences(
        *((who, "r", "meal", at(1, 12), at(1, 13)) for who in ("PA", "PB", "PE")),
        ("PB", "s", "meal", at(2, 12), at(2, 13)),
        ("PD", "s", "meal", at(2, 12), at(2, 13)),
        ("PE", "home", "dwelling", at(3, 18), at(6, 8)),
        ("PD", "home", "dwelling", at(3, 18), at(6, 8)),
    )
    done = answer(NINE, cases=frame(CASES, [first]), presences=rows)
    row = done.contacts.filter(pl.col("person_id") == "PD").row(0, named=True)
    assert (row["via_person_id"], row["last_contact"], row["latest_exposure"]) == ("PB", at(2, 13), at(6, 8))
    assert done.measures.filter(pl.col("person_id") == "PD")["end"].max() == at(14)


def test_a_general_contact_who_lives_with_a_close_contact_is_a_secondary_contact(answer):
    first = {"case_id": "A", "person_id": "PA", "onset_date": at(2), "isolated_at": at(3, 18)}
    told = {"case_id": "A", "person_id": "PG", "place_kind": "care", "protected": True}
    rows = presences(
        *((who, "r", "meal", at(1, 12), at(1, 13)) for who in ("PA", "PB")),
        *((who, "home", "dwelling", at(1, 18), at(2, 8)) for who in ("PB", "PG")),
    )
    done = answer(
        NINE,
        cases=frame(CASES, [first]),
        presences=rows,
        interviews=frame(INTERVIEWS, [told | {"first_contact": at(2), "last_contact": at(3)}]),
    )
    found = done.contacts.filter(pl.col("person_id") == "PG").sort("degree")["category"].to_list()
    assert found == ["general_contact", "secondary_contact"]
    assert done.measures.filter(pl.col("person_id") == "PG")["measure"].to_list() == ["home_quarantine"]


def test_refusing_a_contact_settles_who_hung_on_them_also_where_they_fell_ill(answer, ill):
    first, second, rows = ill
    columns = ["person_id", "decision", "category", "rule"]
    refused = [("PB", "refused", "close_contact", "category.close_contact")]
    decisions = pl.DataFrame(refused, schema=columns, orient="row")
    for cases in ([first], [first, second | {"isolated_at": at(7, 12)}]):
        done = answer(NINE, cases=frame(CASES, cases), presences=rows, decisions=decisions)
        assert not done.contacts.filter(pl.col("degree") == 2).height
        assert "PC" not in done.measures["person_id"]
