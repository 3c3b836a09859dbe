"""The pages of tasks and notices, and the export of many rows as a task, in both languages."""

import csv
import io

import openpyxl
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianfang.access.models import Account, AuditEntry
from lianfang.access.tests.cast import Cast
from lianfang.access.times import now
from lianfang.pages import large_export
from lianfang.records.models import Notice, Task
from lianfang.records.tasks.claims import claim
from lianfang.records.tasks.kinds import declare, withdraw
from lianfang.records.tasks.running import run_waiting
from lianfang.records.tasks.services import ask_task
from lianfang.records.tests.work import KINDS
from lianfang.registry.models import Person

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def work(tmp_path):
    declare(*KINDS)
    with override_settings(DATA_DIR=tmp_path):
        yield
    for kind in KINDS:
        withdraw(kind.code)


@pytest.fixture
def task(cast: Cast) -> Task:
    return ask_task(kind="test.count", arguments={"number": 3}, by=cast.investigator, at=now())


def text(answer) -> str:
    return answer.content.decode()


def english(cast: Cast, name: str = "investigator"):
    Account.objects.filter(pk=getattr(cast, name).pk).update(language="en")
    return cast.client(name)


def test_notices_lead_to_the_pages_of_tasks() -> None:
    assert reverse("task-list") == settings.TASK_PAGES


def test_the_list_shows_the_own_tasks_with_their_progress(cast: Cast, task: Task) -> None:
    page = text(cast.client("investigator").get("/tasks/"))
    assert "测试任务" in page and "等待中" in page and f"/tasks/{task.pk}/progress/?short=1" in page
    page = text(cast.client("commander").get("/tasks/"))
    assert "测试任务" not in page.partition('id="list"')[2] and "还没有提出过任务" in page
    assert str(task.pk) in text(cast.client("administrator").get("/tasks/"))
    assert "没有符合筛选条件" in text(cast.client("investigator").get("/tasks/?state=done"))
    page = text(english(cast).get("/tasks/"))
    assert "Test work" in page and "Waiting" in page


def test_the_list_costs_as_many_queries_however_many_tasks(cast: Cast, task: Task) -> None:
    client = cast.client("investigator")
    client.get("/tasks/")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/tasks/")
        counts.append(len([q for q in queries if "SAVEPOINT" not in q["sql"]]))
        for _n in range(20):
            ask_task(kind="test.count", by=cast.investigator, at=now())
    assert counts[0] == counts[1] <= 10, counts


def test_a_stranger_finds_neither_task_nor_file_nor_button(cast: Cast, task: Task) -> None:
    run_waiting()
    for name in ("stranger", "neighbour", "commander"):
        client = cast.client(name)
        for address in ("", "progress/", "file/"):
            assert client.get(f"/tasks/{task.pk}/{address}").status_code == 404, (name, address)
        for address in ("cancel/", "retry/"):
            assert client.post(f"/tasks/{task.pk}/{address}").status_code == 404, (name, address)
    administrator = cast.client("administrator")
    assert administrator.get(f"/tasks/{task.pk}/").status_code == 200
    assert administrator.get(f"/tasks/{task.pk}/file/").status_code == 404


def test_a_task_from_its_page_to_its_file(cast: Cast, task: Task) -> None:
    client = cast.client("investigator")
    page = text(client.get(f"/tasks/{task.pk}/"))
    assert "取消任务" in page and "Lianfang-Refresh" in page and "lead=1" in page
    partial = {"HX-Request": "true"}
    seen = f"/tasks/{task.pk}/progress/?lead=1&seen={task.stamp}"
    assert client.get(seen, headers=partial).status_code == 204
    running = claim(worker="w", at=now())
    assert running is not None
    shown = client.get(seen, headers=partial)
    assert shown.status_code == 200 and "进行中" in text(shown)
    Task.objects.filter(pk=task.pk).update(state="waiting", token=None)
    run_waiting()
    task.refresh_from_db()
    assert client.get(seen, headers=partial)["HX-Redirect"] == "/cases/"
    assert ">1<" in text(client.get("/notices/count/"))
    cast.client("administrator").get(f"/tasks/{task.pk}/")
    assert ">1<" in text(client.get("/notices/count/")), "that another looked is not that who asked did"
    page = text(client.get(f"/tasks/{task.pk}/"))
    assert ">1<" not in text(client.get("/notices/count/")), "whoever saw the task knows"
    assert "已完成" in page and "numbers.txt" in page and 'href="/cases/"' in page and "取消任务" not in page
    assert 'hx-trigger="every' not in page
    file = client.get(f"/tasks/{task.pk}/file/")
    assert b"".join(file.streaming_content) == b"0\n1\n2"
    assert 'attachment; filename="numbers.txt"' in file["Content-Disposition"]
    entry = AuditEntry.objects.order_by("number").last()
    assert entry is not None
    assert (entry.act, entry.kind, entry.key) == ("export", "records.task", str(task.pk))


