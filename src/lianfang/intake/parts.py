"""What reading a file gives before its cells are looked at: parts, each with the header that was found in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from lianfang.intake.core.found import Trouble
from lianfang.intake.core.heads import match_columns
from lianfang.kernel.schema import Schema
from lianfang.kernel.text import Text

TITLE_ROWS = 50
"""Rows, blank ones left out, among which the header is looked for: titles and notes stand above it."""


@dataclass(frozen=True)
class Raw:
    """A file, or a sheet of one, as it was read: its heads, and every cell as text."""

    headers: list[str | None]
    rows: pl.DataFrame
    lines: pl.Series
    troubles: list[Trouble]
    sheet: str = ""

    @classmethod
    def nothing(cls, sheet: str = "") -> "Raw":
        """Return what a blank file gives."""
        return cls([], pl.DataFrame(), pl.Series([], dtype=pl.Int64), [], sheet)


@dataclass(frozen=True)
class Parts:
    """A file as it was read.

    Attributes
    ----------
    parts : list of Raw
        Of a CSV or Parquet file one, of a workbook one a sheet that is read.
    unread : list of str
        Sheets that hold something else.
    names_sheets : bool
        Whether refusals have to say in which sheet a row stands.
    """

    parts: list[Raw]
    unread: list[str] = field(default_factory=list)
    names_sheets: bool = False


def header_at(rows: Iterable[Sequence[str | None]], schema: Schema) -> int | None:
    """Return which row is the header: the first that has every required column, else the first that is not blank."""
    first, seen = None, 0
    for number, cells in enumerate(rows):
        if not any(cell is not None and cell.strip() for cell in cells):
            continue
        first = number if first is None else first
        if not match_columns(cells, schema).missing:
            return number
        seen += 1
        if seen >= TITLE_ROWS:
            break
    return first


def unreadable(path: Path, kind: str, error: BaseException) -> Text:
    """Say that a file is not of the kind that its name promises."""
    why = " ".join(str(error).split())[:160]
    return Text(
        f"{path.name} 不是可读的 {kind} 文件，请重新导出（{why}）",
        f"{path.name} is not a readable {kind} file: export it again ({why})",
    )
