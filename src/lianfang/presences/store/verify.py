"""Checking a store: every file against the manifest and against its index, and that nothing of a person is left."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.presences.core.index.segment import BLOCK, NEAR, Segment, unpacked
from lianfang.presences.store.files import Files
from lianfang.presences.store.ids import Ids
from lianfang.presences.store.manifest import Manifest
from lianfang.presences.store.progress import Progress
from lianfang.presences.store.rewriting import codes_of, ids_of
from lianfang.presences.store.segments import open_segment, read_rows, seat_numbers, settings_of


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


def verify(
    files: Files, manifest: Manifest, *, person_id: str | None = None, progress: Progress | None = None
) -> Verified:
    """Check a store; see `PresenceStore.verify`."""
    problems: list[Text] = []
    try:
        persons, places, cabins = (ids_of(files, getattr(manifest, sort)) for sort in ("persons", "places", "cabins"))
        for sort, ids in (("persons", persons), ("places", places), ("cabins", cabins)):
            if not _found_again(ids):
                problems.append(
                    Text(
                        f"编号（{sort}）的查找与其文字不符", f"looking up ids of {sort} does not agree with their texts"
                    )
                )
    except (Refused, ValueError, LookupError, OSError) as error:
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
    person = codes_of(persons, rows["person_id"])
    if not np.array_equal(person, unpacked(segment.person)):
        return "person"
    group = np.repeat(
        np.arange(segment.group_place.size), np.diff(segment.group_start.astype(np.int64)).astype(np.int64)
    )
    if not np.array_equal(codes_of(places, rows["place_id"]), segment.group_place[group]):
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
