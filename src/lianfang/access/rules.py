"""The rule of a route: every route names the permission it needs, in its urls.py, or the application does not start.

``path("cases/", allow("case.view", CaseList.as_view()), name="case-list")``
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver

from lianfang.access import audit
from lianfang.access.core.roles import PERMISSIONS, may
from lianfang.access.models import Account
from lianfang.access.problems import NOT_SIGNED_IN, is_api, problem
from lianfang.access.scope import Scope, scope_of
from lianfang.access.times import now

View = Callable[..., HttpResponseBase]


class ScopedRequest(HttpRequest):
    """A request that went through `allow`: somebody is signed in, and what they may see is known.

    Attributes
    ----------
    account : Account
        Who asks; signed in, with a role that may open the route.
    scope : Scope
        The rows that the account sees.
    """

    account: Account
    scope: Scope
    htmx: Any


@dataclass(frozen=True)
class RouteRule:
    """What a route asks of whoever calls it.

    Attributes
    ----------
    permission : str or None
        None for a public page.
    methods : tuple of (method, permission)
        For a route of the API, whose operations share an address: what each method needs. Empty: all methods of a page
        need `permission`.
    """

    permission: str | None
    methods: tuple[tuple[str, str], ...] = ()

    def needed(self, method: str | None) -> str | None:
        """Return the permission that a method needs; one that the route does not know needs `permission`."""
        return dict(self.methods).get(method or "", self.permission)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The methods that a route of the API answers; empty for a page, which tells by itself."""
        return tuple(method for method, _permission in self.methods)


def allow(permission: str, view: View) -> View:
    """Open a view to the roles that have a permission; give it the caller as ``request.account`` and ``request.scope``.

    Somebody who is not signed in is sent to the sign-in page and back; a role without the permission gets 403, and
    the refusal stands in the audit trail.

    Parameters
    ----------
    permission : str
        A key of `lianfang.access.core.roles.PERMISSIONS`.
    view : callable
        A Django view.

    Raises
    ------
    KeyError
        At start-up, when there is no such permission.
    """
    PERMISSIONS[permission]

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        account = request.user
        if not account.is_authenticated:
            return to_sign_in(request)
        if not may(account.role, permission):
            record_refusal(request, permission)
            raise PermissionDenied(permission)
        request.account = account  # type: ignore[attr-defined]
        request.scope = scope_of(account)  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    guarded.access_rule = RouteRule(permission)  # type: ignore[attr-defined]
    return guarded


def public(view: View) -> View:
    """Open a view to everybody; for the sign-in page and the like."""

    def open_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    wraps(view)(open_view)
    open_view.access_rule = RouteRule(None)  # type: ignore[attr-defined]
    return open_view


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Send a reader to the sign-in page and back; a partial reload is told to move the whole page there.

    A programme is told in JSON.
    """
    from django.contrib.auth.views import redirect_to_login

    if is_api(request):
        return problem(401, NOT_SIGNED_IN, headers={"WWW-Authenticate": "Bearer"})

    if request.headers.get("HX-Request") == "true":
        target = redirect_to_login(request.headers.get("HX-Current-URL", "/"))
        return HttpResponse(status=204, headers={"HX-Redirect": target.url})
    return redirect_to_login(request.get_full_path())


def record_refusal(request: HttpRequest, permission: str) -> None:
    """Write to the audit trail that an account asked for what its role, or its key, may not open."""
    key = getattr(request, "api_key", None)
    by_key = {"api_key": key.prefix} if key is not None else {}
    audit.record(
        actor=scope_of(request.user).name,  # type: ignore[arg-type]
        act="refused",
        kind="route",
        key=request.path[:80],
        detail={"permission": permission, "method": request.method, **by_key},
        at=now(),
    )


def routes(patterns: Iterable[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Walk all routes, included ones too; give each pattern's path and view."""
    for item in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from routes(item.url_patterns, path)
        else:
            yield path, item.callback


def unruled() -> list[str]:
    """Return the paths of routes that carry no rule; the application does not start while there are any."""
    return [path for path, view in routes() if not isinstance(getattr(view, "access_rule", None), RouteRule)]
