"""A response that is killed while it stores leaves nothing of itself; the next one stores everything once."""

import os
import signal
import sys

import pytest

from tests import forked

SCRIPT = """
import os, signal, sys
from lianfang.site.manage import set_up
set_up()
from lianfang.response import services
from lianfang.response.tests.shell.conftest import AT, load_small_county
from lianfang.headquarters import services as clocks_services
from lianfang.records.models import Clock
from lianfang.measures.models import Measure
from lianfang.tracing.models import Contact, Exposure

def count():
    print(*[model._base_manager.count() for model in (Contact, Exposure, Measure, Clock)])

if sys.argv[1] == "killed":
    load_small_county()
    clocks_services.store = lambda *args, **kwargs: os.kill(os.getpid(), signal.SIGKILL)
    services.respond_outbreak(outbreak_code="O", at=AT)
else:
    count()
    for _ in range(2):
        services.respond_outbreak(outbreak_code="O", at=AT)
        count()
"""


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="makes its own SQLite file")
def test_killed_while_storing(tmp_path, own_database):
    own_database(tmp_path)

    def run(what: str):
        environment = {**os.environ, "LIANFANG_DATA": str(tmp_path)}
        return forked.run(
            [sys.executable, "-c", SCRIPT, what], env=environment, capture_output=True, text=True, check=False
        )

    killed = run("killed")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    after, once, twice = run("again").stdout.splitlines()
    assert after.split() == ["0"] * 4
    assert "0" not in once.split()
    assert twice == once


TASK = """
import os, signal, sys, time
from lianfang.site.manage import set_up
set_up()
from lianfang.access.models import Account
from lianfang.outbreaks.models import Outbreak, Run
from lianfang.records.models import Clock, Task
from lianfang.response import services
from lianfang.response.tasks import ask_response
from lianfang.response.tests.shell.conftest import AT, load_small_county
from lianfang.measures.models import Measure
from lianfang.site.helper import work
from lianfang.tracing.models import Contact, Exposure

def kill(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[1] == "ask":
    outbreak = load_small_county()
    by = Account.objects.create(username="i", role="investigator", jurisdiction_id="330999")
    ask_response(outbreak=outbreak, by=by, at=AT)
elif sys.argv[1] == "tracing":
    services.find_contacts = kill
    work(is_once=True, is_under_server=False)
elif sys.argv[1] == "stored":
    from lianfang.records.tasks import running
    running.end = kill
    work(is_once=True, is_under_server=False)
else:
    work(is_once=True, is_under_server=False)
    task = Task.objects.get()
    print(task.state, task.tries, Run.objects.count(), task.result["run"] == Run.objects.latest("pk").pk)
    print(*[model._base_manager.count() for model in (Contact, Exposure, Measure, Clock)])
"""


@pytest.mark.database
@pytest.mark.parametrize("where", ["tracing", "stored"])
def test_a_worker_killed_in_the_middle_leaves_the_task_to_another_and_nothing_is_doubled(where, tmp_path, own_database):
    url = own_database(tmp_path)

    def run(what: str, *, status: int = 0) -> list[str]:
        environment = {**os.environ, "LIANFANG_DATA": str(tmp_path)} | ({"DATABASE_URL": url} if url else {})
        told = forked.run(
            [sys.executable, "-c", TASK, what], env=environment, capture_output=True, text=True, check=False
        )
        assert told.returncode == status, told.stderr
        return told.stdout.splitlines()

    run("ask")
    run(where, status=-signal.SIGKILL)
    ended, once = run("work")
    assert ended.split() == ["done", "2", "1", "True"]
    assert "0" not in once.split()
    assert run("work") == [ended, once]
