"""Sources in batches: frames, Parquet and CSV of any size in bounded memory, from any place where reading stopped.

Two sorts of batches come out. Rows that lie in their types are handed on as they lie: whoever takes them looks at the
few whose ids or kinds are doubtful. All others are cleaned here, as `lianfang.intake` cleans a whole file, and come
with what was refused. A workbook, and a CSV file of one block, are read whole.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from lianfang.intake.core.cells import tidy_column
from lianfang.intake.csv_rows import head_of
from lianfang.intake.encodings import decoded
from lianfang.intake.parts import unreadable
from lianfang.intake.read import clean_rows, local_time_zone, read_csv_part, read_table, recognise
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES
from lianfang.kernel.text import Lang

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH = 2_000_000
"""Rows that are in memory at once, where they lie in their types."""

CLEANED_BATCH = 500_000
"""Rows of a Parquet file that are cleaned at once: read as text, a row takes several times the room."""

CSV_BLOCK = 64 << 20
"""Bytes of a CSV file that are read at once."""

_OPEN_QUOTE = 4
"""Blocks after which a quote mark that is still open is taken for the fault of its own row."""

_HEAD = 1 << 20
"""Bytes of a CSV file within which its header ends."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BLANK = re.compile(rb"[\s,;|\"\0]*")

_DOUBTFUL = pa.ArrowException, OSError, pl.exceptions.PolarsError, NotImplementedError


@dataclass(frozen=True)
class Batch:
    """Rows on their way.

    Attributes
    ----------
    rows : pl.DataFrame
        In the types of `PRESENCES`; columns that no row needs may be absent.
    lines : pl.Series
        For each row its line in the source.
    at : dict
        Where the source goes on behind it: `batches` begins there.
    share : float
        How much of the source has been read by then, between 0 and 1.
    refused : pl.DataFrame or None
        What could not be read, schema `REFUSALS`; None where the rows were not cleaned.
    """

    rows: pl.DataFrame
    lines: pl.Series
    at: dict[str, int]
    share: float
    refused: pl.DataFrame | None = None


def batches(source: pl.DataFrame | Path, lang: Lang, at: dict[str, int]) -> Iterator[Batch]:
    """Read a source.

    Parameters
    ----------
    source : frame or Path
        Schema `PRESENCES`; CSV, XLSX or Parquet.
    lang : {"zh", "en"}
        Language of refusals.
    at : dict
        `Batch.at` of the last batch that is safe; empty for the beginning.

    Raises
    ------
    Refused
        When the source as a whole cannot be used.
    """
    return _ahead(_of(source, lang, at))


def _of(source: pl.DataFrame | Path, lang: Lang, at: dict[str, int]) -> Iterator[Batch]:
    if isinstance(source, pl.DataFrame):
        return _frame(source, at.get("row", 0))
    kind = source.suffix.lower()
    if kind == ".parquet" and (file := _opened(source)) is not None:
        return _parquet(file, source, lang, at.get("row", 0))
    if kind == ".csv" and ("byte" in at or ("row" not in at and source.stat().st_size > CSV_BLOCK)):
        return _csv(source, lang, at)
    return _whole(source, lang, at)


def _ahead(coming: Iterator[Batch]) -> Iterator[Batch]:
    """Read the next batch while one is worked on."""
    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(next, coming, None)
        while (batch := following.result()) is not None:
            following = reader.submit(next, coming, None)
            yield batch


def _numbered(first: int, count: int) -> pl.Series:
    return pl.int_range(first, first + count, dtype=pl.Int64, eager=True)


def _whole(path: Path, lang: Lang, at: dict[str, int]) -> Iterator[Batch]:
    if not at:
        table = read_table(path, PRESENCES, lang=lang)
        yield Batch(table.used, table.lines, {"row": table.rows_in}, 1.0, table.refused)


def _frame(frame: pl.DataFrame, start: int) -> Iterator[Batch]:
    # In an order of its own: a killed ingest goes on where it was, whatever the order of the rows then.
    rows = PRESENCES.conform(frame).with_row_index("line", 1).sort(PRESENCES.names, nulls_last=True)
    lines = rows.drop_in_place("line").cast(pl.Int64)
    for row in range(start, rows.height, BATCH):
        part = rows.slice(row, BATCH)
        after = row + part.height
        yield Batch(part, lines.slice(row, BATCH), {"row": after}, after / rows.height)


# --- Parquet ---


def _opened(path: Path) -> "pq.ParquetFile | None":
    """Open a Parquet file; None where Arrow cannot, and intake says why."""
    import pyarrow.parquet as pq

    try:
        # With a buffer before it, Arrow keeps what it has read of the file until the end.
        return pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError):
        return None


