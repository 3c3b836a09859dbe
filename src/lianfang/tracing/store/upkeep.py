"""What keeps a store in order: merge, withdraw a source, take a person out, verify, tell what is there."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import REFUSALS
from lianfang.kernel.text import Text
from lianfang.tracing.core.index.segment import BLOCK, NEAR, Segment, unpacked
from lianfang.tracing.store.files import Files
from lianfang.tracing.store.ids import Ids, write_ids
from lianfang.tracing.store.ingest import Progress
from lianfang.tracing.store.manifest import Manifest, Part, Retracted, SegmentFile, Source
from lianfang.tracing.store.segments import (
    SOURCE_COLUMN,
    open_segment,
    read_rows,
    seat_numbers,
    settings_of,
    write_segment,
)

NO_REFUSALS = REFUSALS.empty()


@dataclass(frozen=True)
class Info:
    """A store in numbers; times are naive and local, bytes are those on disk."""

    version: int
    rows: int
    persons: int
    places: int
    days: int
    segments: int
    first_start: str
    latest_end: str
    data_bytes: int
    index_bytes: int
    bytes_a_row: float
    sources: list[dict[str, Any]]
    retracted: int


@dataclass(frozen=True)
class Verified:
    """What a check found.

    Attributes
    ----------
    segments, rows : int
        Read and compared.
    problems : list of Text
        What is wrong, in words; empty when all is well.
    left : dict
        With a person: the rows and files that still name them.
    """

    segments: int
    rows: int
    problems: list[Text]
    left: dict[str, int]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


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


class _Writer:
    """Writes segments of rows whose ids the store knows."""

    def __init__(self, files: Files, manifest: Manifest, workshop: Path) -> None:
        self.files, self.workshop = files, workshop
        self.persons = _ids(files, manifest.persons)
        self.places = _ids(files, manifest.places)
        self.cabins = _ids(files, manifest.cabins)
        places = self.places.every
        self.ranks = np.empty(len(places), np.uint32)
        self.ranks[places.arg_sort().to_numpy()] = np.arange(len(places), dtype=np.uint32)
        self.place_texts = places.to_arrow()

    def write(self, day: str, rows: pl.DataFrame) -> SegmentFile:
        texts: dict[str, pl.Series] = {
            name: rows[name].fill_null("") for name in ("seat", "source") if name in rows.columns
        }
        return write_segment(
            self.files,
            self.workshop,
            int(np.datetime64(day, "D").astype(np.int64)),
            person=_codes(self.persons, rows["person_id"]),
            place=_codes(self.places, rows["place_id"]),
            setting=settings_of(rows),
            start=rows["start"].to_physical().to_numpy(),
            end=rows["end"].to_physical().to_numpy(),
            persons=self.persons.every,
            places=self.place_texts,
            place_ranks=self.ranks,
            source_number=rows[SOURCE_COLUMN].to_numpy(),
            cabins=self.cabins,
            texts=texts,
        )


def _codes(ids: Ids, texts: pl.Series) -> Any:
    """Look each different text up once."""
    kinds = texts.unique()
    table = pl.DataFrame({"text": kinds, "code": ids.codes(kinds).astype(np.uint32)})
    return pl.DataFrame({"text": texts}).join(table, on="text", how="left", maintain_order="left")["code"].to_numpy()


def _ids(files: Files, parts: Sequence[Part]) -> Ids:
    return Ids([(p.base, files.local(p.path)) for p in parts], sum(p.count for p in parts))


def info(files: Files, manifest: Manifest) -> Info:
    """Tell what a store holds; see `PresenceStore.info`."""
    data = sum(files.size(one.data) for one in manifest.segments)
    index = sum(files.size(name) for name in manifest.files()) - data
    since = min((one.since for one in manifest.segments), default=None)
    until = max((one.until for one in manifest.segments), default=None)
    return Info(
        version=manifest.version,
        rows=manifest.rows,
        persons=sum(part.count for part in manifest.persons),
        places=sum(part.count for part in manifest.places),
        days=len({one.day for one in manifest.segments}),
        segments=len(manifest.segments),
        first_start="" if since is None else str(np.datetime64(since, "us").astype("datetime64[s]")),
        latest_end="" if until is None else str(np.datetime64(until, "us").astype("datetime64[s]")),
        data_bytes=data,
        index_bytes=index,
        bytes_a_row=(data + index) / manifest.rows if manifest.rows else 0.0,
        sources=[
            {
                "name": one.name,
                "digest": one.digest,
                "rows": one.rows,
                "refused": one.refused,
                "at": one.at,
                "replaced": one.replaced_by is not None,
            }
            for one in manifest.sources
        ],
        retracted=len(manifest.retracted),
    )


def compact(files: Files, before: Manifest, *, most: int, progress: Progress | None = None) -> tuple[Manifest, int]:
    """Merge the segments of days that have more than `most`; see `PresenceStore.compact`."""
    by_day: dict[str, list[SegmentFile]] = defaultdict(list)
    for one in before.segments:
        by_day[one.day].append(one)
    many = [day for day, some in sorted(by_day.items()) if len(some) > most]
    if not many:
        return before, 0
    with files.workshop() as workshop:
        writer = _Writer(files, before, workshop)
        for n, day in enumerate(many):
            by_day[day] = [writer.write(day, read_rows(files, by_day[day]))]
            if progress:
                progress(Text(f"合并 {day}", f"merging {day}"), (n + 1) / len(many))
    return before.but(segments=[one for day in sorted(by_day) for one in by_day[day]]), len(many)


def source_named(files: Files, manifest: Manifest, named: str) -> Source:
    """Return the source of a store that counts and has a name, or a digest that begins so.

    Raises
    ------
    Refused
        When no source, or more than one, is called so.
    """
    there = [one for one in manifest.sources if one.replaced_by is None]
    found = [one for one in there if one.name == named or (len(named) >= 8 and one.digest.startswith(named))]
    if len(found) != 1:
        names = "、".join(f"{one.name} {one.digest[:12]}" for one in there) or "—"
        raise Refused(
            Text(
                f"库中没有唯一的来源 {named}（现有：{names}），未作改动；可用其摘要指明",
                f"no single source is called {named} (there are: {names}); nothing was changed: name its digest",
            )
        )
    return found[0]


def withdraw(files: Files, after: Manifest, old: Source, *, by: int) -> Manifest:
    """Take the rows of a source out of a manifest that is not yet committed; `by` is the number of its correction."""
    sources = [replace(one, replaced_by=by) if one.number == old.number else one for one in after.sources]
    changed = _rewritten(files, after, lambda rows: rows.filter(pl.col(SOURCE_COLUMN) != old.number), old.number)
    return replace(after, segments=changed, sources=sources)


def _rewritten(files: Files, manifest: Manifest, keep: Any, source: int) -> list[SegmentFile]:
    segments: list[SegmentFile] = []
    with files.workshop() as workshop:
        writer: _Writer | None = None
        for one in manifest.segments:
            if source not in one.sources:
                segments.append(one)
                continue
            rows = keep(read_rows(files, [one]))
            if rows.height:
                writer = writer or _Writer(files, manifest, workshop)
                segments.append(writer.write(one.day, rows))
    return segments


def retract(
    files: Files, before: Manifest, person_id: str, *, mark: str, at: str, progress: Progress | None = None
) -> tuple[Manifest, Gone]:
    """Make the next moment of a store, without a person; see `PresenceStore.retract`."""
    persons = _ids(files, before.persons)
    code = int(persons.codes(pl.Series([person_id]))[0])
    segments: list[SegmentFile] = []
    removed, anew = 0, 0
    parts = list(before.persons)
    with files.workshop() as workshop:
        writer: _Writer | None = None
        for n, one in enumerate(before.segments):
            held = code >= 0 and _holds(open_segment(files, one), code)
            if not held:
                segments.append(one)
                continue
            rows = read_rows(files, [one])
            left = rows.filter(pl.col("person_id") != person_id)
            removed, anew = removed + rows.height - left.height, anew + 1
            if left.height:
                writer = writer or _Writer(files, before, workshop)
                segments.append(writer.write(one.day, left))
            if progress:
                progress(Text(f"重写 {one.day}", f"writing {one.day} anew"), (n + 1) / len(before.segments))
        for n, part in enumerate(parts):
            if code >= 0 and part.base <= code < part.base + part.count:
                texts = Ids([(part.base, files.local(part.path))], part.count).every
                name = f"ids/persons-{uuid.uuid4().hex[:16]}.index"
                write_ids(workshop / "ids", texts.set(texts == person_id, ""))
                files.put(workshop / "ids", name)
                parts[n] = replace(part, path=name)
    # Asked again, what was taken out before still counts in the proof.
    former = [one for one in before.retracted if one.mark == mark]
    rows_gone, written = removed + sum(one.rows for one in former), anew + sum(one.segments for one in former)
    noted = Retracted(mark, rows_gone, written, at)
    others = [one for one in before.retracted if one.mark != mark]
    after = before.but(segments=segments, persons=parts, retracted=[*others, noted])
    return after, Gone(mark, rows_gone, written, after.version, at)


def _holds(segment: Segment, code: int) -> bool:
    if not segment.person_code.size:
        return code < segment.persons
    at = int(np.searchsorted(segment.person_code, code))
    return at < segment.person_code.size and int(segment.person_code[at]) == code


def verify(
    files: Files, manifest: Manifest, *, person_id: str | None = None, progress: Progress | None = None
) -> Verified:
    """Check a store; see `PresenceStore.verify`."""
    problems: list[Text] = []
    try:
        persons, places, cabins = (_ids(files, getattr(manifest, sort)) for sort in ("persons", "places", "cabins"))
        for sort, ids in (("persons", persons), ("places", places), ("cabins", cabins)):
            if not _found_again(ids):
                problems.append(
                    Text(
                        f"编号（{sort}）的查找与其文字不符", f"looking up ids of {sort} does not agree with their texts"
                    )
                )
    except (ValueError, LookupError, OSError) as error:
        unread = Text(f"编号文件无法读取：{error}", f"the ids cannot be read: {error}")
        return Verified(0, 0, [unread], {"rows": 0, "files": 0})
    rows_seen, left = 0, {"rows": 0, "files": 0}
    for n, one in enumerate(manifest.segments):
        try:
            rows, segment = read_rows(files, [one]), open_segment(files, one)
        except Exception as error:
            problems.append(Text(f"{one.data} 无法读取：{error}", f"{one.data} cannot be read: {error}"))
            continue
        rows_seen += rows.height
        if rows.height != one.rows or segment.rows != one.rows:
            problems.append(
                Text(
                    f"{one.data}：应有 {one.rows} 行，文件 {rows.height} 行，索引 {segment.rows} 行",
                    f"{one.data}: {one.rows} rows are named, the file has {rows.height}, the index {segment.rows}",
                )
            )
            continue
        try:
            wrong = _differs(rows, segment, persons, places, cabins)
        except (ValueError, IndexError) as error:
            wrong = str(error)
        if wrong:
            problems.append(
                Text(f"{one.index} 与数据不符：{wrong}", f"{one.index} does not agree with the data: {wrong}")
            )
        if person_id is not None:
            left["rows"] += rows.filter(pl.col("person_id") == person_id).height
        if progress:
            progress(Text(f"核对 {one.day}", f"checking {one.day}"), (n + 1) / len(manifest.segments))
    if person_id is not None:
        for name in sorted(set(files.list()) | files.copies()):
            try:
                left["files"] += _names(files, name, person_id)
            except Exception as error:
                problems.append(Text(f"{name} 无法读取：{error}", f"{name} cannot be read: {error}"))
        if left["rows"] or left["files"]:
            problems.append(
                Text(
                    f"仍有 {left['rows']} 行、{left['files']} 个文件含此人",
                    f"{left['rows']} rows and {left['files']} files still name the person",
                )
            )
    return Verified(len(manifest.segments), rows_seen, problems, left)


def _found_again(ids: Ids) -> bool:
    """Whether the text of every code is found under that code; whoever was taken out has none."""
    named = np.flatnonzero((ids.every != "").to_numpy())
    return np.array_equal(ids.codes(ids.every.gather(named)), named)


def _differs(rows: pl.DataFrame, segment: Segment, persons: Ids, places: Ids, cabins: Ids) -> str:
    """Say in which array an index is not what its rows give; empty when all agree."""
    person = _codes(persons, rows["person_id"])
    if not np.array_equal(person, unpacked(segment.person)):
        return "person"
    group = np.repeat(
        np.arange(segment.group_place.size), np.diff(segment.group_start.astype(np.int64)).astype(np.int64)
    )
    if not np.array_equal(_codes(places, rows["place_id"]), segment.group_place[group]):
        return "place"
    setting = settings_of(rows)
    if not np.array_equal(setting, segment.group_setting[group]):
        return "setting"
    seats = rows["seat"].fill_null("") if "seat" in rows.columns else pl.Series([""]).new_from_index(0, rows.height)
    if not np.array_equal(
        seat_numbers(setting, seats, cabins), segment.seat if segment.seat.size else np.full(rows.height, -1)
    ):
        return "seat"
    start = rows["start"].to_physical().to_numpy()
    if not np.array_equal(start, segment.base + segment.start.astype(np.int64) * segment.tick):
        return "start"
    if (segment.since, segment.until) != (int(start.min()), int(rows["end"].to_physical().max())):  # type: ignore[arg-type]
        return "since, until"
    length = segment.length.astype(np.int64)
    if segment.long_position.size:
        length[segment.long_position] = segment.long_length
    if not np.array_equal(rows["end"].to_physical().to_numpy() - start, length * segment.tick):
        return "end"
    if not np.array_equal(np.append(group[::NEAR], group[-1]), segment.group_near):
        return "group_near"
    positions = unpacked(segment.by_person)
    longest = np.zeros(segment.longest.size, np.int64)
    np.maximum.at(longest, setting, length * segment.tick)
    if not np.array_equal(longest, segment.longest):
        return "longest"
    if segment.group_order.size and np.any(np.diff(segment.group_place[segment.group_order].astype(np.int64)) < 0):
        return "group_order"
    ends = start - segment.base + length * segment.tick
    latest = np.maximum.reduceat(ends, np.arange(0, ends.size, BLOCK))
    if not np.array_equal(latest, segment.block_until.astype(np.int64) * segment.tick):
        return "block_until"
    if not np.array_equal(np.sort(positions), np.arange(segment.rows)):
        return "by_person"
    slots = np.repeat(np.arange(segment.persons), np.diff(segment.person_start.astype(np.int64)).astype(np.int64))
    codes = segment.person_code[slots] if segment.person_code.size else slots
    return "" if np.array_equal(person[positions], codes) else "by_person"


def _names(files: Files, name: str, person_id: str) -> bool:
    """Whether a file names a person: in a text of Parquet data, among ids, or in words."""
    try:
        path = files.local(name)
        with path.open("rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        if is_parquet:
            rows = pl.scan_parquet(path, glob=False)
            texts = [pl.col(n) == person_id for n, kind in rows.collect_schema().items() if kind == pl.String]
            return bool(texts) and bool(rows.filter(pl.any_horizontal(texts)).head(1).collect().height)
        if name.startswith("ids/"):
            return bool((Ids([(0, path)], 0).every == person_id).any())
        return f'"{person_id}"'.encode() in path.read_bytes() if name.endswith(".json") else False
    except FileNotFoundError:
        return False  # it was cleared away meanwhile
