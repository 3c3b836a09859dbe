"""``lianfang trace``: contacts of a case list among presences, over files; no database, no playbook, no Django."""

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lianfang.intake.options import SHOWN_REFUSALS, read_moment
from lianfang.kernel.text import Lang, Text, language_of
from lianfang.kernel.vocabulary import PlaceKind


class ManyPaths(click.Command):
    """A command whose ``--presences`` takes every path that follows it, up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        taking = False
        for word in args:
            if word == "--presences" or word.startswith("-"):
                taking = word == "--presences"
                spread.append(word)
            elif taking and spread[-1] != "--presences":
                spread += ["--presences", word]
            else:
                spread.append(word)
        return super().parse_args(ctx, spread)


def _fail(text: Text) -> click.UsageError:
    return click.UsageError(text.in_language(language_of(os.environ)))


def _number(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise _fail(Text(f"{param.opts[0]} 须为有限的数", f"{param.opts[0]} takes a finite number"))
    return value


def _kinds(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    if value is None:
        return None
    kinds = [kind.strip().lower() for kind in value.replace("\uff0c", ",").split(",") if kind.strip()]
    unknown = sorted(set(kinds) - set(PlaceKind.codes()))
    if unknown or not kinds:
        known = ",".join(PlaceKind.codes())
        words = ", ".join(unknown) or "''"
        raise _fail(
            Text(f"--second-kinds 没有 {words}；可用：{known}", f"--second-kinds does not know {words}; use {known}")
        )
    return kinds


@click.command(cls=ManyPaths)
@click.option("--cases", required=True, metavar="FILE", help="Case list: CSV, XLSX or Parquet, or its URL · 病例清单")
@click.option(
    "--presences",
    multiple=True,
    metavar="FILE…",
    help="Who was where, when: files, or URLs such as s3://… · 在场记录",
)
@click.option("--store", metavar="DIR", help="Instead of files: a store made by lianfang presences · 在场记录库")
@click.option(
    "--lookback",
    type=click.IntRange(0, 60),
    default=2,
    show_default=True,
    help="Days before onset · 回溯天数",
)
@click.option(
    "--min-minutes",
    type=click.FloatRange(min=0),
    default=15,
    show_default=True,
    callback=_number,
    help="Shared minutes from which somebody is a contact; in a dwelling any time counts · 共同在场分钟数",
)
@click.option(
    "--degrees",
    type=click.Choice(["1", "2"]),
    default="1",
    show_default=True,
    help="2: their contacts too · 层级",
)
@click.option(
    "--second-kinds",
    metavar="KIND,…",
    callback=_kinds,
    help=f"Place kinds that count for the second degree: {','.join(PlaceKind.codes())}; default all · 第二层的场所类型",
)
@click.option(
    "--latent-hours",
    type=click.FloatRange(min=0, max=24 * 365),
    default=0,
    show_default=True,
    callback=_number,
    help="Hours from a first contact until the contact counts as a source · 潜隐小时数",
)
@click.option(
    "--as-of",
    metavar="TIME",
    callback=read_moment,
    help="Time of reckoning; default the latest end among the presences · 截止时间",
)
@click.option(
    "--engine",
    type=click.Choice(["index", "duckdb", "spark"]),
    help="What carries it out; default LIANFANG_ENGINE, or the index of a store, duckdb over files · 计算引擎",
)
@click.option("--out", metavar="FILE", help="CSV, XLSX or Parquet by its ending; default CSV on standard output · 输出")
@click.option("--strict", is_flag=True, help="Refuse the work when a row cannot be used · 有无法使用的行即拒绝")
def trace(**options: Any) -> None:
    """Find the contacts of cases among presences · 追踪密切接触者."""
    from lianfang.intake.write import check_target, write_csv, write_table
    from lianfang.kernel.errors import Refused
    from lianfang.tracing.tracer import trace_tables

    lang = language_of(os.environ)
    if bool(options["presences"]) == bool(options["store"]):
        raise _fail(Text("请给出 --presences 或 --store 之一", "give either --presences or --store"))
    presences: Any = list(options["presences"])
    if options["store"]:
        from lianfang.presences.store import open_store

        presences = open_store(options["store"], create=False)
    out = Path(options["out"]) if options["out"] else None
    if out is not None:
        check_target(out)
    done = trace_tables(
        options["cases"],
        presences,
        lookback=options["lookback"],
        min_minutes=options["min_minutes"],
        degrees=2 if options["degrees"] == "2" else 1,
        second_kinds=options["second_kinds"],
        latent_hours=options["latent_hours"],
        as_of=options["as_of"],
        engine=options["engine"],
        lang=lang,
        progress=_teller(lang),
    )
    troubles = [
        Text("{file} 第 {line} 行 {column}：{reason}", "{file} line {line} {column}: {reason}")
        .format(**{name: "" if value is None else value for name, value in row.items()})
        .in_language(lang)
        for row in done.refused.head(SHOWN_REFUSALS).iter_rows(named=True)
    ]
    troubles += [f"{case_id}: {reason.in_language(lang)}" for case_id, reason in done.without_window]
    count = done.refused.height + len(done.without_window)
    if count and options["strict"]:
        raise Refused(
            Text(
                f"有 {count} 行无法使用，因 --strict 未写出结果；例如 {troubles[0]}",
                f"{count} rows cannot be used, so --strict wrote nothing; such as {troubles[0]}",
            )
        )
    if done.refused.height:
        by_file = ", ".join(
            f"{file} {n}" for file, n in done.refused.group_by("file", maintain_order=True).len().rows()
        )
        _say(
            Text(f"未使用 {done.refused.height} 行（{by_file}）", f"{done.refused.height} rows not used ({by_file})"),
            lang,
        )
    for note in done.notes:
        _say(note, lang)
    for line in troubles:
        click.echo(f"  {line}", err=True)
    if done.refused.height > SHOWN_REFUSALS:
        left = done.refused.height - SHOWN_REFUSALS
        _say(Text(f"  另有 {left} 行未列出", f"  and {left} rows more"), lang)
    if out is not None:
        write_table(done.contacts, out)
        _say(Text(f"{out}：{done.contacts.height} 行", f"{out}: {done.contacts.height} rows"), lang)
        return
    try:
        write_csv(done.contacts, sys.stdout.buffer)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough (`| head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: Text, lang: Lang) -> None:
    click.echo(text.in_language(lang), err=True)


def _teller(lang: Lang) -> Callable[[Text], None] | None:
    """Return what shows progress: a line that is overwritten, on a terminal only."""
    if not sys.stderr.isatty():
        return None

    def tell(step: Text) -> None:
        click.echo(f"\r\x1b[K{step.in_language(lang)}", nl=False, err=True)

    return tell