def _parquet(file: "pq.ParquetFile", path: Path, lang: Lang, start: int) -> Iterator[Batch]:
    schema = file.schema_arrow
    matched = recognise(schema.names, PRESENCES, file=path.name)
    # The file's own name of each column that counts, by ours.
    own = {name: header for header, name in zip(schema.names, matched.names, strict=True) if name is not None}
    kinds = {name: schema.field(schema.names.index(header)).type for name, header in own.items()}
    total = max(file.metadata.num_rows, 1)
    is_plain = _is_plain(own, kinds)
    lies = is_plain or _lies_in_types(kinds)
    size = BATCH if lies else CLEANED_BATCH
    wanted = [own[name] for name in PRESENCES.names if name in own]
    try:
        for part, row in _parts(file, wanted, size, start):
            after = row + part.num_rows
            lines, at, share = _numbered(row + 1, part.num_rows), {"row": after}, after / total
            if is_plain:
                yield Batch(_in_types(pl.DataFrame(pl.from_arrow(part))), lines, at, share)
                continue
            rows = pl.DataFrame([_decoded(part.column(header)).alias(name) for name, header in own.items()])
            if lies:
                yield Batch(_in_types(_converted(rows)), lines, at, share)
                continue
            used, used_lines, refused = clean_rows(rows, PRESENCES, file=path.name, lines=lines, lang=lang)
            yield Batch(used, used_lines, at, share, refused)
    except _DOUBTFUL as error:
        raise Refused(unreadable(path, "Parquet", error)) from None
    except BaseException as error:  # Polars panics on some types that it does not know
        if type(error).__name__ != "PanicException":
            raise
        raise Refused(unreadable(path, "Parquet", error)) from None


