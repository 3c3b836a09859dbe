"""The lists of the application, as the API gives them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver

from lianfang.access.rules import routes
from lianfang.pages.lists import ListPage

_CONVERTER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class ListRoute:
    """A list of the API.

    Attributes
    ----------
    path : str
        Its address under the API, with what it holds in braces: ``outbreaks/{str:code}/unregistered``.
    page : type of ListPage
        The page whose rows it gives.
    permission : str
        What it needs: what its page needs.
    address : str
        The page's own address.
    """

    path: str
    page: type[ListPage]
    permission: str
    address: str

    @property
    def name(self) -> str:
        """The list's name for programmes, without what its address holds: ``outbreaks-unregistered``."""
        return re.sub(r"/?{[^}]*}/?", "-", self.path).replace("/", "-").strip("-")


def list_routes(patterns: Iterable[URLPattern | URLResolver]) -> list[ListRoute]:
    """Return every list among the routes of the pages: the one place that says which lists the API has.

    Parameters
    ----------
    patterns : iterable of URLPattern or URLResolver
        The routes of the pages. A list whose route has no rule is left out; with it the application does not start.
    """
    found: list[ListRoute] = []
    for address, view in routes(patterns):
        page = getattr(view, "view_class", None)
        rule = getattr(view, "access_rule", None)
        if page is None or not issubclass(page, ListPage) or rule is None or rule.permission is None:
            continue
        path = page.api_name or _CONVERTER.sub(r"{\1:\2}", address).replace("{:", "{").strip("/")
        if any(other.path == path for other in found):
            raise ImproperlyConfigured(f"two lists stand at {path} under the API: give one an api_name of its own")
        found.append(ListRoute(path, page, rule.permission, f"/{address}"))
    return found
