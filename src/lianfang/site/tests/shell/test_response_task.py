"""The response as a task on the page of a case: how far it is, who may ask and call it off, how often it runs."""

import datetime as dt
import re

import pytest

from lianfang.access.times import now
from lianfang.cases.tests.cast import OUTBREAK
from lianfang.outbreaks.models import Run
from lianfang.outbreaks.selectors import last_run
from lianfang.records.models import Notice, Task
from lianfang.records.tasks import alive
from lianfang.records.tasks.running import run_waiting
from lianfang.response import services
from lianfang.response.selectors import running_response, stages
from lianfang.site.tests.shell.reported import CASE, at, browser, county, html, respond, starts_by_itself

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PAGE, PROGRESS, RESPOND = f"/cases/{CASE}/", f"/cases/{CASE}/progress/", f"/cases/{CASE}/respond/"
HX = {"HX-Request": "true"}
__all__ = ["browser", "county"]


@pytest.fixture
def while_it_traces(monkeypatch):
    """Let something happen each time that a response traces; what it gave."""
    trace, seen = services.find_contacts, []

    def install(happens):
        def watched(*args, **kwargs):
            seen.append(happens(len(seen)))
            return trace(*args, **kwargs)

        monkeypatch.setattr(services, "find_contacts", watched)
        return seen

    return install


def test_the_page_tells_how_far_the_response_has_come(browser, while_it_traces):
    waiting = html(browser.get(PROGRESS))
    assert 'name="seen" value="waiting"' in waiting
    assert browser.get(PROGRESS, {"seen": "waiting"}).status_code == 204
    browser.post(RESPOND)
    assert "即将开始" in html(browser.get(PROGRESS, {"seen": "waiting"}))

    def look(_):
        again = browser.get(PROGRESS, {"seen": "contacts"}).status_code
        return html(browser.get(PROGRESS, {"seen": "queued"})), again, html(browser.get(PAGE))

    seen = while_it_traces(look)
    run_waiting()
    [(part, again, page)] = seen
    assert f"第 2 步，共 {len(stages())} 步：查找接触者" in part and part.count('class="done"') == 1
    assert again == 204, "nothing new to say, nothing is read out again"
    assert f"第 2 步，共 {len(stages())} 步：查找接触者" in page and "结束后再追踪一次" in page


def test_when_it_has_ended_the_page_is_loaded_anew_and_no_notice_tells_it_again(county, browser):
    browser.post(RESPOND)
    run_waiting()
    assert Notice.objects.filter(account=county.investigator, kind="task.done").count() == 1
    there = f"http://testserver{PAGE}?respond=1&tab=response#response"
    answer = browser.get(PROGRESS, {"seen": "store"}, headers={**HX, "HX-Current-URL": there})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"{PAGE}?tab=response"), "it would ask again"
    assert not Notice.objects.filter(account=county.investigator, kind="task.done").exists()
    part = html(browser.get(PROGRESS, {"seen": "store"}))
    assert "追踪已完成" in part and "hx-trigger" not in part
    page = html(browser.get(PAGE))
    assert re.search(r"追踪完成，用时 [\d.]+ 秒：本起疫情有接触者 3 人", page) and 'class="progress"' not in page


def test_another_reader_who_looked_on_leaves_the_notice_to_who_asked(county, browser):
    browser.post(RESPOND)
    run_waiting()
    headers = {**HX, "HX-Current-URL": "http://elsewhere/"}
    assert county.client("commander").get(PROGRESS, {"seen": "store"}, headers=headers)["HX-Redirect"] == PAGE
    assert Notice.objects.filter(account=county.investigator, kind="task.done").exists()


