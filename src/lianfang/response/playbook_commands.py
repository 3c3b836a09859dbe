"""``lianfang playbook decide`` and ``why``: facts in, measures out; beside the commands that need a playbook alone."""

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lianfang.intake.options import SHOWN_REFUSALS, read_moment
from lianfang.kernel.text import Lang, Text, language_of
from lianfang.playbook.commands import playbook

if TYPE_CHECKING:
    from lianfang.playbook.model import Playbook

__all__ = ["decide", "playbook", "why"]


@playbook.command("decide")
@click.option("--playbook", "playbook_id", required=True, metavar="ID", help="Playbook, by id or file · 防控方案")
@click.option(
    "--overlay", "overlays", multiple=True, metavar="FILE", help="Overlay, by id or file; repeatable · 补充规定"
)
@click.option("--facts", required=True, metavar="FILE", help="One row a person: CSV, XLSX or Parquet · 人员情况")
@click.option("--as-of", required=True, metavar="TIME", callback=read_moment, help="Time of the decision · 决定时间")
@click.option("--out", required=True, metavar="FILE", help="Where the measures go · 输出")
@click.option(
    "--refused", "refused_to", metavar="FILE", help="Where the rows without a measure go, with reasons · 未能确定"
)
@click.option(
    "--strict",
    is_flag=True,
    help="Exit status 1 when a row has no measure; refuse where the playbook is not in force · "
    "有一行未能确定即返回 1；方案不在施行期即拒绝",
)
def decide(
    playbook_id: str,
    overlays: tuple[str, ...],
    facts: str,
    as_of: dt.datetime,
    out: str,
    refused_to: str | None,
    strict: bool,
) -> int:
    """Decide the measures of a list of people · 按方案确定管控措施."""
    import polars as pl

    from lianfang.intake.read import local_time_zone, read_table
    from lianfang.intake.write import check_target, write_table
    from lianfang.measures.core.decide import decide as decide_measures
    from lianfang.measures.core.facts import FACTS_TABLE, iso_moments
    from lianfang.measures.core.tables import measures_table
    from lianfang.playbook.load import load

    lang = language_of(os.environ)
    targets = [Path(out)] + ([Path(refused_to)] if refused_to else [])
    for target in targets:
        check_target(target)
    book = load(playbook_id, overlays)
    _tell_in_force(book, as_of, strict=strict, lang=lang)
    table = read_table(facts, FACTS_TABLE, lang=lang)
    exposures = iso_moments(table.used["last_exposure"], time_zone=local_time_zone())
    decided = decide_measures(table.used.with_columns(exposures), playbook=book, as_of=as_of)
    unread = table.refused.select(
        pl.lit(None, pl.String()).alias("person_id"),
        pl.lit(None, pl.String()).alias("category"),
        pl.col("column").alias("fact"),
        pl.format("{}:{}: {}", "file", "line", "reason").alias("reason"),
    )
    undecided = pl.concat([decided.refused, decided.ahead]).sort("person_id", "category", "fact", nulls_last=True)
    without = pl.concat(
        [undecided.select("person_id", "category", "fact", pl.col(f"reason_{lang}").alias("reason")), unread]
    )
    write_table(measures_table(decided.measures, lang=lang), Path(out))
    if refused_to:
        write_table(without, Path(refused_to))
    done = Text(
        "{people} 人，{measures} 项措施，{refused} 行未能确定，{joined} 行与同一人的其他行合并；方案 {book}",
        "{people} people, {measures} measures, {refused} rows without a decision, {joined} rows for which another of "
        "the same person stands; playbook {book}",
    ).format(
        people=decided.measures["person_id"].n_unique(),
        measures=decided.measures.height,
        refused=without.height,
        joined=decided.joined.height,
        book=book.name,
    )
    click.echo(done.in_language(lang))
    for row in without.head(SHOWN_REFUSALS).iter_rows(named=True):
        click.echo(f"{row['person_id'] or '—'} {row['fact'] or ''}: {row['reason']}", err=True)
    return 1 if strict and without.height else 0


@playbook.command("why")
@click.option("--playbook", "playbook_id", required=True, metavar="ID", help="Playbook, by id or file · 防控方案")
@click.option(
    "--overlay", "overlays", multiple=True, metavar="FILE", help="Overlay, by id or file; repeatable · 补充规定"
)
@click.option("--fact", "told", multiple=True, required=True, metavar="K=V", help="A fact; repeatable · 一项情况")
@click.option("--as-of", metavar="TIME", callback=read_moment, help="Time of the decision; default: now · 决定时间")
@click.option("--strict", is_flag=True, help="Refuse where the playbook is not in force · 方案不在施行期即拒绝")
def why(
    playbook_id: str, overlays: tuple[str, ...], told: tuple[str, ...], as_of: dt.datetime | None, strict: bool
) -> int:
    """Say what one person has to do, by which rule, and on what it is founded · 说明一个人的措施及依据."""
    import polars as pl

    from lianfang.kernel.errors import Misused
    from lianfang.measures.core.decide import decide as decide_measures
    from lianfang.measures.core.facts import FACT_COLUMNS
    from lianfang.measures.core.tables import measures_table
    from lianfang.playbook.load import load
    from lianfang.playbook.words import EVIDENCE

    lang = language_of(os.environ)
    book = load(playbook_id, overlays)
    at = as_of or dt.datetime.now().astimezone().replace(tzinfo=None)
    if strict or as_of is not None:  # nobody who asks in general is warned of today
        _tell_in_force(book, at, strict=strict, lang=lang)
    facts = {"person_id": "-"}
    for one in told:
        name, _, value = one.partition("=")
        if name.strip() not in FACT_COLUMNS or not value.strip():
            known = ", ".join(FACT_COLUMNS)
            raise Misused(
                Text(
                    f"--fact 不认识“{one}”；请写 名称=值，名称可用：{known}",
                    f"--fact does not know '{one}'; write name=value, the names are {known}",
                )
            )
        facts[name.strip()] = value.strip()
    decided = decide_measures(pl.DataFrame({k: [v] for k, v in facts.items()}), playbook=book, as_of=at)
    for row in measures_table(decided.measures, lang=lang).iter_rows(named=True):
        rule = book.rule(row["rule"])
        sources = "; ".join(book.source(one).title.in_language(lang) for one in rule.source)
        span = " – ".join(one for one in (row["start"], row["end"]) if one)
        click.echo(f"{row['measure']}  {row['place_class']}  {span}")
        click.echo(f"  {row['reason']}")
        grade = EVIDENCE[rule.evidence].in_language(lang)
        click.echo(f"  {row['rule']}  {rule.evidence} {grade}  {sources}  {row['playbook']}")
    for row in pl.concat([decided.refused, decided.ahead]).iter_rows(named=True):
        click.echo(f"{row['fact']}: {row[f'reason_{lang}']}", err=True)
    return 1 if decided.refused.height else 0


def _tell_in_force(book: "Playbook", as_of: dt.datetime, *, strict: bool, lang: Lang) -> None:
    """Warn in one line where the playbook does not hold on the day; refuse where that is strict."""
    from lianfang.kernel.errors import Refused
    from lianfang.playbook.in_force import not_in_force

    ended = not_in_force(book, as_of.date())
    if ended is None:
        return
    if strict:
        raise Refused(ended)
    click.echo(ended.in_language(lang), err=True)
