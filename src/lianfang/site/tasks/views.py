"""What an account asked to be done in the background: the list, one task, its progress, its file."""

import uuid
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject
from lianfang.pages.lists import Empty, ListPage
from lianfang.records.core.tasks import TaskState
from lianfang.records.notices.services import mark_read_about
from lianfang.records.tasks import selectors, services
from lianfang.records.tasks.models import Task
from lianfang.site.tasks.tables import TaskFilter, TaskTable, kind_words


class TaskList(ListPage):
    """What the reader asked for; for an administrator, what anybody of the area did."""

    title = _("Tasks")
    audit_kind = "records.task"
    table_class = TaskTable
    filterset_class = TaskFilter
    empty = Empty(
        _("Nothing was asked for yet"),
        _("Long work, such as the export of many rows, is done in the background and stands here with its progress."),
    )

    def get_rows(self) -> QuerySet[Task]:
        return selectors.tasks_of(cast("Account", self.request.user))


def task_page(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """Show one task: what it is, how far it is, what came of it."""
    task = _task(request, task_id)
    account = cast("Account", request.user)
    if not task.is_open:
        mark_read_about(account=account, subject=Subject("task", str(task.pk)), at=now())
    context = {
        "title": kind_words(task.kind),
        "task": task,
        "may_change": selectors.may_change(task, account),
        "may_retry": task.state in (TaskState.FAILED, TaskState.CANCELLED),
        **_result(task, account),
    }
    return render(request, "site/task.html", context)


def progress_part(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """Show how far a task is; nothing (204) where the page shows it so already: ``seen``.

    With ``lead=1`` the page goes on to where the outcome can be seen, as soon as there is one.
    """
    task = _task(request, task_id)
    leads = request.GET.get("lead") == "1"
    if leads and not task.is_open and request.headers.get("HX-Request") == "true":
        # The buttons of the page are others now; where the outcome has a page, it goes on there.
        target = task.url if task.state == TaskState.DONE and task.url else reverse("task", args=[task.pk])
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    if request.GET.get("seen") == task.stamp:
        return HttpResponse(status=204)
    context = {
        "task": task,
        "lead": "1" if leads else "",
        "is_short": request.GET.get("short") == "1",
        **_result(task, cast("Account", request.user)),
    }
    return render(request, "site/task_progress.html", context)


def cancel(request: HttpRequest, task_id: uuid.UUID) -> HttpResponseBase:
    """Call a task off."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    task = _task(request, task_id)
    try:
        task = services.cancel_task(task=task, by=cast("Account", request.user), at=now())
    except Refused as refusal:
        messages.error(request, say(refusal.text))
    else:
        words = gettext("The task is cancelled.")
        if task.is_open:
            words = gettext("The task ends at its next step.")
        messages.success(request, words)
    return _back(task)


def retry(request: HttpRequest, task_id: uuid.UUID) -> HttpResponseBase:
    """Ask again for a task that failed or was cancelled."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    task = _task(request, task_id)
    try:
        task = services.retry_task(task=task, by=cast("Account", request.user), at=now())
    except Refused as refusal:
        messages.error(request, say(refusal.text))
    else:
        messages.success(request, gettext("The task waits to be done again."))
    return _back(task)


def file(request: HttpRequest, task_id: uuid.UUID) -> HttpResponseBase:
    """Send the file that a task made, to whom it was made for."""
    task = _task(request, task_id)
    path = selectors.file_of(task, cast("Account", request.user))
    if path is None:
        raise Http404
    audit.record(
        actor=request.scope.name,  # type: ignore[attr-defined]
        act="export",
        kind="records.task",
        key=str(task.pk),
        detail={"act": "task.file", "task": task.kind, "bytes": task.file_bytes},
        at=now(),
    )
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


def _task(request: HttpRequest, task_id: uuid.UUID) -> Task:
    task = selectors.find_task(cast("Account", request.user), task_id)
    if task is None:
        raise Http404
    return task


def _result(task: Task, account: Account) -> dict[str, Any]:
    path = selectors.file_of(task, account)
    # Its size stays noted when the file is cleared away.
    return {"file_name": path.name if path is not None else "", "is_cleared": not task.file and bool(task.file_bytes)}


def _back(task: Task) -> HttpResponseBase:
    answer = redirect("task", task.pk)
    answer.status_code = 303
    return answer
