"""What was changed is put back, all of it or nothing, and only while nobody has changed it since."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access import audit
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT, Cast
from lianfang.kernel.errors import Refused
from lianfang.outbreaks.models import Outbreak
from lianfang.records.changes import record_change, undo_change
from lianfang.records.models import Change
from lianfang.registry.models import Person
from lianfang.tracing.models import Contact

pytestmark = [pytest.mark.django_db, pytest.mark.database]
LATER = AT + dt.timedelta(minutes=5)


@pytest.fixture
def contacts(cast: Cast) -> list[Contact]:
    area = cast.areas["330999001"]
    outbreak = Outbreak.unscoped.create(
        code="O1", name="O1", playbook="p", jurisdiction=cast.areas["330999"], started_on=AT.date()
    )
    made = []
    for i in range(3):
        person = Person.unscoped.create(person_id=f"P{i}", name="王", jurisdiction=area)
        made.append(
            Contact.unscoped.create(
                outbreak=outbreak,
                person=person,
                jurisdiction=area,
                degree=1,
                category="close_contact",
                rule="r.1",
                found_by="interview",
                proposed_at=AT,
            )
        )
    return made


def accept(cast: Cast, contacts: list[Contact], who: str = "investigator") -> Change:
    by = getattr(cast, who)
    rows = []
    for contact in contacts:
        before = {"decision": contact.decision, "decided_at": contact.decided_at, "decided_by": contact.decided_by_id}
        contact.decision, contact.decided_at, contact.decided_by = "accepted", AT, by
        contact.save()
        after = {"decision": "accepted", "decided_at": AT, "decided_by": by.pk}
        rows.append({"model": "tracing.Contact", "pk": contact.pk, "before": before, "after": after})
    return record_change(by=by, at=AT, act="contact.accept", rows=rows)


def states() -> list[tuple[str, object, object]]:
    return list(Contact.unscoped.order_by("pk").values_list("decision", "decided_at", "decided_by"))


def test_undoing_puts_back_every_field_of_every_row(cast: Cast, contacts: list[Contact]) -> None:
    change = accept(cast, contacts)
    assert {state[0] for state in states()} == {"accepted"}
    undone = undo_change(change_id=change.pk, by=cast.investigator, at=LATER)
    assert states() == [("proposed", None, None)] * 3
    assert undone.undone_at == LATER and undone.undone_by == cast.investigator
    acts = list(AuditEntry.objects.order_by("number").values_list("act", "detail__act"))
    assert acts == [("write", "contact.accept"), ("write", "undo contact.accept")]
    assert audit.verify() is None


def test_the_number_of_queries_does_not_grow_with_the_rows(cast: Cast, contacts: list[Contact]) -> None:
    one, two = accept(cast, contacts[:1]), accept(cast, contacts[1:])
    counts = []
    for change in (one, two):
        with CaptureQueriesContext(connection) as queries:
            undo_change(change_id=change.pk, by=cast.investigator, at=LATER)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_row_that_was_changed_since_stops_the_whole_undoing(cast: Cast, contacts: list[Contact]) -> None:
    change = accept(cast, contacts)
    Contact.unscoped.filter(pk=contacts[1].pk).update(decision="refused")
    with pytest.raises(Refused, match="changed since"):
        undo_change(change_id=change.pk, by=cast.investigator, at=LATER)
    assert [state[0] for state in states()] == ["accepted", "refused", "accepted"]
    change.refresh_from_db()
    assert change.undone_at is None


def test_a_field_that_the_change_did_not_touch_may_have_changed(cast: Cast, contacts: list[Contact]) -> None:
    change = accept(cast, contacts)
    Contact.unscoped.update(minutes=99)
    undo_change(change_id=change.pk, by=cast.investigator, at=LATER)
    assert set(Contact.unscoped.values_list("minutes", "decision")) == {(99.0, "proposed")}


def test_nothing_is_undone_twice(cast: Cast, contacts: list[Contact]) -> None:
    change = accept(cast, contacts)
    undo_change(change_id=change.pk, by=cast.investigator, at=LATER)
    with pytest.raises(Refused, match="already"):
        undo_change(change_id=change.pk, by=cast.investigator, at=LATER)


def test_a_row_that_is_gone_stops_it(cast: Cast, contacts: list[Contact]) -> None:
    change = accept(cast, contacts)
    Contact.unscoped.filter(pk=contacts[0].pk).delete()
    with pytest.raises(Refused):
        undo_change(change_id=change.pk, by=cast.investigator, at=LATER)
    assert {state[0] for state in states()} == {"accepted"}


@pytest.mark.parametrize("who", ["neighbour", "stranger", "grid_worker", "township_officer", "auditor"])
def test_who_could_not_have_done_it_cannot_undo_it(cast: Cast, contacts: list[Contact], who: str) -> None:
    change = accept(cast, contacts)
    with pytest.raises(Refused):
        undo_change(change_id=change.pk, by=getattr(cast, who), at=LATER)
    assert {state[0] for state in states()} == {"accepted"}


def test_a_grid_worker_takes_back_what_a_grid_worker_may_do(cast: Cast, contacts: list[Contact]) -> None:
    area = cast.areas["330999001001001"]
    contact = contacts[0]
    Contact.unscoped.filter(pk=contact.pk).update(jurisdiction=area, located_at=AT, located_by=cast.grid_worker)
    row = {
        "model": "tracing.contact",
        "pk": contact.pk,
        "before": {"located_at": None, "located_by": None},
        "after": {"located_at": AT, "located_by": cast.grid_worker},
    }
    change = record_change(by=cast.grid_worker, at=AT, act="contact.locate", rows=[row])
    undo_change(change_id=change.pk, by=cast.grid_worker, at=LATER)
    contact.refresh_from_db()
    assert contact.located_at is None and contact.located_by_id is None


def test_an_unknown_change_is_refused(cast: Cast) -> None:
    with pytest.raises(Refused, match="no record"):
        undo_change(change_id=uuid.uuid4(), by=cast.investigator, at=LATER)


def test_an_act_that_no_room_declares_is_not_kept(cast: Cast) -> None:
    row = {"model": "access.Account", "pk": 1, "before": {"role": "auditor"}, "after": {"role": "administrator"}}
    with pytest.raises(KeyError):
        record_change(by=cast.investigator, at=AT, act="account.promote", rows=[row])
    with pytest.raises(ValueError, match="upon tracing"):
        record_change(by=cast.investigator, at=AT, act="contact.accept", rows=[row])


def test_before_and_after_must_name_the_same_fields(cast: Cast, contacts: list[Contact]) -> None:
    row = {"model": "tracing.Contact", "pk": 1, "before": {}, "after": {"decision": "accepted"}}
    with pytest.raises(ValueError, match="same fields"):
        record_change(by=cast.investigator, at=AT, act="contact.accept", rows=[row])


def test_the_undo_page(cast: Cast, contacts: list[Contact]) -> None:
    change = accept(cast, contacts)
    client = cast.client("investigator")
    assert client.get(f"/account/undo/{change.pk}/").status_code == 405
    answer = client.post(f"/account/undo/{change.pk}/", {"next": "/components/"})
    assert (answer.status_code, answer["Location"]) == (303, "/components/")
    assert states() == [("proposed", None, None)] * 3
    again = client.post(f"/account/undo/{change.pk}/", {"next": "https://evil.example/"}, follow=False)
    assert again["Location"] == "/"
    assert "已经撤销" in client.get("/components/").content.decode()
