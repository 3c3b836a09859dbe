"""CSV as cells: encoding, delimiter, quotes, and lines that are not what the others are."""

import csv
import io
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lianfang.intake.core.clean import Trouble, match_columns
from lianfang.kernel.schema import Schema
from lianfang.kernel.text import Text

DELIMITERS = (",", "\t", ";", "|", "\uff0c")
"""Tried on the header; the last is the full-width comma."""


@dataclass(frozen=True)
class Raw:
    """A file as it was read: its heads, and every cell as text."""

    headers: list[str | None]
    rows: pl.DataFrame
    lines: pl.Series
    troubles: list[Trouble]


def csv_cells(data: bytes, schema: Schema, is_damaged: bool = False) -> Raw:
    """Return the cells of a CSV file as texts, with what of it is damaged."""
    text, damaged = decoded(data)
    damaged = damaged or is_damaged
    del data
    delimiter = delimiter_of(text, schema)
    if '"' not in text and "\r" not in text.replace("\r\n", "\n") and "\0" not in text:
        raw = _read_plain(text, delimiter)
        if raw is not None and not damaged:
            return raw
    return _read_quoted(text, delimiter, damaged)


def decoded(data: bytes) -> tuple[str, bool]:
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


def delimiter_of(text: str, schema: Schema) -> str:
    """Return the delimiter by which the head of a file names most of the wanted columns."""
    head = next((line for line in text[:100_000].splitlines() if line.strip()), "")
    wanted = set(schema.names)

    def known(delimiter: str) -> int:
        cells = [cell.strip().strip('"') for cell in head.split(delimiter)]
        return sum(name in wanted for name in match_columns(cells, schema).names)

    return max(DELIMITERS, key=known)


def _read_plain(text: str, delimiter: str) -> Raw | None:
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
    return with_header(rows, pl.int_range(1, line_count + 1, dtype=pl.Int64, eager=True), [])


def _read_quoted(text: str, delimiter: str, damaged: bool) -> Raw:
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
        return Raw([], pl.DataFrame(), pl.Series([], dtype=pl.Int64), [])
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
    return Raw(list(headers), rows, pl.Series(lines, dtype=pl.Int64), troubles)


def _one_line(number: int, line: str, delimiter: str) -> tuple[int, list[str], Text | None]:
    try:
        return number, next(csv.reader([line], delimiter=delimiter, strict=True), []), None
    except csv.Error:
        return (
            number,
            line.split(delimiter),
            Text("引号没有成对，无法分列：请检查引号", "a quote mark is not closed: check the quote marks of this row"),
        )


def with_header(rows: pl.DataFrame, lines: pl.Series, troubles: list[Trouble]) -> Raw:
    """Take the first row that is not blank as the header."""
    for position in range(min(rows.height, 1000)):
        cells = rows.row(position)
        if any(cell is not None and cell.strip() for cell in cells):
            return Raw(list(cells), rows.slice(position + 1), lines.slice(position + 1), troubles)
    return Raw([], pl.DataFrame(), pl.Series([], dtype=pl.Int64), [])


def unreadable(path: Path, kind: str, error: BaseException) -> Text:
    """Say that a file is not of the kind that its name promises."""
    why = " ".join(str(error).split())[:160]
    return Text(
        f"{path.name} 不是可读的 {kind} 文件，请重新导出（{why}）",
        f"{path.name} is not a readable {kind} file: export it again ({why})",
    )
