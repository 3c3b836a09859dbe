"""Whoever waited too long for others who wrote is told what was saved and what to do, not that something broke."""

import sqlite3
import threading
import uuid

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError, OperationalError, connection

from lianfang.access.scope import system_scope
from lianfang.access.services import set_account_active
from lianfang.access.times import now
from lianfang.access.turns import is_busy, writing
from lianfang.cases.models import Case
from lianfang.cases.tests.cast import OUTBREAK, form_data, open_cast_outbreak
from lianfang.registry.tests.cast import load_cast_register
from lianfang.site.busy import HEADER

pytestmark = [pytest.mark.database]

LOCKED = OperationalError("database is locked")


def locked(*args, **kwargs):
    raise LOCKED


@pytest.fixture
def office(cast):
    load_cast_register()
    open_cast_outbreak()
    return cast


def test_what_counts_as_busy(tmp_path):
    files = [sqlite3.connect(tmp_path / "x", timeout=0, isolation_level=None) for _ in range(2)]
    files[0].execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as real:
        files[1].execute("BEGIN IMMEDIATE")
    assert is_busy(OperationalError(str(real.value)))
    assert not is_busy(OperationalError("no such table: x")) and not is_busy(DatabaseError("database is locked"))
    assert not is_busy(None)
    try:
        try:
            raise LOCKED
        except OperationalError:
            raise UpdateError from None
    except UpdateError as error:
        assert is_busy(error), "also where something else was made of it on the way"


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "htmx"])
def test_a_report_that_had_to_wait_too_long_says_that_nothing_was_saved(office, monkeypatch, htmx):
    monkeypatch.setattr("lianfang.cases.services.report_case", locked)
    client = office.client("investigator")
    headers = {"HX-Request": "true"} if htmx else {}
    form = form_data(outbreak=OUTBREAK, client_key=str(uuid.uuid4()))
    answer = client.post("/cases/report/", form, headers=headers)
    assert answer.status_code == 503
    assert answer[HEADER] == "1" and answer["Retry-After"]
    page = answer.content.decode()
    assert "您提交的内容没有保存" in page and "Nothing of what you sent was saved" in page
    assert "过一分钟再提交" in page and "send it again in a minute" in page
    assert ("<html" in page) is not htmx
    assert not Case.unscoped.exists()


def test_a_page_that_could_not_leave_its_trace_says_to_open_it_again(office, monkeypatch):
    client = office.client("investigator")
    monkeypatch.setattr("lianfang.access.audit.record", locked)
    answer = client.get("/cases/")
    assert answer.status_code == 503
    assert "重新打开本页" in answer.content.decode() and "Open this page again" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_where_something_was_saved_before_it_says_to_look_first(office, monkeypatch):
    def saved_then_locked(*args, **kwargs):
        set_account_active(account=office.auditor, active=False, at=now(), by=system_scope("test"))
        raise LOCKED

    client = office.client("investigator")
    monkeypatch.setattr("lianfang.cases.services.report_case", saved_then_locked)
    form = form_data(outbreak=OUTBREAK, client_key=str(uuid.uuid4()))
    page = client.post("/cases/report/", form).content.decode()
    assert "可能已保存一部分" in page and "may have been saved" in page
    monkeypatch.setattr("lianfang.cases.services.report_case", locked)
    assert "没有保存" in client.post("/cases/report/", form).content.decode(), "each request counts for itself"


def test_what_is_busy_before_a_view_begins_is_no_broken_page(office, monkeypatch):
    client = office.client("investigator")
    client.raise_request_exception = False
    session = client.session
    session["last_seen"] = 1
    session.save()
    monkeypatch.setattr("lianfang.access.audit.record", locked)
    answer = client.get("/cases/")
    assert answer.status_code == 503 and "Busy" in answer.content.decode()


def test_another_fault_stays_a_fault(office, monkeypatch):
    def broken(*args, **kwargs):
        raise OperationalError("no such column: x")

    client = office.client("investigator")
    client.raise_request_exception = False
    monkeypatch.setattr("lianfang.access.audit.record", broken)
    assert client.get("/cases/").status_code == 500


@pytest.mark.django_db(transaction=True)
def test_a_turn_that_does_not_come_in_postgresql(office):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only: SQLite in memory has one connection")
    holds, go_on = threading.Event(), threading.Event()

    def hold():
        try:
            with writing():
                holds.set()
                go_on.wait(30)
        finally:
            connection.close()

    client = office.client("investigator")
    other = threading.Thread(target=hold)
    other.start()
    assert holds.wait(30)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        answer = client.post("/cases/report/", form_data(outbreak=OUTBREAK, client_key=str(uuid.uuid4())))
        assert answer.status_code == 503 and "Nothing of what you sent" in answer.content.decode()
    finally:
        go_on.set()
        other.join()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert not Case.unscoped.exists()
