"""The pages of contacts: who sees what, how many queries, deciding with undo."""

import datetime as dt
import io

import polars as pl
import pytest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.access.times import to_local
from lianfang.outbreaks.models import Outbreak
from lianfang.records.acts import carry_out
from lianfang.records.models import Change
from lianfang.records.seen import mark_of
from lianfang.tracing import selectors, services
from lianfang.tracing.models import Contact, Interview
from lianfang.tracing.tests.cast import CASE, FOUND, SCOPE, contacts, row

pytestmark = pytest.mark.database
LIST = "/contacts/"
ACT = "/act/"


def client(cast, name):
    """A browser in English, whose words the tests look for."""
    account = getattr(cast, name)
    account.language = "en"
    account.save(update_fields=["language"])
    return cast.client(name)


def contact(person):
    return Contact.unscoped.get(person_id=person)


def seen(*people):
    return [f"{contact(one).pk}:{mark_of(contact(one))}" for one in people]


def names(response):
    return {row.record.person_id for row in response.context["table"].rows}


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("commander", {"P-LI", "P-OUYANG", "P-SHAN"}),
        ("investigator", {"P-LI", "P-OUYANG", "P-SHAN"}),
        ("township_officer", {"P-LI"}),
        ("grid_worker", {"P-LI"}),
        ("neighbour", set()),
        ("stranger", set()),
    ],
)
def test_everybody_sees_the_contacts_of_the_own_area(found, who, seen):
    response = client(found, who).get(LIST)
    assert response.status_code == 200
    assert names(response) == seen


@pytest.mark.parametrize("who", ["administrator", "auditor"])
def test_roles_without_the_permission_are_turned_away(found, who):
    browser = client(found, who)
    for url in (LIST, reverse("contact", args=[contact("P-LI").pk])):
        assert browser.get(url).status_code == 403
    assert browser.post(ACT, {"action": "contact.accept", "keys": contact("P-LI").pk}).status_code == 403


def test_nobody_reads_without_signing_in(found):
    assert found.client(None).get(LIST).status_code == 302


def test_the_list_says_why_each_was_found(found):
    text = client(found, "investigator").get(LIST).content.decode()
    assert "With case C-1 · Dwelling · 10 h · +1" in text
    assert "With P-OUYANG, a close contact of case C-1" in text
    assert "李娜" in text


def test_a_contact_in_a_vehicle_reads_that_the_edition_has_no_seat_rule(found):
    rows = [*FOUND, row("P-LI", kind="vehicle", minutes=5000.0)]
    services.record_contacts(contacts=contacts(rows), outbreak="OB-1", by=SCOPE, at=AT)
    browser = client(found, "investigator")
    addresses = (LIST, reverse("contact", args=[contact("P-LI").pk]))
    said = "whole vehicle: this edition has no seat rule"
    assert all(said in browser.get(url).content.decode() for url in addresses)
    Outbreak.unscoped.filter(pk="OB-1").update(playbook="covid19-cn-9")
    assert not any(said in browser.get(url).content.decode() for url in addresses)


def test_a_contact_whose_seat_is_not_known_says_so_on_list_and_page(found):
    rows = [*FOUND, row("P-LI", kind="vehicle", minutes=5000.0, seat_unknown=True)]
    services.record_contacts(contacts=contacts(rows), outbreak="OB-1", by=SCOPE, at=AT)
    browser = client(found, "investigator")
    for url in (LIST, reverse("contact", args=[contact("P-LI").pk])):
        assert "seat not known, so the whole unit counts" in browser.get(url).content.decode()
    assert names(browser.get(f"{LIST}?seat=yes")) == {"P-LI"}
    services.record_contacts(contacts=contacts(FOUND), outbreak="OB-1", by=SCOPE, at=AT)
    assert "seat not known, so" not in browser.get(LIST).content.decode()
    assert names(browser.get(f"{LIST}?seat=yes")) == set()


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("q=李娜", {"P-LI"}),
        ("q=oyx", {"P-OUYANG"}),
        ("q=C-1", {"P-LI", "P-OUYANG", "P-SHAN"}),
        ("category=secondary_contact", {"P-SHAN"}),
        ("decision=accepted", {"P-OUYANG"}),
        ("township=330999002", {"P-OUYANG", "P-SHAN"}),
        ("located=yes", {"P-LI"}),
        ("located=no", {"P-OUYANG", "P-SHAN"}),
        ("found_by=both", {"P-LI"}),
        ("case=C-1", {"P-LI", "P-OUYANG", "P-SHAN"}),
        ("case=C-9", set()),
        ("outbreak=OB-1&counted=yes", {"P-LI", "P-OUYANG", "P-SHAN"}),
        ("seat=yes", set()),
        ("overdue=yes", {"P-OUYANG", "P-SHAN"}),
        ("category=nonsense", set()),
    ],
)
def test_search_and_filters(found, query, seen):
    with_limit_to_locate()
    carry_out(act="contact.accept", keys=[contact("P-OUYANG").pk], by=found.investigator, at=AT)
    carry_out(act="contact.locate", keys=[contact("P-LI").pk], by=found.investigator, at=AT)
    assert names(client(found, "investigator").get(f"{LIST}?{query}")) == seen


