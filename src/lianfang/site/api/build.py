"""Operations with their permissions, and the routes that they make: each behind the door, each with its rule.

An operation is written as django-ninja has it, with its permission::

    @router.get("/acts/{code}")
    @api_route("account.own")
    def show_act(request: HttpRequest, code: str) -> HttpResponse: ...
"""

import inspect
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import URLPattern, path
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation, PathView
from ninja.utils import normalize_path

from lianfang import __version__
from lianfang.access.api_door import api_route, door
from lianfang.access.problems import BAD_REQUEST, NOT_FOUND, FieldError, invalid, problem
from lianfang.access.rules import RouteRule
from lianfang.kernel.text import Text
from lianfang.pages.api import list_answer
from lianfang.site.api.lists import ListRoute

ROOT = "/api/v1/"

_KINDS: dict[str, type] = {"int": int, "uuid": uuid.UUID}
_REASONS = {
    "missing": Text("缺少此项", "is missing"),
    "extra_forbidden": Text("没有这一项", "there is no such field"),
}


def make_api() -> NinjaAPI:
    """Return an API without operations, whose refusals are those of `access.problems`.

    What a view raises goes on to the door, which answers it as everywhere.
    """
    api = NinjaAPI(title="Lianfang", version=__version__, openapi_url=None, docs_url=None, urls_namespace="api-v1")

    def passed_on(_request: HttpRequest, error: Any) -> HttpResponse:
        raise error

    def unreadable(_request: HttpRequest, error: Any) -> HttpResponse:
        return problem(error.status_code, BAD_REQUEST)

    def wrong_fields(_request: HttpRequest, error: Any) -> HttpResponse:
        return invalid([_field_error(one) for one in error.errors])

    api.add_exception_handler(Exception, passed_on)
    api.add_exception_handler(Http404, passed_on)
    api.add_exception_handler(HttpError, unreadable)
    api.add_exception_handler(ValidationError, wrong_fields)
    return api


def add_lists(router: Router, lists: Iterable[ListRoute]) -> None:
    """Add an operation for each list."""
    for one in lists:
        _add_list(router, one)


def _add_list(router: Router, one: ListRoute) -> None:
    def give(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        answer = list_answer(one.page, request, kwargs)  # type: ignore[arg-type]
        return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})

    # django-ninja reads the parts of the address from the signature; Django has given them their kind by then.
    named = inspect.Parameter.KEYWORD_ONLY
    parts = [part.rpartition(":") for part in _parts(one.path)]
    give.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=HttpRequest),
            *(inspect.Parameter(name, named, annotation=_KINDS.get(kind, str)) for kind, _, name in parts),
        ]
    )
    give.__name__ = give.__qualname__ = f"list_{one.name.replace('-', '_')}"
    give.__doc__ = None
    give.list_route = one  # type: ignore[attr-defined]
    operation = api_route(one.permission)(give)
    router.get(f"/{one.path}", operation_id=give.__name__, tags=["lists"], url_name=one.name)(operation)


def _parts(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]


def operations_of(api: NinjaAPI) -> Iterator[tuple[str, PathView]]:
    """Yield each address under the root of an API, in django-ninja's notation, with its operations."""
    # django-ninja's own document is built from the same table.
    for bound in api._get_bound_routers():
        for part, view in bound.path_operations.items():
            yield normalize_path("/".join(one for one in (bound.prefix, part) if one)).lstrip("/"), view


def permission_of(operation: Operation) -> str | None:
    """Return the permission that an operation names by `api_route`; None where it names none."""
    return getattr(operation.view_func, "api_permission", None)


def ruled_patterns(api: NinjaAPI) -> list[URLPattern]:
    """Return the routes of an API, one an address, each behind the door with the permissions of its operations.

    An address with an operation that names no permission stays without a rule: `access.rules.unruled` names it, and the
    application does not start.
    """
    patterns = []
    for route, view in operations_of(api):
        name = next((one.url_name for one in view.operations if getattr(one, "url_name", None)), None)
        callback = view.get_view()
        methods = [(method, permission_of(one)) for one in view.operations for method in one.methods]
        if all(permission is not None for _method, permission in methods):
            rule = RouteRule(methods[0][1], tuple((method, str(permission)) for method, permission in methods))
            callback = door(rule, callback)
        patterns.append(path(route.replace("{", "<").replace("}", ">"), callback, name=name))
    return patterns


def unknown_address(request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
    """Answer 404 in JSON for whatever else stands under the API."""
    return problem(404, NOT_FOUND)


def _field_error(one: dict[str, Any]) -> FieldError:
    place = [str(part) for part in one.get("loc", ())]
    # The first two say where django-ninja looked: the body, and the name of the view's argument.
    field = ".".join(place[2:] or place[1:] or place) or "body"
    words = str(one.get("msg", ""))
    return FieldError(field, _REASONS.get(one.get("type", ""), Text(f"不合要求：{words}", words)))
