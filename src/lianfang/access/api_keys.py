"""Keys for machines: made and revoked by an administrator, shown once, checked at every call of the API.

A key is written ``lf_<prefix>_<secret>``. The prefix names the row; of the secret only a hash under the application's
own secret is stored, so neither a copy of the database nor the audit trail can be used to call.
"""

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from lianfang.access import audit
from lianfang.access.core.roles import PERMISSIONS, may
from lianfang.access.models import Account, ApiKey
from lianfang.access.scope import Scope, scope_of
from lianfang.access.services import make_password, need
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text

MOST_DAYS = 1095
"""A key ends by itself: after three years at the latest."""

OWN = "account.own"
"""What every account may do with itself; a key that is narrowed to some permissions keeps it."""

_FORM = re.compile(r"lf_([A-Za-z2-9]{8})_([A-Za-z2-9]{40})", re.ASCII)
_USED_AGAIN = dt.timedelta(minutes=1)

Fault = Literal["form", "unknown", "secret", "revoked", "expired", "disabled"]


@dataclass(frozen=True)
class Checked:
    """What a key that was sent came to: the stored key, or why it is none; `prefix` is empty where it has no form."""

    key: ApiKey | None
    fault: Fault | None
    prefix: str


def make_key(
    *,
    account: Account,
    name: str,
    at: dt.datetime,
    by: Account | Scope,
    days: int = 365,
    permissions: Collection[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key by which a machine acts as an account: with its role, on the rows of its area.

    Parameters
    ----------
    account : Account
        As whom the key acts.
    name : str
        What it is for: which machine, which programme.
    days : int
        After how many days it ends by itself, 1 to `MOST_DAYS`.
    permissions : collection of str
        To which of the role's permissions the key is narrowed; empty: all of them.
    by : Account or Scope
        The administrator who makes it, or a named system scope.

    Returns
    -------
    ApiKey, str
        The stored key, and the key as it is sent. It can be had here and never again.

    Raises
    ------
    Refused
        When the maker may not, the account lies outside of the maker's area or is disabled, a permission is unknown or
        not the role's, or `days` is out of range.
    """
    _need_maker(by, account)
    asked = sorted(set(permissions))
    if not name.strip():
        raise Refused(Text("请写明密钥的用途", "say what the key is for"))
    if not account.is_active:
        raise Refused(
            Text(
                f"账号“{account.username}”已停用，请先启用",
                f"the account '{account.username}' is disabled; enable it first",
            )
        )
    if not 1 <= days <= MOST_DAYS:
        raise Refused(
            Text(f"有效期为 1 至 {MOST_DAYS} 天", f"a key is valid for 1 to {MOST_DAYS} days; choose a number between")
        )
    for permission in asked:
        if permission not in PERMISSIONS or not may(account.role, permission):
            raise Refused(
                Text(
                    f"账号“{account.username}”没有“{permission}”权限；请去掉它或换一个账号",
                    f"the account '{account.username}' does not have the permission '{permission}'; leave it out or "
                    "choose another account",
                )
            )
    prefix, secret = make_password(8), make_password(40)
    key = ApiKey(
        prefix=prefix,
        digest=digest_of(secret),
        name=name.strip()[:80],
        account=account,
        permissions=asked,
        made_by=_name_of(by),
        made_at=at,
        expires_at=at + dt.timedelta(days=days),
    )
    with writing():
        key.save()
        detail = {
            "act": "key.make",
            "account": account.username,
            "permissions": asked,
            "expires": key.expires_at.isoformat(timespec="seconds"),
        }
        audit.record(actor=_name_of(by), act="write", kind="access.apikey", key=prefix, detail=detail, at=at)
    return key, f"lf_{prefix}_{secret}"


def revoke_keys(*, keys: Sequence[ApiKey], at: dt.datetime, by: Account | Scope) -> int:
    """End keys at once; one that was revoked before stays as it is. Return how many were ended.

    Raises
    ------
    Refused
        When whoever asks may not, or an account of the keys lies outside of the own area; then none is ended.
    """
    for key in keys:
        _need_maker(by, key.account)
    ended = 0
    with writing():
        for key in ApiKey.objects.filter(pk__in=[key.pk for key in keys], revoked_at=None).select_related("account"):
            key.revoked_at, key.revoked_by = at, _name_of(by)
            key.save(update_fields=["revoked_at", "revoked_by"])
            detail = {"act": "key.revoke", "account": key.account.username}
            audit.record(actor=_name_of(by), act="write", kind="access.apikey", key=key.prefix, detail=detail, at=at)
            ended += 1
    return ended


def check_key(sent: str, *, at: dt.datetime) -> Checked:
    """Tell which key was sent, by one query; note its use, at most once a minute.

    The hash is compared in constant time, also where there is no such key.

    Parameters
    ----------
    sent : str
        As it stands in the header, without ``Bearer``.
    """
    match = _FORM.fullmatch(sent)
    if match is None:
        return Checked(None, "form", "")
    prefix, secret = match.groups()
    key = ApiKey.objects.select_related("account__jurisdiction").filter(prefix=prefix).first()
    is_right = hmac.compare_digest(digest_of(secret), key.digest if key is not None else "0" * 64)
    fault: Fault | None = None
    if key is None:
        fault = "unknown"
    elif not is_right:
        fault = "secret"
    elif key.revoked_at is not None:
        fault = "revoked"
    elif key.expires_at <= at:
        fault = "expired"
    elif not key.account.is_active:
        fault = "disabled"
    if key is None or fault is not None:
        return Checked(None, fault, prefix)
    if key.last_used_at is None or at - key.last_used_at >= _USED_AGAIN:
        # One statement that leaves no trace of its own: it needs no turn.
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
    return Checked(key, None, prefix)


def key_may(key: ApiKey, permission: str) -> bool:
    """Tell whether a key has a permission: its account's role has it, and the key is not narrowed to others."""
    kept = not key.permissions or permission in key.permissions or permission == OWN
    return kept and may(key.account.role, permission)


def digest_of(secret: str) -> str:
    """Return the hash of a secret under the application's own secret key: 64 hexadecimal digits."""
    own = hashlib.sha256(b"lianfang.access.api_keys" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(own, secret.encode(), hashlib.sha256).hexdigest()


def key_named(prefix: str) -> ApiKey:
    """Return a key by its prefix, for the command line.

    Raises
    ------
    Refused
        When there is none.
    """
    found = ApiKey.objects.select_related("account__jurisdiction").filter(prefix=prefix).first()
    if found is None:
        raise Refused(
            Text(
                f"没有前缀为“{prefix}”的密钥；用 lianfang account key list 查看",
                f"there is no key '{prefix}'; see lianfang account key list",
            )
        )
    return found


def _name_of(by: Account | Scope) -> str:
    return by.name if isinstance(by, Scope) else scope_of(by).name


def _need_maker(by: Account | Scope, account: Account) -> None:
    if isinstance(by, Scope):
        inside = by.everything
    else:
        need(by, "account.manage")
        # An administrator who stands at no area manages all accounts (`selectors.accounts`).
        own, other = by.jurisdiction, account.jurisdiction
        inside = own is None or (other is not None and other.path.startswith(own.path))
    if not inside:
        raise Refused(
            Text(
                f"账号“{account.username}”不在您的辖区内，不能为它新建或撤销密钥；请找其所属地区的管理员",
                f"the account '{account.username}' lies outside of your area, so you cannot make or revoke its keys; "
                "ask the administrator of its area",
            )
        )


__all__ = [
    "MOST_DAYS",
    "OWN",
    "Checked",
    "check_key",
    "digest_of",
    "key_may",
    "key_named",
    "make_key",
    "revoke_keys",
]
