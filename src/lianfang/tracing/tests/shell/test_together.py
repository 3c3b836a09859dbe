"""Where and when a contact met the case, on its page: by scope and role, audited, and honest where it is gone."""

import csv
import datetime as dt
import io

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.access.words import label
from lianfang.cases.selectors import cases_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.outbreaks.services import record_run
from lianfang.playbook.load import load
from lianfang.presences import keeping, removing
from lianfang.tracing import selectors, services
from lianfang.tracing.models import Contact, Exposure
from lianfang.tracing.tests.cast import CASE, DAY, SCOPE, load_cast_outbreak
from lianfang.tracing.tracer import find_contacts

pytestmark = pytest.mark.database
COLUMNS = ["person_id", "place_id", "place_kind", "start", "end", "vehicle", "seat"]
AS_OF = DAY + dt.timedelta(days=1, hours=9)


def client(cast, name):
    account = getattr(cast, name)
    account.language = "en"
    account.save(update_fields=["language"])
    return cast.client(name)


def met(place, kind, day, hour, minutes, *people, vehicle=None, seats=()):
    """Presences of some people in one place at once."""
    start = DAY + dt.timedelta(days=day, hours=hour)
    end = start + dt.timedelta(minutes=minutes)
    told = dict(zip(people, seats, strict=False))
    return [(person, place, kind, start, end, vehicle, told.get(person)) for person in people]


def ingest(rows):
    keeping.ingest(PRESENCES.conform(pl.DataFrame(rows, schema=COLUMNS, orient="row")))


def traced():
    """Trace as a response does, and store what is found."""
    found = find_contacts(
        cases_frame("OB-1", SCOPE),
        keeping.store(),
        selectors.interviews_frame("OB-1", SCOPE),
        playbook=load("covid19-cn-8"),
        as_of=AS_OF,
    )
    services.record_contacts(contacts=found, outbreak="OB-1", by=SCOPE, at=AT)
    run = {"as_of": AT, "playbook": "covid19-cn-8", "seconds": 1.0, "cases": 1, "contacts": found.height, "at": AT}
    record_run(outbreak="OB-1", case_id=None, **run)


ROWS = [
    *met("H-1", "dwelling", -1, 20, 600, "P-WANG", "P-LI"),
    *met("G7511-05", "vehicle", 0, 9, 90, "P-WANG", "P-LI", vehicle="aircraft", seats=("12A", "13F")),
    *met("H-1", "dwelling", -30, 20, 600, "P-WANG", "P-LI"),  # long before the window
    *met("W-1", "work", -1, 8, 120, "P-WANG", "P-OUYANG"),
    *met("W-1", "work", -1, 13, 45, "P-WANG", "P-OUYANG"),
    *met("H-2", "dwelling", -1, 19, 600, "P-OUYANG", "P-SHAN"),
    *met("H-2", "dwelling", -3, 19, 600, "P-OUYANG", "P-SHAN"),  # before Ouyang met the case
]


@pytest.fixture
def world(cast, tmp_path, settings):
    """Wang flew and lives with Li and works with Ouyang, who lives with Shan; tracing has run."""
    settings.DATA_DIR = tmp_path
    load_cast_outbreak(cast)
    ingest(ROWS)
    traced()
    return cast


def contact(person):
    return selectors.contact_rows(SCOPE).get(person_id=person)


def page(cast, person, who="investigator"):
    return client(cast, who).get(reverse("contact", args=[contact(person).pk]))


def stays(cast, person, who="investigator", **more):
    account = getattr(cast, who)
    return selectors.shared_stays(contact(person), cast.scope(who), account.role, at=AT, **more)


def test_the_page_names_place_time_and_seats_the_latest_first(world):
    response = page(world, "P-LI")
    text = response.content.decode()
    lines = response.context["stays"].lines
    assert [(line.place, line.start) for line in lines] == [
        ("G7511-05", DAY + dt.timedelta(hours=9)),
        ("东街 1 号", DAY - dt.timedelta(hours=4)),
    ]
    assert (lines[0].own_seat, lines[0].seat, lines[0].seat_unknown) == ("12A", "13F", False)
    for words in (
        "Where and when they were together",
        "G7511-05",
        "12A",
        "13F",
        "东街 1 号",
        "2021-08-04 20:00",
        "10 h",
    ):
        assert words in text
    assert "2021-07-06" not in text, "before the infectious window"


