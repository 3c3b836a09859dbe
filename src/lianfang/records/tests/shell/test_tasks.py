"""Asking, running here, cancelling, asking again; who may, who sees; one at a time of an exclusive kind."""

import datetime as dt
import json
import logging
import threading
import uuid

import pytest
from django.db import connection

from lianfang.access.models import Account, AuditEntry
from lianfang.access.tests.cast import AT, Cast
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Text
from lianfang.records.core.tasks import MOVES, TaskState
from lianfang.records.models import Notice, Task
from lianfang.records.tasks import claims, ending, running, worker
from lianfang.records.tasks.claims import claim, put_back
from lianfang.records.tasks.ending import Lost, held
from lianfang.records.tasks.kinds import declare, kinds
from lianfang.records.tasks.running import Running, run_claimed, run_waiting, scope_for
from lianfang.records.tasks.selectors import file_of, find_task, open_task, tasks_of
from lianfang.records.tasks.services import ask_task, cancel_task, retry_task

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LATER = AT + dt.timedelta(minutes=10)
OUTBREAK = Subject("outbreak", "O", Text("疫情甲", "Outbreak A"))


def ask(by: Account, kind: str = "test.count", **more) -> Task:
    return ask_task(kind=kind, by=by, at=AT, arguments=more.pop("arguments", {"number": 3}), **more)


def acts() -> list[tuple[str, str]]:
    entries = AuditEntry.objects.filter(kind="records.task").order_by("number")
    return [(entry.actor, entry.detail["act"]) for entry in entries]


def test_from_asking_to_done(cast: Cast) -> None:
    task = ask(cast.investigator, subject=OUTBREAK)
    assert (task.state, task.area_id, task.is_open) == ("waiting", "330999", True)
    assert [one.pk for one in run_waiting(at=LATER)] == [task.pk]
    task.refresh_from_db()
    assert (task.state, task.result, task.url, task.tries) == ("done", {"sum": 3}, "/cases/", 1)
    assert (task.step, task.step_words, task.total) == ("count", Text("数数", "Counting"), 3)
    assert (task.started_at, task.finished_at) == (LATER, LATER)
    assert task.file_path is not None and task.file_path.read_text() == "0\n1\n2"
    assert task.file_path.stat().st_mode & 0o777 == 0o600 and task.file_bytes == 5
    notice = Notice.objects.get()
    assert (notice.kind, notice.account, notice.url) == ("task.done", cast.investigator, "/cases/")
    assert notice.words == Text("测试任务（疫情甲）已完成", "Test work (Outbreak A) is ready")
    assert acts() == [("account:investigator", "task.ask")]
    assert run_waiting(at=LATER) == []


def test_a_refusal_is_the_sentence_and_any_other_error_is_in_the_log_alone(cast: Cast, caplog) -> None:
    refused, broken = ask(cast.investigator, "test.refuse"), ask(cast.investigator, "test.fail")
    with caplog.at_level(logging.ERROR):
        run_waiting(at=LATER)
    refused.refresh_from_db()
    broken.refresh_from_db()
    assert refused.failure == Text("病例太少,请先录入", "too few cases; report them first")
    assert str(broken.pk) in broken.failure_zh and "try again" in broken.failure_en
    told = json.dumps([broken.failure, [n.words for n in Notice.objects.all()]], ensure_ascii=False)
    assert "secret" not in told and "ValueError" not in told
    assert "secret" in caplog.text and str(broken.pk) in caplog.text
    assert refused.state == broken.state == "failed" and Notice.objects.count() == 2


def test_a_kind_that_this_version_lacks_fails_in_words(cast: Cast) -> None:
    task = ask(cast.investigator)
    Task.objects.filter(pk=task.pk).update(kind="gone.away")
    (ended,) = run_waiting(at=LATER)
    assert ended.state == "failed" and "gone.away" in ended.failure_zh
    with pytest.raises(Refused, match=r"gone\.away"):
        ask(cast.investigator, "gone.away")


def test_who_may_not_ask_is_refused_and_nothing_is_kept(cast: Cast) -> None:
    for name in ("grid_worker", "auditor", "administrator"):
        with pytest.raises(Refused):
            ask(getattr(cast, name))
    with pytest.raises(Refused, match="area"):
        ask(cast.investigator, area=cast.areas["330998"])
    with pytest.raises(Refused):
        ask(cast.investigator, arguments={"x": "y" * 30_000})
    assert not Task.objects.exists() and acts() == []


