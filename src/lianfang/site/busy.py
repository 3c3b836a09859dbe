"""What is answered where the turn to write did not come: what was saved, and what to do. Never a broken page."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from lianfang.access.turns import forget_saved, is_busy, saved

HEADER = "Lianfang-Busy"
"""By it the pages' script (``frontend/src/app/busy.ts``) knows this answer from that of a proxy, and shows it."""


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
    """503, in both languages, whole or as a message for htmx. Stands on nothing that could be what is busy."""
    part = "503_message.html" if request.headers.get("HX-Request") else "503.html"
    words = {"is_saved": saved() > 0, "is_form": request.method not in ("GET", "HEAD")}
    response = HttpResponse(render_to_string(part, words), status=503)
    response["Retry-After"] = "10"
    response[HEADER] = "1"
    return response
