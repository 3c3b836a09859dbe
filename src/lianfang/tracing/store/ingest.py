"""Presences into a store: any file or frame, unsorted, in bounded memory, once.

Batch by batch the source is spilled by day, with codes for its ids; then each day is sorted and written, and one
manifest makes all of it part of the store. Until then readers see nothing of it. A killed ingest goes on where it was:
the spill, and the days that are written, are kept under the digest of the source.
"""

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from lianfang.intake.core.clean import clean
from lianfang.intake.read import file_digest, local_time_zone, read_table
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES, REFUSALS
from lianfang.kernel.text import Lang, Text
from lianfang.tracing.store.files import Files
from lianfang.tracing.store.ids import Ids, write_ids
from lianfang.tracing.store.manifest import Manifest, Part, SegmentFile, Source
from lianfang.tracing.store.segments import cabin_texts, write_segment
from lianfang.tracing.store.spill import Spill

BATCH = 2_000_000
"""Rows of a source that are in memory at once."""

SAFE_EVERY = 16_000_000
"""Rows after which what was taken is made safe."""

CSV_BLOCK = 64 << 20
"""Bytes of a CSV file that are read at once."""

LARGE_DAY = 20_000_000
"""Rows of a day from which days are written one after the other: two at a time would take too much memory."""

REFUSED_KEPT = 100_000
"""Refused rows that are handed back in words; more are counted."""

Progress = Callable[[Text, float], None]

_NONE = pl.Series([], dtype=pl.String)


@dataclass(frozen=True)
class Taken:
    """What became of a source.

    Attributes
    ----------
    name, digest : str
    rows : int
        Rows that the store now holds of it.
    refused : pl.DataFrame
        Schema `lianfang.kernel.schema.REFUSALS`, at most `REFUSED_KEPT` rows.
    refused_count : int
    is_new : bool
        False where the store had the source before; nothing has changed then.
    """

    name: str
    digest: str
    rows: int
    refused: pl.DataFrame
    refused_count: int
    is_new: bool


@dataclass(frozen=True)
class Batch:
    """Rows on their way: those that lie in their types, or those that were read and refused already."""

    rows: pl.DataFrame
    first_line: int
    refused: pl.DataFrame | None = None
    count: int = 0


def digest_of(source: pl.DataFrame | Path) -> str:
    """Return the SHA-256 that names a source: of a file's bytes, of a frame's rows in an order of their own."""
    if isinstance(source, Path):
        try:
            return file_digest(source)
        except OSError as error:
            raise Refused(
                Text(f"无法打开 {source}：{error.strerror}", f"cannot open {source}: {error.strerror}")
            ) from None
    ordered = PRESENCES.conform(source).sort(PRESENCES.names, nulls_last=True)
    held = io.BytesIO()
    ordered.write_ipc(held, compression="uncompressed")
    return hashlib.sha256(held.getvalue()).hexdigest()


def take_in(
    files: Files,
    before: Manifest,
    source: pl.DataFrame | Path,
    digest: str,
    *,
    at: str,
    lang: Lang,
    name: str | None = None,
    is_barred: Callable[[pl.Series], pl.Series] | None = None,
    progress: Progress | None = None,
) -> tuple[Manifest, Taken]:
    """Make the next moment of a store, with a source taken in. The caller commits it.

    Parameters
    ----------
    files : Files
        The caller is its only writer.
    before : Manifest
        The newest moment.
    source : frame or Path
        Schema `PRESENCES`; CSV, XLSX or Parquet.
    digest : str
        From `digest_of`.
    at : str
        The time, as it is to be noted.
    lang : {"zh", "en"}
        Language of refusals.
    name : str, optional
        What the source is called; the name of its file, when not given.
    is_barred : callable, optional
        Which of some person ids may not come in, since the person was retracted.
    progress : callable, optional
        Told what is being done, and how much of it, between 0 and 1.

    Raises
    ------
    Refused
        When the source as a whole cannot be used.
    """
    tell = progress or (lambda words, share: None)
    name = name or (source.name if isinstance(source, Path) else "frame")
    number = max((one.number for one in before.sources), default=0) + 1
    with closing(Spill(files.home / "staging" / f"{digest[:32]}-{before.version}")) as spill:
        refusals = _read_all(spill, source, name, lang, is_barred, tell)
        count = spill.facts["refused"]
        noted = Source(number=number, digest=digest, name=name, rows=spill.rows, refused=count, at=at)
        after = before.but(sources=[*before.sources, noted])
        if spill.rows:
            after = _write_days(files, after, spill, number, tell)
    tell(Text("", ""), 1.0)
    return after, Taken(name, digest, noted.rows, refusals, count, True)