def test_who_may_no_more_when_it_begins_gets_nothing_done(cast: Cast) -> None:
    task = ask(cast.investigator)
    Account.objects.filter(pk=cast.investigator.pk).update(role="grid_worker")
    other = ask(cast.commander)
    Account.objects.filter(pk=cast.commander.pk).update(is_active=False)
    run_waiting(at=LATER)
    for one in (task, other):
        one.refresh_from_db()
        assert (one.state, one.result) == ("failed", None) and one.failure_zh and one.failure_en


def test_a_task_runs_under_the_scope_of_who_asked_or_under_a_named_system_scope(cast: Cast) -> None:
    ask(cast.investigator, "test.who")
    ask_task(kind="test.who", system="nightly", at=AT, subject=OUTBREAK)
    results = {task.system: task.result for task in run_waiting(at=LATER)}
    assert results[""] == {"scope": "account:investigator", "everything": False}
    assert results["nightly"] == {"scope": "system:nightly", "everything": True}
    assert Notice.objects.count() == 1, "nobody is told of the second"


# Cancelling and asking again.


def test_a_waiting_task_is_cancelled_at_once_and_asked_for_again(cast: Cast) -> None:
    task = cancel_task(task=ask(cast.investigator), by=cast.investigator, at=AT)
    assert task.state == "cancelled" and run_waiting(at=LATER) == []
    with pytest.raises(Refused):
        cancel_task(task=task, by=cast.investigator, at=AT)
    assert retry_task(task=task, by=cast.investigator, at=AT).state == "waiting"
    (ended,) = run_waiting(at=LATER)
    assert (ended.pk, ended.state, ended.result) == (task.pk, "done", {"sum": 3})
    with pytest.raises(Refused):
        retry_task(task=ended, by=cast.investigator, at=LATER)
    assert [act for _, act in acts()] == ["task.ask", "task.cancel", "task.retry"]


def test_a_running_task_ends_at_its_next_word_of_progress(cast: Cast) -> None:
    ask(cast.investigator, arguments={"number": 5})
    task = claim(worker="w", at=AT)
    assert task is not None
    cancelled = cancel_task(task=task, by=cast.investigator, at=AT)
    assert (cancelled.state, cancelled.is_stop_asked) == ("running", True)
    assert run_claimed(Running(task, scope_for(task), clock=lambda: LATER)) == "cancelled"
    task.refresh_from_db()
    assert (task.result, task.file) == (None, "") and not Notice.objects.exists()


def test_a_failed_task_asked_for_again_withdraws_its_notice_and_can_fail_anew(cast: Cast) -> None:
    task = ask(cast.investigator, "test.refuse")
    run_waiting(at=LATER)
    assert Notice.objects.filter(kind="task.failed").count() == 1
    task = retry_task(task=task, by=cast.investigator, at=LATER)
    assert not Notice.objects.exists() and task.failure == Text("", "") and task.tries == 0
    run_waiting(at=LATER)
    assert Notice.objects.filter(kind="task.failed").count() == 1


def test_only_who_asked_or_an_administrator_of_the_area_cancels(cast: Cast) -> None:
    task = ask(cast.investigator)
    for name in ("commander", "neighbour", "stranger"):
        with pytest.raises(Refused):
            cancel_task(task=task, by=getattr(cast, name), at=AT)
        with pytest.raises(Refused):
            retry_task(task=task, by=getattr(cast, name), at=AT)
    Account.objects.filter(pk=cast.administrator.pk).update(jurisdiction="330998")
    with pytest.raises(Refused):
        cancel_task(task=task, by=Account.objects.get(pk=cast.administrator.pk), at=AT)
    assert cancel_task(task=task, by=cast.administrator, at=AT).state == "cancelled"
    assert acts()[-1] == ("account:administrator", "task.cancel")


# One at a time.


def test_of_an_exclusive_kind_one_waits_and_one_runs(cast: Cast) -> None:
    first = ask(cast.investigator, "test.nothing", subject=OUTBREAK)
    assert ask(cast.investigator, "test.nothing", subject=OUTBREAK).pk == first.pk
    running_now = claim(worker="w", at=AT)
    assert running_now is not None and running_now.pk == first.pk
    other = ask(cast.investigator, "test.nothing", subject=Subject("outbreak", "P"))
    of_other = ask(cast.commander, "test.nothing", subject=OUTBREAK)
    assert len({first.pk, other.pk, of_other.pk}) == 3, "not shared: each asker's own"
    assert len(acts()) == 3, "asking for what waits already leaves no second trace"
    second = ask(cast.investigator, "test.nothing", subject=OUTBREAK)
    assert second.pk != first.pk, "asked for while the first runs: facts may have come since"
    taken = [claim(worker="v", at=AT) for _ in range(3)]
    assert {t.pk for t in taken if t} == {other.pk, of_other.pk}, "the second waits for the end of the first"
    run_claimed(Running(running_now, scope_for(running_now), clock=lambda: LATER))
    assert [t.pk for t in run_waiting(at=AT)] == [second.pk]


