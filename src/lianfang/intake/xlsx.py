"""Workbooks as cells: every sheet that holds the list, with what only the workbook knows of a cell.

The reader gives texts. From the sheet itself comes what a text does not tell: that a cell is an error, a number of more
digits than a number keeps, a formula that was never reckoned, or a part of a merged cell.
"""

import html
import posixpath
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from lianfang.intake.core.cells import is_id
from lianfang.intake.core.found import Trouble
from lianfang.intake.core.heads import match_columns
from lianfang.intake.parts import Parts, Raw, header_at, unreadable
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import Schema
from lianfang.kernel.text import Text

if TYPE_CHECKING:
    import fastexcel

_ERRORS = {
    "NA": "#N/A",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "Div0": "#DIV/0!",
    "Name": "#NAME?",
    "Num": "#NUM!",
    "Null": "#NULL!",
    "GettingData": "#GETTING_DATA",
}
"""The reader's names of errors, as a spreadsheet shows them; others it does not know."""

_NEVER_RECKONED = "#CALC!"
"""What stands for a formula whose value was never stored: the cell is not empty, nobody knows what it holds."""

_LONG = re.compile(rb"v>-?(?:\d{16}|\d+(?:\.\d+)?[eE]\+?(?:1[5-9]|[2-9]\d|\d{3}))")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]+)(\d+):([A-Z]+)(\d+)[\"']")
_UNRECKONED = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f(?:\s[^>]*?)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>\s*|<(?:\w+:)?v>\s*</(?:\w+:)?v>\s*)?</(?:\w+:)?c>"
)
_PLACE = re.compile(rb"\br=[\"']([A-Z]+)(\d+)[\"']")
_IS_TEXT = re.compile(rb"\bt=[\"']str[\"']")


@dataclass(frozen=True)
class _Marks:
    """What a sheet says beside its cells: rows from 0, columns from 0 for A.

    Attributes
    ----------
    merged : list of (top, left, bottom, right)
    unreckoned : list of (row, column)
        Formulas without a stored value.
    has_long : bool
        Whether a number may have more than fifteen digits.
    """

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    unreckoned: list[tuple[int, int]] = field(default_factory=list)
    has_long: bool = False


