"""The way about: which pages stand in the navigation, and the first of them."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from lianfang.access.core.roles import may
from lianfang.house import declared
from lianfang.kernel.declare import Entry

NAV: tuple[Entry, ...] = tuple(
    sorted((one for room in declared().values() for one in room.navigation), key=lambda one: one.place)
)
"""The pages of the navigation, in their order."""


def home(request: HttpRequest) -> HttpResponseBase:
    """Lead to the first page of the navigation that the reader's role may open; else to that of the own account.

    Raises
    ------
    Http404
        When there is neither.
    """
    role = request.user.role  # type: ignore[union-attr]
    routes = [entry.route for entry in NAV if may(role, entry.permission)]
    first = next(filter(None, map(address_of, [*routes, settings.OWN_PAGE])), "")
    if not first:
        raise Http404
    return redirect(first)


def address_of(route: str) -> str:
    """Return the address of a route; empty where there is none, as a room that is not installed has no page."""
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
