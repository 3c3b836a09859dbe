"""The page "Chains and clusters": what it shows, to whom, computed once a run, with files and an audit trail."""

import csv
import datetime as dt
import io

import polars as pl
import pytest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianfang.access.models import AuditEntry
from lianfang.access.scope import scope_of
from lianfang.access.tests.cast import AT
from lianfang.cases.models import Case
from lianfang.cases.selectors import case_rows
from lianfang.cases.services import load_cases
from lianfang.chains import cluster_report
from lianfang.chains import views as chain_views
from lianfang.chains.models import ClusterReport
from lianfang.chains.services import record_chains
from lianfang.chains.words import top_places
from lianfang.outbreaks.services import record_run
from lianfang.presences import keeping
from lianfang.registry.tests.cast import id_number
from lianfang.tracing.models import Contact
from lianfang.tracing.services import record_contacts
from lianfang.tracing.tests.cast import DAY, SCOPE, contacts, row

pytestmark = pytest.mark.database
PAGE, REPORT, GRAPH, STEP, SEARCH, LINKS = (
    "/outbreaks/OB-1/chains/",
    "/outbreaks/OB-1/chains/report/",
    "/outbreaks/OB-1/chains.json",
    "/outbreaks/OB-1/chains/step/",
    "/outbreaks/OB-1/chains/search/",
    "/outbreaks/OB-1/chains/links.csv",
)


def client(cast, name):
    """A browser in English, whose words the tests look for."""
    account = getattr(cast, name)
    account.language = "en"
    account.save(update_fields=["language"])
    return cast.client(name)


HEADS = [
    "infector",
    "infectee",
    "weight",
    "evidence",
    "infector_generation",
    "infectee_generation",
    "likeliest",
    "verdict",
]


def run():
    as_of = AT + dt.timedelta(days=40)
    return record_run(outbreak="OB-1", case_id=None, as_of=as_of, playbook="x", seconds=1, cases=3, contacts=3, at=AT)


@pytest.fixture
def traced(outbreak, settings, tmp_path):
    """Wang infected Li at home and Ouyang at work; all of them and five others were in one teahouse before."""
    settings.DATA_DIR = tmp_path
    cases = {
        "case_id": ["C-2", "C-3"],
        "person_id": ["P-LI", "P-OUYANG"],
        "onset_date": [DAY + dt.timedelta(days=4), DAY + dt.timedelta(days=5)],
        "reported_at": [DAY + dt.timedelta(days=6)] * 2,
    }
    load_cases(outbreak="OB-1", cases=pl.DataFrame(cases), by=SCOPE, at=AT)
    found = [row("P-LI", is_case=True), row("P-OUYANG", kind="work", minutes=240.0, is_case=True)]
    record_contacts(contacts=contacts([*found, row("P-SHAN", kind="work")]), outbreak="OB-1", by=SCOPE, at=AT)
    links = [("C-1", "C-2", 0.8, "同住", "home"), ("C-1", "C-3", 0.6, "工作", "work"), ("C-2", "C-3", 0.1, "", "")]
    chains = pl.DataFrame(links, schema=["infector", "infectee", "weight", "evidence_zh", "evidence_en"], orient="row")
    record_chains(chains=chains, outbreak="OB-1", by=SCOPE, at=AT)
    evening = DAY - dt.timedelta(days=1) + dt.timedelta(hours=19)
    guests = ["P-WANG", "P-LI", "P-OUYANG", "X1", "X2", "X3", "X4", "X5"]
    visits = pl.DataFrame({"person_id": guests, "place_id": "teahouse", "place_kind": "venue"}).with_columns(
        start=pl.lit(evening), end=pl.lit(evening + dt.timedelta(hours=2))
    )
    keeping.ingest(visits)
    run()
    return outbreak


def panel(response, key):
    return next(panel for panel, _ in response.context["panels"] if panel.key == key)


def test_before_the_first_tracing_the_page_says_what_to_do(outbreak):
    text = client(outbreak, "investigator").get(PAGE).content.decode()
    assert "This outbreak has not been traced yet." in text and "lf-chains" not in text
    assert client(outbreak, "investigator").get(REPORT).status_code == 404
    assert client(outbreak, "investigator").get(GRAPH).status_code == 404


