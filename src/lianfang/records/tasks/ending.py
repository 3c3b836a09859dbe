"""How a task ends: what it came to, the row, and the notice to whoever asked."""

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.models import Q, QuerySet

from lianfang.access.turns import is_busy, writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Text
from lianfang.records.core.tasks import TaskState, before
from lianfang.records.notices.services import notify
from lianfang.records.tasks.kinds import kind_of
from lianfang.records.tasks.models import Task


class Lost(Exception):
    """The claim ran out and another worker has the task; nothing more may be written for it."""


TOLD_FOR = dt.timedelta(days=30)
"""For how long a notice says that a task ended."""


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


def held(task: Task) -> QuerySet[Task]:
    """Return the task's row while this claim of it holds; none, when another worker has taken it up."""
    return Task.objects.filter(pk=task.pk, token=task.token, state=TaskState.RUNNING.value)


def end(
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
    notify(
        kind=f"task.{state.value}",
        subject=subject,
        words=words,
        at=at,
        account=task.asked_by,
        url=url,
        expires=at + TOLD_FOR,
    )