def test_cancelled_and_asked_for_again_by_buttons(cast: Cast, task: Task) -> None:
    client = english(cast)
    answer = client.post(f"/tasks/{task.pk}/cancel/")
    assert (answer.status_code, answer["Location"]) == (303, f"/tasks/{task.pk}/")
    page = text(client.get(f"/tasks/{task.pk}/"))
    assert "The task is cancelled." in page and "Try again" in page
    assert "nothing left to cancel" in text(client.post(f"/tasks/{task.pk}/cancel/", follow=True))
    assert "waits to be done again" in text(client.post(f"/tasks/{task.pk}/retry/", follow=True))
    assert run_waiting()[0].state == "done"
    assert "only a task that failed" in text(client.post(f"/tasks/{task.pk}/retry/", follow=True))


def test_a_failure_is_a_sentence_in_the_readers_language(cast: Cast) -> None:
    task = ask_task(kind="test.fail", by=cast.investigator, at=now())
    run_waiting()
    page = text(cast.client("investigator").get(f"/tasks/{task.pk}/"))
    assert "任务出错" in page and str(task.pk) in page and "重试" in page
    page = text(english(cast).get(f"/tasks/{task.pk}/"))
    assert "something went wrong" in page and "secret" not in page and "Traceback" not in page


# Notices.


def test_the_head_loads_the_count_and_costs_no_query_by_itself(cast: Cast, task: Task) -> None:
    client = cast.client("investigator")
    client.get("/account/")
    with CaptureQueriesContext(connection) as queries:
        page = text(client.get("/account/"))
    assert 'hx-get="/notices/count/"' in page and not [q for q in queries if "records_notice" in q["sql"]]
    assert text(client.get("/notices/count/")).strip() == ""
    run_waiting()
    assert ">1<" in text(client.get("/notices/count/"))
    assert text(cast.client("commander").get("/notices/count/")).strip() == ""


def test_notices_are_read_opened_and_all_marked(cast: Cast, task: Task) -> None:
    ask_task(kind="test.refuse", by=cast.investigator, at=now())
    client = cast.client("investigator")
    assert "目前没有通知" in text(client.get("/notices/"))
    run_waiting()
    page = text(client.get("/notices/"))
    assert "测试任务已完成" in page and "病例太少" in page and "全部标为已读" in page
    ready = Notice.objects.get(kind="task.done")
    answer = client.post("/notices/read/", {"notice": ready.pk, "go": "1"})
    assert (answer.status_code, answer["Location"]) == (303, "/cases/")
    assert "测试任务已完成" not in text(client.get("/notices/?new=1"))
    client.post("/notices/read/", {"all": "1", "next": "/notices/"})
    assert "都已读过" in text(client.get("/notices/?new=1"))
    assert "Test work is ready" in text(english(cast).get("/notices/"))
    assert "Test work" not in text(english(cast, "commander").get("/notices/"))
    assert client.post("/notices/read/", {"notice": "x"}).status_code == 303
    assert client.get("/notices/read/").status_code == 405


# Exports of many rows.


@pytest.fixture
def people(cast: Cast, monkeypatch) -> Cast:
    monkeypatch.setattr(large_export, "ROWS_AT_MOST", 10)
    rows = [
        Person(person_id=f"P{n:03}", name=f"王{n}", phone=f"138{n:08}", sex="male", jurisdiction=cast.areas[area])
        for area, numbers in (("330999001001001", range(30)), ("330998001", range(100, 130)))
        for n in numbers
    ]
    Person.unscoped.bulk_create(rows)
    return cast


