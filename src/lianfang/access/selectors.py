"""The door to reading accounts, areas, and the audit trail."""

import polars as pl
from django.db.models import Q, QuerySet

from lianfang.access.models import Account, ApiKey, AuditEntry, Jurisdiction
from lianfang.access.scope import Scope, scope_of
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import AreaLevel

_FRAME = {
    "code": pl.String(),
    "name": pl.String(),
    "name_en": pl.String(),
    "level": pl.String(),
    "parent": pl.String(),
    "path": pl.String(),
}


def jurisdictions(scope: Scope) -> QuerySet[Jurisdiction]:
    """Return the areas inside a scope, in the order of the tree."""
    if scope.everything:
        return Jurisdiction.objects.all()
    condition = Q(pk__in=())
    for path in scope.paths:
        condition |= Q(path__startswith=path)
    return Jurisdiction.objects.filter(condition)


def townships(scope: Scope) -> QuerySet[Jurisdiction]:
    """Return the townships that a scope covers or lies in (a grid worker's own township), in the order of the tree."""
    inside = jurisdictions(scope).filter(level=AreaLevel.TOWNSHIP.value)
    above = [path[: path.index(code) + len(code)] + "/" for path in scope.paths for code in path.rstrip("/").split("/")]
    return inside | Jurisdiction.objects.filter(level=AreaLevel.TOWNSHIP.value, path__in=above)


def children(code: str, scope: Scope) -> QuerySet[Jurisdiction]:
    """Return the areas directly below an area, inside a scope."""
    return jurisdictions(scope).filter(parent_id=code)


def jurisdictions_frame(scope: Scope) -> pl.DataFrame:
    """Return the areas inside a scope as a frame: code, name, name_en, level, parent, path."""
    rows = jurisdictions(scope).values_list("code", "name", "name_en", "level", "parent_id", "path")
    return pl.DataFrame(list(rows), schema=_FRAME, orient="row")


def accounts(account: Account) -> QuerySet[Account]:
    """Return the accounts that an administrator manages: of its own area and below; all, when it stands at no area."""
    found = Account.objects.select_related("jurisdiction").order_by("username")
    if account.jurisdiction is None:
        return found
    return found.filter(Q(jurisdiction__path__startswith=account.jurisdiction.path) | Q(jurisdiction=None))


def api_keys(account: Account) -> QuerySet[ApiKey]:
    """Return the keys of the accounts of an administrator's own area and below; all, when it stands at no area."""
    found = ApiKey.objects.select_related("account__jurisdiction").order_by("-made_at")
    if account.jurisdiction is None:
        return found
    return found.filter(account__jurisdiction__path__startswith=account.jurisdiction.path)


def account_named(username: str) -> Account | None:
    """Return an account by its name, whatever its area."""
    return Account.objects.select_related("jurisdiction").filter(username=username).first()


def need_account(username: str) -> Account:
    """Return the account on whose behalf a command works.

    Raises
    ------
    Refused
        When nobody of that name has an active account.
    """
    found = account_named(username)
    if found is None or not found.is_active:
        raise Refused(
            Text(
                f"没有名为“{username}”的可用账号；用 lianfang account list 查看",
                f"there is no active account '{username}'; see lianfang account list",
            )
        )
    return found


def audit_entries() -> QuerySet[AuditEntry]:
    """Return the audit trail, newest first."""
    return AuditEntry.objects.order_by("-number")


__all__ = [
    "account_named",
    "accounts",
    "api_keys",
    "audit_entries",
    "children",
    "jurisdictions",
    "jurisdictions_frame",
    "need_account",
    "scope_of",
    "townships",
]
