"""What the API answers where it does not do what was asked: JSON, never a page; one sentence that says what to do.

``{"status": 422, "code": "invalid", "reason": "…", "errors": [{"field": "sort", "reason": "…"}]}``
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from lianfang.access.words import say
from lianfang.kernel.text import Text

API_ROOT = "/api/"

CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "refused",
    413: "too_large",
    422: "invalid",
    429: "too_many",
    500: "broken",
    503: "busy",
}
"""The code of each status: for programmes, while the reason is for people."""

BAD_REQUEST = Text(
    "无法读取该请求；请检查地址、请求头和正文的格式",
    "the request cannot be read; check the address, the headers and the form of the body",
)
FORBIDDEN = Text(
    "该账号或密钥没有此项权限；请联系管理员调整角色或更换密钥",
    "this account or key may not do this; ask the administrator for another role or another key",
)
NOT_FOUND = Text(
    "没有这个地址或这条记录，或不在您的辖区内；可用的地址见 /api/v1/openapi.json",
    "there is no such address or row, or it lies outside of your area; see /api/v1/openapi.json for the addresses",
)
BROKEN = Text(
    "系统出错；错误已记录，请稍后再试，如反复出现请把时间和地址告诉管理员",
    "something broke; it is recorded: try again later, and tell the administrator time and address if it happens again",
)
NOT_SIGNED_IN = Text(
    "请先登录，或在请求头中附上密钥：Authorization: Bearer lf_…",
    "sign in, or send a key in the header: Authorization: Bearer lf_…",
)
BAD_KEY = Text(
    "密钥无效：不存在、已过期、已撤销，或其账号已停用；请向管理员索取新的密钥",
    "the key is not valid: unknown, expired, revoked, or its account is disabled; ask the administrator for a new one",
)


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of a request: its name as it was to be sent, and a sentence."""

    field: str
    reason: Text | str


class Invalid(Exception):
    """A request to the API that can be read but not carried out as it stands: 422, with each field and its reason."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{one.field}: {one.reason}" for one in errors))
        self.errors = tuple(errors)


def is_api(request: HttpRequest) -> bool:
    """Tell whether a request goes to the API, which answers in JSON whatever happens."""
    return request.path_info.startswith(API_ROOT)


def problem(
    status: int,
    reason: Text | str,
    errors: Sequence[FieldError] = (),
    *,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return a refusal of the API.

    Parameters
    ----------
    status : int
        One of `CODES`.
    reason : Text or str
        The sentence; a `Text` is said in the language of the request.
    errors : sequence of FieldError, optional
        Which fields are wrong, and why.
    """
    body = {
        "status": status,
        "code": CODES.get(status, "refused"),
        "reason": _said(reason),
        "errors": [{"field": one.field, "reason": _said(one.reason)} for one in errors],
    }
    return JsonResponse(body, status=status, headers=dict(headers or {}), json_dumps_params={"ensure_ascii": False})


def invalid(errors: Sequence[FieldError]) -> HttpResponse:
    """Return 422; the reason of the first field stands at the top as well."""
    first = errors[0]
    return problem(422, f"{first.field}: {_said(first.reason)}", errors)


def accepted_language(request: HttpRequest) -> str:
    """Return the language that a caller of the API asks for by ``Accept-Language``; Chinese where it names none."""
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def _said(words: Text | str) -> str:
    return say(words) if isinstance(words, Text) else words
