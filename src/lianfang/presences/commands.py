"""``lianfang presences``: a store of presences, made once from raw lists and asked many times; no database."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lianfang.intake.options import SHOWN_REFUSALS
from lianfang.kernel.errors import Misused
from lianfang.kernel.text import Text
from lianfang.presences.console import BY, PATIENCE, STORE, STORE_OR, Progress, kept_of, lang, opened, say
from lianfang.presences.removal_commands import drop, readmit, retract, withdraw

if TYPE_CHECKING:
    from lianfang.presences.store.ingest import Taken


@click.group()
def presences() -> None:
    """Keep presences for tracing: take in, look, merge, take out · 在场记录库."""


for _command in (retract, readmit, withdraw, drop):
    presences.add_command(_command)


@presences.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@STORE_OR
@BY
@click.option("--replaces", metavar="NAME", help="A source whose rows FILE corrects, by name or digest · 更正的来源")
@click.option("--again", is_flag=True, help="Also a list that a correction has replaced · 已被更正的也导入")
@click.option("--refused", metavar="FILE", help="Where rows that are not used are written · 无法使用的行写到何处")
@click.option("--strict", is_flag=True, help="Exit with 1 when a row cannot be used · 有无法使用的行即以 1 退出")
@click.option("--no-compact", is_flag=True, help="Leave merging to lianfang presences compact · 不自动合并")
@PATIENCE
def ingest(
    files: tuple[str, ...],
    store: str | None,
    username: str | None,
    replaces: str | None,
    again: bool,
    refused: str | None,
    strict: bool,
    no_compact: bool,
    patience: float,
) -> None:
    """Take files in; again, or after a kill, comes to the same · 导入在场记录."""
    import polars as pl

    from lianfang.intake.write import check_target, write_table
    from lianfang.kernel.schema import REFUSALS
    from lianfang.presences.store.background import compact_if_many

    language = lang()
    if replaces is not None and len(files) != 1:
        raise Misused(
            Text(
                "--replaces 一次只能更正一份：请只给一个文件",
                "--replaces corrects one list at a time: give one file",
            )
        )
    if refused is not None:
        check_target(Path(refused))
    kept = kept_of(store, username, patience=patience, create=True)
    refusals = [REFUSALS.empty()]
    new_ones: list[Taken] = []
    count = 0
    for file in files:
        with Progress() as tell:
            taken = kept.ingest(file, replaces=replaces, again=again, lang=language, progress=tell)
        count += taken.refused_count
        refusals.append(taken.refused)
        new_ones += [taken] if taken.is_new else []
        say(_came_of(taken).format(file=Path(file).name, rows=taken.rows, bad=taken.refused_count), language)
        if taken.is_new and any(
            one.is_withdrawn and one.digest == taken.digest for one in kept.store.manifest().sources
        ):
            say(Text("  这份数据曾被撤回，现又导入", "  it was withdrawn before, and is in again"), language)
    said = pl.concat(refusals)
    for row in said.head(SHOWN_REFUSALS).iter_rows(named=True):
        place = Text("  {file} 第 {line} 行 {column}：{reason}", "  {file} line {line} {column}: {reason}")
        say(place.format(**{name: "" if value is None else value for name, value in row.items()}), language)
    if said.height > SHOWN_REFUSALS and refused is None:
        left = said.height - SHOWN_REFUSALS
        say(
            Text(
                f"  另有 {left} 行未列出；请用 lianfang intake read --kind presences --refused 写出",
                f"  and {left} rows more; lianfang intake read --kind presences --refused writes them",
            ),
            language,
        )
    if refused is not None:
        write_table(said, Path(refused))
        new = sum(one.refused_count for one in new_ones)
        if new > said.height:
            say(
                Text(
                    f"  {refused} 只列出 {said.height} 行，共 {new} 行未使用",
                    f"  {refused} lists {said.height} of the {new} rows that were not used",
                ),
                language,
            )
    if not no_compact and compact_if_many(kept.store):
        say(Text("同日数据较多，正在后台合并", "days with many parts are being merged in the background"), language)
    if strict and count:
        sys.exit(1)


def _came_of(taken: "Taken") -> Text:
    if taken.is_new:
        return Text("{file}：导入 {rows} 行，未使用 {bad} 行", "{file}: {rows} rows taken in, {bad} not used")
    if taken.is_replaced:
        return Text(
            "{file}：这份数据已被更正，未再导入；确需导入请加 --again",
            "{file}: a correction has replaced it, so it is left out; --again takes it in all the same",
        )
    if taken.refused_count:
        return Text(
            "{file}：库中已有这份数据，未作改动；当时有 {bad} 行未使用，"
            "可用 lianfang intake read --kind presences --refused 再次列出",
            "{file}: the store has it already; nothing was changed. {bad} rows were not used then: "
            "lianfang intake read --kind presences --refused lists them again",
        )
    return Text("{file}：库中已有这份数据，未作改动", "{file}: the store has it already; nothing was changed")


@presences.command()
@STORE
def info(store: str) -> None:
    """Tell what a store holds · 库中有什么."""
    language = lang()
    one = opened(store).info()
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
        click.echo(f"{label.in_language(language)}: {value}")
    for source in one.sources:
        mark = Text("", "")
        if source["withdrawn"]:
            mark = Text("，已撤回", ", withdrawn")
        elif source["replaced"]:
            mark = Text("，已被更正", ", replaced")
        rows = f"{source['rows']:,} (-{source['refused']:,})"
        click.echo(f"  {source['at']}  {source['name']} {source['digest'][:12]}: {rows}{mark.in_language(language)}")
    for gone in one.removed:
        click.echo(f"  {gone['at']}  {gone['act']} {gone['name'] or gone['of']}: -{gone['rows']:,}")


@presences.command()
@STORE
@click.option("--person", metavar="ID", help="Prove that nothing of a person is left · 证明此人数据已删除")
def verify(store: str, person: str | None) -> None:
    """Compare every file with the manifest and the index · 核对."""
    language = lang()
    kept = opened(store)
    with Progress() as tell:
        done = kept.verify(person_id=person, progress=tell)
    for problem in done.problems:
        say(problem, language)
    if not done.is_sound:
        sys.exit(1)
    words = Text("{n} 个分段、{rows} 行全部相符", "{n} segments, {rows} rows: all agree")
    say(words.format(n=done.segments, rows=f"{done.rows:,}"), language)
    if person is not None:
        say(Text("没有任何文件含此人", "no file names the person"), language)


@presences.command()
@STORE
@click.option("--all", "everything", is_flag=True, help="Also days of one part: their index is made anew · 全部重写")
@PATIENCE
def compact(store: str, everything: bool, patience: float) -> None:
    """Merge the parts of each day into one; others write between two days · 合并每日的分段."""
    kept = opened(store, patience=patience)
    with Progress() as tell:
        days = kept.compact(most=0 if everything else 1, progress=tell)
    say(Text(f"合并了 {days} 天", f"{days} days merged"), lang())
