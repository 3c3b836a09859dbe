# ruff: noqa: F811 - a fixture that is imported is named again where it is used
"""Candidate infectors, stored and read."""

import datetime as dt
import json
import re

import polars as pl
import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from lianfang.access.tests.cast import AT
from lianfang.chains.models import ChainLink
from lianfang.chains.selectors import chains_frame
from lianfang.chains.services import record_chains
from lianfang.kernel.errors import Refused
from lianfang.outbreaks.services import record_run
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.tracing.tests.cast import CASE, SCOPE
from lianfang.tracing.tests.shell.test_pages import client
from lianfang.tracing.tests.shell.test_unregistered import LIST, travellers  # noqa: F401

pytestmark = pytest.mark.database


def test_chains_are_replaced_only_when_they_differ(outbreak):
    def chains(weight):
        return pl.DataFrame(
            {"infector": [CASE], "infectee": [CASE], "weight": [weight], "evidence_zh": ["甲"], "evidence_en": ["a"]}
        )

    facts = {"outbreak": "OB-1", "by": SCOPE, "at": AT}
    assert record_chains(chains=chains(0.5), **facts) == 1
    assert record_chains(chains=chains(0.5), **facts) == 0
    assert record_chains(chains=chains(0.25), **facts) == 1
    assert ChainLink.unscoped.get().weight == 0.25
    assert record_chains(chains=chains(0.5).clear(), **facts) == 0
    assert not ChainLink.unscoped.exists()


def test_the_chains_around_a_case_for_the_graph(found):
    from lianfang.cases.services import load_cases

    day = dt.datetime(2021, 8, 9)
    second = {"case_id": ["C-2"], "person_id": ["P-LI"], "onset_date": [day], "reported_at": [day]}
    load_cases(outbreak="OB-1", cases=pl.DataFrame(second), by=SCOPE, at=AT)
    chains = {"infector": [CASE], "infectee": ["C-2"], "weight": [0.6]}
    chains |= {"evidence_zh": ["同住"], "evidence_en": ["home"]}
    record_chains(chains=pl.DataFrame(chains), outbreak="OB-1", by=SCOPE, at=AT)
    graph = json.loads(client(found, "investigator").get(reverse("chain-graph", args=["C-2"])).content)
    assert [node["id"] for node in graph["nodes"]] == [CASE, "C-2"]
    link = ChainLink.unscoped.get().pk
    edge = {"source": CASE, "target": "C-2", "weight": 0.6, "label": "0.60", "evidence": "home"}
    assert graph["edges"] == [edge | {"link": link, "verdict": ""}]
    assert client(found, "neighbour").get(reverse("chain-graph", args=["C-2"])).status_code == 404
    assert client(found, "grid_worker").get(reverse("chain-graph", args=["C-2"])).status_code == 403
    other = chains_frame("OB-1", found.scope("neighbour"))
    assert other.is_empty()


def test_the_page_of_chains_leads_to_whom_the_register_does_not_know(travellers):
    record_run(outbreak="OB-1", case_id=None, as_of=AT, playbook="x", seconds=1, cases=1, contacts=3, at=AT)
    page = client(travellers, "investigator").get("/outbreaks/OB-1/chains/").content.decode()
    assert re.search(rf'href="{LIST}">Found, but not in the register \(3\)', page)


@pytest.fixture
def linked(found):
    """Three cases, two of them candidates of the third."""
    from lianfang.cases.services import load_cases

    day = dt.datetime(2021, 8, 9)
    more = {
        "case_id": ["C-2", "C-3"],
        "person_id": ["P-LI", "P-OUYANG"],
        "onset_date": [day] * 2,
        "reported_at": [day] * 2,
    }
    load_cases(outbreak="OB-1", cases=pl.DataFrame(more), by=SCOPE, at=AT)
    record_chains(chains=inferred(0.5, 0.25), outbreak="OB-1", by=SCOPE, at=AT)
    return found


def inferred(*weights: float) -> pl.DataFrame:
    rows = [(infector, "C-3", weight, "同住", "home") for infector, weight in zip((CASE, "C-2"), weights, strict=False)]
    return pl.DataFrame(rows, schema=["infector", "infectee", "weight", "evidence_zh", "evidence_en"], orient="row")


def weights(scope=SCOPE) -> dict[str, float]:
    return dict(chains_frame("OB-1", scope).select("infector", "weight").iter_rows())


def key(infector: str) -> int:
    return ChainLink.unscoped.get(infector_id=infector, infectee_id="C-3").pk


def test_a_confirmed_link_weighs_one_and_stays_so_through_every_run(linked):
    by = linked.investigator
    done = carry_out(act="chain.confirm", keys=[key("C-2")], by=by, at=AT, note="同一基因型")
    assert weights() == {"C-2": 1.0, CASE: 0.0}
    record_chains(chains=inferred(0.9, 0.01), outbreak="OB-1", by=SCOPE, at=AT)
    assert weights() == {"C-2": 1.0, CASE: 0.0}
    record_chains(chains=inferred(0.9), outbreak="OB-1", by=SCOPE, at=AT)  # not inferred any more
    assert weights()["C-2"] == 1.0
    link = ChainLink.unscoped.get(pk=key("C-2"))
    assert (link.verdict, link.verdict_by, link.verdict_note) == ("confirmed", by, "同一基因型")
    undo_change(change_id=done.change.pk, by=by, at=AT)
    assert weights() == {CASE: 0.9, "C-2": 0.0}


def test_who_confirms_another_takes_the_former_back_in_one_act(linked):
    by = linked.investigator
    carry_out(act="chain.confirm", keys=[key("C-2")], by=by, at=AT)
    done = carry_out(act="chain.confirm", keys=[key(CASE)], by=by, at=AT)
    assert weights() == {CASE: 1.0, "C-2": 0.0}
    undo_change(change_id=done.change.pk, by=by, at=AT)
    assert weights() == {"C-2": 1.0, CASE: 0.0}
    with pytest.raises(Refused):
        carry_out(act="chain.confirm", keys=[key(CASE), key("C-2")], by=by, at=AT)


def test_a_link_is_ruled_out_with_its_grounds_alone_and_may_come_back(linked):
    by = linked.investigator
    with pytest.raises(Refused):
        carry_out(act="chain.refuse", keys=[key(CASE)], by=by, at=AT)
    carry_out(act="chain.refuse", keys=[key(CASE)], by=by, at=AT, note="发病在后")
    assert weights() == {"C-2": 0.5, CASE: 0.0}
    graph = json.loads(client(linked, "investigator").get(reverse("chain-graph", args=["C-3"])).content)
    assert graph["ruled_out"] == [{"source": CASE, "target": "C-3", "link": key(CASE)}]
    assert [(edge["source"], edge["link"], edge["verdict"]) for edge in graph["edges"]] == [("C-2", key("C-2"), "")]
    carry_out(act="chain.reopen", keys=[key(CASE)], by=by, at=AT)
    assert weights() == {CASE: 0.5, "C-2": 0.25}


def test_nobody_else_decides_about_links(linked):
    for account in (linked.neighbour, linked.grid_worker):
        with pytest.raises((Refused, PermissionDenied)):
            carry_out(act="chain.confirm", keys=[key(CASE)], by=account, at=AT)
