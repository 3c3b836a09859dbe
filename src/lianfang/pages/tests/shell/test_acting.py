"""Acting from pages: the summary before much is changed, by forms alone; the marks; the way back; both languages."""

import re
from html import unescape

import pytest

from lianfang.access import audit
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT, Cast
from lianfang.house import acts
from lianfang.kernel.declare import load_named
from lianfang.measures.models import Measure
from lianfang.pages.acting import SUMMARY_ABOVE
from lianfang.pages.keys import seen_rows
from lianfang.records.acts import carry_out
from lianfang.records.models import Change
from lianfang.records.tests.shell.acting import World, build

pytestmark = [pytest.mark.django_db, pytest.mark.database]
LIST = "/contacts/?per_page=200"


@pytest.fixture
def world(cast: Cast) -> World:
    return build(cast, 12)


def browser(world: World, who: str = "investigator", language: str = "en"):
    account = getattr(world.cast, who)
    account.language = language
    account.save(update_fields=["language"])
    return world.cast.client(who)


def text(answer) -> str:
    return unescape(answer.content.decode())


def ticked(client, url: str = LIST, form: str = "bulk") -> dict[str, list[str]]:
    """What a browser sends of a page with every row ticked."""
    page = text(client.get(url))
    return {name: re.findall(rf'name="{name}" value="([^"]+)" form="{form}"', page) for name in ("keys", "seen")}


def hidden(answer) -> dict[str, list[str]]:
    """What a browser sends of the form of a summary."""
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.content.decode()):
        if name != "csrfmiddlewaretoken":
            sent.setdefault(name, []).append(unescape(value))
    return sent


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "Check before you decide: Refuse",
                "24 rows would change",
                "12 contacts",
                "12 measures",
                "当日不在场",
                "Cancel",
            ],
        ),
        ("zh-hans", ["请核对后再决定：不采纳", "共将改动 24 条记录", "12 名接触者", "12 项措施", "当日不在场", "取消"]),
    ],
)
def test_much_is_said_before_it_is_done_and_goes_on_by_the_form_alone(world: World, language, words) -> None:
    client = browser(world, language=language)
    sent = ticked(client)
    assert len(sent["keys"]) == len(sent["seen"]) == 12
    asked = client.post(LIST, {**sent, "action": "contact.refuse", "note": " 当日不在场 "})
    assert asked.status_code == 200 and set(world.decisions()) == {"proposed"} and not Change.objects.exists()
    for word in words:
        assert word in text(asked), word
    assert f'href="{LIST}"' in text(asked) and "<script>" not in text(asked)
    again = hidden(asked)
    assert again["confirmed"] == ["1"] and again["keys"] == sent["keys"]
    done = client.post(LIST, again, follow=True)
    assert done.redirect_chain[-1] == (LIST, 303)
    assert set(world.decisions()) == {"refused"} and Change.objects.count() == 1
    undo = re.search(r'action="([^"]*undo[^"]*)"', text(done)).group(1)
    client.post(undo, {"next": LIST})
    assert set(world.decisions()) == {"proposed"} and set(Measure.unscoped.values_list("decision")) == {("proposed",)}


def test_little_is_done_at_once_and_followers_count(world: World) -> None:
    client = browser(world)
    assert SUMMARY_ABOVE == 20
    keys = [str(key) for key in world.contacts]
    sent = ticked(client)
    assert client.post(LIST, {**sent, "action": "contact.accept", "keys": keys[:11]}).status_code == 200, "22 rows"
    done = client.post(LIST, {**sent, "action": "contact.accept", "keys": keys[:10]}, follow=True)
    assert "10 contacts are accepted. 10 measures are ordered." in text(done)


def test_what_changed_after_the_summary_is_summed_up_again(world: World) -> None:
    client = browser(world)
    asked = client.post(LIST, {**ticked(client), "action": "contact.accept"})
    keys = list(Measure.unscoped.values_list("pk", flat=True)[:2])
    carry_out(act="measure.refuse", keys=keys, by=world.cast.commander, at=AT, note="另有安排")
    again = client.post(LIST, hidden(asked))
    assert again.status_code == 200 and set(world.decisions()) == {"proposed"}
    assert "check the new summary" in text(again) and "22 rows would change" in text(again)
    client.post(LIST, hidden(again))
    assert set(world.decisions()) == {"accepted"}


