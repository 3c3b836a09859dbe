"""From a report to contacts and measures, on the case's own page."""

import datetime as dt
import re
from dataclasses import replace

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.models import AuditEntry
from lianfang.access.times import now, to_local
from lianfang.cases.services import load_cases
from lianfang.cases.tests.cast import OUTBREAK, SCOPE
from lianfang.headquarters.selectors import clocks_of_case
from lianfang.house import ROOMS
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.measures.selectors import measures_of_case
from lianfang.outbreaks.models import Outbreak
from lianfang.outbreaks.selectors import last_run, outbreaks
from lianfang.outbreaks.services import open_outbreak
from lianfang.presences.keeping import ingest
from lianfang.presences.removing import retract
from lianfang.records.tasks.running import run_waiting
from lianfang.reports.selectors import figures_for
from lianfang.response.services import respond_outbreak
from lianfang.site.tests.shell.reported import CASE, answered, at, browser, county, html, respond, starts_by_itself
from lianfang.tracing.selectors import contact_rows, contacts_of_case

pytestmark = [pytest.mark.django_db, pytest.mark.database]
ACT = "/act/"
__all__ = ["answered", "browser", "county"]


def test_a_report_is_answered_by_its_page(browser):
    assert not contact_rows(SCOPE).exists()
    assert "未查得" not in html(browser.get(f"/cases/{CASE}/"))  # nobody has looked yet
    assert starts_by_itself(browser)
    part = html(browser.post(f"/cases/{CASE}/respond/", headers={"HX-Request": "true"}))
    assert 'id="response"' in part and "<html" not in part
    assert not contact_rows(SCOPE).exists(), "asked for, and answered at once"
    assert not starts_by_itself(browser), "it is asked for already"
    run_waiting()
    page = html(browser.get(f"/cases/{CASE}/"))
    assert "李娜" in page
    assert "欧阳晓" in page
    assert not starts_by_itself(browser)
    found = {c.person_id: c.category for c in contacts_of_case(CASE, SCOPE)}
    assert found == {"P-LI": "close_contact", "P-OUYANG": "close_contact", "P-SHAN": "secondary_contact"}
    assert measures_of_case(CASE, SCOPE).filter(person_id="P-LI").exists()
    assert clocks_of_case(CASE, SCOPE).exists()


def test_without_scripts_the_button_does_the_same(browser):
    response = browser.post(f"/cases/{CASE}/respond/", follow=True)
    assert response.redirect_chain == [(f"/cases/{CASE}/", 302)]
    assert "即将开始" in html(response) and f'<a href="/cases/{CASE}/">' in html(response)
    run_waiting()
    assert "李娜" in html(browser.get(f"/cases/{CASE}/"))


def test_a_response_that_was_cut_off_is_taken_up_again(browser, monkeypatch):
    monkeypatch.setattr("lianfang.response.services.record_run", lambda *_, **__: (_ for _ in ()).throw(SystemExit))
    browser.post(f"/cases/{CASE}/respond/")
    with pytest.raises(SystemExit):
        run_waiting()
    monkeypatch.undo()
    assert last_run(OUTBREAK) is None
    assert not contact_rows(SCOPE).exists()
    assert not starts_by_itself(browser), "the task waits again"
    run_waiting()
    assert contact_rows(SCOPE).count() == 3
    respond(browser)
    assert contact_rows(SCOPE).count() == 3


def test_a_changed_fact_and_its_undo_ask_for_a_new_response(answered):
    moment = f"{at(-1, 10):%Y-%m-%dT%H:%M}"
    page = answered.post(f"/cases/{CASE}/isolate/", {"isolated_at": moment}, follow=True)
    assert starts_by_itself(answered)
    respond(answered)
    assert not starts_by_itself(answered)
    undo = re.search(r'action="([^"]*undo[^"]*)"', html(page)).group(1)
    answered.post(undo, {"next": f"/cases/{CASE}/"})
    assert starts_by_itself(answered)


