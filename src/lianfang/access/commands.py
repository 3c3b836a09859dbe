"""``lianfang account`` and ``lianfang audit``."""

import sys

import click

from lianfang.access.core.chain import Head
from lianfang.access.core.roles import Role
from lianfang.access.scope import system_scope
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.text import Text

BY = system_scope("command line")


@click.group()
def account() -> None:
    """Make and change accounts · 账号."""


def _account(username: str):  # type: ignore[no-untyped-def]
    from lianfang.access.selectors import account_named

    found = account_named(username)
    if found is None:
        raise Refused(
            Text(
                f"没有名为“{username}”的账号；用 lianfang account list 查看",
                f"there is no account '{username}'; see lianfang account list",
            )
        )
    return found


def _password(given: str | None) -> tuple[str, bool]:
    from lianfang.access.services import make_password

    return (given, False) if given else (make_password(), True)


@account.command("add")
@click.argument("username")
@click.option("--role", required=True, type=click.Choice(Role.codes()), help="What the account may do · 角色")
@click.option("--jurisdiction", help="Code of the area whose rows it sees · 辖区代码")
@click.option("--name", default="", help="The person's name · 姓名")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input · 从标准输入读取密码")
def add(username: str, role: str, jurisdiction: str | None, name: str, password_stdin: bool) -> None:
    """Make an account; without --password-stdin a password is made and printed once · 新建账号."""
    from lianfang.access.services import create_account
    from lianfang.access.times import now

    password, made = _password(sys.stdin.readline().strip() if password_stdin else None)
    create_account(
        username=username, role=role, password=password, name=name, jurisdiction=jurisdiction, at=now(), by=BY
    )
    click.echo(f"{username}\t{password}" if made else username)


@account.command("list")
def list_accounts() -> None:
    """List all accounts: name, role, area, whether it is active · 账号列表."""
    from lianfang.access.models import Account

    for row in Account.objects.select_related("jurisdiction").order_by("username"):
        area = row.jurisdiction_id or "-"
        click.echo("\t".join([row.username, row.role, area, "active" if row.is_active else "disabled", row.name]))


@account.command("password")
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input · 从标准输入读取密码")
def password(username: str, password_stdin: bool) -> None:
    """Set a new password and end the account's sessions · 重设密码."""
    from lianfang.access.services import change_password
    from lianfang.access.times import now

    new, made = _password(sys.stdin.readline().strip() if password_stdin else None)
    change_password(account=_account(username), password=new, at=now(), by=BY)
    click.echo(f"{username}\t{new}" if made else username)


@account.command("disable")
@click.argument("username")
@click.option("--undo", is_flag=True, help="Enable it again · 重新启用")
def disable(username: str, undo: bool) -> None:
    """Disable an account and end its sessions · 停用账号."""
    from lianfang.access.services import set_account_active
    from lianfang.access.times import now

    set_account_active(account=_account(username), active=undo, at=now(), by=BY)
    click.echo(username)


@account.group("key")
def key() -> None:
    """Make, list and revoke keys by which machines call the API · 机器密钥."""


@key.command("add")
@click.argument("username")
@click.option("--name", required=True, help="What it is for: which machine, which programme · 用途")
@click.option("--days", default=365, show_default=True, type=int, help="After how many days it ends · 有效天数")
@click.option("--permission", multiple=True, help="Narrow it to a permission; may be repeated · 仅限的权限，可多次")
def add_key(username: str, name: str, days: int, permission: tuple[str, ...]) -> None:
    """Make a key that acts as an account, and print it: this once and never again · 新建密钥."""
    from lianfang.access.api_keys import make_key
    from lianfang.access.times import now

    made, secret = make_key(account=_account(username), name=name, days=days, permissions=permission, at=now(), by=BY)
    click.echo(f"{made.prefix}\t{secret}")


@key.command("list")
def list_keys() -> None:
    """List all keys: prefix, account, state, end, last use, permissions, name · 密钥列表."""
    from lianfang.access.models import ApiKey
    from lianfang.access.times import now, to_local

    moment = now()
    for row in ApiKey.objects.select_related("account").order_by("made_at"):
        used = to_local(row.last_used_at)
        state = "revoked" if row.revoked_at else "expired" if row.expires_at <= moment else "active"
        cells = [
            row.prefix,
            row.account.username,
            state,
            f"{to_local(row.expires_at):%Y-%m-%d}",
            f"{used:%Y-%m-%d %H:%M}" if used else "-",
            ",".join(row.permissions) or "-",
            row.name,
        ]
        click.echo("\t".join(cells))


@key.command("revoke")
@click.argument("prefix")
def revoke_key(prefix: str) -> None:
    """End a key at once · 撤销密钥."""
    from lianfang.access.api_keys import key_named, revoke_keys
    from lianfang.access.times import now

    revoke_keys(keys=[key_named(prefix)], at=now(), by=BY)
    click.echo(prefix)


@click.group()
def audit() -> None:
    """Verify the audit trail · 审计."""


@audit.command("verify")
@click.option(
    "--known",
    multiple=True,
    metavar="NUMBER:DIGEST",
    help="A number and digest noted earlier, outside the database: shows a rewritten trail · 另行记下的编号与摘要",
)
def verify_trail(known: tuple[str, ...]) -> None:
    """Walk the audit trail; name the first entry that was changed, removed or moved · 核验审计链."""
    from lianfang.access.audit import trail_head, verify
    from lianfang.access.words import current_lang

    heads = []
    for item in known:
        number, _, digest = item.partition(":")
        if not number.isdigit() or len(digest) != 64:
            raise Misused(Text("--known 的格式是 编号:摘要", "--known is written NUMBER:DIGEST"))
        heads.append(Head(int(number), digest))
    broken = verify(known=heads)
    if broken is not None:
        raise Refused(
            Text("审计链在第 {n} 条处断开：{why}", "the audit trail is broken at entry {n}: {why}").format(
                n=broken.number, why=broken.reason
            )
        )
    head = trail_head()
    assert head is not None
    words = Text("审计链完整：{n} 条；末端 {n}:{d}", "the audit trail is whole: {n} entries; its end is {n}:{d}")
    click.echo(words.format(n=head.number, d=head.digest).in_language(current_lang()))
