"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

# A busy machine is no failure: how long an example takes depends on what else runs. Slow code is caught by the benches.
hypothesis_settings.register_profile("lianfang", deadline=None)
hypothesis_settings.load_profile("lianfang")

os.environ.setdefault("LIANFANG_DATA", tempfile.mkdtemp(prefix="lianfang-tests-"))
os.environ.setdefault("LIANFANG_LANG", "zh")

ROOT = Path(__file__).resolve().parent


BEGUN_FIRST = (
    "site/tests/shell/test_demo.py",
    "presences/tests/shell/test_spark.py",
    "presences/tests/shell/test_ingest_killed.py",
    "presences/tests/shell/test_ingest.py",
    "presences/tests/shell/test_store_killed.py",
    "presences/tests/shell/test_store.py",
    "cases/tests/shell/test_crash.py",
    "tests/house/test_room.py",
    "chains/tests/shell/test_spark.py",
    "records/tests/shell/test_crash.py",
    "response/tests/shell/test_run.py",
    "tracing/tests/core/test_second_reach.py",
    "tracing/tests/core/test_general.py",
    "presences/tests/shell/test_keeping.py",
    "presences/tests/shell/test_taking_out.py",
    "presences/tests/shell/test_presences.py",
    "response/tests/shell/test_turns.py",
    "site/tests/shell/test_worker.py",
    "tests/real/test_datasets.py",
)
"""The files that take longest: begun last, one of them would keep a process busy while the other has nothing to do."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, and hold each kind of test to its folder: `make test` looks for it there alone."""
    for item in items:
        folder = item.path.parent
        if item.get_closest_marker("database") and (folder.name, folder.parent.name) != ("shell", "tests"):
            raise pytest.UsageError(f"{item.nodeid} is marked database: it belongs into a folder tests/shell")
        if item.get_closest_marker("browser") and folder != ROOT / "tests" / "pages":
            raise pytest.UsageError(f"{item.nodeid} is marked browser: it belongs into tests/pages")
        if "own_database" in getattr(item, "fixturenames", ()):
            item.add_marker(
                pytest.mark.django_db
            )  # a database to copy is made only where a test says that it needs one
    place = {end: number for number, end in enumerate(BEGUN_FIRST)}
    order = {
        path: next((place[end] for end in BEGUN_FIRST if path.as_posix().endswith(end)), len(place))
        for path in {item.path for item in items}
    }
    items.sort(key=lambda item: order[item.path])


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real outbreak data outside of the repository; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("LIANFANG_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("real data folder ../shared is not here: this test was NOT run")
    return folder


@pytest.fixture(scope="session")
def _tables(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[str]:
    """A copy of the test database as the migrations left it, made before any test has written: a file, or a name."""
    from django.db import connection

    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            made = str(tmp_path_factory.mktemp("tables") / "lianfang.sqlite3")
            connection.ensure_connection()
            with sqlite3.connect(made) as copy:
                connection.connection.backup(copy)
            copy.close()
            yield made
            return
        source, made = connection.settings_dict["NAME"], f"lianfang_tables_{uuid.uuid4().hex[:8]}"
        connection.close()
    _on_postgres(f'CREATE DATABASE "{made}" TEMPLATE "{source}"')
    yield made
    _on_postgres(f'DROP DATABASE "{made}" WITH (FORCE)')


def _on_postgres(statement: str) -> None:
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(statement)


@pytest.fixture(autouse=True, scope="session")
def _tables_are_copied_before_any_test_writes(request: pytest.FixtureRequest) -> None:
    """Ask for the copy first, where any test of the session asks for a database of its own."""
    if any("own_database" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("_tables")


@pytest.fixture(scope="session")
def own_database(_tables: str) -> Iterator[Callable[[Path], str]]:
    """Make a database for processes that a test starts on a data folder, with all tables, as the migrations make them.

    Called with the data folder; returns its ``DATABASE_URL``, or nothing where it is the SQLite file in the folder.
    """
    made: list[str] = []

    def make(folder: Path) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        if _tables.endswith(".sqlite3"):
            shutil.copyfile(_tables, folder / "lianfang.sqlite3")
            return ""
        made.append(f"lianfang_own_{uuid.uuid4().hex[:8]}")
        _on_postgres(f'CREATE DATABASE "{made[-1]}" TEMPLATE "{_tables}"')
        return urllib.parse.urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{made[-1]}").geturl()

    yield make
    for name in made:
        _on_postgres(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def cast(db):
    """The fixed cast (`lianfang.access.tests.cast`): accounts of every role, a neighbour, a stranger, two counties."""
    from django.core.cache import cache

    from lianfang.access.tests.cast import make_cast

    cache.clear()  # the limits of sign-ins are counted there
    return make_cast()


@pytest.fixture(autouse=True, scope="session")
def _passwords_are_hashed_quickly() -> Iterator[None]:
    """A hash of a password is slow on purpose; hundreds of sign-ins in tests need not be. Real processes keep it."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


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
