"""The door to changing accounts and the jurisdiction tree."""

import datetime as dt
import secrets
import string

import polars as pl
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError

from lianfang.access import audit
from lianfang.access.core.roles import Role, may
from lianfang.access.models import Account, Jurisdiction
from lianfang.access.scope import Scope, scope_of
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import AreaLevel

_WITHOUT_LOOKALIKES = "".join(c for c in string.ascii_letters + string.digits if c not in "0Oo1lI")
_TAKE_OVER = ("name", "name_en", "level", "parent_id", "path")


def make_password(length: int = 16) -> str:
    """Return a random password without characters that look alike, drawn from the system's source of chance."""
    return "".join(secrets.choice(_WITHOUT_LOOKALIKES) for _ in range(length))


def create_account(
    *,
    username: str,
    role: str,
    password: str,
    at: dt.datetime,
    by: Scope,
    name: str = "",
    jurisdiction: str | None = None,
    language: str = "zh-hans",
) -> Account:
    """Make an account with one role and one place in the tree.

    Parameters
    ----------
    username, password, name : str
        `password` must pass the validators of the settings.
    role : str
        A code of `access.core.roles.Role`.
    jurisdiction : str, optional
        Code of the area whose rows the account sees; without one it sees no rows.
    by : Scope
        On whose behalf, for the audit trail.

    Raises
    ------
    Refused
        When the name is taken, the role or the area is unknown, the area lies outside of who asks (without an area an
        account is above any that has one), or the password is too weak.
    """
    if role not in Role.codes():
        raise Refused(
            Text(
                f"没有“{role}”这个角色；可用：{'、'.join(Role.codes())}",
                f"there is no role '{role}'; there are: {', '.join(Role.codes())}",
            )
        )
    if not username.strip() or Account.objects.filter(username__iexact=username).exists():
        raise Refused(
            Text(
                f"用户名“{username}”为空或已被使用，请换一个",
                f"the name '{username}' is empty or taken; choose another",
            )
        )
    area = None
    if jurisdiction:
        area = Jurisdiction.objects.filter(pk=jurisdiction).first()
        if area is None:
            raise Refused(
                Text(f"没有代码为“{jurisdiction}”的辖区", f"there is no jurisdiction with the code '{jurisdiction}'")
            )
    if by.paths and (area is None or not by.covers(area.path)):
        raise Refused(Text("账号的辖区须在您的辖区之内", "the account's area must lie inside your own"))
    account = Account(username=username.strip(), name=name, role=role, jurisdiction=area, language=language)
    _check_password(password, account)
    account.set_password(password)
    with writing():
        account.save()
        detail = {"act": "account.create", "role": role, "jurisdiction": jurisdiction or ""}
        audit.record(actor=by.name, act="write", kind="access.account", key=account.username, detail=detail, at=at)
    return account


def settle_account(*, account: Account, area: str, at: dt.datetime, by: Scope) -> None:
    """Place an account that has no area in one.

    Raises
    ------
    Refused
        When it has one already, or there is no such area.
    """
    if account.jurisdiction_id is not None:
        raise Refused(Text("该账号已有辖区", "this account has an area already"))
    if not Jurisdiction.objects.filter(pk=area).exists():
        raise Refused(Text(f"没有代码为“{area}”的辖区", f"there is no jurisdiction with the code '{area}'"))
    with writing():
        account.jurisdiction_id = area
        account.save(update_fields=["jurisdiction"])
        detail = {"act": "account.settle", "jurisdiction": area}
        audit.record(actor=by.name, act="write", kind="access.account", key=account.username, detail=detail, at=at)


def change_password(*, account: Account, password: str, at: dt.datetime, by: Scope, keep: str | None = None) -> None:
    """Set a new password and end all of the account's sessions but `keep` (a session key).

    Raises
    ------
    Refused
        When the password is too weak.
    """
    _check_password(password, account)
    with writing():
        account.set_password(password)
        account.save(update_fields=["password"])
        end_sessions(account=account, keep=keep)
        detail = {"act": "account.password"}
        audit.record(actor=by.name, act="write", kind="access.account", key=account.username, detail=detail, at=at)


