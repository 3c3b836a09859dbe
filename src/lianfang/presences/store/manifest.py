"""What a store holds at one moment: a small file that names every other.

A writer puts its files there first and then creates the next manifest; readers take the one with the highest number.
So each reader sees the store before a write or after it, and a writer that is killed leaves files that nobody names.
"""

import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import polars as pl

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.presences.store.files import Files
from lianfang.presences.store.staging import clear as clear_staging

FOLDER = "manifest"
FORMAT = 1
_NAME = re.compile(r"^(days/[-0-9]+|ids)/[A-Za-z0-9][A-Za-z0-9._-]*$")
"""Names of files that a manifest may give: none leads out of the store."""

KEPT = 20
"""Manifests that stay, so that readers of an older moment are not cut off."""


@dataclass(frozen=True)
class Part:
    """A file of ids: the first code in it and how many there are."""

    path: str
    base: int
    count: int


@dataclass(frozen=True)
class SegmentFile:
    """A part of the presences.

    Attributes
    ----------
    data : str
        Its Parquet file, presences in the columns of the contract, by place, kind and start.
    index : str
        The same rows as arrays.
    day : str
        The day on which all of its presences start, ISO.
    rows : int
    since, until : int
        Earliest start and latest end, microseconds since 1970.
    sources : list of int
        Numbers of the sources whose rows it holds.
    """

    data: str
    index: str
    day: str
    rows: int
    since: int
    until: int
    sources: list[int]


@dataclass(frozen=True)
class Source:
    """A file or frame that was taken in.

    Attributes
    ----------
    number : int
        Its rows carry it, so that it can be replaced.
    digest : str
        SHA-256 of its bytes: the same source is taken in once.
    name : str
    rows, refused : int
    at : str
        When, ISO with offset.
    replaced_by : int or None
        The source that replaced it; its own number where it was withdrawn and nothing came in its place.
    """

    number: int
    digest: str
    name: str
    rows: int
    refused: int
    at: str
    replaced_by: int | None = None

    @property
    def is_withdrawn(self) -> bool:
        """Whether its rows were taken out and nothing came in their place."""
        return self.replaced_by == self.number


@dataclass(frozen=True)
class Retracted:
    """That a person's rows were taken out; the person is named by a keyed hash only."""

    mark: str
    rows: int
    segments: int
    at: str


@dataclass(frozen=True)
class Removed:
    """That a source, or the days before a date, were taken out: the receipt, without anything of the rows themselves.

    Attributes
    ----------
    act : {"withdraw", "drop"}
    of : str
        Digest of the source, or the date (ISO).
    name : str
        Name of the source; empty for days.
    rows, days, persons : int
        Rows that went, the days on which they start, and the persons who had them.
    segments : int
        Segments that were removed or written anew.
    ids : int
        Ids of persons, places and cabins that no row has any more, and that were blanked.
    version : int
        The moment of the store from which on they are gone.
    at : str
        When, ISO with offset.
    """

    act: str
    of: str
    name: str
    rows: int
    days: int
    persons: int
    segments: int
    ids: int
    version: int
    at: str


@dataclass(frozen=True)
class Manifest:
    """One moment of a store.

    Moments before `oldest` have what was taken out since, and are not kept.
    """

    version: int = 0
    key: str = ""
    persons: list[Part] = field(default_factory=list)
    places: list[Part] = field(default_factory=list)
    cabins: list[Part] = field(default_factory=list)
    segments: list[SegmentFile] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    retracted: list[Retracted] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    oldest: int = 0
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Presences in all."""
        return sum(one.rows for one in self.segments)

    @property
    def content(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What makes two moments hold the same rows: the sources that count, and who was taken out."""
        sources = tuple(one.digest for one in self.sources if one.replaced_by is None)
        return (*sources, str(self.rows)), tuple(sorted(one.mark for one in self.retracted))

    @property
    def content_digest(self) -> str:
        """The content as one SHA-256: short enough to be kept beside what was found with it."""
        return hashlib.sha256(json.dumps(self.content).encode()).hexdigest()

    def files(self) -> set[str]:
        """Return the names of all files that belong to this moment, but for the manifest itself."""
        ids = {part.path for part in (*self.persons, *self.places, *self.cabins)}
        return ids | {one.data for one in self.segments} | {one.index for one in self.segments}

    @property
    def marks(self) -> set[str]:
        """Marks of those who were retracted and may not come in."""
        return {one.mark for one in self.retracted}

    def mark_of(self, person_id: str) -> str:
        """Return the keyed hash by which a person is known who was taken out."""
        return hmac.digest(self.key.encode(), person_id.encode(), "sha256").hex()

    def is_barred(self, person_ids: pl.Series) -> pl.Series:
        """Tell of each id whether the person was retracted and may not come in."""
        marks = self.marks
        barred = [bool(marks) and one is not None and self.mark_of(one) in marks for one in person_ids]
        return pl.Series(barred, dtype=pl.Boolean)

    @property
    def basis(self) -> list[Any]:
        """What segments of an unfinished ingest rest on: the number it will get, and the ids there are."""
        number = max((one.number for one in self.sources), default=0) + 1
        return [number, *([part.path for part in parts] for parts in (self.persons, self.places, self.cabins))]

    def but(self, **changes: Any) -> "Manifest":
        """Return the next moment, with these changes."""
        return replace(self, version=self.version + 1, **changes)


