"""Taking out of a store, for good: a person, a source that should not be there, the days before a date.

Each act makes one next moment, without what goes; nothing is changed before the caller commits it. Former moments that
still have it are named too old to be kept (`Manifest.oldest`), so that whoever writes next removes them even when the
process that took it out was killed before it could.
"""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind, VehicleKind
from lianfang.presences.core.index.segment import SETTINGS, Segment, rows_of_person, unpacked
from lianfang.presences.store.files import Files
from lianfang.presences.store.ids import Ids, write_ids
from lianfang.presences.store.manifest import Manifest, Part, Removed, Retracted, SegmentFile, Source
from lianfang.presences.store.progress import Progress
from lianfang.presences.store.rewriting import Writer, ids_of
from lianfang.presences.store.segments import SOURCE_COLUMN, open_segment, read_rows

_SHIP = SETTINGS.index((PlaceKind.VEHICLE.value, VehicleKind.SHIP.value))
_SORTS = ("persons", "places", "cabins")

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Gone:
    """The proof of a retraction.

    Attributes
    ----------
    mark : str
        Keyed hash of the id, by which the manifest knows that it is barred.
    rows, segments : int
        Rows taken out, and segments written anew without them.
    version : int
        The moment of the store from which on they are gone.
    at : str
    """

    mark: str
    rows: int
    segments: int
    version: int
    at: str


@dataclass(frozen=True)
class Concerned:
    """What would go, before anything does.

    Attributes
    ----------
    rows, days, persons : int
        Rows that would go, the days on which they start, and the persons who have them.
    """

    rows: int
    days: int
    persons: int


# --- A person ---


def retract(
    files: Files, before: Manifest, person_id: str, *, mark: str, at: str, progress: Progress | None = None
) -> tuple[Manifest, Gone]:
    """Make the next moment of a store, without a person; see `PresenceStore.retract`."""
    code = _code(files, before, person_id)
    segments: list[SegmentFile] = []
    removed, anew = 0, 0
    with files.workshop() as workshop:
        writer: Writer | None = None
        for n, one in enumerate(before.segments):
            if not _rows_of(files, one, code):
                segments.append(one)
                continue
            rows = read_rows(files, [one])
            left = rows.filter(pl.col("person_id") != person_id)
            removed, anew = removed + rows.height - left.height, anew + 1
            if left.height:
                writer = writer or Writer(files, before)
                segments.append(writer.write(workshop, one.day, left))
            if progress:
                progress(Text(f"重写 {one.day}", f"writing {one.day} anew"), (n + 1) / len(before.segments))
        named = np.arange(sum(part.count for part in before.persons)) != code
        persons, _ = _blanked(files, workshop, "persons", before.persons, named)
    # Asked again, what was taken out before still counts in the proof.
    former = [one for one in before.retracted if one.mark == mark]
    rows_gone, written = removed + sum(one.rows for one in former), anew + sum(one.segments for one in former)
    noted = Retracted(mark, rows_gone, written, at)
    others = [one for one in before.retracted if one.mark != mark]
    after = before.but(segments=segments, persons=persons, retracted=[*others, noted], oldest=before.version + 1)
    return after, Gone(mark, rows_gone, written, after.version, at)


def concerned_by_person(files: Files, manifest: Manifest, person_id: str) -> Concerned:
    """Tell what `retract` would take out."""
    code = _code(files, manifest, person_id)
    counts = [(one.day, _rows_of(files, one, code)) for one in manifest.segments]
    rows = sum(count for _, count in counts)
    return Concerned(rows, len({day for day, count in counts if count}), 1 if rows else 0)


def _code(files: Files, manifest: Manifest, person_id: str) -> int:
    return int(ids_of(files, manifest.persons).codes(pl.Series([person_id]))[0])


def _rows_of(files: Files, one: SegmentFile, code: int) -> int:
    """How many rows of a segment are a person's; a code of -1 is nobody's."""
    if code < 0:
        return 0
    return int(rows_of_person(open_segment(files, one), code).size)


