"""Who works on what: claims, what becomes of those that ran out, and giving a task back."""

import contextlib
import datetime as dt
import logging
import uuid

from django.db import IntegrityError
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from lianfang.access.turns import writing
from lianfang.records.core.tasks import LOST, TaskState, fate
from lianfang.records.tasks.ending import Lost, end, held
from lianfang.records.tasks.models import Task

log = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=3)
"""For how long a claim holds without its worker being heard of. Four times the patience of a writer (``PATIENCE`` in
the settings): a worker that waits for its turn to say that it lives is not taken for dead."""


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
                end(task, TaskState.CANCELLED, at=at, only=Q(lease_until__lte=at))
            elif ends == "fail":
                log.error("the task %s (%s) was begun %s times and never ended", task.pk, task.kind, task.tries)
                end(task, TaskState.FAILED, at=at, failure=LOST.format(n=task.tries), only=Q(lease_until__lte=at))


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
