"""The pages of the room: the list, the report form and its errors in both languages, the small forms with undo."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.access.times import to_local
from lianfang.cases import selectors
from lianfang.cases.services import report_case
from lianfang.cases.tests.cast import OUTBREAK, SCOPE, card, form_data
from lianfang.registry.selectors import people
from lianfang.registry.tests.cast import id_number

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def browser(county):
    return county.client("investigator")


@pytest.fixture
def case(county):
    return report_case(card=card(), client_key=uuid.uuid4(), by=county.investigator, at=AT).case_id


def text_of(response) -> str:
    return response.content.decode()


def fields_of(response) -> dict[str, str]:
    """What a browser would send back of the form on a page."""
    html = text_of(response)
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
    form = response.context["form"]
    return found | {b.name: b.value() if b.value() is not None else "" for b in form if b.name not in found}


def test_a_report_leads_to_the_case(browser):
    response = browser.post("/cases/report/", form_data())
    assert response.status_code == 302
    assert response.url == "/cases/AH2021-0001/"
    page = browser.get(response.url)
    assert "周新" in text_of(page)
    assert "AH2021-0001" in text_of(page)


def test_a_report_sent_twice_is_one_case(browser):
    assert browser.post("/cases/report/", form_data()).url == browser.post("/cases/report/", form_data()).url
    assert selectors.case_rows(SCOPE).count() == 1


def test_each_opened_form_has_a_key_of_its_own(browser):
    keys = {fields_of(browser.get("/cases/report/"))["client_key"] for _ in range(3)}
    assert len(keys) == 3
    assert all(uuid.UUID(key) for key in keys)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ["此项必填", "首次阳性采样时间早于发病日期", "校验位不符"]),
        ("en", ["this is required", "this lies before onset", "The check digit does not fit"]),
    ],
)
def test_errors_stand_at_their_fields_and_in_a_summary_that_leads_to_them(browser, language, words):
    browser.post("/preferences/", {"language": language})
    wrong = form_data(
        address="",
        onset_date="2021-08-09",
        sampled_at="2021-08-05T09:00",
        id_number="330999199006064019",
        note="记得问同事",
    )
    response = browser.post("/cases/report/", wrong)
    html = text_of(response)
    assert response.status_code == 422
    for sentence in words:
        assert sentence in html
    errors = response.context["form"].errors
    assert {"address", "sampled_at", "id_number"} <= set(errors)
    for name in errors:
        assert f'href="#id_{name}"' in html
        assert f'id="id_{name}"' in html
    assert "记得问同事" in html
    assert selectors.case_rows(SCOPE).count() == 0


def test_nothing_typed_is_lost_on_an_error(browser):
    sent = form_data(reporting_unit="", note="记得问同事")
    kept = fields_of(browser.post("/cases/report/", sent))
    assert {name: str(kept[name]) for name in sent} == sent


def test_what_cannot_be_read_is_said_together_with_what_the_core_finds(browser):
    response = browser.post("/cases/report/", form_data(birth_date="1990-13-40", reporting_unit=""))
    assert set(response.context["form"].errors) == {"birth_date", "reporting_unit"}


def test_the_person_is_found_by_search_and_the_rest_of_the_form_stays(browser):
    typed = form_data(id_number="", name="", note="还没写完")
    found = browser.post("/cases/report/", typed | {"act": "find", "find": "oyx"})
    assert "欧阳晓" in text_of(found)
    assert 'value="use:P-OUYANG"' in text_of(found)
    assert fields_of(found)["note"] == "还没写完"
    chosen = browser.post("/cases/report/", typed | {"act": "use:P-OUYANG"})
    kept = fields_of(chosen)
    assert (kept["person_id"], kept["phone"], kept["note"]) == ("P-OUYANG", "13900000005", "还没写完")
    assert kept["client_key"] == typed["client_key"]
    assert "name" not in chosen.context["form"].fields
    done = browser.post("/cases/report/", kept)
    assert done.status_code == 302
    assert selectors.case_rows(SCOPE).get().person_id == "P-OUYANG"
    read = AuditEntry.objects.filter(kind="registry.person", act="read").order_by("number")
    assert [entry.detail["keys"] for entry in read] == [["P-OUYANG"], ["P-OUYANG"]]


def test_a_case_that_is_there_already_is_seen_when_the_person_is_chosen(browser, case):
    person = selectors.case_rows(SCOPE).get().person_id
    chosen = text_of(browser.post("/cases/report/", form_data() | {"act": f"use:{person}"}))
    warned = chosen[chosen.index('role="alert"') :]
    assert "此人已报告为病例" in warned and f'<a href="/cases/{case}/">' in warned
    assert "此人已报告为病例" in text_of(browser.get(f"/cases/report/?person={person}"))
    assert "此人已报告为病例" not in text_of(browser.post("/cases/report/", form_data() | {"act": "use:P-OUYANG"}))


def test_another_person_can_be_chosen(browser):
    kept = fields_of(browser.post("/cases/report/", form_data(person_id="P-WANG") | {"act": "forget"}))
    assert kept["person_id"] == ""
    assert kept["name"] == "周新"


def test_a_person_of_another_area_is_not_found(browser):
    assert "P-ZHAO" not in text_of(browser.post("/cases/report/", form_data() | {"act": "find", "find": "赵强"}))
    assert "赵强" not in text_of(browser.post("/cases/report/", form_data() | {"act": "use:P-ZHAO"}))
    assert (
        browser.post("/cases/report/", form_data(person_id="P-ZHAO")).status_code == 302
    )  # the id is dropped: a new person
    assert selectors.case_rows(SCOPE).get().person_id != "P-ZHAO"


def test_an_identity_number_fills_in_what_it_says(browser):
    number = id_number("1985-02-03", 222)
    typed = form_data(id_number=number.lower(), sex="", birth_date="")
    kept = fields_of(browser.post("/cases/report/", typed | {"act": "identify"}))
    assert (str(kept["birth_date"]), kept["sex"], kept["person_id"]) == ("1985-02-03", "female", "")
    known = id_number("1991-05-05", 106)
    kept = fields_of(browser.post("/cases/report/", typed | {"act": "identify", "id_number": known}))
    assert kept["person_id"] == "P-OUYANG"


def test_a_commander_never_gets_a_masked_value_into_a_field(county):
    page = county.client("commander").get("/cases/report/?person=P-OUYANG")
    assert "3309991991" not in text_of(page)
    assert "330999************" in text_of(page)
    sent = fields_of(page) | {
        k: v for k, v in form_data().items() if k in ("classification", "onset_date", "diagnosed_at")
    }
    sent |= {"found_by": "care_seeking", "reporting_unit": "县医院", "sampled_at": ""}
    assert county.client("commander").post("/cases/report/", sent).status_code == 302
    assert people(SCOPE).get(pk="P-OUYANG").id_number == id_number("1991-05-05", 106)


@pytest.mark.parametrize(
    ("who", "listed", "form"),
    [
        ("commander", 200, 200),
        ("investigator", 200, 200),
        ("township_officer", 200, 403),
        ("grid_worker", 403, 403),
        ("auditor", 403, 403),
        ("administrator", 403, 403),
        (None, 302, 302),
    ],
)
def test_who_may_open_what(county, case, who, listed, form):
    client = county.client(who)
    assert client.get("/cases/").status_code == listed
    assert client.get(f"/cases/{case}/").status_code == listed
    assert client.get("/cases/report/").status_code == form
    for act in ("change", "classify", "isolate"):
        assert client.get(f"/cases/{case}/{act}/").status_code == form
        assert client.post(f"/cases/{case}/{act}/", {}).status_code == (422 if form == 200 else form)


@pytest.mark.parametrize("who", ["neighbour", "stranger"])
def test_a_case_of_another_area_is_not_there(county, case, who):
    client = county.client(who)
    assert client.get("/cases/").context["count"] == 0
    for path in ("", "change/", "classify/", "isolate/"):
        assert client.get(f"/cases/{case}/{path}").status_code == 404


def test_the_list_is_searched_filtered_and_exported(county, case):
    report_case(
        card=card(
            "P-SHAN", jurisdiction="330999002001", classification="asymptomatic", onset_date=None, isolated_at=None
        ),
        client_key=uuid.uuid4(),
        by=county.investigator,
        at=AT,
    )
    client = county.client("investigator")

    def count(query: str) -> int:
        return client.get(f"/cases/?{query}").context["count"]

    assert count("") == 2
    assert count("q=shantian") == 1
    assert count("q=AH2021-0002") == 1
    assert count("classification=asymptomatic") == 1
    assert count("township=330999002") == 1
    assert count("onset_after=2021-08-03&onset_before=2021-08-03") == 1
    assert count("onset_after=2021-08-04") == 0
    assert count("found_by=care_seeking") == 2
    assert count(f"outbreak={OUTBREAK}") == 2
    assert count("isolated=") == 2
    assert count("isolated=true") == 1
    assert count("isolated=false") == 1
    assert count("sort=-onset_date") == 2
    exported = client.get("/cases/?export=csv")
    content = b"".join(exported.streaming_content) if exported.streaming else exported.content
    assert "单田芳" in content.decode("utf-8-sig")
    assert "无症状感染者" in content.decode("utf-8-sig")


def test_the_queries_of_the_list_do_not_grow(county, case):
    client = county.client("investigator")

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/cases/").status_code == 200
        return len(caught)

    few = queries()
    for person in ("P-LI", "P-WANGXM", "P-SHAN", "P-OUYANG"):
        report_case(card=card(person), client_key=uuid.uuid4(), by=county.investigator, at=AT)
    assert client.get("/cases/").context["count"] == 5
    assert queries() == few


def test_a_correction_is_undone_from_the_page(county, case):
    client = county.client("investigator")
    sent = fields_of(client.get(f"/cases/{case}/change/")) | {"note": "补充:与同事聚餐"}
    sent = {
        name: value.strftime("%Y-%m-%dT%H:%M") if hasattr(value, "strftime") else value for name, value in sent.items()
    }
    sent = {n: v for n, v in sent.items() if v is not False} | {"onset_date": "2021-08-03"}
    page = client.post(f"/cases/{case}/change/", sent, follow=True)
    assert "补充:与同事聚餐" in text_of(page)
    undo = re.search(r'action="([^"]*undo[^"]*)"', text_of(page)).group(1)
    client.post(undo, {"next": f"/cases/{case}/"})
    assert selectors.case_rows(SCOPE).get().note == ""


def typed_in(page, **changes) -> dict[str, str]:
    """What a browser sends of the form for corrections, with some fields typed anew."""
    sent = {}
    for name, value in fields_of(page).items():
        if hasattr(value, "strftime"):
            value = value.strftime("%Y-%m-%d" if name == "onset_date" else "%Y-%m-%dT%H:%M")
        if value is not False:
            sent[name] = value
    return sent | changes


def test_a_form_that_was_opened_before_does_not_bring_back_what_a_colleague_corrected(county, case):
    mine, theirs = county.client("investigator"), county.client("commander")
    url = f"/cases/{case}/change/"
    opened = mine.get(url)
    assert theirs.post(url, typed_in(theirs.get(url), onset_date="2021-08-02")).status_code == 302
    assert mine.post(url, typed_in(opened, note="补充")).status_code == 302
    stands = selectors.case_rows(SCOPE).get()
    assert (to_local(stands.onset_date).day, stands.note) == (2, "补充")


def test_two_corrections_of_one_fact_are_not_taken_silently(county, case):
    mine, theirs = county.client("investigator"), county.client("commander")
    url = f"/cases/{case}/change/"
    opened = mine.get(url)
    sent = typed_in(theirs.get(url), onset_date="2021-08-02", reporting_doctor="李医生")
    assert theirs.post(url, sent).status_code == 302
    answer = mine.post(url, typed_in(opened, onset_date="2021-08-04", note="补充"))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"onset_date"}
    assert "已被他人改动，现为“2021-08-02”" in text_of(answer)
    stands = selectors.case_rows(SCOPE).get()
    assert (to_local(stands.onset_date).day, stands.note) == (2, "")
    # Seen now, it can be sent again; the colleague's other correction stays.
    assert mine.post(url, typed_in(answer)).status_code == 302
    stands = selectors.case_rows(SCOPE).get()
    assert (to_local(stands.onset_date).day, stands.note, stands.reporting_doctor) == (4, "补充", "李医生")


def test_two_who_correct_alike_are_one_correction(county, case):
    mine, theirs = county.client("investigator"), county.client("commander")
    url = f"/cases/{case}/change/"
    opened = mine.get(url)
    assert theirs.post(url, typed_in(theirs.get(url), reporting_doctor="李医生")).status_code == 302
    assert "没有变化" in text_of(mine.post(url, typed_in(opened, reporting_doctor="李医生"), follow=True))


@pytest.mark.parametrize("shown", ["", "x", "onset_date:", "before_symptoms:1 shown:2 pk:3", "note:" + "f" * 5000])
def test_marks_that_are_none_do_no_harm(county, case, shown):
    client = county.client("investigator")
    url = f"/cases/{case}/change/"
    assert client.post(url, typed_in(client.get(url), note="补充") | {"shown": shown}).status_code in (302, 422)


def test_a_form_that_changes_nothing_says_so(county, case):
    client = county.client("investigator")
    sent = {
        "onset_date": "2021-08-03", "sampled_at": "2021-08-05T09:00", "diagnosed_at": "2021-08-05T20:00",
        "isolated_at": "2021-08-05T22:00", "found_by": "care_seeking", "residence": "this_county",
        "reporting_unit": "安和县人民医院", "reporting_doctor": "张医生", "note": "",
    }  # fmt: skip
    before = AuditEntry.objects.filter(act="write").count()
    assert client.post(f"/cases/{case}/change/", sent).status_code == 302
    assert AuditEntry.objects.filter(act="write").count() == before


def test_the_classification_is_changed_with_what_it_needs(county, case):
    client = county.client("investigator")
    wrong = client.post(f"/cases/{case}/classify/", {"to": "excluded"})
    assert wrong.status_code == 422
    assert "note" in wrong.context["form"].errors
    assert client.post(f"/cases/{case}/classify/", {"to": "excluded", "note": "复检阴性"}).status_code == 302
    assert selectors.case_rows(SCOPE).get().classification == "excluded"


def test_the_isolation_is_recorded(county):
    done = report_case(card=card(isolated_at=None), client_key=uuid.uuid4(), by=county.investigator, at=AT)
    client = county.client("investigator")
    assert client.post(f"/cases/{done.case_id}/isolate/", {"isolated_at": ""}).status_code == 422
    assert client.post(f"/cases/{done.case_id}/isolate/", {"isolated_at": "2021-08-05T23:00"}).status_code == 302
    assert selectors.case_rows(SCOPE).get().isolated_at is not None