def test_the_navigation_leads_to_the_current_outbreak(traced):
    browser = client(traced, "investigator")
    assert browser.get("/outbreaks/chains/").headers["Location"] == PAGE
    assert "No outbreak is open." in client(traced, "neighbour").get("/outbreaks/chains/").content.decode()


def test_the_page_asks_for_the_report_and_shows_it_once_it_is_there(traced):
    browser = client(traced, "investigator")
    assert f'hx-get="{REPORT}"' in browser.get(PAGE).content.decode()
    made = browser.get(REPORT)
    assert "Settings that explain the most" in made.content.decode()
    whole = browser.get(PAGE).content.decode()
    assert f'data-src="{GRAPH}"' in whole and "3 cases in your area" in whole


def test_without_scripts_the_page_makes_the_report_itself(traced):
    assert "teahouse" in client(traced, "investigator").get(f"{PAGE}?now=1").content.decode()


def test_what_the_panels_say(traced):
    made = client(traced, "investigator").get(REPORT)
    settings = panel(made, "settings")
    assert "teahouse" in settings.rows[0][0] and settings.rows[0][2] == "3 of 8"
    home = {row[0]: row for row in panel(made, "attack-by-kind").rows}
    assert home["Dwelling"][1] == "1 of 1" and home["Work"][1] == "1 of 2"
    assert panel(made, "generations").values == [[0, 1], [1, 2]]
    assert panel(made, "offspring").values == [[0, 2], [2, 1]] and not panel(made, "offspring").figures
    assert "At least 10 cases" in made.content.decode()


def test_the_drawing(traced):
    browser = client(traced, "investigator")
    browser.get(REPORT)
    drawn = browser.get(GRAPH).json()
    nodes, edges = drawn["nodes"], drawn["edges"]
    assert nodes["id"] == ["C-1", "C-2", "C-3"] and nodes["generation"] == [0, 1, 1]
    assert nodes["setting"] == ["", "dwelling", "work"]
    pairs = {
        (nodes["id"][a], nodes["id"][b]): (w, t)
        for a, b, w, t in zip(edges["source"], edges["target"], edges["weight"], edges["tree"], strict=True)
    }
    assert pairs == {("C-1", "C-2"): (0.8, 1), ("C-1", "C-3"): (0.6, 1), ("C-2", "C-3"): (0.1, 0)}
    assert drawn["case_url"] == reverse("case", args=["__CASE__"])
    assert drawn["names"]["town"][nodes["town"][1]] == "Donghe"


def search(browser, typed):
    return browser.post(SEARCH, {"q": typed})


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("欧阳晓", ["C-3"]),
        ("oyx", ["C-3"]),
        ("ouyang", ["C-3"]),
        ("13800000002", ["C-2"]),
        ("１３９ 0000", ["C-3"]),
        ("138-0000", ["C-1", "C-2"]),
        (id_number("1982-07-09", 102), ["C-2"]),
        ("c-", ["C-1", "C-2", "C-3"]),
        ("C-2", ["C-2"]),
        ("单田芳", []),
        ("no such person", []),
        ("   ", []),
    ],
)
def test_a_search_by_name_telephone_or_number_answers_the_cases_that_fit(traced, typed, found):
    assert search(client(traced, "investigator"), typed).json() == {"cases": found, "more": 0}


def test_a_search_keeps_to_area_role_and_outbreak(traced):
    township = client(traced, "township_officer")
    everything = search(client(traced, "investigator"), "c-").json()["cases"]
    inside = search(township, "c-").json()["cases"]
    assert inside and set(inside) < set(everything) and "C-3" not in inside
    assert search(township, "欧阳晓").json()["cases"] == []
    assert search(client(traced, "neighbour"), "c-").status_code == 404
    for who in ("administrator", "auditor"):
        assert search(client(traced, who), "c-").status_code == 403


def test_a_search_leaves_the_cases_in_the_trail_and_what_was_typed_nowhere(traced):
    browser = client(traced, "investigator")
    assert browser.get(SEARCH, {"q": "欧阳晓"}).status_code == 405, "an address would keep the name"
    answer = search(browser, "欧阳晓")
    assert answer.headers["Cache-Control"] == "no-store"
    entry = AuditEntry.objects.filter(kind="chains.chainlink").order_by("number").last()
    assert (entry.act, entry.key, entry.detail["what"]) == ("read", "OB-1", "search")
    assert entry.detail["keys"] == ["C-3"]
    assert not any("欧阳" in str(one.detail) or "欧阳" in one.key for one in AuditEntry.objects.all())


