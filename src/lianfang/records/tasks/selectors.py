"""The door to looking at tasks."""

import datetime as dt
import uuid
from pathlib import Path
from typing import Literal

from django.db.models import Q, QuerySet

from lianfang.access.core.roles import may
from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.records.core.tasks import TaskState
from lianfang.records.tasks import alive
from lianfang.records.tasks.kinds import kinds
from lianfang.records.tasks.models import Task, written_for

MANAGE = "task.manage"


def tasks_of(account: Account) -> QuerySet[Task]:
    """Return the tasks that an account may see, newest first.

    What it asked for itself; of shared kinds what concerns its area, where its role may ask for it too; for an
    administrator whatever was asked for in the own area and below, and at no area (everything, when it stands at none).
    """
    path = account.jurisdiction.path if account.jurisdiction is not None else None
    seen = Q(asked_by=account)
    shared = [kind.code for kind in kinds().values() if kind.shared and may(account.role, kind.permission)]
    if path is not None and shared:
        seen |= Q(kind__in=shared, area__path__startswith=path)
    if may(account.role, MANAGE):
        seen = seen | Q(area__path__startswith=path) | Q(area=None) if path is not None else Q()
    return Task.objects.filter(seen).select_related("asked_by", "area").order_by("-asked_at", "pk")


def find_task(account: Account, task_id: uuid.UUID | str) -> Task | None:
    """Return one task, if the account may see it."""
    return tasks_of(account).filter(pk=task_id).first()


def open_task(*, kind: str, subject_kind: str, subject_key: str) -> Task | None:
    """Return the task of a kind that waits or runs for a subject, whoever asked; the one that runs first."""
    rows = Task.objects.filter(kind=kind, subject_kind=subject_kind, subject_key=subject_key)
    rows = rows.filter(state__in=[TaskState.RUNNING.value, TaskState.WAITING.value])
    return rows.select_related("asked_by", "area").order_by("state", "asked_at").first()  # running, then waiting


def last_task(*, kind: str, subject_kind: str, subject_key: str) -> Task | None:
    """Return the task of a kind that was asked for last for a subject, whoever asked and however it ended."""
    rows = Task.objects.filter(kind=kind, subject_kind=subject_kind, subject_key=subject_key)
    return rows.select_related("asked_by", "area").order_by("-asked_at", "-finished_at", "pk").first()


Held = Literal["", "turn", "worker"]
"""Why a task that waits is not begun: nothing keeps it, it waits for its turn, or no worker is heard of."""

SOON = dt.timedelta(seconds=5)
"""A worker that is free takes a task up sooner than this."""


def held_up(task: Task, *, at: dt.datetime) -> Held:
    """Tell why a task has not been begun some seconds after it was due.

    ``worker``: none is alive on this machine, and none of any other is heard of. Whoever waits is told what to do then,
    for the task waits for ever otherwise.
    """
    if task.state != TaskState.WAITING or at - max(task.asked_at, task.not_before) < SOON:
        return ""
    if Task.objects.filter(state=TaskState.RUNNING.value, lease_until__gt=at).exists():
        return "turn"
    return "turn" if alive.is_anybody_here() else "worker"


def may_change(task: Task, account: Account) -> bool:
    """Tell whether an account may call a task off and ask for it again: who asked, or an administrator who sees it."""
    if task.asked_by_id == account.pk:
        return True
    return may(account.role, MANAGE) and find_task(account, task.pk) is not None


def file_of(task: Task, account: Account) -> Path | None:
    """Return the file that a task made, if the account may have it and it is still there.

    Who asked has it while role and area are those for which it was written; of a shared kind everybody who may ask for
    it and sees its area. An administrator sees the task, but a file may hold what that role does not see plainly.
    """
    kind = kinds().get(task.kind)
    if kind is None or task.state != TaskState.DONE or not may(account.role, kind.permission):
        return None
    if task.asked_by_id == account.pk:
        allowed = task.written_for == written_for(account)
    else:
        allowed = kind.shared and task.area is not None and scope_of(account).covers(task.area.path)
    path = task.file_path
    return path if allowed and path is not None and path.is_file() else None
