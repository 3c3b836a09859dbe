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
from lianfang.headquarters.models import Clock
from lianfang.measures.models import Measure
from lianfang.tracing.models import Contact, Exposure

def count():
    print(*[model._base_manager.count() for model in (Contact, Exposure, Measure, Clock)])

if sys.argv[1] == "killed":
    load_small_county()
    services.store_clocks = lambda *args, **kwargs: os.kill(os.getpid(), signal.SIGKILL)
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
