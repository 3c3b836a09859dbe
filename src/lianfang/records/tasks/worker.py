"""The worker: looks for work, does one task at a time, says that it lives, and stops when it is told to.

Three threads: the one that works; one that renews the claim, and notices a task that hangs; one that the caller may
use to tell it to stop (`Worker.stop` may be called from anywhere).
"""

import datetime as dt
import logging
import os
import shutil
import threading
import time
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from lianfang.access.times import now
from lianfang.records.core.tasks import OPEN, TaskState
from lianfang.records.notices.services import clear_expired
from lianfang.records.tasks import alive
from lianfang.records.tasks.claims import LEASE, claim, put_back
from lianfang.records.tasks.ending import held
from lianfang.records.tasks.kinds import kinds
from lianfang.records.tasks.models import Task
from lianfang.records.tasks.running import FILES, Running, run_claimed, scope_for

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks for work, while there is none."""

BEAT = 10.0
"""Seconds between two renewals of a claim."""

GRACE = 8.0
"""Seconds that a task has to come to its next word of progress when the worker is told to stop."""

KEEP_FILES = dt.timedelta(days=7)
"""How long a task's file is kept: it may hold personal data, and whoever asked has fetched it by then."""

_SWEEP_EVERY = 3600.0
_FAILED_EXIT = 3


class Worker:
    """One worker; `run` returns when it was told to stop, or at once without work where `is_once`."""

    def __init__(self, *, is_once: bool = False) -> None:
        self.presence = alive.Presence()
        self.is_once = is_once
        self._stopping = threading.Event()
        self._running: Running | None = None
        self._swept = 0.0

    def stop(self) -> None:
        """Stop at the task's next word of progress, and after `GRACE` seconds in any case; the task waits again."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._running is not None:
            self._running.is_stopping = True
        threading.Thread(target=self._leave, name="leave", daemon=True).start()

    def run(self) -> int:
        """Work; return how many tasks were done."""
        self.presence.begin()
        threading.Thread(target=self._beat, name="beat", daemon=True).start()
        number = 0
        try:
            while not self._stopping.is_set():
                task = self._next()
                if task is not None:
                    self._do(task)
                    number += 1
                elif self.is_once:
                    break
                else:
                    self._stopping.wait(LOOK_EVERY)
        finally:
            self.presence.end()
        return number

    def _next(self) -> Task | None:
        try:
            close_old_connections()
            free_dead(at=now(), but=self.presence.name)
            if time.monotonic() - self._swept > _SWEEP_EVERY or not self._swept:
                self._swept = time.monotonic()
                sweep(at=now())
            return claim(worker=self.presence.name, at=now())
        except DatabaseError:
            # Another writer has the database for long, or it is being restarted: work is looked for again.
            log.warning("the database did not answer; looking for work again soon", exc_info=True)
            connection.close()
            self._stopping.wait(LOOK_EVERY * 5)
            return None

    def _do(self, task: Task) -> None:
        running = Running(task, scope_for(task))
        self._running = running
        running.is_stopping = self._stopping.is_set()
        try:
            run_claimed(running)
        except DatabaseError:
            log.exception(
                "the end of the task %s could not be written; it is begun again when its claim runs out", task.pk
            )
            connection.close()
        finally:
            self._running = None

    def _beat(self) -> None:
        """Renew the claim as long as the task says that it gets on."""
        while not self._stopping.wait(BEAT):
            running = self._running
            if running is None:
                continue
            try:
                self._renew(running)
            except DatabaseError:
                connection.close()  # tried again at the next beat; the claim outlasts many of them

    def _renew(self, running: Running) -> None:
        kind = kinds().get(running.task.kind)
        patience = kind.lease_minutes * 60 if kind is not None else LEASE.total_seconds()
        if time.monotonic() - running.said_at <= patience:
            at = now()
            held(running.task).update(heard_at=at, lease_until=at + LEASE)
            return
        log.error("the task %s (%s) does not get on; its worker ends", running.task.pk, running.task.kind)
        held(running.task).update(lease_until=now())
        os._exit(_FAILED_EXIT)  # a thread that hangs cannot be ended otherwise

    def _leave(self) -> None:
        """Give the task back and end the process, where the task does not come to a word of progress in time."""
        until = time.monotonic() + GRACE
        while time.monotonic() < until:
            if self._running is None:
                return
            time.sleep(0.05)
        running = self._running
        if running is not None:
            try:
                put_back(running.task, at=now())
            finally:
                os._exit(0)


def free_dead(*, at: dt.datetime, but: str = "") -> list[str]:
    """Let the claims of workers of this machine that are dead run out at once; return their names."""
    names = Task.objects.filter(state=TaskState.RUNNING.value).exclude(worker__in=["", but])
    dead = [name for name in names.values_list("worker", flat=True).distinct() if alive.is_dead(name)]
    for name in dead:
        Task.objects.filter(state=TaskState.RUNNING.value, worker=name, lease_until__gt=at).update(lease_until=at)
        alive.forget(name)
    return dead


def sweep(*, at: dt.datetime) -> int:
    """Clear away what is needed no more; return how many tasks lost their file.

    That is files of tasks that ended more than `KEEP_FILES` ago, what killed workers left half-written, and expired
    notices.
    """
    folder = Path(settings.DATA_DIR) / FILES
    old = list(Task.objects.filter(finished_at__lt=at - KEEP_FILES).exclude(file="").values_list("pk", flat=True))
    for pk in old:
        shutil.rmtree(folder / str(pk), ignore_errors=True)
    Task.objects.filter(pk__in=old).update(file="")  # its size stays, and tells that there was one
    there = {place.name for place in folder.iterdir()} if folder.is_dir() else set()
    needed = Task.objects.exclude(file="", state__in=[state.value for state in TaskState if state not in OPEN])
    for name in there - {str(pk) for pk in needed.values_list("pk", flat=True)}:
        shutil.rmtree(folder / name, ignore_errors=True)
    clear_expired(at=at)
    return len(old)
