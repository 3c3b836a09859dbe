"""Routes of the API, each with its rule: the document, the lists, and what stands in `operations`."""

from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import get_language
from ninja import NinjaAPI, Router

from lianfang.access.api_door import api_route
from lianfang.access.rules import public
from lianfang.house import lists
from lianfang.kernel.declare import Listed
from lianfang.site.api.acts import router as acts
from lianfang.site.api.build import add_lists, make_api, ruled_patterns, unknown_address
from lianfang.site.api.lists import list_routes
from lianfang.site.api.openapi import document_of

Patterns = list[URLPattern | URLResolver]

ROUTERS: tuple[tuple[str, Router], ...] = (("acts", acts),)
"""Further operations, as pairs of a prefix under ``/api/v1/`` and a router; each operation with its ``api_route``."""


def api_patterns(
    pages: Iterable[URLPattern | URLResolver],
    routers: Iterable[tuple[str, Router]] = ROUTERS,
    listed: Iterable[Listed] | None = None,
) -> Patterns:
    """Return the routes under ``/api/v1/``: the operations of `build_api`, and 404 in JSON for everything else."""
    api = build_api(list(pages), routers, listed)
    return [*ruled_patterns(api), path("", public(unknown_address)), path("<path:rest>", public(unknown_address))]


def build_api(
    pages: Patterns, routers: Iterable[tuple[str, Router]] = ROUTERS, listed: Iterable[Listed] | None = None
) -> NinjaAPI:
    """Return the API with all of its operations.

    Parameters
    ----------
    pages : list of URLPattern or URLResolver
        The routes of the pages, among which the lists have their addresses.
    routers : iterable of (prefix, Router), optional
        Operations beside the lists.
    listed : iterable of Listed, optional
        The lists; those that the rooms of the house declare, when not given.
    """
    api = make_api()
    own = Router()
    add_document(own, lambda language: document_of(api, pages, language))
    add_lists(own, list_routes(pages, lists() if listed is None else listed))
    api.add_router("", own)
    for prefix, router in routers:
        api.add_router(prefix, router)
    return api


def add_document(router: Router, document: Callable[[str], dict[str, object]]) -> None:
    """Add the operation that gives the OpenAPI document, in the language of whoever asks."""

    @router.get("/openapi.json", operation_id="openapi", summary="OpenAPI", tags=["document"], url_name="openapi")
    @api_route("account.own")
    def openapi(request: HttpRequest) -> HttpResponse:
        return JsonResponse(document(get_language() or "zh-hans"), json_dumps_params={"ensure_ascii": False})