def test_minutes_and_encounters_are_those_of_the_exposures(world):
    for person in ("P-LI", "P-OUYANG", "P-SHAN"):
        found = stays(world, person)
        assert found.notes == []
        for one in contact(person).exposures.all():
            own = [line for line in found.lines if line.setting in (one.place_kind, label(PlaceKind, one.place_kind))]
            assert (sum(line.minutes for line in own), len(own)) == (one.minutes, one.encounters), one.place_kind


def test_the_second_degree_tells_of_the_contact_in_between_within_their_time(world):
    [line] = stays(world, "P-SHAN").lines
    assert (line.via, line.place, line.minutes) == ("P-OUYANG", "西山 2 号", 600)
    assert line.start == DAY - dt.timedelta(hours=5)
    assert "P-OUYANG, close contact of case C-1" in page(world, "P-SHAN").content.decode()


def test_chinese_by_default(world):
    text = world.client("investigator").get(reverse("contact", args=[contact("P-LI").pk])).content.decode()
    for words in ("共同在场的地点和时间", "病例 C-1", "接触者座位", "东街 1 号"):
        assert words in text


@pytest.mark.parametrize("who", ["township_officer", "grid_worker"])
def test_a_home_outside_of_the_readers_area_is_covered_and_other_places_are_not(world, who):
    ingest([*met("H-2", "dwelling", -1, 6, 60, "P-WANG", "P-LI"), *met("KTV", "venue", -1, 3, 60, "P-WANG", "P-LI")])
    traced()
    response = page(world, "P-LI", who)
    text = response.content.decode()
    lines = {line.setting: line for line in response.context["stays"].lines if line.minutes == 60}
    assert (lines["Dwelling"].place, lines["Dwelling"].place_id, lines["Dwelling"].area) == ("***", "", "")
    assert lines["Venue"].place == "KTV"
    assert "西山 2 号" not in text and "H-2" not in text and "东街 1 号" in text
    assert "西山 2 号" in page(world, "P-LI", "investigator").content.decode()


def test_a_home_is_covered_from_a_role_that_sees_no_addresses(world):
    ingest(met("HOME-OF-NOBODY", "dwelling", -1, 6, 60, "P-WANG", "P-LI"))
    traced()
    found = selectors.shared_stays(contact("P-LI"), SCOPE, "auditor", at=AT)
    homes = [(line.place, line.place_id) for line in found.lines if line.setting == label(PlaceKind, "dwelling")]
    assert homes == [("***", ""), ("***", "")]
    plain = selectors.shared_stays(contact("P-LI"), SCOPE, "commander", at=AT)
    assert {line.place for line in plain.lines} == {"G7511-05", "东街 1 号", "HOME-OF-NOBODY"}


@pytest.mark.parametrize(
    ("who", "status", "file"),
    [
        ("commander", 200, 200),
        ("investigator", 200, 200),
        ("township_officer", 200, 200),
        ("grid_worker", 200, 403),
        ("auditor", 403, 403),
        ("administrator", 403, 403),
        ("neighbour", 404, 404),
        ("stranger", 404, 404),
    ],
)
def test_who_sees_it(world, who, status, file):
    browser, key = client(world, who), contact("P-LI").pk
    for name, expected in (("contact", status), ("contact-stays", file)):
        response = browser.get(reverse(name, args=[key]))
        assert response.status_code == expected
        if expected != 200:
            assert "G7511" not in response.content.decode()


