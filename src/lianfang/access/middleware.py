"""What stands before every view: no view without a rule, the reader's language, the end of an idle session."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from lianfang.access import audit
from lianfang.access.problems import accepted_language, is_api, problem
from lianfang.access.rules import RouteRule, to_sign_in, unruled
from lianfang.access.times import now
from lianfang.kernel.text import Text

Next = Callable[[HttpRequest], HttpResponse]

WALL = Text("大屏会话只供查看；请退出后重新登录再操作", "this is a wall screen: it only shows; sign out to work here")

REFRESH_HEADER = "Lianfang-Refresh"
"""Sent by a part of a page that reloads itself: that is not somebody at work, and does not keep a session alive."""


class RouteRules:
    """Closed by default: the application does not start with a route that has no rule, and such a view never runs."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        if missing := unruled():
            raise ImproperlyConfigured(
                f"routes without a rule: {', '.join(missing)}; wrap their views in allow() or public() in urls.py"
            )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Stop a view without a rule, however it was reached."""
        if not isinstance(getattr(view, "access_rule", None), RouteRule):
            raise ImproperlyConfigured(f"{request.path}: its view has no rule")


class Language:
    """Chinese unless the reader chose otherwise: by the account where somebody is signed in, else by a cookie.

    A programme that calls the API chooses by ``Accept-Language``.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        account = request.user
        if is_api(request):
            chosen: str | None = accepted_language(request)
        else:
            chosen = (
                account.language if account.is_authenticated else request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
            )
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class IdleSession:
    """End a session after `settings.IDLE_MINUTES` in which nobody did anything, and say so on the sign-in page.

    A wall screen is the exception: whoever signs in there may turn the session into one that only looks. It is kept
    alive by the pages that reload themselves, changes nothing, and ends after a shift as every session does.
    """

    KEY = "last_seen"
    WALL = "wall"

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.get_response(request)
        moment = int(now().timestamp())
        last = request.session.get(self.KEY, moment)
        if moment - last > settings.IDLE_MINUTES * 60:
            audit.record(
                actor=f"account:{request.user.username}", act="sign-in", kind="session", key="timed out", at=now()
            )
            logout(request)
            if is_api(request):
                return to_sign_in(request)
            messages.warning(
                request,
                _("You were signed out after %(minutes)s minutes without use. Sign in again to go on where you were.")
                % {"minutes": settings.IDLE_MINUTES},
            )
            return to_sign_in(request)
        wall = request.session.get(self.WALL, False)
        if (
            wall
            and request.method not in ("GET", "HEAD")
            and request.path not in [reverse(route) for route in settings.WALL_MAY_POST_TO]
        ):
            if is_api(request):
                return problem(403, WALL)
            messages.warning(request, _("This is a wall screen: it only shows. Sign out to work here."))
            return redirect(settings.LOGIN_REDIRECT_URL)
        # Written at most once a minute: otherwise every page would cost a write.
        if (wall or REFRESH_HEADER not in request.headers) and (moment - last >= 60 or self.KEY not in request.session):
            request.session[self.KEY] = moment
        return self.get_response(request)
