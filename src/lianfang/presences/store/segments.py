"""One segment of a store: presences of a day to a Parquet file and the same rows as arrays."""

import uuid
from bisect import bisect_left
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import VehicleKind
from lianfang.presences.core.index.segment import KINDS, SETTINGS, VEHICLES, Segment, lay_out
from lianfang.presences.core.seats import cabin, seat_row
from lianfang.presences.store.bundle import DAMAGED, read_bundle, write_bundle
from lianfang.presences.store.files import Files
from lianfang.presences.store.ids import Ids
from lianfang.presences.store.manifest import SegmentFile

ROW_GROUP = 8_192
"""Rows of a group of the Parquet file: who asks for some places, or for a person, reads the groups of their rows."""

LAYOUT = [1, *(f"{kind} {vehicle or ''}" for kind, vehicle in SETTINGS)]
"""Version of the arrays of an index, and the settings that its numbers mean; of another one the index is made anew from
the Parquet files (`PresenceStore.compact`)."""

SOURCE_COLUMN = "source_number"
_KIND_OF = np.array([KINDS.index(kind) for kind, _ in SETTINGS], dtype=np.int8)
_ARRAYS = [name for name in Segment.__annotations__ if name not in ("base", "tick", "since", "until")]


def day_of(number: int) -> str:
    """Return days since 1970 as an ISO date."""
    return str(np.datetime64(int(number), "D"))


def write_segment(
    files: Files,
    workshop: Path,
    day: int,
    *,
    person: npt.NDArray[np.uint32],
    place: npt.NDArray[np.uint32],
    setting: npt.NDArray[np.uint8],
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    persons: pl.Series,
    places: pa.Array,
    place_ranks: npt.NDArray[np.uint32],
    source_number: int | npt.NDArray[np.int32],
    cabins: Ids,
    texts: dict[str, pl.Series],
) -> SegmentFile:
    """Write a segment and put it into the store; it belongs to it once a manifest names it.

    Parameters
    ----------
    files, workshop
        Where it goes, and where it is made.
    day : int
        Days since 1970.
    person, place : uint32 arrays
        Codes of the store.
    setting, start, end
        As for `core.index.segment.lay_out`.
    persons : pl.Series, places : arrow array
        Texts by code. Those of persons are gathered in no order, at which Polars is six times as fast as Arrow.
    place_ranks : uint32 array
        For each code of a place where it stands among all by its text.
    source_number : int or array
        Number of the source of all rows, or of each.
    cabins : Ids
        Cabins of ships.
    texts : dict
        Further columns (``seat``, ``source``), a text a row; empty text for none.
    """
    seat = seat_numbers(setting, texts["seat"], cabins) if "seat" in texts else None
    order, segment = lay_out(person, place, place_ranks[place], setting, start, end, seat)
    name = f"days/{day_of(day)}/{uuid.uuid4().hex[:16]}"
    rows = pa.array(order)
    columns: dict[str, Any] = {
        "person_id": persons.gather(person[order]).to_arrow(),
        "place_id": _runs(places, place[order]),
        "place_kind": pa.DictionaryArray.from_arrays(pa.array(_KIND_OF[setting[order]]), pa.array(KINDS)),
        "start": _moments(start[order]),
        "end": _moments(end[order]),
    }
    if int(setting.max()) >= len(KINDS):
        kinds = pa.array(np.maximum(setting[order].astype(np.int8) - len(KINDS), 0), mask=setting[order] < len(KINDS))
        columns["vehicle"] = pa.DictionaryArray.from_arrays(kinds, pa.array(VEHICLES))
    for column, values in texts.items():
        taken = values.to_arrow().cast(pa.large_string()).take(rows)
        columns[column] = pc.if_else(pc.equal(taken, ""), None, taken)
    numbers = np.full(order.size, source_number, np.int32) if isinstance(source_number, int) else source_number[order]
    columns[SOURCE_COLUMN] = pa.array(numbers, type=pa.int32())
    table = pa.table(columns)
    data = workshop / f"{uuid.uuid4().hex}.parquet"
    pq.write_table(
        table,
        data,
        row_group_size=ROW_GROUP,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in columns if name not in ("person_id", "start", "end")],
        column_encoding={"start": "DELTA_BINARY_PACKED", "end": "BYTE_STREAM_SPLIT", "person_id": "DELTA_BYTE_ARRAY"},
        write_page_index=False,
        store_schema=False,
    )
    index = workshop / f"{uuid.uuid4().hex}.index"
    facts = {
        "layout": LAYOUT,
        "base": segment.base,
        "tick": segment.tick,
        "since": segment.since,
        "until": segment.until,
    }
    write_bundle(index, {array: getattr(segment, array) for array in _ARRAYS}, **facts)
    files.put(data, f"{name}.parquet")
    files.put(index, f"{name}.index")
    return SegmentFile(
        data=f"{name}.parquet",
        index=f"{name}.index",
        day=day_of(day),
        rows=segment.rows,
        since=segment.since,
        until=segment.until,
        sources=sorted({int(n) for n in np.unique(numbers)}),
    )


