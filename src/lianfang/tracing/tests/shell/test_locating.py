"""The limit to locate a contact: one due time on the page, in the lists and in the filter, whatever was done to it."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.tests.cast import AT
from lianfang.headquarters.selectors import clock_rows
from lianfang.kernel.errors import Refused
from lianfang.outbreaks.models import Outbreak
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.records.models import Clock
from lianfang.tracing import selectors, services
from lianfang.tracing.models import Contact
from lianfang.tracing.tests.cast import FOUND, SCOPE, contacts

pytestmark = pytest.mark.database
HOUR = dt.timedelta(hours=1)
LIMIT = 24 * HOUR


@pytest.fixture(autouse=True)
def with_limit_to_locate(found):
    """The eighth edition sets no limit to locate a contact; the local regime laid over it does."""
    Outbreak.unscoped.update(overlays=["covid19-cn-8-local-winter-2021"])


def contact(person):
    return selectors.contact_rows(SCOPE).get(person_id=person)


def overdue(at):
    return set(selectors.overdue_contacts(selectors.contact_rows(SCOPE), SCOPE, at).values_list("person_id", flat=True))


def in_list(at, cast):
    """Who is overdue by the page of each."""
    shown = selectors.lines_of(selectors.contact_rows(SCOPE), "investigator")
    return {
        line.contact.person_id
        for line in shown
        if (limit := line.locating) and not limit.done_at and not limit.paused_at and limit.due <= at
    }


def respond():
    services.record_contacts(contacts=contacts(FOUND), outbreak="OB-1", by=SCOPE, at=AT)


def test_nothing_is_stored_for_contacts_to_whom_nobody_did_anything(found):
    assert not Clock.unscoped.exists()
    for person in ("P-LI", "P-OUYANG", "P-SHAN"):
        assert selectors.locating_of(contact(person)).due == AT + LIMIT


def test_page_list_and_filter_say_the_same_whatever_was_done(found):
    li, ouyang, shan = (contact(p).pk for p in ("P-LI", "P-OUYANG", "P-SHAN"))
    by = found.investigator
    services.act_on_locating(act="clock.pause", ids=[li], by=by, at=AT, note="在境外")
    services.act_on_locating(act="clock.escalate", ids=[ouyang], by=by, at=AT + HOUR, note="公安")
    for later in (LIMIT - HOUR, LIMIT, LIMIT + HOUR):
        assert overdue(AT + later) == in_list(AT + later, found)
    assert overdue(AT + LIMIT) == {"P-OUYANG", "P-SHAN"}
    services.act_on_locating(act="clock.resume", ids=[li], by=by, at=AT + 30 * HOUR)
    assert selectors.locating_of(contact("P-LI")).due == AT + LIMIT + 30 * HOUR
    assert overdue(AT + LIMIT + 29 * HOUR) == {"P-OUYANG", "P-SHAN"}
    assert overdue(AT + LIMIT + 30 * HOUR) == {"P-LI", "P-OUYANG", "P-SHAN"} == in_list(AT + LIMIT + 30 * HOUR, found)
    carry_out(act="contact.locate", keys=[ouyang, shan], by=by, at=AT + 2 * HOUR)
    assert overdue(AT + LIMIT) == set() == in_list(AT + LIMIT, found)


def test_its_clock_stands_in_the_list_of_clocks_until_the_person_is_located(found):
    li = contact("P-LI").pk
    services.act_on_locating(act="clock.pause", ids=[li], by=found.investigator, at=AT, note="在境外")
    [clock] = clock_rows(SCOPE)
    assert (clock.subject_kind, clock.subject, clock.matter) == ("tracing.contact", str(li), "OB-1")
    assert clock.due == selectors.locating_of(contact("P-LI")).due
    page = found.client("investigator").get("/clocks/").content.decode()
    # It names the person, as the role may see them.
    assert f'<a href="/contacts/{li}/">接触者 李娜</a>' in page and "在境外" in page
    change = carry_out(act="contact.locate", keys=[li], by=found.investigator, at=AT).change
    assert not clock_rows(SCOPE).exists()
    undo_change(change_id=change.pk, by=found.investigator, at=AT)
    assert clock_rows(SCOPE).get() == clock


def test_a_response_keeps_what_was_done_and_follows_the_playbook(found):
    li = contact("P-LI").pk
    services.act_on_locating(act="clock.pause", ids=[li], by=found.investigator, at=AT, note="等")
    services.act_on_locating(act="clock.resume", ids=[li], by=found.investigator, at=AT + HOUR)
    respond()
    assert selectors.locating_of(contact("P-LI")).due == AT + LIMIT + HOUR
    Clock.unscoped.update(due=AT)  # as if the playbook had said something else
    respond()
    assert selectors.locating_of(contact("P-LI")).due == AT + LIMIT + HOUR


def test_whom_somebody_paused_does_not_go_when_found_no_longer(found):
    services.act_on_locating(act="clock.pause", ids=[contact("P-LI").pk], by=found.investigator, at=AT, note="等")
    services.record_contacts(contacts=contacts([FOUND[-1]]), outbreak="OB-1", by=SCOPE, at=AT)
    assert Contact.unscoped.filter(person_id="P-LI").exists()
    assert Contact.unscoped.count() == 2


def test_what_is_refused(found):
    li, shan = contact("P-LI").pk, contact("P-SHAN").pk
    with pytest.raises(Refused, match="role"):
        services.act_on_locating(act="clock.pause", ids=[li], by=found.grid_worker, at=AT, note="等")
    with pytest.raises(Refused, match="area"):
        services.act_on_locating(act="clock.pause", ids=[li, shan], by=found.township_officer, at=AT, note="等")
    with pytest.raises(Refused, match="reason"):
        services.act_on_locating(act="clock.pause", ids=[li], by=found.township_officer, at=AT, note="")
    assert not Clock.unscoped.exists(), "what is refused leaves nothing"
    carry_out(act="contact.locate", keys=[li], by=found.investigator, at=AT)
    with pytest.raises(Refused, match="located already"):
        services.act_on_locating(act="clock.pause", ids=[li], by=found.investigator, at=AT, note="等")
    Outbreak.unscoped.update(playbook="/gone.yaml")
    with pytest.raises(Refused, match="no limit"):
        services.act_on_locating(act="clock.pause", ids=[shan], by=found.investigator, at=AT, note="等")


def test_the_page_pauses_and_lets_go_on_and_the_undo_takes_it_back(found):
    li = contact("P-LI").pk
    browser = found.client("investigator")
    assert 'name="action" value="pause"' in browser.get(f"/contacts/{li}/?tab=limit").content.decode()
    answer = browser.post(f"/contacts/{li}/limit/", {"action": "pause", "note": ""}, follow=True)
    assert "须写明理由" in answer.content.decode()
    browser.post(f"/contacts/{li}/limit/", {"action": "pause", "note": "在境外"})
    page = browser.get(f"/contacts/{li}/?tab=limit").content.decode()
    assert "在境外" in page and 'value="resume"' in page
    browser.post(f"/contacts/{li}/limit/", {"action": "escalate", "note": "公安"})
    assert "公安" in browser.get(f"/contacts/{li}/").content.decode()
    browser.post(f"/contacts/{li}/limit/", {"action": "resume"})
    assert contact("P-LI").locating.paused_at is None
    grid = found.client("grid_worker")
    assert 'value="pause"' not in grid.get(f"/contacts/{li}/?tab=score").content.decode()
    assert grid.get(f"/contacts/{li}/?tab=limit").status_code == 403
    assert grid.post(f"/contacts/{li}/limit/", {"action": "pause", "note": "x"}).status_code == 403


def test_the_list_asks_no_more_where_clocks_are_stored(found):
    browser = found.client("investigator")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/contacts/?overdue=yes").status_code == 200
        return len(queries)

    browser.get("/contacts/")
    few = asked()
    services.act_on_locating(
        act="clock.escalate", ids=[c.pk for c in selectors.contact_rows(SCOPE)], by=found.commander, at=AT, note="市"
    )
    assert asked() == few
