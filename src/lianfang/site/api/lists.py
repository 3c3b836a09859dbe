"""The lists of the application, as the API gives them: the rooms declare which there are, the routes say where."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver

from lianfang.access.rules import routes
from lianfang.kernel.declare import Listed, load_named
from lianfang.pages.api import columns_of
from lianfang.pages.lists import ListPage

_CONVERTER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class ListRoute:
    """A list of the API.

    Attributes
    ----------
    name : str
        The code under which its room declares it.
    path : str
        Its address under the API: its name, or, where its page's address holds something, that address with it in
        braces: ``outbreaks/{str:code}/unregistered``.
    page : type of ListPage
        The page whose rows it gives.
    permission : str
        What it needs: what its page needs.
    address : str
        The page's own address.
    """

    name: str
    path: str
    page: type[ListPage]
    permission: str
    address: str


def list_routes(patterns: Iterable[URLPattern | URLResolver], declared: Iterable[Listed]) -> list[ListRoute]:
    """Return every list that the rooms declare, with its address among the routes of the pages.

    Parameters
    ----------
    patterns : iterable of URLPattern or URLResolver
        The routes of the pages.
    declared : iterable of Listed
        The lists: `house.lists`.

    Raises
    ------
    ImproperlyConfigured
        When a declared list has not exactly one route with the permission that it declares, a list page among the
        routes is not declared, or the API could not give a table as its file: the application does not start.
    """
    at: dict[type[ListPage], list[tuple[str, str | None]]] = {}
    for address, view in routes(patterns):
        page = getattr(view, "view_class", None)
        if page is not None and issubclass(page, ListPage):
            rule = getattr(view, "access_rule", None)
            at.setdefault(page, []).append((address, rule.permission if rule is not None else None))
    found = []
    for one in declared:
        page = load_named(one.view)
        places = at.pop(page, [])
        if [permission for _address, permission in places] != [one.permission]:
            told = ", ".join(f"/{address} ({permission})" for address, permission in places) or "none"
            wrong = f"the list {one.code} needs one route with the permission {one.permission}; it has: {told}"
            raise ImproperlyConfigured(wrong)
        columns_of(page.table_class)
        address = places[0][0]
        path = _CONVERTER.sub(r"{\1:\2}", address).replace("{:", "{").strip("/") if "<" in address else one.code
        found.append(ListRoute(one.code, path, page, one.permission, f"/{address}"))
    if at:
        names = ", ".join(f"{page.__module__}:{page.__qualname__}" for page in at)
        raise ImproperlyConfigured(f"list pages that no room declares: {names}; name them in lists= of its room.py")
    return found
