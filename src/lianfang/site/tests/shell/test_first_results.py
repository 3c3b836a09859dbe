"""What a case's page shows before anything is proposed: whom the case met itself."""

import datetime as dt
import re

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.models import AuditEntry
from lianfang.access.scope import system_scope
from lianfang.cases.selectors import find_case
from lianfang.cases.tests.cast import SCOPE
from lianfang.presences.keeping import ingest
from lianfang.site.tests.shell.reported import CASE, at, browser, county, html, respond
from lianfang.tracing.selectors import contact_rows, contacts_of_case, first_results

pytestmark = [pytest.mark.django_db, pytest.mark.database]
FIRST, PROGRESS = f"/cases/{CASE}/first/", f"/cases/{CASE}/progress/"
__all__ = ["browser", "county"]


def people_of(part: str) -> list[str]:
    return re.findall(r'href="/persons/([^/]+)/"', part)


def test_the_page_asks_for_first_results_and_gets_them_before_anything_is_proposed(browser):
    page = html(browser.get(f"/cases/{CASE}/"))
    assert re.search(rf'hx-get="{FIRST}" hx-trigger="load"', page)
    part = html(browser.get(FIRST))
    assert "初步结果，尚非建议" in part
    assert "<html" not in part
    assert people_of(part) == ["P-LI", "P-OUYANG"]  # the longest together first; nobody of the second degree
    assert "密切接触者" in part
    assert not contact_rows(SCOPE).exists()
    respond(browser)
    page = html(browser.get(f"/cases/{CASE}/"))
    assert FIRST not in page
    stored = contacts_of_case(CASE, SCOPE).filter(degree=1)
    assert {c.person_id: c.category for c in stored} == dict.fromkeys(["P-LI", "P-OUYANG"], "close_contact")


def test_first_results_are_those_that_the_response_then_proposes(browser):
    case = find_case(CASE, SCOPE)
    first = first_results(case, SCOPE, "investigator", at=at(0, 1).replace(tzinfo=dt.UTC), most=100)
    respond(browser)
    proposed = contacts_of_case(CASE, SCOPE).filter(degree=1)
    assert {(line.person_id, line.category) for line in first.lines} == {(c.person_id, c.category) for c in proposed}


def test_whom_the_register_does_not_know_is_counted(county, browser):
    assert "不在人员库中" not in html(browser.get(FIRST))
    rows = [(f"T-{n}", "W-1", "work", at(-4, 9), at(-4, 11)) for n in range(3)]
    ingest(pl.DataFrame(rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row"))
    case = find_case(CASE, SCOPE)
    found = first_results(case, SCOPE, "investigator", at=at(0, 1).replace(tzinfo=dt.UTC), most=100)
    assert (found.count, found.unregistered) == (2, 3)
    assert "另有 3 人不在人员库中" in html(browser.get(FIRST))
    officer = html(county.client("township_officer").get(FIRST))
    assert "有 1 人" in officer and "另有 3 人不在人员库中" in officer, "nobody's area is theirs"


def test_nobody_outside_the_readers_area_is_shown_or_counted(county, browser):
    part = html(county.client("township_officer").get(FIRST))
    assert people_of(part) == ["P-LI"]
    assert "欧阳" not in part
    assert "有 1 人" in part


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("commander", 200),
        ("township_officer", 200),
        ("grid_worker", 403),
        ("auditor", 403),
        ("administrator", 403),
        ("neighbour", 404),
        ("stranger", 404),
    ],
)
def test_who_may_look(county, browser, who, status):
    client = county.client(who)
    assert client.get(FIRST).status_code == status
    assert client.get(PROGRESS).status_code == status


def test_protected_fields_are_covered(browser):
    case = find_case(CASE, SCOPE)
    moment = at(0, 1).replace(tzinfo=dt.UTC)
    plain = first_results(case, SCOPE, "investigator", at=moment, most=100).lines[0]
    covered = first_results(case, SCOPE, "auditor", at=moment, most=100).lines[0]
    assert plain.name == "李娜"
    assert covered.name != plain.name
    assert covered.phone != plain.phone


def test_each_line_names_the_place_of_the_longest_stay(county, browser):
    ingest(
        pl.DataFrame(
            [(who, "KTV", "venue", at(-4, 20), at(-4, 21)) for who in ("P-WANG", "P-LI", "P-OUYANG")]
            + [(who, "H-2", "dwelling", at(-3, 7), at(-3, 18)) for who in ("P-WANG", "P-LI")],
            schema=["person_id", "place_id", "place_kind", "start", "end"],
            orient="row",
        )
    )
    moment = at(0, 1).replace(tzinfo=dt.UTC)
    case = find_case(CASE, SCOPE)

    def places(scope, role):
        return {one.person_id: one.place for one in first_results(case, scope, role, at=moment, most=100).lines}

    assert places(SCOPE, "investigator") == {"P-LI": "西山 2 号", "P-OUYANG": "机械厂"}
    assert places(SCOPE, "auditor") == {"P-LI": "***", "P-OUYANG": "机械厂"}
    assert places(county.scope("township_officer"), "township_officer") == {"P-LI": "***"}, "a home of another township"
    part = html(browser.get(FIRST))
    assert "机械厂" in part and "西山 2 号" in part and "最长共处地点" in part


def test_the_read_stands_in_the_trail_with_those_it_showed(county, browser):
    html(county.client("township_officer").get(FIRST))
    entry = AuditEntry.objects.filter(kind="tracing.contact", act="read").order_by("-number").first()
    assert entry.detail == {"act": "first results", "case": CASE, "people": ["P-LI"]}


def test_fixed_number_of_queries(browser):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            html(browser.get(path))
        return len(caught)

    queries(FIRST)
    before = {path: queries(path) for path in (FIRST, PROGRESS)}
    rows = [("P-WANGXM", "W-1", "work", at(-4, 9), at(-4, 11)), ("P-SHAN", "W-1", "work", at(-4, 9), at(-4, 11))]
    rows += [(f"P-UNKNOWN{n}", "W-1", "work", at(-4, 9), at(-4, 11)) for n in range(20)]
    ingest(pl.DataFrame(rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row"))
    assert len(people_of(html(browser.get(FIRST)))) == 4
    assert {path: queries(path) for path in before} == before


def test_an_excluded_case_has_no_first_results(browser):
    case = find_case(CASE, system_scope("test"))
    type(case)._base_manager.filter(pk=CASE).update(classification="excluded")
    assert people_of(html(browser.get(FIRST))) == []
