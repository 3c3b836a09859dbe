"""How far the second degree reaches, on the case's page, in its table, and in the summary of files."""

import datetime as dt
import html
import json
import re

import polars as pl
import pytest

from lianfang.access.models import AuditEntry
from lianfang.cases.selectors import cases_frame
from lianfang.outbreaks.models import Outbreak
from lianfang.playbook.load import load
from lianfang.presences import keeping
from lianfang.response.run import respond_to_files
from lianfang.response.second_degree import reach_of, try_kinds
from lianfang.response.services import respond_outbreak
from lianfang.response.tests.shell.conftest import AT, SCOPE, SMALL
from lianfang.tracing.core.second_reach import hours_tried, kinds_tried
from lianfang.tracing.models import Contact, Exposure
from lianfang.tracing.selectors import interviews_frame
from lianfang.tracing.tracer import find_contacts

OVERLAY = """
id: sample-county
title: {{zh: "样县", en: "Sample"}}
authority: {{zh: "样县", en: "Sample"}}
extends: covid19-cn-9
jurisdiction: sample
valid_from: 2022-07-01
valid_until: 2023-01-01
sources:
  - {{id: local, title: {{zh: "地方文件", en: "Local"}}}}
tracing:
  second_degree:
    id: second_degree.tracing
    title: {{zh: "密接的密接", en: "Contacts of contacts"}}
    traced: true
    place_kinds: [dwelling, meal, work, school, venue]
    latent_hours: 12
    warn_share: {share}
    source: [local]
    evidence: F-L
    scope: local
"""
PAGE = "/response/O/second-degree/"
KNOWN = 16
"""People in the presences of the small county that can be used."""


def overlay(folder, share: float) -> str:
    path = folder / "sample-county.yaml"
    path.write_text(OVERLAY.format(share=share), encoding="utf-8")
    return str(path)


@pytest.fixture
def answered(small_county, cast):
    for account in cast.values():
        account.language = "en"
        account.save(update_fields=["language"])
    respond_outbreak(outbreak_code="O", at=AT)
    return cast


def text(response) -> str:
    assert response.status_code == 200
    return html.unescape(response.content.decode())


@pytest.mark.database
def test_people_are_those_of_the_list_and_known_those_of_the_presences(answered):
    reach = reach_of(Outbreak.unscoped.get(pk="O"))
    rows = Contact.unscoped.filter(outbreak_id="O", category="secondary_contact", is_case=False)
    assert reach.people == rows.count() == 1
    assert reach.known == keeping.store().snapshot().rows()["person_id"].n_unique()
    rows.update(decision="refused")
    assert reach_of(Outbreak.unscoped.get(pk="O")).people == 0


@pytest.mark.database
def test_the_case_page_says_it_plainly_below_the_share_and_warns_from_it_on(answered, client, tmp_path):
    client.force_login(answered["investigator"])
    page = text(client.get("/cases/C1/"))
    known = keeping.store().snapshot().persons.count
    assert f"The second degree reaches 1 of the {known} people" in page and PAGE in page
    assert "<strong>The second degree reaches" not in page
    Outbreak.unscoped.filter(pk="O").update(overlays=[overlay(tmp_path, 0.01)])
    page = text(client.get("/cases/C1/"))
    assert f"<strong>The second degree reaches 1 of the {known} people" in page
    assert "from 12 hours after" in page


@pytest.mark.database
def test_before_the_first_response_nothing_is_said_and_nothing_computed(small_county, cast, client):
    client.force_login(cast["investigator"])
    assert PAGE not in text(client.get("/cases/C1/"))
    assert try_kinds(small_county, hours=0.0) == []
    assert client.get(f"{PAGE}0/").status_code == 404
    assert client.get(f"{PAGE}?now=1").status_code == 200


@pytest.mark.database
def test_a_playbook_that_cannot_be_read_is_a_line_and_no_error(answered, client):
    Outbreak.unscoped.filter(pk="O").update(overlays=["/nowhere/gone.yaml"])
    client.force_login(answered["investigator"])
    assert "gone.yaml" in text(client.get(PAGE)) and client.get(f"{PAGE}0/").status_code == 404
    assert PAGE not in text(client.get("/cases/C1/"))


@pytest.mark.database
def test_whom_an_investigator_refused_leads_to_nobody(answered):
    outbreak = Outbreak.unscoped.get(pk="O")
    before = [cell.people for cell in try_kinds(outbreak, hours=0.0)]
    via = set(Exposure.objects.filter(degree=2, contact__outbreak_id="O").values_list("via_id", flat=True))
    Contact.unscoped.filter(outbreak_id="O", person_id__in=via).update(decision="refused")
    assert via and sum(cell.people for cell in try_kinds(outbreak, hours=0.0)) < sum(before)


