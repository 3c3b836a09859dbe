"""Files in: CSV in the encodings people use, XLSX and Parquet, to a clean table and its refusals."""

import csv
import hashlib
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lianfang.intake.core.clean import Matched, Trouble, clean, match_columns
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import REFUSALS, Schema
from lianfang.kernel.text import Lang, Text

SUFFIXES = (".csv", ".xlsx", ".parquet")
"""Kinds of file that are read, in the order in which `find_table` looks for them."""

DELIMITERS = (",", "\t", ";", "|", "\uff0c")
"""Tried on the header; the last is the full-width comma."""

_DIGEST_BLOCK = 64 << 20


@dataclass(frozen=True)
class Table:
    """One file, read.

    Attributes
    ----------
    file : str
        Its name, as refusals give it.
    sha256 : str
        Of its bytes.
    rows_in : int
        Rows that were not blank; always ``used.height + refused.height``.
    used : pl.DataFrame
        Clean rows with the columns of the schema.
    lines : pl.Series
        For each used row its line in the file.
    refused : pl.DataFrame
        Columns of `lianfang.kernel.schema.REFUSALS`, one row a refused row.
    """

    file: str
    sha256: str
    rows_in: int
    used: pl.DataFrame
    lines: pl.Series
    refused: pl.DataFrame


@dataclass(frozen=True)
class _Raw:
    headers: list[str | None]
    rows: pl.DataFrame
    lines: pl.Series
    troubles: list[Trouble]


def local_time_zone() -> str:
    """Return the zone that times with an offset are moved to: ``LIANFANG_TIME_ZONE``, else Asia/Shanghai."""
    return os.environ.get("LIANFANG_TIME_ZONE", "Asia/Shanghai")


def find_table(folder: Path, name: str) -> Path | None:
    """Return the file ``name.csv``, ``name.xlsx`` or ``name.parquet`` of a folder, whatever the case of its ending.

    Raises
    ------
    Refused
        When there is more than one: which of them counts is for the sender to say.
    """
    found = sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.stem.lower() == name and path.suffix.lower() in SUFFIXES
    )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise Refused(
            Text(
                f"{folder} 中有多个 {name} 文件（{names}），请只保留一个",
                f"{folder} has {names}: keep only one of them",
            )
        )
    return found[0] if found else None


def read_table(path: str | Path, schema: Schema, *, lang: Lang = "zh", time_zone: str | None = None) -> Table:
    """Read one file as one kind of table, refusing row by row.

    Parameters
    ----------
    path : str or Path
        A ``.csv`` (UTF-8 with or without mark, UTF-16 with mark, GB18030; comma, tab, semicolon), ``.xlsx`` (its first
        sheet with the required columns) or ``.parquet`` file.
    schema : Schema
        What it should hold.
    lang : {"zh", "en"}
        Language of the reasons.
    time_zone : str, optional
        See `local_time_zone`.

    Raises
    ------
    Refused
        When the file as a whole cannot be used: it cannot be opened, or a required column is missing.
    """
    path = Path(path)
    try:
        digest = file_digest(path)
    except OSError as error:
        raise Refused(Text(f"无法打开 {path}：{error.strerror}", f"cannot open {path}: {error.strerror}")) from None
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise Refused(
            Text(
                f"{path.name}：只能读取 {' '.join(SUFFIXES)} 文件",
                f"{path.name}: only {' '.join(SUFFIXES)} can be read",
            )
        )
    raw = {".csv": _read_csv, ".xlsx": _read_xlsx, ".parquet": _read_parquet}[kind](path, schema)
    used, lines, refused = _cleaned(raw, schema, path.name, lang, time_zone)
    return Table(path.name, digest, used.height + refused.height, used, lines, refused)


def read_csv_part(
    data: bytes, schema: Schema, *, file: str, lang: Lang = "zh", is_damaged: bool = False
) -> tuple[pl.DataFrame, pl.Series, pl.DataFrame]:
    """Read a part of a CSV file, with the header of the file before it, as `read_table` reads the whole.

    Parameters
    ----------
    data : bytes
        Whole lines, in an encoding that `read_table` knows.
    schema : Schema
    file : str
        Name of the file, as refusals give it.
    lang : {"zh", "en"}
        Language of the reasons.
    is_damaged : bool
        Whether characters that could not be read were replaced by U+FFFD already: their rows are refused.

    Returns
    -------
    used, lines, refused
        As in `Table`; lines count from the first of `data`.

    Raises
    ------
    Refused
        When a required column is missing.
    """
    return _cleaned(_csv_cells(data, schema, is_damaged), schema, file, lang, None)


