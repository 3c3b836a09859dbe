"""Signing in: limits, the end of an idle session, two factors, passwords, language and theme that stay."""

import datetime as dt
import time

import pytest
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from lianfang.access import audit
from lianfang.access.models import Account, AuditEntry
from lianfang.access.tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def sign_in(client: Client, name: str = "commander", password: str = PASSWORD, **kwargs):
    return client.post("/account/sign-in/", {"login": name, "password": password}, **kwargs)


def later(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    from lianfang.access import middleware

    moment = middleware.now() + dt.timedelta(minutes=minutes)
    monkeypatch.setattr(middleware, "now", lambda: moment)


def test_signing_in_and_out_is_audited(cast: Cast) -> None:
    client = Client()
    answer = sign_in(client)
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert client.get("/account/").status_code == 200
    client.post("/account/sign-out/")
    assert client.get("/account/")["Location"].startswith("/account/sign-in/")
    keys = list(AuditEntry.objects.filter(kind="session").values_list("actor", "act", "key"))
    assert keys == [("account:commander", "sign-in", "signed in"), ("account:commander", "sign-in", "signed out")]
    assert audit.verify() is None


def test_the_way_back_stays_on_this_site(cast: Cast) -> None:
    answer = Client().post(
        "/account/sign-in/", {"login": "commander", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer["Location"] == reverse("home")
    answer = Client().post("/account/sign-in/", {"login": "commander", "password": PASSWORD, "next": "/components/"})
    assert answer["Location"] == "/components/"


def test_too_many_failures_lock_the_name_out_and_others_not(cast: Cast) -> None:
    for _ in range(4):
        assert sign_in(Client(), password="wrong").status_code == 200
    assert sign_in(Client(), password="wrong").status_code == 429
    answer = sign_in(Client())
    assert answer.status_code == 429, "the right password does not open it either"
    assert "15 分钟" in answer.content.decode()
    assert sign_in(Client(), "auditor").status_code == 302, "another name from the same place"
    assert sign_in(Client(), REMOTE_ADDR="10.0.0.9").status_code == 302, "the same name from another place"
    failures = AuditEntry.objects.filter(act="refused", kind="session", actor="account:commander")
    assert failures.filter(key="failed").count() >= 5 and failures.filter(key="locked out").exists()


def test_a_failure_does_not_tell_whether_the_name_exists(cast: Cast) -> None:
    def words(answer) -> str:
        return (
            answer.content.decode().split("<main")[1].replace("commander", "X").replace("nobody", "X").split("csrf")[0]
        )

    assert words(sign_in(Client(), password="wrong")) == words(sign_in(Client(), "nobody", "wrong"))


def test_no_password_stands_in_the_trail(cast: Cast) -> None:
    sign_in(Client(), password="a-secret-typed-wrong")
    sign_in(Client())
    assert not [e for e in AuditEntry.objects.all() if "a-secret" in str(e.__dict__) or PASSWORD in str(e.__dict__)]


def test_a_disabled_account_is_signed_out_at_once(cast: Cast) -> None:
    client = Client()
    sign_in(client)
    cast.client("administrator").post("/account/all/", {"action": "disable", "keys": [cast.commander.pk]})
    assert client.get("/account/")["Location"].startswith("/account/sign-in/")
    assert sign_in(Client()).status_code != 302 or "inactive" in sign_in(Client())["Location"]


def test_nobody_signs_up_and_no_mail_leaves() -> None:
    for route in ("account_signup", "account_reset_password", "account_email"):
        with pytest.raises(NoReverseMatch):
            reverse(route)
    assert mail.outbox == []


# The end of an idle session.


def test_an_idle_session_ends_with_a_clear_message(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    sign_in(client)
    later(monkeypatch, 61)
    answer = client.get("/components/?x=1")
    assert answer["Location"] == "/account/sign-in/?next=/components/%3Fx%3D1"
    assert "60 分钟无操作" in client.get(answer["Location"]).content.decode()
    assert AuditEntry.objects.filter(key="timed out").exists()


def test_work_keeps_a_session_alive(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    sign_in(client)
    for _ in range(4):
        later(monkeypatch, 40)
        assert client.get("/components/").status_code == 200


def test_a_page_that_reloads_itself_does_not(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    sign_in(client)
    later(monkeypatch, 40)
    assert client.get("/components/", headers={"Lianfang-Refresh": "1"}).status_code == 200
    later(monkeypatch, 40)
    answer = client.get("/components/", headers={"Lianfang-Refresh": "1", "HX-Request": "true"})
    assert answer.status_code == 204 and answer["HX-Redirect"].startswith("/account/sign-in/")


def test_a_wall_screen_stays_and_changes_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    sign_in(client)
    assert client.post("/account/wall/")["Location"] == reverse("home")
    for _ in range(3):
        later(monkeypatch, 50)
        page = client.get("/components/", headers={"Lianfang-Refresh": "1"})
        assert page.status_code == 200 and "大屏" in page.content.decode()
    answer = client.post("/account/password/", {"old": PASSWORD, "new": "Qm8rzthv4k", "again": "Qm8rzthv4k"})
    assert answer["Location"] == reverse("home")
    cast.commander.refresh_from_db()
    assert cast.commander.check_password(PASSWORD)
    assert client.post("/preferences/", {"theme": "dark"}).status_code == 302
    client.post("/account/sign-out/")
    sign_in(client)
    assert "大屏：只看" not in client.get("/components/").content.decode()


def test_a_session_lasts_no_longer_than_a_shift(settings) -> None:
    assert settings.SESSION_COOKIE_AGE <= 14 * 3600
    assert not settings.SESSION_SAVE_EVERY_REQUEST, "that would make a session last for ever"
    assert settings.SESSION_COOKIE_HTTPONLY and settings.SESSION_COOKIE_SAMESITE == "Lax"


# Two factors.


def test_two_factor_sign_in_from_setting_up_to_removing(cast: Cast) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    def code(secret: str) -> str:
        return format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    client = Client()
    sign_in(client)
    # Somebody at an unlocked screen does not do: who signed in long ago is asked for the password again.
    confirm = client.get("/account/two-factor/app/")["Location"]
    assert confirm.startswith("/account/confirm/")
    assert client.post(confirm, {"password": "wrong"}).status_code == 200
    assert client.post(confirm, {"password": PASSWORD})["Location"] == "/account/two-factor/app/"
    page = client.get("/account/two-factor/app/")
    assert page.status_code == 200 and "data:image/svg+xml" in page.content.decode()
    secret = page.context["form"].secret
    assert client.post("/account/two-factor/app/", {"code": "000000"}).status_code == 200
    client.post("/account/two-factor/app/", {"code": code(secret)})
    assert Authenticator.objects.filter(user=cast.commander, type="totp").exists()
    codes = client.get("/account/two-factor/codes/").context["unused_codes"]
    assert len(codes) == 10
    assert client.get("/account/two-factor/codes/file/").status_code == 200

    other = Client()
    answer = sign_in(other)
    assert answer["Location"].startswith("/account/two-factor/sign-in/")
    assert other.get("/account/")["Location"].startswith("/account/sign-in/"), "a password alone opens nothing"
    assert "验证码" in other.get("/account/two-factor/sign-in/").content.decode()
    assert other.post("/account/two-factor/sign-in/", {"code": "123"}).status_code == 200
    other.post("/account/two-factor/sign-in/", {"code": codes[0]})
    assert other.get("/account/").status_code == 200

    other.post("/account/two-factor/app/remove/")
    if Authenticator.objects.filter(user=cast.commander, type="totp").exists():
        other.post("/account/two-factor/confirm/", {"code": codes[1]})
        other.post("/account/two-factor/app/remove/")
    assert not Authenticator.objects.filter(user=cast.commander, type="totp").exists()


def test_codes_of_the_second_step_cannot_be_guessed_one_after_the_other(cast: Cast) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(cast.commander, generate_totp_secret())
    code = RecoveryCodes.activate(cast.commander).get_unused_codes()[0]
    client = Client()
    assert sign_in(client)["Location"].startswith("/account/two-factor/sign-in/")
    for guess in range(10):
        assert client.post("/account/two-factor/sign-in/", {"code": f"{guess:06}"}).status_code == 200
    client.post("/account/two-factor/sign-in/", {"code": code})
    assert client.get("/account/").status_code == 302, "after ten guesses not even a right code opens"


def test_a_name_is_not_guessed_from_many_places(cast: Cast) -> None:
    for place in range(10):
        sign_in(Client(), password="wrong", REMOTE_ADDR=f"10.0.0.{place}")
    answer = sign_in(Client(), REMOTE_ADDR="10.0.1.1")
    assert answer.status_code == 200 and answer.context["form"].errors


# Passwords.


def test_changing_ones_password_ends_the_other_sessions_only(cast: Cast) -> None:
    here, elsewhere = Client(), Client()
    sign_in(here)
    sign_in(elsewhere)
    new = "Qm8rzthv4k"
    wrong = here.post("/account/password/", {"old": "x", "new": new, "again": new})
    assert wrong.status_code == 422 and "当前密码不正确" in wrong.content.decode()
    weak = here.post("/account/password/", {"old": PASSWORD, "new": "12345678901", "again": "12345678901"})
    assert weak.status_code == 422
    differ = here.post("/account/password/", {"old": PASSWORD, "new": new, "again": new + "x"})
    assert differ.status_code == 422
    assert here.post("/account/password/", {"old": PASSWORD, "new": new, "again": new}).status_code == 302
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert sign_in(Client(), password=new).status_code == 302


def test_a_new_account_gets_a_password_that_is_shown_once(cast: Cast) -> None:
    client = cast.client("administrator")
    answer = client.post(
        "/account/all/new/", {"username": "new.one", "name": "新人", "role": "grid_worker", "jurisdiction": "330999001"}
    )
    assert answer.status_code == 302
    page = client.get("/account/all/").content.decode()
    password = page.split("只显示一次）：")[1].split("<")[0].strip()
    assert sign_in(Client(), "new.one", password).status_code == 302
    assert password not in client.get("/account/all/").content.decode()
    again = client.post("/account/all/new/", {"username": "New.One", "role": "grid_worker"})
    assert again.status_code == 422 and 'role="alert"' in again.content.decode()


def test_the_last_administrator_cannot_be_disabled(cast: Cast) -> None:
    client = cast.client("administrator")
    page = client.post("/account/all/", {"action": "disable", "all": "1"}, follow=True).content.decode()
    cast.administrator.refresh_from_db()
    assert cast.administrator.is_active and "最后一个" in page


# Language and theme.


def test_chinese_stands_first_whatever_the_browser_asks(client: Client) -> None:
    page = client.get("/account/sign-in/", headers={"Accept-Language": "en-GB,en"}).content.decode()
    assert '<html lang="zh-Hans"' in page and "登录" in page


def test_the_language_stays_by_cookie_and_by_account(cast: Cast) -> None:
    client = Client()
    answer = client.post("/preferences/", {"language": "en", "next": "/account/sign-in/"})
    assert answer["Location"] == "/account/sign-in/"
    assert "Sign in" in client.get("/account/sign-in/").content.decode()
    sign_in(client)
    assert '<html lang="zh-Hans"' in client.get("/components/").content.decode(), "the account's own choice stands"
    client.post("/preferences/", {"language": "en"})
    assert Account.objects.get(username="commander").language == "en"
    elsewhere = Client()
    sign_in(elsewhere)
    assert '<html lang="en"' in elsewhere.get("/components/").content.decode()


def test_the_theme_stays_and_needs_no_script(client: Client) -> None:
    assert "data-theme" not in client.get("/account/sign-in/").content.decode()
    client.post("/preferences/", {"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/account/sign-in/").content.decode()
    client.post("/preferences/", {"theme": "auto"})
    assert "data-theme" not in client.get("/account/sign-in/").content.decode()
    client.cookies["lianfang_theme"] = '"><script>'
    assert "<script>" not in client.get("/account/sign-in/").content.decode()


def test_a_choice_leads_nowhere_else(client: Client) -> None:
    assert client.post("/preferences/", {"language": "en", "next": "//evil.example/"})["Location"] == "/"
    assert client.get("/preferences/").status_code == 405
