"""Spatial companions on the pages: off unless two people switch them on, a signal that never makes a contact."""

import datetime as dt

import polars as pl
import pytest
from django.urls import reverse

from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.measures.models import Measure
from lianfang.outbreaks import services as outbreaks_services
from lianfang.playbook.load import load
from lianfang.presences.keeping import ingest
from lianfang.registry.models import Place
from lianfang.tracing import companions
from lianfang.tracing.models import Contact, Exposure
from lianfang.tracing.tests.cast import CASE, DAY

pytestmark = pytest.mark.database
URL = f"/contacts/companions/{CASE}/"


def client(cast, name):
    account = getattr(cast, name)
    account.language = "en"
    account.save(update_fields=["language"])
    return cast.client(name)


@pytest.fixture
def neighbours(found, tmp_path, settings):
    """Wang at home for long; Wangxm and Wang's contact Li in a shop of the same cell, Zhao in a shop far away."""
    settings.DATA_DIR = tmp_path
    for place, shift in (("S-NEAR", 0.0002), ("S-FAR", 0.1)):
        Place.unscoped.create(
            place_id=place, kind="venue", longitude=120.25 + shift, latitude=30.25, jurisdiction_id="330999001"
        )
    start = DAY - dt.timedelta(days=1)
    half = start + dt.timedelta(minutes=30)
    rows = [("P-WANG", "H-1", "dwelling", start, start + dt.timedelta(hours=31))]
    rows += [("P-WANGXM", "S-NEAR", "venue", start, half), ("P-LI", "S-NEAR", "venue", start, half)]
    rows += [("P-ZHAO", "S-FAR", "venue", start, half)]
    ingest(pl.DataFrame(rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row"))
    run = {"as_of": AT, "playbook": "covid19-cn-8", "seconds": 1.0, "cases": 1, "contacts": 3, "at": AT}
    outbreaks_services.record_run(outbreak="OB-1", case_id=None, **run)
    return found


@pytest.fixture
def playbook_on(monkeypatch):
    book = load("covid19-cn-8")
    rule = book.companion.model_copy(update={"enabled": True})
    monkeypatch.setattr(companions, "playbook_of", lambda outbreak: book.model_copy(update={"companion": rule}))


@pytest.mark.parametrize("operator", [False, True])
def test_off_by_default_and_the_page_says_why(neighbours, settings, operator):
    settings.COMPANION = operator
    page = client(neighbours, "investigator").get(URL).content.decode()
    assert "Switched off" in page and "Sharing a cell of some hundred metres is no contact" in page
    assert "No class of the national plan" in page and "82,000" in page
    assert "王小明" not in page and "Signals" not in page


def test_the_playbook_alone_does_not_switch_it_on(neighbours, settings, playbook_on):
    assert settings.COMPANION is False, "the default"
    assert "Switched off" in client(neighbours, "investigator").get(URL).content.decode()


def test_on_it_lists_signals_and_makes_nothing(neighbours, settings, playbook_on):
    settings.COMPANION = True
    before = [(m.objects if m is not Contact else m.unscoped).count() for m in (Contact, Exposure)]
    page = client(neighbours, "investigator").get(URL)
    text = page.content.decode()
    assert [line.person_id for line in page.context["lines"]] == ["P-WANGXM"], "Li is a contact already, Zhao was far"
    assert page.context["total"] == 1 and page.context["lines"][0].minutes == 30
    assert "Nobody may be put under a measure for it" in text and "Switched off" not in text
    assert [(m.objects if m is not Contact else m.unscoped).count() for m in (Contact, Exposure)] == before
    assert Measure.unscoped.count() == 0
    entry = AuditEntry.objects.filter(act="read", kind="registry.person").order_by("-number").first()
    assert entry.detail == {"for": "companion", "case": CASE, "on": True, "keys": ["P-WANGXM"]}


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("investigator", 200),
        ("commander", 200),
        ("township_officer", 403),
        ("grid_worker", 403),
        ("auditor", 403),
        ("neighbour", 404),
    ],
)
def test_only_who_investigates_may_look(neighbours, who, status):
    assert client(neighbours, who).get(URL).status_code == status
    assert reverse("companions", args=[CASE]) == URL