def test_a_summary_of_all_matching_rows_keeps_to_what_was_seen(world: World) -> None:
    client = browser(world)
    moment = re.search(r'name="moment" value="(\d+)"', text(client.get(LIST))).group(1)
    asked = client.post(LIST, {"action": "contact.accept", "all": "1", "moment": moment})
    sent = hidden(asked)
    assert "keys" not in sent and (sent["all"], sent["moment"]) == (["1"], [moment])
    carry_out(act="contact.refuse", keys=world.contacts[:1], by=world.cast.commander, at=AT, note="不符")
    again = client.post(LIST, sent)
    assert "left out: 1 contact" in text(again), "a colleague was faster with one"
    client.post(LIST, hidden(again))
    assert world.decisions() == ["refused", *["accepted"] * 11]
    assert "reload the page" in text(client.post(LIST, {"action": "contact.accept", "all": "1"}, follow=True))


def test_within_the_page_the_summary_takes_the_place_of_the_list(world: World) -> None:
    client = browser(world)
    headers = {"HX-Request": "true", "HX-Target": "list"}
    asked = client.post(LIST, {**ticked(client), "action": "contact.accept"}, headers=headers)
    page = text(asked)
    assert page.startswith('<section id="list">') and "<html" not in page
    assert 'hx-target="#list"' in page and 'tabindex="-1" autofocus' in page, "the keyboard goes on there"


def test_the_buttons_of_a_list_are_what_is_declared(world: World) -> None:
    for language, words in (("en", "Accept"), ("zh-hans", "采纳")):
        page = text(browser(world, language=language).get(LIST))
        assert f'name="action" value="contact.accept" class="primary">{words}</button>' in page
        assert acts()["contact.accept"].label.zh == "采纳"
    locating = text(browser(world, "township_officer").get(LIST))
    assert 'value="contact.locate"' in locating and 'value="contact.accept"' not in locating
    assert 'name="note"' not in locating, "nothing that this role may do asks for a reason"


@pytest.mark.parametrize("url", ["/act/", LIST])
def test_who_may_not_is_refused_and_it_stands_in_the_trail(world: World, url: str) -> None:
    client = browser(world, "township_officer")
    assert client.post(url, {"action": "contact.accept", "keys": world.contacts}).status_code == 403
    entry = AuditEntry.objects.order_by("-number").first()
    assert (entry.act, entry.detail["permission"]) == ("refused", "contact.decide")
    for nothing in ("", "x", "case.change"):
        assert client.post(url, {"action": nothing, "keys": world.contacts}).status_code == 400
    assert set(world.decisions()) == {"proposed"}


def test_the_way_back_stays_on_this_site(world: World) -> None:
    client = browser(world)
    for asked, there in (("/contacts/#x", "/contacts/#x"), ("https://elsewhere.example/", "/"), ("", "/")):
        answer = client.post("/act/", {"action": "contact.accept", "next": asked})
        assert (answer.status_code, answer["Location"]) == (303, there)
    assert client.get("/act/").status_code == 405


@pytest.mark.parametrize(
    ("url", "act"), [("/contacts/", "contact.locate"), ("/measures/", "measure.order"), ("/clocks/", "clock.stop")]
)
def test_each_list_guards_its_rows(world: World, url: str, act: str) -> None:
    client = browser(world)
    if act == "measure.order":
        world.accept_all()
    sent = ticked(client, url)
    assert sent["keys"] and len(sent["seen"]) == len(sent["keys"])
    refused = client.post(url, {"action": act, "keys": sent["keys"][:1]}, follow=True)
    assert "changed after you opened the page" in text(refused)
    number = audit.last_number()
    client.post(url, {"action": act, "keys": sent["keys"][:1], "seen": sent["seen"]})
    assert [detail["act"] for _, detail in audit.written_after(number, kinds=(acts()[act].subject.lower(),))] == [act]
    assert callable(load_named(acts()[act].plan))


def test_marks_are_read_whatever_was_sent() -> None:
    assert seen_rows(["1:ab", "A:1:cd", "x", ":y", "2:", ""]) == {"1": "ab", "A:1": "cd"}