def test_a_search_answers_a_limited_number_and_no_excluded_case(traced, monkeypatch):
    browser = client(traced, "investigator")
    monkeypatch.setattr(chain_views, "MOST_FOUND", 2)
    assert search(browser, "c-").json() == {"cases": ["C-1", "C-2"], "more": 1}
    Case.unscoped.filter(pk="C-2").update(classification="excluded")
    assert search(browser, "c-").json() == {"cases": ["C-1", "C-3"], "more": 0}


def test_a_search_without_the_token_is_refused(traced):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(traced.investigator)
    assert browser.post(SEARCH, {"q": "欧阳晓"}).status_code == 403


def test_the_places_that_have_a_colour(traced):
    browser = client(traced, "investigator")
    browser.get(REPORT)
    drawn = browser.get(GRAPH).json()
    # Under Omicron's short incubation period Wang, who fell ill the day after, may have been infected there too.
    assert drawn["places"] == [{"id": "teahouse", "cases": ["C-1", "C-2", "C-3"]}]
    assert drawn["names"]["place"] == {"teahouse": "teahouse · Venue", "": "none of these places"}
    assert drawn["search_url"] == SEARCH


def test_places_are_taken_in_turns_from_both_tables_and_once_each():
    def row(place, *cases):
        return {"place_id": place, "place_kind": "venue", "cases": list(cases)}

    data = {"settings": [row("a", "1"), row("b", "2"), row("c", "3")], "sources": {"found": [row("b", "4"), row("d")]}}
    assert [(p["id"], p["cases"]) for p in top_places(data)] == [
        ("a", ["1"]),
        ("b", ["2", "4"]),
        ("d", []),
        ("c", ["3"]),
    ]
    assert [(p["id"], p["cases"]) for p in top_places(data, most=2)] == [("a", ["1"]), ("b", ["2", "4"])]


def read_csv(answer):
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_links_are_a_file(traced):
    browser = client(traced, "investigator")
    assert browser.get(LINKS).status_code == 404, "before the report there are no generations"
    made = browser.get(REPORT)
    assert f'href="{LINKS}"' in made.content.decode() and "3 links as CSV" in made.content.decode()
    answer = browser.get(LINKS)
    assert answer.headers["Content-Disposition"].endswith('links.csv"')
    assert read_csv(answer) == [
        HEADS,
        ["C-1", "C-2", "0.8", "home", "0", "1", "1", ""],
        ["C-1", "C-3", "0.6", "work", "0", "1", "1", ""],
        ["C-2", "C-3", "0.1", "", "1", "1", "0", ""],
    ]
    entry = AuditEntry.objects.filter(kind="chains.chainlink", act="export").get()
    assert (entry.key, entry.detail["what"], entry.detail["rows"]) == ("OB-1", "links", 3)


def test_only_who_may_export_rows_gets_the_links_and_within_the_area(traced):
    township = client(traced, "township_officer")
    assert LINKS in township.get(REPORT).content.decode()
    own = {case.pk for case in case_rows(scope_of(traced.township_officer))}
    (_heads, *rows) = read_csv(township.get(LINKS))
    assert {name for row in rows for name in row[:2]} <= own
    assert client(traced, "grid_worker").get(LINKS).status_code == 403
    assert client(traced, "neighbour").get(LINKS).status_code == 404


def test_the_file_of_settings_has_every_place_and_the_page_the_first(traced):
    """Sixty places: more than the page shows, and more than the report once kept."""
    evening = DAY - dt.timedelta(days=1) + dt.timedelta(hours=8)
    guests = ["P-LI", "P-OUYANG", "X1", "X2", "X3", "X4"]
    more = pl.DataFrame({"place_id": [f"shop {n}" for n in range(60)], "place_kind": "venue"}).join(
        pl.DataFrame({"person_id": guests}), how="cross"
    )
    keeping.ingest(more.with_columns(start=pl.lit(evening), end=pl.lit(evening + dt.timedelta(hours=1))))
    run()
    browser = client(traced, "investigator")
    made = browser.get(REPORT)
    settings = panel(made, "settings")
    assert (len(settings.rows), settings.more) == (12, 61 - 12)
    assert "49 more rows in the file" in made.content.decode()
    assert len(read_csv(browser.get("/outbreaks/OB-1/chains/settings.csv"))) == 1 + 61