def more_presences(*rows):
    ingest(pl.DataFrame(rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row"))


def test_presences_that_come_late_are_told_and_tracing_is_offered_again(county, answered):
    assert "data-presences" not in html(answered.get(f"/cases/{CASE}/"))
    more_presences(("P-WANGXM", "W-1", "work", at(-2, 9), at(-2, 12)))
    page = html(answered.get(f"/cases/{CASE}/"))
    assert 'data-presences="changed"' in page and "上次追踪之后" in page
    assert "已按截至" not in page
    assert not starts_by_itself(answered), "it concerns every case: whoever reads decides when"
    assert re.search(r'<button class="primary">[^<]*重新追踪', page)
    assert "王小明" not in page
    page = respond(answered)
    assert "data-presences" not in page
    assert "王小明" in page
    retract("P-WANGXM", by=county.administrator, at=now())
    assert 'data-presences="changed"' in html(answered.get(f"/cases/{CASE}/"))
    assert 'data-presences="changed"' in html(county.client("township_officer").get(f"/cases/{CASE}/"))
    respond(answered)
    assert "data-presences" not in html(answered.get(f"/cases/{CASE}/"))
    assert not contact_rows(SCOPE).filter(person_id="P-WANGXM").exists()


def test_late_presences_stand_on_the_pages_of_the_outbreak_too(county, answered):
    pages = [*([f"/outbreaks/{OUTBREAK}/chains/"] if "chains" in ROOMS else []), "/", "/command/now/"]
    for path in pages:
        assert "data-presences" not in html(answered.get(path))
    more_presences(("P-WANGXM", "W-1", "work", at(-2, 9), at(-2, 12)))
    for path in pages:
        assert 'data-presences="changed"' in html(answered.get(path)), path
    grid = html(county.client("grid_worker").get("/command/now/"))
    assert 'data-presences="changed"' in grid and 'href="/presences/"' not in grid


def test_a_run_that_noted_no_presences_is_not_called_up_to_date(answered):
    run = last_run(OUTBREAK)
    type(run).objects.update(presences="")
    page = html(answered.get(f"/cases/{CASE}/"))
    assert 'data-presences="not_noted"' in page
    assert not starts_by_itself(answered)


def test_whom_the_register_does_not_know_stays_on_the_page_until_registered(county, answered):
    assert "h-unregistered" not in html(answered.get(f"/cases/{CASE}/"))
    more_presences(
        *((f"T-{n:02}", "W-1", "work", at(-2, 9), at(-2, 9) + dt.timedelta(minutes=30 + n)) for n in range(25))
    )
    page = respond(answered)
    assert re.search(r'<p class="message warning">[^<]*25 人不在人员库中', page)
    assert "追踪已发现但未登记 (25)" in page
    assert re.findall(r'<td data-label="在场记录中的编号">(T-\d+)</td>', page) == [
        f"T-{n:02}" for n in range(24, 4, -1)
    ]
    assert f'href="/outbreaks/{OUTBREAK}/unregistered/?case={CASE}"' in page
    entry = AuditEntry.objects.filter(kind="cases.case", act="read").order_by("-number").first()
    assert len(entry.detail["unregistered"]) == 20 and "T-24" not in str(entry.detail)
    register = re.search(r'href="(/outbreaks/unregistered/\d+/register/)"', page)[1]
    facts = {"name": "周远", "id_type": "resident", "jurisdiction": "330999"}
    assert answered.post(register, facts).url == f"/outbreaks/{OUTBREAK}/unregistered/"
    page = html(answered.get(f"/cases/{CASE}/"))
    assert "追踪已发现但未登记 (24)" in page and "已有 1 人登记" in page
    assert re.search(r'<button class="primary">[^<]*重新追踪', page)
    officer = html(county.client("township_officer").get(f"/cases/{CASE}/"))
    assert "追踪已发现但未登记 (24)" in officer and "/register/" not in officer
    respond(answered)
    assert contact_rows(SCOPE).filter(person_id="T-24").exists()
    page = html(answered.get(f"/cases/{CASE}/"))
    assert "已有 1 人登记" not in page and "周远" in page


def refuse(**_):
    raise Refused(Text("在场记录库正忙，请稍后再试", "busy"))


def test_a_refused_response_is_told_and_not_asked_for_again_by_itself(browser, monkeypatch):
    monkeypatch.setattr("lianfang.response.tasks.respond_outbreak", refuse)
    page = respond(browser)
    assert re.search(r'class="message error".*在场记录库正忙', page, re.S)
    assert not starts_by_itself(browser), "the same would come of it"
    moment = f"{at(-1, 10):%Y-%m-%dT%H:%M}"
    browser.post(f"/cases/{CASE}/isolate/", {"isolated_at": moment})
    assert starts_by_itself(browser), "the facts are others now"
    monkeypatch.undo()
    assert "在场记录库正忙" not in respond(browser)


def test_another_playbook_asks_for_a_new_response(answered):
    assert 'hx-trigger="load, submit"' not in html(answered.get(f"/cases/{CASE}/"))
    outbreak = outbreaks(SCOPE).get(pk=OUTBREAK)
    facts = {name: getattr(outbreak, name) for name in ("name", "started_on")}
    other = "covid19-cn-9" if outbreak.playbook != "covid19-cn-9" else "covid19-cn-8"
    area = outbreak.jurisdiction_id
    open_outbreak(code=OUTBREAK, playbook=other, jurisdiction=area, by=SCOPE, at=now(), **facts)
    assert 'hx-trigger="load, submit"' in html(answered.get(f"/cases/{CASE}/"))
    respond(answered)
    assert 'hx-trigger="load, submit"' not in html(answered.get(f"/cases/{CASE}/"))
    assert last_run(OUTBREAK).playbook.startswith(f"{other}@")


def test_a_response_that_facts_outran_says_so_and_is_asked_for_again(answered, monkeypatch):
    def outrun(**facts):
        done = respond_outbreak(**facts)
        run = last_run(OUTBREAK)
        type(run).objects.filter(pk=run.pk).update(number=0, facts="others")
        return replace(done, is_current=False)

    monkeypatch.setattr("lianfang.response.tasks.respond_outbreak", outrun)
    page = respond(answered)
    assert "追踪期间资料一直在变动" in page and "还需再追踪一次" in page and 'hx-trigger="load, submit"' in page


def test_a_playbook_that_cannot_be_read_is_one_line_on_the_page(answered, tmp_path):
    Outbreak.unscoped.filter(code=OUTBREAK).update(overlays=[str(tmp_path / "gone.yaml")])
    page = html(answered.get(f"/cases/{CASE}/"))
    assert page.count("其接触者暂不排序") == 1 and "李娜" in page
    for part in ("itinerary", "first"):
        shown = answered.get(f"/cases/{CASE}/{part}/", headers={"HX-Request": "true"})
        assert shown.status_code == 200 and html(shown).startswith('<p class="message warning" role="alert">打不开文件')
    assert "打不开文件" in html(answered.post(f"/cases/{CASE}/respond/", follow=True))


def test_the_itinerary_tells_where_and_marks_the_infectious_window(answered):
    part = html(answered.get(f"/cases/{CASE}/itinerary/"))
    assert "机械厂" in part
    county_map = answered.get(f"/cases/{CASE}/itinerary.json").json()
    marks = {f["properties"]["mark"]: f["properties"] for f in county_map["points"]["features"]}
    assert len(marks) == 2
    assert {p["kind"] for p in marks.values()} == {"confirmed"}
    assert len(county_map["tracks"]["features"]) == 1
    read = AuditEntry.objects.filter(kind="itinerary", act="read")
    assert {entry.key for entry in read} == {CASE}


def test_the_page_leads_on_when_there_are_more_contacts_than_it_shows(answered, monkeypatch):
    monkeypatch.setattr("lianfang.pages.panels.ROWS_A_SHEET", 1)
    page = html(answered.get(f"/cases/{CASE}/"))
    assert f"/contacts/?case={CASE}" in page and f"/cases/{CASE}/?page=2" in page
    assert answered.get(f"/contacts/?case={CASE}").context["count"] == 3
    assert f"/measures/?case={CASE}" in html(answered.get(f"/cases/{CASE}/?tab=measures"))
    asked = measures_of_case(CASE, SCOPE).count()
    assert answered.get(f"/measures/?case={CASE}").context["count"] == asked


@pytest.mark.parametrize(
    ("who", "page", "respond", "order", "clock"),
    [
        ("commander", 200, 302, 303, 303),
        ("township_officer", 200, 403, 403, 303),
        ("grid_worker", 403, 403, 403, 403),
        ("auditor", 403, 403, 403, 403),
        ("administrator", 403, 403, 403, 403),
        ("neighbour", 404, 404, 303, 303),
        ("stranger", 404, 404, 303, 303),
    ],
)
def test_who_may_do_what_on_the_page(county, answered, who, page, respond, order, clock):
    client = county.client(who)
    assert client.get(f"/cases/{CASE}/").status_code == page
    assert client.get(f"/cases/{CASE}/itinerary/").status_code == page
    assert client.get(f"/cases/{CASE}/itinerary.json").status_code == page
    assert client.post(f"/cases/{CASE}/respond/").status_code == respond
    assert client.post(ACT, {"action": "measure.order"}).status_code == order
    assert client.post(ACT, {"action": "clock.stop"}).status_code == clock


def test_who_shared_a_place_is_a_number_on_the_page_and_a_list_on_request(county, browser):
    assert "同场所而不是接触者" not in html(browser.get(f"/cases/{CASE}/")), "nobody has counted yet"
    respond(browser)
    assert "另有 0 人" in html(browser.get(f"/cases/{CASE}/"))
    rows = [("P-WANGXM", "W-1", "work", at(-2, 9), at(-2, 9) + dt.timedelta(minutes=4))]
    ingest(pl.DataFrame(rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row"))
    respond(browser)
    page = html(browser.get(f"/cases/{CASE}/"))
    address = f"/contacts/same-place/{CASE}/"
    assert "另有 1 人" in page and f'href="{address}"' in page
    assert contact_rows(SCOPE).filter(person_id="P-WANGXM").count() == 0
    assert figures_for(OUTBREAK, SCOPE, to_local(now()))["contacts.same_place"].value == 1
    listed = html(browser.get(address))
    assert "王小明" in listed and "4分钟" in listed and "一般接触者" in listed
    entry = AuditEntry.objects.filter(act="read", kind="registry.person").order_by("-number").first()
    assert entry.detail == {"for": "same_place", "case": CASE, "keys": ["P-WANGXM"]}
    officer = county.client("township_officer")
    assert "另有 1 人" in html(officer.get(f"/cases/{CASE}/")) and address not in html(officer.get(f"/cases/{CASE}/"))
    assert officer.get(address).status_code == 403
    assert county.client("stranger").get(address).status_code in (403, 404)


def test_a_township_officer_sees_the_contacts_of_the_township_only(county, answered):
    page = html(county.client("township_officer").get(f"/cases/{CASE}/"))
    assert "李娜" in page
    assert "欧阳晓" not in page


def test_a_reader_who_may_not_trace_is_told_and_starts_nothing(county, browser):
    page = html(county.client("township_officer").get(f"/cases/{CASE}/"))
    assert 'hx-trigger="load, submit"' not in page
    assert "尚未按目前掌握的情况完成追踪" in page


def test_the_pages_cost_a_fixed_number_of_queries(county, answered):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            html(answered.get(path))
        return len(caught)

    tabs = [f"/cases/{CASE}/?tab={tab}" for tab in ("contacts", "measures", "chain", "history", "all")]
    before = {path: queries(path) for path in (*tabs, "/persons/P-WANG/", f"/cases/{CASE}/itinerary/")}
    rows = [("P-WANGXM", "H-1", "dwelling", at(-4, 0), at(-4, 9)), ("P-WANG", "W-1", "meal", at(-4, 13), at(-4, 14))]
    rows += [("P-SHAN", "W-1", "meal", at(-4, 13), at(-4, 14))]
    ingest(pl.DataFrame(rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row"))
    more = pl.DataFrame({"case_id": ["Z1"], "person_id": ["P-SHAN"], "onset_date": [at(-2)], "isolated_at": [at(-1)]})
    load_cases(outbreak=OUTBREAK, cases=more, by=SCOPE, at=now())
    respond_outbreak(outbreak_code=OUTBREAK, at=now())
    assert contacts_of_case(CASE, SCOPE).count() > 3
    for path, few in before.items():
        assert queries(path) <= few + 1, path  # the exposures of the first contact cost one more, once


def test_the_person_page_tells_the_whole_story(answered):
    page = html(answered.get("/persons/P-LI/"))
    assert "李娜" in page
    assert "密切接触者" in page
    assert "集中隔离医学观察" in page
    assert "王伟" in page  # same household
    assert f"与病例{CASE}" in html(answered.get("/persons/P-LI/?tab=contacts"))
    assert "集中隔离医学观察" in html(answered.get("/persons/P-LI/?tab=measures"))
    wang = html(answered.get("/persons/P-WANG/"))
    assert CASE in wang
    assert "确诊病例" in wang


def test_the_person_page_has_a_tab_of_each_room_that_the_reader_may_open(county, answered):
    def tabs(client, path):
        return re.findall(r'<a id="tab-(\w+)"', html(client.get(path)))

    assert tabs(answered, "/persons/P-WANG/") == ["timeline", "cases", "contacts", "measures", "all"]
    assert f'href="/cases/{CASE}/"' in html(answered.get("/persons/P-WANG/?tab=cases"))
    assert "此人不是任何病例的接触者" in html(answered.get("/persons/P-WANG/?tab=contacts"))
    assert "此人未报告为病例" in html(answered.get("/persons/P-LI/?tab=cases"))
    grid = county.client("grid_worker")
    assert tabs(grid, "/persons/P-LI/") == ["timeline", "contacts", "measures", "all"]
    assert grid.get("/persons/P-LI/?tab=cases").status_code == 403
    entry = AuditEntry.objects.filter(kind="registry.person", act="read", key="P-LI").order_by("-number").first()
    assert entry.detail["tab"] == "timeline"
    answered.get("/persons/P-LI/?tab=measures")
    entry = AuditEntry.objects.filter(kind="registry.person", act="read", key="P-LI").order_by("-number").first()
    assert entry.detail["tab"] == "measures" and entry.detail["measures"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_both_languages(answered, language):
    answered.post("/preferences/", {"language": language})
    page = html(answered.get(f"/cases/{CASE}/"))
    own = {"zh-hans": "处置", "en": "Response"}
    for code, words in own.items():
        assert (words in page) == (code == language)


def test_reading_a_case_names_whom_it_showed(answered):
    answered.get(f"/cases/{CASE}/")
    entry = AuditEntry.objects.filter(kind="cases.case", act="read").order_by("-number").first()
    assert entry.key == CASE
    assert {"P-LI", "P-OUYANG", "P-SHAN"} <= set(entry.detail["people"])
