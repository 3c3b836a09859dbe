"""The response on the page of a case: asked for, how far it is, what came of it, called off.

A report is committed before anything is traced. Its page then asks for the response by itself, and shows how far the
task is; when it has ended, the page is loaded anew. A response that never ended, because machines stopped, is taken up
by the next worker.
"""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lianfang.access.core.roles import may
from lianfang.access.times import now, to_local
from lianfang.access.words import say
from lianfang.cases.selectors import case_of
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject
from lianfang.kernel.vocabulary import Classification
from lianfang.outbreaks.selectors import playbook_notice
from lianfang.pages.lists import ScopedRequest
from lianfang.records.core.tasks import TaskState
from lianfang.records.notices.services import withdraw_notices
from lianfang.records.tasks.models import Task
from lianfang.records.tasks.selectors import held_up, may_change
from lianfang.records.tasks.services import NOTICES, cancel_task
from lianfang.response.selectors import (
    is_answered,
    is_given_up,
    last_response,
    running_response,
    stages_of,
    standing,
)
from lianfang.response.tasks import ask_response, told_of
from lianfang.tracing import selectors as tracing

WAITING = "waiting"
"""What the page shows while nobody has asked for the response and it is still to be made."""


def panel_of(request: ScopedRequest, case: Any) -> dict[str, Any]:
    """Return what the panel about the response shows; the rest of the page may use it too.

    Notes
    -----
    A fixed number of queries, however many contacts there are, as long as nothing was written since the last response.
    """
    account = request.account
    excluded = case.classification == Classification.EXCLUDED
    known = standing(case.outbreak_id)
    answered = excluded or known.on_facts
    task = running_response(case.outbreak_id)
    last = last_response(case.outbreak_id)
    may_respond = may(account.role, "case.report")
    is_asked = not answered or bool(request.GET.get("respond"))
    ended = last if task is None and last is not None else None
    return {
        "case": case,
        "answered": answered,
        "run": known.run,
        "since": "same" if known.run is None or excluded else known.presences,
        "may_respond": may_respond,
        "start": is_asked and may_respond and task is None and not is_given_up(last),
        "task": task,
        "one_more": task is not None and last is not None and last.pk != task.pk,
        "may_cancel": task is not None and not task.is_stop_asked and may_change(task, account),
        "failure": say(ended.failure) if ended is not None and ended.state == TaskState.FAILED else "",
        "is_cancelled": ended is not None and ended.state == TaskState.CANCELLED and not answered,
        "told": _told(ended, known.run),
        "unregistered": tracing.unregistered_of_case(request, case),
        "notice": say(told) if (told := playbook_notice(case.outbreak, to_local(now()).date())) else "",
        **_progress(case, task, answered=answered),
    }


@require_POST
def respond(request: ScopedRequest, case_id: str) -> HttpResponseBase:
    """Ask for the response to the case's outbreak, and answer at once with how far it is."""
    case = case_of(request, case_id)
    try:
        ask_response(
            outbreak=case.outbreak, by=request.account, at=now(), case_id=case.pk, url=reverse("case", args=[case.pk])
        )
    except Refused as refusal:
        messages.error(request, say(refusal.text))
    if not request.headers.get("HX-Request"):
        return redirect(reverse("case", args=[case.pk]))
    # What was refused would be refused again: the answer does not ask by itself.
    return render(request, "response/_case_panel_alone.html", panel_of(request, case) | {"start": False})


def progress_part(request: ScopedRequest, case_id: str) -> HttpResponse:
    """Show how far the response is; nothing (204) where the page shows it so already: ``seen``.

    When it has ended the page is loaded anew, for everything on it may be another now.
    """
    case = case_of(request, case_id)
    task = running_response(case.outbreak_id)
    shown = _progress(case, task, answered=task is None and is_answered(case))
    seen = request.GET.get("seen", "")
    has_ended = task is None and (shown["state"] == "finished" or seen not in ("", WAITING))
    if has_ended and request.headers.get("HX-Request"):
        last = last_response(case.outbreak_id)
        if last is not None and last.asked_by_id == request.account.pk:
            # Who asked looks at what came of it: a notice would tell it a second time.
            withdraw_notices(kinds=NOTICES, subject=Subject("task", str(last.pk)))
        return HttpResponse(status=204, headers={"HX-Redirect": _page(request, case)})
    if seen == shown["state"]:
        return HttpResponse(status=204)
    return render(request, "response/_case_progress.html", {"case": case, "task": task, **shown})


@require_POST
def cancel(request: ScopedRequest, case_id: str) -> HttpResponseBase:
    """Call the response off: one that waits at once, one that runs at its next step."""
    case = case_of(request, case_id)
    task = running_response(case.outbreak_id)
    try:
        ended = cancel_task(task=task, by=request.account, at=now()) if task is not None else None
    except Refused as refusal:
        messages.error(request, say(refusal.text))
    else:
        if ended is None:
            messages.info(request, _("No tracing runs any more."))
        elif ended.is_open:
            messages.success(request, _("Tracing ends at its next step; nothing of it is stored."))
        else:
            messages.success(request, _("Tracing is cancelled."))
    return redirect(reverse("case", args=[case.pk]))


def _told(task: Task | None, run: Any) -> list[str]:
    """Return what the task that made the last response has to tell; nothing once another response was made."""
    if task is None or task.state != TaskState.DONE or task.result is None or run is None:
        return []
    return [say(text) for text in told_of(task.result)] if task.result.get("run") == run.pk else []


def _progress(case: Any, task: Task | None, *, answered: bool) -> dict[str, Any]:
    stages = [(stage, say(stage.words)) for stage in stages_of(task)]
    at_work = [(n, stage.name, words) for n, (stage, words) in enumerate(stages, start=1) if stage.state == "now"]
    number, current, words = at_work[0] if at_work else (0, "", "")
    if task is None:
        state = "finished" if answered else WAITING
    elif task.is_stop_asked:
        state = "ending"
    elif task.state == TaskState.RUNNING:
        state = current or "begun"
    else:
        state = held_up(task, at=now()) or "queued"
    return {"stages": stages, "state": state, "number": number, "current": words}


def _page(request: ScopedRequest, case: Any) -> str:
    """Return the address that the reader looks at, without the word that asks for a response."""
    page = reverse("case", args=[case.pk])
    address = urlsplit(request.headers.get("HX-Current-URL", ""))
    query = QueryDict(address.query, mutable=True)
    query.pop("respond", None)
    return f"{page}?{query.urlencode()}" if address.path == page and query else page
