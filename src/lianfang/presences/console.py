"""What the commands of ``lianfang presences`` share: whose store, how long to wait, what is asked and told."""

import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lianfang.house import SETTINGS
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.text import Lang, Text, language_of

if TYPE_CHECKING:
    from lianfang.access.models import Account
    from lianfang.presences.store import PresenceStore
    from lianfang.presences.store.ingest import Taken
    from lianfang.presences.store.manifest import Removed
    from lianfang.presences.store.removal import Concerned, Gone

_WHERE = "A folder, or a URL such as s3://… · 库的位置"
STORE = click.option("--store", required=True, metavar="DIR", help=_WHERE)
STORE_OR = click.option("--store", metavar="DIR", help=_WHERE)
BY = click.option("--by", "username", metavar="ADMINISTRATOR", help="Of the web application's own data · 以管理员账号")
PATIENCE = click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another writer · 等待另一写入者的秒数",
)
DRY_RUN = click.option("--dry-run", is_flag=True, help="Only tell what would go · 只显示将删除什么")
YES = click.option("--yes", is_flag=True, help="Do not ask, on a terminal · 不再询问")
TELL_EVERY = 30.0
"""Seconds between two lines about one step, where standard error is no terminal."""
PROOF = click.option("--proof", metavar="FILE", help="Where the proof is written, as JSON · 凭证写到何处")


@dataclass(frozen=True)
class Kept:
    """The store that a command works on.

    Attributes
    ----------
    store : PresenceStore
    by : Account or None
        Who does it to the store of the web application, with an entry in its audit trail; None for any other store.
    """

    store: "PresenceStore"
    by: "Account | None"

    def ingest(
        self, file: str, *, replaces: str | None, again: bool, lang: Lang, progress: Callable[[Text, float], None]
    ) -> "Taken":
        """Take a file in."""
        if self.by is None:
            [taken] = self.store.ingest(file, replaces=replaces, again=again, lang=lang, progress=progress)
            return taken
        from lianfang.presences import keeping

        said = {"replaces": replaces, "again": again, "lang": lang, "progress": progress}
        return keeping.ingest_file(Path(file), by=self.by, at=_now(), **said)  # type: ignore[arg-type]

    def concerned(
        self, *, person_id: str | None = None, source: str | None = None, before: dt.date | None = None
    ) -> "Concerned":
        """Tell what would go."""
        if self.by is None:
            return self.store.concerned(person_id=person_id, source=source, before=before)
        from lianfang.presences import removing

        return removing.concerned(by=self.by, at=_now(), person_id=person_id, source=source, before=before)

    def retract(self, person_id: str, *, progress: Callable[[Text, float], None]) -> "Gone":
        """Take a person out."""
        if self.by is None:
            return self.store.retract(person_id, progress=progress)
        from lianfang.presences import removing

        return removing.retract(person_id, by=self.by, at=_now(), progress=progress)

    def withdraw(self, named: str, *, progress: Callable[[Text, float], None]) -> "Removed":
        """Take a source out."""
        if self.by is None:
            return self.store.withdraw(named, progress=progress)
        from lianfang.presences import removing

        return removing.withdraw(named, by=self.by, at=_now(), progress=progress)

    def drop(self, before: dt.date) -> "Removed":
        """Take the days before a date out."""
        if self.by is None:
            return self.store.drop(before)
        from lianfang.presences import removing

        return removing.drop(before, by=self.by, at=_now())


def kept_of(store: str | None, username: str | None, *, patience: float, create: bool = False) -> Kept:
    """Open the store that is named, or the web application's (in ``LIANFANG_DATA``) for one of its accounts.

    Raises
    ------
    Misused
        When both are named, or none.
    Refused
        When there is no such store, or no such account.
    """
    if (store is None) == (username is None):
        raise Misused(
            Text(
                "请用 --store 指明库，或用 --by 以管理员身份处理网页系统的数据",
                "name a store with --store, or with --by the administrator who does it to the web application's data",
            )
        )
    if store is not None:
        return Kept(opened(store, create=create, patience=patience), None)
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    django.setup()
    from lianfang.access.selectors import account_named
    from lianfang.presences import keeping

    account = account_named(str(username))
    if account is None or not account.is_active:
        raise Refused(Text(f"没有可用的账号“{username}”", f"there is no active account '{username}'"))
    own = keeping.store()
    own.files.patience, own.files.waiting = patience, tell_waiting
    return Kept(own, account)


