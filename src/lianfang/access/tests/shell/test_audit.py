"""The trail is append-only, and what somebody with the database in hand does to it is found."""

import datetime as dt
import json
import os
import sqlite3
import sys

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from lianfang.access import audit, triggers
from lianfang.access.core.chain import Head, digest
from lianfang.access.models import AuditEntry, AuditHead
from lianfang.access.tests.cast import AT
from tests import forked

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def write(n: int = 5) -> None:
    for i in range(n):
        audit.record(
            actor="account:wang",
            act="read",
            kind="registry.person",
            key=f"P{i}",
            detail={"n": i, "名": "王"},
            at=AT + dt.timedelta(minutes=i),
        )


@pytest.fixture
def by_hand():
    """Somebody who owns the database: the triggers are out of the way."""
    with connection.cursor() as cursor:
        for statement in triggers.DROP[connection.vendor]:
            cursor.execute(statement)
        yield cursor.execute


def test_what_was_written_since_is_told_and_what_was_read_is_not() -> None:
    assert audit.last_number() == 0
    write()
    number = audit.last_number()
    assert number == 5 and not audit.written_since(0)
    audit.record(actor="account:wang", act="write", kind="cases.case", key="C1", at=AT)
    assert audit.written_since(number) and not audit.written_since(audit.last_number())


def test_what_counts_as_written_can_be_narrowed_to_kinds_and_an_outbreak() -> None:
    audit.record(actor="account:wang", act="write", kind="access.account", key="li", at=AT)
    assert audit.written_since(0) and not audit.written_since(0, kinds=("cases.case", "measures.measure"))
    audit.record(actor="account:wang", act="write", kind="cases.case", key="C1", detail={"outbreak": "O1"}, at=AT)
    assert audit.written_since(0, kinds=("cases.case",)) and audit.written_since(
        0, kinds=("cases.case",), outbreak="O1"
    )
    assert not audit.written_since(0, kinds=("cases.case",), outbreak="O2")
    audit.record(actor="account:wang", act="write", kind="cases.case", key="C2", detail={"act": "case.change"}, at=AT)
    assert audit.written_since(0, kinds=("cases.case",), outbreak="O2"), "it may be of any outbreak"


def test_a_whole_trail_is_whole() -> None:
    write()
    assert audit.verify() is None
    assert [e.number for e in AuditEntry.objects.all()] == [1, 2, 3, 4, 5]
    assert AuditHead.objects.get().number == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_auditentry SET actor = 'account:nobody' WHERE number = 3",
        "DELETE FROM access_auditentry WHERE number = 3",
    ],
)
def test_the_database_refuses_to_change_or_delete(statement: str) -> None:
    write()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert audit.verify() is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "'account:li'"),
        ("act", "'write'"),
        ("kind", "'case'"),
        ("key", "'P9'"),
        ("at", "'2021-08-06 00:00:00+00:00'"),
    ],
)
def test_a_changed_entry_is_named(by_hand, column: str, value: str) -> None:
    write()
    by_hand(f'UPDATE access_auditentry SET "{column}" = {value} WHERE number = 3')
    broken = audit.verify()
    assert broken is not None and broken.number == 3 and "changed" in broken.reason.en


def test_a_changed_detail_is_named(by_hand) -> None:
    write()
    by_hand("UPDATE access_auditentry SET detail = %s WHERE number = 2", [json.dumps({"n": 7})])
    broken = audit.verify()
    assert broken is not None and broken.number == 2


def test_a_removed_entry_is_named(by_hand) -> None:
    write()
    by_hand("DELETE FROM access_auditentry WHERE number = 2")
    broken = audit.verify()
    assert broken is not None and broken.number == 2 and "missing" in broken.reason.en


def test_two_entries_that_changed_places_are_named(by_hand) -> None:
    write()
    for old, new in ((2, 100), (4, 2), (100, 4)):
        by_hand("UPDATE access_auditentry SET number = %s WHERE number = %s", [new, old])
    broken = audit.verify()
    assert broken is not None and broken.number == 2