def test_a_shared_exclusive_kind_is_one_for_everybody(cast: Cast) -> None:
    first = ask(cast.investigator, "test.who", subject=OUTBREAK)
    assert ask(cast.commander, "test.who", subject=OUTBREAK).pk == first.pk
    assert open_task(kind="test.who", subject_kind="outbreak", subject_key="O") == first


def test_asked_for_again_beside_one_that_waits_gives_that_one(cast: Cast) -> None:
    first = cancel_task(task=ask(cast.investigator, "test.nothing"), by=cast.investigator, at=AT)
    second = ask(cast.investigator, "test.nothing")
    assert retry_task(task=first, by=cast.investigator, at=AT).pk == second.pk
    assert Task.objects.get(pk=first.pk).state == "cancelled"


# Claims that run out.


def test_a_claim_that_ran_out_is_taken_up_and_the_first_worker_writes_nothing_more(cast: Cast) -> None:
    ask(cast.investigator)
    first = claim(worker="first", at=AT)
    assert first is not None and claim(worker="second", at=AT + claims.LEASE / 2) is None
    second = claim(worker="second", at=AT + claims.LEASE)
    assert second is not None and (second.pk, second.tries) == (first.pk, 2)
    late = Running(first, scope_for(first), clock=lambda: LATER)
    with pytest.raises(Lost):
        late.progress("count", Text("数", "count"))
    assert run_claimed(Running(first, scope_for(first), clock=lambda: LATER)) == "running"
    assert not Notice.objects.exists()
    assert run_claimed(Running(second, scope_for(second), clock=lambda: LATER)) == "done"
    assert Notice.objects.count() == 1
    assert not list(first.file_path.parent.glob("*.part")) if first.file_path else True


def test_cancelled_while_its_dead_worker_ran_it_is_not_begun_again(cast: Cast) -> None:
    ask(cast.investigator)
    task = claim(worker="dead", at=AT)
    assert task is not None
    cancel_task(task=task, by=cast.investigator, at=AT)
    assert claim(worker="next", at=LATER) is None
    task.refresh_from_db()
    assert task.state == "cancelled"


def test_a_dead_worker_of_this_machine_is_known_at_once_and_a_live_one_is_left_alone(cast: Cast) -> None:
    ask(cast.investigator)
    presence = worker.alive.Presence()
    presence.begin()
    assert claim(worker=presence.name, at=AT) is not None
    assert worker.free_dead(at=AT) == [] and claim(worker="next", at=AT) is None
    presence._file.close()  # as the system does when the process dies: the file stays, the lock goes
    assert worker.free_dead(at=AT) == [presence.name]
    assert claim(worker="next", at=AT) is not None
    assert worker.free_dead(at=AT) == [], "of a worker without a file nothing is known"


def test_what_waited_too_long_for_other_writers_waits_and_is_tried_again(cast: Cast, monkeypatch) -> None:
    from django.db import OperationalError

    def busy(task):
        raise OperationalError("database is locked")

    monkeypatch.setattr("lianfang.records.tests.work.nothing", busy)
    task = ask(cast.investigator, "test.nothing")
    for tries in (1, 2):
        at = AT + tries * running.BUSY_PAUSE
        assert [t.state for t in run_waiting(at=at)] == ["waiting"]
        assert run_waiting(at=at) == [], "not at once"
    (ended,) = run_waiting(at=LATER)
    assert (ended.pk, ended.state, ended.tries) == (task.pk, "failed", 3)


def test_a_task_that_goes_back_while_another_of_its_subject_waits_makes_room_for_it(cast: Cast) -> None:
    ask(cast.investigator, "test.nothing")
    first = claim(worker="w", at=AT)
    second = ask(cast.investigator, "test.nothing")
    assert first is not None
    put_back(first, at=AT)
    assert Task.objects.get(pk=first.pk).state == "cancelled"
    assert [t.pk for t in run_waiting(at=AT)] == [second.pk]


def test_files_are_cleared_away_after_a_week(cast: Cast) -> None:
    task = ask(cast.investigator)
    run_waiting(at=AT)
    task.refresh_from_db()
    path = task.file_path
    assert worker.sweep(at=AT + worker.KEEP_FILES) == 0 and path is not None and path.exists()
    assert worker.sweep(at=LATER + worker.KEEP_FILES) == 1 and not path.exists()
    task.refresh_from_db()
    assert (task.file_path, task.file_bytes, task.state) == (None, 5, "done")
    assert Notice.objects.count() == 1 and worker.sweep(at=LATER + ending.TOLD_FOR) == 0
    assert not Notice.objects.exists()


