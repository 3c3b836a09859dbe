"""An export of many rows: not within the request, but as a task that opens the same page again and keeps what it sends.

The task is the same request once more: same address, same reader with the rights of that moment, same rows, same
columns covered by role, same entry in the audit trail. Only where the answer goes is different.
"""

import datetime as dt
import hashlib
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import get_language, override

from lianfang.access.rules import RouteRule
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Text
from lianfang.records.core.tasks import NOT_ALLOWED
from lianfang.records.tasks.running import Outcome, Running
from lianfang.records.tasks.services import ask_task

ROWS_AT_MOST = 5000
"""More rows than these are written by a task."""

EXPORT = "pages.export"
"""The kind of task, as the room declares it."""

_GONE = Text("这个列表已不存在；请回到列表页重新导出", "this list is not there any more; export anew from its page")
_NOT_READ = Text(
    "导出条件已不适用，没有写出任何行；请回到列表页重新导出",
    "the conditions of this export do not fit any more and nothing was written; export anew from the page of the list",
)
_STEP = Text("正在写出各行", "Writing the rows")


def is_written_now(request: HttpRequest) -> bool:
    """Tell whether a request comes from the task, which writes whatever number of rows."""
    return hasattr(request, "export_task")


def tell(request: HttpRequest, done: int, total: int) -> None:
    """Say how many rows are written, where the request comes from the task."""
    running: Running | None = getattr(request, "export_task", None)
    if running is not None:
        running.progress("rows", _STEP, done, total)


def ask(request: HttpRequest, *, title: Any, at: dt.datetime) -> HttpResponseBase:
    """Ask for the file as a task, and lead to the task's page.

    Raises
    ------
    Refused
        When the address is too long to be kept.
    """
    match = request.resolver_match
    assert match is not None
    query = request.GET.urlencode()
    titles = {}
    for language in ("zh-hans", "en"):
        with override(language):
            titles[language] = str(title)
    key = hashlib.sha256(f"{request.path}?{query}".encode()).hexdigest()
    task = ask_task(
        kind=EXPORT,
        # What was searched for may be a name: it is kept for the task alone, shown nowhere, and not in the trail.
        arguments={
            "route": match.view_name,
            "kwargs": {name: str(value) for name, value in match.kwargs.items()},
            "query": query,
        },
        subject=Subject("list", key, Text(titles["zh-hans"], titles["en"])),
        by=request.user,  # type: ignore[arg-type]
        language=get_language() or settings.LANGUAGE_CODE,
        at=at,
    )
    response = HttpResponseRedirect(f"{settings.TASK_PAGES}{task.pk}/")
    response.status_code = 303
    return response


def write(running: Running) -> Outcome:
    """Write the file of a task: open the list again as who asked for it, and keep what it sends.

    Raises
    ------
    Refused
        When the list is gone, or its reader may not open it any more.
    """
    arguments = running.arguments
    try:
        path = reverse(arguments["route"], kwargs=arguments["kwargs"])
    except NoReverseMatch:
        raise Refused(_GONE) from None
    request = _request(path, arguments["query"], running)
    view = resolve(path)
    rule = getattr(view.func, "access_rule", None)
    if not isinstance(rule, RouteRule) or rule.permission is None or isinstance(request.user, AnonymousUser):
        raise Refused(_GONE)
    request.resolver_match = view
    try:
        # Through `allow`, as from outside: the permission of the route is asked for again, and the scope made anew.
        answer = view.func(request, *view.args, **view.kwargs)
    except PermissionDenied:
        raise Refused(NOT_ALLOWED) from None
    except Http404:
        raise Refused(_GONE) from None
    if answer.status_code != 200 or "attachment" not in answer.get("Content-Disposition", ""):
        raise Refused(_NOT_READ)
    name = answer["Content-Disposition"].partition('filename="')[2].rstrip('"')
    number = 0
    try:
        with running.file(name) as file, file.open("wb") as out:
            for piece in answer.streaming_content:
                out.write(piece)
                number += len(piece)
    finally:
        # Not `answer.close()`: it tells Django that a request is over, which closes the connection of the task.
        if (book := getattr(answer, "file_to_stream", None)) is not None:
            book.close()
    return Outcome(result={"bytes": number})


def _request(path: str, query: str, running: Running) -> HttpRequest:
    request = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = path
    request.META.update({"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "localhost"})
    request.META["SERVER_PORT"] = "80"
    request.GET = QueryDict(query)
    request.user = running.by or AnonymousUser()
    request.LANGUAGE_CODE = running.task.language
    request.htmx = False  # type: ignore[attr-defined]
    request.export_task = running  # type: ignore[attr-defined]
    return request
