"""What a response writes: the differences alone; and what others write between its comparing and its writing."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.audit import verify
from lianfang.cases.models import Case
from lianfang.intake.tests.written import rows_written
from lianfang.measures.models import Measure
from lianfang.measures.selectors import counted_measures
from lianfang.outbreaks.models import Run
from lianfang.outbreaks.services import open_outbreak
from lianfang.playbook.load import load
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.records.models import Clock
from lianfang.response import services
from lianfang.response.services import respond_outbreak
from lianfang.response.tests.shell.conftest import AT, SCOPE
from lianfang.tracing.models import Contact, Exposure, SamePlaceCount

pytestmark = [pytest.mark.database, pytest.mark.django_db]

STORED = (Contact, Exposure, SamePlaceCount, Measure, Clock)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def answered(cast):
    """The small county, answered once."""
    respond_outbreak(outbreak_code="O", at=AT)
    return cast


@pytest.fixture
def meanwhile(monkeypatch):
    """Let something happen each time a response has compared and is about to write; the number of times."""
    compare, times = services._to_store, []

    def install(happens):
        def watched(*args):
            ready = compare(*args)
            times.append(None)
            happens(len(times))
            return ready

        monkeypatch.setattr(services, "_to_store", watched)
        return times

    return install


@pytest.fixture
def traced(monkeypatch):
    """How often a response traced."""
    trace, times = services.find_contacts, []
    monkeypatch.setattr(services, "find_contacts", lambda *a, **k: times.append(None) or trace(*a, **k))
    return times


@pytest.mark.parametrize("later", [dt.timedelta(), HOUR])
def test_a_second_response_writes_nothing_but_that_it_ran(answered, later):
    with rows_written(*STORED) as rows, CaptureQueriesContext(connection) as asked:
        respond_outbreak(outbreak_code="O", at=AT + later)
    assert rows == []
    reading = ("SELECT", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    wrote = [query["sql"] for query in asked if not query["sql"].startswith(reading)]
    assert len(wrote) == 1 and "outbreaks_run" in wrote[0]


def test_the_number_of_queries_does_not_grow_with_the_contacts(answered):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            respond_outbreak(outbreak_code="O", at=AT)
        return len(asked)

    contacts = Contact.unscoped.count()
    many = queries()
    Case.unscoped.exclude(pk="C1").update(classification="excluded")
    respond_outbreak(outbreak_code="O", at=AT)
    assert Contact.unscoped.count() < contacts
    assert queries() == many


def test_only_what_differs_is_written(answered):
    Contact.unscoped.filter(person_id="P08").update(minutes=1)
    with rows_written(*STORED) as rows:
        assert respond_outbreak(outbreak_code="O", at=AT).changed["contacts"] == 1
    assert rows == [("tracing_contact", "update")]
    Clock.unscoped.order_by("pk").first().delete()
    SamePlaceCount.objects.order_by("pk").first().delete()
    with rows_written(*STORED) as rows:
        done = respond_outbreak(outbreak_code="O", at=AT)
    assert done.changed["clocks"] == 1
    assert rows == [
        ("records_clock", "insert"),
        ("tracing_sameplacecount", "insert"),
    ]


def test_a_measure_decided_meanwhile_is_kept_and_compared_again_but_not_traced_again(
    answered, meanwhile, traced, monkeypatch
):
    measure = Measure.objects.within(SCOPE).filter(decision="proposed").order_by("pk").first()
    moved = measure.start - HOUR
    Measure.unscoped.filter(pk=measure.pk).update(start=moved)  # the playbook proposes another start than is stored
    by = answered["investigator"]

    def refuse(time):
        if time == 1:
            carry_out(act="measure.refuse", keys=[measure.pk], by=by, at=AT, note="另有安排")

    times = meanwhile(refuse)
    done = respond_outbreak(outbreak_code="O", at=AT + HOUR)
    kept = Measure.objects.within(SCOPE).get(pk=measure.pk)
    assert (kept.decision, kept.decided_by, kept.start) == ("refused", by, moved)
    assert kept.new_proposal["start"] > moved.isoformat()[:10], "what the playbook proposes stands beside it"
    assert (len(times), len(traced)) == (2, 1)
    assert done.changed["measures"] == 0
    assert verify() is None


def test_a_decision_taken_back_meanwhile_leaves_a_row_that_follows_the_playbook(answered, meanwhile):
    measure = Measure.objects.within(SCOPE).filter(decision="proposed").order_by("pk").first()
    right = measure.start
    Measure.unscoped.filter(pk=measure.pk).update(start=right - HOUR)
    by = answered["investigator"]
    change = carry_out(act="measure.order", keys=[measure.pk], by=by, at=AT).change
    meanwhile(lambda time: time == 1 and undo_change(change_id=change.pk, by=by, at=AT))
    respond_outbreak(outbreak_code="O", at=AT)
    now = Measure.objects.within(SCOPE).get(pk=measure.pk)
    assert (now.decision, now.start) == ("proposed", right)


def test_a_contact_refused_meanwhile_is_traced_again_without_a_measure(answered, meanwhile, traced):
    contact = Contact.objects.within(SCOPE).get(person_id="P08")

    def refuse(time):
        if time == 1:
            carry_out(act="contact.refuse", keys=[contact.pk], by=answered["investigator"], at=AT, note="不符")

    meanwhile(refuse)
    respond_outbreak(outbreak_code="O", at=AT)
    assert len(traced) == 2
    assert Contact.objects.within(SCOPE).get(person_id="P08").decision == "refused"
    assert not counted_measures(Measure.objects.within(SCOPE)).filter(person_id="P08").exists()


def test_two_responses_at_once_store_everything_once(cast, meanwhile):
    times = meanwhile(lambda time: time == 1 and respond_outbreak(outbreak_code="O", at=AT))
    done = respond_outbreak(outbreak_code="O", at=AT)
    assert set(done.changed.values()) == {0}
    assert len(times) == 3, "the inner one once, the outer one again after it"
    assert Exposure.objects.count() == done.response.contacts.height
    assert Run.objects.count() == 2


def test_where_others_never_stop_writing_they_wait_in_the_end(answered, meanwhile, traced):
    # A case that was reported has its clock of reporting done already.
    running = list(Clock.objects.within(SCOPE).filter(done_at=None).order_by("pk").values_list("pk", flat=True))
    done = Clock.objects.within(SCOPE).exclude(done_at=None).count()
    by = answered["commander"]
    times = meanwhile(lambda time: carry_out(act="clock.stop", keys=[running[time]], by=by, at=AT))
    respond_outbreak(outbreak_code="O", at=AT)
    assert (len(times), len(traced)) == (services._TRIES + 1, 1)
    assert Clock.objects.within(SCOPE).exclude(done_at=None).count() == done + len(times)


def test_what_is_only_read_meanwhile_is_no_reason_to_compare_again(answered, meanwhile):
    from lianfang.access import audit

    times = meanwhile(lambda time: audit.record(actor="account:x", act="read", kind="cases.case", at=AT))
    respond_outbreak(outbreak_code="O", at=AT)
    assert len(times) == 1


def test_what_concerns_others_is_no_reason_to_compare_again(answered, meanwhile):
    from lianfang.access.scope import system_scope
    from lianfang.access.services import set_account_active

    def other_work(time):
        set_account_active(account=answered["auditor"], active=time % 2 == 0, at=AT, by=system_scope("test"))
        open_outbreak(
            code=f"X{time}",
            name="另一起",
            playbook="covid19-cn-9",
            jurisdiction="330999",
            started_on=dt.date(2022, 7, 1),
            by=SCOPE,
            at=AT,
        )

    times = meanwhile(other_work)
    respond_outbreak(outbreak_code="O", at=AT)
    assert len(times) == 1


def test_accepting_as_proposed_is_no_reason_to_trace_again(answered, traced, monkeypatch):
    proposed = Contact.objects.within(SCOPE).filter(decision="proposed").order_by("pk")
    waiting = list(proposed.values_list("pk", flat=True))
    # Ordered already: what is ordered together with accepting isolates people, and so is a reason.
    keys = list(Measure.objects.within(SCOPE).values_list("pk", flat=True))
    by = answered["investigator"]
    Measure.unscoped.filter(pk__in=keys).update(decision="accepted", decided_at=AT, decided_by=by)
    trace = services.find_contacts

    def trace_while_somebody_accepts(*args, **facts):
        carry_out(act="contact.accept", keys=waiting[:5], by=answered["investigator"], at=AT)
        return trace(*args, **facts)

    monkeypatch.setattr(services, "find_contacts", trace_while_somebody_accepts)
    done = respond_outbreak(outbreak_code="O", at=AT)
    assert len(traced) == 1 and done.is_current
    assert (done.changed["contacts"], done.changed["measures"]) == (0, 0)


@pytest.fixture
def hurried(answered, monkeypatch):
    """Somebody refuses another contact each time that a response traces; their persons, and how often it traced."""
    people = ["P08", "P22", "P14", "P04"]
    refused = []
    trace = services.find_contacts

    def trace_while_somebody_refuses(*args, **facts):
        assert not writing_now(), "tracing must make nobody wait"
        found = trace(*args, **facts)
        contact = Contact.objects.within(SCOPE).get(person_id=people[len(refused)])
        carry_out(act="contact.refuse", keys=[contact.pk], by=answered["investigator"], at=AT, note="不符")
        refused.append(contact.person_id)
        return found

    depth = len(connection.savepoint_ids)

    def writing_now() -> bool:
        return len(connection.savepoint_ids) > depth

    monkeypatch.setattr(services, "find_contacts", trace_while_somebody_refuses)
    return refused


def test_where_facts_keep_changing_what_was_traced_is_stored_and_says_so(hurried):
    done = respond_outbreak(outbreak_code="O", at=AT)
    assert not done.is_current
    assert hurried == ["P08", "P22", "P14"], "it traces three times, never while others wait"
    for person in hurried:
        assert Contact.objects.within(SCOPE).get(person_id=person).decision == "refused"
        assert not counted_measures(Measure.objects.within(SCOPE)).filter(person_id=person).exists(), person
    assert Run.objects.count() == 2
    assert verify() is None


def renew(playbook):
    open_outbreak(
        code="O",
        name="样县疫情",
        playbook=playbook,
        jurisdiction="330999",
        started_on=dt.date(2022, 7, 5),
        by=SCOPE,
        at=AT,
    )


def stands_under(playbook):
    name = load(playbook).name
    assert set(Measure.objects.within(SCOPE).values_list("playbook", flat=True)) == {name}
    assert Run.objects.latest("pk").playbook == name


def test_a_playbook_that_changes_while_it_traces_is_the_one_that_counts(cast, traced, monkeypatch):
    trace = services.find_contacts

    def trace_while_the_policy_changes(*args, **facts):
        if len(traced) == 0:
            renew("covid19-cn-8")
        return trace(*args, **facts)

    monkeypatch.setattr(services, "find_contacts", trace_while_the_policy_changes)
    respond_outbreak(outbreak_code="O", at=AT)
    assert len(traced) == 2
    stands_under("covid19-cn-8")


def test_a_playbook_that_changes_between_comparing_and_writing_is_the_one_that_counts(answered, meanwhile, traced):
    def change(time):
        if time == 1:
            renew("covid19-cn-8")

    meanwhile(change)
    respond_outbreak(outbreak_code="O", at=AT)
    assert len(traced) == 2
    stands_under("covid19-cn-8")


def test_a_clock_that_the_playbook_knows_no_more_goes_unless_somebody_stopped_it(answered):
    running, stopped = (
        Clock.unscoped.create(
            subject_kind="cases.case",
            subject=case,
            matter="O",
            jurisdiction_id="330999",
            clock="former",
            starts=AT,
            due=AT,
            rule="clock.former",
            done_at=done,
        )
        for case, done in (("C1", None), ("C2", AT))
    )
    done = respond_outbreak(outbreak_code="O", at=AT)
    assert done.changed["clocks"] == 1
    assert not Clock.unscoped.filter(pk=running.pk).exists()
    assert Clock.unscoped.filter(pk=stopped.pk).exists()


def test_nobody_is_sought_through_whom_an_investigator_refused(answered):
    """P14 lives with P06, a close contact, and was found through nobody else."""
    refused = Contact.objects.within(SCOPE).get(person_id="P06")
    assert Exposure.objects.get(via_id="P06").contact.person_id == "P14"
    change = carry_out(act="contact.refuse", keys=[refused.pk], by=answered["investigator"], at=AT, note="不符").change
    respond_outbreak(outbreak_code="O", at=AT)
    assert not Contact.objects.within(SCOPE).filter(person_id="P14").exists()
    assert not counted_measures(Measure.objects.within(SCOPE)).filter(person_id__in=["P06", "P14"]).exists()
    undo_change(change_id=change.pk, by=answered["investigator"], at=AT)
    respond_outbreak(outbreak_code="O", at=AT)
    assert Exposure.objects.get(via_id="P06").contact.person_id == "P14"
    assert Measure.objects.within(SCOPE).filter(person_id="P14").exists()


def test_a_response_agrees_with_what_refusing_a_contact_took_down(answered):
    """Of who is refused nothing is in force and nothing waits; undoing puts the order back as it was."""
    by = answered["investigator"]
    contact = Contact.objects.within(SCOPE).get(person_id="P08")
    own = Measure.objects.within(SCOPE).filter(person_id="P08").order_by("pk")
    keys = list(own.values_list("pk", flat=True))
    assert len(keys) == 2
    Contact.unscoped.filter(pk=contact.pk).update(decision="accepted")
    carry_out(act="measure.order", keys=keys[:1], by=by, at=AT)
    change = carry_out(act="contact.refuse", keys=[contact.pk], by=by, at=AT, note="不符").change
    for _ in range(2):
        respond_outbreak(outbreak_code="O", at=AT)
        assert [(one.decision, one.released_at is not None) for one in own.all()] == [
            ("accepted", True),
            ("refused", False),
        ]
        assert not own.filter(new_proposal__isnull=False).exists()
    undo_change(change_id=change.pk, by=by, at=AT)
    respond_outbreak(outbreak_code="O", at=AT)
    assert [(one.decision, one.released_at is not None) for one in own.all()] == [
        ("accepted", False),
        ("proposed", False),
    ]
