"""The links of a case stand on its page, and are confirmed or ruled out there, with undo."""

import re

import pytest

from lianfang.access.models import AuditEntry
from lianfang.chains.models import ChainLink
from lianfang.chains.tests.shell.test_chains_page import client, traced
from lianfang.records.seen import mark_of

__all__ = ["traced"]
pytestmark = [pytest.mark.django_db, pytest.mark.database]
PAGE = "/cases/C-3/?tab=chain"
PART = {"HX-Request": "true", "HX-Target": "parts"}


def link(infector: str, infectee: str) -> ChainLink:
    return ChainLink.unscoped.get(infector_id=infector, infectee_id=infectee)


def shown(page: str) -> list[int]:
    return [int(key) for key in re.findall(r'name="keys" value="(\d+)" form="links-of-case"', page)]


def post(browser, act: str, one: ChainLink, note: str = "") -> str:
    sent = {"action": act, "keys": one.pk, "seen": f"{one.pk}:{mark_of(one)}", "note": note, "next": PAGE}
    answer = browser.post("/act/", sent, headers=PART, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_possible_sources_stand_first_the_heaviest_on_top(traced):
    page = client(traced, "investigator").get(PAGE).content.decode()
    assert shown(page) == [link("C-1", "C-3").pk, link("C-2", "C-3").pk]
    assert 'hx-target="#parts"' in page
    read = AuditEntry.objects.filter(kind="cases.case", act="read", key="C-3").last()
    assert read is not None and read.detail["cases"] == ["C-1", "C-2", "C-3"]


def test_a_link_is_confirmed_ruled_out_and_taken_back_on_the_page(traced):
    browser = client(traced, "investigator")
    part = post(browser, "chain.confirm", link("C-2", "C-3"))
    assert part.startswith('<div id="parts"') and link("C-2", "C-3").verdict == "confirmed"
    post(browser, "chain.refuse", link("C-1", "C-3"))
    assert link("C-1", "C-3").verdict == "", "ruling out needs its grounds"
    post(browser, "chain.refuse", link("C-1", "C-3"), note="not in the county")
    assert (link("C-1", "C-3").verdict, link("C-1", "C-3").verdict_note) == ("refused", "not in the county")
    undo = re.search(r'action="([^"]*undo[^"]*)"', part)
    assert undo is not None
    browser.post(undo[1], {"next": PAGE})
    assert link("C-2", "C-3").verdict == ""


def test_whose_area_is_another_sees_no_link(traced):
    assert client(traced, "neighbour").get(PAGE).status_code == 404
    assert client(traced, "grid_worker").get(PAGE).status_code == 403