def test_a_township_sees_what_follows_from_its_own_cases_alone(traced):
    """Ouyang lives elsewhere: no link, no rate, nothing that rests on that case."""
    county, township = client(traced, "investigator"), client(traced, "township_officer")
    county.get(REPORT)
    made = township.get(REPORT)
    drawn = township.get(GRAPH).json()
    assert (
        drawn["nodes"]["id"] == [c for c in ("C-1", "C-2", "C-3") if c in drawn["nodes"]["id"]] != ["C-1", "C-2", "C-3"]
    )
    assert "C-3" not in made.content.decode() and "C-3" not in township.get(GRAPH).content.decode()
    assert ClusterReport.objects.count() == 2
    assert client(traced, "neighbour").get(PAGE).status_code == 404
    assert client(traced, "stranger").get(GRAPH).status_code == 404
    for who in ("administrator", "auditor"):
        assert client(traced, who).get(PAGE).status_code == 403


def test_computed_once_a_run_and_again_after_the_next(traced, monkeypatch):
    browser = client(traced, "investigator")
    browser.get(REPORT)
    first = ClusterReport.objects.get()
    monkeypatch.setattr(cluster_report, "find_clusters", lambda *a, **k: pytest.fail("computed again"))
    browser.get(REPORT)
    browser.get(PAGE)
    monkeypatch.undo()
    run()
    assert f'hx-get="{REPORT}"' in browser.get(PAGE).content.decode()
    browser.get(REPORT)
    assert ClusterReport.objects.get().pk != first.pk


def test_while_somebody_makes_it_others_wait_and_see_how_far_it_is(traced):
    browser = client(traced, "investigator")
    browser.get(REPORT)
    from lianfang.access.times import now

    ClusterReport.objects.update(done_at=None, step="everybody", started_at=now())
    waiting = browser.get(REPORT).content.decode()
    assert "delay:2s" in waiting and STEP in waiting
    assert browser.get(STEP).content.decode() == "who else was there"
    # One that was given up is made anew.
    ClusterReport.objects.update(started_at=now() - dt.timedelta(hours=1))
    assert "Settings that explain the most" in browser.get(REPORT).content.decode()


def test_refused_contacts_do_not_count(traced):
    Contact.unscoped.filter(person_id="P-SHAN").update(decision="refused")
    made = client(traced, "investigator").get(REPORT)
    assert {row[0]: row[1] for row in panel(made, "attack-by-kind").rows}["Work"] == "1 of 1"


def test_each_table_is_a_file(traced):
    browser = client(traced, "investigator")
    made = browser.get(REPORT)
    for shown, address in made.context["panels"]:
        answer = browser.get(address)
        read = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert answer.headers["Content-Disposition"].endswith(f'{shown.key}.csv"')
        assert len(read) == 1 + len(shown.values) + len(shown.figures)
        assert all(len(line) == len(read[0]) for line in read[1 : 1 + len(shown.values)])
    assert browser.get("/outbreaks/OB-1/chains/nothing.csv").status_code == 404


def test_reading_and_taking_away_leave_a_trace(traced):
    browser = client(traced, "investigator")
    browser.get(REPORT)
    browser.get(GRAPH)
    browser.get("/outbreaks/OB-1/chains/settings.csv")
    entries = AuditEntry.objects.filter(kind="chains.chainlink", actor="account:investigator").order_by("number")
    assert [(e.act, e.key, e.detail["what"]) for e in entries] == [
        ("read", "OB-1", "report"),
        ("read", "OB-1", "drawing"),
        ("export", "OB-1", "settings"),
    ]


def test_the_number_of_queries_does_not_grow_with_the_rows(traced, django_assert_max_num_queries):
    browser = client(traced, "investigator")
    browser.get(REPORT)
    from django.db import connection

    with CaptureQueriesContext(connection) as one:
        browser.get(PAGE)
    with django_assert_max_num_queries(24):
        browser.get(PAGE)
    assert len(one) <= 24