def opened(store: str, *, create: bool = False, patience: float = 0) -> "PresenceStore":
    """Open a store; whoever has to wait for another writer says for whom."""
    from lianfang.presences.store import open_store

    return open_store(store, create=create, patience=patience, waiting=tell_waiting)


def tell_waiting(words: Text) -> None:
    """Say for whom one waits, on a line of its own."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    say(words, lang())


def asks(yes: bool) -> bool:
    """Whether somebody sits at a terminal who is to be asked; a script is not."""
    return not yes and sys.stdin.isatty()


def agree(question: Text) -> None:
    """Ask before something goes for good.

    Raises
    ------
    Refused
        When the answer is no.
    """
    if not click.confirm(question.in_language(lang()), err=True):
        raise Refused(Text("未作改动", "nothing was changed"))


def check_proof(proof: str | None, *, dry_run: bool) -> None:
    """Refuse a proof that could not be written, before anything is done."""
    if proof is None:
        return
    if dry_run:
        raise Misused(Text("--dry-run 不产生凭证，请去掉 --proof", "--dry-run gives no proof: leave --proof out"))
    folder = Path(proof).parent
    if not folder.is_dir() or Path(proof).is_dir():
        raise Misused(
            Text(
                f"无法写出 {proof}：请指明已有文件夹中的文件",
                f"cannot write {proof}: name a file in a folder that is there",
            )
        )


def write_proof(proof: str | None, said: Mapping[str, Any]) -> None:
    """Write what an act has proved; the file is there whole, or not at all."""
    if proof is None:
        return
    path = Path(proof)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        aside.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


class Progress:
    """A line that is overwritten, on a terminal; elsewhere each step when it begins, and then a line now and then.

    Rows a second are those of this process and this step: what an earlier one had done counts for nothing.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.lang, self._clock = lang(), clock
        self._said, self._said_at = "", 0.0
        self._begun, self._rows = 0.0, 0

    def __enter__(self) -> Callable[[Text, float], None]:
        return self.tell

    def tell(self, step: Text, share: float) -> None:
        """Show a step and how much is done."""
        words, now, rows = step.in_language(self.lang), self._clock(), getattr(step, "rows", 0)
        is_first = words != self._said
        if is_first:
            self._said, self._said_at, self._begun, self._rows = words, now, now, rows
        if sys.stderr.isatty():
            self._show(f"\r\x1b[K{self._line(words, share, rows, now)}" if words else "\r\x1b[K", nl=False)
        elif words and is_first:
            self._show(f"{words} …")
        elif words and now - self._said_at >= TELL_EVERY:
            self._said_at = now
            self._show(self._line(words, share, rows, now))

    def _line(self, words: str, share: float, rows: int, now: float) -> str:
        parts = [f"{words} {share:.0%}"]
        if rows:
            parts.append(Text(f"{rows:,} 行", f"{rows:,} rows").in_language(self.lang))
        if rows > self._rows and now > self._begun:
            rate = round((rows - self._rows) / (now - self._begun))
            parts.append(Text(f"每秒 {rate:,} 行", f"{rate:,} rows/s").in_language(self.lang))
        return Text("，", ", ").in_language(self.lang).join(parts)

    @staticmethod
    def _show(line: str, *, nl: bool = True) -> None:
        click.echo(line, nl=nl, err=True)

    def __exit__(self, *problem: object) -> None:
        if sys.stderr.isatty():
            self._show("\r\x1b[K", nl=False)


def lang() -> Lang:
    """Return the language of the command line."""
    return language_of(os.environ)


def say(text: Text, lang: Lang) -> None:
    """Say something beside the result."""
    click.echo(text.in_language(lang), err=True)


def _now() -> dt.datetime:
    from lianfang.access.times import now

    return now()