def clean_rows(
    rows: pl.DataFrame,
    schema: Schema,
    *,
    file: str,
    lines: pl.Series,
    lang: Lang = "zh",
    time_zone: str | None = None,
    troubles: Sequence[Trouble] = (),
) -> tuple[pl.DataFrame, pl.Series, pl.DataFrame]:
    """Part rows into those that can be used and those that cannot; see `core.clean.clean`.

    Returns
    -------
    used, lines, refused
        As in `Table`.
    """
    done = clean(rows, schema, lines=lines, time_zone=time_zone or local_time_zone(), troubles=troubles)
    refused = done.refused.select(
        pl.lit(file).alias("file"), "line", "column", "value", pl.col(f"reason_{lang}").alias("reason")
    )
    return done.used, done.lines, REFUSALS.conform(refused)


def _cleaned(
    raw: "_Raw", schema: Schema, file: str, lang: Lang, time_zone: str | None
) -> tuple[pl.DataFrame, pl.Series, pl.DataFrame]:
    matched = recognise(raw.headers, schema, file=file)
    names = [(n, raw.rows.columns[i]) for i, n in enumerate(matched.names) if n is not None]
    rows = raw.rows.select(pl.col(column).alias(name) for name, column in names)
    return clean_rows(rows, schema, file=file, lines=raw.lines, lang=lang, time_zone=time_zone, troubles=raw.troubles)


def file_digest(path: Path, tell: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal.

    Parameters
    ----------
    path : Path
    tell : callable, optional
        Told how many bytes are done, now and then; never of a small file.
    """
    with path.open("rb") as file:
        if tell is None:
            return hashlib.file_digest(file, "sha256").hexdigest()
        total, done = hashlib.sha256(), 0
        held = bytearray(1 << 20)
        while count := file.readinto(held):
            total.update(memoryview(held)[:count])
            done += count
            if done // _DIGEST_BLOCK != (done - count) // _DIGEST_BLOCK:
                tell(done)
        return total.hexdigest()


def content_digest(path: Path, schema: Schema) -> str:
    """Return a digest of what a file says, in hexadecimal: the order of its rows, or of its columns, changes nothing.

    Of a CSV file or a sheet it is the SHA-256 of the header as JSON and of the sorted rows, a line each; the columns
    are sorted by header. A row is its cells as they were read, each as its length in bytes, ``:``, the text and ``,``;
    blank rows are left out. So neither encoding nor delimiter nor quote marks count, and every change of a cell does.

    Of a Parquet file it is the SHA-256 of the column names as JSON, the number of rows and the sums of the upper and of
    the lower halves of the MD5 of each row (cells as above; times in microseconds since 1970, what is empty as ``-``):
    columns are streamed, nothing is sorted or held. It shows every change that happens by accident; it is no seal
    against somebody who looks for two files with one digest.

    Parameters
    ----------
    path : Path
        A file that `read_table` has read.
    schema : Schema
        What it holds; chooses the sheet of a workbook.
    """
    path = Path(path)
    if path.suffix.lower() == ".parquet":
        return _parquet_digest(path)
    raw = {".csv": _read_csv, ".xlsx": _read_xlsx}[path.suffix.lower()](path, schema)
    headers = [header or "" for header in raw.headers]
    order = sorted(range(len(headers)), key=lambda i: (headers[i], i))
    total = hashlib.sha256(json.dumps([headers[i] for i in order], ensure_ascii=False).encode())
    if headers:
        # A row with too many cells keeps them only in the text of its trouble.
        odd = [""] * raw.rows.height
        for trouble in raw.troubles:
            odd[trouble.row] = trouble.value
        cells = raw.rows.select(pl.nth(i).fill_null("").alias(str(i)) for i in order)
        cells = cells.with_columns(odd=pl.Series(odd, dtype=pl.String))
        rows = (
            cells.filter(pl.any_horizontal(pl.all().str.strip_chars() != ""))
            .select(row=pl.concat_str([pl.format("{}:{},", pl.col(n).str.len_bytes(), n) for n in cells.columns]))
            .to_series()
            .sort()
        )
        for row in rows:
            total.update(b"\n" + row.encode())
    return total.hexdigest()


def _parquet_digest(path: Path) -> str:
    import duckdb

    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        source = engine.read_parquet(str(path))
        columns = sorted(zip(source.columns, map(str, source.types), strict=True))

        def cell(name: str, kind: str) -> str:
            quoted = '"' + name.replace('"', '""') + '"'
            value = f"epoch_us({quoted})" if kind.startswith("TIMESTAMP") else quoted
            return f"coalesce(strlen({value}::VARCHAR) || ':' || {value}::VARCHAR, '-')"

        row = " || ',' || ".join(cell(name, kind) for name, kind in columns)
        source.create_view("source")
        # The only thing set in is the names of the file's columns, quoted.
        engine.execute(
            "SELECT count(*), sum(md5_number_upper(said)), sum(md5_number_lower(said)) "  # noqa: S608
            f"FROM (SELECT {row} AS said FROM source)"
        )
        found = engine.fetchone() or (0, 0, 0)
    names = json.dumps([name for name, _ in columns], ensure_ascii=False)
    return hashlib.sha256("\n".join([names, *(str(int(n or 0)) for n in found)]).encode()).hexdigest()


def recognise(headers: Sequence[str | None], schema: Schema, *, file: str) -> Matched:
    """Return which header of a file stands for which column; see `core.clean.match_columns`.

    Raises
    ------
    Refused
        When a required column is missing, or two headers stand for one.
    """
    matched = match_columns(headers, schema)
    seen = ", ".join(header.strip()[:40] for header in headers[:30] if header and header.strip())
    seen = " ".join(seen.split())
    if matched.missing:
        missing = ", ".join(matched.missing)
        raise Refused(
            Text(
                f"{file} 缺少列 {missing}；表头为：{seen or '(空)'}。请补上所缺的列",
                f"{file} lacks the column {missing}; its header reads: {seen or '(empty)'}. Add what is missing",
            )
        )
    if matched.twice:
        twice = ", ".join(matched.twice)
        raise Refused(
            Text(
                f"{file} 中有不止一列读作 {twice}；表头为：{seen}。请只保留一列",
                f"{file} has more than one column that reads {twice}; its header reads: {seen}. Keep one",
            )
        )
    return matched


# --- CSV ---


def _read_csv(path: Path, schema: Schema) -> _Raw:
    return _csv_cells(path.read_bytes(), schema)


def _csv_cells(data: bytes, schema: Schema, is_damaged: bool = False) -> _Raw:
    text, damaged = _decoded(data)
    damaged = damaged or is_damaged
    del data
    delimiter = _delimiter(text, schema)
    if '"' not in text and "\r" not in text.replace("\r\n", "\n") and "\0" not in text:
        raw = _read_plain(text, delimiter)
        if raw is not None and not damaged:
            return raw
    return _read_quoted(text, delimiter, damaged)


def _decoded(data: bytes) -> tuple[str, bool]:
    """Return the text of a file, and whether some of its bytes belong to no encoding we know."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), False
        except UnicodeDecodeError:
            return data.decode("utf-16", errors="replace"), True
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding), False
        except UnicodeDecodeError:
            continue
    tries = [data.decode(encoding, errors="replace") for encoding in ("utf-8-sig", "gb18030")]
    return min(tries, key=lambda text: text.count("\ufffd")), True


