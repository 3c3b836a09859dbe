"""Files in: CSV in the encodings people use, XLSX and Parquet, to a clean table and its refusals."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lianfang.intake.core.clean import Matched, Trouble, clean, match_columns
from lianfang.intake.csv_rows import Raw, csv_cells, unreadable, with_header
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import REFUSALS, Schema
from lianfang.kernel.text import Lang, Text

SUFFIXES = (".csv", ".xlsx", ".parquet")
"""Kinds of file that are read, in the order in which `find_table` looks for them."""


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
    return _cleaned(csv_cells(data, schema, is_damaged), schema, file, lang, None)


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
    raw: "Raw", schema: Schema, file: str, lang: Lang, time_zone: str | None
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


def _read_csv(path: Path, schema: Schema) -> Raw:
    return csv_cells(path.read_bytes(), schema)


def _read_xlsx(path: Path, schema: Schema) -> Raw:
    import fastexcel

    best: Raw | None = None
    try:
        book = fastexcel.read_excel(str(path))
        for name in book.sheet_names:
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
            # Excel keeps a bare date as midnight of that day.
            sheet = sheet.with_columns(pl.all().cast(pl.String).str.strip_suffix(" 00:00:00"))
            raw = with_header(sheet, pl.int_range(1, sheet.height + 1, dtype=pl.Int64, eager=True), [])
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
    return best or Raw([], pl.DataFrame(), pl.Series([], dtype=pl.Int64), [])


def _read_parquet(path: Path, schema: Schema) -> Raw:
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
    return Raw(list(wanted), rows, pl.int_range(1, rows.height + 1, dtype=pl.Int64, eager=True), [])