def set_account_active(*, account: Account, active: bool, at: dt.datetime, by: Scope) -> None:
    """Disable an account, which ends its sessions at once, or enable it again.

    Raises
    ------
    Refused
        When it is the last active administrator's, or the one who asks.
    """
    if not active:
        others = Account.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=account.pk)
        if account.role == Role.ADMINISTRATOR and not others.exists():
            raise Refused(
                Text(
                    "这是最后一个可用的系统管理员账号，请先新建另一个",
                    "this is the last active administrator; make another first",
                )
            )
        if by.name == scope_of(account).name:
            raise Refused(Text("不能停用自己的账号", "you cannot disable your own account"))
    with writing():
        account.is_active = active
        account.save(update_fields=["is_active"])
        if not active:
            end_sessions(account=account)
        detail = {"act": "account.enable" if active else "account.disable"}
        audit.record(actor=by.name, act="write", kind="access.account", key=account.username, detail=detail, at=at)


def set_language(*, account: Account, language: str) -> None:
    """Keep the language that an account chose."""
    if account.language != language:
        account.language = language
        account.save(update_fields=["language"])


def end_sessions(*, account: Account, keep: str | None = None) -> None:
    """Sign an account out everywhere but in the session `keep`."""
    own = [
        session.session_key
        for session in Session.objects.iterator()
        if session.session_key != keep and session.get_decoded().get("_auth_user_id") == str(account.pk)
    ]
    Session.objects.filter(pk__in=own).delete()


def _check_password(password: str, account: Account) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        from django.utils.translation import override

        words = {}
        for language in ("zh-hans", "en"):
            with override(language):
                words[language] = " ".join(str(message) for message in error.messages)
        raise Refused(Text(words["zh-hans"], words["en"])) from None


def load_jurisdictions(*, areas: pl.DataFrame, at: dt.datetime, by: Scope) -> int:
    """Add areas to the tree, or renew their names; doing it twice changes nothing.

    Parameters
    ----------
    areas : DataFrame
        One row an area: ``code, name, level, parent`` (empty for a root) and, if known, ``name_en``; in any order.
    by : Scope
        On whose behalf, for the audit trail.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    Refused
        When a parent is in neither the rows nor the tree, a level is unknown, or the rows form a circle.
    """
    rows = {row["code"]: row for row in areas.iter_rows(named=True)}
    paths: dict[str, str] = dict(Jurisdiction.objects.values_list("code", "path"))
    ready: list[Jurisdiction] = []
    left = dict(rows)
    while left:
        turn = [r for r in left.values() if not r["parent"] or (r["parent"] in paths and r["parent"] not in left)]
        if not turn:
            code, row = next(iter(left.items()))
            raise Refused(
                Text(
                    f"辖区 {code} 的上级 {row['parent']} 不存在或互为上下级，请改正后再导入",
                    f"area {code}: its parent {row['parent']} is missing or lies below it; correct the list",
                )
            )
        for row in turn:
            if row["level"] not in AreaLevel.codes():
                raise Refused(
                    Text(
                        f"辖区 {row['code']} 的级别“{row['level']}”不认识",
                        f"area {row['code']}: unknown level '{row['level']}'",
                    )
                )
            paths[row["code"]] = f"{paths.get(row['parent'] or '', '')}{row['code']}/"
            ready.append(
                Jurisdiction(
                    code=row["code"],
                    name=row["name"],
                    name_en=row.get("name_en") or "",
                    level=row["level"],
                    parent_id=row["parent"] or None,
                    path=paths[row["code"]],
                )
            )
            del left[row["code"]]
    with writing():
        Jurisdiction.objects.bulk_create(
            ready, batch_size=500, update_conflicts=True, unique_fields=["code"], update_fields=list(_TAKE_OVER)
        )
        detail = {"act": "jurisdiction.load", "rows": len(ready)}
        audit.record(actor=by.name, act="write", kind="access.jurisdiction", detail=detail, at=at)
    return len(ready)


def need(account: Account, permission: str) -> None:
    """Ask again, inside a service, for the permission that the route asked for.

    Raises
    ------
    Refused
        When the account's role does not have it.
    """
    if not may(account.role, permission):
        raise Refused(Text("您的角色无权进行这项操作", "your role may not do this"))
