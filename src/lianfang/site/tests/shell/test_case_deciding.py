"""Contacts, measures and clocks are decided upon on the page of the case, together and singly, and undone."""

import datetime as dt
import re

import pytest

from lianfang.access.times import now
from lianfang.cases.tests.cast import SCOPE
from lianfang.headquarters.selectors import clocks_of_case
from lianfang.measures.selectors import measure_rows, measures_of_case
from lianfang.records.acts import carry_out
from lianfang.records.seen import mark_of
from lianfang.site.tests.shell.reported import CASE, answered, browser, county, html, respond, starts_by_itself
from lianfang.tracing.models import Contact
from lianfang.tracing.selectors import contact_rows, contacts_of_case, first_to_call, with_priority

pytestmark = [pytest.mark.django_db, pytest.mark.database]
ACT = "/act/"
MEASURES = f"/cases/{CASE}/?tab=measures"
__all__ = ["answered", "browser", "county"]


def decide(browser, action, people, **more):
    ids = [c.pk for c in contacts_of_case(CASE, SCOPE) if c.person_id in people]
    seen = re.findall(r'name="seen" value="([^"]+)" form="contacts-of-case"', html(browser.get(f"/cases/{CASE}/")))
    data = {"keys": ids, "action": f"contact.{action}", "seen": seen, "next": f"/cases/{CASE}/", **more}
    return browser.post(ACT, data, follow=True)


def decision_of(person: str) -> str:
    return contact_rows(SCOPE).get(person_id=person).decision


def test_contacts_are_decided_singly_and_together_and_undone(answered):
    page = decide(answered, "accept", ["P-LI", "P-OUYANG"])
    assert page.redirect_chain[-1][0] == f"/cases/{CASE}/"
    assert [decision_of(p) for p in ("P-LI", "P-OUYANG", "P-SHAN")] == ["accepted", "accepted", "proposed"]
    assert not starts_by_itself(answered)  # accepting what was proposed changes nothing for tracing
    undo = re.search(r'action="([^"]*undo[^"]*)"', html(page)).group(1)
    answered.post(undo, {"next": f"/cases/{CASE}/"})
    assert decision_of("P-LI") == "proposed"
    decide(answered, "refuse", ["P-SHAN"], note="当日未到场")
    assert decision_of("P-SHAN") == "refused"
    assert starts_by_itself(answered)
    respond(answered)
    assert {m.decision for m in measures_of_case(CASE, SCOPE).filter(person_id="P-SHAN")} == {"refused"}
    decide(answered, "accept", ["P-SHAN"])
    assert starts_by_itself(answered)  # accepted after a refusal: measures are due again
    respond(answered)
    assert {m.decision for m in measures_of_case(CASE, SCOPE).filter(person_id="P-SHAN")} == {"accepted"}


def test_measures_that_wait_for_a_decision_stand_first(answered):
    Contact.unscoped.update(decision="accepted")  # else nobody is ordered anything as a contact
    first = measures_of_case(CASE, SCOPE).first()
    sent = {"keys": [first.pk], "seen": marks(answered), "action": "measure.order", "next": MEASURES}
    page = html(answered.post(ACT, sent, follow=True))
    shown = re.findall(r'name="keys" value="(\d+)" form="measures-of-case"', page)
    assert len(shown) > 1 and int(shown[-1]) == first.pk


def marks(browser) -> list[str]:
    """What the page sends along of the measures that it shows."""
    return re.findall(r'name="seen" value="([^"]+)" form="measures-of-case"', html(browser.get(MEASURES)))


def test_measures_are_ordered_refused_and_undone_on_the_page(answered):
    Contact.unscoped.update(decision="accepted")
    url = ACT
    ids = list(measures_of_case(CASE, SCOPE).filter(person_id="P-LI").values_list("pk", flat=True))
    sent = {"keys": ids, "seen": marks(answered), "next": f"{MEASURES}#h-measures"}
    page = answered.post(url, {**sent, "action": "measure.order"}, follow=True)
    assert page.redirect_chain[-1] == (f"{MEASURES}#h-measures", 303)
    assert {m.decision for m in measure_rows(SCOPE).filter(pk__in=ids)} == {"accepted"}
    undo = re.search(r'action="([^"]*undo[^"]*)"', html(page)).group(1)
    answered.post(undo, {"next": f"/cases/{CASE}/"})
    assert {m.decision for m in measure_rows(SCOPE).filter(pk__in=ids)} == {"proposed"}
    refused = html(answered.post(url, {**sent, "action": "measure.refuse", "note": ""}, follow=True))
    assert "不采纳须写明理由" in refused
    answered.post(url, {**sent, "action": "measure.refuse", "note": "已在外地隔离"})
    assert {m.decision for m in measure_rows(SCOPE).filter(pk__in=ids)} == {"refused"}


def test_a_measure_of_a_contact_whom_nobody_accepted_is_not_ordered(answered):
    ids = list(measures_of_case(CASE, SCOPE).filter(person_id="P-LI").values_list("pk", flat=True))
    sent = {"keys": ids, "seen": marks(answered), "action": "measure.order", "next": f"/cases/{CASE}/"}
    assert "尚未采纳的接触者" in html(answered.post(ACT, sent, follow=True))
    assert {m.decision for m in measure_rows(SCOPE).filter(pk__in=ids)} == {"proposed"}
    decide(answered, "accept", ["P-LI"])
    assert {m.decision for m in measure_rows(SCOPE).filter(pk__in=ids)} == {"accepted"}


