"""Language and light or dark, chosen by a button and kept: by a cookie, and the language by the account too."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from lianfang.access.services import set_language

THEME_COOKIE = "lianfang_theme"
THEMES = ("light", "dark")
_YEAR = 365 * 24 * 3600


def safe_next(request: HttpRequest, fallback: str = "/") -> str:
    """Return where to go on, if that lies on this site; else `fallback`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return fallback


def choose(request: HttpRequest) -> HttpResponse:
    """Keep a choice and go back to the page it was made on."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    response = redirect(safe_next(request))
    if (language := request.POST.get("language")) in dict(settings.LANGUAGES):
        assert language is not None
        if request.user.is_authenticated:
            set_language(account=request.user, language=language)
        _keep(response, settings.LANGUAGE_COOKIE_NAME, language)
    if theme := request.POST.get("theme"):
        _keep(response, THEME_COOKIE, theme if theme in THEMES else "")
    return response


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
    )
