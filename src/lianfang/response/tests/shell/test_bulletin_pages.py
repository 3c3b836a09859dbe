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
from lianfang.kernel.errors import Refused
from lianfang.measures.models import Measure
from lianfang.outbreaks.selectors import find_outbreak
from lianfang.records.models import Clock
from lianfang.records.tasks.running import run_waiting
from lianfang.reports.core.frozen import digest_of, thawed
from lianfang.reports.models import Issue
from lianfang.reports.selectors import figures_for, paper_for
from lianfang.reports.services import publish
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
    assert len(shown) > 30
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
    assert "样县城关镇疫情处置日报" in text and "不代表样县全域" in text
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
    paper = paper_for(small_county, scope_of(answered["commander"]), NOW).bulletin
    words = [p.text for p in document.paragraphs]
    assert words[:3] == [paper.title.zh, paper.masthead.line.zh, paper.issued.zh]
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
    assert "2022年7月6日\uff08截至24:00\uff09" in page.content.decode()
    figures = figures_for("O", scope_of(answered["commander"]), dt.datetime(2022, 7, 7))
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
    with django_assert_max_num_queries(26):
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


# What is published is frozen.


def published(client, **more):
    sent = {"unit": "样县疾控中心", "signed_by": "王某", **more}
    return client.post(f"{reverse('bulletin-publish')}?outbreak=O&date=2022-07-07", sent)


def test_a_published_issue_stays_as_it_was(answered, client):
    client.force_login(answered["commander"])
    answer = published(client)
    issue = Issue.unscoped.get()
    assert answer.status_code == 302 and answer.url == reverse("bulletin-issue", args=[issue.pk])
    assert (issue.number, str(issue.day), issue.unit, issue.signed_by) == (1, "2022-07-07", "样县疾控中心", "王某")
    page = client.get(answer.url).content.decode()
    article = page.split("<article")[1].split("</article>")[0]
    assert "第1期  编发单位\uff1a样县疾控中心  签发\uff1a王某" in article and "截至24:00" in article
    document = client.get(reverse("bulletin-issue-docx", args=[issue.pk])).content
    # Afterwards a case turns out to be none, and somebody is reported late.
    Case.unscoped.filter(case_id="C1").update(classification="excluded")
    now = figures_for("O", scope_of(answered["commander"]), dt.datetime(2022, 7, 8))
    assert now["cases.total"].value < thawed(issue.paper).sections[2].sheet.rows[2][1][1].value
    again = client.get(answer.url).content.decode().split("<article")[1].split("</article>")[0]
    assert again == article and issue.digest == digest_of(issue.paper)
    assert client.get(reverse("bulletin-issue-docx", args=[issue.pk])).content == document
    with pytest.raises(TypeError, match="frozen"):
        issue.save()
    assert "第1期" in client.get(reverse("bulletin"), {"date": "2022-07-07"}).content.decode()
    entry = AuditEntry.objects.filter(kind="bulletin", act="write").get()
    assert entry.detail["number"] == 1 and entry.detail["digest"] == issue.digest


def test_a_correction_is_a_new_issue_that_names_the_old_one(answered, client):
    client.force_login(answered["commander"])
    published(client)
    assert published(client).status_code == 422, "a day is published once"
    first = Issue.unscoped.get()
    Case.unscoped.filter(case_id="C1").update(classification="excluded")
    correct = reverse("bulletin-correct", args=[first.pk])
    assert client.post(correct, {"unit": "样县疾控中心", "signed_by": "李某", "why": ""}).status_code == 422
    answer = client.post(correct, {"unit": "样县疾控中心", "signed_by": "李某", "why": "C1已排除"})
    second = Issue.unscoped.get(number=2)
    assert second.corrects == first and second.day == first.day and second.as_of == first.as_of
    text = client.get(answer.url).content.decode()
    assert "本期更正第1期" in text and "C1已排除" in text and "\uff08更正\uff09" in text
    old = client.get(reverse("bulletin-issue", args=[first.pk])).content.decode()
    assert "已由第2期更正" in old and correct not in old
    again = client.post(correct, {"unit": "样县疾控中心", "signed_by": "李某", "why": "再改"})
    assert again.status_code == 422 and "请更正最新一期" in again.content.decode()


@pytest.mark.parametrize("role", ["investigator", "township_officer", "auditor", "grid_worker"])
def test_who_may_not_publish(answered, client, role):
    client.force_login(answered[role])
    assert published(client).status_code == 403
    assert not Issue.unscoped.exists()


def test_nobody_of_elsewhere_reads_an_issue(answered, client):
    client.force_login(answered["commander"])
    published(client)
    issue = Issue.unscoped.get()
    client.force_login(answered["township_officer"])
    assert client.get(reverse("bulletin-issue", args=[issue.pk])).status_code == 404


def test_a_day_that_has_not_come_is_not_published(answered, client):
    account = answered["commander"]
    with pytest.raises(Refused, match="future"):
        publish(
            outbreak=find_outbreak("O", scope_of(account)),
            as_of=dt.datetime(2022, 7, 9),
            unit="u",
            signed_by="s",
            by=account,
            at=AT,
        )
