"""``lianfang setup``: what the pages of the room do, for who installs by script."""

import datetime as dt
import os
import sys
from pathlib import Path

import click

from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.text import Text, language_of
from lianfang.kernel.vocabulary import AreaLevel

BY = click.option("--by", "username", required=True, metavar="ACCOUNT", help="On whose behalf · 经办账号")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def setup() -> None:
    """Begin in a real office: first account, areas, accounts, lists, an outbreak · 开局设置."""


@setup.command()
@click.argument("username")
@click.option("--name", default="", help="The person's name · 姓名")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input · 从标准输入读取密码")
def first(username: str, name: str, password_stdin: bool) -> None:
    """Make the tables and the first administrator's account; its password is printed once · 建立第一个管理员账号."""
    from lianfang.access.services import make_password
    from lianfang.access.times import now
    from lianfang.setup import services

    services.make_tables()
    if services.is_begun():
        raise Refused(
            Text(
                "已有账号；其余账号用 lianfang account add 建立",
                "there are accounts; make others with lianfang account add",
            )
        )
    password = sys.stdin.readline().strip() if password_stdin else make_password()
    services.first_account(code=services.setup_code(), username=username, name=name, password=password, at=now())
    click.echo(username if password_stdin else f"{username}\t{password}")


@setup.command()
@BY
def status(username: str) -> None:
    """Print what is there: step, state, number · 准备情况."""
    from lianfang.access.selectors import need_account
    from lianfang.setup.core.steps import stands
    from lianfang.setup.selectors import figures

    lang = language_of(os.environ)
    for one in stands(figures(need_account(username))):
        click.echo(f"{one.step.code}\t{one.state}\t{one.count}\t{one.step.title.in_language(lang)}")


@setup.command()
@FILE
@BY
@click.option("--top", type=click.Choice(AreaLevel.codes()), default="county", show_default=True, help="最高一级")
def areas(file: Path, username: str, top: str) -> None:
    """Make areas from FILE, an outline as text; lists of areas go in by `lianfang setup load areas` · 建立辖区."""
    from lianfang.access.selectors import need_account
    from lianfang.access.times import now
    from lianfang.setup.areas import make_areas

    try:
        outline = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Misused(Text(f"{file.name} 不是 UTF-8 文本", f"{file.name} is not UTF-8 text")) from None
    click.echo(make_areas(outline=outline, top=top, by=need_account(username), at=now()))


@setup.command()
@BY
def accounts(username: str) -> None:
    """Make the accounts that the area needs and has not; prints name and password once · 按角色建立账号."""
    from lianfang.access.selectors import need_account
    from lianfang.access.times import now
    from lianfang.setup import services

    by = need_account(username)
    for one in services.make_accounts(wanted=services.suggested_accounts(by), by=by, at=now()):
        click.echo(f"{one.account.username}\t{one.password}\t{one.account.role}\t{one.account.area}")


@setup.command()
@click.argument("kind")
@FILE
@BY
@click.option("--outbreak", default="", help="Into which outbreak cases and contacts go · 所属疫情")
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path), help="Rows not used, with reasons · 未用行")
def load(kind: str, file: Path, username: str, outbreak: str, refused: Path | None) -> None:
    """Load the list FILE of a KIND: areas, people, cases …; prints rows written and rows not used · 导入清单."""
    from lianfang.access.selectors import need_account
    from lianfang.access.times import now
    from lianfang.intake.options import SHOWN_REFUSALS
    from lianfang.intake.write import check_target, write_table
    from lianfang.setup.kinds import Asked
    from lianfang.setup.loading import load_file
    from lianfang.setup.services import need_kind

    by = need_account(username)
    found = need_kind(kind, outbreak=outbreak, by=by)
    if refused is not None:
        check_target(refused)
    lang = language_of(os.environ)
    came, lost = load_file(file, found, Asked(by, now(), outbreak), lang=lang, progress=lambda step, words: None)
    if refused is not None:
        write_table(lost, refused)
    for row in lost.head(SHOWN_REFUSALS).iter_rows(named=True):
        click.echo(f"{row['file']}:{row['line']} {row['column']} {row['value'] or ''} {row['reason']}", err=True)
    for note in came.notes:
        click.echo(note.in_language(lang), err=True)
    click.echo(f"{came.rows}\t{lost.height}")


@setup.command()
@click.argument("code")
@click.option("--name", required=True, help="What people call it · 名称")
@click.option("--playbook", required=True, help="防控方案")
@click.option("--overlay", "overlays", multiple=True, help="补充规定")
@click.option("--area", help="Code of its area (default: the account's) · 地区代码")
@click.option("--started-on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="开始日期")
@BY
def outbreak(
    code: str,
    name: str,
    playbook: str,
    overlays: tuple[str, ...],
    area: str | None,
    started_on: dt.datetime,
    username: str,
) -> None:
    """Open the outbreak CODE under a playbook · 疫情立项."""
    from lianfang.access.selectors import need_account
    from lianfang.access.times import now
    from lianfang.outbreaks.services import begin_outbreak

    by = need_account(username)
    begin_outbreak(
        code=code,
        name=name,
        playbook=playbook,
        overlays=overlays,
        area=area or by.jurisdiction_id or "",
        started_on=started_on.date(),
        by=by,
        at=now(),
    )
    click.echo(code)