def _delimiter(text: str, schema: Schema) -> str:
    head = next((line for line in text[:100_000].splitlines() if line.strip()), "")
    wanted = set(schema.names)

    def known(delimiter: str) -> int:
        cells = [cell.strip().strip('"') for cell in head.split(delimiter)]
        return sum(name in wanted for name in match_columns(cells, schema).names)

    return max(DELIMITERS, key=known)


def _read_plain(text: str, delimiter: str) -> _Raw | None:
    """Read a file without quote marks in columns; None when it is not as regular as it looks."""
    if len(delimiter.encode()) > 1:
        return None
    body = text.replace("\r\n", "\n")
    if not body.strip("\n"):
        return None
    line_count = body.count("\n") + (not body.endswith("\n"))
    width = body.lstrip("\n").split("\n", 1)[0].count(delimiter) + 1
    if width < 2:
        return None
    try:
        rows = pl.read_csv(
            body.encode(),
            has_header=False,
            separator=delimiter,
            quote_char=None,
            infer_schema=False,
            new_columns=[f"c{i}" for i in range(width)],
            schema={f"c{i}": pl.String for i in range(width)},
            truncate_ragged_lines=False,
        )
    except pl.exceptions.PolarsError:
        return None
    if rows.height != line_count:
        return None
    return _with_header(rows, pl.int_range(1, line_count + 1, dtype=pl.Int64, eager=True), [])


