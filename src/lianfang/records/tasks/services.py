"""The door to asking for long work, calling it off, and asking for it again."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from lianfang.access import audit
from lianfang.access.models import Account, Jurisdiction
from lianfang.access.scope import scope_of, system_scope
from lianfang.access.services import need
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject, TaskKind
from lianfang.kernel.text import Text
from lianfang.records.core.tasks import TaskState, before
from lianfang.records.notices.services import withdraw_notices
from lianfang.records.tasks.kinds import kind_of
from lianfang.records.tasks.models import Task
from lianfang.records.tasks.selectors import may_change

NOTICES = ("task.done", "task.failed")
_ARGUMENTS_AT_MOST = 20_000


def ask_task(
    *,
    kind: str,
    at: dt.datetime,
    by: Account | None = None,
    system: str = "",
    arguments: Mapping[str, Any] | None = None,
    subject: Subject | None = None,
    area: Jurisdiction | None = None,
    language: str = "",
    url: str = "",
) -> Task:
    """Ask for long work; a worker takes it up.

    Parameters
    ----------
    kind : str
        The code of a `TaskKind`.
    by, system : Account, str
        Who asks: an account, or the name of a system task, which sees everything.
    arguments : mapping, optional
        Anything that JSON can hold. Whoever administers the database can read it: keys, no protected values.
    subject : Subject, optional
        What it is about. Of an exclusive kind one task a subject waits at a time: asking again gives that one.
    area : Jurisdiction, optional
        Whose area it concerns; the account's own, when not given.
    language : str, optional
        In which its words and its file are written; the account's own, when not given.
    url : str, optional
        Path of the page where its outcome can be seen.

    Returns
    -------
    Task
        The new task, or the one that waits already.

    Raises
    ------
    Refused
        When there is no such kind, the account may not ask for it, or the area is not its own.
    """
    declared, subject = kind_of(kind), subject or Subject()
    if by is None and not system:
        raise ValueError("a task is asked for by an account or by a named system task")
    if by is not None:
        need(by, declared.permission)
        area = area or by.jurisdiction
        if area is not None and not scope_of(by).covers(area.path):
            raise Refused(
                Text(
                    "这不在您的辖区内；请由该辖区的人提出", "this is not in your area; somebody of that area has to ask"
                )
            )
    held = dict(arguments or {})
    if len(json.dumps(held, ensure_ascii=False)) > _ARGUMENTS_AT_MOST:
        raise Refused(
            Text(
                "这项任务的条件太长；请减少筛选条件后再试",
                "what the task was given is too long; choose fewer conditions",
            )
        )
    lock = _lock(declared, subject, by, system)
    scope = scope_of(by) if by is not None else system_scope(system)
    with writing():
        if lock and (there := Task.objects.filter(exclusive=lock, state=TaskState.WAITING.value).first()):
            return there
        task = Task.objects.create(
            kind=declared.code,
            arguments=held,
            subject_kind=subject.kind,
            subject_key=subject.key,
            subject_zh=subject.text.zh[:200],
            subject_en=subject.text.en[:200],
            asked_by=by,
            system=system if by is None else "",
            area=area,
            language=language or (by.language if by is not None else "zh-hans"),
            exclusive=lock,
            asked_at=at,
            not_before=at,
            tries_at_most=declared.tries,
            url=url,
        )
        detail = {"act": "task.ask", "task": declared.code, "subject": [subject.kind, subject.key]}
        audit.record(actor=scope.name, act="write", kind="records.task", key=str(task.pk), detail=detail, at=at)
    return task


def cancel_task(*, task: Task, by: Account, at: dt.datetime) -> Task:
    """Call a task off: one that waits at once, one that runs at its next word of progress.

    Raises
    ------
    Refused
        When it is not the account's own (nor the account an administrator), or nothing is left to call off.
    """
    _need_own(task, by)
    with writing():
        now_there = Task.objects.get(pk=task.pk)
        if not now_there.is_open:
            raise Refused(Text("任务已经结束，无需取消", "the task has ended already; there is nothing left to cancel"))
        if now_there.state == TaskState.WAITING:
            now_there.state, now_there.finished_at = TaskState.CANCELLED.value, at
        now_there.is_stop_asked = True
        now_there.save(update_fields=["state", "finished_at", "is_stop_asked"])
        _trace("task.cancel", now_there, by, at)
    return now_there


def retry_task(*, task: Task, by: Account, at: dt.datetime) -> Task:
    """Ask again for a task that failed or was cancelled; it begins anew, as who asked for it first.

    Where another one of an exclusive kind waits for the same subject already, that one is given.

    Raises
    ------
    Refused
        When it is not the account's own, it neither failed nor was cancelled, or who asked may not any more.
    """
    _need_own(task, by)
    declared = kind_of(task.kind)
    if task.asked_by is not None:
        need(task.asked_by, declared.permission)
    with writing():
        now_there = Task.objects.select_related("asked_by").get(pk=task.pk)
        if now_there.state not in before(TaskState.WAITING) or now_there.state == TaskState.RUNNING:
            raise Refused(
                Text(
                    "只有未成功或已取消的任务可以重试",
                    "only a task that failed or was cancelled can be asked for again",
                )
            )
        others = Task.objects.filter(exclusive=now_there.exclusive, state=TaskState.WAITING.value)
        if now_there.exclusive and (other := others.first()):
            return other
        for field, value in _ANEW.items():
            setattr(now_there, field, value)
        now_there.asked_at = now_there.not_before = at
        now_there.save()
        withdraw_notices(kinds=NOTICES, subject=Subject("task", str(now_there.pk)))
        _trace("task.retry", now_there, by, at)
    return now_there


_ANEW: dict[str, Any] = {
    "state": TaskState.WAITING.value,
    "step": "",
    "step_zh": "",
    "step_en": "",
    "done": None,
    "total": None,
    "started_at": None,
    "finished_at": None,
    "heard_at": None,
    "lease_until": None,
    "worker": "",
    "token": None,
    "tries": 0,
    "is_stop_asked": False,
    "result": None,
    "failure_zh": "",
    "failure_en": "",
}


def _lock(kind: TaskKind, subject: Subject, by: Account | None, system: str) -> str:
    """Return by what two tasks of an exclusive kind are the same; those that are not shared are each asker's own."""
    if not kind.exclusive:
        return ""
    who = "" if kind.shared else str(by.pk) if by is not None else f"system:{system}"
    return hashlib.sha256("\x1f".join((kind.code, subject.kind, subject.key, who)).encode()).hexdigest()


def _need_own(task: Task, by: Account) -> None:
    if not may_change(task, by):
        raise Refused(
            Text(
                "只有提出任务的人或系统管理员可以这样做",
                "only who asked for the task, or an administrator, may do this",
            )
        )


def _trace(act: str, task: Task, by: Account, at: dt.datetime) -> None:
    detail = {"act": act, "task": task.kind, "subject": [task.subject_kind, task.subject_key]}
    audit.record(actor=scope_of(by).name, act="write", kind="records.task", key=str(task.pk), detail=detail, at=at)