@pytest.mark.database
def test_each_cell_is_what_tracing_under_that_rule_finds(answered):
    outbreak = Outbreak.unscoped.get(pk="O")
    book = load("covid19-cn-9")
    rule = book.tracing.second_degree
    in_force = 0
    for hours in hours_tried(rule):
        for kinds, cell in zip(kinds_tried(rule), try_kinds(outbreak, hours=hours), strict=True):
            other = rule.model_copy(update={"place_kinds": list(kinds), "latent_hours": hours})
            tracing = book.tracing.model_copy(update={"second_degree": other})
            found = find_contacts(
                cases_frame("O", SCOPE),
                keeping.store(),
                interviews_frame("O", SCOPE),
                playbook=book.model_copy(update={"tracing": tracing}),
                as_of=AT.astimezone(dt.timezone(dt.timedelta(hours=8))).replace(tzinfo=None),
            )
            assert cell.people == found.filter(pl.col("degree") == 2)["person_id"].n_unique(), (hours, kinds)
            is_own = hours == rule.latent_hours and set(kinds) == set(rule.place_kinds)
            assert cell.is_in_force == is_own
            in_force += cell.people if is_own else 0
    assert in_force == 1


@pytest.mark.database
def test_the_table_fills_itself_row_by_row(answered, client):
    client.force_login(answered["township_officer"])
    part = text(client.get(PAGE, headers={"HX-Request": "true", "HX-Target": "second-degree"}))
    assert "<html" not in part and 'hx-trigger="load"' in part
    seen, address = [], PAGE + "0/"
    while address:
        assert f'hx-get="{address}"' in part
        part = text(client.get(address))
        seen += re.findall(r'<th scope="row">(\S+) h</th><td class="number">', part)
        address = next(iter(re.findall(r'hx-get="([^"]+)"', part)), "")
    assert seen == ["0", "24", "48", "72"]
    assert client.get(f"{PAGE}4/").status_code == 404


@pytest.mark.database
def test_without_scripts_the_page_computes_all_of_it_and_leads_to_the_overlay(answered, client):
    client.force_login(answered["investigator"])
    assert f"{PAGE}?now=1" in text(client.get(PAGE))
    page = text(client.get(f"{PAGE}?now=1"))
    assert len(re.findall(r'<td class="number">', page)) == 4 * len(
        kinds_tried(load("covid19-cn-9").tracing.second_degree)
    )
    assert 'hx-trigger="load"' not in page[page.index("<main") :]
    assert "docs/playbooks.md" in page and "latent_hours: 24" in page
    assert page.count('<td class="number"><strong>') == 1


@pytest.mark.database
def test_who_may_not_see_cases_gets_no_numbers_and_nobody_is_named(answered, client):
    for role in ("auditor", "administrator", "grid_worker"):
        client.force_login(answered[role])
        assert client.get(PAGE).status_code == client.get(f"{PAGE}0/").status_code == 403
    client.force_login(answered["investigator"])
    assert client.get("/response/none/second-degree/").status_code == 404
    before = AuditEntry.objects.count()
    page = text(client.get(f"{PAGE}?now=1"))
    assert not re.search(r"P\d\d", page) and AuditEntry.objects.count() == before


def test_the_summary_of_files_gives_the_share_and_the_bulletin_says_a_wide_one(tmp_path):
    as_of = dt.datetime(2022, 7, 8, 18)
    for share, wide in ((0.01, True), (0.9, False)):
        out = tmp_path / str(share)
        book = load("covid19-cn-9", [overlay(tmp_path, share)])
        respond_to_files(SMALL, out, playbook=book, as_of=as_of)
        told = json.loads((out / "summary.json").read_text("utf-8"))
        assert told["second_degree"] == {
            "rule": "second_degree.tracing",
            "place_kinds": ["dwelling", "meal", "work", "school", "venue"],
            "latent_hours": 12,
            "people": told["counts"]["contacts.category.secondary_contact"],
            "known": KNOWN,
            "share": round(told["counts"]["contacts.category.secondary_contact"] / KNOWN, 4),
            "warn_share": share,
            "wide": wide,
        }
        assert ("密接的密接共" in words(out)) == wide


def words(out) -> str:
    from docx import Document

    return "\n".join(paragraph.text for paragraph in Document(str(out / "bulletin.docx")).paragraphs)


def test_without_presences_or_a_second_degree_the_summary_says_nothing_of_it(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cases.csv").write_bytes((SMALL / "cases.csv").read_bytes())
    respond_to_files(
        tmp_path / "in", tmp_path / "out", playbook=load("covid19-cn-9"), as_of=dt.datetime(2022, 7, 8, 18)
    )
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["second_degree"] is None
