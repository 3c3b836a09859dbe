"""Whom to call first, on the pages: sorted in the database exactly as the core ranks, with fixed queries."""

import csv
import datetime as dt
import io
import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.records.acts import carry_out
from lianfang.registry.models import Person
from lianfang.tracing import selectors, services
from lianfang.tracing.core.priority import score_of
from lianfang.tracing.models import Contact, Exposure
from lianfang.tracing.tests.cast import FOUND, SCOPE, contacts, row

pytestmark = pytest.mark.database
LIST = "/contacts/"
PEOPLE = ("P-LI", "P-OUYANG", "P-SHAN", "P-WANGXM", "P-ZHAO")
KINDS = ("dwelling", "work", "school", "meal", "vehicle", "venue", "care", "other")


def client(cast, name):
    account = getattr(cast, name)
    account.language = "en"
    account.save(update_fields=["language"])
    return cast.client(name)


def ranked_in_database(at):
    rows = selectors.with_priority(selectors.contact_rows(SCOPE), SCOPE, at)
    return list(selectors.first_to_call(rows))


def shuffle_facts(chance):
    """Give every contact random minutes, times, settings and age."""
    for contact in Contact.unscoped.all():
        contact.minutes = chance.choice([0, 3.5, 60, 1000])
        contact.last_contact = chance.choice([None, AT - dt.timedelta(minutes=chance.randrange(-600, 60_000))])
        contact.save()
        born = chance.choice([None, dt.date(chance.randrange(1930, 2015), AT.month, chance.randint(1, 28))])
        Person.unscoped.filter(pk=contact.person_id).update(birth_date=born)
        contact.exposures.all().delete()
        for kind in chance.sample(KINDS, chance.randrange(4)):
            degree = chance.choice([1, 2])
            Exposure.objects.create(contact=contact, case_id="C-1", degree=degree, place_kind=kind, rule="r")


@pytest.mark.parametrize("seed", range(12))
def test_the_database_sorts_as_the_core_ranks(found, seed):
    more = [row("P-WANGXM"), row("P-ZHAO")]
    services.record_contacts(contacts=contacts([*FOUND, *more]), outbreak="OB-1", by=SCOPE, at=AT)
    shuffle_facts(random.Random(seed))
    at = AT + dt.timedelta(hours=seed)
    rows = ranked_in_database(at)
    parts = selectors.parts_of_contacts(rows, at)
    assert {c.person_id for c in rows} == set(PEOPLE)
    for contact in rows:
        assert contact.priority == pytest.approx(score_of(parts[contact.pk]) / 100, abs=1e-9), contact.person_id
    scores = [round(c.priority, 9) for c in rows]
    assert scores == sorted(scores, reverse=True)


def test_whoever_is_still_to_be_located_stands_on_top(found):
    ids = {c.person_id: c.pk for c in Contact.unscoped.all()}
    order = [c.person_id for c in ranked_in_database(AT)]
    assert order == ["P-LI", "P-SHAN", "P-OUYANG"], "a home for ten hours; then Shan, who is over 60; then work"
    carry_out(act="contact.locate", keys=[ids["P-LI"]], by=found.investigator, at=AT)
    carry_out(act="contact.refuse", keys=[ids["P-OUYANG"]], by=found.investigator, at=AT, note="x")
    assert [c.person_id for c in ranked_in_database(AT)] == ["P-SHAN", "P-LI", "P-OUYANG"]


def test_the_list_is_in_that_order_and_says_why(found):
    browser = client(found, "investigator")
    page = browser.get(LIST)
    shown = [r.record.person_id for r in page.context["table"].rows]
    assert shown == ["P-LI", "P-SHAN", "P-OUYANG"]
    text = page.content.decode()
    assert text.count("Intensity 0.") == 3 and "× 35 =" in text and "Vulnerability" in text
    other = browser.get(f"{LIST}?sort=-priority")
    assert [r.record.person_id for r in other.context["table"].rows] == ["P-OUYANG", "P-SHAN", "P-LI"]
    assert "接触强度 0." in found.client("township_officer").get(LIST).content.decode()


def test_the_page_of_a_contact_shows_each_share_and_its_weight(found):
    contact = Contact.unscoped.get(person_id="P-LI")
    address = f"{reverse('contact', args=[contact.pk])}?tab=score"
    page = client(found, "investigator").get(address).content.decode()
    assert "Order and limit of the call" in page and "it decides nobody's category or measure" in page
    for words in ("Intensity", "Setting", "Recency", "Vulnerability", "/ 100"):
        assert words in page
    carry_out(act="contact.locate", keys=[contact.pk], by=found.investigator, at=AT)
    again = client(found, "investigator").get(address).content.decode()
    assert "/ 100" not in again and "There is nothing to show here." in again, "somebody located needs no call"


def test_an_export_has_the_score_with_its_shares(found):
    response = client(found, "investigator").get(f"{LIST}?export=csv")
    lines = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    score, shares = lines[0].index("Call first"), lines[0].index("Shares of the score")
    assert len(lines) == 4 and all("Intensity 0." in line[shares] for line in lines[1:])
    assert all(0 < int(line[score]) <= 100 for line in lines[1:])  # a number alone, as the page shows it


