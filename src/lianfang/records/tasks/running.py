"""One task from its claim to its end: what its function is given, and what becomes of what it gives back."""

import contextlib
import datetime as dt
import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import translation
from django.utils.module_loading import import_string

from lianfang.access.clock import now
from lianfang.access.core.roles import may
from lianfang.access.scope import Scope, scope_of, system_scope
from lianfang.access.turns import is_busy, writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Text
from lianfang.records.core.tasks import BROKEN, LOST, NOT_ALLOWED, TaskState, before, fate
from lianfang.records.notices.services import notify
from lianfang.records.tasks.kinds import kind_of
from lianfang.records.tasks.models import Task, written_for

log = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=3)
"""For how long a claim holds without its worker being heard of. Four times the patience of a writer (``PATIENCE`` in
the settings): a worker that waits for its turn to say that it lives is not taken for dead."""

TELL_EVERY = 0.5
"""Seconds between two writes of progress within one step."""

BUSY_PAUSE = dt.timedelta(seconds=10)
FILES = "tasks"
"""Folder of the data folder where files of tasks lie, each in a folder of its task."""


class Cancelled(Exception):
    """Somebody called the task off; raised by `Running.progress`, to be let through."""


class Interrupted(Exception):
    """The worker is told to stop; the task goes back and begins anew. Raised by `Running.progress`."""


class Lost(Exception):
    """The claim ran out and another worker has the task; nothing more may be written for it."""


@dataclass(frozen=True)
class Outcome:
    """What came of a task.

    Attributes
    ----------
    result : dict
        Small; anything that JSON can hold.
    url : str
        Path of the page where it can be seen; empty: the one given when it was asked for.
    words : Text, optional
        One sentence for whoever asked; "… is ready" when not given.
    """

    result: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    words: Text | None = None


class Running:
    """What the function of a task is given.

    Attributes
    ----------
    task : Task
        The row, as it was claimed.
    by : Account or None
        Who asked; None for a system task.
    scope : Scope
        What the task may read: the account's own as it is now, or the named system scope.
    """

    def __init__(self, task: Task, scope: Scope, *, clock: Callable[[], dt.datetime] = now) -> None:
        self.task, self.by, self.scope, self.clock = task, task.asked_by, scope, clock
        self.arguments: dict[str, Any] = task.arguments
        self.is_stopping = False  # set by the worker, from its other thread
        self.said_at = time.monotonic()
        self._told: tuple[float, str] = (0.0, "")

    def progress(self, step: str, words: Text, done: int | None = None, total: int | None = None) -> None:
        """Say how far the work is. Call it often: it writes twice a second at most, and is where a task can be stopped.

        Parameters
        ----------
        step : str
            A code of the step.
        words : Text
            The step in words.
        done, total : int, optional
            How much of the step is done.

        Raises
        ------
        Cancelled, Interrupted, Lost
            When the work is to end here. Let them through, and leave nothing half-done behind.
        """
        self.said_at = time.monotonic()
        if self.is_stopping:
            raise Interrupted
        since, last = self._told
        if step == last and self.said_at - since < TELL_EVERY:
            return
        self._told = (self.said_at, step)
        at = self.clock()
        told = {"step": step, "step_zh": words.zh[:200], "step_en": words.en[:200], "done": done, "total": total}
        if not held(self.task).update(**told, heard_at=at, lease_until=at + LEASE):
            raise Lost
        if held(self.task).filter(is_stop_asked=True).exists():
            raise Cancelled

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """Give a path to write the task's file to; it becomes the task's file when the block ends well.

        Parameters
        ----------
        name : str
            As the reader gets it; without a folder.
        """
        folder = Path(settings.DATA_DIR) / FILES / str(self.task.pk)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = folder / f"{self.task.token}.part"
        try:
            # Made for its owner only, before anything stands in it.
            os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
            yield part
            with part.open("rb") as written:
                os.fsync(written.fileno())
            target = folder / Path(name).name
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        self.task.file = str(target.relative_to(settings.DATA_DIR))
        self.task.file_bytes = target.stat().st_size


