"""``lianfang presences``: a store of presences, made once from raw lists and asked many times; no database."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lianfang.intake.options import SHOWN_REFUSALS
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.text import Lang, Text, language_of

if TYPE_CHECKING:
    from lianfang.tracing.store import PresenceStore
    from lianfang.tracing.store.upkeep import Gone

_STORE = click.option("--store", required=True, metavar="DIR", help="A folder, or a URL such as s3://… · 库的位置")


@click.group()
def presences() -> None:
    """Keep presences for tracing: take in, look, merge, take a person out · 在场记录库."""


@presences.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@_STORE
@click.option("--replaces", metavar="NAME", help="A source whose rows FILE corrects, by name or digest · 更正的来源")
@click.option("--refused", metavar="FILE", help="Where rows that are not used are written · 无法使用的行写到何处")
@click.option("--strict", is_flag=True, help="Exit with 1 when a row cannot be used · 有无法使用的行即以 1 退出")
@click.option("--no-compact", is_flag=True, help="Leave merging to lianfang presences compact · 不自动合并")
def ingest(
    files: tuple[str, ...], store: str, replaces: str | None, refused: str | None, strict: bool, no_compact: bool
) -> None:
    """Take files in; again, or after a kill, comes to the same · 收入在场记录."""
    import polars as pl

    from lianfang.intake.write import check_target, write_table
    from lianfang.kernel.schema import REFUSALS
    from lianfang.tracing.store.background import compact_if_many

    lang = _lang()
    if refused is not None:
        check_target(Path(refused))
    kept = _open(store)
    refusals = [REFUSALS.empty()]
    count = 0
    for file in files:
        with _progress(lang) as tell:
            [taken] = kept.ingest(file, replaces=replaces, lang=lang, progress=tell)
        count += taken.refused_count
        refusals.append(taken.refused)
        words = (
            Text("{file}：收入 {rows} 行，未使用 {bad} 行", "{file}: {rows} rows taken in, {bad} not used")
            if taken.is_new
            else Text("{file}：库中已有这份数据，未作改动", "{file}: the store has it already; nothing was changed")
        )
        _say(words.format(file=Path(file).name, rows=taken.rows, bad=taken.refused_count), lang)
    said = pl.concat(refusals)
    for row in said.head(SHOWN_REFUSALS).iter_rows(named=True):
        place = Text("  {file} 第 {line} 行 {column}：{reason}", "  {file} line {line} {column}: {reason}")
        _say(place.format(**{name: "" if value is None else value for name, value in row.items()}), lang)
    if count > SHOWN_REFUSALS:
        left = count - SHOWN_REFUSALS
        _say(
            Text(f"  另有 {left} 行未列出，可用 --refused 写出", f"  and {left} rows more; --refused writes them"), lang
        )
    if refused is not None:
        write_table(said, Path(refused))
    if not no_compact and compact_if_many(kept):
        _say(Text("同日数据较多，正在后台合并", "days with many parts are being merged in the background"), lang)
    if strict and count:
        sys.exit(1)


@presences.command()
@_STORE
def info(store: str) -> None:
    """Tell what a store holds · 库中有什么."""
    lang = _lang()
    one = _open(store, create=False).info()
    lines = [
        (Text("在场记录", "presences"), f"{one.rows:,}"),
        (Text("人员", "persons"), f"{one.persons:,}"),
        (Text("场所", "places"), f"{one.places:,}"),
        (Text("天数 / 分段", "days / segments"), f"{one.days:,} / {one.segments:,}"),
        (Text("最早开始", "earliest start"), one.first_start or "—"),
        (Text("最晚结束", "latest end"), one.latest_end or "—"),
        (Text("数据字节", "bytes of data"), f"{one.data_bytes:,}"),
        (Text("索引字节", "bytes of index"), f"{one.index_bytes:,}"),
        (Text("每行字节", "bytes a row"), f"{one.bytes_a_row:.1f}"),
        (Text("版本", "version"), str(one.version)),
        (Text("已删除人员", "persons retracted"), str(one.retracted)),
    ]
    for label, value in lines:
        click.echo(f"{label.in_language(lang)}: {value}")
    for source in one.sources:
        mark = Text(",已被更正", ", replaced").in_language(lang) if source["replaced"] else ""
        rows = f"{source['rows']:,} (-{source['refused']:,})"
        click.echo(f"  {source['at']}  {source['name']} {source['digest'][:12]}: {rows}{mark}")


@presences.command()
@_STORE
@click.option("--person", metavar="ID", help="Prove that nothing of a person is left · 证明此人数据已删除")
def verify(store: str, person: str | None) -> None:
    """Compare every file with the manifest and the index · 核对."""
    lang = _lang()
    kept = _open(store, create=False)
    with _progress(lang) as tell:
        done = kept.verify(person_id=person, progress=tell)
    for problem in done.problems:
        _say(problem, lang)
    if not done.is_sound:
        sys.exit(1)
    words = Text("{n} 个分段、{rows} 行全部相符", "{n} segments, {rows} rows: all agree")
    _say(words.format(n=done.segments, rows=f"{done.rows:,}"), lang)
    if person is not None:
        _say(Text("没有任何文件含此人", "no file names the person"), lang)


@presences.command()
@click.option("--store", metavar="DIR", help="A folder, or a URL such as s3://… · 库的位置")
@click.option("--by", "username", metavar="ADMINISTRATOR", help="Of the web application's own data · 以管理员账号")
@click.option("--person", required=True, metavar="ID", help="Whose rows go · 删除谁的记录")
def retract(store: str | None, username: str | None, person: str) -> None:
    """Take everything of a person out, for good, and print the proof · 删除一人的全部记录."""
    lang = _lang()
    if (store is None) == (username is None):
        raise Misused(
            Text(
                "请用 --store 指明库，或用 --by 以管理员身份处理网页系统的数据",
                "name a store with --store, or with --by the administrator who does it to the web application's data",
            )
        )
    if store is not None:
        kept = _open(store, create=False)
        with _progress(lang) as tell:
            gone = kept.retract(person, progress=tell)
    else:
        gone = _retract_as(str(username), person)
    words = Text(
        "已删除 {rows} 行，重写 {n} 个分段（版本 {version}，{at}）；凭证 {mark}",
        "{rows} rows are gone, {n} segments written anew (version {version}, {at}); proof {mark}",
    )
    _say(words.format(rows=gone.rows, n=gone.segments, version=gone.version, at=gone.at, mark=gone.mark), lang)


@presences.command()
@_STORE
@click.option("--person", required=True, metavar="ID", help="Whose rows may come in again · 允许重新收入谁的记录")
def readmit(store: str, person: str) -> None:
    """Let the rows of a retracted person come in again · 解除删除后的限制."""
    was = _open(store, create=False).readmit(person)
    words = (
        Text("已解除", "the person's rows may come in again")
        if was
        else Text("此人未被限制", "the person was not kept out")
    )
    _say(words, _lang())


@presences.command()
@_STORE
@click.option("--all", "everything", is_flag=True, help="Also days of one part: their index is made anew · 全部重写")
def compact(store: str, everything: bool) -> None:
    """Merge the parts of each day into one · 合并每日的分段."""
    lang = _lang()
    kept = _open(store, create=False)
    with _progress(lang) as tell:
        days = kept.compact(most=0 if everything else 1, progress=tell)
    _say(Text(f"合并了 {days} 天", f"{days} days merged"), lang)


def _retract_as(username: str, person: str) -> "Gone":
    """Do it in the data folder of the web application (``LIANFANG_DATA``), with an entry in its audit trail."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.site.settings")
    django.setup()
    from lianfang.access.clock import now
    from lianfang.access.selectors import account_named
    from lianfang.tracing.presences import retract as retract_from_data

    account = account_named(username)
    if account is None or not account.is_active:
        raise Refused(Text(f"没有可用的账号“{username}”", f"there is no active account '{username}'"))
    return retract_from_data(person, by=account, at=now())


def _open(store: str, *, create: bool = True) -> "PresenceStore":
    from lianfang.tracing.store import open_store

    return open_store(store, create=create)


class _progress:
    """A line that is overwritten, on a terminal; each step once, elsewhere."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.said = ""

    def __enter__(self) -> Callable[[Text, float], None]:
        return self.tell

    def tell(self, step: Text, share: float) -> None:
        words = step.in_language(self.lang)
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{words} {share:.0%}" if words else "\r\x1b[K", nl=False, err=True)
        elif words and words != self.said:
            self.said = words
            click.echo(f"{words} …", err=True)

    def __exit__(self, *problem: object) -> None:
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", nl=False, err=True)


def _lang() -> Lang:
    return language_of(os.environ)


def _say(text: Text, lang: Lang) -> None:
    click.echo(text.in_language(lang), err=True)
