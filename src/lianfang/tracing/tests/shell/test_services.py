"""Recording, deciding, locating and undoing contacts."""

import datetime as dt

import polars as pl
import pytest

from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.access.times import to_local
from lianfang.cases.selectors import cases_frame
from lianfang.intake.tests.written import rows_written
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import INTERVIEWS
from lianfang.outbreaks.models import Run
from lianfang.outbreaks.selectors import last_run
from lianfang.outbreaks.services import record_run
from lianfang.playbook.load import load
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.tracing import selectors, services
from lianfang.tracing.models import Contact, Exposure, Interview
from lianfang.tracing.tests.cast import CASE, DAY, FOUND, SCOPE, contacts, row
from lianfang.tracing.tracer import find_contacts

pytestmark = pytest.mark.database
HOUR = dt.timedelta(hours=1)


def record(rows, at=AT):
    return services.record_contacts(contacts=contacts(rows), outbreak="OB-1", by=SCOPE, at=at)


def contact(person):
    return Contact.unscoped.get(person_id=person)


def stored():
    return (
        sorted(Contact.unscoped.values_list("person_id", "category", "decision", "minutes", "last_contact")),
        sorted(Exposure.objects.values_list("contact__person_id", "place_kind", "minutes", "found_by", "via_id")),
    )


def test_one_contact_a_person_with_the_reasons_behind_it(found):
    li = contact("P-LI")
    assert (li.category, li.rule, li.found_by, li.degree) == ("close_contact", "category.close_contact", "both", 1)
    assert li.minutes == 645, "the time with one case, in all settings"
    assert li.jurisdiction_id == "330999001001001"
    assert (li.first_contact, li.last_contact) == (
        dt.datetime(2021, 8, 5, 0, tzinfo=dt.UTC),
        dt.datetime(2021, 8, 5, 12, 45, tzinfo=dt.UTC),
    )
    assert sorted(li.exposures.values_list("place_kind", flat=True)) == ["dwelling", "meal"]
    shan = contact("P-SHAN")
    assert (shan.degree, shan.category, shan.exposures.get().via_id) == (2, "secondary_contact", "P-OUYANG")


def test_recording_twice_changes_nothing(found):
    before, entries = stored(), AuditEntry.objects.count()
    again = record(list(reversed(FOUND)), at=AT + HOUR)
    assert (again.contacts, again.exposures, again.removed) == (0, 0, 0)
    assert stored() == before
    assert AuditEntry.objects.count() == entries
    assert set(Contact.unscoped.values_list("proposed_at", flat=True)) == {AT}


def test_a_decision_stays_while_the_facts_follow(found):
    carry_out(
        act="contact.categorise",
        keys=[contact("P-LI").pk],
        by=found.investigator,
        at=AT,
        note="全程防护",
        given={"category": "general_contact"},
    )
    record([row("P-LI", minutes=700.0)])
    li = contact("P-LI")
    assert (li.decision, li.category, li.decision_note) == ("accepted", "general_contact", "全程防护")
    assert li.minutes == 700
    assert li.exposures.count() == 1, "the meal is found no longer"


def test_what_is_found_no_longer_goes_unless_somebody_acted_on_it(found):
    carry_out(act="contact.accept", keys=[contact("P-LI").pk], by=found.investigator, at=AT)
    carry_out(act="contact.locate", keys=[contact("P-OUYANG").pk], by=found.investigator, at=AT)
    done = record([])
    assert done.removed == 1
    assert set(Contact.unscoped.values_list("person_id", flat=True)) == {"P-LI", "P-OUYANG"}
    assert contact("P-LI").exposures.exists(), "the reason for the decision stays with it"


def test_only_a_contact_that_differs_is_written(found):
    other = [row("P-LI", minutes=610.0), *FOUND[1:]]
    facts = {"outbreak": "OB-1", "by": SCOPE, "at": AT}
    ready = services.to_store(contacts(other), **facts)
    assert (ready.contacts.following["person_id"].to_list(), ready.contacts.renewed.height) == (["P-LI"], 0)
    assert ready.exposures.following.select("place_kind", "minutes").rows() == [("dwelling", 610.0)]
    with rows_written(Contact, Exposure) as rows:
        services.store(ready, by=SCOPE, at=AT)
    assert rows == [("tracing_contact", "update"), ("tracing_exposure", "update")]
    ready = services.to_store(contacts(other), **facts)
    for part in (ready.contacts, ready.exposures, ready.unregistered):
        assert not any((part.following.height, part.renewed.height, part.gone))


def test_new_people_of_one_case_and_setting_each_get_their_exposure(found):
    done = record([*FOUND, row("P-WANGXM"), row("P-ZHAO")])
    assert (done.contacts, done.exposures) == (2, 2)
    assert contact("P-ZHAO").exposures.count() == contact("P-WANGXM").exposures.count() == 1


