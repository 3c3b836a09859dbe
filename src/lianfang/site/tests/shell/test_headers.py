"""Nothing inline, strict headers, and pages for what goes wrong that say what to do."""

import re
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path

import lianfang
from lianfang.access.rules import public
from lianfang.access.tests.cast import Cast
from lianfang.site import errors

PACKAGE = Path(lianfang.__file__).parent
TEMPLATES = sorted(PACKAGE.glob("*/templates/**/*.html"))
INLINE = {
    "style attribute": re.compile(r"<[a-z][^>]*\sstyle\s*=\s*[\"']", re.I),
    "style element": re.compile(r"<style", re.I),
    "event handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=\s*[\"']", re.I),
    "javascript address": re.compile(r"javascript:", re.I),
    "htmx script": re.compile(r"\shx-on|hx-vals=['\"]js:|hx-headers=['\"]js:|hx-trigger=['\"][^'\"]*\[(?!type=)", re.I),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*type=.application/json)[^>]*>", re.I),
    "script of another site": re.compile(r"(?:src|href)=['\"](?:https?:)?//", re.I),
}


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_no_template_has_anything_inline(file: Path) -> None:
    text = file.read_text("utf-8")
    assert not [what for what, pattern in INLINE.items() if pattern.search(text)]


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("style attribute", '<p style="x">'),
        ("style element", "<style>"),
        ("event handler", '<a onclick="x">'),
        ("inline script", "<script>x</script>"),
        ("inline script", '<script type="module">x</script>'),
        ("htmx script", "<i hx-trigger='click[x]'>"),
    ],
)
def test_the_scan_finds_what_it_looks_for(what: str, text: str) -> None:
    assert INLINE[what].search(text)


def test_no_python_writes_anything_inline() -> None:
    files = [f for f in PACKAGE.glob("**/*.py") if "tests" not in f.parts]
    found = [
        f"{f.relative_to(PACKAGE)}: {what}"
        for f in files
        for what in ("style attribute", "event handler", "style element")
        if INLINE[what].search(f.read_text("utf-8"))
    ]
    assert not found


@pytest.mark.django_db
def test_headers_are_strict(client: Client) -> None:
    answer = client.get("/account/sign-in/")
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["style-src"] == policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["worker-src"] == "'self'" and policy["img-src"] == "'self' data: blob:"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin" and "no-store" in answer["Cache-Control"]
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.django_db
def test_behind_https_cookies_travel_only_there(tmp_path) -> None:
    import os
    import subprocess
    import sys

    code = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0, s.SECURE_PROXY_SSL_HEADER)"
    )
    environment = os.environ | {
        "LIANFANG_HTTPS": "1",
        "LIANFANG_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "lianfang.site.settings",
    }
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split()[:3] == ["True", "True", "True"]


@pytest.mark.django_db
def test_the_service_says_that_it_is_alive(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.json() == {"status": "ok", "version": lianfang.__version__}


def broken(request) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [path("broken/", public(broken))]
handler400, handler403, handler404, handler500 = (
    errors.bad_request,
    errors.forbidden,
    errors.not_found,
    errors.server_error,
)


@pytest.mark.django_db
def test_an_error_of_ours_is_told_in_both_languages_and_hides_its_traceback() -> None:
    client = Client(raise_request_exception=False)
    with override_settings(ROOT_URLCONF=__name__):
        answer = client.get("/broken/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "系统出错了" in page and "Something broke" in page and "ZeroDivision" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("zh-hans", "没有这个页面"), ("en", "There is no such page")])
def test_a_missing_page_says_what_to_do(cast: Cast, language: str, words: str) -> None:
    cast.auditor.language = language
    cast.auditor.save()
    answer = cast.client("auditor").get("/no/such/page/")
    assert answer.status_code == 404 and words in answer.content.decode()


@pytest.mark.django_db
def test_a_refused_page_says_who_can_help(cast: Cast) -> None:
    answer = cast.client("grid_worker").get("/account/all/")
    assert answer.status_code == 403 and "请联系管理员调整角色" in answer.content.decode()


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_in_words(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.auditor, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post("/account/password/", {})
    assert answer.status_code == 403 and "请返回、刷新后重新提交" in answer.content.decode()
