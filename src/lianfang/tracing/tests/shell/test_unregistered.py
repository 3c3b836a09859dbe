"""Whom tracing finds and the register does not know: kept row by row, seen with the case, registered there."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.audit import verify
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.intake.tests.written import rows_written
from lianfang.kernel.errors import Refused
from lianfang.registry.selectors import people
from lianfang.registry.services import PersonFacts
from lianfang.tracing import selectors, services
from lianfang.tracing.models import Contact, UnregisteredContact
from lianfang.tracing.tests.cast import CASE, FOUND, SCOPE, contacts, row

pytestmark = pytest.mark.database
LIST = "/outbreaks/OB-1/unregistered/"
HOUR = dt.timedelta(hours=1)
NUMBER = "330999198502032226"
ROWS = [
    *FOUND,
    row("T-1", kind="vehicle", minutes=95.0, seat_unknown=True),
    row("T-1", kind="meal", minutes=30.0),
    row(NUMBER, kind="vehicle", minutes=20.0),
    row("T-2", degree=2, via="T-1", minutes=40.0, category="secondary_contact"),
]


def record(rows, at=AT):
    return services.record_contacts(contacts=contacts(rows), outbreak="OB-1", by=SCOPE, at=at)


@pytest.fixture
def travellers(outbreak):
    record(ROWS)
    return outbreak


def client(cast, name):
    account = getattr(cast, name)
    account.language = "en"
    account.save(update_fields=["language"])
    return cast.client(name)


def found(name="T-1", kind="vehicle"):
    return UnregisteredContact.unscoped.get(person_id=name, place_kind=kind)


def kept():
    return sorted(UnregisteredContact.unscoped.values_list("person_id", "place_kind", "minutes"))


def register(cast, who="T-1", kind="vehicle", **changes):
    facts = {"name": "周远", "jurisdiction": "330999", **changes}
    return services.register_found(
        found_id=found(who, kind).pk, facts=PersonFacts(**facts), by=cast.investigator, at=AT + HOUR
    )


def test_rows_are_kept_as_tracing_found_them(travellers):
    assert kept() == [
        (NUMBER, "vehicle", 20.0),
        ("T-1", "meal", 30.0),
        ("T-1", "vehicle", 95.0),
        ("T-2", "dwelling", 40.0),
    ]
    one = found()
    assert (one.outbreak_id, one.case_id, one.degree, one.category) == ("OB-1", CASE, 1, "close_contact")
    assert (one.first_contact, one.found_at, one.seat_unknown) == (dt.datetime(2021, 8, 5, tzinfo=dt.UTC), AT, True)
    assert found("T-2", "dwelling").via_person_id == "T-1"
    assert not Contact.unscoped.filter(person__person_id__startswith="T-").exists()


def test_again_nothing_is_written_and_what_differs_alone(travellers):
    entries = AuditEntry.objects.count()
    with rows_written(Contact, UnregisteredContact) as rows:
        record(list(reversed(ROWS)), at=AT + HOUR)
    assert rows == []
    assert AuditEntry.objects.count() == entries
    with rows_written(Contact, UnregisteredContact) as rows:
        record([*FOUND, row("T-1", kind="vehicle", minutes=96.0, seat_unknown=True), *ROWS[-2:]], at=AT + HOUR)
    assert rows == [("tracing_unregisteredcontact", "delete"), ("tracing_unregisteredcontact", "update")]
    assert found().minutes == 96
    assert found().found_at == AT, "when it was first found"
    assert AuditEntry.objects.last().detail["not_in_register_rows"] == 2
    record(FOUND)
    assert kept() == []


def test_ids_longer_than_any_register_has_are_named_and_do_not_stop_the_rest(outbreak):
    long = "x" * 300
    done = record([*FOUND, row(long), row("T-2", degree=2, via=long, category="secondary_contact")])
    assert long in done.unknown
    assert kept() == [("T-2", "dwelling", 600.0)]
    assert found("T-2", "dwelling").via_person_id == ""


def test_whoever_is_registered_is_not_listed_any_more_and_becomes_a_contact_with_the_next_run(travellers):
    assert selectors.count_unregistered(SCOPE, outbreak="OB-1") == selectors.Unregistered(3, 0, "")
    assert register(travellers) == "T-1"
    assert register(travellers) == "T-1", "sent twice, it is the same person"
    assert people(SCOPE).filter(pk="T-1").count() == 1
    assert selectors.count_unregistered(SCOPE, outbreak="OB-1") == selectors.Unregistered(2, 1, CASE)
    assert {one.person_id for one in selectors.unregistered_rows(SCOPE, outbreak="OB-1")} == {NUMBER, "T-2"}
    record(ROWS)
    assert selectors.count_unregistered(SCOPE, outbreak="OB-1") == selectors.Unregistered(2, 0, "")
    assert Contact.unscoped.get(person_id="T-1").minutes == 125
    assert [name for name, *_ in kept()] == [NUMBER, "T-2"]
    assert verify() is None


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("commander", 200),
        ("investigator", 200),
        ("township_officer", 200),
        ("grid_worker", 403),
        ("administrator", 403),
        ("auditor", 403),
        ("neighbour", 404),
        ("stranger", 404),
    ],
)
def test_who_sees_the_list(travellers, who, seen):
    assert client(travellers, who).get(LIST).status_code == seen


def test_somebody_outside_the_area_of_the_case_sees_nobody(travellers):
    from lianfang.cases.models import Case

    Case.unscoped.filter(pk=CASE).update(jurisdiction_id="330999002")
    officer = client(travellers, "township_officer")
    assert officer.get(LIST).context["count"] == 0
    assert selectors.find_unregistered(found().pk, travellers.scope("township_officer")) is None
    assert client(travellers, "investigator").get(LIST).context["count"] == 4


def test_the_list_says_why_and_how_many(travellers):
    response = client(travellers, "investigator").get(LIST)
    page = response.content.decode()
    assert response.context["count"] == 4
    assert "3 people whom tracing found are not in the register" in page
    assert "With T-1, a close contact of case C-1" in page
    assert "seat not known" in page
    assert f"/outbreaks/unregistered/{found().pk}/register/" in page
    for query, count in {"case=C-1": 4, "case=C-9": 0, "category=secondary_contact": 1, "place_kind=meal": 1}.items():
        assert client(travellers, "investigator").get(f"{LIST}?{query}").context["count"] == count
    entry = AuditEntry.objects.filter(kind="tracing.unregisteredcontact").last()
    assert entry.act == "read"
    assert not any(name in str(entry.detail) for name in ("T-1", NUMBER))


def test_an_identity_number_as_id_is_covered_by_role(travellers):
    assert NUMBER in client(travellers, "investigator").get(LIST).content.decode()
    for who in ("commander", "township_officer"):
        page = client(travellers, who).get(LIST).content.decode()
        assert NUMBER not in page
        assert "330999************" in page
    assert selectors.shown_id("13812345678", "auditor") == "138******78"
    assert selectors.shown_id("T-1", "auditor") == "T-1"


def test_the_file_holds_what_the_page_shows_and_the_export_stands_in_the_trail(travellers):
    def lines(who):
        answer = client(travellers, who).get(f"{LIST}?export=csv")
        assert answer.status_code == 200
        return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()

    rows = lines("investigator")
    assert len(rows) == 5
    assert rows[0].startswith("Id in the presences,Case,Category")
    assert any(NUMBER in line and "Vehicle" in line for line in rows)
    assert not any(NUMBER in line for line in lines("commander"))
    entry = AuditEntry.objects.filter(kind="tracing.unregisteredcontact", act="export").last()
    assert entry.detail["rows"] == 4
    assert client(travellers, "township_officer").get(f"{LIST}?export=csv").status_code == 200
    assert client(travellers, "grid_worker").get(f"{LIST}?export=csv").status_code == 403


def test_the_list_asks_a_fixed_number_of_queries(travellers):
    browser = client(travellers, "investigator")

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(LIST).status_code == 200
        return len(caught)

    before = queries()
    record([*ROWS, *(row(f"T-{n}") for n in range(10, 40))])
    assert browser.get(LIST).context["count"] == 34
    assert queries() == before


def test_registering_on_the_page(travellers):
    browser = client(travellers, "investigator")
    address = f"/outbreaks/unregistered/{found().pk}/register/"
    page = browser.get(address).content.decode()
    assert "T-1" in page and "With case C-1" in page
    refused = browser.post(address, {"name": "", "id_type": "resident", "jurisdiction": "330999"})
    assert refused.status_code == 422
    wrong = {"name": "周远", "id_type": "resident", "id_number": "330999198502032227", "jurisdiction": "330999"}
    assert browser.post(address, wrong).status_code == 422
    assert not people(SCOPE).filter(pk="T-1").exists()
    facts = {"name": "周远", "id_type": "resident", "id_number": NUMBER, "jurisdiction": "330999"}
    done = browser.post(address, facts, follow=True)
    assert done.redirect_chain == [(LIST, 302)]
    assert f"/cases/{CASE}/?respond=1" in done.content.decode()
    person = people(SCOPE).get(pk="T-1")
    assert (person.name, str(person.birth_date), person.sex) == ("周远", "1985-02-03", "female")
    assert browser.get(address).status_code == 404, "registered, so nothing to do"


def test_the_number_that_is_the_id_is_filled_in_for_whoever_may_read_it(travellers):
    address = f"/outbreaks/unregistered/{found(NUMBER).pk}/register/"
    assert f'value="{NUMBER}"' in client(travellers, "investigator").get(address).content.decode()
    assert NUMBER not in client(travellers, "commander").get(address).content.decode()


@pytest.mark.parametrize("who", ["township_officer", "grid_worker", "auditor", "administrator"])
def test_who_may_not_register(travellers, who):
    address = f"/outbreaks/unregistered/{found().pk}/register/"
    assert client(travellers, who).get(address).status_code == 403
    with pytest.raises(Refused):
        services.register_found(
            found_id=found().pk,
            facts=PersonFacts(name="x", jurisdiction="330999001"),
            by=getattr(travellers, who),
            at=AT,
        )


def test_whoever_may_not_register_is_offered_no_link(travellers):
    page = client(travellers, "township_officer").get(LIST).content.decode()
    assert "T-1" in page and "/register/" not in page


def test_outside_the_own_area_nobody_is_registered(travellers):
    address = f"/outbreaks/unregistered/{found().pk}/register/"
    assert client(travellers, "neighbour").get(address).status_code == 404
    with pytest.raises(Refused, match="not among those found"):
        services.register_found(
            found_id=found().pk, facts=PersonFacts(name="x", jurisdiction="330998"), by=travellers.neighbour, at=AT
        )


def test_one_identity_each(travellers):
    register(travellers, id_number=NUMBER)
    with pytest.raises(Refused, match="registered as T-1"):
        register(travellers, "T-2", "dwelling", id_number=NUMBER)
    with pytest.raises(Refused, match="registered under another name"):
        register(travellers, name="王五")