def _parts(file: "pq.ParquetFile", wanted: list[str], size: int, start: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Read the rows from one on, with the number of the first of each batch; row groups before it are not touched."""
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    row, first = 0, 0
    while first < len(groups) and row + groups[first] <= start:
        row += groups[first]
        first += 1
    for part in file.iter_batches(size, row_groups=list(range(first, len(groups))), columns=wanted):
        if row + part.num_rows > start:
            left = max(start - row, 0)
            yield part.slice(left) if left else part, row + left
        row += part.num_rows


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_id(kind: pa.DataType) -> bool:
    return _is_text(kind) or pa.types.is_integer(kind)


def _is_naive(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is None


_TIMES = ("start", "end")


def _fit(kinds: dict[str, pa.DataType], ids: Any, times: Any, words: Any, free: Any) -> bool:
    tests = {"person_id": ids, "place_id": ids, "start": times, "end": times, "seat": free, "source": free}
    return all(tests.get(name, words)(kind) for name, kind in kinds.items())


def _is_plain(own: dict[str, str], kinds: dict[str, pa.DataType]) -> bool:
    """Whether the columns have our names and types: nothing is done to them then."""
    return all(name == header for name, header in own.items()) and _fit(kinds, _is_id, _is_naive, _is_text, _is_text)


def _lies_in_types(kinds: dict[str, pa.DataType]) -> bool:
    """Whether every cell has one reading: dictionaries are decoded, times with a zone moved, whole numbers are text."""

    def inside(test: Callable[[pa.DataType], bool]) -> Callable[[pa.DataType], bool]:
        return lambda kind: test(kind.value_type) if pa.types.is_dictionary(kind) else test(kind)

    def word(kind: pa.DataType) -> bool:
        return _is_text(kind) or pa.types.is_null(kind)

    def free(kind: pa.DataType) -> bool:
        return word(kind) or pa.types.is_integer(kind)

    def time(kind: pa.DataType) -> bool:
        return bool(pa.types.is_timestamp(kind) or pa.types.is_date32(kind))

    return _fit(kinds, inside(_is_id), time, inside(word), inside(free))


def _decoded(column: pa.Array) -> pl.Series:
    """Return a column of Arrow; of a dictionary its values, so that no table of categories grows over the batches."""
    if not pa.types.is_dictionary(column.type):
        return pl.Series(pl.from_arrow(column))
    return pl.Series(pl.from_arrow(column.dictionary)).gather(pl.Series(pl.from_arrow(column.indices)))


def _converted(rows: pl.DataFrame) -> pl.DataFrame:
    """Bring typed columns to local naive times and to text, as `core.clean` does."""
    zone = local_time_zone()
    done = []
    for column in rows:
        if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
            column = column.dt.convert_time_zone(zone).dt.replace_time_zone(None)
        elif column.name in ("seat", "source"):
            column = tidy_column(column.cast(pl.String))
        elif column.name not in _TIMES:
            column = column.cast(pl.String)
        done.append(column)
    return pl.DataFrame(done)


def _in_types(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(
        pl.col("person_id", "place_id").cast(pl.String),
        pl.col("start", "end").cast(pl.Datetime("us")),
    )


# --- CSV ---


class _Bytes:
    """The bytes of a CSV file, of UTF-16 as UTF-8; and how many bytes of the file so many of them are."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        mark = file.read(2)
        self._wide = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(mark)
        self._decoder = codecs.getincrementaldecoder(self._wide)("replace") if self._wide else None
        self.begin = 2 if self._wide else 0
        self.is_damaged = False
        file.seek(self.begin)

    def seek(self, byte: int) -> None:
        """Go on from a byte that `size` told of."""
        self._file.seek(byte)
        if self._decoder is not None:
            self._decoder.reset()

    def read(self, count: int) -> bytes:
        """Read about so many bytes; none at the end."""
        block = self._file.read(count)
        if self._decoder is None:
            return block
        text = self._decoder.decode(block, final=not block)
        while block and not text:  # half a character
            block = self._file.read(count)
            text = self._decoder.decode(block, final=not block)
        self.is_damaged = self.is_damaged or "\ufffd" in text
        return text.encode()

    def size(self, part: bytes) -> int:
        """Return how many bytes of the file a part is that was read from it."""
        return len(part.decode().encode(self._wide)) if self._wide else len(part)


def _csv(path: Path, lang: Lang, at: dict[str, int]) -> Iterator[Batch]:
    """Read a large CSV file block by block, each with the header before it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        source = _Bytes(file)
        held = source.read(_HEAD)
        cut = _header_end(held)
        if not cut:  # blank, or a cell without an end: intake says what is wrong
            yield from _whole(path, lang, at)
            return
        head = held[:cut]
        head_lines = _lines(head)
        byte = at.get("byte", source.begin + source.size(head))
        line = at.get("line", head_lines)
        source.seek(byte)
        held, at_end = b"", False
        while not at_end:
            block = source.read(CSV_BLOCK)
            at_end = not block
            held += block
            cut = len(held) if at_end else _last_line_end(held)
            if not cut and len(held) >= _OPEN_QUOTE * CSV_BLOCK:
                cut = _last_line_end(held, heeds_quotes=False) or len(held)
            if not cut:
                continue
            part, held = held[:cut], held[cut:]
            used, lines, refused = read_csv_part(
                head + part, PRESENCES, file=path.name, lang=lang, is_damaged=source.is_damaged
            )
            shift = line - head_lines
            refused = refused.with_columns(pl.col("line") + shift)
            line += _lines(part)
            byte += source.size(part)
            yield Batch(used, lines + shift, {"byte": byte, "line": line}, min(byte / size, 1.0), refused)


def _header_end(held: bytes) -> int:
    """Return where the header ends, which may have titles above it; 0 where it does not."""
    whole = held[: held.rfind(b"\n") + 1] or held
    above = head_of(decoded(whole).text, PRESENCES).lines_above
    begin = 0
    for number, end in enumerate(_LINE_END.finditer(held)):
        row = held[begin : end.start()]
        plain = row.removeprefix(codecs.BOM_UTF8) if not begin else row
        if number < above:
            begin = end.end()
            continue
        if row.count(b'"') % 2:
            continue
        if _BLANK.fullmatch(plain.replace("\uff0c".encode(), b"").replace("\uff0c".encode("gb18030"), b"")) is None:
            return end.end()
        begin = end.end()
    return 0


def _last_line_end(held: bytes, *, heeds_quotes: bool = True) -> int:
    """Return the place behind the last line end; a quoted cell may hold one, which is none of the file's."""
    cells = np.frombuffer(held, np.uint8)
    ends = np.flatnonzero(cells == ord("\n"))
    if _has_bare_returns(held):
        # A return at the very end may be half of the end of a line.
        bare = np.flatnonzero((cells[:-1] == ord("\r")) & (cells[1:] != ord("\n")))
        ends = np.sort(np.concatenate([ends, bare]))
    if heeds_quotes and b'"' in held:
        ends = ends[np.searchsorted(np.flatnonzero(cells == ord('"')), ends) % 2 == 0]
    return int(ends[-1]) + 1 if ends.size else 0


def _has_bare_returns(held: bytes) -> bool:
    return held.count(b"\r") > held.count(b"\r\n")


def _lines(part: bytes) -> int:
    """Return how many line ends a part has, of every sort."""
    return part.count(b"\n") + part.count(b"\r") - part.count(b"\r\n")
