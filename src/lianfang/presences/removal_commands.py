"""``lianfang presences retract | readmit | withdraw | drop``: what is taken out, for good, with a proof."""

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lianfang.kernel.text import Text
from lianfang.presences.console import (
    BY,
    DRY_RUN,
    PATIENCE,
    PROOF,
    STORE,
    STORE_OR,
    YES,
    Progress,
    agree,
    asks,
    check_proof,
    kept_of,
    lang,
    opened,
    say,
    write_proof,
)

if TYPE_CHECKING:
    from lianfang.presences.store.removal import Concerned

_NOTHING = Text("", "")
_WOULD = Text("{rows:,} 行（{days:,} 天，{persons:,} 人）", "{rows:,} rows of {days:,} days and {persons:,} persons")


@click.command()
@STORE_OR
@BY
@click.option("--person", required=True, metavar="ID", help="Whose rows go · 删除谁的记录")
@DRY_RUN
@YES
@PROOF
@PATIENCE
def retract(
    store: str | None,
    username: str | None,
    person: str,
    dry_run: bool,
    yes: bool,
    proof: str | None,
    patience: float,
) -> None:
    """Take everything of a person out, for good, and print the proof · 删除一人的全部记录."""
    check_proof(proof, dry_run=dry_run)
    kept = kept_of(store, username, patience=patience)
    if dry_run:
        _tell(kept.concerned(person_id=person))
        return
    if asks(yes):
        agree(_question(kept.concerned(person_id=person)))
    with Progress() as tell:
        gone = kept.retract(person, progress=tell)
    write_proof(proof, {"act": "retract", "store": kept.store.url, **asdict(gone)})
    words = Text(
        "已删除 {rows} 行，重写 {n} 个分段（版本 {version}，{at}）；凭证 {mark}",
        "{rows} rows are gone, {n} segments written anew (version {version}, {at}); proof {mark}",
    )
    say(words.format(rows=gone.rows, n=gone.segments, version=gone.version, at=gone.at, mark=gone.mark), lang())


@click.command()
@STORE
@click.option("--person", required=True, metavar="ID", help="Whose rows may come in again · 允许重新导入谁的记录")
@PATIENCE
def readmit(store: str, person: str, patience: float) -> None:
    """Let the rows of a retracted person come in again · 解除删除后的限制."""
    was = opened(store, patience=patience).readmit(person)
    words = (
        Text("已解除", "the person's rows may come in again")
        if was
        else Text("此人未被限制", "the person was not kept out")
    )
    say(words, lang())


@click.command()
@click.argument("named", metavar="NAME|DIGEST")
@STORE_OR
@BY
@DRY_RUN
@YES
@PROOF
@PATIENCE
def withdraw(
    named: str,
    store: str | None,
    username: str | None,
    dry_run: bool,
    yes: bool,
    proof: str | None,
    patience: float,
) -> None:
    """Take everything of one source out, such as of a wrong list; it may come in again · 撤回一个来源的全部记录."""
    check_proof(proof, dry_run=dry_run)
    kept = kept_of(store, username, patience=patience)
    if dry_run or asks(yes):
        went = kept.concerned(source=named)  # first: it asks whether the account may
        source = kept.store.source(named)
        said = Text(f"来源 {source.name} {source.digest[:12]}：", f"source {source.name} {source.digest[:12]}: ")
        if dry_run:
            _tell(went, said)
            return
        agree(_question(went, said))
        named = source.digest
    with Progress() as tell:
        gone = kept.withdraw(named, progress=tell)
    write_proof(proof, {"store": kept.store.url, **asdict(gone)})
    words = Text(
        "已撤回来源 {name} {digest}：{rows:,} 行，{days:,} 天，{persons:,} 人（版本 {version}，{at}）；"
        "确需时可重新导入",
        "source {name} {digest} is out: {rows:,} rows of {days:,} days and {persons:,} persons (version {version}, "
        "{at}); it may be taken in again",
    )
    say(words.format(digest=gone.of[:12], **asdict(gone)), lang())


@click.command()
@click.option(
    "--before",
    required=True,
    type=click.DateTime(formats=["%Y-%m-%d"]),
    metavar="DATE",
    help="The first day that stays · 保留的第一天",
)
@STORE_OR
@BY
@DRY_RUN
@YES
@PROOF
@PATIENCE
def drop(
    before: dt.datetime,
    store: str | None,
    username: str | None,
    dry_run: bool,
    yes: bool,
    proof: str | None,
    patience: float,
) -> None:
    """Take the days before a date out, when they need not be kept any longer · 清除某日之前的记录."""
    check_proof(proof, dry_run=dry_run)
    kept = kept_of(store, username, patience=patience)
    date = before.date()
    if dry_run or asks(yes):
        went = kept.concerned(before=date)
        if dry_run:
            _tell(went)
            return
        if went.rows:
            agree(_question(went))
    gone = kept.drop(date)
    write_proof(proof, {"store": kept.store.url, **asdict(gone)})
    words = (
        Text(
            "{of} 之前的记录已清除：{rows:,} 行，{days:,} 天，{persons:,} 人（版本 {version}，{at}）",
            "the days before {of} are out: {rows:,} rows of {days:,} days and {persons:,} persons (version {version}, "
            "{at})",
        )
        if gone.rows
        else Text("{of} 之前没有记录，未作改动", "there is nothing before {of}; nothing was changed")
    )
    say(words.format(**asdict(gone)), lang())


def _tell(went: "Concerned", before: Text = _NOTHING) -> None:
    words = Text("{before}将删除 {went}；未作改动", "{before}{went} would go; nothing was changed")
    click.echo(words.format(before=before, went=_WOULD.format(**asdict(went))).in_language(lang()))


def _question(went: "Concerned", before: Text = _NOTHING) -> Text:
    words = Text("{before}将删除 {went}，不可恢复。继续吗？", "{before}{went} will go, for good. Go on?")
    return words.format(before=before, went=_WOULD.format(**asdict(went)))