def name_of(version: int) -> str:
    """Return the name of a manifest's file."""
    return f"{FOLDER}/{version:010d}.json"


def versions(files: Files) -> list[int]:
    """Return the numbers of the manifests that are there, ascending."""
    names = (name.rsplit("/", 1)[-1] for name in files.list(FOLDER))
    return sorted(int(name[:-5]) for name in names if name.endswith(".json") and name[:-5].isdigit())


def read_manifest(files: Files, version: int) -> Manifest:
    """Read one manifest.

    Raises
    ------
    FileNotFoundError
        When it is gone.
    Refused
        When it was written by a later version of Lianfang.
    """
    damaged = Text(
        f"{files.url} 的清单第 {version} 版已损坏：请从备份恢复，或移走该文件以回到前一版",
        f"manifest {version} of {files.url} is damaged: restore it, or move it away to return to the one before",
    )
    try:
        said = json.loads(files.read(name_of(version)))
        parts = [*said["persons"], *said["places"], *said["cabins"]]
        names = [one["path"] for one in parts] + [one[k] for one in said["segments"] for k in ("data", "index")]
        if not all(_NAME.match(name) for name in names):
            raise Refused(damaged)
    except (ValueError, KeyError, TypeError):
        raise Refused(damaged) from None
    if said["format"] != FORMAT:
        raise Refused(
            Text(
                f"{files.url} 的格式为第 {said['format']} 版，本程序只能读第 {FORMAT} 版：请升级",
                f"{files.url} has format {said['format']}, this program reads {FORMAT}: upgrade it",
            )
        )
    return Manifest(
        version=said["version"],
        key=said["key"],
        persons=[Part(**one) for one in said["persons"]],
        places=[Part(**one) for one in said["places"]],
        cabins=[Part(**one) for one in said["cabins"]],
        segments=[SegmentFile(**one) for one in said["segments"]],
        sources=[Source(**one) for one in said["sources"]],
        retracted=[Retracted(**one) for one in said["retracted"]],
        # A store that an earlier version wrote does not say these.
        removed=[Removed(**one) for one in said.get("removed", [])],
        oldest=said.get("oldest", 0),
    )


def commit(files: Files, manifest: Manifest) -> None:
    """Make a manifest the newest moment of the store.

    Raises
    ------
    Refused
        When another writer was first; nothing has changed then.
    """
    content = json.dumps(asdict(manifest), ensure_ascii=False, separators=(",", ":")).encode()
    if not files.create(name_of(manifest.version), content):
        raise Refused(
            Text(
                f"{files.url} 已被另一进程改动，本次未写入：请重试",
                f"another process changed {files.url} meanwhile; nothing was written: try again",
            )
        )


def clear_away(files: Files, newest: Manifest, *, keep: int = KEPT) -> int:
    """Remove what no kept manifest names: what killed writers left, and what was merged or rewritten.

    An ingest that was stopped keeps what it has, so that it can go on; see `staging`. A former moment that still has
    what was taken out of the newest is never kept.

    Parameters
    ----------
    files : Files
        The caller is its only writer.
    newest : Manifest
    keep : int
        Manifests that stay; 1 when nothing of former moments may remain.

    Returns
    -------
    int
        Files removed; none where another writer was quicker.
    """
    there = versions(files)
    if not there or there[-1] != newest.version:
        return 0
    gone = newest.marks
    named = clear_staging(files, newest)
    named |= {name_of(newest.version)} | newest.files()
    for version in there[-keep:-1]:
        if version < newest.oldest:
            continue
        try:
            former = read_manifest(files, version)
        except Refused:  # damaged: nobody can read that moment, and what is committed is not undone for it
            continue
        if gone <= former.marks:
            named |= {name_of(version)} | former.files()
    removed = 0
    for name in files.list():
        if name.startswith(("manifest/", "days/", "ids/")) and name not in named:
            files.remove(name)
            removed += 1
    files.forget_copies(named)
    return removed