def test_what_people_did_after_the_comparison_stays(found):
    changed = [row("P-LI", minutes=700.0, category="general_contact")]  # Ouyang and Shan are found no longer
    ready = services.to_store(contacts(changed), outbreak="OB-1", by=SCOPE, at=AT)
    assert len(ready.contacts.gone) == 2
    carry_out(act="contact.accept", keys=[contact("P-LI").pk], by=found.investigator, at=AT)
    carry_out(act="contact.locate", keys=[contact("P-OUYANG").pk], by=found.investigator, at=AT)
    done = services.store(ready, by=SCOPE, at=AT)
    li = contact("P-LI")
    assert (li.decision, li.category, li.minutes) == ("accepted", "close_contact", 700)
    assert done.removed == 1
    assert contact("P-OUYANG").exposures.count() == 1
    assert not Contact.unscoped.filter(person_id="P-SHAN").exists()


def test_people_who_are_not_in_the_register_are_named_not_lost(outbreak):
    done = record([row("P-LI"), row("P-NOBODY"), row("P-SHAN", degree=2, via="P-GHOST", category="secondary_contact")])
    assert done.unknown == ["P-GHOST", "P-NOBODY"]
    assert set(Contact.unscoped.values_list("person_id", flat=True)) == {"P-LI", "P-SHAN"}


def test_a_case_of_another_outbreak_is_refused(outbreak):
    with pytest.raises(Refused, match="C-9"):
        record([row("P-LI", case="C-9")])
    assert not Contact.unscoped.exists()


def test_deciding_together_and_undoing(found):
    ids = [contact(person).pk for person in ("P-LI", "P-OUYANG")]
    change = carry_out(act="contact.accept", keys=ids, by=found.investigator, at=AT).change
    assert {contact(p).decision for p in ("P-LI", "P-OUYANG")} == {"accepted"}
    assert contact("P-LI").decided_by == found.investigator
    with pytest.raises(Refused, match="stand so already"):
        carry_out(act="contact.accept", keys=ids, by=found.investigator, at=AT)
    undo_change(change_id=change.pk, by=found.investigator, at=AT + HOUR)
    li = contact("P-LI")
    assert (li.decision, li.decided_at, li.decided_by) == ("proposed", None, None)


def test_refusing_and_another_category_need_a_reason(found):
    ids = [contact("P-LI").pk]
    for act in ("contact.refuse", "contact.categorise"):
        with pytest.raises(Refused, match="reason"):
            given = {"category": "general_contact"}
            carry_out(act=act, keys=ids, by=found.investigator, at=AT, note="  ", given=given)
    with pytest.raises(Refused, match="no such decision"):
        carry_out(
            act="contact.categorise", keys=ids, by=found.investigator, at=AT, note="x", given={"category": "case"}
        )
    assert contact("P-LI").decision == "proposed"


def test_locating_and_undoing(found):
    li = contact("P-LI").pk
    change = carry_out(act="contact.locate", keys=[li], by=found.grid_worker, at=AT).change
    assert contact("P-LI").located_by == found.grid_worker
    with pytest.raises(Refused, match="already"):
        carry_out(act="contact.locate", keys=[li], by=found.grid_worker, at=AT + HOUR)
    undo_change(change_id=change.pk, by=found.grid_worker, at=AT + HOUR)
    assert contact("P-LI").located_at is None


@pytest.mark.parametrize("role", ["administrator", "township_officer", "grid_worker", "auditor"])
def test_who_may_not_decide_is_refused(found, role):
    with pytest.raises(Refused, match="may not"):
        carry_out(act="contact.accept", keys=[contact("P-LI").pk], by=found.roles[role], at=AT)


def test_outside_the_own_area_nothing_is_changed(found):
    ids = [contact("P-LI").pk, contact("P-OUYANG").pk]
    with pytest.raises(Refused, match="not in your area"):
        carry_out(act="contact.locate", keys=ids, by=found.grid_worker, at=AT)
    with pytest.raises(Refused, match="not in your area"):
        carry_out(act="contact.accept", keys=ids, by=found.neighbour, at=AT)
    assert not Contact.unscoped.exclude(located_at=None, decision="proposed").exists()


def test_interviews_reach_the_tracer_and_are_entered_once(outbreak):
    facts = {"case_id": CASE, "person_id": "P-SHAN", "relation": "牌友", "by": outbreak.investigator, "at": AT}
    services.add_interview(**facts, first_contact=AT - 20 * HOUR)
    services.add_interview(**facts, first_contact=AT - 22 * HOUR)
    assert Interview.unscoped.count() == 1
    frame = selectors.interviews_frame("OB-1", SCOPE)
    assert frame.select("case_id", "person_id", "place_kind", "relation", "protected").rows() == [
        (CASE, "P-SHAN", None, "牌友", False)
    ]
    got = find_contacts(
        cases_frame("OB-1", SCOPE), None, frame, playbook=load("covid19-cn-8"), as_of=DAY + dt.timedelta(days=3)
    )
    assert got.select("person_id", "place_kind", "found_by", "first_contact").rows() == [
        ("P-SHAN", "other", "interview", dt.datetime(2021, 8, 5, 11))
    ]