def test_many_stays_are_cut_on_the_page_and_all_in_the_file(world):
    ingest([one for n in range(60) for one in met(f"STALL-{n}", "venue", -1, n / 10, 5, "P-WANG", "P-LI")])
    traced()
    response = page(world, "P-LI")
    assert len(response.context["stays"].lines) == 50
    assert "62 shared stays" in response.content.decode() and "The latest 50 are shown." in response.content.decode()
    file = client(world, "investigator").get(reverse("contact-stays", args=[contact("P-LI").pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 62
    assert rows[0]["Place id"] == "G7511-05" and rows[0]["Seat of the contact"] == "13F"
    assert rows[-1]["From"] == "2021-08-04 00:00" and sum(float(row["Minutes"]) for row in rows) == 300 + 690
    reads = AuditEntry.objects.filter(kind="tracing.contact", key=str(contact("P-LI").pk)).order_by("number")
    assert [(one.act, one.detail["stays"]) for one in reads] == [("read", 50), ("export", 62)]


def test_known_by_interview_alone(world):
    services.add_interview(case_id=CASE, person_id="P-WANGXM", by=world.investigator, at=AT, place_kind="meal")
    traced()
    response = page(world, "P-WANGXM")
    assert response.context["stays"].lines == []
    assert "1 meeting is known by interview alone: no presence tells where it was." in response.content.decode()


def test_an_interview_beside_presences_leaves_the_stays(world):
    facts = {"place_kind": "dwelling", "first_contact": AT - dt.timedelta(days=9), "last_contact": AT}
    services.add_interview(case_id=CASE, person_id="P-LI", by=world.investigator, at=AT, **facts)
    traced()
    assert Exposure.objects.get(contact__person_id="P-LI", place_kind="dwelling").found_by == "both"
    found = stays(world, "P-LI")
    assert ([line.minutes for line in found.lines], found.notes) == ([90, 600], [])


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ("P-LI", "The presences of this person were taken out for good"),
        ("P-WANG", "The presences of P-WANG were taken out for good"),
    ],
)
def test_taken_out_of_the_store(world, gone, words):
    removing.retract(gone, by=world.administrator, at=AT)
    response = page(world, "P-LI")
    assert response.context["stays"].lines == []
    text = response.content.decode()
    assert words in text and "G7511" not in text and "presence any more" not in text


def test_presences_that_are_gone_or_have_changed_since(world):
    ingest(met("W-1", "work", -1, 16, 15, "P-WANG", "P-OUYANG"))
    assert "in 1 setting these stays are not those that were counted" in page(world, "P-OUYANG").content.decode()
    traced()
    assert stays(world, "P-OUYANG").notes == []
    Exposure.objects.filter(contact__person_id="P-OUYANG").update(place_kind="meal")
    text = page(world, "P-OUYANG").content.decode()
    assert "Of 1 meeting there is no presence any more" in text and "W-1" not in text


def test_a_contact_whom_tracing_no_longer_finds_has_no_stay(world):
    Exposure.objects.all().delete()
    assert "No presence tells of a stay that they shared." in page(world, "P-LI").content.decode()


def test_the_page_opens_when_the_store_cannot_be_read(world, monkeypatch):
    def refuse():
        raise Refused(Text("索引由另一版本写成", "the index was written by another version"))

    monkeypatch.setattr(keeping, "store", refuse)
    response = page(world, "P-LI")
    assert response.status_code == 200 and "the index was written by another version" in response.content.decode()


def test_a_fixed_number_of_queries(world):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            page(world, "P-LI")
        return len(caught)

    queries()
    before = queries()
    more = [one for n in range(30) for one in met(f"STALL-{n}", "venue", -1, n / 10, 20, "P-WANG", "P-LI")]
    ingest([*more, *met("W-1", "work", -1, 8, 60, "P-WANG", "P-LI")])
    traced()
    assert len(contact("P-LI").exposures.all()) > 2
    assert queries() == before
    with CaptureQueriesContext(connection) as caught:
        stays(world, "P-LI")
    assert len(caught) <= 3 + 2, "the contact and its exposures are read by this test"


def test_nothing_of_it_is_stored(world):
    before = (Contact.unscoped.count(), Exposure.objects.count())
    page(world, "P-LI")
    assert (Contact.unscoped.count(), Exposure.objects.count()) == before