def test_an_entry_forged_with_a_right_digest_breaks_the_chain_after_it(by_hand) -> None:
    write()
    entry = next(e for e in audit._entries() if e.number == 3)
    forged = entry._replace(actor="account:li")
    by_hand("UPDATE access_auditentry SET actor = %s, digest = %s WHERE number = 3", [forged.actor, digest(forged)])
    broken = audit.verify()
    assert broken is not None and broken.number == 4 and "follow" in broken.reason.en


def test_a_removed_tail_is_named(by_hand) -> None:
    write()
    by_hand("DELETE FROM access_auditentry WHERE number >= 4")
    broken = audit.verify()
    assert broken is not None and broken.number == 4 and "tail" in broken.reason.en


def test_a_removed_head_is_noticed() -> None:
    write()
    AuditHead.objects.all().delete()
    assert audit.verify() is not None


def test_a_tail_removed_together_with_its_record_is_found_by_a_noted_digest(by_hand) -> None:
    write()
    noted = audit.trail_head()
    assert noted is not None
    by_hand("DELETE FROM access_auditentry WHERE number >= 4")
    third = next(e for e in audit._entries() if e.number == 3)
    AuditHead.objects.update(number=3, digest=third.digest)
    assert audit.verify() is None, "nothing inside the database can show this"
    broken = audit.verify(known=[noted])
    assert broken is not None and broken.number == 4


def test_a_trail_written_anew_is_found_by_a_noted_digest() -> None:
    write(3)
    assert audit.verify(known=[Head(2, "f" * 64)]) is not None


def test_what_is_rolled_back_leaves_no_entry() -> None:
    write(1)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record(actor="account:wang", act="write", kind="registry.person", at=AT)
        raise ZeroDivisionError
    write(1)
    assert audit.verify() is None and AuditEntry.objects.count() == 2


def test_numbers_texts_and_times_come_back_as_they_were_hashed() -> None:
    detail = {
        "big": 10**20,
        "float": 1e20,
        "half": 0.5,
        "nul": "a\x00b",
        "list": [1, None, True],
        "time": AT,
        3: {"b", "a"},
    }
    audit.record(actor="account:\x00wang", act="export", kind="cases.case", detail=detail, at=AT)
    assert audit.verify() is None
    assert AuditEntry.objects.get().detail["list"] == [1, None, True]


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_make_one_chain_in_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only; the test below does the same for SQLite, in a file")
    from threading import Thread

    def work(name: str) -> None:
        try:
            for i in range(10):
                audit.record(actor=f"account:{name}", act="read", kind="registry.person", key=str(i), at=AT)
        finally:
            connection.close()

    threads = [Thread(target=work, args=(name,)) for name in ("wang", "li", "zhao")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AuditEntry.objects.count() == 30
    assert audit.verify() is None


WRITER = """
import datetime as dt, sys
from lianfang.site.manage import set_up
set_up()
from lianfang.access import audit
at = dt.datetime(2021, 8, 6, tzinfo=dt.timezone.utc)
for i in range(20):
    audit.record(actor="account:" + sys.argv[1], act="read", kind="registry.person", key=str(i), at=at)
"""


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="makes its own SQLite file")
def test_processes_that_write_at_the_same_time_make_one_chain_in_sqlite(tmp_path, own_database) -> None:
    own_database(tmp_path)
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"LIANFANG_DATA": str(tmp_path)}
    environment["DJANGO_SETTINGS_MODULE"] = "lianfang.site.settings"
    writers = [forked.Popen([sys.executable, "-c", WRITER, name], env=environment) for name in ("wang", "li", "zhao")]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    told = forked.run(
        [sys.executable, "-m", "lianfang.site.cli", "audit", "verify"], env=environment, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert "60" in told.stdout
    database = sqlite3.connect(tmp_path / "lianfang.sqlite3")
    database.execute("DROP TRIGGER audit_no_update")
    database.execute("UPDATE access_auditentry SET actor = 'account:nobody' WHERE number = 31")
    database.commit()
    told = forked.run(
        [sys.executable, "-m", "lianfang.site.cli", "audit", "verify"], env=environment, capture_output=True, text=True
    )
    assert told.returncode == 1
    assert "31" in told.stderr and told.stderr.count("\n") == 1


def test_the_trail_is_in_the_migrations() -> None:
    call_command("makemigrations", "access", check=True, dry_run=True, verbosity=0)