def seat_numbers(setting: npt.NDArray[np.uint8], seats: pl.Series, cabins: Ids) -> npt.NDArray[np.int32]:
    """Return what the index compares of each seat: row or bay, -2 for crew, the code of a ship's cabin, else -1."""
    numbers = np.full(setting.size, -1, np.int32)
    seated = np.flatnonzero((setting >= len(KINDS)) & (seats != "").to_numpy())
    if not seated.size:
        return numbers
    rows = pl.DataFrame(
        {"setting": setting[seated], "seat": seats.gather(seated)},
    ).with_columns(vehicle=pl.Series("v", [v for _, v in SETTINGS], dtype=pl.String).gather(setting[seated]))
    different = rows.unique().with_columns(row=seat_row(), cabin=cabin())
    codes = pl.Series(cabins.codes(different["cabin"].fill_null("")), dtype=pl.Int32)
    ship = (different["vehicle"] == VehicleKind.SHIP.value) & different["cabin"].is_not_null()
    different = different.with_columns(row=codes.zip_with(ship, different["row"].fill_null(-1)))
    told = rows.join(different, on=["setting", "seat"], how="left", maintain_order="left")["row"]
    numbers[seated] = told.to_numpy()
    return numbers


def cabin_texts(seats: pl.Series) -> pl.Series:
    """Return the different cabins that seats of ships name."""
    rows = pl.DataFrame({"seat": seats.unique()}).with_columns(vehicle=pl.lit(VehicleKind.SHIP.value))
    return rows.select(cabin=cabin())["cabin"].drop_nulls().unique()


