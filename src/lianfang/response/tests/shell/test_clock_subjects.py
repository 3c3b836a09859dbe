"""Clocks of contacts and of the outbreak through the database: stored with the response, shown, stopped, gone."""

import datetime as dt
from unittest.mock import patch

import pytest
from django.urls import reverse

from lianfang.access.scope import scope_of
from lianfang.cases.models import Case
from lianfang.headquarters.selectors import CONTACT, OUTBREAK, clock_rows, clocks_of_contact, clocks_of_outbreak
from lianfang.measures.models import Measure
from lianfang.outbreaks.models import Outbreak
from lianfang.records.models import Clock
from lianfang.records.seen import mark_of
from lianfang.response.services import respond_outbreak
from lianfang.response.tests.shell.conftest import AT, SCOPE
from lianfang.tracing.models import Contact

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def at_that_time():
    with patch("django.utils.timezone.now", return_value=AT):
        yield


@pytest.fixture
def answered(small_county, cast):
    respond_outbreak(outbreak_code="O", at=AT)
    return cast


def movers() -> set[str]:
    return {
        Contact.unscoped.get(pk=clock.subject).person_id for clock in clock_rows(SCOPE).filter(subject_kind=CONTACT)
    }


def second() -> str:
    return Contact.unscoped.get(category="secondary_contact").person_id


def test_who_goes_into_central_quarantine_has_one_clock_from_the_proposal(answered):
    clocks = clock_rows(SCOPE).filter(subject_kind=CONTACT)
    # P09 too: ten minutes in one vehicle are close, which has no threshold of minutes.
    assert clocks.count() == 10 and {one.clock for one in clocks} == {"transferred"}
    for clock in clocks:
        contact = Contact.unscoped.get(pk=clock.subject)
        assert clock.starts == contact.proposed_at == AT
        # 8 hours under the ninth edition.
        assert clock.due == AT + dt.timedelta(hours=8)
        assert clock.jurisdiction_id == contact.jurisdiction_id
    assert second() not in movers(), "a secondary contact stays at home under the ninth edition"
    later = respond_outbreak(outbreak_code="O", at=AT + dt.timedelta(hours=3))
    assert later.changed["clocks"] == 0, "it runs from when they were proposed, not from each response"


def test_a_contact_of_whom_nothing_is_asked_has_none_any_more(answered):
    gone = Contact.unscoped.get(person_id="P06")
    assert clocks_of_contact(gone.pk, SCOPE).exists()
    Contact.unscoped.filter(pk=gone.pk).update(decision="refused")
    assert not clocks_of_contact(gone.pk, SCOPE).exists()
    respond_outbreak(outbreak_code="O", at=AT)
    assert not Clock.unscoped.filter(subject_kind=CONTACT, subject=str(gone.pk)).exists()


def test_the_page_of_the_contact_shows_it_and_stops_it(answered, client):
    contact = Contact.unscoped.get(person_id="P06")
    clock = clocks_of_contact(contact.pk, SCOPE).get()
    client.force_login(answered["commander"])
    page = client.get(reverse("contact", args=[contact.pk])).content.decode()
    assert "转运至集中隔离点时限" in page and f'value="{clock.pk}"' in page
    sent = {"action": "clock.stop", "keys": clock.pk, "seen": f"{clock.pk}:{mark_of(clock)}", "next": "/"}
    assert client.post(reverse("act"), sent).status_code in (302, 303)
    clock.refresh_from_db()
    assert clock.done_at == AT and clock.done_by == answered["commander"]
    assert respond_outbreak(outbreak_code="O", at=AT).changed["clocks"] == 0


def test_the_outbreak_has_one_clock_of_publication(answered, client):
    clock = clocks_of_outbreak("O", SCOPE).get()
    first = Case.unscoped.order_by("reported_at").first()
    assert (clock.clock, clock.starts, clock.due) == (
        "risk_areas_published",
        first.reported_at,
        first.reported_at + dt.timedelta(hours=5),
    )
    client.force_login(answered["commander"])
    command = client.get(reverse("command"), {"outbreak": "O"}).content.decode()
    assert 'id="own-clocks"' in command and "5小时内划定并公布风险区" in command
    listed = client.get(reverse("clock-list"), {"clock": "risk_areas_published"}).content.decode()
    assert f'href="{reverse("command")}?outbreak=O"' in listed
    # A township does not answer for it.
    own = answered["township_officer"]
    assert not clock_rows(scope_of(own)).filter(subject_kind=OUTBREAK).exists()


def test_another_playbook_takes_away_what_it_does_not_know(answered):
    Outbreak.unscoped.filter(pk="O").update(playbook="covid19-cn-8")
    respond_outbreak(outbreak_code="O", at=AT)
    assert not Clock.unscoped.filter(subject_kind=OUTBREAK).exists(), "the eighth edition has no such clock"
    due = {clock.due - clock.starts for clock in clock_rows(SCOPE).filter(subject_kind=CONTACT)}
    assert due == {dt.timedelta(hours=12)} and second() in movers(), (
        "a secondary contact goes into a site under the eighth"
    )


def test_a_reported_case_is_done_by_its_report(answered):
    reported = clock_rows(SCOPE).filter(clock="reported")
    assert reported.count() == Case.unscoped.count()
    for clock in reported:
        assert clock.done_at == Case.unscoped.get(pk=clock.subject).reported_at and clock.done_by is None


def test_the_page_of_the_person_says_where_the_control_stands(answered, client):
    """P06 worked with C1 until 4 July 17:00: seven days of central quarantine, released at 0:00 of the 12th."""
    client.force_login(answered["commander"])
    page = reverse("person", args=["P06"]) + "?tab=measures"
    text = client.get(page).content.decode()
    assert "管控状态：待管控（待转运）" in text and "预计解除" in text and "2022-07-12 00:00" in text
    Measure.unscoped.filter(person_id="P06").update(decision="accepted")
    assert "管控状态：集中隔离" in client.get(page).content.decode()