def lines(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


def exported(client, address: str) -> tuple[Task, bytes]:
    answer = client.get(address)
    assert answer.status_code == 303 and answer["Location"].startswith("/tasks/"), answer
    (task,) = run_waiting()
    assert answer["Location"] == f"/tasks/{task.pk}/" and task.state == "done", task.failure
    return task, b"".join(client.get(f"{answer['Location']}file/").streaming_content)


def direct(client, address: str, monkeypatch) -> bytes:
    with monkeypatch.context() as patched:
        patched.setattr(large_export, "ROWS_AT_MOST", 10_000)
        return b"".join(client.get(address).streaming_content)


@pytest.mark.parametrize("who", ["investigator", "commander", "neighbour"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_task_writes_the_very_rows_of_the_request(people: Cast, who, language, monkeypatch) -> None:
    Account.objects.filter(pk=getattr(people, who).pk).update(language=language)
    client, address = people.client(who), "/persons/?q=王&sort=-name&sex=male&export=csv"
    task, body = exported(client, address)
    same = direct(client, address, monkeypatch)
    assert body == same and len(lines(body)) == 31
    entries = AuditEntry.objects.filter(act="export", kind="registry.person").order_by("number")
    assert len(entries) == 2
    first, second = ((e.actor, e.key, e.detail) for e in entries)
    assert first == second, "the same entry in the trail"
    assert "王" not in str(first) and "%E7%8E%8B" not in str(first)
    assert task.total == 30 and task.subject_zh and "王" not in task.subject_zh


def test_the_workbook_too(people: Cast) -> None:
    _, body = exported(people.client("investigator"), "/persons/?export=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    assert sheet.max_row == 31


def test_what_the_role_sees_covered_is_covered_in_the_file(people: Cast, monkeypatch) -> None:
    from lianfang.access.core import roles

    monkeypatch.setitem(roles.PLAIN_FIELDS, roles.Role.COMMANDER, frozenset({"name"}))
    _, body = exported(people.client("commander"), "/persons/?export=csv")
    assert "13800000001" not in body.decode("utf-8-sig") and "王1" in body.decode("utf-8-sig")
    _, body = exported(people.client("investigator"), "/persons/?export=csv")
    assert "13800000001" in body.decode("utf-8-sig")


def test_a_small_export_stays_within_the_request(people: Cast) -> None:
    answer = people.client("investigator").get("/persons/?q=王29&export=csv")
    assert answer.status_code == 200 and len(lines(b"".join(answer.streaming_content))) == 2
    assert not Task.objects.exists()


def test_the_same_export_twice_is_one_task_and_its_link_is_no_download(people: Cast) -> None:
    client = people.client("investigator")
    page = text(client.get("/persons/"))
    assert 'export=csv"' in page and 'export=csv" download' not in page and "后台" in page
    assert client.get("/persons/?export=csv")["Location"] == client.get("/persons/?export=csv")["Location"]
    assert client.get("/persons/?export=xlsx")["Location"] != client.get("/persons/?export=csv")["Location"]
    assert Task.objects.count() == 2


def test_who_may_not_export_gets_no_task_and_who_may_no_more_no_file(people: Cast) -> None:
    assert people.client("grid_worker").get("/persons/?export=csv").status_code == 403
    assert not Task.objects.exists()
    people.client("investigator").get("/persons/?export=csv")
    # A township officer may export too; a grid worker may not.
    Account.objects.filter(pk=people.investigator.pk).update(role="grid_worker")
    (task,) = run_waiting()
    assert task.state == "failed" and not task.file and "重新提出" in task.failure_zh
    assert not AuditEntry.objects.filter(act="export").exists()


def test_the_reader_has_lost_the_area_meanwhile_and_gets_the_rows_of_now(people: Cast) -> None:
    people.client("investigator").get("/persons/?export=csv")
    Account.objects.filter(pk=people.investigator.pk).update(jurisdiction=None)
    (task,) = run_waiting()
    assert task.file_path is not None and len(lines(task.file_path.read_bytes())) == 1


def test_an_export_is_called_off_between_two_pieces(people: Cast, monkeypatch) -> None:
    from lianfang.records.tasks import running

    monkeypatch.setattr("lianfang.pages.lists._EXPORT_CHUNK", 5)
    monkeypatch.setattr(running, "TELL_EVERY", 0)
    client = people.client("investigator")
    address = client.get("/persons/?export=csv")["Location"]
    task = claim(worker="w", at=now())
    assert task is not None
    assert client.post(f"{address}cancel/").status_code == 303
    assert "将在下一步结束" in text(client.get(address))
    assert running.run_claimed(running.Running(task, running.scope_for(task))) == "cancelled"
    assert not list(settings.DATA_DIR.rglob("*.csv")) and not list(settings.DATA_DIR.rglob("*.part"))