def held(task: Task) -> QuerySet[Task]:
    """Return the task's row while this claim of it holds; none, when another worker has taken it up."""
    return Task.objects.filter(pk=task.pk, token=task.token, state=TaskState.RUNNING.value)


def _claimable(at: dt.datetime) -> QuerySet[Task]:
    twin = Task.objects.filter(exclusive=OuterRef("exclusive"), state=TaskState.RUNNING.value)
    waiting = Q(state=TaskState.WAITING.value, not_before__lte=at) & (Q(exclusive="") | ~Exists(twin))
    expired = Q(state=TaskState.RUNNING.value, is_stop_asked=False, lease_until__lte=at, tries__lt=F("tries_at_most"))
    return Task.objects.filter(waiting | expired)


def claim(*, worker: str, at: dt.datetime) -> Task | None:
    """Take up the task that has waited longest, or one whose worker is not heard of any more.

    The claim itself is one conditional UPDATE: of two workers that want one task, one changes a row and the other none.

    Parameters
    ----------
    worker : str
        Name of the worker.
    at : datetime
        The present; aware.
    """
    give_up(at=at)
    for pk in list(_claimable(at).order_by("asked_at", "pk").values_list("pk", flat=True)[:20]):
        token = uuid.uuid4()
        taken = {"state": TaskState.RUNNING.value, "worker": worker, "token": token, "tries": F("tries") + 1}
        times = {"started_at": at, "heard_at": at, "lease_until": at + LEASE, "finished_at": None}
        try:
            changed = _claimable(at).filter(pk=pk).update(**taken, **times)
        except IntegrityError:
            continue  # its twin was claimed in the same moment; this one waits for that one's end
        if changed:
            return Task.objects.select_related("asked_by__jurisdiction", "area").get(pk=pk)
    return None


def give_up(*, at: dt.datetime) -> None:
    """End what no worker is heard of any more and should not begin again: cancelled meanwhile, or begun too often."""
    rows = Task.objects.filter(state=TaskState.RUNNING.value, lease_until__lte=at).select_related("asked_by")
    for task in rows:
        ends = fate(
            task.state,
            tries=task.tries,
            tries_at_most=task.tries_at_most,
            lease_until=task.lease_until,
            is_stop_asked=task.is_stop_asked,
            at=at,
        )
        with contextlib.suppress(Lost):
            if ends == "cancel":
                _end(task, TaskState.CANCELLED, at=at, only=Q(lease_until__lte=at))
            elif ends == "fail":
                log.error("the task %s (%s) was begun %s times and never ended", task.pk, task.kind, task.tries)
                _end(task, TaskState.FAILED, at=at, failure=LOST.format(n=task.tries), only=Q(lease_until__lte=at))


def run_claimed(running: Running) -> str:
    """Do a task that was claimed, and write down what came of it. Return the state that it is in then."""
    task, clock = running.task, running.clock
    try:
        try:
            outcome = _work(running)
        except Refused as refusal:
            _end(task, TaskState.FAILED, at=clock(), failure=refusal.text)
        except Cancelled:
            _end(task, TaskState.CANCELLED, at=clock())
        except (Interrupted, KeyboardInterrupt, SystemExit) as stop:
            put_back(task, at=clock())
            if not isinstance(stop, Interrupted):
                raise
        except Lost:
            raise
        except Exception as error:
            if is_busy(error) and task.tries < task.tries_at_most:
                put_back(task, at=clock(), pause=BUSY_PAUSE, counts=True)
            else:
                log.exception("the task %s (%s) failed", task.pk, task.kind)
                _end(task, TaskState.FAILED, at=clock(), failure=BROKEN.format(id=task.pk))
        else:
            _end(task, TaskState.DONE, at=clock(), outcome=outcome)
    except Lost:
        log.warning("the task %s (%s) was taken up by another worker meanwhile", task.pk, task.kind)
    return Task.objects.values_list("state", flat=True).get(pk=task.pk)


def _work(running: Running) -> Outcome:
    task = running.task
    kind = kind_of(task.kind)
    if task.asked_by is not None:
        if not task.asked_by.is_active or not may(task.asked_by.role, kind.permission):
            raise Refused(NOT_ALLOWED)
        task.written_for = written_for(task.asked_by)
    function = import_string(kind.run.replace(":", "."))
    with translation.override(task.language):
        return function(running) or Outcome()