def _moments(micros: npt.NDArray[np.int64]) -> pa.Array:
    """Times in whole milliseconds where they are: the Parquet file then is a quarter smaller."""
    if np.any(micros % 1000):
        return pa.array(micros).cast(pa.timestamp("us"))
    return pa.array(micros // 1000).cast(pa.timestamp("ms"))


def _runs(texts: pa.Array, codes: npt.NDArray[np.uint32]) -> pa.Array:
    """Texts of codes that come in long runs, as a dictionary of those that are there."""
    new = np.concatenate(([True], codes[1:] != codes[:-1]))
    kinds = texts.take(pa.array(codes[new]))
    return kinds.take(pa.array(np.cumsum(new) - 1))


def open_segment(files: Files, one: SegmentFile) -> Segment:
    """Map a segment's arrays into memory.

    Raises
    ------
    FileNotFoundError
        When it was merged or rewritten meanwhile, and cleared away.
    Refused
        When another version of Lianfang laid the arrays out, or the file is damaged.
    """
    try:
        arrays, facts = read_bundle(files.local(one.index))
    except DAMAGED as error:
        raise Refused(
            Text(
                f"索引 {one.index} 已损坏（{error}）：请执行 lianfang presences compact --all --store {files.url}",
                f"the index {one.index} is damaged ({error}): run lianfang presences compact --all --store {files.url}",
            )
        ) from None
    if facts.pop("layout", None) != LAYOUT:
        raise Refused(
            Text(
                f"{files.url} 的索引由另一版本写成：请执行 lianfang presences compact --all --store {files.url}",
                f"the index of {files.url} was written by another version: run lianfang presences compact --all "
                f"--store {files.url}",
            )
        )
    said: dict[str, Any] = {**facts, **arrays}
    return Segment(**said)


def overlapping(some: Sequence[SegmentFile], since: npt.NDArray[np.int64], until: npt.NDArray[np.int64]) -> list[int]:
    """Return the numbers of the segments that may hold presences in any of some spans, ``since ≤ t < until``."""
    return [n for n, one in enumerate(some) if bool(np.any((since < one.until) & (until > one.since)))]


def read_rows(files: Files, some: Sequence[SegmentFile]) -> pl.DataFrame:
    """Read all rows of segments, with the number of their source."""
    frames = []
    for one in some:
        rows = pl.scan_parquet(files.local(one.data), glob=False)
        frames.append(_typed(rows, rows.collect_schema()).collect())
    return pl.concat(frames, how="diagonal_relaxed")


def read_groups(files: Files, one: SegmentFile, wanted: Callable[[pq.FileMetaData], Sequence[int]]) -> pl.DataFrame:
    """Read some row groups of a segment, and of a store elsewhere fetch no more than them.

    Parameters
    ----------
    files, one
    wanted : callable
        Which, given what the file says of its groups; see `groups_of_rows` and `groups_of_places`.

    Raises
    ------
    FileNotFoundError
        When it was merged or rewritten meanwhile, and cleared away.
    """
    with files.open(one.data) as file, pq.ParquetFile(file, pre_buffer=True) as parquet:
        rows = pl.DataFrame(parquet.read_row_groups(list(wanted(parquet.metadata))))
    return _typed(rows.lazy(), rows.schema).collect()


def groups_of_rows(said: pq.FileMetaData, positions: npt.NDArray[np.uint32]) -> list[int]:
    """Return the row groups that hold some rows, by their positions."""
    ends = np.cumsum([said.row_group(n).num_rows for n in range(said.num_row_groups)])
    found: list[int] = np.unique(np.searchsorted(ends, positions, side="right")).tolist()
    return found


def groups_of_places(said: pq.FileMetaData, places: Sequence[str]) -> list[int]:
    """Return the row groups that may hold rows of some places, sorted as texts: rows lie place by place."""
    column = said.schema.names.index("place_id")
    found = []
    for n in range(said.num_row_groups):
        known = said.row_group(n).column(column).statistics
        if known is not None and known.has_min_max:
            at = bisect_left(places, known.min)
            if at == len(places) or places[at] > known.max:
                continue
        found.append(n)
    return found


def _typed(rows: pl.LazyFrame, schema: pl.Schema) -> pl.LazyFrame:
    words = [name for name in ("place_kind", "vehicle") if name in schema]
    return rows.with_columns(pl.col("start", "end").cast(pl.Datetime("us")), pl.col(words).cast(pl.String))


def settings_of(rows: pl.DataFrame) -> npt.NDArray[np.uint8]:
    """Return the setting of each row, from its place kind and vehicle kind."""
    code = {(kind, vehicle): n for n, (kind, vehicle) in enumerate(SETTINGS)}
    vehicle = pl.col("vehicle") if "vehicle" in rows.columns else pl.lit(None, pl.String)
    pairs = rows.select(kind="place_kind", vehicle=vehicle)
    named = pairs.unique()
    # A vehicle kind counts only where the place is a vehicle.
    codes = [code.get((kind, what), code[kind, None]) for kind, what in named.iter_rows()]
    named = named.with_columns(setting=pl.Series(codes, dtype=pl.UInt8))
    joined = pairs.join(named, on=["kind", "vehicle"], how="left", nulls_equal=True, maintain_order="left")
    return joined["setting"].to_numpy()
