"""One task from its claim to its end: what its function is given, and what becomes of what it gives back."""

import contextlib
import datetime as dt
import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string

from lianfang.access.core.roles import may
from lianfang.access.scope import Scope, scope_of, system_scope
from lianfang.access.times import now
from lianfang.access.turns import is_busy
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.records.core.tasks import BROKEN, NOT_ALLOWED, TaskState
from lianfang.records.tasks.claims import LEASE, claim, put_back
from lianfang.records.tasks.ending import Lost, Outcome, end, held
from lianfang.records.tasks.kinds import kind_of
from lianfang.records.tasks.models import Task, written_for

log = logging.getLogger(__name__)

TELL_EVERY = 0.5
"""Seconds between two writes of progress within one step."""

BUSY_PAUSE = dt.timedelta(seconds=10)
FILES = "tasks"
"""Folder of the data folder where files of tasks lie, each in a folder of its task."""


class Cancelled(Exception):
    """Somebody called the task off; raised by `Running.progress`, to be let through."""


class Interrupted(Exception):
    """The worker is told to stop; the task goes back and begins anew. Raised by `Running.progress`."""


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
            if not held(self.task).exists():
                raise Lost
            target = folder / Path(name).name
            part.replace(target)
            for other in folder.glob("*.part"):  # of a worker that was killed
                other.unlink(missing_ok=True)
        except BaseException:
            part.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                folder.rmdir()
            raise
        self.task.file = str(target.relative_to(settings.DATA_DIR))
        self.task.file_bytes = target.stat().st_size


def run_claimed(running: Running) -> str:
    """Do a task that was claimed, and write down what came of it. Return the state that it is in then."""
    task, clock = running.task, running.clock
    try:
        try:
            outcome = _work(running)
        except Refused as refusal:
            end(task, TaskState.FAILED, at=clock(), failure=refusal.text)
        except Cancelled:
            end(task, TaskState.CANCELLED, at=clock())
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
                end(task, TaskState.FAILED, at=clock(), failure=BROKEN.format(id=task.pk))
        else:
            end(task, TaskState.DONE, at=clock(), outcome=outcome)
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


__all__ = ["Cancelled", "Interrupted", "Lost", "Outcome", "Running", "run_claimed", "run_waiting", "scope_for"]
