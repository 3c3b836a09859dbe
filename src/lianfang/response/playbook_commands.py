"""``lianfang playbook decide``: facts in, measures out, over files; beside the commands that need a playbook alone."""

import datetime as dt
import os
from pathlib import Path

import click

from lianfang.intake.options import SHOWN_REFUSALS, read_moment
from lianfang.kernel.text import Text, language_of
from lianfang.playbook.commands import playbook

__all__ = ["decide", "playbook"]


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
@click.option("--strict", is_flag=True, help="Exit status 1 when a row has no measure · 有一行未能确定即返回 1")
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

    from lianfang.intake.read import read_table
    from lianfang.intake.write import check_target, write_table
    from lianfang.measures.core.decide import decide as decide_measures
    from lianfang.measures.core.facts import FACTS_TABLE
    from lianfang.measures.core.tables import measures_table
    from lianfang.playbook.load import load

    lang = language_of(os.environ)
    targets = [Path(out)] + ([Path(refused_to)] if refused_to else [])
    for target in targets:
        check_target(target)
    book = load(playbook_id, overlays)
    table = read_table(facts, FACTS_TABLE, lang=lang)
    decided = decide_measures(table.used, playbook=book, as_of=as_of)
    unread = table.refused.select(
        pl.lit(None, pl.String()).alias("person_id"),
        pl.lit(None, pl.String()).alias("category"),
        pl.col("column").alias("fact"),
        pl.format("{}:{}: {}", "file", "line", "reason").alias("reason"),
    )
    without = pl.concat(
        [decided.refused.select("person_id", "category", "fact", pl.col(f"reason_{lang}").alias("reason")), unread]
    )
    write_table(measures_table(decided.measures, lang=lang), Path(out))
    if refused_to:
        write_table(without, Path(refused_to))
    done = Text(
        "{people} 人，{measures} 项措施，{refused} 行未能确定；方案 {book}",
        "{people} people, {measures} measures, {refused} rows without a decision; playbook {book}",
    ).format(
        people=decided.measures["person_id"].n_unique(),
        measures=decided.measures.height,
        refused=without.height,
        book=book.name,
    )
    click.echo(done.in_language(lang))
    for row in without.head(SHOWN_REFUSALS).iter_rows(named=True):
        click.echo(f"{row['person_id'] or '—'} {row['fact'] or ''}: {row['reason']}", err=True)
    return 1 if strict and without.height else 0
