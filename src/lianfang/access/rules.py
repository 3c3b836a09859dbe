"""The rule of a route: every route names the permission it needs, in its urls.py, or the application does not start.

``path("cases/", allow("case.view", CaseList.as_view()), name="case-list")``
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from lianfang.access.core.roles import PERMISSIONS, may
from lianfang.access.scope import scope_of

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class RouteRule:
    """What a route asks of whoever calls it; `permission` is None for a public page."""

    permission: str | None


def allow(permission: str, view: View) -> View:
    """Open a view to the roles that have a permission, and give it the caller's scope as ``request.scope``.

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
            from django.contrib.auth.views import redirect_to_login

            return redirect_to_login(request.get_full_path())
        if not may(account.role, permission):
            raise PermissionDenied(permission)
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
