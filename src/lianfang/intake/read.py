"""Files in: CSV in the encodings people use, XLSX and Parquet, to a clean table and its refusals."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from lianfang.intake.core.clean import Cleaned, clean
from lianfang.intake.core.found import Trouble
from lianfang.intake.core.heads import Matched, match_columns
from lianfang.intake.csv_rows import csv_cells
from lianfang.intake.find import SUFFIXES
from lianfang.intake.parts import Parts, Raw, unreadable
from lianfang.intake.table import Table
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import REFUSALS, Schema
from lianfang.kernel.text import Lang, Text

_DIGEST_BLOCK = 64 << 20


def local_time_zone() -> str:
    """Return the zone that times with an offset are moved to: ``LIANFANG_TIME_ZONE``, else Asia/Shanghai."""
    return os.environ.get("LIANFANG_TIME_ZONE", "Asia/Shanghai")


def read_table(path: str | Path, schema: Schema, *, lang: Lang = "zh", time_zone: str | None = None) -> Table:
    """Read one file as one kind of table, refusing row by row.

    Parameters
    ----------
    path : str or Path
        A ``.csv`` (UTF-8 with or without mark, UTF-16 with mark, GB18030; comma, tab, semicolon), ``.xlsx`` (every
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
    read = parts_of(path, schema)
    done = _cleaned(read, schema, path.name, time_zone)
    return Table(
        path.name,
        digest,
        done.rows_in,
        done.used,
        done.lines,
        _refusals(done, path.name, lang),
        done.undecided,
        done.sheets,
        tuple(read.unread),
    )


def parts_of(path: Path, schema: Schema) -> Parts:
    """Return a file as it was read, before its cells are looked at."""
    return {".csv": _read_csv, ".xlsx": _read_xlsx, ".parquet": _read_parquet}[path.suffix.lower()](path, schema)


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
    done = _cleaned(Parts([csv_cells(data, schema, is_damaged)]), schema, file, None)
    return done.used, done.lines, _refusals(done, file, lang)


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
    return done.used, done.lines, _refusals(done, file, lang)


def _refusals(done: Cleaned, file: str, lang: Lang) -> pl.DataFrame:
    refused = done.refused.select(
        pl.lit(file).alias("file"), "line", "column", "value", pl.col(f"reason_{lang}").alias("reason")
    )
    return REFUSALS.conform(refused)


def _cleaned(read: Parts, schema: Schema, file: str, time_zone: str | None) -> Cleaned:
    rows: list[pl.DataFrame] = []
    troubles: list[Trouble] = []
    before = 0
    for number, part in enumerate(read.parts):
        # A sheet beside the one that is read may lack a column: its rows are refused one by one.
        matched = recognise(part.headers, schema, file=file) if not number else match_columns(part.headers, schema)
        names = [(n, part.rows.columns[i]) for i, n in enumerate(matched.names) if n is not None]
        rows.append(part.rows.select(pl.col(column).alias(name) for name, column in names))
        troubles += [Trouble(before + one.row, one.value, one.reason) for one in part.troubles]
        before += part.rows.height
    sheets = [pl.repeat(part.sheet, part.rows.height, dtype=pl.String, eager=True) for part in read.parts]
    return clean(
        pl.concat(rows, how="diagonal_relaxed") if len(rows) > 1 else rows[0],
        schema,
        lines=pl.concat([part.lines for part in read.parts]),
        time_zone=time_zone or local_time_zone(),
        troubles=troubles,
        sheets=pl.concat(sheets) if read.names_sheets else None,
    )


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
    """Return which header of a file stands for which column; see `core.heads.match_columns`.

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


def _read_csv(path: Path, schema: Schema) -> Parts:
    return Parts([csv_cells(path.read_bytes(), schema)])


def _read_xlsx(path: Path, schema: Schema) -> Parts:
    from lianfang.intake.xlsx import read_xlsx

    return read_xlsx(path, schema)


def _read_parquet(path: Path, schema: Schema) -> Parts:
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
    return Parts([Raw(list(wanted), rows, pl.int_range(1, rows.height + 1, dtype=pl.Int64, eager=True), [])])