def _read_quoted(text: str, delimiter: str, damaged: bool) -> _Raw:
    csv.field_size_limit(sys.maxsize)
    records: list[tuple[int, list[str], Text | None]] = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        before = 0
        for cells in reader:
            records.append((before + 1, cells, None))
            before = reader.line_num
    except csv.Error:
        # A quote mark that is never closed would swallow the rest of the file: take each line by itself.
        records = [_one_line(number, line, delimiter) for number, line in enumerate(text.splitlines(), start=1)]
    first = next((i for i, (_, cells, _) in enumerate(records) if any(c.strip() for c in cells)), None)
    if first is None:
        return _Raw([], pl.DataFrame(), pl.Series([], dtype=pl.Int64), [])
    headers = records[first][1]
    width = len(headers)
    troubles: list[Trouble] = []
    columns: list[list[str | None]] = [[] for _ in range(width)]
    lines: list[int] = []
    for line, cells, trouble in records[first + 1 :]:
        reason = trouble
        if reason is None and any(cell.strip() for cell in cells[width:]):
            reason = Text(
                f"此行有 {len(cells)} 格，表头只有 {width} 列：请检查是否多了分隔符",
                f"the row has {len(cells)} cells, the header {width}: look for a delimiter too many",
            )
        if reason is None and damaged and any("\ufffd" in cell for cell in cells):
            reason = Text(
                "此行含无法识别的字符：请将文件另存为 UTF-8",
                "the row has unreadable characters: save the file as UTF-8",
            )
        if reason is not None:
            shown = delimiter.join(cells).replace("\0", "")
            troubles.append(Trouble(len(lines), shown, reason))
        lines.append(line)
        for i in range(width):
            columns[i].append(cells[i] if i < len(cells) else None)
    rows = pl.DataFrame({f"c{i}": pl.Series(values, dtype=pl.String) for i, values in enumerate(columns)})
    return _Raw(list(headers), rows, pl.Series(lines, dtype=pl.Int64), troubles)


def _one_line(number: int, line: str, delimiter: str) -> tuple[int, list[str], Text | None]:
    try:
        return number, next(csv.reader([line], delimiter=delimiter, strict=True), []), None
    except csv.Error:
        return (
            number,
            line.split(delimiter),
            Text("引号没有成对，无法分列：请检查引号", "a quote mark is not closed: check the quote marks of this row"),
        )


def _with_header(rows: pl.DataFrame, lines: pl.Series, troubles: list[Trouble]) -> _Raw:
    """Take the first row that is not blank as the header."""
    for position in range(min(rows.height, 1000)):
        cells = rows.row(position)
        if any(cell is not None and cell.strip() for cell in cells):
            return _Raw(list(cells), rows.slice(position + 1), lines.slice(position + 1), troubles)
    return _Raw([], pl.DataFrame(), pl.Series([], dtype=pl.Int64), [])


# --- XLSX and Parquet ---


def _read_xlsx(path: Path, schema: Schema) -> _Raw:
    import fastexcel

    best: _Raw | None = None
    try:
        book = fastexcel.read_excel(str(path))
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
            # Excel keeps a bare date as midnight of that day.
            sheet = sheet.with_columns(pl.all().cast(pl.String).str.strip_suffix(" 00:00:00"))
            raw = _with_header(sheet, pl.int_range(1, sheet.height + 1, dtype=pl.Int64, eager=True), [])
            if best is None or (raw.headers and not match_columns(raw.headers, schema).missing):
                best = raw
            if raw.headers and not match_columns(raw.headers, schema).missing:
                break
    except Exception as error:
        # The reader of workbooks raises its own kinds, and panics on some broken files.
        raise Refused(unreadable(path, "XLSX", error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Refused(unreadable(path, "XLSX", error)) from None
    return best or _Raw([], pl.DataFrame(), pl.Series([], dtype=pl.Int64), [])


def _read_parquet(path: Path, schema: Schema) -> _Raw:
    try:
        seen = list(pl.read_parquet_schema(path))
        matched = match_columns(seen, schema)
        wanted = [header for header, name in zip(seen, matched.names, strict=True) if name is not None]
        rows = pl.read_parquet(path, columns=wanted)
    except Exception as error:
        raise Refused(unreadable(path, "Parquet", error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Refused(unreadable(path, "Parquet", error)) from None
    recognise(seen, schema, file=path.name)
    return _Raw(list(wanted), rows, pl.int_range(1, rows.height + 1, dtype=pl.Int64, eager=True), [])


def unreadable(path: Path, kind: str, error: BaseException) -> Text:
    """Say that a file is not of the kind that its name promises."""
    why = " ".join(str(error).split())[:160]
    return Text(
        f"{path.name} 不是可读的 {kind} 文件，请重新导出（{why}）",
        f"{path.name} is not a readable {kind} file: export it again ({why})",
    )
