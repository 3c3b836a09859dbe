"""Sign-ins as they stand in the audit trail; imported once, when the applications are ready."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from lianfang.access import audit
from lianfang.access.middleware import IdleSession
from lianfang.access.times import now


def _record(actor: str, key: str, request: HttpRequest | None, act: audit.Act = "sign-in") -> None:
    detail = {"address": request.META.get("REMOTE_ADDR", "")} if request is not None else {}
    audit.record(actor=f"account:{actor}", act=act, kind="session", key=key, detail=detail, at=now())


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Note a sign-in and start the clock of the idle session."""
    if request is not None and hasattr(request, "session"):
        request.session[IdleSession.KEY] = int(now().timestamp())
    _record(user.username, "signed in", request)


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Note a sign-out."""
    if user is not None:
        _record(user.username, "signed out", request)


@receiver(user_login_failed)
def failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Note a sign-in that failed. The name that was typed is kept; a password never is."""
    _record(str(credentials.get("username", ""))[:80], "failed", request, act="refused")


@receiver(user_locked_out)
def locked_out(sender: Any, request: HttpRequest | None = None, username: str = "", **_: Any) -> None:
    """Note that too many failures locked a name out for a while."""
    _record(str(username or "")[:80], "locked out", request, act="refused")
