"""The bulletin as a page and as a paper, after a response: each figure is the length of the list it leads to."""

import datetime as dt
import html
import io
import re
from unittest.mock import patch

import pytest
from django.urls import reverse
from docx import Document

from lianfang.access.models import Account, AuditEntry
from lianfang.access.scope import scope_of
from lianfang.cases.models import Case
from lianfang.headquarters.selectors import COUNTED, township_rows
from lianfang.measures.models import Measure
from lianfang.records.models import Clock
from lianfang.records.tasks.running import run_waiting
from lianfang.reports.selectors import bulletin_for, figures_for
from lianfang.reports.views import figure_url
from lianfang.response.services import respond_outbreak
from lianfang.response.tests.shell.conftest import AT, SCOPE, TOWNSHIPS
from lianfang.tracing.models import Contact

pytestmark = [pytest.mark.database, pytest.mark.django_db]

NOW = dt.datetime(2022, 7, 8, 18)


@pytest.fixture
def answered(small_county, cast):
    respond_outbreak(outbreak_code="O", at=AT)
    Contact.objects.within(SCOPE).filter(person_id="P08").update(decision="refused")
    Contact.objects.within(SCOPE).filter(person_id__in=["P04", "P05"]).update(located_at=AT - dt.timedelta(hours=1))
    Measure.objects.within(SCOPE).filter(person_id__in=["P01", "P04", "P05", "P10"]).update(decision="accepted")
    Measure.objects.within(SCOPE).filter(person_id="P06").update(decision="refused")
    return cast


@pytest.fixture(autouse=True)
def at_that_time():
    """Everybody reads the clock at 18:00 of the day."""
    with patch("django.utils.timezone.now", return_value=AT):
        yield


@pytest.mark.parametrize("role", ["commander", "township_officer"])
def test_every_figure_is_the_length_of_its_list(answered, client, role):
    account = answered[role]
    client.force_login(account)
    figures = figures_for("O", scope_of(account), NOW)
    followed = 0
    for figure in figures.values():
        url = figure_url(figure, role, outbreak="O")
        if not url:
            continue
        page = client.get(url)
        assert page.status_code == 200, url
        assert page.context["table"].paginator.count == figure.value, f"{figure.name} {url}"
        followed += 1
    assert followed > 40
    assert figures["contacts.category.close_contact"].value > 0
    assert figures["measures.in_force"].value > 0


def test_the_page_shows_the_figures_and_leads_to_the_lists(answered, client):
    client.force_login(answered["commander"])
    page = client.get(reverse("bulletin"))
    text = page.content.decode()
    assert "样县疫情处置日报" in text
    figures = figures_for("O", scope_of(answered["commander"]), NOW)
    shown = re.findall(r'<a href="(/[^"]+outbreak=O[^"]*)">(\d+)</a>', text)
    assert len(shown) > 40
    urls = {figure_url(f, "commander", outbreak="O"): f.value for f in figures.values()}
    for url, value in shown:
        assert urls[html.unescape(url)] == int(value)
    for name in TOWNSHIPS:
        assert name in text


@pytest.mark.parametrize("role", ["commander", "township_officer"])
def test_the_command_page_counts_the_same(answered, role):
    scope = scope_of(answered[role])
    figures = {name: figure.value for name, figure in figures_for("O", scope, NOW).items()}
    whole, rows = township_rows("O", scope, AT)
    same = {
        "cases": "cases.total",
        "contacts": "contacts.total",
        "located": "contacts.located",
        "measures": "measures.in_force",
        "overdue": "clocks.overdue",
        "running": "clocks.running",
    }
    assert {name: getattr(whole, name) for name in same} == {name: figures[path] for name, path in same.items()}
    by_township = {"cases": "cases", "located": "located", "measures": "under_measures", "overdue": "overdue"}
    for row in rows:
        here = {name: figures[f"township.{row.code}.{column}"] for name, column in by_township.items()}
        assert {name: getattr(row, name) for name in by_township} == here


