"""``lianfang act``: carry out what people decide, from the command line."""

import json
import os
from typing import Any

import click

from lianfang.house import acts
from lianfang.kernel.errors import Misused
from lianfang.kernel.text import Text, language_of


@click.command("act")
@click.argument("code", required=False)
@click.option("--keys", multiple=True, help="Keys of the rows, separated by commas or given again · 记录的编号")
@click.option("--by", "username", help="Account that decides, with its role and area · 办理账号")
@click.option("--note", default="", help="The reason · 理由")
@click.option("--given", multiple=True, metavar="NAME=VALUE", help="What the act needs beside it · 其他内容")
@click.option("--dry-run", is_flag=True, help="Only say what it would come to · 仅显示将会如何")
@click.option("--list", "listing", is_flag=True, help="List what can be carried out · 列出可办理的操作")
def act(
    code: str | None,
    keys: tuple[str, ...],
    username: str | None,
    note: str,
    given: tuple[str, ...],
    dry_run: bool,
    listing: bool,
) -> None:
    """Carry out an act CODE upon rows, with its trace and a way back · 办理操作."""
    lang = language_of(os.environ)
    if listing:
        for one in acts().values():
            if one.plan:
                click.echo("\t".join((one.code, one.subject, one.permission, one.note, one.label.in_language(lang))))
        return
    if not code or not username:
        raise Misused(
            Text(
                "请给出操作代码、--keys 与 --by；用 lianfang act --list 查看操作",
                "give the code of an act, --keys and --by; lianfang act --list shows the acts",
            )
        )
    from lianfang.access.selectors import need_account
    from lianfang.access.times import now
    from lianfang.records.acts import carry_out, prepare

    words: dict[str, Any] = {
        "act": code,
        "keys": keys_of(code, keys),
        "by": need_account(username),
        "at": now(),
        "note": note,
        "given": given_of(given),
    }
    if dry_run:
        prepared = prepare(**words)
        for part in (prepared.part, *prepared.followed):
            click.echo(f"{part.act.code}\t{len(part.changed)}\t{part.act.label.in_language(lang)}")
            for text in part.told():
                click.echo(text.in_language(lang))
        return
    done = carry_out(**words)
    for text in done.said:
        click.echo(text.in_language(lang))
    click.echo(done.change.pk)


def keys_of(code: str, sent: tuple[str, ...]) -> list[Any]:
    """Return the keys that were typed, as the model of an act has them.

    Raises
    ------
    Misused
        When there is no such act, or one is no key of such a row.
    """
    from django.apps import apps
    from django.core.exceptions import ValidationError

    from lianfang.records.acts import declared_act

    field = apps.get_model(declared_act(code).subject)._meta.pk
    typed = [key.strip() for some in sent for key in some.split(",") if key.strip()]
    try:
        return [field.to_python(key) for key in typed]
    except ValidationError:
        raise Misused(
            Text(f"编号无法识别：{'、'.join(typed[:5])}", f"these are no keys: {', '.join(typed[:5])}")
        ) from None


def given_of(sent: tuple[str, ...]) -> dict[str, Any]:
    """Return what was given as ``NAME=VALUE``; a value that reads as a list, an object or null of JSON is that.

    Raises
    ------
    Misused
        When one has no ``=``.
    """
    given: dict[str, Any] = {}
    for one in sent:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise Misused(Text(f"“{one}”应写作 NAME=VALUE", f"write '{one}' as NAME=VALUE"))
        given[name] = value
        if value[:1] in "[{" or value == "null":
            try:
                given[name] = json.loads(value)
            except ValueError:
                continue
    return given
