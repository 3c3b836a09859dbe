"""What a run over files says of its lists: what was not read, and which list is to blame where there is no answer."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from lianfang.intake.read import Table
from lianfang.intake.write import write_table
from lianfang.kernel.cells import as_text
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text


def blamed(tables: Iterable[Table | None]) -> Text | None:
    """Say of which list no row can be used, by which column, with an example; None where each has a usable row."""
    for table in tables:
        if table is None or table.used.height or not table.refused.height:
            continue
        columns = table.refused.group_by("column", maintain_order=True).len().sort("len", descending=True)
        column, count = columns.row(0)
        first = table.refused.filter(pl.col("column").eq_missing(column)).row(0, named=True)
        named = column or "-"
        return Text(
            f"{table.file} 的 {table.rows_in} 行都不能使用：其中 {count} 行的 {named} 有误，例如第 {first['line']} 行"
            f"“{first['value']}”：{first['reason']}",
            f"{table.file}: none of its {table.rows_in} rows can be used; {named} is at fault in {count} of them, "
            f"as in line {first['line']}, {first['value']!r}: {first['reason']}",
        )
    return None


def keep_refused(out: Path, refusals: list[pl.DataFrame]) -> Path | None:
    """Write the rows that were refused before a run ended; return the file, or None where nothing was refused."""
    refused = pl.concat(refusals) if refusals else pl.DataFrame()
    if not refused.height:
        return None
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_table(as_text(refused.sort("file", "line", "column", "value", nulls_last=True)), out / "refused.csv")
    except (OSError, Refused):
        return None  # why the run ended is what has to be said
    return out / "refused.csv"


def unread_sheets(files: Iterable[tuple[str, Sequence[str]]]) -> list[Text]:
    """Say which sheets of workbooks were not read."""
    return [
        Text(
            f"{file} 的工作表{'、'.join(f'“{sheet}”' for sheet in sheets)}没有所需的列，未读取",
            f"{file}: the sheets {', '.join(map(repr, sheets))} lack the columns that are needed and were not read",
        )
        for file, sheets in files
        if sheets
    ]
