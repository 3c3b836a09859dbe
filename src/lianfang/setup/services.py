"""The door to beginning: the first account, accounts by role, lists as tasks; areas are in `setup.areas`."""

import datetime as dt
import hmac
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from lianfang.access.models import Account
from lianfang.access.scope import scope_of, system_scope
from lianfang.access.selectors import accounts, townships
from lianfang.access.services import create_account, make_password, need
from lianfang.access.turns import writing
from lianfang.access.words import area_name
from lianfang.intake.find import need_list
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Role
from lianfang.outbreaks.selectors import find_outbreak
from lianfang.records.tasks.models import Task
from lianfang.records.tasks.services import ask_task
from lianfang.records.tasks.uploads import keep_upload, plain_name
from lianfang.setup.kinds import KINDS, Kind

BY = system_scope("setup")
LIST = "setup.list"
"""The kind of task by which a list is loaded, as the room declares it."""
_CODE = "setup-code"


def make_tables() -> bool:
    """Make the tables where the database has none at all: an empty database is a beginning. Return whether it did."""
    from django.core.management import call_command
    from django.db import connection

    if connection.introspection.table_names():
        return False
    call_command("migrate", verbosity=0, interactive=False)
    return True


def is_begun() -> bool:
    """Tell whether there is an account: from then on nobody sets up without signing in."""
    return Account.objects.exists()


def setup_code() -> str:
    """Return the code by which the first account is made, from a file that only the owner of the process reads.

    Whoever starts the server sees it; nobody else can make the first account of a new installation.
    """
    path = Path(settings.DATA_DIR) / _CODE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        code = secrets.token_urlsafe(24)
        part = path.with_name(f"{_CODE}-{code[:8]}.part")
        part.touch(mode=0o600)
        part.write_text(code, "ascii")
        part.replace(path)  # whole or not there: an empty code would be anybody's
    return path.read_text("ascii")


def is_setup_code(code: str) -> bool:
    """Tell whether a code is that of this installation; none is once somebody has an account."""
    return not is_begun() and hmac.compare_digest(code.encode(), setup_code().encode())


def first_account(*, code: str, username: str, name: str, password: str, at: dt.datetime) -> Account:
    """Make the first account, an administrator's, which makes the rest.

    Raises
    ------
    Refused
        When the code is wrong or used up, or as `create_account` says.
    """
    with writing():
        if not is_setup_code(code):
            raise Refused(
                Text(
                    "设置链接无效或已使用，请使用启动服务时终端里给出的地址",
                    "this link is not valid or was used: take the address that the server printed when it started",
                )
            )
        made = create_account(
            username=username, name=name, role=Role.ADMINISTRATOR.value, password=password, at=at, by=BY
        )
    (Path(settings.DATA_DIR) / _CODE).unlink(missing_ok=True)
    return made


SUGGESTED = (Role.COMMANDER, Role.INVESTIGATOR, Role.AUDITOR)
"""Roles of which every county has one at least."""


class NewAccount(NamedTuple):
    """An account to be made."""

    username: str
    name: str
    role: str
    area: str


class Made(NamedTuple):
    """An account that was made, with the password that is shown once."""

    account: NewAccount
    password: str


def suggested_accounts(by: Account) -> list[NewAccount]:
    """Return an account for each role that an account's area needs and has not, and an officer's for each township."""
    own = by.jurisdiction
    if own is None:
        return []
    there = set(accounts(by).values_list("role", "jurisdiction_id"))
    found = [NewAccount(role.value, "", role.value, own.pk) for role in SUGGESTED if (role.value, own.pk) not in there]
    officer = Role.TOWNSHIP_OFFICER.value
    for area in townships(scope_of(by)):
        if (officer, area.pk) not in there:
            found.append(NewAccount(f"township-{area.pk}", area_name(area), officer, area.pk))
    return found


def make_accounts(*, wanted: Sequence[NewAccount], by: Account, at: dt.datetime) -> list[Made]:
    """Make accounts with passwords of chance, all or none.

    Raises
    ------
    Refused
        As `create_account` says, with the user name.
    """
    need(by, "account.manage")
    made = []
    with writing():
        for one in wanted:
            password = make_password()
            try:
                create_account(
                    username=one.username,
                    name=one.name,
                    role=one.role,
                    jurisdiction=one.area or None,
                    password=password,
                    at=at,
                    by=scope_of(by),
                )
            except Refused as refusal:
                raise Refused(
                    Text(f"{one.username}：{refusal.text.zh}", f"{one.username}: {refusal.text.en}")
                ) from None
            made.append(Made(one, password))
    return made


def need_kind(kind: str, *, outbreak: str, by: Account) -> Kind:
    """Return a kind of list, where an account may load it; see `ask_list`.

    Raises
    ------
    Refused
        When there is no such kind, the account may not, or no outbreak is named that it sees.
    """
    found = KINDS.get(kind)
    if found is None:
        raise Refused(
            Text(
                f"没有“{kind}”这种清单；可用：{'、'.join(KINDS)}",
                f"there is no list '{kind}'; there are: {', '.join(KINDS)}",
            )
        )
    need(by, found.permission)
    if found.into_outbreak and find_outbreak(outbreak, scope_of(by)) is None:
        raise Refused(Text("请选择这份清单属于哪起疫情", "say to which outbreak this list belongs"))
    return found


def ask_list(
    *, kind: str, name: str, pieces: Iterable[bytes], by: Account, at: dt.datetime, outbreak: str = "", url: str = ""
) -> Task:
    """Keep a list that was sent, and ask for its loading.

    Parameters
    ----------
    kind : str
        A code of `setup.kinds.KINDS`.
    name : str
        Of the file, as it was sent; its ending tells the format.
    pieces : iterable of bytes
        Its content.
    by : Account
        Needs the permission of the kind.
    at : datetime
        Aware.
    outbreak : str, optional
        Code of an outbreak that the account sees, for lists that go into one.
    url : str, optional
        Page that shows what came of it.

    Raises
    ------
    Refused
        When there is no such kind, the account may not, no outbreak is named, or the file is empty or unreadable.
    """
    found = need_kind(kind, outbreak=outbreak, by=by)
    need_list(plain_name(name))
    kept = keep_upload(name, pieces)
    try:
        return ask_task(
            kind=LIST,
            arguments={**kept._asdict(), "list": kind, "outbreak": outbreak if found.into_outbreak else ""},
            subject=Subject("setup.list", kept.folder, Text(kept.name, kept.name)),
            by=by,
            at=at,
            url=url,
        )
    except BaseException:
        kept.drop()
        raise
