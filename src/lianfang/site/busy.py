"""What is answered where the turn to write did not come: what was saved, and what to do. Never a broken page."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from lianfang.access.problems import is_api, problem
from lianfang.access.turns import forget_saved, is_busy, saved
from lianfang.kernel.text import Text

HEADER = "Lianfang-Busy"
"""By it the pages' script (``frontend/src/app/busy.ts``) knows this answer from that of a proxy, and shows it."""

UNSAVED = Text(
    "其他人正在写入，等候超时；没有保存任何内容，请过几秒再发送一次",
    "others were writing for too long; nothing was saved: send it again in a few seconds",
)
SAVED = Text(
    "其他人正在写入，等候超时；可能已保存一部分，请先查看再决定是否重新发送",
    "others were writing for too long; a part may have been saved: look first, then decide whether to send it again",
)


class Busy:
    """Answer 503 for a view that waited too long for others who were writing (`access.turns`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forget_saved()
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer in place of the view."""
        if not is_busy(exception):
            return None
        logging.getLogger(__name__).warning("%s %s: others were writing for too long", request.method, request.path)
        return busy(request)


def busy(request: HttpRequest) -> HttpResponse:
    """503, in both languages, whole or as a message for htmx; JSON for the API.

    Stands on nothing that could be what is busy.
    """
    if is_api(request):
        return problem(503, SAVED if saved() else UNSAVED, headers={"Retry-After": "10", HEADER: "1"})
    part = "503_message.html" if request.headers.get("HX-Request") else "503.html"
    words = {"is_saved": saved() > 0, "is_form": request.method not in ("GET", "HEAD")}
    response = HttpResponse(render_to_string(part, words), status=503)
    response["Retry-After"] = "10"
    response[HEADER] = "1"
    return response
