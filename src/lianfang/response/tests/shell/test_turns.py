"""A response and the people who work meanwhile, each on a connection of their own: everybody waits, nothing is lost.

PostgreSQL is looked at in this process: it tells who waits. SQLite needs a file of its own, in a process of its own.
"""

import datetime as dt
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable

import pytest
from django.db import connection

from lianfang.access.audit import verify
from lianfang.access.core.roles import Role
from lianfang.access.models import Account
from lianfang.access.turns import writing
from lianfang.cases.core.card import Dates, ReportCard
from lianfang.cases.models import Case
from lianfang.cases.services import report_case
from lianfang.measures import services as measures_services
from lianfang.measures.models import Measure
from lianfang.records.acts import carry_out
from lianfang.records.models import Clock
from lianfang.response import services
from lianfang.response.services import respond_outbreak
from lianfang.response.tests.shell.conftest import AT, SCOPE, TOWNSHIPS
from lianfang.tracing.models import Contact

PATIENCE = 60
HOUR = dt.timedelta(hours=1)


def waiting() -> int:
    """How many others wait for their turn; SQLite does not tell, and is given a moment."""
    if connection.vendor == "sqlite":
        time.sleep(0.5)
        return 99
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return int(cursor.fetchone()[0])


def wait_for(wanted: int) -> None:
    until = time.monotonic() + PATIENCE
    while waiting() < wanted:
        assert time.monotonic() < until, f"nobody waits: expected {wanted}"
        time.sleep(0.02)


class Others:
    """People at work, each in a thread; what went wrong in one is told at the end."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        self.wrong: list[BaseException] = []

    def begin(self, act: Callable[[], object]) -> None:
        def run() -> None:
            try:
                act()
            except BaseException as error:
                self.wrong.append(error)
            finally:
                connection.close()

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def end(self) -> None:
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "somebody waits for ever"
        if self.wrong:
            raise self.wrong[0]


def accounts() -> dict[str, Account]:
    return {
        role.value: Account.objects.create(username=role.value, role=role.value, jurisdiction_id="330999")
        for role in (Role.INVESTIGATOR, Role.COMMANDER)
    }


def report(by: Account) -> None:
    card = ReportCard(
        outbreak="O",
        jurisdiction=TOWNSHIPS["城关镇"],
        person_id="P21",
        occupation="worker",
        address="东街 1 号",
        classification="confirmed",
        residence="this_county",
        found_by="care_seeking",
        reporting_unit="县医院",
        dates=Dates(
            onset_date=dt.datetime(2022, 7, 6),
            sampled_at=dt.datetime(2022, 7, 7, 9),
            diagnosed_at=dt.datetime(2022, 7, 7, 12),
        ),
    )
    report_case(card=card, client_key=uuid.UUID(int=7), by=by, at=AT)


def a_report_and_decisions_while_a_response_writes() -> None:
    """Each of the three held, before writers took turns, something that the response needed, and waited for it."""
    by = accounts()
    respond_outbreak(outbreak_code="O", at=AT)
    cases = Case.unscoped.count()
    # All of it stands otherwise than the response will say: it writes each of these rows.
    measure = Measure.unscoped.filter(decision="proposed").order_by("pk").first()
    assert measure is not None
    Measure.unscoped.update(start=measure.start - HOUR)
    Contact.unscoped.update(minutes=1)
    clock = Clock.unscoped.order_by("pk").first()
    assert clock is not None
    Clock.unscoped.exclude(pk=clock.pk).update(due=AT)
    others, store = Others(), measures_services.store

    def store_while_others_come(*args: object, **facts: object) -> object:
        others.begin(lambda: report(by["investigator"]))
        others.begin(lambda: carry_out(act="measure.order", keys=[measure.pk], by=by["commander"], at=AT).change)
        others.begin(lambda: carry_out(act="clock.stop", keys=[clock.pk], by=by["commander"], at=AT).change)
        wait_for(3)
        return store(*args, **facts)  # type: ignore[arg-type]

    measures_services.store = store_while_others_come  # type: ignore[assignment]
    try:
        done = respond_outbreak(outbreak_code="O", at=AT)
    finally:
        measures_services.store = store
    others.end()
    assert done.measures and done.contacts
    assert Case.unscoped.count() == cases + 1
    ordered = Measure.objects.within(SCOPE).get(pk=measure.pk)
    assert (ordered.decision, ordered.decided_by_id) == ("accepted", by["commander"].pk)
    assert ordered.start != measure.start - HOUR, "ordered as the response proposed it: it was written before"
    assert Clock.objects.within(SCOPE).get(pk=clock.pk).done_at == AT
    assert verify() is None


def a_refusal_that_is_not_committed_when_the_response_wants_to_store() -> None:
    by = accounts()
    respond_outbreak(outbreak_code="O", at=AT)
    Measure.unscoped.filter(person_id="P08").delete()
    contact = Contact.objects.within(SCOPE).get(person_id="P08")
    others, traced, compared = Others(), [], []
    compare, trace = services._to_store, services.find_contacts
    is_refused, may_commit = threading.Event(), threading.Event()

    def refuse() -> None:
        with writing():
            carry_out(act="contact.refuse", keys=[contact.pk], by=by["investigator"], at=AT, note="不符")
            is_refused.set()
            assert may_commit.wait(PATIENCE)
            wait_for(1)  # the response wants to store, and waits for this

    def compare_then_let_it_commit(*args: object) -> object:
        if not compared:
            others.begin(refuse)
            assert is_refused.wait(PATIENCE)
        ready = compare(*args)  # type: ignore[arg-type]
        compared.append(None)
        may_commit.set()
        return ready

    services._to_store = compare_then_let_it_commit  # type: ignore[assignment]
    services.find_contacts = lambda *a, **k: traced.append(None) or trace(*a, **k)  # type: ignore[assignment,func-returns-value]
    try:
        respond_outbreak(outbreak_code="O", at=AT)
    finally:
        services._to_store, services.find_contacts = compare, trace
    others.end()
    assert len(traced) == 2, "the refusal was seen, and traced without"
    assert Contact.objects.within(SCOPE).get(pk=contact.pk).decision == "refused"
    assert not Measure.objects.within(SCOPE).filter(person_id="P08").exists()


SCENES = [
    a_report_and_decisions_while_a_response_writes,
    a_refusal_that_is_not_committed_when_the_response_wants_to_store,
]

SCRIPT = """
import sys
from lianfang.site.manage import set_up
set_up()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from lianfang.response.tests.shell import test_turns
from lianfang.response.tests.shell.conftest import load_small_county
load_small_county()
getattr(test_turns, sys.argv[1])()
"""


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_in_postgresql(scene, small_county):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only; the test below does the same for SQLite, in a file")
    scene()


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="makes its own SQLite file")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_in_sqlite(scene, tmp_path):
    environment = {**os.environ, "LIANFANG_DATA": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, scene.__name__], env=environment, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
