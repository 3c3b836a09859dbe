"""The way about: which pages stand in the navigation, and what every page knows of its reader."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from lianfang import __version__
from lianfang.access.core.roles import may
from lianfang.pages.preferences import THEME_COOKIE, THEMES
from lianfang.registry.selectors import area_name


@dataclass(frozen=True)
class Entry:
    """A page of the navigation: the name of its route, its label, and the permission that shows it."""

    route: str
    label: Any
    permission: str


NAV = (
    Entry("command", _("Command"), "command.view"),
    Entry("todo", _("To do"), "command.view"),
    Entry("case-list", _("Cases"), "case.view"),
    Entry("contact-list", _("Contacts"), "contact.view"),
    Entry("chains", _("Chains"), "case.view"),
    Entry("measure-list", _("Measures"), "measure.view"),
    Entry("clock-list", _("Clocks"), "clock.view"),
    Entry("person-list", _("Persons"), "person.view"),
    Entry("bulletin", _("Bulletin"), "bulletin.view"),
    Entry("playbook", _("Playbook"), "playbook.view"),
    Entry("presences", _("Presences"), "presence.view"),
    Entry("account-list", _("Accounts"), "account.manage"),
    Entry("audit-list", _("Audit trail"), "audit.view"),
)

_SECTION = {"chains": "/outbreaks/"}
"""Where the pages of an entry do not all begin with its own address."""


def page(request: HttpRequest) -> dict[str, Any]:
    """Give every template ``page``: navigation by role, the reader's area, theme, version."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    known: dict[str, Any] = {"version": __version__, "theme": theme if theme in THEMES else "", "debug": settings.DEBUG}
    account = getattr(request, "user", None)
    if account is not None and account.is_authenticated:
        known["area"] = "" if account.jurisdiction is None else area_name(account.jurisdiction)
        known["nav"] = [
            {
                "url": url,
                "label": entry.label,
                "here": request.path == url or (url != "/" and request.path.startswith(_SECTION.get(entry.route, url))),
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
