"""What every page knows of its reader: the navigation, where notices and the own account stand, area, theme."""

from fnmatch import fnmatchcase
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from lianfang import __version__
from lianfang.access.core.roles import may
from lianfang.access.words import say
from lianfang.pages.nav import NAV, address_of
from lianfang.pages.preferences import THEME_COOKIE, THEMES
from lianfang.registry.selectors import area_name
from lianfang.setup.services import is_begun


def page(request: HttpRequest) -> dict[str, Any]:
    """Give every template ``page``: navigation by role, the reader's area, theme, version."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    known: dict[str, Any] = {"version": __version__, "theme": theme if theme in THEMES else "", "debug": settings.DEBUG}
    account = getattr(request, "user", None)
    if account is not None and account.is_authenticated:
        known["area"] = "" if account.jurisdiction is None else area_name(account.jurisdiction)
        known["own"] = address_of(settings.OWN_PAGE)
        known["accounts"] = {"url": address_of("account-list"), "new": address_of("account-new")}
        known["notices"] = {"url": address_of("notice-list"), "count": address_of("notice-count")}
        known["nav"] = [
            {"url": url, "label": say(entry.label), "fit": _fit(request.path, url, entry.section)}
            for entry in NAV
            if may(account.role, entry.permission) and (url := address_of(entry.route))
        ]
        best = max((one["fit"] for one in known["nav"]), default=0)
        for one in known["nav"]:
            one["here"] = one.pop("fit") == best > 0
    elif request.path == address_of(settings.LOGIN_URL):
        known["is_new"] = not is_begun()
    return {"page": known}


def _fit(path: str, url: str, section: str) -> int:
    """Return how closely an entry of the navigation fits a page: 0 not at all; the page itself fits best of all."""
    if path == url:
        return 1000
    pattern = section or url
    return len(pattern) if pattern != "/" and fnmatchcase(path, f"{pattern}*") else 0