@pytest.fixture
def county_in_all_states(answered):
    """The answered county with a clock, a measure, a contact and a case in every state; returns it."""
    clocks = list(Clock.objects.within(SCOPE).filter(due__gt=AT)[:2]) + list(
        Clock.objects.within(SCOPE).filter(due__lte=AT)[:2]
    )
    for clock in clocks:
        clock.done_at = AT - dt.timedelta(minutes=5)
        clock.save()
    force = Measure.objects.within(SCOPE).filter(decision="accepted", start__lte=AT)
    released = force.order_by("pk").first()
    released.released_at = AT - dt.timedelta(minutes=5)
    released.save()
    Case.unscoped.filter(case_id="C2").update(classification="excluded")
    # Something lies in the county and in none of its townships.
    for model in (Contact, Measure):
        model.objects.within(SCOPE).filter(person_id="P10").update(jurisdiction_id="330999")
    return answered


def test_every_number_of_the_command_page_is_the_bulletin_s(county_in_all_states):
    """The page counts in the database, the bulletin in frames; of each township and of the county, each number."""
    scope = scope_of(county_in_all_states["commander"])
    whole, rows = township_rows("O", scope, AT)
    same = {
        "cases": "cases.total",
        "contacts": "contacts.total",
        "located": "contacts.located",
        "measures": "measures.in_force",
        "overdue": "clocks.overdue",
        "running": "clocks.running",
    }
    assert set(same) == set(COUNTED)
    figures = {name: figure.value for name, figure in figures_for("O", scope, NOW).items()}
    assert {name: getattr(whole, name) for name in same} == {name: figures[path] for name, path in same.items()}
    assert all(getattr(whole, name) > 0 for name in same)
    assert min(figures["clocks.done"], figures["measures.total"] - figures["measures.in_force"]) > 0
    assert figures["contacts.total"] > figures["contacts.located"]
    in_townships = [row for row in rows if row.code]
    assert [row.code for row in in_townships] == sorted(TOWNSHIPS.values())
    for row in in_townships:
        own = county_in_all_states["township_officer"]
        own.jurisdiction_id = row.code
        own.save()
        mine = Account.objects.get(pk=own.pk)
        here = {name: figure.value for name, figure in figures_for("O", scope_of(mine), NOW).items()}
        assert {name: getattr(row, name) for name in same} == {name: here[path] for name, path in same.items()}, (
            row.code
        )


def test_a_township_sees_its_own_numbers_only(answered, client):
    account = answered["township_officer"]
    client.force_login(account)
    text = client.get(reverse("bulletin")).content.decode()
    assert "城关镇" in text
    assert "河西乡" not in text
    assert figures_for("O", scope_of(account), NOW)["cases.total"].value == 3


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("commander", 200),
        ("investigator", 200),
        ("township_officer", 200),
        ("auditor", 200),
        ("grid_worker", 403),
        ("administrator", 403),
    ],
)
def test_who_may_read_it(answered, client, role, status):
    client.force_login(answered[role])
    assert client.get(reverse("bulletin")).status_code == status
    assert client.get(reverse("bulletin-docx")).status_code == status


def test_an_auditor_sees_numbers_but_no_way_to_the_people(answered, client):
    client.force_login(answered["auditor"])
    text = client.get(reverse("bulletin")).content.decode()
    assert "密切接触者" in text
    assert "outbreak=O&amp;" not in text.split("<article")[1]


