"""One file, read: its clean rows, and what became of the others."""

from dataclasses import dataclass, field, replace

import polars as pl

from lianfang.kernel.schema import REFUSALS, UNDECIDED


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
    undecided : pl.DataFrame
        Columns of `lianfang.kernel.schema.UNDECIDED`: facts of used rows that could not be read.
    sheets : pl.Series or None
        For each used row the sheet of the workbook that it came from, where there are several.
    unread : tuple of str
        Sheets that hold something else, and were not read.
    """

    file: str
    sha256: str
    rows_in: int
    used: pl.DataFrame
    lines: pl.Series
    refused: pl.DataFrame
    undecided: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=UNDECIDED))
    sheets: pl.Series | None = None
    unread: tuple[str, ...] = ()

    def only(self, usable: pl.Series, refused: pl.DataFrame) -> "Table":
        """Return the table with some of its used rows refused.

        Parameters
        ----------
        usable : pl.Series
            For each used row whether it stays.
        refused : pl.DataFrame
            The others, columns of `lianfang.kernel.schema.REFUSALS`.
        """
        if self.sheets is not None:
            where = pl.DataFrame({"line": self.lines, "sheet": self.sheets}).filter(~usable)
            refused = refused.join(where.unique("line"), on="line", how="left", maintain_order="left").with_columns(
                reason=pl.format("{} ({})", "reason", "sheet")
            )
        position = usable.cast(pl.Int64).cum_sum() - 1
        kept = self.undecided.filter(usable.gather(self.undecided["row"]))
        return replace(
            self,
            used=self.used.filter(usable),
            lines=self.lines.filter(usable),
            refused=pl.concat([self.refused, REFUSALS.conform(refused)]).sort("line"),
            undecided=kept.with_columns(row=position.gather(kept["row"])),
            sheets=None if self.sheets is None else self.sheets.filter(usable),
        )
