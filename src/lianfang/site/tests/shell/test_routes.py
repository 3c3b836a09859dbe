"""Every route, every role: open exactly to whom the table of permissions opens it, and never broken."""

import uuid
from typing import Any

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, include, path

from lianfang.access.core.roles import PERMISSIONS, Role, may
from lianfang.access.middleware import RouteRules
from lianfang.access.models import AuditEntry
from lianfang.access.rules import RouteRule, allow, public, routes, unruled
from lianfang.access.tests.cast import Cast

SAMPLES: dict[str, Any] = {"int": 1, "str": "X1", "slug": "x-1", "uuid": uuid.UUID(int=1), "path": "x/1"}


def _filled(patterns: list[Any], prefix: str = "/") -> list[tuple[str, RouteRule]]:
    found = []
    for item in patterns:
        text = str(item.pattern)
        for name, converter in item.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
            for written in (f"<{kind}:{name}>", f"<{name}>"):
                text = text.replace(written, str(SAMPLES.get(kind, "X1")))
        if isinstance(item, URLResolver):
            found += _filled(item.url_patterns, prefix + text)
        else:
            assert isinstance(item, URLPattern)
            found.append((prefix + text, item.callback.access_rule))
    return found


ROUTES = _filled(get_resolver().url_patterns)


def test_there_are_routes_and_each_address_is_complete() -> None:
    assert len(ROUTES) > 20
    assert not [address for address, _rule in ROUTES if "<" in address]


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", [*Role.codes(), None])
def test_open_exactly_to_whom_the_table_opens_it(cast: Cast, who: str | None, method: str) -> None:
    wrong = []
    for address, rule in ROUTES:
        client = cast.client(who)  # a new one each time: some routes sign out
        client.raise_request_exception = False
        answer = getattr(client, method)(address)
        if answer.status_code >= 500:
            wrong.append(f"{method} {address}: {answer.status_code}")
        elif rule.permission is None:
            if answer.status_code == 403:
                wrong.append(f"{method} {address}: public and yet refused")
        elif address.startswith("/api/") and who is None:
            if answer.status_code != 401 or answer["Content-Type"] != "application/json":
                wrong.append(f"{method} {address}: answered {answer.status_code} to nobody")
        elif who is None:
            if answer.status_code != 302 or not answer["Location"].startswith("/account/sign-in/?next="):
                wrong.append(f"{method} {address}: answered {answer.status_code} to somebody not signed in")
        elif (answer.status_code == 403) == may(who, rule.needed(method.upper()) or ""):
            wrong.append(f"{method} {address}: {answer.status_code}, needs {rule.permission}")
        if "content-security-policy" not in answer.headers:
            wrong.append(f"{method} {address}: no Content-Security-Policy")
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
@pytest.mark.database
def test_a_refusal_stands_in_the_audit_trail(cast: Cast) -> None:
    assert cast.client("grid_worker").get("/account/audit/").status_code == 403
    entry = AuditEntry.objects.last()
    assert entry is not None
    assert (entry.actor, entry.act, entry.key) == ("account:grid_worker", "refused", "/account/audit/")
    assert entry.detail["permission"] == "audit.view"


@pytest.mark.django_db
@pytest.mark.database
def test_a_part_of_a_page_is_told_to_move_the_whole_page_to_the_sign_in(cast: Cast) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/account/all/?q=x"}
    answer = cast.client(None).get("/account/all/", headers=headers)
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/account/sign-in/?next=http")


def test_every_permission_of_a_route_is_in_the_table_and_every_route_has_a_rule() -> None:
    assert unruled() == []
    assert {rule.permission for _address, rule in ROUTES} - {None} <= PERMISSIONS.keys()


# A deliberate violation: this module is the URLconf of the tests below.


def unruled_view(request: Any) -> HttpResponse:
    raise AssertionError("a view without a rule ran")


inner = [path("deep/", unruled_view)]
urlpatterns = [
    path("ruled/", allow("account.own", unruled_view)),
    path("open/", public(unruled_view)),
    path("third-party/", include((inner, "inner"))),
]
WRONG = override_settings(ROOT_URLCONF=__name__)


@WRONG
def test_the_check_names_a_route_without_a_rule() -> None:
    assert [address for address, _view in routes()] == ["ruled/", "open/", "third-party/deep/"]
    assert unruled() == ["third-party/deep/"]
    errors = [e for e in checks.run_checks() if e.id == "lianfang.access.E001"]
    assert len(errors) == 1 and "third-party/deep/" in errors[0].msg


@WRONG
def test_the_application_does_not_start_with_it() -> None:
    with pytest.raises(ImproperlyConfigured, match="third-party/deep/"):
        WSGIHandler()


@WRONG
def test_the_view_does_not_run_even_if_the_application_had_started() -> None:
    started = RouteRules.__new__(RouteRules)
    with pytest.raises(ImproperlyConfigured, match="no rule"):
        started.process_view(RequestFactory().get("/third-party/deep/"), unruled_view, (), {})


def test_a_rule_with_a_misspelt_permission_does_not_start() -> None:
    with pytest.raises(KeyError):
        allow("case.veiw", unruled_view)
