"""The door of the API: who calls, by key or by session; what the route needs; how often; and refusals as JSON.

``door(rule, view)`` is to a route of the API what ``allow(permission, view)`` is to a page, and carries its rule in the
same way, so that the walk over all routes and the check at the start see it. After it a view finds ``request.account``,
``request.scope``, and ``request.api_key`` (None for a session).
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from lianfang.access import audit
from lianfang.access.api_keys import Checked, check_key, key_may
from lianfang.access.core.roles import PERMISSIONS, may
from lianfang.access.limits import count
from lianfang.access.models import Account, ApiKey
from lianfang.access.problems import (
    BAD_KEY,
    BAD_REQUEST,
    BROKEN,
    FORBIDDEN,
    NOT_FOUND,
    NOT_SIGNED_IN,
    Invalid,
    invalid,
    problem,
)
from lianfang.access.rules import RouteRule, View, record_refusal
from lianfang.access.scope import scope_of, system_scope
from lianfang.access.times import now
from lianfang.access.turns import is_busy
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text

SAFE = ("GET", "HEAD", "OPTIONS")
WRONG_KEYS = "api"
"""The system scope under whose name a refused key stands in the trail: nobody is known to have called."""

_WRONG_WINDOW = 900
_View = TypeVar("_View", bound=Callable[..., Any])


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def api_route(permission: str) -> Callable[[_View], _View]:
    """Say which permission an operation of the API needs; without it the application does not start.

    ``@router.get("/cases")`` stands above ``@api_route("case.view")``.

    Raises
    ------
    KeyError
        At start-up, when there is no such permission.
    """
    PERMISSIONS[permission]

    def marked(view: _View) -> _View:
        view.api_permission = permission  # type: ignore[attr-defined]
        return view

    return marked


def door(rule: RouteRule, view: View) -> View:
    """Open a view of the API to whoever has the permission of its rule, and answer every refusal in JSON.

    Parameters
    ----------
    rule : RouteRule
        The permission of each method that the view answers.
    view : callable
        Its own protection against forged requests is this door's: a session that writes needs the CSRF token, a key
        does not, since no browser sends it by itself.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return _admit(request, rule) or view(request, *args, **kwargs)
        except Invalid as error:
            return invalid(error.errors)
        except Refused as refusal:
            return problem(409, refusal.text)
        except Http404:
            return problem(404, NOT_FOUND)
        except PermissionDenied:
            return problem(403, FORBIDDEN)
        except RequestDataTooBig:
            return _too_large()
        except SuspiciousOperation:
            return problem(400, BAD_REQUEST)
        except Exception as error:
            if is_busy(error) or not settings.DEBUG:
                raise  # answered as JSON too, by what stands around every view
            logging.getLogger(__name__).exception("%s %s", request.method, request.path)
            return problem(500, BROKEN)

    guarded.csrf_exempt = True  # type: ignore[attr-defined]
    guarded.access_rule = rule  # type: ignore[attr-defined]
    return guarded


def _admit(request: HttpRequest, rule: RouteRule) -> HttpResponse | None:
    if _length(request) > settings.API_BODY_BYTES:
        return _too_large()
    refusal = _by_key(request) if "Authorization" in request.headers else _by_session(request)
    if refusal is not None:
        return refusal
    account: Account = request.account  # type: ignore[attr-defined]
    key: ApiKey | None = request.api_key  # type: ignore[attr-defined]
    request.scope = scope_of(account)  # type: ignore[attr-defined]
    called = count(f"api-key:{key.pk}" if key else f"api-account:{account.pk}", seconds=60)
    if called.times > settings.API_PER_MINUTE:
        words = Text(
            f"每分钟最多 {settings.API_PER_MINUTE} 次请求；请在 {called.seconds_left} 秒后继续",
            f"at most {settings.API_PER_MINUTE} requests a minute; go on in {called.seconds_left} s",
        )
        return problem(429, words, headers={"Retry-After": str(called.seconds_left)})
    permission = rule.needed(request.method)
    if permission is not None:
        has_it = key_may(key, permission) if key is not None else may(account.role, permission)
        if not has_it:
            record_refusal(request, permission)
            return problem(403, FORBIDDEN)
    if request.method not in rule.allowed:
        allowed = ", ".join(rule.allowed)
        words = Text(f"此地址只接受 {allowed}", f"this address answers {allowed} alone")
        return problem(405, words, headers={"Allow": allowed})
    return None


def _by_key(request: HttpRequest) -> HttpResponse | None:
    scheme, _, sent = request.headers["Authorization"].partition(" ")
    checked = check_key(sent.strip(), at=now()) if scheme.lower() == "bearer" else Checked(None, "form", "")
    if checked.key is None:
        return _refused_key(request, checked)
    request.user = request.account = checked.key.account  # type: ignore[attr-defined]
    request.api_key = checked.key  # type: ignore[attr-defined]
    return None


def _refused_key(request: HttpRequest, checked: Checked) -> HttpResponse:
    # By address, and only for what is refused: whoever guesses keeps no owner of a key out, wherever both sit. Nor does
    # he fill the trail.
    address = request.META.get("REMOTE_ADDR", "")
    wrong = count(f"api-wrong:{address}", seconds=_WRONG_WINDOW)
    if wrong.times > settings.API_WRONG_KEYS:
        words = Text(
            f"此地址的无效密钥过多；请核对密钥，{wrong.seconds_left} 秒后再试",
            f"too many wrong keys from this address; check the key, and try again in {wrong.seconds_left} s",
        )
        return problem(429, words, headers={"Retry-After": str(wrong.seconds_left)})
    audit.record(
        actor=system_scope(WRONG_KEYS).name,
        act="refused",
        kind="access.apikey",
        key=checked.prefix,
        detail={"reason": checked.fault, "address": address, "path": request.path[:80], "method": request.method},
        at=now(),
    )
    return problem(401, BAD_KEY, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _by_session(request: HttpRequest) -> HttpResponse | None:
    account = request.user
    if not isinstance(account, Account) or not account.is_authenticated:
        return problem(401, NOT_SIGNED_IN, headers={"WWW-Authenticate": "Bearer"})
    # Browsers say from where a request comes; one that says nothing is held off by the cookie's SameSite.
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        words = Text(
            "其他网站的页面不能用您的登录身份调用接口；请改用密钥",
            "pages of another site cannot call with your session; use a key",
        )
        return problem(403, words)
    if request.method not in SAFE:
        check = _Csrf(lambda _request: HttpResponse())
        check.process_request(request)
        if check.process_view(request, None, (), {}):  # type: ignore[arg-type]
            words = Text(
                "以登录身份写入须带 X-CSRFToken 请求头；请刷新页面后重试，或改用密钥",
                "writing with a session needs the header X-CSRFToken; reload the page and try again, or use a key",
            )
            return problem(403, words)
    request.account = account  # type: ignore[attr-defined]
    request.api_key = None  # type: ignore[attr-defined]
    return None


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _too_large() -> HttpResponse:
    words = Text(
        f"正文超过 {settings.API_BODY_BYTES} 字节；请分几次发送",
        f"the body is longer than {settings.API_BODY_BYTES} bytes; send it in parts",
    )
    return problem(413, words)
