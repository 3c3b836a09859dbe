"""Whether a response stands on what is known now: held to a slow comparison, and to each kind of fact."""

import datetime as dt
import random

import polars as pl
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.scope import system_scope
from lianfang.access.times import to_aware, to_local
from lianfang.cases.models import Case
from lianfang.kernel.schema import INTERVIEWS
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.models import Measure
from lianfang.measures.selectors import isolations_frame
from lianfang.outbreaks.models import Run
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.records.models import Clock
from lianfang.registry.models import Person
from lianfang.response import standing as module
from lianfang.response.core.facts import used_decisions
from lianfang.response.selectors import standing
from lianfang.response.services import respond_outbreak
from lianfang.response.tests.shell.conftest import AT, SCOPE
from lianfang.tracing.core.proposals import STRICTEST
from lianfang.tracing.models import Contact, Interview
from lianfang.tracing.selectors import decisions_frame, interviews_frame, used_decisions_frame
from lianfang.tracing.services import add_interview, load_interviews

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR = dt.timedelta(hours=1)
LATER = AT + HOUR


@pytest.fixture
def answered(cast):
    """The small county, answered once."""
    cache.clear()
    respond_outbreak(outbreak_code="O", at=AT)
    return cast


@pytest.fixture
def compared(monkeypatch):
    """How often facts were read again."""
    compare, times = module.stands_on, []
    monkeypatch.setattr(module, "stands_on", lambda *a, **k: times.append(None) or compare(*a, **k))
    return times


COMPARE = module.stands_on


def stands() -> bool:
    """Ask the one function; what the trail or the cache says is what comparing everything anew says."""
    said = standing("O")
    run = said.run
    if run is not None and run.facts:
        assert said.on_facts == COMPARE(run.facts, "O", SCOPE, as_of=to_local(run.as_of))
    return said.on_facts


def contact(person: str) -> Contact:
    return Contact.objects.within(SCOPE).get(person_id=person)


def stranger() -> str:
    """Return somebody whom no case named, and who is none."""
    named = Interview.unscoped.values("person_id")
    rows = Person.unscoped.exclude(pk__in=named).exclude(pk__in=Case.unscoped.values("person_id"))
    return rows.order_by("pk").last().pk


def act(code, keys, cast, **more):
    return carry_out(act=code, keys=keys, by=cast["investigator"], at=LATER, **more).change


def test_before_the_first_response_nothing_stands(small_county):
    assert standing("O").run is None and not stands()


def test_where_nothing_was_written_the_trail_says_so_without_reading_a_fact(answered, compared):
    with CaptureQueriesContext(connection) as asked:
        assert standing("O").on_facts
    assert len(asked) <= 4 and compared == []


def test_accepting_what_is_proposed_changes_nothing_and_is_compared_once(answered, compared):
    keys = list(Contact.objects.within(SCOPE).filter(decision="proposed").values_list("pk", flat=True))
    act("contact.accept", keys, answered)
    assert Measure.objects.within(SCOPE).filter(decision="accepted").exists(), "and what follows from it is ordered"
    assert stands() and stands()
    assert len(compared) == 1, "the second time the trail says it"
    Clock.objects.within(SCOPE).update(done_at=None)
    act("clock.stop", [Clock.objects.within(SCOPE).order_by("pk").first().pk], answered)
    assert stands() and len(compared) == 2


@pytest.mark.parametrize("person", ["P08", "P22"])
def test_a_refusal_and_another_category_ask_until_they_are_taken_back(answered, person):
    key = contact(person).pk
    change = act("contact.refuse", [key], answered, note="不符")
    assert not stands()
    undo_change(change_id=change.pk, by=answered["investigator"], at=LATER)
    assert stands(), "it is as it was"
    other = next(one.value for one in STRICTEST if one.value != contact(person).category)
    act("contact.categorise", [key], answered, note="改判", given={"category": other})
    assert not stands()
    respond_outbreak(outbreak_code="O", at=LATER)
    assert stands()
    assert contact(person).category == other != contact(person).found_category


def test_accepted_after_a_refusal_asks(answered):
    key = contact("P08").pk
    act("contact.refuse", [key], answered, note="不符")
    respond_outbreak(outbreak_code="O", at=LATER)
    assert stands()
    act("contact.accept", [key], answered)
    assert not stands()
    respond_outbreak(outbreak_code="O", at=LATER + HOUR)
    assert stands()