def test_ranking_costs_no_query_a_row(found):
    browser = client(found, "investigator")
    browser.get(LIST)
    with CaptureQueriesContext(connection) as few:
        browser.get(LIST)
    more = [row("P-WANGXM", kind=kind) for kind in KINDS] + [row("P-ZHAO")]
    services.record_contacts(contacts=contacts([*FOUND, *more]), outbreak="OB-1", by=SCOPE, at=AT)
    with CaptureQueriesContext(connection) as many:
        browser.get(LIST)
    assert len(many) == len(few)


def called_in_turn(scope, start, at=AT):
    """Whom a reader comes to who presses the button again and again."""
    seen, one = [start.person_id], start
    while (one := selectors.next_to_call(one, scope, at)) is not None and one.person_id != seen[0]:
        assert one.person_id not in seen, "it goes round without passing anybody twice"
        seen.append(one.person_id)
    return seen


@pytest.mark.parametrize("seed", range(8))
def test_the_next_to_call_follows_the_order_of_the_list_to_its_end_and_begins_anew(found, seed):
    more = [row("P-WANGXM"), row("P-ZHAO")]
    services.record_contacts(contacts=contacts([*FOUND, *more]), outbreak="OB-1", by=SCOPE, at=AT)
    shuffle_facts(random.Random(seed))
    order = ranked_in_database(AT)
    assert called_in_turn(SCOPE, order[0]) == [c.person_id for c in order]
    middle = order[2]
    assert called_in_turn(SCOPE, middle) == [c.person_id for c in (*order[2:], *order[:2])]


def test_ties_are_called_one_after_the_other(found):
    services.record_contacts(
        contacts=contacts([*FOUND, row("P-WANGXM"), row("P-ZHAO")]), outbreak="OB-1", by=SCOPE, at=AT
    )
    for last in (AT, None):
        Contact.unscoped.update(minutes=10, last_contact=last)
        Exposure.objects.all().delete()
        Person.unscoped.update(birth_date=None)
        order = ranked_in_database(AT)
        assert [c.pk for c in order] == sorted(c.pk for c in order)
        assert called_in_turn(SCOPE, order[0]) == [c.person_id for c in order]


def test_nobody_settled_is_next_and_from_somebody_settled_it_begins_at_the_top(found):
    li, shan, ouyang = (Contact.unscoped.get(person_id=p) for p in ("P-LI", "P-SHAN", "P-OUYANG"))
    carry_out(act="contact.locate", keys=[shan.pk], by=found.investigator, at=AT)
    assert selectors.next_to_call(li, SCOPE, AT).person_id == "P-OUYANG"
    assert selectors.next_to_call(Contact.unscoped.get(pk=shan.pk), SCOPE, AT).person_id == "P-LI"
    carry_out(act="contact.refuse", keys=[li.pk], by=found.investigator, at=AT, note="x")
    assert selectors.next_to_call(ouyang, SCOPE, AT) is None


def test_the_page_leads_to_the_next_of_the_own_area(found):
    li, shan = (Contact.unscoped.get(person_id=p) for p in ("P-LI", "P-SHAN"))
    page = client(found, "investigator").get(reverse("contact", args=[li.pk])).content.decode()
    assert f'rel="next" href="{reverse("contact", args=[shan.pk])}">Next to call: 单田芳</a>' in page
    entry = AuditEntry.objects.filter(kind="tracing.contact", act="read", key=str(li.pk)).order_by("-number").first()
    assert entry.detail["next"] == "P-SHAN"
    officer = client(found, "township_officer").get(reverse("contact", args=[li.pk])).content.decode()
    assert 'rel="next"' not in officer and "单田芳" not in officer, "the others live in another township"


def test_the_next_costs_a_fixed_number_of_queries(found):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            selectors.next_to_call(Contact.unscoped.get(person_id="P-LI"), SCOPE, AT)
        return len(caught)

    few = queries()
    services.record_contacts(
        contacts=contacts([*FOUND, *[row("P-WANGXM", kind=k) for k in KINDS]]), outbreak="OB-1", by=SCOPE, at=AT
    )
    assert queries() == few <= 4


def test_lines_say_how_early_to_call_where_a_call_is_due(found):
    ouyang = Contact.unscoped.get(person_id="P-OUYANG")
    carry_out(act="contact.locate", keys=[ouyang.pk], by=found.investigator, at=AT)
    rows = selectors.first_to_call(selectors.with_priority(selectors.contacts_of_case("C-1", SCOPE), SCOPE, AT))
    lines = selectors.lines_of(rows, "investigator", case_id="C-1", at=AT)
    assert [line.contact.person_id for line in lines] == ["P-LI", "P-SHAN", "P-OUYANG"]
    assert [bool(line.score and line.shares) for line in lines] == [True, True, False]
    assert not any(line.score for line in selectors.lines_of(rows, "investigator"))