def with_limit_to_locate() -> None:
    """Lay the local regime over the eighth edition, which sets no limit to locate a contact."""
    Outbreak.unscoped.update(overlays=["covid19-cn-8-local-winter-2021"])


def test_overdue_follows_the_playbook_and_the_clock(found):
    rows = selectors.contact_rows(SCOPE)
    assert not selectors.overdue_contacts(rows, SCOPE, AT + dt.timedelta(hours=25)).exists(), "no limit, nobody late"
    with_limit_to_locate()
    rows = selectors.contact_rows(SCOPE)
    assert not selectors.overdue_contacts(rows, SCOPE, AT + dt.timedelta(hours=23)).exists()
    assert selectors.overdue_contacts(rows, SCOPE, AT + dt.timedelta(hours=25)).count() == 3


def test_a_refused_contact_and_a_case_are_not_counted(found):
    carry_out(act="contact.refuse", keys=[contact("P-LI").pk], by=found.investigator, at=AT, note="不在现场")
    Contact.unscoped.filter(person_id="P-OUYANG").update(is_case=True)
    assert [c.person_id for c in selectors.counted_contacts(selectors.contact_rows(SCOPE))] == ["P-SHAN"]


def test_the_number_of_queries_does_not_grow_with_the_rows(found):
    from django.db import connection

    browser = client(found, "investigator")
    browser.get(LIST)
    with CaptureQueriesContext(connection) as few:
        browser.get(LIST)
    people, kinds = ("P-WANGXM", "P-ZHAO", "P-LI"), ("meal", "venue", "work")
    extra = [row(person, kind=kind, minutes=30.0) for person in people for kind in kinds]
    services.record_contacts(contacts=contacts([*FOUND, *extra]), outbreak="OB-1", by=SCOPE, at=AT)
    with CaptureQueriesContext(connection) as many:
        browser.get(LIST)
    lock_of_the_trail = connection.vendor == "postgresql"
    assert len(many) == len(few) <= 19 + lock_of_the_trail
    with CaptureQueriesContext(connection) as of_case:
        selectors.lines_of(selectors.contacts_of_case(CASE, SCOPE), "investigator", case_id=CASE)
    assert len(of_case) == 2


def test_deciding_together_with_undo(found):
    browser = client(found, "investigator")
    keys = [contact("P-LI").pk, contact("P-OUYANG").pk]
    sent = {"action": "contact.accept", "keys": keys, "seen": seen("P-LI", "P-OUYANG")}
    response = browser.post(LIST, sent, follow=True)
    assert "2 contacts are accepted." in response.content.decode()
    assert {contact(p).decision for p in ("P-LI", "P-OUYANG", "P-SHAN")} == {"accepted", "proposed"}
    again = browser.post(LIST, sent, follow=True)
    assert "stand so already" in again.content.decode(), "a second press changes nothing"
    assert Change.objects.count() == 1
    undone = browser.post(reverse("undo", args=[Change.objects.get().pk]), follow=True)
    assert undone.status_code == 200
    assert {contact(p).decision for p in ("P-LI", "P-OUYANG")} == {"proposed"}


def test_refusing_asks_for_the_reason(found):
    browser = client(found, "investigator")
    li = contact("P-LI").pk
    response = browser.post(LIST, {"action": "contact.refuse", "keys": [li]}, follow=True)
    assert "type the reason first" in response.content.decode()
    browser.post(LIST, {"action": "contact.refuse", "keys": [li], "note": "not there", "seen": seen("P-LI")})
    assert (contact("P-LI").decision, contact("P-LI").decision_note) == ("refused", "not there")


def test_a_grid_worker_locates_and_decides_nothing(found):
    browser = client(found, "grid_worker")
    li = contact("P-LI").pk
    assert browser.post(LIST, {"action": "contact.accept", "keys": [li]}).status_code == 403
    assert browser.post(ACT, {"action": "contact.accept", "keys": [li]}).status_code == 403
    browser.post(ACT, {"action": "contact.locate", "keys": [li], "next": LIST, "seen": seen("P-LI")})
    assert contact("P-LI").located_by == found.grid_worker
    assert contact("P-LI").decision == "proposed"


