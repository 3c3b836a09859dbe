"""Kinds of task that only tests have."""

import pytest
from django.test import override_settings

from lianfang.records.tasks.kinds import declare, withdraw
from lianfang.records.tests.work import KINDS


@pytest.fixture(autouse=True)
def work(tmp_path):
    """Declare the kinds of the tests, and give a data folder of their own."""
    declare(*KINDS)
    with override_settings(DATA_DIR=tmp_path):
        yield
    for kind in KINDS:
        withdraw(kind.code)
