"""What investigators decide counts before anybody is sought through a contact; example: docs/algorithms/tracing.md."""

import datetime as dt

import polars as pl
import pytest

from lianfang.kernel.schema import CASES, INTERVIEWS, PRESENCES
from lianfang.playbook.load import load
from lianfang.response.core.loop import Inputs, respond
from lianfang.tracing.tracer import find_contacts

NOON = dt.datetime(2021, 8, 2, 12)
AS_OF = dt.datetime(2021, 8, 4)
BOOK = load("covid19-cn-8")
DECIDED = ["person_id", "decision", "category", "rule"]
CLOSE, GENERAL, SECOND = (f"category.{name}_contact" for name in ("close", "general", "secondary"))


def presence(person, place, kind, start, minutes):
    return (person, place, kind, start, start + dt.timedelta(minutes=minutes))


@pytest.fixture(scope="module")
def known():
    """An ate with Mei, who then was at home with Su; Gu nursed An under protection, and was at home with Hu."""
    evening = NOON + dt.timedelta(hours=8)
    rows = [
        presence("an", "table", "meal", NOON, 60),
        presence("mei", "table", "meal", NOON, 20),
        presence("mei", "home 1", "dwelling", evening, 60),
        presence("su", "home 1", "dwelling", evening, 60),
        presence("gu", "home 2", "dwelling", evening, 60),
        presence("hu", "home 2", "dwelling", evening, 60),
    ]
    told = {"case_id": ["A"], "person_id": ["gu"], "place_kind": ["care"], "protected": [True], "last_contact": [NOON]}
    return {
        "cases": CASES.conform(
            pl.DataFrame({"case_id": ["A"], "person_id": ["an"], "onset_date": [dt.datetime(2021, 8, 2)]})
        ),
        "presences": PRESENCES.conform(
            pl.DataFrame(rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row")
        ),
        "interviews": INTERVIEWS.conform(pl.DataFrame(told)),
    }


def answered(known, *decided):
    decisions = pl.DataFrame(decided, schema=DECIDED, orient="row") if decided else None
    return respond(Inputs(**known, decisions=decisions), playbook=BOOK, as_of=AS_OF, trace=find_contacts)


def through(done):
    """Whom the second degree names, and through whom."""
    return done.contacts.filter(pl.col("degree") == 2).select("person_id", "via_person_id").sort("person_id").rows()


def asked_of(done):
    return set(done.measures["person_id"])


def test_without_a_decision_the_second_degree_is_sought_through_whom_the_playbook_calls_close(known):
    done = answered(known)
    assert through(done) == [("su", "mei")]
    assert {"mei", "su"} <= asked_of(done) and "hu" not in asked_of(done)


def test_nobody_is_a_secondary_contact_through_whom_an_investigator_refused(known):
    done = answered(known, ("mei", "refused", "close_contact", CLOSE))
    assert through(done) == []
    assert not {"mei", "su"} & asked_of(done)
    assert done.contacts.filter(pl.col("person_id") == "mei").height == 1, "what was found is not hidden"


def test_whom_an_investigator_calls_a_close_contact_carries(known):
    done = answered(known, ("gu", "accepted", "close_contact", GENERAL))
    assert through(done) == [("hu", "gu"), ("su", "mei")]
    assert {"gu", "hu", "mei", "su"} <= asked_of(done)


def test_whom_an_investigator_calls_something_else_carries_nothing(known):
    done = answered(known, ("mei", "accepted", "general_contact", CLOSE))
    assert through(done) == []
    assert "su" not in asked_of(done)


def test_accepting_what_was_proposed_changes_nothing(known):
    accepted = [("mei", "accepted", "close_contact", CLOSE), ("gu", "accepted", "general_contact", GENERAL)]
    accepted.append(("su", "accepted", "secondary_contact", SECOND))
    plain, done = answered(known), answered(known, *accepted)
    for name in {"contacts", "measures", "chains", "clocks"} & plain.given.keys():
        assert done.given[name].equals(plain.given[name]), name


def test_who_was_accepted_as_proposed_carries_once_later_facts_make_a_close_contact_of_them(known):
    """Mei was accepted while only a meeting under protection was known; the meal came to light afterwards."""
    assert through(answered(known, ("mei", "accepted", "general_contact", GENERAL))) == [("su", "mei")]
    assert through(answered(known, ("mei", "accepted", "secondary_contact", SECOND))) == [("su", "mei")]


def test_whom_an_investigator_calls_close_counts_from_the_close_row_where_the_playbook_has_one(known):
    """Under protection in the morning, without it at noon: only from noon on could it have been carried home."""
    early = {
        "case_id": "A",
        "person_id": "mei",
        "place_kind": "care",
        "protected": True,
        "first_contact": NOON - dt.timedelta(hours=6),
    }
    lunch = [
        presence("mei", "home 1", "dwelling", NOON - dt.timedelta(hours=4), 60),
        presence("su", "home 1", "dwelling", NOON - dt.timedelta(hours=4), 60),
    ]
    earlier = PRESENCES.conform(
        pl.DataFrame(lunch, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row")
    )
    here = known | {
        "presences": pl.concat([known["presences"].filter(pl.col("person_id") != "su"), earlier]),
        "interviews": INTERVIEWS.conform(pl.DataFrame([early])),
    }
    assert through(answered(here)) == []
    assert through(answered(here, ("mei", "accepted", "close_contact", CLOSE))) == []
    # Called a general contact by the playbook and a close one by the investigator, every row counts.
    here["presences"] = here["presences"].filter((pl.col("person_id") != "mei") | (pl.col("place_id") != "table"))
    assert through(answered(here)) == []
    assert through(answered(here, ("mei", "accepted", "close_contact", GENERAL))) == [("su", "mei")]
