"""`PresenceStore`: take presences in, trace in them, take a person out, merge, prove."""

import contextlib
import datetime as dt
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import polars as pl

from lianfang.intake.core.cells import tidy_column
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.schema import REFUSALS
from lianfang.kernel.text import Lang, Text
from lianfang.presences.store import removal, staging, upkeep, verify
from lianfang.presences.store.files import Files
from lianfang.presences.store.ingest import Taken, digest_of, take_in
from lianfang.presences.store.manifest import (
    Manifest,
    Removed,
    Source,
    clear_away,
    commit,
    name_of,
    read_manifest,
    versions,
)
from lianfang.presences.store.progress import Progress
from lianfang.presences.store.removal import Concerned, Gone
from lianfang.presences.store.rewriting import Writer
from lianfang.presences.store.snapshot import Snapshot
from lianfang.presences.store.upkeep import Info
from lianfang.presences.store.verify import Verified

PresenceSource = pl.DataFrame | str | Path
LET_OTHERS = 300.0
"""Seconds that merging waits, at least, for those whom it let write between two days."""

_TRIES = 5
_NO_REFUSALS = REFUSALS.empty()
_Told = TypeVar("_Told")


class PresenceStore:
    """Presences of a population, append-only, and tracing over them.

    Get one from `open_store`. Reading is safe beside writing, in this process and others: each call sees the newest
    finished moment. One process writes at a time; a second is refused.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self._opened: Snapshot | None = None
        self._known: Manifest | None = None

    @property
    def url(self) -> str:
        """Where the store lies."""
        return self.files.url

    def manifest(self) -> Manifest:
        """Return the newest moment of the store."""
        return self._again(self._newest)

    def _newest(self) -> Manifest:
        newest, known = versions(self.files)[-1], self._known
        if known is None or known.version != newest:
            known = self._known = read_manifest(self.files, newest)
        return known

    @staticmethod
    def _again(ask: Callable[[], _Told]) -> _Told:
        """Ask until no file was cleared away between naming and reading it: the store has moved on then."""
        for _ in range(_TRIES - 1):
            try:
                return ask()
            except FileNotFoundError:
                continue
        return ask()

    def snapshot(self) -> Snapshot:
        """Return the newest moment, opened for reading; kept open until the store moves on.

        On this machine its index is mapped at once, so a writer that clears files away meanwhile takes nothing from it;
        of a store elsewhere each day comes with the first question about it. Safe beside other threads: at worst two of
        them open the same moment.
        """
        return self._again(self._snapshot)

    def _snapshot(self) -> Snapshot:
        opened, manifest = self._opened, self._newest()
        if opened is None or opened.manifest.version != manifest.version:
            opened = Snapshot(self.files, manifest).opened()
            self._opened = opened
            self.files.forget_copies(manifest.files())
        return opened

    # --- Reading ---

    def moment(self) -> Snapshot:
        """Return the newest moment with nothing of it opened: what an engine reads needs no index."""
        return Snapshot(self.files, self.manifest())

    def paths(self) -> list[str]:
        """Return where the Parquet files lie, for an engine: local paths, or URLs."""
        return self.moment().paths()

    def most_segments_a_day(self) -> int:
        """Return how many segments the day has that has most of them; more than a few slow queries down."""
        counts = Counter(one.day for one in self.manifest().segments)
        return max(counts.values(), default=0)

    def info(self) -> Info:
        """Return what the store holds, in numbers."""
        return upkeep.info(self.files, self.manifest())

    def verify(self, *, person_id: str | None = None, progress: Progress | None = None) -> Verified:
        """Check every file against the manifest and against its index; with a person, that nothing of them is left."""
        person_id = None if person_id is None else _plain(person_id)
        self.files.forget_copies(self.manifest().files())
        return verify.verify(self.files, self.manifest(), person_id=person_id, progress=progress)

    def source(self, named: str) -> Source:
        """Return the source that has a name, or a digest that begins so; one that was taken out where none counts.

        Raises
        ------
        Refused
            When no source, or more than one, is called so.
        """
        return removal.source_named(self.manifest(), named, gone_too=True)

    def mark(self, person_id: str) -> str:
        """Return the keyed hash by which the store, and a proof, name a person."""
        return self.manifest().mark_of(_plain(person_id))

    def concerned(
        self, *, person_id: str | None = None, source: str | None = None, before: dt.date | None = None
    ) -> Concerned:
        """Tell what `retract` of a person, `withdraw` of a source or `drop` before a date would take out."""

        def ask() -> Concerned:
            manifest = self._newest()
            if person_id is not None:
                return removal.concerned_by_person(self.files, manifest, _plain(person_id))
            if source is not None:
                named = removal.source_named(manifest, source, gone_too=True)
                return removal.concerned_by_source(self.files, manifest, named)
            if before is not None:
                return removal.concerned_by_date(self.files, manifest, before)
            raise Misused(Text("请指明人员、来源或日期", "name a person, a source or a date"))

        return self._again(ask)

    # --- Writing ---

    def ingest(
        self,
        sources: PresenceSource | Sequence[PresenceSource],
        *,
        replaces: str | None = None,
        again: bool = False,
        at: dt.datetime | None = None,
        name: str | None = None,
        lang: Lang = "zh",
        progress: Progress | None = None,
    ) -> list[Taken]:
        """Take presences in. The same source twice, or a killed ingest again, comes to the same.

        Parameters
        ----------
        sources : frame, path, or a sequence of them
            Schema `kernel.schema.PRESENCES`; CSV, XLSX or Parquet, in no order.
        replaces : str, optional
            Name or digest of a source that the (one) new source corrects: its rows go in the same moment.
        again : bool
            Take a source in although a correction has replaced it; otherwise it stays out, as what it says was wrong.
        at : datetime, optional
            The time to be noted; now, when not given.
        name : str, optional
            What the source is called from now on: for a frame, which has no name of its own.
        lang : {"zh", "en"}
            Language of refusals.
        progress : callable, optional
            Told what is being done and how much of it, between 0 and 1; see `store.progress`.

        Returns
        -------
        list of Taken
            One for each source, in order.

        Raises
        ------
        Refused
            When a source as a whole cannot be used, or another process writes. Sources before it are in.
        """
        many = [sources] if isinstance(sources, (pl.DataFrame, str, Path)) else list(sources)
        if replaces is not None and len(many) != 1:
            raise Misused(Text("一次只能更正一个来源", "only one source can be replaced at a time"))
        with self.files.only_writer("ingest"):
            return [self._take(one, replaces, again, _stamp(at), name, lang, progress) for one in many]

    def _take(
        self,
        source: PresenceSource,
        replaces: str | None,
        again: bool,
        at: str,
        name: str | None,
        lang: Lang,
        progress: Progress | None,
    ) -> Taken:
        own = source if isinstance(source, pl.DataFrame) else Path(source)
        digest = digest_of(own, progress)
        before = self.manifest()
        had = [one for one in before.sources if one.digest == digest]
        known = next((one for one in had if one.replaced_by is None), None)
        old = None
        if replaces is not None and not _is_done(before, known, replaces):
            old = removal.source_named(before, replaces)  # asked before hours of reading, not after
        if known is not None:
            if old is not None and old is not known:
                after = removal.corrected(self.files, before.but(), old, by=known.number)
                commit(self.files, after)
                clear_away(self.files, after)
            staging.drop(self.files, digest)
            return Taken(known.name, digest, known.rows, _NO_REFUSALS, known.refused, False)
        if had and not had[-1].is_withdrawn and not again and replaces is None:
            # The file that a correction has replaced lies where it lay, and is sent again with all the others.
            return Taken(had[-1].name, digest, 0, _NO_REFUSALS, 0, False, is_replaced=True)
        after, taken = take_in(self.files, before, own, digest, at=at, lang=lang, name=name, progress=progress)
        if old is not None:
            after = removal.corrected(self.files, after, old, by=after.sources[-1].number)
        commit(self.files, after)
        clear_away(self.files, after)
        return taken

    def compact(self, *, most: int = 1, progress: Progress | None = None) -> int:
        """Merge the segments of every day that has more than `most`; return how many days were written anew.

        With 0 every day is, and its index made by this version from the Parquet files.

        Each day is a write of its own: others write between two of them, and a kill loses the day that is being merged.
        Readers go on meanwhile; queries are fastest with one segment a day.

        Raises
        ------
        Refused
            When another writes for too long. The days that were merged stay so.
        """
        done: set[str] = set()
        mine: list[int] = []
        writer: Writer | None = None
        patience = self.files.patience
        while True:
            with self.files.only_writer("compact", patience=patience):
                before = self.manifest()
                left = [day for day in upkeep.days_of_many(before, most) if day not in done]
                if left:
                    if writer is None or not writer.serves(before):
                        writer = Writer(self.files, before)
                    after = upkeep.merged(self.files, before, left[0], writer)
                    commit(self.files, after)
                    mine.append(after.version)
                    self._thin_out(mine)
                    done.add(left[0])
                    if progress:
                        progress(Text(f"合并 {left[0]}", f"merging {left[0]}"), len(done) / (len(done) + len(left) - 1))
                if len(left) <= 1:
                    if done:
                        clear_away(self.files, self.manifest())
                    return len(done)
            patience = max(self.files.patience, LET_OTHERS)

    def _thin_out(self, mine: list[int]) -> None:
        """Take away a moment between two merges of one run: others would lose older ones for it.

        What it names is named by the moment before the run, or by the one after it, which is merged too: no reader
        loses a file.
        """
        if mine[-3:] == [mine[-1] - 2, mine[-1] - 1, mine[-1]]:
            self.files.remove(name_of(mine[-1] - 2))

    def retract(self, person_id: str, *, at: dt.datetime | None = None, progress: Progress | None = None) -> Gone:
        """Take everything of a person out, for good, and bar the id from coming in again.

        The rows, the id and every former moment of the store that had them are removed from the disk; what stays is a
        keyed hash of the id, so that a later list does not bring the person back, and the numbers of the proof.
        """
        person_id = _plain(person_id)
        with self.files.only_writer("retract"):
            before = self.manifest()
            after, gone = removal.retract(
                self.files, before, person_id, mark=before.mark_of(person_id), at=_stamp(at), progress=progress
            )
            commit(self.files, after)
            self._forget_former(after)
            return gone

    def is_retracted(self, person_id: str) -> bool:
        """Tell whether a person was taken out, and the id is barred from coming in again."""
        manifest = self.manifest()
        return manifest.mark_of(_plain(person_id)) in manifest.marks

    def withdraw(self, named: str, *, at: dt.datetime | None = None, progress: Progress | None = None) -> Removed:
        """Take everything of a source out, for good, such as of a list that should not be there.

        Its rows, the ids that no other row has, and every former moment of the store that had them are removed from the
        disk. Asked again, it gives the same receipt and changes nothing. The source may come in again: whoever takes it
        in says that it should be there after all.

        Parameters
        ----------
        named : str
            Name of the source, or how its digest begins.
        at : datetime, optional
            The time to be noted; now, when not given.
        progress : callable, optional

        Raises
        ------
        Refused
            When no source, or more than one, is called so, or another process writes.
        """
        with self.files.only_writer("withdraw"):
            before = self.manifest()
            old = removal.source_named(before, named, gone_too=True)
            receipts = [one for one in before.removed if one.act == "withdraw" and one.of == old.digest]
            if old.is_withdrawn and receipts:
                self._forget_former(before)  # in case that a kill came between
                return receipts[-1]
            after, receipt = removal.withdraw(self.files, before, old, at=_stamp(at), progress=progress)
            commit(self.files, after)
            self._forget_former(after)
            return receipt

    def drop(self, before: dt.date, *, at: dt.datetime | None = None) -> Removed:
        """Take the days before a date out, for good: the presences that start on them, whenever they end.

        No segment is written anew. The ids that no other row has, and every former moment of the store that had those
        days are removed from the disk. A list that was taken in stays known: the same one again does not bring the
        days back, another list does until the next `drop`.

        Parameters
        ----------
        before : date
            The first day that stays.
        at : datetime, optional
            The time to be noted; now, when not given.
        """
        with self.files.only_writer("drop"):
            former = self.manifest()
            after, receipt = removal.drop(self.files, former, before, at=_stamp(at))
            if after is former:
                clear_away(self.files, after)  # in case that a kill came between
            else:
                commit(self.files, after)
                self._forget_former(after)
            return receipt

    def _forget_former(self, after: Manifest) -> None:
        """Remove from the disk what was taken out: the former moments, and what a killed writer has left."""
        staging.forget(self.files)
        clear_away(self.files, after, keep=1)
        self._opened = None

    def readmit(self, person_id: str) -> bool:
        """Let a retracted person's id come in again; return whether it was barred.

        With a later list: one that was taken in before is known, and is not read again.
        """
        person_id = _plain(person_id)
        with self.files.only_writer("readmit"):
            before = self.manifest()
            mark = before.mark_of(person_id)
            kept = [one for one in before.retracted if one.mark != mark]
            if len(kept) == len(before.retracted):
                return False
            commit(self.files, before.but(retracted=kept))
            return True


def open_store(
    path: str | Path,
    *,
    create: bool = True,
    patience: float = 0,
    waiting: Callable[[Text], None] | None = None,
    kind: type[PresenceStore] = PresenceStore,
) -> PresenceStore:
    """Open a presence store, or make an empty one.

    Parameters
    ----------
    path : str or Path
        A folder, or an fsspec URL such as ``s3://bucket/store``.
    create : bool
        Whether a store that is not there is made.
    patience : float
        Seconds that writing waits for another writer; then it is refused.
    waiting : callable, optional
        Told for whom it waits.
    kind : type
        `PresenceStore`, or a kind of it that does more.

    Raises
    ------
    Refused
        When there is no store and none is to be made.
    """
    files = Files(path, patience=patience, waiting=waiting)
    store = kind(files)
    if not versions(files):
        if not create:
            raise Refused(
                Text(
                    f"{path} 不是在场记录库：请检查路径，或先用 lianfang presences ingest 建立",
                    f"{path} is no presence store: check the path, or make it with lianfang presences ingest",
                )
            )
        files.make_home()
        # Where somebody else has just made it, theirs is the store.
        with contextlib.suppress(Refused):
            commit(files, Manifest(version=1, key=secrets.token_hex(16)))
    return store


def _is_done(manifest: Manifest, known: Source | None, named: str) -> bool:
    """Whether a source that the store has is the correction of one that is called so already."""
    if known is None:
        return False
    return any(
        one.replaced_by == known.number != one.number and removal.is_called(one, named) for one in manifest.sources
    )


def _plain(person_id: str) -> str:
    """Return an id as lists are read: whoever types it otherwise means the same person."""
    return tidy_column(pl.Series([person_id])).item() or ""


def _stamp(at: dt.datetime | None) -> str:
    return (at or dt.datetime.now(dt.UTC)).isoformat(timespec="seconds")