def test_the_page_of_a_contact(found):
    browser = client(found, "investigator")
    url = reverse("contact", args=[contact("P-LI").pk])
    text = browser.get(url).content.decode()
    for words in ("李娜", "With case C-1 · Meal · 45 min", "Close unprotected contact with a case", "Accept", "Refuse"):
        assert words in text
    assert AuditEntry.objects.filter(kind="tracing.contact", key=str(contact("P-LI").pk), act="read").exists()
    send = {"keys": contact("P-LI").pk, "action": "contact.categorise", "category": "general_contact", "note": "masks"}
    send |= {"next": url, "seen": seen("P-LI")}
    response = browser.post(ACT, send)
    assert (response.status_code, response["Location"]) == (303, url)
    assert contact("P-LI").category == "general_contact"


def test_a_contact_of_another_area_is_not_there(found):
    assert client(found, "grid_worker").get(reverse("contact", args=[contact("P-SHAN").pk])).status_code == 404
    assert client(found, "neighbour").get(reverse("contact", args=[contact("P-LI").pk])).status_code == 404


def test_the_way_back_stays_on_this_site(found):
    browser = client(found, "investigator")
    send = {"keys": contact("P-LI").pk, "action": "contact.accept", "next": "https://elsewhere.example/"}
    send["seen"] = seen("P-LI")
    assert browser.post(ACT, send)["Location"] == "/"


def test_phone_and_name_are_covered_where_the_role_may_not_see_them(found):
    from lianfang.access.core.roles import Role

    record = selectors.contact_rows(SCOPE).get(person_id="P-LI")
    covered = selectors.line_of(record, Role.AUDITOR)
    assert (covered.name, "13800000002" in covered.phone) == ("李*", False)
    plain = selectors.line_of(record, Role.INVESTIGATOR)
    assert (plain.name, plain.phone) == ("李娜", "13800000002")


def test_export_says_the_reason_in_words(found):
    response = client(found, "investigator").get(f"{LIST}?export=csv&q=李娜")
    frame = pl.read_csv(io.BytesIO(b"".join(response.streaming_content)))
    assert "With case C-1 · Dwelling · 10 h · +1" in frame.row(0)


def test_adding_somebody_whom_the_case_named(found):
    browser = client(found, "investigator")
    url = reverse("interview-add", args=[CASE])
    assert browser.get(url).status_code == 200
    text = browser.post(url, {"act": "find", "find": "单田芳"}).content.decode()
    assert "use:P-SHAN" in text
    assert "单田芳" in browser.post(url, {"act": "use:P-SHAN"}).content.decode()
    facts = {"person_id": "P-SHAN", "place_kind": "meal", "relation": "friend", "first_contact": "2021-08-04T18:00"}
    bad = browser.post(url, {**facts, "last_contact": "2021-08-03T18:00"})
    assert bad.status_code == 422
    assert "before the first" in bad.content.decode()
    assert browser.post(url, facts).status_code == 302
    assert browser.post(url, facts).status_code == 302
    interview = Interview.unscoped.get()
    assert (interview.person_id, interview.place_kind, interview.relation) == ("P-SHAN", "meal", "friend")
    # Another investigator enters the same meeting and says less, and something else.
    assert browser.post(url, {**facts, "relation": "", "first_contact": "", "protected": "yes"}).status_code == 302
    interview = Interview.unscoped.get()
    assert (interview.relation, interview.protected) == ("friend", True)
    assert to_local(interview.first_contact) == dt.datetime(2021, 8, 4, 18)
    change = Change.objects.get(act="interview.correct")
    assert client(found, "grid_worker").post(reverse("undo", args=[change.pk])).status_code in (302, 303)
    assert Interview.unscoped.get().protected is True
    browser.post(reverse("undo", args=[change.pk]))
    assert Interview.unscoped.get().protected is False
    assert client(found, "grid_worker").get(url).status_code == 403
    assert client(found, "neighbour").get(url).status_code == 404


def test_the_parts_for_the_pages_of_case_and_person(found, rf):
    from django.template.loader import render_to_string

    request = rf.get("/cases/C-1/")
    request.user = found.investigator
    shown = selectors.lines_of(selectors.contacts_of_case(CASE, SCOPE), "investigator", case_id=CASE)
    case = selectors.contact_rows(SCOPE).first().exposures.all()[0].case
    text = render_to_string("tracing/_for_case.html", {"lines": shown, "case": case}, request=request)
    assert text.count('name="keys"') == 3
    shown = selectors.lines_of(selectors.contacts_of_person("P-LI", SCOPE), "investigator")
    text = render_to_string("tracing/_for_person.html", {"lines": shown}, request=request)
    assert "安和疫情" in text
    assert render_to_string("tracing/_for_person.html", {"lines": []}, request=request).count("empty") == 1


def test_the_pages_speak_chinese_by_default(found):
    text = found.client("investigator").get(LIST).content.decode()
    for words in ("与病例C-1 · 同住 · 10小时", "密切接触者", "采纳", "已核实到人"):
        assert words in text