def _read_all(
    spill: Spill,
    source: pl.DataFrame | Path,
    name: str,
    lang: Lang,
    is_barred: Callable[[pl.Series], pl.Series] | None,
    tell: Progress,
) -> pl.DataFrame:
    """Spill the whole source; return its refusals."""
    spill.facts.setdefault("refused", 0)
    kept = spill.folder / "refused.parquet"
    refusals = (
        [pl.read_parquet(kept, glob=False).head(spill.facts["refused"])]
        if kept.exists() and spill.facts["taken"]
        else []
    )
    since = spill.rows
    words = Text("读取在场记录", "reading presences")
    if not spill.facts.get("read"):
        total, batches = _batches(source, lang, skip=spill.facts["taken"], aside=spill.folder.parent)
        for batch in _ahead(batches):
            refused = _take(spill, batch, name, lang, is_barred)
            spill.facts["taken"] += batch.count or batch.rows.height
            spill.facts["refused"] += refused.height
            if refused.height and sum(one.height for one in refusals) < REFUSED_KEPT:
                refusals.append(refused)
            tell(words, min(spill.facts["taken"] / total, 1.0) if total else 0.0)
            if spill.rows - since >= SAFE_EVERY:
                _keep_refusals(kept, refusals)
                spill.keep()
                since = spill.rows
        _keep_refusals(kept, refusals)
        spill.keep(read=True)
    return pl.concat([REFUSALS.empty(), *refusals]).head(REFUSED_KEPT)


def _keep_refusals(kept: Path, refusals: list[pl.DataFrame]) -> None:
    aside = kept.with_suffix(".part")
    pl.concat([REFUSALS.empty(), *refusals]).write_parquet(aside)
    aside.replace(kept)


def _take(
    spill: Spill, batch: Batch, name: str, lang: Lang, is_barred: Callable[[pl.Series], pl.Series] | None
) -> pl.DataFrame:
    """Spill a batch; return what is refused."""
    refusals = [REFUSALS.empty() if batch.refused is None else batch.refused]

    def sift(rows: pl.DataFrame, lines: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
        if is_barred is None or not rows.height:
            return rows, lines
        ids = rows["person_id"].cast(pl.String)
        is_out = ids.is_in(is_barred(ids.unique()).implode())
        refusals.append(_said(rows.filter(is_out), lines.filter(is_out), name, lang))
        return rows.filter(~is_out), lines.filter(~is_out)

    every = pl.int_range(batch.first_line, batch.first_line + batch.rows.height, dtype=pl.Int64, eager=True)
    rows, lines = sift(batch.rows, every)
    left = spill.take(rows, cleaned=batch.refused is not None)
    if left.size:
        # As people write them: cleaned, or refused with a reason. A person may be named in another writing there.
        odd = rows.gather(left)
        done = clean(odd, PRESENCES, lines=lines.gather(left), time_zone=local_time_zone())
        refused = done.refused.select(
            pl.lit(name).alias("file"), "line", "column", "value", pl.col(f"reason_{lang}").alias("reason")
        )
        refusals.append(REFUSALS.conform(refused))
        sound, _ = sift(done.used, done.lines)
        if spill.take(sound, cleaned=True).size:
            raise AssertionError("a cleaned presence has its types")
    return pl.concat(refusals)


def _said(rows: pl.DataFrame, lines: pl.Series, name: str, lang: Lang) -> pl.DataFrame:
    reason = Text(
        "此人数据已按规定删除，不再收入；确需重新收入时请先解除",
        "the data of this person were retracted and are not taken in again; readmit the person first if they must be",
    )
    return REFUSALS.conform(
        pl.DataFrame({"line": lines}).with_columns(
            file=pl.lit(name),
            column=pl.lit("person_id"),
            value=rows["person_id"].cast(pl.String),
            reason=pl.lit(reason.in_language(lang)),
        )
    )


# --- Sources in batches ---


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Read the next batch while one is worked on."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def _batches(source: pl.DataFrame | Path, lang: Lang, *, skip: int, aside: Path) -> tuple[int, Iterator[Batch]]:
    """Return how many rows there are (0: not known), and the batches after the first `skip` rows."""
    if isinstance(source, pl.DataFrame):
        # In an order of its own: a killed ingest goes on where it was, whatever the order of the rows then.
        rows = PRESENCES.conform(source).sort(PRESENCES.names, nulls_last=True)
        starts = range(skip, rows.height, BATCH)
        return rows.height, (Batch(rows.slice(n, BATCH), n + 1) for n in starts)
    if source.suffix.lower() == ".parquet" and (found := _typed_parquet(source, skip)):
        return found
    if source.suffix.lower() == ".csv" and source.stat().st_size > CSV_BLOCK:
        return 0, _csv_blocks(source, lang, skip, aside)
    table = read_table(source, PRESENCES, lang=lang)
    whole = Batch(table.used, 1, table.refused, table.rows_in)
    return table.rows_in, iter([whole] if not skip else [])


def _typed_parquet(path: Path, skip: int) -> tuple[int, Iterator[Batch]] | None:
    """Read a Parquet file whose columns have the right types and names; None where intake has to look at it."""
    import pyarrow.parquet as pq

    try:
        # With a buffer before it, Arrow keeps what it has read of the file until the end.
        file = pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError):
        return None
    schema = file.schema_arrow
    names = set(schema.names)

    def fits(name: str, *tests: Callable[[pa.DataType], bool]) -> bool:
        return name in names and any(test(schema.field(name).type) for test in tests)

    text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    ids = all(fits(name, *text, pa.types.is_integer) for name in ("person_id", "place_id"))
    times = all(fits(name, pa.types.is_timestamp) and schema.field(name).type.tz is None for name in ("start", "end"))
    others = all(name not in names or fits(name, *text) for name in ("place_kind", "vehicle", "seat", "source"))
    if not (ids and times and others):
        return None
    wanted = [name for name in PRESENCES.names if name in names]
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]

    def read() -> Iterator[Batch]:
        done, first = 0, 0
        while first < len(groups) and done + groups[first] <= skip:
            done += groups[first]
            first += 1
        for part in file.iter_batches(BATCH, row_groups=list(range(first, len(groups))), columns=wanted):
            rows = pl.DataFrame(pl.from_arrow(part))
            if done + rows.height <= skip:
                done += rows.height
                continue
            rows = rows.slice(max(skip - done, 0))
            line = max(done, skip) + 1
            done = line - 1 + rows.height
            yield Batch(_in_types(rows), line)

    return file.metadata.num_rows, read()


