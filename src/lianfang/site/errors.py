"""Pages for what went wrong, each of which says what to do; and the answer that the application is alive."""

import sys
from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.html import format_html

from lianfang import __version__
from lianfang.access.problems import BAD_REQUEST, BROKEN, FORBIDDEN, NOT_FOUND, is_api, problem
from lianfang.access.turns import is_busy
from lianfang.access.words import say
from lianfang.kernel.errors import Refused
from lianfang.site.busy import busy


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers too; for whoever watches the service."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok", "version": __version__})


def favicon(request: HttpRequest) -> HttpResponse:
    """Lead browsers that ask for the old name to the drawing."""
    return HttpResponsePermanentRedirect(static("site/favicon.svg"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; but 503 where a session could not be saved because others were writing."""
    if is_busy(exception):
        return busy(request)
    if is_api(request):
        return problem(400, BAD_REQUEST)
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    if is_api(request):
        return problem(403, FORBIDDEN)
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that is too old, or was sent from elsewhere."""
    return render(request, "403_form.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if is_api(request):
        return problem(404, NOT_FOUND)
    return render(request, "404.html", status=404)


class Refusals:
    """A refusal that a view did not tell its reader itself becomes one clear line, never an error of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 409 with the sentence; a part of a page becomes the sentence."""
        if not isinstance(exception, Refused):
            return None
        if is_api(request):
            return problem(409, exception.text)
        words = say(exception.text)
        if request.headers.get("HX-Request"):
            return HttpResponse(format_html('<p class="message warning" role="alert">{}</p>', words))
        return render(request, "409.html", {"words": words}, status=409)


def server_error(request: HttpRequest) -> HttpResponse:
    """500. Stands on nothing that could be what broke: no account, no database, no context processor.

    Called while the exception is handled: what broke before any view began may be that others were writing (503).
    """
    if is_busy(sys.exc_info()[1]):
        return busy(request)
    if is_api(request):
        return problem(500, BROKEN)
    from django.template.loader import render_to_string

    return HttpResponse(render_to_string("500.html"), status=500)
