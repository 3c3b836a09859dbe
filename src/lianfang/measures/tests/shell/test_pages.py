"""The pages of the room: who sees what, what the buttons do, and that the number of queries does not grow."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from lianfang.access import audit
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.access.times import now, to_local
from lianfang.measures import services
from lianfang.measures.core.orders import Order
from lianfang.measures.models import Measure
from lianfang.measures.tests.shell.conftest import BOOK, MET, SCOPE
from lianfang.measures.words import shown_state
from lianfang.playbook.load import load
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.records.models import Change

pytestmark = pytest.mark.database
LIST = "/measures/"
HOUR = dt.timedelta(hours=1)


def row(pk: int) -> Measure:
    return Measure.objects.within(SCOPE).get(pk=pk)


def rows_shown(response) -> set[str]:
    return set(re.findall(r'name="keys" value="(\d+)"', response.content.decode()))


def marks_shown(response) -> list[str]:
    return re.findall(r'name="seen" value="([^"]+)"', response.content.decode())


def ticked(client, keys, **more) -> dict:
    """What the browser sends of the list as it stands now, with some rows ticked."""
    return {"keys": keys, "seen": marks_shown(client.get(LIST)), **more}


def form_mark(response) -> str:
    return re.search(r'name="seen" value="([^"]+)"', response.content.decode()).group(1)


def words_of(response) -> str:
    return re.sub(r"<[^>]+>", " ", response.content.decode())


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("commander", 200),
        ("investigator", 200),
        ("township_officer", 200),
        ("grid_worker", 200),
        ("administrator", 403),
        ("auditor", 403),
        (None, 302),
    ],
)
def test_who_sees_the_list_and_the_reason(proposed, register, name: str | None, status: int) -> None:
    client = register.client(name)
    assert client.get(LIST).status_code == status
    key = proposed["P-LI", "central_quarantine"]
    assert client.get(reverse("measure-why", args=[key])).status_code == status
    may_change = name in ("commander", "investigator")
    assert client.get(reverse("measure-change", args=[key])).status_code == (
        200 if may_change else 302 if not name else 403
    )
    rule = reverse("rule", args=[BOOK.name, "measure.close_contact.quarantine"])
    assert client.get(rule).status_code == (200 if name else 302)


def test_everybody_sees_the_rows_of_their_own_area_only(proposed, register) -> None:
    def people(name: str) -> set[str]:
        text = register.client(name).get(LIST).content.decode()
        return {person for person in ("P-LI", "P-SHAN", "P-ZHAO") if f"/persons/{person}/" in text}

    assert people("investigator") == {"P-LI", "P-SHAN"}
    assert people("township_officer") == people("grid_worker") == {"P-LI"}
    assert people("neighbour") == {"P-ZHAO"}
    assert people("stranger") == set()
    zhao = proposed["P-ZHAO", "central_quarantine"]
    for route in ("measure-why", "measure-change"):
        assert register.client("investigator").get(reverse(route, args=[zhao])).status_code == 404
    done = register.client("investigator").post(reverse("measure-change", args=[zhao]), {"reason": "x"})
    assert done.status_code == 404


def test_reading_leaves_a_trace(proposed, register) -> None:
    key = proposed["P-LI", "central_quarantine"]
    register.client("investigator").get(reverse("measure-why", args=[key]))
    entry = AuditEntry.objects.order_by("-number").first()
    assert (entry.actor, entry.act, entry.kind, entry.key) == (
        "account:investigator",
        "read",
        "measures.measure",
        str(key),
    )
    assert entry.detail == {"person": "P-LI"}


def test_accepting_from_the_list_and_undoing_it(proposed, register) -> None:
    client = register.client("investigator")
    keys = [str(pk) for (person, _), pk in proposed.items() if person == "P-LI"]
    sent = ticked(client, keys, action="measure.order", note="已通知")
    done = client.post(LIST, sent, follow=True)
    assert "已下达2项措施" in words_of(done)
    assert {row(int(key)).decision for key in keys} == {"accepted"}
    # The button pressed twice: nothing more happens, and the page says so.
    again = client.post(LIST, sent, follow=True)
    assert "均已下达" in words_of(again) and Change.objects.count() == 1
    assert client.post(reverse("undo", args=[Change.objects.get().pk])).status_code in (302, 303)
    assert {row(int(key)).decision for key in keys} == {"proposed"}


@pytest.mark.parametrize("action", ["measure.order", "measure.refuse"])
def test_a_chosen_row_that_says_something_else_now_is_not_decided(proposed, propose, register, action) -> None:
    client = register.client("investigator")
    keys = [str(pk) for (person, _), pk in proposed.items() if person in ("P-LI", "P-SHAN")]
    sent = ticked(client, keys, action=action, note="已通知")
    propose(P_LI=MET + dt.timedelta(days=1), P_SHAN=MET, P_ZHAO=MET, at=AT + HOUR)
    said = words_of(client.post(LIST, sent, follow=True))
    assert "其中 2 项措施在您打开页面之后有改动" in said
    assert {row(int(key)).decision for key in keys} == {"proposed"}
    # The page that came back shows what is proposed now, and that can be decided.
    client.post(LIST, ticked(client, keys, action=action, note="已通知"))
    assert {row(int(key)).decision for key in keys} == {"accepted" if action == "measure.order" else "refused"}


def test_a_row_whose_mark_was_not_sent_is_not_ordered(proposed, register) -> None:
    client = register.client("investigator")
    key = proposed["P-LI", "central_quarantine"]
    for shown in ([], ["nonsense"], [f"{key}:"], [f"{key}:0123456789abcdef"], [f"{10**30}:{0}", "²:x"]):
        said = words_of(client.post(LIST, {"action": "measure.order", "keys": [key], "seen": shown}, follow=True))
        assert "有改动" in said and row(key).decision == "proposed"


def test_ordering_all_leaves_out_what_came_after_the_page(proposed, propose, register) -> None:
    client = register.client("investigator")
    moment = re.search(r'name="moment" value="(\d+)"', client.get(LIST).content.decode()).group(1)
    # A response that had begun before the page was made: its time of reckoning is the earlier one.
    propose(P_LI=MET, P_SHAN=MET + dt.timedelta(days=1), P_ZHAO=MET, P_WANG=MET, at=AT - HOUR)
    done = client.post(LIST, {"action": "measure.order", "all": "1", "moment": moment}, follow=True)
    own = {(m.person_id, m.decision) for m in Measure.objects.within(SCOPE) if m.person_id != "P-ZHAO"}
    assert own == {("P-LI", "accepted"), ("P-SHAN", "proposed"), ("P-WANG", "proposed")}
    assert "已下达2项措施" in words_of(done) and "另有 4 项措施在您打开页面之后" in words_of(done)
    again = client.post(
        LIST + "?decision=proposed", {"action": "measure.order", "all": "1", "moment": moment}, follow=True
    )
    assert "都有改动" in words_of(again)
    for nothing in ("", "x", "9" * 30):
        refused = client.post(LIST, {"action": "measure.order", "all": "1", "moment": nothing}, follow=True)
        assert "请刷新页面" in words_of(refused)
    assert Change.objects.count() == 1


def test_ordering_all_leaves_out_what_a_colleague_took_back(proposed, register) -> None:
    """The page showed a shorter order; its undoing brought the longer proposal back, which nobody saw there."""
    client = register.client("investigator")
    key = proposed["P-LI", "central_quarantine"]
    whole = services.order_of(row(key))
    shorter = Order(whole.kind, whole.place_class, whole.start, whole.end - dt.timedelta(days=7))
    change = carry_out(
        act="measure.change", keys=[key], by=register.investigator, at=AT, note="评估", given=shorter.as_json()
    ).change
    moment = audit.last_number()
    undo_change(change_id=change.pk, by=register.investigator, at=AT)
    client.post(LIST, {"action": "measure.order", "all": "1", "moment": moment})
    assert row(key).decision == "proposed"
    assert row(proposed["P-SHAN", "central_quarantine"]).decision == "accepted"


def test_a_new_proposal_is_adopted_as_it_was_shown(proposed, propose, register) -> None:
    client = register.client("investigator")
    key = proposed["P-LI", "central_quarantine"]
    carry_out(act="measure.order", keys=[key], by=register.investigator, at=AT)
    propose(P_LI=MET + dt.timedelta(days=1), P_SHAN=MET, P_ZHAO=MET, at=AT + HOUR)
    page = client.get(LIST)
    sent = {"action": "measure.adopt", "keys": [key], "seen": marks_shown(page)}
    moment = re.search(r'name="moment" value="(\d+)"', page.content.decode()).group(1)
    propose(P_LI=MET + dt.timedelta(days=3), P_SHAN=MET, P_ZHAO=MET, at=AT + 2 * HOUR)
    assert "有改动" in words_of(client.post(LIST, sent, follow=True))
    assert "有改动" in words_of(
        client.post(LIST + "?due=differs", {"action": "measure.adopt", "all": "1", "moment": moment}, follow=True)
    )
    assert row(key).new_proposal["end"] == "2021-08-22T00:00"
    client.post(LIST, ticked(client, [key], action="measure.adopt"))
    assert row(key).new_proposal is None and to_local(row(key).end) == dt.datetime(2021, 8, 22)


@pytest.mark.parametrize("key", ["99999999999999999999", "²", "-1", "1.5", "x", "", "１"])
def test_a_key_that_is_none_chooses_nothing(proposed, register, key) -> None:
    client = register.client("investigator")
    answer = client.post(LIST, {"action": "measure.order", "keys": [key]}, follow=True)
    assert answer.status_code == 200 and Change.objects.count() == 0
    assert "没有选中" in words_of(answer)


def test_refusing_from_the_list_needs_a_reason(proposed, register) -> None:
    client = register.client("investigator")
    key = proposed["P-LI", "central_quarantine"]
    sent = ticked(client, [key], action="measure.refuse")
    assert "须写明理由" in words_of(client.post(LIST, sent, follow=True))
    client.post(LIST, {**sent, "note": "未到场"})
    assert row(key).decision == "refused"
    # What is refused is left out of the list, and found again when it is asked for.
    assert str(key) not in rows_shown(client.get(LIST))
    assert rows_shown(client.get(LIST, {"decision": "refused"})) == {str(key)}


def test_a_township_officer_has_no_buttons_and_no_way_around(proposed, register) -> None:
    client = register.client("township_officer")
    text = client.get(LIST).content.decode()
    assert 'name="keys"' not in text
    assert "/change/" not in text
    key = proposed["P-LI", "central_quarantine"]
    assert client.post(LIST, {"action": "measure.order", "keys": [key]}).status_code == 403
    assert row(key).decision == "proposed"


def test_a_measure_that_asks_for_nothing_says_so_and_is_never_in_force(proposed, register) -> None:
    key = proposed["P-LI", "central_quarantine"]
    moment = now()
    Measure.objects.within(SCOPE).filter(pk=key).update(
        kind="none", decision="accepted", start=moment - dt.timedelta(days=1), end=None
    )
    for language, said, not_said in (("zh", "无需措施", "执行中"), ("en", "No measure required", "In force")):
        with override("zh-hans" if language == "zh" else "en"):
            badge = str(shown_state(Measure.objects.within(SCOPE).get(pk=key), moment))
        assert said in badge and not_said not in badge
    client = register.client("commander")
    assert str(key) not in rows_shown(client.get(LIST, {"in_force_at": f"{to_local(moment):%Y-%m-%dT%H:%M}"}))


def test_the_filters(proposed, register) -> None:
    client = register.client("commander")
    today = to_local(now()).date()
    moment = now()
    li, shan = proposed["P-LI", "central_quarantine"], proposed["P-SHAN", "central_quarantine"]
    Measure.objects.within(SCOPE).filter(pk=li).update(
        start=moment - dt.timedelta(days=3), end=moment + dt.timedelta(days=9), test_dates=[today.isoformat()]
    )
    carry_out(act="measure.order", keys=[li, shan], by=register.commander, at=AT)

    def found(**query: str) -> set[str]:
        return rows_shown(client.get(LIST, query))

    everything = {str(pk) for (person, _), pk in proposed.items() if person != "P-ZHAO"}
    assert found() == everything
    assert found(kind="central_quarantine") == {str(li), str(shan)}
    assert found(township="330999002") == {str(pk) for (person, _), pk in proposed.items() if person == "P-SHAN"}
    assert found(jurisdiction="330999001") == {str(pk) for (person, _), pk in proposed.items() if person == "P-LI"}
    assert found(due="test_today") == {str(li)}
    assert found(due="over") == {str(shan)}
    assert found(due="differs") == set()
    assert found(decision="accepted") == {str(li), str(shan)}
    assert found(q="李娜") == found(person="P-LI") == found(q="ln")
    assert found(in_force_at=f"{to_local(moment):%Y-%m-%dT%H:%M}") == {str(li)}
    assert found(in_force_at="2021-08-10T12:00") == {str(shan)}
    assert found(in_force_at="yesterday") == set()
    assert found(outbreak="ANHE", category="close_contact", place_class="central") == {str(li), str(shan)}
    assert found(case="A1") == set()


def test_the_page_of_the_reason_opens_the_rule_with_its_source(proposed, register) -> None:
    client = register.client("investigator")
    key = proposed["P-LI", "central_quarantine"]
    chinese = words_of(client.get(reverse("measure-why", args=[key])))
    assert "从末次接触（2021年8月4日18时）起算" in chinese
    assert "新型冠状病毒肺炎防控方案(第八版)" in chinese and "F-L" in chinese and BOOK.name in chinese
    client.cookies["django_language"] = "en"
    register.investigator.language = "en"
    register.investigator.save()
    english = words_of(client.get(reverse("measure-why", args=[key])))
    assert "Counted from last exposure (2021-08-04 18:00)" in english
    part = client.get(reverse("measure-why", args=[key]), headers={"HX-Request": "true"})
    assert b"<html" not in part.content and b"measure.close_contact.quarantine" in part.content


def test_the_rule_of_an_older_playbook(register) -> None:
    client = register.client("grid_worker")
    nine = load("covid19-cn-9")
    page = words_of(client.get(reverse("rule", args=["covid19-cn-9@000000000000", "lookback.routine_testing"])))
    assert nine.name in page and "此后有改动" in page
    assert "此后有改动" not in words_of(client.get(reverse("rule", args=[nine.name, "lookback.routine_testing"])))
    assert client.get(reverse("rule", args=["covid19-cn-9", "no.such.rule"])).status_code == 404
    assert client.get("/measures/rules/x.yaml/a.b/").status_code == 404


def test_changing_by_the_form(proposed, register) -> None:
    client = register.client("investigator")
    key = proposed["P-LI", "central_quarantine"]
    page = client.get(reverse("measure-change", args=[key]))
    assert "2021-08-06T09:00" in page.content.decode() and "方案建议" in words_of(page)
    typed = {
        "kind": "home_quarantine",
        "place_class": "home",
        "start": "2021-08-06T09:00",
        "end": "2021-08-18T00:00",
        "test_dates": "2021-08-08、2021-08-11",
        "reason": "孕妇,经评估居家",
        "seen": form_mark(page),
    }
    url = reverse("measure-change", args=[key])
    assert client.post(url, {**typed, "reason": ""}).status_code == 422
    assert client.post(url, {**typed, "test_dates": "8.8"}).status_code == 422
    beyond = client.post(url, {**typed, "end": "2021-08-28T00:00"})
    assert beyond.status_code == 422 and "指挥员" in words_of(beyond)
    assert row(key).decision == "proposed"
    assert client.post(url, typed).status_code == 302
    measure = row(key)
    assert (measure.kind, measure.decision, measure.test_dates) == (
        "home_quarantine",
        "accepted",
        ["2021-08-08", "2021-08-11"],
    )
    # Sent again, the same form changes nothing more.
    assert client.post(url, typed).status_code == 422 and Change.objects.count() == 1
    assert "方案原建议" in words_of(client.get(reverse("measure-why", args=[key])))


def test_a_measure_that_a_colleague_changed_meanwhile_is_not_overwritten(proposed, register) -> None:
    client = register.client("investigator")
    key = proposed["P-LI", "central_quarantine"]
    url = reverse("measure-change", args=[key])
    typed = {
        "kind": "central_quarantine",
        "place_class": "central",
        "start": "2021-08-06T09:00",
        "end": "2021-08-17T00:00",
        "test_dates": "2021-08-08",
        "reason": "床位",
        "seen": form_mark(client.get(url)),
    }
    home = Order("home_quarantine", "home", dt.datetime(2021, 8, 6, 9), dt.datetime(2021, 8, 19), ())
    carry_out(act="measure.change", keys=[key], by=register.commander, at=AT, note="孕妇", given=home.as_json())
    answer = client.post(url, typed)
    assert answer.status_code == 422
    assert "已被他人改动，现为：居家隔离医学观察" in words_of(answer)
    assert (row(key).kind, row(key).decision_note) == ("home_quarantine", "孕妇")
    # What was typed is kept, and now that the colleague's order has been seen it can be sent again.
    assert 'value="2021-08-17T00:00"' in answer.content.decode()
    assert client.post(url, {**typed, "seen": ""}).status_code == 422
    assert client.post(url, {**typed, "seen": form_mark(answer)}).status_code == 302
    assert (row(key).kind, row(key).decision_note) == ("central_quarantine", "床位")


def test_the_export_says_what_the_page_says(proposed, register) -> None:
    file = b"".join(register.client("investigator").get(LIST, {"export": "csv"})).decode("utf-8-sig")
    lines = file.splitlines()
    assert lines[0].startswith("姓名,措施,状态") and len(lines) == 5
    assert "李娜" in file and "2021-08-06; 2021-08-08; 2021-08-11; 2021-08-18" in file and "<" not in file


def test_the_number_of_queries_does_not_grow(proposed, propose, register) -> None:
    client = register.client("investigator")

    def asked(url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(url).status_code == 200
        return len(found)

    few = asked(f"{LIST}?person=P-LI")
    carry_out(act="measure.order", keys=[proposed["P-LI", "central_quarantine"]], by=register.investigator, at=AT)
    met = dt.datetime(2021, 8, 4, 18)
    propose(P_LI=met, P_SHAN=met, P_ZHAO=met, P_WANG=met, P_WANGXM=met, P_OUYANG=met)
    many = asked(LIST)
    assert len(rows_shown(client.get(LIST))) == 10
    assert many == few


def test_the_part_for_other_pages(proposed, register, rf) -> None:
    from django.template.loader import render_to_string

    from lianfang.measures.selectors import measures_of_person

    request = rf.get("/")
    request.user = register.investigator
    rows = measures_of_person("P-LI", register.scope("investigator"))
    html = render_to_string("measures/_for_person.html", {"measures": rows, "with_names": True}, request=request)
    assert "集中隔离医学观察" in html and "李娜" in html and f"/measures/why/{rows[0].pk}/" in html
    empty = render_to_string("measures/_for_person.html", {"measures": []}, request=request)
    assert "没有措施" in empty