def test_the_paper_says_what_the_page_says(answered, client, small_county):
    client.force_login(answered["commander"])
    answer = client.get(reverse("bulletin-docx"), {"date": "2022-07-08"})
    assert "attachment" in answer["Content-Disposition"]
    document = Document(io.BytesIO(answer.content))
    paper = bulletin_for(small_county, scope_of(answered["commander"]), NOW)
    words = [p.text for p in document.paragraphs]
    assert words[0] == paper.title.zh
    cells = [[c.text for c in row.cells] for table in document.tables for row in table.rows]
    for section in paper.sections:
        assert all(sentence.zh in words for sentence in section.sentences)
        if section.sheet is not None:
            for label, figures in section.sheet.rows:
                assert [label.zh, *(str(f.value) for f in figures)] in cells
    assert client.get(reverse("bulletin-docx"), {"date": "2022-07-08"}).content == answer.content
    entry = AuditEntry.objects.filter(kind="bulletin", act="export").first()
    assert entry.actor == "account:commander"


def test_a_day_that_is_over_counts_what_was_known_then(answered, client):
    client.force_login(answered["commander"])
    page = client.get(reverse("bulletin"), {"date": "2022-07-06"})
    assert page.status_code == 200
    assert "2022年7月6日\uff08截至23:59\uff09" in page.content.decode()
    figures = figures_for("O", scope_of(answered["commander"]), dt.datetime(2022, 7, 6, 23, 59))
    assert figures["cases.total"].value == 2
    assert figures["cases.new_today"].value == 1
    assert figures["contacts.total"].value == 0  # nobody had been proposed yet
    assert "outbreak=O&amp;" not in page.content.decode().split("<article")[1]


@pytest.mark.parametrize("query", [{"date": "Friday"}, {"outbreak": "X"}])
def test_what_is_not_there(answered, client, query):
    client.force_login(answered["commander"])
    assert client.get(reverse("bulletin"), query).status_code == 404


def test_without_an_outbreak_the_page_says_so(db, client, django_user_model):
    account = django_user_model.objects.create(username="c", role="commander")
    client.force_login(account)
    assert "自首例病例报告之日起，每日生成日报" in client.get(reverse("bulletin")).content.decode()
    assert client.get(reverse("bulletin-docx")).status_code == 404


def test_in_english(answered, client):
    account = answered["commander"]
    account.language = "en"
    account.save()
    client.force_login(account)
    article = client.get(reverse("bulletin")).content.decode()
    assert "Sample daily bulletin" in article
    assert "Close contact" in article
    assert not re.search("[\u4e00-\u9fff]", article.split("<article")[1].split("</article>")[0])
    document = Document(io.BytesIO(client.get(reverse("bulletin-docx")).content))
    assert document.paragraphs[0].text == "Sample daily bulletin"


def test_as_many_queries_however_many_rows(answered, client, django_assert_max_num_queries):
    client.force_login(answered["commander"])
    with django_assert_max_num_queries(22):
        client.get(reverse("bulletin"))


def test_of_a_large_outbreak_the_document_is_a_task_with_the_same_bytes(answered, client, monkeypatch, settings):
    client.force_login(answered["commander"])
    direct = client.get(reverse("bulletin-docx"), {"date": "2022-07-08"}).content
    monkeypatch.setattr("lianfang.reports.views.CONTACTS_AT_MOST", 3)
    before = AuditEntry.objects.filter(act="export", kind="bulletin").count()
    answer = client.get(reverse("bulletin-docx"), {"date": "2022-07-08"})
    assert answer.status_code == 303
    assert client.get(reverse("bulletin-docx"), {"date": "2022-07-08"}).url == answer.url, "asked for once"
    [task] = run_waiting()
    assert task.state == "done" and answer.url == f"/tasks/{task.pk}/", task.failure
    assert b"".join(client.get(f"{answer.url}file/").streaming_content) == direct
    assert AuditEntry.objects.filter(act="export", kind="bulletin").count() == before + 1
    client.force_login(answered["township_officer"])
    assert client.get(f"{answer.url}file/").status_code == 404
    own = client.get(reverse("bulletin-docx"), {"date": "2022-07-08"})
    assert own.status_code == 303 and own.url != answer.url, "a township's own document counts the township"
