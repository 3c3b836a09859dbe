# ruff: noqa: F811 - a fixture that is imported is named again where it is used
"""Candidate infectors, stored and read."""

import datetime as dt
import json
import re

import polars as pl
import pytest
from django.urls import reverse

from lianfang.access.tests.cast import AT
from lianfang.chains.models import ChainLink
from lianfang.chains.selectors import chains_frame
from lianfang.chains.services import record_chains
from lianfang.outbreaks.services import record_run
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
    assert ChainLink.objects.get().weight == 0.25
    assert record_chains(chains=chains(0.5).clear(), **facts) == 0
    assert not ChainLink.objects.exists()


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
    assert graph["edges"] == [{"source": CASE, "target": "C-2", "weight": 0.6, "label": "0.60", "evidence": "home"}]
    assert client(found, "neighbour").get(reverse("chain-graph", args=["C-2"])).status_code == 404
    assert client(found, "grid_worker").get(reverse("chain-graph", args=["C-2"])).status_code == 403
    other = chains_frame("OB-1", found.scope("neighbour"))
    assert other.is_empty()


def test_the_page_of_chains_leads_to_whom_the_register_does_not_know(travellers):
    record_run(outbreak="OB-1", case_id=None, as_of=AT, playbook="x", seconds=1, cases=1, contacts=3, at=AT)
    page = client(travellers, "investigator").get("/outbreaks/OB-1/chains/").content.decode()
    assert re.search(rf'href="{LIST}">Found, but not in the register \(3\)', page)