# --- A source ---


def is_called(one: Source, named: str) -> bool:
    """Whether a source has a name, or a digest that begins so."""
    return one.name == named or (len(named) >= 8 and one.digest.startswith(named))


def source_named(manifest: Manifest, named: str, *, gone_too: bool = False) -> Source:
    """Return the source of a store that counts and has a name, or a digest that begins so.

    With `gone_too`, where none that counts is called so, the newest that was replaced or withdrawn.

    Raises
    ------
    Refused
        When no source, or more than one, is called so.
    """
    there = [one for one in manifest.sources if one.replaced_by is None]
    found = [one for one in there if is_called(one, named)]
    if not found and gone_too:
        found = [one for one in manifest.sources if is_called(one, named)][-1:]
    if len(found) != 1:
        names = "、".join(f"{one.name} {one.digest[:12]}" for one in there) or "—"
        raise Refused(
            Text(
                f"库中没有唯一的来源 {named}（现有：{names}），未作改动；可用其摘要指明",
                f"no single source is called {named} (there are: {names}); nothing was changed: name its digest",
            )
        )
    return found[0]


def corrected(files: Files, after: Manifest, old: Source, *, by: int) -> Manifest:
    """Take the rows of a source out of a manifest that is not yet committed; `by` is the number of its correction."""
    with files.workshop() as workshop:
        segments, _ = _without(files, workshop, after, old.number)
    return replace(after, segments=segments, sources=_replaced(after, old, by))


def withdraw(
    files: Files, before: Manifest, old: Source, *, at: str, progress: Progress | None = None
) -> tuple[Manifest, Removed]:
    """Make the next moment of a store, without a source; see `PresenceStore.withdraw`."""
    went = concerned_by_source(files, before, old)
    with files.workshop() as workshop:
        segments, anew = _without(files, workshop, before, old.number, progress)
        after = before.but(segments=segments, sources=_replaced(before, old, old.number))
        after, ids = _without_unused(files, workshop, after)
    return _noted(after, Removed("withdraw", old.digest, old.name, *_numbers(went), anew, ids, after.version, at))


def concerned_by_source(files: Files, manifest: Manifest, source: Source) -> Concerned:
    """Tell what `withdraw` would take out."""
    rows, days, persons = 0, set(), _nobody(manifest.persons)
    for one in manifest.segments:
        if source.number not in one.sources:
            continue
        segment = open_segment(files, one)
        if one.sources == [source.number]:
            rows += one.rows
            _mark_persons(segment, persons)
        else:
            # The rows of the file and those of the index lie in one order.
            numbers = pl.read_parquet(files.local(one.data), columns=[SOURCE_COLUMN], glob=False)[SOURCE_COLUMN]
            is_of_it = (numbers == source.number).to_numpy()
            rows += int(is_of_it.sum())
            persons[unpacked(segment.person)[is_of_it]] = True
        days.add(one.day)
    return Concerned(rows, len(days), int(persons.sum()))


def _replaced(manifest: Manifest, old: Source, by: int) -> list[Source]:
    return [replace(one, replaced_by=by) if one.number == old.number else one for one in manifest.sources]


def _without(
    files: Files, workshop: Path, manifest: Manifest, source: int, progress: Progress | None = None
) -> tuple[list[SegmentFile], int]:
    """Return the segments without the rows of a source, and how many of them had any."""
    segments: list[SegmentFile] = []
    writer: Writer | None = None
    anew = 0
    for n, one in enumerate(manifest.segments):
        if source not in one.sources:
            segments.append(one)
            continue
        anew += 1
        if one.sources != [source]:
            left = read_rows(files, [one]).filter(pl.col(SOURCE_COLUMN) != source)
            if left.height:
                writer = writer or Writer(files, manifest)
                segments.append(writer.write(workshop, one.day, left))
        if progress:
            progress(Text(f"重写 {one.day}", f"writing {one.day} anew"), (n + 1) / len(manifest.segments))
    return segments, anew


# --- Days ---


