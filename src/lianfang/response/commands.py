"""``lianfang respond``: from a case list to a complete response."""

import datetime as dt
import os
import sys
import time
from pathlib import Path

import click

from lianfang.intake.options import read_moment
from lianfang.kernel.text import Text, language_of

QUIET_SECONDS = 2.0
"""Where nobody watches the terminal, progress is told only by work that takes longer than this."""


class Progress:
    """Tells the steps on standard error: on a terminal always, else once the work has taken a while."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.started = time.monotonic()
        self.width = 0

    def __call__(self, words: Text) -> None:
        """Tell that a step begins."""
        text = words.zh if self.lang == "zh" else words.en
        seconds = time.monotonic() - self.started
        if sys.stderr.isatty():
            print(f"\r\033[K{text} …", end="", file=sys.stderr, flush=True)
            self.width = len(text)
        elif seconds > QUIET_SECONDS:
            print(f"{seconds:6.1f} s  {text}", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self.width and sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--playbook", "playbook_id", required=True, metavar="ID", help="Policy version, by id or file · 防控方案")
@click.option(
    "--overlay",
    "overlays",
    multiple=True,
    metavar="FILE",
    help="Apply an overlay, by id or file; repeatable · 补充规定",
)
@click.option(
    "--as-of",
    metavar="T",
    callback=read_moment,
    help="Time of reckoning; default: the latest time in the input · 截止时间",
)
@click.option("--jurisdiction", default="", metavar="J", help="Name that heads the bulletin · 日报抬头的地区")
@click.option("--unit", default="", metavar="U", help="Who compiles the bulletin · 日报编发单位")
@click.option("--issue", type=click.IntRange(min=1), metavar="N", help="Number of the bulletin · 日报期号")
@click.option("--signed-by", default="", metavar="NAME", help="Who signed the bulletin · 日报签发人")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the results · 结果文件夹")
@click.option(
    "--list-general",
    is_flag=True,
    help="Also list who shared a place with a case and is no contact, as general.csv; else they are only counted · "
    "列出同场所人员",
)
@click.option(
    "--strict",
    is_flag=True,
    help="End with status 1 when a row was refused, or the playbook is not in force · "
    "有退回行、或方案不在施行期时以状态 1 结束",
)
def respond(
    folder: Path,
    playbook_id: str,
    overlays: tuple[str, ...],
    as_of: dt.datetime | None,
    jurisdiction: str,
    unit: str,
    issue: int | None,
    signed_by: str,
    out: Path,
    list_general: bool,
    strict: bool,
) -> None:
    """From a case list to a complete response · 由病例清单到完整处置.

    DIR holds cases.* and, where there are any, presences.*, contacts.*, people.*, places.* (csv, xlsx or parquet).
    OUT gets contacts.csv, measures.csv, clocks.csv, chains.csv, calls.csv, refused.csv, undecided.csv, bulletin.docx,
    summary.json and, where it is asked for, general.csv.
    """
    from lianfang.kernel.errors import Refused
    from lianfang.playbook.in_force import not_in_force
    from lianfang.playbook.load import load
    from lianfang.reports.core.paper import Masthead
    from lianfang.response.run import respond_to_files

    lang = language_of(os.environ)
    progress = Progress(lang)
    book = load(playbook_id, overlays)
    try:
        ran = respond_to_files(
            folder,
            out,
            playbook=book,
            as_of=as_of,
            jurisdiction=jurisdiction,
            masthead=Masthead(unit, issue, signed_by),
            lang=lang,
            list_general=list_general,
            tell=progress,
        )
    finally:
        progress.clear()
    f = ran.response.figures
    close, secondary = f["contacts.category.close_contact"].value, f["contacts.category.secondary_contact"].value
    done = Text(
        f"病例 {f['cases.total'].value}，密接 {close}，密接的密接 {secondary}，措施 {f['measures.total'].value}，"
        f"时限 {f['clocks.total'].value}；退回 {ran.refused.height} 行，未能判定 {ran.undecided.height} 项。"
        f"结果在 {out}",
        f"{f['cases.total'].value} cases, {close} close and {secondary} secondary contacts, "
        f"{f['measures.total'].value} measures, {f['clocks.total'].value} clocks; {ran.refused.height} rows refused, "
        f"{ran.undecided.height} undecided. Results in {out}",
    )
    click.echo(done.in_language(lang))
    for note in ran.notes:
        click.echo(note.in_language(lang), err=True)
    for said in ran.said.values():
        click.echo(said.words.in_language(lang))
    if ended := not_in_force(book, ran.as_of.date()):
        if strict:
            raise Refused(ended)
        click.echo(ended.in_language(lang), err=True)
    if strict and ran.refused.height:
        raise Refused(
            Text(
                f"退回 {ran.refused.height} 行（--strict），原因见 {out / 'refused.csv'}",
                f"{ran.refused.height} rows were refused (--strict): see {out / 'refused.csv'}",
            )
        )
