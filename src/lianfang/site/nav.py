"""The way about: which pages stand in the navigation, and what every page knows of its reader."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from lianfang import __version__
from lianfang.access.core.roles import may
from lianfang.access.words import say
from lianfang.house import declared
from lianfang.kernel.declare import Entry
from lianfang.pages.preferences import THEME_COOKIE, THEMES
from lianfang.registry.selectors import area_name

NAV: tuple[Entry, ...] = tuple(
    sorted((one for room in declared().values() for one in room.navigation), key=lambda one: one.place)
)
"""The pages of the navigation, in their order."""


def page(request: HttpRequest) -> dict[str, Any]:
    """Give every template ``page``: navigation by role, the reader's area, theme, version."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    known: dict[str, Any] = {"version": __version__, "theme": theme if theme in THEMES else "", "debug": settings.DEBUG}
    account = getattr(request, "user", None)
    if account is not None and account.is_authenticated:
        known["area"] = "" if account.jurisdiction is None else area_name(account.jurisdiction)
        known["notices"] = {"url": _address("notice-list"), "count": _address("notice-count")}
        known["nav"] = [
            {
                "url": url,
                "label": say(entry.label),
                "here": request.path == url or (url != "/" and request.path.startswith(entry.section or url)),
            }
            for entry in NAV
            if may(account.role, entry.permission) and (url := _address(entry.route))
        ]
    return {"page": known}


def home(request: HttpRequest) -> HttpResponseBase:
    """Lead to the first page of the navigation that the reader's role may open."""
    role = request.user.role  # type: ignore[union-attr]
    addresses = (_address(entry.route) for entry in NAV if may(role, entry.permission))
    return redirect(next((address for address in addresses if address), reverse("account")))


def _address(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:  # a room that is not installed has no page
        return ""
