"""The digest of what a file says, whatever the order of its rows."""

import hashlib
import json
from pathlib import Path

import polars as pl

from lianfang.intake.parts import Raw
from lianfang.intake.read import parts_of
from lianfang.kernel.schema import Schema


def content_digest(path: Path, schema: Schema) -> str:
    """Return a digest of what a file says, in hexadecimal: the order of its rows, or of its columns, changes nothing.

    Of a CSV file or a sheet it is the SHA-256 of the header as JSON and of the sorted rows, a line each; the columns
    are sorted by header. A row is its cells as they were read, each as its length in bytes, ``:``, the text and ``,``;
    blank rows are left out. Further sheets follow in
    their order. So neither encoding nor delimiter nor quote marks count, and every change of a cell does.

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
    total = hashlib.sha256()
    for part in parts_of(path, schema).parts:
        _add(part, total)
    return total.hexdigest()


def _add(raw: Raw, total: "hashlib._Hash") -> None:
    headers = [header or "" for header in raw.headers]
    order = sorted(range(len(headers)), key=lambda i: (headers[i], i))
    total.update(json.dumps([headers[i] for i in order], ensure_ascii=False).encode())
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