def test_what_a_killed_worker_left_half_written_is_cleared_away(cast: Cast) -> None:
    task = ask(cast.investigator)
    taken = claim(worker="dead", at=AT)
    assert taken is not None
    with pytest.raises(KeyboardInterrupt), Running(taken, scope_for(taken)).file("x.txt") as cut_off:
        raise KeyboardInterrupt
    assert not cut_off.parent.exists()
    cut_off.parent.mkdir()
    cut_off.write_text("half")  # as kill -9 leaves it
    assert worker.sweep(at=AT) == 0 and cut_off.exists(), "somebody may be writing it"
    run_waiting(at=LATER)
    task.refresh_from_db()
    assert task.state == "done" and not cut_off.exists() and task.file_path is not None
    cut_off.write_text("half")
    Task.objects.filter(pk=task.pk).update(state="failed", file="")
    worker.sweep(at=LATER)
    assert not cut_off.parent.exists()


# Who sees what.


def test_who_sees_a_task_and_who_its_file(cast: Cast) -> None:
    own, shared = ask(cast.investigator), ask(cast.investigator, "test.who", subject=OUTBREAK)
    run_waiting(at=LATER)
    seen = {name: set(tasks_of(getattr(cast, name))) for name in ("investigator", "commander", "administrator")}
    assert seen == {"investigator": {own, shared}, "commander": {shared}, "administrator": {own, shared}}
    for name in ("neighbour", "stranger", "grid_worker", "township_officer", "auditor"):
        assert not tasks_of(getattr(cast, name)) and find_task(getattr(cast, name), own.pk) is None
    own.refresh_from_db()
    readers = [name for name in (*cast.roles, "neighbour", "stranger") if file_of(own, getattr(cast, name))]
    assert readers == ["investigator"], "an administrator sees the task, not what it holds"
    investigator = Account.objects.get(pk=cast.investigator.pk)
    investigator.role = "commander"
    assert file_of(own, investigator) is None, "written for another role"


def test_a_kind_is_declared_once_and_names_a_permission_that_exists() -> None:
    import dataclasses

    kind = kinds()["test.count"]
    declare(kind)
    with pytest.raises(ValueError, match="two kinds"):
        declare(dataclasses.replace(kind, run="a:b"))
    with pytest.raises(ValueError, match="permission"):
        declare(dataclasses.replace(kind, code="test.other", permission="no.such"))


def test_random_acts_move_only_along_the_table(cast: Cast) -> None:
    """A few hundred random acts on one task: each change of state is one of the table, or there is none."""
    import random

    chance = random.Random(1)
    task, at, moves = ask(cast.investigator), AT, set()
    claimed: list[Task] = []
    for _ in range(400):
        at += dt.timedelta(seconds=chance.choice((1, 100, 400)))
        was = Task.objects.get(pk=task.pk).state
        act = chance.choice(("claim", "claim", "cancel", "retry", "work", "back", "old"))
        try:
            if act == "claim":
                claimed += [t for t in [claim(worker="w", at=at)] if t]
            elif act == "cancel":
                cancel_task(task=task, by=cast.investigator, at=at)
            elif act == "retry":
                retry_task(task=task, by=cast.investigator, at=at)
            elif claimed:
                one = chance.choice(claimed) if act == "old" else claimed[-1]
                if act == "back":
                    put_back(one, at=at)
                else:
                    Task.objects.filter(pk=one.pk).update(kind=chance.choice(("test.refuse", "test.nothing")))
                    one.kind = "test.refuse"
                    run_claimed(Running(one, scope_for(one), clock=lambda at=at: at))
        except Refused:
            pass
        becomes = Task.objects.get(pk=task.pk).state
        if was != becomes:
            moves.add((was, becomes))
            # Two moves may lie in one act: a claim gives up what ran out first.
            assert becomes in MOVES[TaskState(was)], (act, was, becomes)
    assert len(moves) >= 6, moves


@pytest.mark.django_db(transaction=True)
def test_of_many_threads_that_claim_each_task_goes_to_one(cast: Cast) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only; test_crash.py has SQLite workers in processes of their own")
    tasks = {ask(cast.investigator, subject=Subject("n", str(n))).pk for n in range(40)}
    twins = {ask(cast.investigator, "test.nothing", subject=OUTBREAK).pk for _ in range(2)}
    got: list[uuid.UUID] = []
    wrong: list[BaseException] = []
    begin = threading.Barrier(6)

    def work() -> None:
        try:
            begin.wait()
            while (task := claim(worker="w", at=AT)) is not None:
                got.append(task.pk)
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong and sorted(got) == sorted(tasks | twins)
    assert all(held(task).exists() for task in Task.objects.all())
