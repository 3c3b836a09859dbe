"""A list sent from the page "Presences": taken in as a task, what it refuses as a file, nothing twice, by whom."""

import io
from pathlib import Path

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lianfang.access.core.roles import Role, may
from lianfang.access.models import AuditEntry
from lianfang.presences import keeping, tasks
from lianfang.records.models import Notice, Task
from lianfang.records.tasks.running import run_waiting
from lianfang.records.tasks.uploads import FOLDER

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PAGE, INGEST = "/presences/", "/presences/ingest/"
HEAD = "person_id,place_id,place_kind,start,end\n"
GOOD = "P-1,X-1,work,2021-08-01 08:00,2021-08-01 12:00\nP-2,X-1,work,2021-08-01 09:00,2021-08-01 10:00\n"
BAD = "=P-3,X-1,work,2021-08-01 12:00,2021-08-01 08:00\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def send(client, text: str | bytes, name="checkins.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(INGEST, {"list": SimpleUploadedFile(name, content)})


def uploads(folder: Path) -> list[Path]:
    return [path for path in (folder / FOLDER).rglob("*") if path.is_file()]


def rows() -> int:
    return sum(one.rows for one in keeping.manifest().sources)


def test_a_list_is_taken_in_as_a_task_and_the_file_goes(cast, folder):
    client = cast.client("administrator")
    assert 'action="/presences/ingest/"' in client.get(PAGE).content.decode()
    answer = send(client, HEAD + GOOD)
    task = Task.objects.get()
    assert (answer.status_code, answer.url) == (303, f"/tasks/{task.pk}/")
    assert len(uploads(folder)) == 1 and rows() == 0
    [ended] = run_waiting()
    assert ended.state == "done", ended.failure
    assert ended.result == {"rows": 2, "refused": 0, "is_new": True}
    assert rows() == 2 and uploads(folder) == []
    entry = AuditEntry.objects.get(kind="presence", act="write")
    assert entry.actor == "account:administrator" and entry.detail["file"] == "checkins.csv"
    notice = Notice.objects.get(account=cast.administrator)
    assert notice.words_en == "'checkins.csv' is taken in: 2 presences" and notice.url == PAGE


def test_the_same_list_again_changes_nothing_and_says_so(cast):
    client = cast.client("administrator")
    for _ in range(2):
        send(client, HEAD + GOOD)
        run_waiting()
    assert rows() == 2
    assert [task.result["is_new"] for task in Task.objects.order_by("asked_at")] == [True, False]


def test_what_is_refused_is_told_with_a_file_to_download(cast):
    client = cast.client("administrator")
    send(client, HEAD + GOOD + BAD)
    [task] = run_waiting()
    assert task.result == {"rows": 2, "refused": 1, "is_new": True} and task.url == f"/tasks/{task.pk}/"
    page = client.get(task.url).content.decode()
    assert "refused.csv" in page
    got = b"".join(client.get(f"{task.url}file/").streaming_content)
    said = pl.read_csv(io.BytesIO(got))
    assert said.height == 1 and said["line"].to_list() == [4]
    assert not any(str(cell).startswith("=") for cell in said.row(0)), "a spreadsheet runs nothing of it"


@pytest.mark.parametrize(("suffix", "write"), [(".parquet", "write_parquet"), (".xlsx", "write_excel")])
def test_other_formats(cast, suffix, write):
    frame = pl.read_csv(io.StringIO(HEAD + GOOD))
    file = io.BytesIO()
    getattr(frame, write)(file)
    send(cast.client("administrator"), file.getvalue(), f"list{suffix}")
    [task] = run_waiting()
    assert task.state == "done" and rows() == 2, task.failure


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("list.pdf", "x", "CSV、XLSX 或 Parquet"), ("list.csv", "", "请先选择文件|文件是空的|请核对")],
)
def test_what_is_no_list_is_refused_at_once(cast, folder, name, text, said):
    client = cast.client("administrator")
    page = client.get(send(client, text, name).url).content.decode()
    assert any(words in page for words in said.split("|"))
    assert not Task.objects.exists() and uploads(folder) == []


def test_a_file_that_cannot_be_read_fails_with_its_reason_and_goes(cast, folder):
    send(cast.client("administrator"), "nothing,of,use\n1,2,3\n")
    [task] = run_waiting()
    assert task.state == "failed" and task.failure.en and "task's number" not in task.failure.en
    assert uploads(folder) == []


def test_a_list_that_is_gone_says_what_to_do(cast, folder):
    send(cast.client("administrator"), HEAD + GOOD)
    uploads(folder)[0].unlink()
    [task] = run_waiting()
    assert task.state == "failed" and "send it again" in task.failure.en


def test_a_name_leads_out_of_no_folder(cast, folder):
    by = cast.administrator
    for name in ("../../evil.csv", "a/b\\c.csv", "." * 300 + "x" * 300 + ".csv", "表 (1).csv"):
        task = tasks.ask_ingest(name=name, pieces=[b"x"], by=by, at=keeping_time())
        [path] = (folder / FOLDER / task.arguments["folder"]).iterdir()
        assert path.name == task.arguments["name"] and path.suffix == ".csv" and len(path.name) <= 60


def keeping_time():
    from lianfang.access.times import now

    return now()


def test_who_may_send(cast):
    for role in Role:
        client = cast.client(role.value)
        answer = send(client, HEAD + GOOD)
        assert answer.status_code == (303 if may(role, "presence.ingest") else 403), role
        if may(role, "presence.view"):
            assert ("/presences/ingest/" in client.get(PAGE).content.decode()) is may(role, "presence.ingest")
    assert Task.objects.count() == 1