def read_xlsx(path: Path, schema: Schema) -> Parts:
    """Return every sheet that has the required columns.

    Raises
    ------
    Refused
        When the file is no workbook.
    """
    import fastexcel

    try:
        book = fastexcel.read_excel(str(path))
        marks = _marks(path)
        # A sheet of pictures has no cells; the reader gives it as an empty one.
        sheets = [_Sheet(book, name, marks.get(name, _Marks())) for name in book.sheet_names]
        return _chosen([sheet for sheet in sheets if not sheet.is_blank], schema)
    except Refused:
        raise
    except Exception as error:
        # The reader of workbooks raises its own kinds, and panics on some broken files.
        raise Refused(unreadable(path, "XLSX", error)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Refused(unreadable(path, "XLSX", error)) from None


def _chosen(sheets: "Sequence[_Sheet]", schema: Schema) -> Parts:
    """Take the sheets that hold the list; what of the others looks like a part of it is refused, the rest is told."""
    parts: list[Raw] = []
    unread: list[str] = []
    half: list[tuple[int, Raw]] = []
    for sheet in sheets:
        raw = sheet.raw(schema)
        matched = match_columns(raw.headers, schema)
        known = len(set(matched.names) & set(schema.names))
        if not matched.missing:
            parts.append(raw)
        elif known > 1:
            half.append((known, raw))
        else:
            unread.append(sheet.name)
    if not parts:
        # Whoever reads on says what is missing: in the sheet that comes nearest.
        best = max(half, key=lambda one: one[0])[1] if half else sheets[0].raw(schema) if sheets else Raw.nothing()
        return Parts([best], [])
    return Parts(parts + [_refused(raw, schema) for _, raw in half], unread, names_sheets=len(sheets) > 1)


def _refused(raw: Raw, schema: Schema) -> Raw:
    """Refuse every row of a sheet that lacks a column."""
    missing = ", ".join(match_columns(raw.headers, schema).missing)
    why = Text(f"此表缺少列 {missing}，各行均未采用", f"it lacks the column {missing}, so none of its rows is used")
    rows = raw.rows.with_row_index("#row").filter(pl.any_horizontal(pl.exclude("#row").str.strip_chars() != ""))
    shown = rows.select("#row", pl.concat_str(pl.exclude("#row"), separator=",", ignore_nulls=True).alias("#shown"))
    troubles = [Trouble(row, said, why) for row, said in shown.iter_rows()]
    return Raw(raw.headers, raw.rows, raw.lines, troubles, raw.sheet)


class _Sheet:
    """One sheet of a workbook."""

    def __init__(self, book: "fastexcel.ExcelReader", name: str, marks: _Marks) -> None:
        self._book, self.name, self._marks = book, name, marks
        sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        batch, errors = sheet.to_arrow_with_errors()
        read = pl.from_arrow(batch)
        assert isinstance(read, pl.DataFrame)
        self._at = {column.absolute_index: number for number, column in enumerate(sheet.selected_columns)}
        told = [] if errors is None else errors.errors
        self._cells = read.select(pl.all().cast(pl.String))
        self._fill({place: value for place, value in map(_error, told) if value})
        unreckoned = [(row, self._at[column]) for row, column in marks.unreckoned if column in self._at]
        self._fill({place: _NEVER_RECKONED for place in unreckoned if not self._cells[place]})

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in it."""
        return not self._cells.select(pl.any_horizontal(pl.all().str.strip_chars() != "").any()).item()

    def raw(self, schema: Schema) -> Raw:
        """Return the rows below the header."""
        cells, lines = self._cells, pl.int_range(1, self._cells.height + 1, dtype=pl.Int64, eager=True)
        head = header_at(cells.head(1000).iter_rows(), schema)
        if head is None:
            return Raw.nothing(self.name)
        headers = list(cells.row(head))
        matched = match_columns(headers, schema)
        ids = {n for n, name in enumerate(matched.names) if name in schema.names and is_id(schema[name])}
        troubles = self._unmerged(head, {n for n, name in enumerate(matched.names) if name in schema.names})
        cells = self._cells
        rows = cells.slice(head + 1)
        if self._marks.has_long:
            rows = rows.with_columns(self._long(rows, column, head + 1) for column in range(rows.width))
        # Excel keeps a bare date as midnight of that day; of an identity a date is none, and must be seen.
        bare = [rows.to_series(n).str.strip_suffix(" 00:00:00") for n in range(rows.width) if n not in ids]
        rows = rows.with_columns(bare)
        return Raw(headers, rows, lines.slice(head + 1), troubles, self.name)

    def _fill(self, values: dict[tuple[int, int], str]) -> None:
        """Write texts into cells."""
        columns: dict[int, list[str | None]] = {}
        for (row, column), value in values.items():
            if row < self._cells.height and column < self._cells.width:
                columns.setdefault(column, self._cells.to_series(column).to_list())[row] = value
        self._cells = self._cells.with_columns(
            pl.Series(self._cells.columns[number], texts, dtype=pl.String) for number, texts in columns.items()
        )

    def _unmerged(self, head: int, own: set[int]) -> list[Trouble]:
        """Fill cells that are merged below each other; rows in which columns are merged are told."""
        fill: dict[tuple[int, int], str] = {}
        troubles: dict[int, Trouble] = {}
        for top, left, bottom, right in self._marks.merged:
            if top <= head or top >= self._cells.height:
                continue
            last = min(bottom, self._cells.height - 1)
            columns = [self._at[one] for one in range(left, right + 1) if one in self._at]
            value = self._cells[top, columns[0]] if columns else None
            if value is None:
                continue
            if left == right:
                fill |= {(row, columns[0]): value for row in range(top + 1, last + 1)}
            elif own & set(columns):
                place = f"{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}"
                why = Text(
                    f"单元格 {place} 是跨列合并的：请取消合并并逐格填写", f"the cells {place} are merged: part them"
                )
                troubles |= {row: Trouble(row - head - 1, value, why) for row in range(top, last + 1)}
        self._fill(fill)
        return [troubles[row] for row in sorted(troubles)]

    def _long(self, rows: pl.DataFrame, column: int, first: int) -> pl.Series:
        """Write a number of more than fifteen digits as a spreadsheet shows it; text of as many digits stays."""
        cells = rows.to_series(column)
        long = cells.str.contains(r"^-?\d{16,}$").fill_null(False)
        if not long.any():
            return cells
        where = next(absolute for absolute, number in self._at.items() if number == column)
        kinds = self._book.load_sheet(
            self.name, header_row=None, skip_rows=0, dtypes="boolean", use_columns=[where]
        ).to_polars()
        # As truth values the reader gives numbers alone.
        is_number = kinds.to_series().slice(first).is_not_null()
        v = pl.col("v")
        shown = pl.format("{}.{}E+{}", v.str.head(1), v.str.slice(1), v.str.len_chars() - 1)
        frame = pl.DataFrame({"v": cells, "lost": long & is_number})
        return frame.select(pl.when("lost").then(shown).otherwise(v).alias(cells.name)).to_series()


def _error(error: "fastexcel.CellError") -> tuple[tuple[int, int], str]:
    """Return where an error stands and how a spreadsheet shows it."""
    found = re.search(r"Error\((\w+)\)", error.detail)
    return error.position, _ERRORS.get(found.group(1), "#UNKNOWN!") if found else ""


def _marks(path: Path) -> dict[str, _Marks]:
    """Return what each sheet says beside its cells; a workbook that is put together in another way says nothing."""
    with zipfile.ZipFile(path) as archive:
        files = {name.lower(): name for name in archive.namelist()}
        return {
            name: _of_sheet(archive.read(files[file.lower()]))
            for name, file in _sheet_files(archive, files)
            if file.lower() in files
        }


def _sheet_files(archive: zipfile.ZipFile, files: dict[str, str]) -> Iterable[tuple[str, str]]:
    """Give the name and the file of each sheet."""
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(files):
        return
    links = _attributes(archive.read(files["xl/_rels/workbook.xml.rels"]), "Relationship")
    targets = {link.get("Id", ""): link.get("Target", "") for link in links}
    for sheet in _attributes(archive.read(files["xl/workbook.xml"]), "sheet"):
        file = posixpath.normpath(posixpath.join("/xl", targets.get(sheet.get("id", ""), "")))
        yield sheet.get("name", ""), file[1:]


def _attributes(xml: bytes, tag: str) -> Iterable[dict[str, str]]:
    """Give the attributes of each element of a name, without their prefixes."""
    text = xml.decode("utf-8", errors="replace")
    for found in re.finditer(rf"<(?:\w+:)?{tag}\s([^>]*)>", text):
        pairs = re.findall(r"(?:\w+:)?(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", found.group(1))
        yield {name: html.unescape(one or other) for name, one, other in pairs}


def _of_sheet(xml: bytes) -> _Marks:
    merged = [
        (int(top) - 1, _number(left), int(bottom) - 1, _number(right))
        for left, top, right, bottom in _MERGED.findall(xml)
    ]
    unreckoned: list[tuple[int, int]] = []
    if b"<f" in xml or b":f" in xml:
        for found in _UNRECKONED.finditer(xml):
            place = _PLACE.search(found.group(1))
            # A formula that gives an empty text says so.
            if place is not None and not _IS_TEXT.search(found.group(1)):
                unreckoned.append((int(place.group(2)) - 1, _number(place.group(1))))
    return _Marks(merged, unreckoned, _LONG.search(xml) is not None)


def _number(letters: bytes) -> int:
    """Return the number of a column, from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _letters(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