def scope_for(task: Task) -> Scope:
    """Return under which scope a task runs: who asked, as that account is now, or the named system task."""
    return scope_of(task.asked_by) if task.asked_by is not None else system_scope(task.system)


def put_back(task: Task, *, at: dt.datetime, pause: dt.timedelta = dt.timedelta(0), counts: bool = False) -> None:
    """Let a task wait again; to be stopped with its worker does not count as a try."""
    back = {"state": TaskState.WAITING.value, "worker": "", "token": None, "lease_until": None}
    tries = task.tries if counts else max(task.tries - 1, 0)
    called_off = {**back, "state": TaskState.CANCELLED.value, "finished_at": at}
    with writing():
        rows = held(task)
        if rows.filter(is_stop_asked=True).update(**called_off):
            return
        if task.exclusive and Task.objects.filter(exclusive=task.exclusive, state=TaskState.WAITING.value).exists():
            # Asked for again while this one ran: that one does the same, with newer facts.
            rows.update(**called_off)
            return
        rows.update(**back, tries=tries, not_before=at + pause)


def _end(
    task: Task,
    state: TaskState,
    *,
    at: dt.datetime,
    outcome: Outcome | None = None,
    failure: Text | None = None,
    only: Q | None = None,
) -> None:
    """Write how a task ended, and tell who asked for it, in one transaction; `only` while that is so as well.

    Raises
    ------
    Lost
        When the claim does not hold any more; nothing is written then.
    """
    ended: dict[str, Any] = {"state": state.value, "finished_at": at, "token": None, "lease_until": None}
    if outcome is not None:
        ended |= {
            "result": outcome.result,
            "file": task.file,
            "file_bytes": task.file_bytes,
            "written_for": task.written_for,
        }
        ended["url"] = outcome.url or task.url
    if failure is not None:
        ended |= {"failure_zh": failure.zh[:500], "failure_en": failure.en[:500]}
    for again in range(5):
        try:
            with writing():
                if not held(task).filter(only or Q(), state__in=before(state)).update(**ended):
                    raise Lost
                if task.asked_by is not None and state in (TaskState.DONE, TaskState.FAILED):
                    _tell(task, state, at, outcome, failure, ended.get("url", ""))
            return
        except OperationalError as error:
            if not is_busy(error) or again == 4:
                raise
            time.sleep(1)


def _tell(
    task: Task, state: TaskState, at: dt.datetime, outcome: Outcome | None, failure: Text | None, result_url: str
) -> None:
    assert task.asked_by is not None
    try:
        label = kind_of(task.kind).label
    except Refused:
        label = Text(task.kind, task.kind)
    name = Text(f"{label.zh}（{task.subject_zh}）", f"{label.en} ({task.subject_en})") if task.subject_zh else label
    if state == TaskState.DONE:
        words = (outcome and outcome.words) or Text("{name}已完成", "{name} is ready").format(name=name)
    else:
        words = Text("{name}没有完成：{why}", "{name} failed: {why}").format(name=name, why=failure or Text("", ""))
    subject = Subject("task", str(task.pk), task.subject)
    url = result_url or f"{settings.TASK_PAGES}{task.pk}/"
    notify(kind=f"task.{state.value}", subject=subject, words=words, at=at, account=task.asked_by, url=url)


def run_waiting(*, at: dt.datetime | None = None, at_most: int = 100) -> list[Task]:
    """Do what waits, here and now, one after the other; for tests and for a command. Return the tasks as they ended.

    Parameters
    ----------
    at : datetime, optional
        What counts as the present throughout; the clock's, when not given.
    """
    done: list[uuid.UUID] = []
    clock = now if at is None else lambda: at
    while len(done) < at_most and (task := claim(worker="here", at=clock())) is not None:
        run_claimed(Running(task, scope_for(task), clock=clock))
        done.append(task.pk)
    ended = Task.objects.in_bulk(done)
    return [ended[pk] for pk in done]


__all__ = ["Cancelled", "Interrupted", "Lost", "Outcome", "Running", "claim", "run_claimed", "run_waiting"]