def test_a_loaded_list_of_interviews_asks_and_the_same_list_again_does_not(answered):
    stored = interviews_frame("O", SCOPE)
    assert load_interviews(interviews=stored, outbreak="O", by=SCOPE, at=LATER) == 0
    assert stands()
    new = INTERVIEWS.conform(pl.DataFrame({"case_id": ["C1"], "person_id": [stranger()], "place_kind": ["meal"]}))
    assert load_interviews(interviews=new, outbreak="O", by=SCOPE, at=LATER) == 1
    assert not stands()
    respond_outbreak(outbreak_code="O", at=LATER)
    assert stands()


def test_an_interview_that_is_entered_asks_but_who_it_was_does_not(answered):
    told = Interview.unscoped.order_by("pk").first()
    facts = {"case_id": told.case_id, "person_id": told.person_id, "place_kind": told.place_kind}
    add_interview(**facts, relation="同桌", by=answered["investigator"], at=LATER)
    assert stands(), "who the person is to the case changes nothing"
    add_interview(case_id="C1", person_id=stranger(), place_kind="meal", by=answered["investigator"], at=LATER)
    assert not stands()


def test_a_changed_case_and_another_outbreak(answered):
    case = Case.unscoped.get(pk="C1")
    from lianfang.access import audit

    Case.unscoped.filter(pk="C1").update(note="只是备注")
    audit.record(actor="x", act="write", kind="cases.case", key="C1", at=LATER)
    assert stands(), "no response reads a note"
    Case.unscoped.filter(pk="C1").update(isolated_at=case.isolated_at - HOUR if case.isolated_at else AT)
    audit.record(actor="x", act="write", kind="cases.case", key="C1", detail={"outbreak": "X"}, at=LATER)
    assert standing("O").on_facts, "the trail speaks of another outbreak"
    audit.record(actor="x", act="write", kind="cases.case", key="C1", at=LATER)
    assert not stands()


def test_an_isolation_that_it_counted_with_and_that_is_taken_back_asks(answered):
    key = contact("P06").pk
    change = act("contact.accept", [key], answered)
    isolating = isolations_frame("O", SCOPE).filter(person_id="P06")["isolated_at"].item()
    assert stands(), "accepted later than it was made, it counted with it as little as tracing did"
    later = max(LATER, to_aware(isolating)) + HOUR
    respond_outbreak(outbreak_code="O", at=later)
    assert stands()
    undo_change(change_id=change.pk, by=answered["investigator"], at=later + HOUR)
    assert not stands(), "somebody may have been met through P06 since"


def test_a_run_of_an_earlier_version_does_not_stand(answered):
    Run.objects.update(facts="")
    assert not stands()


def test_whom_tracing_finds_no_longer_loses_what_was_found_but_not_the_decision(answered):
    act("contact.accept", [contact("P14").pk], answered)
    act("contact.refuse", [contact("P06").pk], answered, note="不符")  # P14 was found through P06 alone
    respond_outbreak(outbreak_code="O", at=LATER)
    assert (contact("P14").decision, contact("P14").found_category) == ("accepted", "")
    assert stands()
    act("contact.accept", [contact("P06").pk], answered)
    respond_outbreak(outbreak_code="O", at=LATER + HOUR)
    assert contact("P14").found_category == contact("P14").category
    assert stands()


def test_used_decisions_by_query_are_those_by_the_rows_of_tracing(answered):
    found = respond_outbreak(outbreak_code="O", at=AT).response.contacts
    people = list(Contact.unscoped.order_by("pk"))
    own = {one.pk: one.found_category for one in people}
    chance, scope = random.Random(7), system_scope("test")
    for _ in range(20):
        for one in people:
            one.decision = chance.choice([word.value for word in Decision])
            one.category = chance.choice([word.value for word in STRICTEST])
        gone = chance.sample(people, 3)
        for one in people:
            one.found_category = "" if one in gone else own[one.pk]
        Contact.unscoped.bulk_update(people, ["decision", "category", "found_category"])
        rows = found.filter(~pl.col("person_id").is_in([one.person_id for one in gone]))
        slow = used_decisions(decisions_frame("O", scope), rows)
        assert used_decisions_frame("O", scope).rows() == slow.rows()
