"""Files out: CSV, XLSX and Parquet with the same columns, each written aside and put in place when it is whole."""

import datetime as dt
import os
from pathlib import Path
from typing import IO

import polars as pl

from lianfang.intake.find import SUFFIXES
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.text import Text

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.f"
"""ISO 8601, local to the jurisdiction; a fraction only where there is one."""


def check_target(path: Path) -> None:
    """Refuse a file that could not be written, before any work is done.

    Raises
    ------
    Misused
        When the ending is none of `SUFFIXES`, or the folder is not there.
    """
    if path.suffix.lower() not in SUFFIXES:
        known = " ".join(SUFFIXES)
        raise Misused(
            Text(
                f"无法写出 {path.name}：文件名须以 {known} 结尾",
                f"cannot write {path.name}: end its name with one of {known}",
            )
        )
    if not path.parent.is_dir():
        raise Misused(
            Text(f"文件夹 {path.parent} 不存在，请先建立", f"there is no folder {path.parent}: make it first")
        )


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame to a file, in the format of its ending; the file is there whole, or not at all.

    Raises
    ------
    Misused
        See `check_target`.
    Refused
        When the file cannot be written.
    """
    check_target(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("wb") as out:
            {".csv": write_csv, ".xlsx": _write_xlsx, ".parquet": _write_parquet}[path.suffix.lower()](frame, out)
            out.flush()
            os.fsync(out.fileno())
        aside.replace(path)
    except OSError as error:
        raise Refused(Text(f"无法写出 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}")) from None
    finally:
        aside.unlink(missing_ok=True)


def write_csv(frame: pl.DataFrame, out: IO[bytes]) -> None:
    """Write a frame as CSV in UTF-8, times in ISO 8601."""
    frame.write_csv(out, datetime_format=TIME_FORMAT, date_format="%Y-%m-%d")


def _write_parquet(frame: pl.DataFrame, out: IO[bytes]) -> None:
    frame.write_parquet(out, compression="zstd")


def _write_xlsx(frame: pl.DataFrame, out: IO[bytes]) -> None:
    import xlsxwriter

    # Text stays text (no formulas, no links), and the same rows give the same bytes.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": dt.datetime(2000, 1, 1)})
    frame.write_excel(
        book, dtype_formats={pl.Datetime("us"): "yyyy-mm-dd hh:mm:ss", pl.Date: "yyyy-mm-dd"}, autofit=True
    )
    book.close()
