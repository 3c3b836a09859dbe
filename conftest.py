"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

# A busy machine is no failure: how long an example takes depends on what else runs. Slow code is caught by the benches.
hypothesis_settings.register_profile("lianfang", deadline=None)
hypothesis_settings.load_profile("lianfang")

os.environ.setdefault("LIANFANG_DATA", tempfile.mkdtemp(prefix="lianfang-tests-"))
os.environ.setdefault("LIANFANG_LANG", "zh")

ROOT = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real outbreak data outside of the repository; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("LIANFANG_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("real data folder ../shared is not here: this test was NOT run")
    return folder


@pytest.fixture
def cast(db):
    """The fixed cast (`lianfang.access.tests.cast`): accounts of every role, a neighbour, a stranger, two counties."""
    from django.core.cache import cache

    from lianfang.access.tests.cast import make_cast

    cache.clear()  # the limits of sign-ins are counted there
    return make_cast()


@pytest.fixture(autouse=True, scope="session")
def _audit_trail_can_be_emptied_between_tests():
    """Tests with real transactions empty every table afterwards; the audit trail's triggers would refuse that."""
    from django.db import connection
    from django.test import TransactionTestCase

    from lianfang.access import triggers

    empty_tables = TransactionTestCase._fixture_teardown

    def without_triggers(self):
        with connection.cursor() as cursor:
            for statement in triggers.DROP[connection.vendor]:
                cursor.execute(statement)
        try:
            empty_tables(self)
        finally:
            with connection.cursor() as cursor:
                for statement in triggers.CREATE[connection.vendor]:
                    cursor.execute(statement)

    TransactionTestCase._fixture_teardown = without_triggers
    yield
    TransactionTestCase._fixture_teardown = empty_tables