def test_a_response_that_fails_is_told_and_not_waited_for(browser, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("lianfang.chains.services.store", fail)
    page = respond(browser)
    assert "上次追踪没有完成" in page and "the disk is full" not in page
    assert not starts_by_itself(browser) and last_run(OUTBREAK) is None
    assert browser.get(PROGRESS, {"seen": "store"}, headers=HX)["HX-Redirect"] == PAGE
    assert browser.get(PROGRESS, {"seen": "waiting"}, headers=HX).status_code == 204, "it is not loaded for ever"
    monkeypatch.undo()
    assert "上次追踪没有完成" not in respond(browser)


def test_two_who_ask_at_once_get_one_response(county, browser):
    browser.post(RESPOND)
    county.client("commander").post(RESPOND)
    assert Task.objects.count() == 1
    run_waiting()
    assert Run.objects.count() == 1


def test_asked_for_while_one_runs_one_more_waits_and_does_nothing_where_nothing_changed(
    county, browser, while_it_traces
):
    commander = county.client("commander")

    def ask(_):
        commander.post(RESPOND)
        return html(commander.post(RESPOND, headers=HX))

    browser.post(RESPOND)
    seen = while_it_traces(ask)
    first, second = run_waiting()
    assert len(seen) == 1 and "已再申请一次追踪" in seen[0] and "hx-post" not in seen[0]
    assert (first.state, second.state) == ("done", "done")
    assert second.result["run"] == first.result["run"] == Run.objects.get().pk
    respond(browser)
    assert Run.objects.count() == 2, "asked for anew it traces: time has passed"


def test_what_changed_while_it_ran_is_answered_by_the_one_that_waits(browser, while_it_traces):
    moments = iter(range(10, 16))

    def change(number):
        if number < 3:
            browser.post(f"/cases/{CASE}/isolate/", {"isolated_at": f"{at(-1, next(moments)):%Y-%m-%dT%H:%M}"})
        if number == 0:
            browser.post(RESPOND)

    browser.post(RESPOND)
    times = while_it_traces(change)
    first, second = run_waiting()
    assert (first.result["is_current"], second.result["is_current"], len(times)) == (False, True, 4)
    assert Run.objects.count() == 2 and not starts_by_itself(browser)


def test_it_is_called_off_by_who_asked_and_by_nobody_else(county, browser):
    browser.post(RESPOND)
    assert "取消追踪" in html(browser.get(PAGE))
    commander = county.client("commander")
    assert "取消追踪" not in html(commander.get(PAGE))
    page = html(commander.post(f"{RESPOND}cancel/", follow=True))
    assert "只有提出任务的人" in page and running_response(OUTBREAK) is not None
    page = html(browser.post(f"{RESPOND}cancel/", follow=True))
    assert "追踪已取消。" in page and "上次追踪已取消" in page
    assert run_waiting() == [] and not starts_by_itself(browser)
    assert "追踪已经结束" in html(browser.post(f"{RESPOND}cancel/", follow=True))
    assert "李娜" in respond(browser)


def test_called_off_while_it_runs_nothing_is_stored(browser, while_it_traces):
    browser.post(RESPOND)
    seen = while_it_traces(lambda _: html(browser.post(f"{RESPOND}cancel/", follow=True)))
    [task] = run_waiting()
    assert "下一步停止" in seen[0]
    assert task.state == "cancelled" and last_run(OUTBREAK) is None


@pytest.mark.parametrize(
    ("who", "sees", "asks"), [("stranger", 404, 404), ("neighbour", 404, 404), ("township_officer", 200, 403)]
)
def test_who_may_neither_ask_nor_see(county, browser, who, sees, asks):
    browser.post(RESPOND)
    task = running_response(OUTBREAK)
    client = county.client(who)
    assert client.get(PROGRESS).status_code == sees
    assert client.post(RESPOND).status_code == asks
    assert client.post(f"{RESPOND}cancel/").status_code == asks
    assert client.get(f"/tasks/{task.pk}/").status_code == 404
    assert Task.objects.count() == 1 and running_response(OUTBREAK) == task


def test_where_no_worker_is_alive_the_page_says_so_and_what_to_do(county, browser, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    browser.post(RESPOND)
    assert "没有后台处理程序" not in html(browser.get(PROGRESS)), "a worker may be about to take it up"
    Task.objects.update(asked_at=now() - dt.timedelta(seconds=6), not_before=now() - dt.timedelta(seconds=6))
    part = html(browser.get(PROGRESS, {"seen": "queued"}))
    assert "没有后台处理程序在运行" in part and "<code>lianfang work</code>" in part
    assert "没有后台处理程序在运行" in html(browser.get(PAGE))
    worker = alive.Presence()
    worker.begin()
    assert "正在排队" in html(browser.get(PROGRESS, {"seen": "worker"}))
    worker.end()
    assert "没有后台处理程序在运行" in html(browser.get(PROGRESS))
    run_waiting()
    assert "追踪已完成" in html(browser.get(PROGRESS))