def test_a_measure_that_says_something_else_than_the_page_is_not_ordered(answered):
    Contact.unscoped.update(decision="accepted")
    url = ACT
    ids = list(measures_of_case(CASE, SCOPE).filter(person_id="P-LI").values_list("pk", flat=True))
    sent = {"keys": ids, "seen": marks(answered), "action": "measure.order"}
    measure_rows(SCOPE).filter(pk=ids[0]).update(end=now() + dt.timedelta(days=20))
    assert "其中 1 项措施在您打开页面之后有改动" in html(answered.post(url, sent, follow=True))
    assert {m.decision for m in measure_rows(SCOPE).filter(pk__in=ids)} == {"proposed"}
    answered.post(url, {**sent, "seen": marks(answered)})
    assert {m.decision for m in measure_rows(SCOPE).filter(pk__in=ids)} == {"accepted"}


@pytest.mark.parametrize("act", ["measure.order", "clock.stop", "contact.accept"])
def test_keys_that_are_none_choose_nothing(answered, act):
    nothing = {"action": act, "keys": ["99999999999999999999", "²", "-1", "x"], "next": f"/cases/{CASE}/"}
    page = answered.post(ACT, nothing, follow=True)
    assert page.status_code == 200
    assert [m.level_tag for m in page.context["messages"]][-1] == "warning"


def test_no_row_chosen_is_said(answered):
    page = answered.post(ACT, {"action": "measure.order", "next": f"/cases/{CASE}/"}, follow=True)
    assert [m.level_tag for m in page.context["messages"]][-1] == "warning"


def test_a_clock_is_stopped_on_the_page(answered):
    clock = clocks_of_case(CASE, SCOPE).first()
    answered.post(ACT, {"action": "clock.stop", "keys": clock.pk, "seen": f"{clock.pk}:{mark_of(clock)}"})
    assert clocks_of_case(CASE, SCOPE).get(pk=clock.pk).done_at is not None


def test_the_contacts_stand_in_the_order_in_which_to_call(county, answered):
    def shown():
        page = html(answered.get(f"/cases/{CASE}/"))
        return [int(key) for key in re.findall(r'name="keys" value="(\d+)" form="contacts-of-case"', page)], page

    def ordered():
        return [c.pk for c in first_to_call(with_priority(contacts_of_case(CASE, SCOPE), SCOPE, now()))]

    keys, page = shown()
    assert keys == ordered() and len(keys) == 3
    assert page.count("接触强度 0.") == 3, "each says how its place comes about"
    carry_out(act="contact.locate", keys=keys[:1], by=county.investigator, at=now())
    again, _page = shown()
    assert again == ordered() == [*keys[1:], keys[0]]


PART = {"HX-Request": "true", "HX-Target": "parts"}


def test_deciding_brings_back_the_part_of_the_page_on_which_it_was_decided(answered):
    contact = contacts_of_case(CASE, SCOPE).first()
    page = html(answered.get(f"/cases/{CASE}/"))
    form = page[page.index('<form id="contacts-of-case"') :]
    form = form[: form.index("</form>")]
    assert 'hx-target="#parts"' in form and 'id="act-accept"' in form, "by its id the button keeps the focus"
    back = re.search(r'name="next" value="([^"]+)"', form).group(1).replace("&amp;", "&")
    assert back == f"/cases/{CASE}/?tab=contacts&page=1#h-contacts"
    assert "待决定 3" in page[page.index('id="tab-contacts"') : page.index('id="tab-measures"')]
    sent = {"keys": contact.pk, "seen": f"{contact.pk}:{mark_of(contact)}", "action": "contact.accept", "next": back}
    part = html(answered.post(ACT, sent, headers=PART, follow=True))
    assert part.startswith('<div id="parts"') and "<html" not in part
    assert "undo" in part[part.index('<div id="messages" hx-swap-oob="innerHTML">') :]
    assert "待决定 2" in part


def test_where_much_would_change_the_question_takes_the_place_of_the_part(answered, monkeypatch):
    monkeypatch.setattr("lianfang.pages.acting.SUMMARY_ABOVE", 1)
    rows = list(contacts_of_case(CASE, SCOPE))
    back = f"/cases/{CASE}/?tab=contacts"
    seen = [f"{one.pk}:{mark_of(one)}" for one in rows]
    sent = {"keys": [one.pk for one in rows], "seen": seen, "action": "contact.accept", "next": back}
    part = html(answered.post(ACT, sent, headers=PART))
    assert part.startswith('<section id="parts">') and 'hx-target="#parts"' in part
    assert {decision_of(one.person_id) for one in rows} == {"proposed"}
    agreed = dict(re.findall(r'name="(confirmed|agreed)" value="([^"]+)"', part))
    answered.post(ACT, sent | agreed, headers=PART, follow=True)
    assert {decision_of(one.person_id) for one in rows} == {"accepted"}