def told() -> tuple:
    row = Interview.unscoped.get()
    return row.relation, row.first_contact, row.last_contact, row.protected


def test_a_second_entry_keeps_what_it_does_not_say_and_can_be_taken_back(outbreak):
    facts = {"case_id": CASE, "person_id": "P-SHAN", "place_kind": "meal", "by": outbreak.investigator}
    whole = {"relation": "牌友", "first_contact": AT - 20 * HOUR, "last_contact": AT - 18 * HOUR, "protected": True}
    first = services.add_interview(**facts, **whole, at=AT)
    assert first.change is None and told() == tuple(whole.values())
    entries = AuditEntry.objects.count()
    again = services.add_interview(**facts, at=AT + HOUR)  # from a blank form
    assert again.change is None and again.interview.pk == first.interview.pk
    assert told() == tuple(whole.values()) and AuditEntry.objects.count() == entries
    later = services.add_interview(**facts, last_contact=AT - 17 * HOUR, protected=False, at=AT + HOUR)
    assert told() == ("牌友", AT - 20 * HOUR, AT - 17 * HOUR, False)
    assert later.change.act == "interview.correct" and AuditEntry.objects.count() == entries + 1
    undo_change(change_id=later.change.pk, by=outbreak.investigator, at=AT + HOUR)
    assert told() == tuple(whole.values())
    with pytest.raises(Refused, match="stays as recorded"):
        services.add_interview(**facts, last_contact=AT - 21 * HOUR, at=AT + HOUR)
    assert told() == tuple(whole.values())


def test_a_list_keeps_what_it_does_not_say(outbreak):
    facts = {"case_id": CASE, "person_id": "P-SHAN", "by": outbreak.investigator, "at": AT}
    services.add_interview(**facts, relation="牌友", first_contact=AT - 20 * HOUR, protected=True)

    def load(**said):
        row = {"case_id": CASE, "person_id": "P-SHAN", **said}
        told = INTERVIEWS.conform(pl.DataFrame([row]))
        return services.load_interviews(interviews=told, outbreak="OB-1", by=SCOPE, at=AT)

    assert load() == 0
    assert told() == ("牌友", AT - 20 * HOUR, None, True)
    assert load(last_contact=to_local(AT - 19 * HOUR), relation=" ") == 1
    assert told() == ("牌友", AT - 20 * HOUR, AT - 19 * HOUR, True)
    assert load(protected=False, relation="同事") == 1
    assert told() == ("同事", AT - 20 * HOUR, AT - 19 * HOUR, False)
    assert load(protected=False, relation="同事") == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"case_id": "C-9"}, "no case"),
        ({"person_id": "P-ZHAO"}, "nobody of that id"),
        ({"person_id": "P-WANG"}, "case itself"),
        ({"place_kind": "pub"}, "kind of place"),
        ({"first_contact": AT - HOUR, "last_contact": AT - 2 * HOUR}, "before the first"),
        ({"first_contact": AT + HOUR}, "future"),
    ],
)
def test_an_interview_that_cannot_be_is_refused(outbreak, change, words):
    facts = {"case_id": CASE, "person_id": "P-SHAN", "by": outbreak.investigator, "at": AT}
    with pytest.raises(Refused, match=words):
        services.add_interview(**facts | change)
    assert not Interview.unscoped.exists()


def test_interviews_from_a_list(outbreak):
    told = pl.DataFrame(
        {
            "case_id": [CASE, CASE, "C-9", CASE],
            "person_id": ["P-SHAN", "P-NOBODY", "P-LI", "P-WANG"],
            "first_contact": [DAY] * 4,
            "last_contact": [None] * 4,
            "relation": ["", None, None, None],
            "place_kind": ["meal", None, None, None],
            "protected": [None] * 4,
        },
        schema_overrides={"last_contact": pl.Datetime("us"), "protected": pl.Boolean},
    )
    assert services.load_interviews(interviews=told, outbreak="OB-1", by=SCOPE, at=AT) == 1
    assert services.load_interviews(interviews=told, outbreak="OB-1", by=SCOPE, at=AT) == 0


def test_a_run_is_noted(outbreak):
    record_run(outbreak="OB-1", case_id=CASE, as_of=AT, playbook="p@1", seconds=1.5, cases=1, contacts=3, at=AT)
    assert last_run("OB-1") == Run.objects.get()


def test_contacts_without_a_time_stand_last_on_either_database(found):
    Contact.unscoped.filter(person_id="P-OUYANG").update(last_contact=None)
    listed = selectors.contact_rows(SCOPE).values_list("person_id", flat=True)
    assert list(listed) == ["P-LI", "P-SHAN", "P-OUYANG"]
