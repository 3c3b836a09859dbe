"""CSV as cells: encoding, delimiter, quotes, and lines that are not what the others are."""

import csv
import io
import re
import sys
from dataclasses import dataclass

import polars as pl

from lianfang.intake.core.found import Trouble
from lianfang.intake.core.heads import match_columns
from lianfang.intake.encodings import FOREIGN, decoded
from lianfang.intake.parts import TITLE_ROWS, Raw
from lianfang.kernel.schema import Schema
from lianfang.kernel.text import Text

DELIMITERS = (",", "\t", ";", "|", "\uff0c")
"""Tried on the header; the last is the full-width comma."""


_SEPARATOR = re.compile(r'^"?sep=(.|\\t)"?$', re.IGNORECASE)
"""The line by which Excel is told the delimiter; it is no row."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$")
"""A line with its end. Other characters that some call line ends stand within cells."""

_HEAD = 100_000
"""Characters of a file within which its header stands."""


@dataclass(frozen=True)
class Head:
    """Where the header of a file is: its first character, how many lines are above it, and what parts its cells."""

    begin: int
    lines_above: int
    delimiter: str


def csv_cells(data: bytes, schema: Schema, is_damaged: bool = False) -> Raw:
    """Return the cells of a CSV file as texts, with what of it is damaged."""
    read = decoded(data)
    del data
    damaged = read.is_damaged or is_damaged
    text = read.text
    head = head_of(text, schema)
    if '"' not in text and "\r" not in text.replace("\r\n", "\n") and "\0" not in text and not damaged:
        raw = _read_plain(text, head)
        if raw is not None:
            return raw
    return _read_quoted(text, head, damaged, read.encodings)


def head_of(text: str, schema: Schema) -> Head:
    """Find the header: the first line that names every required column, else the first that is not blank.

    A line ``sep=;`` names the delimiter; else it is the one by which the line names most of the wanted columns.
    """
    wanted = {column.name for column in (*schema.columns, *schema.facts)}
    first: Head | None = None
    told: tuple[str, ...] = DELIMITERS
    begin = seen = 0
    for number, line in enumerate(_LINE.findall(text[:_HEAD])):
        here, begin = begin, begin + len(line)
        bare = line.strip().strip("\ufeff")
        if not bare.strip("".join(DELIMITERS) + ' "'):
            continue
        separator = _SEPARATOR.match(bare)
        if separator is not None and first is None and told is DELIMITERS:
            told = ("\t" if separator.group(1) == "\\t" else separator.group(1),)
            continue
        fits = []
        for delimiter in told:
            matched = match_columns([cell.strip().strip('"') for cell in line.split(delimiter)], schema)
            fits.append((not matched.missing, len(wanted & set(matched.names))))
        best = max(range(len(told)), key=lambda n: fits[n])
        if fits[best][0]:
            return Head(here, number, told[best])
        if first is None:
            first = Head(here, number, told[best])
        seen += 1
        if seen >= TITLE_ROWS:
            break
    return first or Head(0, 0, told[0])


def _read_plain(text: str, head: Head) -> Raw | None:
    """Read a file without quote marks in columns; None when it is not as regular as it looks."""
    delimiter = head.delimiter
    if len(delimiter.encode()) > 1:
        return None
    body = (text[head.begin :] if head.begin else text).replace("\r\n", "\n")
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
    first = next((n for n in range(rows.height) if any(cell and cell.strip() for cell in rows.row(n))), None)
    if first is None:
        return Raw.nothing()
    lines = pl.int_range(1, line_count + 1, dtype=pl.Int64, eager=True) + head.lines_above
    return Raw(list(rows.row(first)), rows.slice(first + 1), lines.slice(first + 1), [])


def _read_quoted(text: str, head: Head, damaged: bool, encodings: tuple[str, ...]) -> Raw:
    csv.field_size_limit(sys.maxsize)
    text, delimiter = text[head.begin :], head.delimiter
    foreign = (
        Text(
            f"此行的编码是 {encodings[1]}，文件其余部分是 {encodings[0]}：请统一另存为 UTF-8",
            f"this line is in {encodings[1]}, the rest of the file in {encodings[0]}: save all of it as UTF-8",
        )
        if encodings
        else None
    )
    records: list[tuple[int, list[str], Text | None]] = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        before = 0
        for cells in reader:
            records.append((before + 1, cells, None))
            before = reader.line_num
    except csv.Error:
        # A quote mark that is never closed would swallow the rest of the file: take each line by itself.
        records = [_one_line(number, line, delimiter) for number, line in enumerate(_lines(text), start=1)]
    first = next((i for i, (_, cells, _) in enumerate(records) if any(c.strip() for c in cells)), None)
    if first is None:
        return Raw.nothing()
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
        if foreign is not None and any(FOREIGN in cell for cell in cells):
            reason = foreign
        if reason is None and damaged and any("\ufffd" in cell for cell in cells):
            reason = Text(
                "此行含无法识别的字符：请将文件另存为 UTF-8",
                "the row has unreadable characters: save the file as UTF-8",
            )
        if reason is not None:
            shown = delimiter.join(cells).replace("\0", "").replace(FOREIGN, "")
            troubles.append(Trouble(len(lines), shown, reason))
        lines.append(line + head.lines_above)
        for i in range(width):
            columns[i].append(cells[i] if i < len(cells) else None)
    rows = pl.DataFrame({f"c{i}": pl.Series(values, dtype=pl.String) for i, values in enumerate(columns)})
    return Raw(list(headers), rows, pl.Series(lines, dtype=pl.Int64), troubles)


def _lines(text: str) -> list[str]:
    return [line.rstrip("\r\n") for line in _LINE.findall(text)]


def _one_line(number: int, line: str, delimiter: str) -> tuple[int, list[str], Text | None]:
    try:
        return number, next(csv.reader([line], delimiter=delimiter, strict=True), []), None
    except csv.Error:
        return (
            number,
            line.split(delimiter),
            Text("引号没有成对，无法分列：请检查引号", "a quote mark is not closed: check the quote marks of this row"),
        )