def _in_types(rows: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("place_kind").cast(pl.String).fill_null(PRESENCES["place_kind"].default)
    default = pl.lit(PRESENCES["place_kind"].default, dtype=pl.String)
    return rows.with_columns(
        pl.col("person_id", "place_id").cast(pl.String),
        pl.col("start", "end").cast(pl.Datetime("us")),
        place_kind=kind if "place_kind" in rows.columns else default,
    )


def _csv_blocks(path: Path, lang: Lang, skip: int, aside: Path) -> Iterator[Batch]:
    """Read a large CSV file block by block, each as a small file with the same header."""
    import tempfile

    with path.open("rb") as file, tempfile.TemporaryDirectory(dir=aside) as folder:
        part = Path(folder) / path.name
        head = file.readline(1 << 20)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or not head.endswith(b"\n"):
            table = read_table(path, PRESENCES, lang=lang)  # UTF-16, or lines that do not end as bytes show
            yield Batch(table.used, 1, table.refused, table.rows_in)
            return
        done, lines, rest = 0, 1, b""
        while block := file.read(CSV_BLOCK):
            block = rest + block
            # A quoted cell may hold a line break: the block ends where every quote mark is closed.
            marks = np.frombuffer(block, np.uint8)
            ends = np.flatnonzero(marks == ord("\n"))
            closed = ends[np.searchsorted(np.flatnonzero(marks == ord('"')), ends) % 2 == 0]
            cut = int(closed[-1]) + 1 if closed.size else 0
            if not cut and len(block) < 4 * CSV_BLOCK:
                rest = block
                continue
            # A mark that is never closed is the fault of its own row.
            cut = cut or (int(ends[-1]) + 1 if ends.size else len(block))
            rest = block[cut:]
            batch, done = _one_block(part, head, block[:cut], lines, done, skip, lang)
            lines += block.count(b"\n", 0, cut)
            if batch:
                yield batch
        if rest.strip():
            batch, done = _one_block(part, head, rest, lines, done, skip, lang)
            if batch:
                yield batch


def _one_block(
    part: Path, head: bytes, block: bytes, lines: int, done: int, skip: int, lang: Lang
) -> tuple[Batch | None, int]:
    part.write_bytes(head + block)
    table = read_table(part, PRESENCES, lang=lang)
    after = done + table.rows_in
    if after <= skip:  # what is safe was safe at the end of a block
        return None, after
    refused = table.refused.with_columns(pl.col("line") + (lines - 1))
    return Batch(table.used, lines, refused, table.rows_in), after


# --- Days to segments ---


def _write_days(files: Files, after: Manifest, spill: Spill, number: int, tell: Progress) -> Manifest:
    words = Text("按日排序并写入", "sorting and writing day by day")
    persons, after, to_person = _of_spill(files, after, "persons", spill, "person_id")
    places, after, to_place = _of_spill(files, after, "places", spill, "place_id")
    _, after, _ = _known(files, after, "cabins", cabin_texts(spill.texts("seat")) if spill.ships else _NONE)
    cabins = Ids([(p.base, files.local(p.path)) for p in after.cabins], sum(p.count for p in after.cabins))
    ranks = np.empty(len(places), np.uint32)
    ranks[places.arg_sort().to_numpy()] = np.arange(len(places), dtype=np.uint32)
    all_places = places.to_arrow()
    written = {int(day): SegmentFile(**one) for day, one in spill.facts.get("days", {}).items()}
    left = [day for day in spill if day not in written]
    total = spill.rows
    with files.workshop() as workshop:

        def write(day: int) -> tuple[int, SegmentFile]:
            rows = spill.read(day)
            texts = {
                name: spill.texts(name).gather(column)
                for name, column in (("seat", rows.seat), ("source", rows.source))
                if column is not None
            }
            segment = write_segment(
                files,
                workshop,
                day,
                person=to_person[rows.person],
                place=to_place[rows.place],
                setting=rows.setting,
                start=rows.start,
                end=rows.end,
                persons=persons,
                places=all_places,
                place_ranks=ranks,
                source_number=number,
                cabins=cabins,
                texts=texts,
            )
            return day, segment

        largest = max((spill.count(day) for day in left), default=0)
        with ThreadPoolExecutor(1 if largest > LARGE_DAY else 2) as threads:
            for day, segment in threads.map(write, left):
                written[day] = segment
                # From here on a killed ingest finds this day written.
                spill.note(days={str(d): asdict(one) for d, one in written.items()})
                tell(words, sum(one.rows for one in written.values()) / total)
    return replace(after, segments=[*after.segments, *(written[day] for day in sorted(written))])


def _of_spill(
    files: Files, after: Manifest, kind: Literal["persons", "places"], spill: Spill, column: str
) -> tuple[pl.Series, Manifest, npt.NDArray[np.uint32]]:
    """Do what `_known` does for the ids that a row has, with codes for all of the spill's texts."""
    used = spill.used(column)
    texts, after, codes = _known(files, after, kind, spill.texts(column).filter(pl.Series(used)))
    every = np.zeros(used.size, np.uint32)
    every[used] = codes
    return texts, after, every


def _known(
    files: Files, after: Manifest, kind: Literal["persons", "places", "cabins"], texts: pl.Series
) -> tuple[pl.Series, Manifest, npt.NDArray[np.uint32]]:
    """Return all texts of a kind by code, with new ones among `texts`; the manifest with them; codes of `texts`."""
    parts: list[Part] = getattr(after, kind)
    count = sum(part.count for part in parts)
    known = Ids([(part.base, files.local(part.path)) for part in parts], count)
    codes = known.codes(texts)
    is_new = codes < 0
    new = texts.filter(pl.Series(is_new))
    if not new.len():
        return known.every, after, codes.astype(np.uint32)
    ordered = new.sort()
    codes[is_new] = count + new.rank("ordinal").to_numpy().astype(np.int64) - 1
    name = f"ids/{kind}-{uuid.uuid4().hex[:16]}.index"
    with files.workshop() as workshop:
        write_ids(workshop / "ids", ordered)
        files.put(workshop / "ids", name)
    longer = [*parts, Part(name, count, new.len())]
    named = {
        "persons": lambda: replace(after, persons=longer),
        "places": lambda: replace(after, places=longer),
        "cabins": lambda: replace(after, cabins=longer),
    }[kind]()
    return pl.concat([known.every, ordered]), named, codes.astype(np.uint32)
