"""The list of who shared a place and is no contact: page by page, and whole as a file, audited."""

import csv
import datetime as dt
import io

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.models import AuditEntry
from lianfang.kernel.schema import PRESENCES
from lianfang.presences import keeping
from lianfang.registry.models import Person
from lianfang.tracing import same_place, views
from lianfang.tracing.tests.cast import CASE, DAY

pytestmark = pytest.mark.database
URL = f"/contacts/same-place/{CASE}/"
FILE = f"{URL}rows.csv"


def client(cast, name):
    account = getattr(cast, name)
    account.language = "en"
    account.save(update_fields=["language"])
    return cast.client(name)


def crowd(number, area="330999001001001"):
    """People who passed the case in a shop: the first for longest."""
    start = DAY - dt.timedelta(hours=12)
    ids = [f"V-{area[-9:]}-{n:03}" for n in range(number)]
    Person.unscoped.bulk_create(
        Person(person_id=one, name=f"路人{n}", phone=f"1370000{n:04}", jurisdiction_id=area)
        for n, one in enumerate(ids)
    )
    rows = [(one, "SHOP", "venue", start, start + dt.timedelta(seconds=600 - n)) for n, one in enumerate(ids)]
    rows += [("P-WANG", "SHOP", "venue", start, start + dt.timedelta(hours=1))]
    columns = ["person_id", "place_id", "place_kind", "start", "end"]
    keeping.ingest(PRESENCES.conform(pl.DataFrame(rows, schema=columns, orient="row")))
    return ids


@pytest.fixture
def shop(outbreak, tmp_path, settings, monkeypatch):
    settings.DATA_DIR = tmp_path
    for module in (same_place, views):
        monkeypatch.setattr(module, "ROWS_A_PAGE", 10)
    monkeypatch.setattr(same_place, "ROWS_A_PIECE", 4)
    return outbreak


def ids(response):
    return [line.person_id for line in response.context["lines"]]


def test_every_row_stands_on_one_page(shop):
    everybody = crowd(23)
    browser = client(shop, "investigator")
    pages = [browser.get(f"{URL}?page={n}") for n in (1, 2, 3)]
    assert [one for page in pages for one in ids(page)] == everybody, "the longest first"
    text = pages[1].content.decode()
    assert "23 rows in your area" in text and "Rows 11 to 20." in text
    assert f'href="{URL}?page=3"' in text and f'href="{URL}?page=1"' in text
    assert ids(browser.get(f"{URL}?page=99")) == everybody[20:]
    read = AuditEntry.objects.filter(kind="registry.person", act="read").order_by("number")
    assert [one.detail["keys"] for one in read][:3] == [everybody[:10], everybody[10:20], everybody[20:]]


def test_one_page_needs_no_pager(shop):
    crowd(10)
    text = client(shop, "investigator").get(URL).content.decode()
    assert "10 rows in your area" in text and "?page=" not in text and FILE in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_file_has_all_of_them_and_leaves_a_trace(shop, language):
    everybody = crowd(23)
    browser = client(shop, "investigator") if language == "en" else shop.client("investigator")
    response = browser.get(FILE)
    lines = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert lines[0][:2] == (["Person id", "Name"] if language == "en" else ["人员编号", "姓名"])
    assert [line[0] for line in lines[1:]] == everybody
    assert lines[1][1:] == [
        "路人0",
        "13700000000",
        lines[1][3],
        "Venue" if language == "en" else "场所",
        "10.0",
        "1",
        "2021-08-04 12:00",
        "2021-08-04 12:10",
    ]
    entry = AuditEntry.objects.filter(act="export").get()
    assert (entry.kind, entry.detail) == ("registry.person", {"for": "same_place", "case": CASE, "rows": 23})


def test_nobody_outside_of_the_readers_area_is_listed_or_filed(shop):
    inside, _outside = crowd(3), crowd(5, area="330998001")
    browser = client(shop, "investigator")
    assert ids(browser.get(URL)) == inside
    lines = b"".join(browser.get(FILE).streaming_content).decode().splitlines()
    assert len(lines) == 1 + 3


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("commander", 200),
        ("investigator", 200),
        ("township_officer", 403),
        ("grid_worker", 403),
        ("auditor", 403),
        ("neighbour", 404),
        ("stranger", 404),
    ],
)
def test_who_may_have_the_file(shop, who, status):
    crowd(2)
    assert client(shop, who).get(FILE).status_code == status
    assert AuditEntry.objects.filter(act="export").count() == (status == 200)


def test_a_page_costs_a_fixed_number_of_queries(shop):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            browser.get(URL)
        return len(caught)

    browser = client(shop, "investigator")
    crowd(2)
    queries()
    few = queries()
    crowd(60, area="330999001001")
    assert queries() == few