def drop(files: Files, before: Manifest, date: dt.date, *, at: str) -> tuple[Manifest, Removed]:
    """Make the next moment of a store, without the days before a date; see `PresenceStore.drop`.

    Where there are none the moment that is given comes back.
    """
    old = _before(before, date)
    if not old:
        return before, Removed("drop", date.isoformat(), "", 0, 0, 0, 0, 0, before.version, at)
    went = concerned_by_date(files, before, date)
    after = before.but(segments=[one for one in before.segments if one not in old])
    with files.workshop() as workshop:
        after, ids = _without_unused(files, workshop, after)
    return _noted(after, Removed("drop", date.isoformat(), "", *_numbers(went), len(old), ids, after.version, at))


def concerned_by_date(files: Files, manifest: Manifest, date: dt.date) -> Concerned:
    """Tell what `drop` would take out."""
    old, persons = _before(manifest, date), _nobody(manifest.persons)
    for one in old:
        _mark_persons(open_segment(files, one), persons)
    return Concerned(sum(one.rows for one in old), len({one.day for one in old}), int(persons.sum()))


def _before(manifest: Manifest, date: dt.date) -> list[SegmentFile]:
    return [one for one in manifest.segments if np.datetime64(one.day, "D") < np.datetime64(date, "D")]


# --- What no row names any more ---


def _noted(after: Manifest, removed: Removed) -> tuple[Manifest, Removed]:
    return replace(after, removed=[*after.removed, removed], oldest=after.version), removed


def _numbers(went: Concerned) -> tuple[int, int, int]:
    return went.rows, went.days, went.persons


def _nobody(parts: Iterable[Part]) -> Marks:
    return np.zeros(sum(part.count for part in parts), dtype=bool)


def _mark_persons(segment: Segment, persons: Marks) -> None:
    if segment.person_code.size:
        persons[segment.person_code] = True
    else:
        persons[: segment.persons] = True


def _without_unused(files: Files, workshop: Path, after: Manifest) -> tuple[Manifest, int]:
    """Blank the ids that no row has any more; return how many.

    A list of the wrong people leaves them in the store as long as their ids are there.
    """
    if not after.segments:
        count = sum(_named(files, getattr(after, sort)) for sort in _SORTS)
        return replace(after, persons=[], places=[], cabins=[]), count
    used = {sort: _nobody(getattr(after, sort)) for sort in _SORTS}
    for one in after.segments:
        segment = open_segment(files, one)
        _mark_persons(segment, used["persons"])
        used["places"][segment.group_place] = True
        if segment.seat.size and np.any(segment.group_setting == _SHIP):
            sizes = np.diff(segment.group_start.astype(np.int64)).astype(np.int64)
            setting = np.repeat(segment.group_setting, sizes)
            used["cabins"][segment.seat[(setting == _SHIP) & (segment.seat >= 0)]] = True
    changed: dict[str, Any] = {}
    blanked = 0
    for sort in _SORTS:
        changed[sort], count = _blanked(files, workshop, sort, getattr(after, sort), used[sort])
        blanked += count
    return replace(after, **changed), blanked


def _blanked(files: Files, workshop: Path, sort: str, parts: list[Part], named: Marks) -> tuple[list[Part], int]:
    """Write the parts of a sort of ids anew that have an id which is not `named`; return how many ids went."""
    written, blanked = list(parts), 0
    for n, part in enumerate(parts):
        own = named[part.base : part.base + part.count]
        if own.all():
            continue
        texts = Ids([(part.base, files.local(part.path))], part.count).every
        goes = pl.Series(~own) & (texts != "")
        if not goes.any():
            continue
        blanked += int(goes.sum())
        name = f"ids/{sort}-{uuid.uuid4().hex[:16]}.index"
        write_ids(workshop / "ids", texts.set(goes, ""))
        files.put(workshop / "ids", name)
        written[n] = replace(part, path=name)
    return written, blanked


def _named(files: Files, parts: list[Part]) -> int:
    return int((ids_of(files, parts).every != "").sum()) if parts else 0
