"""Commands on playbooks: list, show, limits, check and diff. No database, no Django."""

import datetime as dt
import os
import unicodedata
from typing import TYPE_CHECKING

import click

from lianfang.kernel.text import Lang, Text, language_of

if TYPE_CHECKING:
    from lianfang.playbook.model import Instrument, Playbook, Rule


def _language(asked: str | None) -> Lang:
    return language_of({**os.environ, "LIANFANG_LANG": asked} if asked else os.environ)


_lang_option = click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of the output · 语言")
_overlay_option = click.option(
    "--overlay",
    "overlays",
    multiple=True,
    metavar="FILE",
    help="Apply an overlay, by id or file; repeatable · 补充规定",
)


def _day(context: click.Context, parameter: click.Parameter, value: str | None) -> dt.date | None:
    try:
        return None if value is None else dt.date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"write a day as 2022-06-05 · 日期写成 2022-06-05（{value}）") from None


@click.group()
def playbook() -> None:
    """Policy versions as data · 防控方案版本."""


@playbook.command("list")
@_lang_option
def list_playbooks(lang: str | None) -> None:
    """List the playbooks that come with the package · 列出方案."""
    from lianfang.playbook.load import available

    language = _language(lang)
    rows = [
        [
            one.id,
            one.valid_from + (f" – {one.valid_until}" if one.valid_until else " –"),
            one.extends or "",
            one.digest[:12],
            one.title.in_language(language),
        ]
        for one in available()
    ]
    head = [
        Text("编号", "id"),
        Text("施行期", "valid"),
        Text("依据", "extends"),
        Text("指纹", "digest"),
        Text("名称", "title"),
    ]
    _table([[word.in_language(language) for word in head], *rows])


@playbook.command()
@click.argument("playbook_id", metavar="ID")
@_overlay_option
@_lang_option
def show(playbook_id: str, overlays: tuple[str, ...], lang: str | None) -> None:
    """Show every rule with its value, source, evidence and scope · 显示方案各条规则."""
    from lianfang.playbook.describe import sections
    from lianfang.playbook.limits import beside
    from lianfang.playbook.load import instruments, load
    from lianfang.playbook.words import SECTIONS

    language = _language(lang)
    book = load(playbook_id, overlays)
    click.echo(f"{book.title.in_language(language)}  {book.name}")
    click.echo(book.authority.in_language(language))
    until = book.valid_until.isoformat() if book.valid_until else ""
    valid = Text("施行期：{since} – {until}", "Valid: {since} – {until}")
    click.echo(valid.format(since=book.valid_from.isoformat(), until=until).in_language(language).rstrip())
    if book.note:
        click.echo(book.note.in_language(language))
    for section, rules in sections(book).items():
        click.echo(f"\n== {SECTIONS[section].in_language(language)} ({section}) ==")
        for rule in rules:
            _show_rule(rule, book, language)
    if held := beside(instruments(), book):
        click.echo(f"\n== {Text('同期施行的限制', 'Limits that hold beside it').in_language(language)} (limits) ==")
        for one in held:
            _show_instrument(one, language)
    click.echo(f"\n== {Text('来源', 'Sources').in_language(language)} (sources) ==")
    for source in book.sources:
        read_as = f" [{source.read_as.in_language(language)}]" if source.read_as else ""
        date = f", {source.date.isoformat()}" if source.date else ""
        click.echo(f"{source.id}  {source.title.in_language(language)}{date}{read_as}")


@playbook.command()
@click.argument("file", metavar="FILE")
@_lang_option
def check(file: str, lang: str | None) -> int:
    """Check a playbook file: one line a problem, exit status 1 when there is any · 检查方案文件."""
    from lianfang.playbook.load import check as problems_of

    language = _language(lang)
    problems = problems_of(file)
    for problem in problems:
        click.echo(f"{problem.file}:{problem.line}: {problem.text.in_language(language)}")
    if not problems:
        click.echo(Text("{file}：没有发现问题", "{file}: no problem found").format(file=file).in_language(language))
    return 1 if problems else 0


@playbook.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@_lang_option
def diff(before: str, after: str, lang: str | None) -> None:
    """Show the rules that two playbooks answer differently · 比较两个版本."""
    from lianfang.playbook.compare import differences
    from lianfang.playbook.describe import value_of
    from lianfang.playbook.load import load

    language = _language(lang)
    for one in differences(load(before), load(after)):
        click.echo(one.rule_id)
        if one.before is not None:
            click.echo(f"  - {value_of(one.before).in_language(language)}")
        if one.after is not None:
            click.echo(f"  + {value_of(one.after).in_language(language)}")


@playbook.command()
@click.option(
    "--at", metavar="DAY", callback=_day, help="Those in force on a day, such as 2022-06-05; else all · 某日施行的"
)
@_lang_option
def limits(at: dt.date | None, lang: str | None) -> None:
    """List the instruments that say what may not be done, whatever playbook is in force · 各版本之外的限制."""
    from lianfang.playbook.limits import hold_on
    from lianfang.playbook.load import instruments

    language = _language(lang)
    found = list(instruments()) if at is None else hold_on(instruments(), at)
    for one in found:
        _show_instrument(one, language)
    if not found:
        click.echo(Text("该日没有施行的限制", "no instrument of limits holds on that day").in_language(language))


def _show_instrument(one: "Instrument", lang: Lang) -> None:
    from lianfang.playbook.words import EVIDENCE

    until = one.valid_until.isoformat() if one.valid_until else ""
    click.echo(f"{one.id}  {one.title.in_language(lang)}  {one.valid_from.isoformat()} – {until}".rstrip())
    for limit in one.limits:
        grade = f"{limit.evidence} {EVIDENCE[limit.evidence].in_language(lang)}"
        click.echo(f"  {limit.number}  {limit.title.in_language(lang)}  [{grade}]")


def _show_rule(rule: "Rule", book: "Playbook", lang: Lang) -> None:
    from lianfang.playbook.describe import value_of
    from lianfang.playbook.words import EVIDENCE, SCOPES

    click.echo(f"{rule.id}  {rule.title.in_language(lang)}")
    sources = (
        Text("；", "; ").in_language(lang).join(book.source(source).title.in_language(lang) for source in rule.source)
    )
    rows = [
        [Text("  值", "  value").in_language(lang), value_of(rule).in_language(lang)],
        [Text("  来源", "  source").in_language(lang), sources],
        [
            Text("  证据", "  evidence").in_language(lang),
            f"{rule.evidence} {EVIDENCE[rule.evidence].in_language(lang)}",
        ],
        [Text("  层级", "  scope").in_language(lang), SCOPES[rule.scope].in_language(lang)],
    ]
    if rule.note:
        rows.append([Text("  说明", "  note").in_language(lang), rule.note.in_language(lang)])
    _table(rows)


def _width(words: str) -> int:
    """Return the columns a terminal gives to words; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in words)


def _table(rows: list[list[str]]) -> None:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
