"""The rows of a query as the columns of a frame: one query, no model instances, times naive and local.

Python's driver of SQLite lets go of the interpreter at every row and asks for it again. Beside one thread that
computes, a hundred thousand rows so take minutes instead of a second. Therefore SQLite itself gathers the rows into
columns, each a JSON array, and the driver takes one step for very many rows. PostgreSQL's takes them in one anyway.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.utils import timezone

from lianfang.access.scoped import ScopedQuerySet

_ROWS = 50_000
"""Rows that SQLite hands over in one step: bounds the memory that the texts of a step take."""

_NUMBERS = {pl.Boolean: pl.Int64, pl.Int64: pl.Int64}
"""What SQLite's JSON holds as numbers; all else comes as text, floats too, so that each digit is kept."""


def frame_of(rows: "models.QuerySet[Any]", columns: Mapping[str, tuple[Any, pl.DataType]]) -> pl.DataFrame:
    """Read a query into a frame, to compute with.

    Parameters
    ----------
    rows : QuerySet
        Scoped already (`ScopedQuerySet.within`), filtered and ordered; it is run once.
    columns : mapping of str to (str or Expression, DataType)
        As for `columns_of`.

    Returns
    -------
    polars.DataFrame
        The columns, in the order of the mapping. A ``Datetime`` is naive local time; an empty text is empty (null), as
        an empty cell of a file is.
    """
    zone = str(timezone.get_default_timezone())
    local = pl.selectors.datetime().dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return columns_of(rows, columns).with_columns(local, pl.selectors.string().replace("", None))


def columns_of(rows: "models.QuerySet[Any]", columns: Mapping[str, tuple[Any, pl.DataType]]) -> pl.DataFrame:
    """Read a query into a frame as it is stored, to compare with.

    Parameters
    ----------
    rows : QuerySet
        Scoped already (`ScopedQuerySet.within`), filtered and ordered; it is run once.
    columns : mapping of str to (str or Expression, DataType)
        Column of the frame → (lookup of the query, Polars type: Boolean, Int64, Float64, String, Date, Datetime, or a
        List of these where JSON is stored). JSON that is asked for as a String is its text.

    Returns
    -------
    polars.DataFrame
        The columns, in the order of the mapping. A ``Datetime`` is in UTC; an empty text stays one.
    """
    if isinstance(rows, ScopedQuerySet):
        rows.need_scope()
    dtypes = {name: dtype for name, (_, dtype) in columns.items()}
    try:
        sql, values = rows.values_list(*[lookup for lookup, _ in columns.values()]).query.sql_with_params()
    except EmptyResultSet:
        return pl.DataFrame([_typed(pl.Series(name, [], dtype=pl.String), dtype) for name, dtype in dtypes.items()])
    if connection.vendor == "sqlite":
        return _gathered(sql, values, dtypes)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchall()
    cells: Sequence[Sequence[Any]] = list(zip(*found, strict=True)) if found else [()] * len(dtypes)
    return pl.DataFrame(
        [
            _typed(pl.Series(name, column, dtype=_held(dtype)), dtype)
            for (name, dtype), column in zip(dtypes.items(), cells, strict=True)
        ]
    )


def _held(dtype: pl.DataType) -> pl.DataType:
    """Return the type in which PostgreSQL's driver gives a column of the wanted type."""
    if isinstance(dtype, pl.Datetime):
        return pl.Datetime("us", "UTC")
    return pl.String() if isinstance(dtype, pl.List) else dtype


def _gathered(sql: str, values: Sequence[Any], dtypes: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Run a query of SQLite whose rows SQLite gathers into columns; in the order of the query."""
    names = [f"c{n}" for n in range(len(dtypes))]
    cells = [
        f"nullif(quote({c}), 'NULL')" if dtype == pl.Float64 else c
        for c, dtype in zip(names, dtypes.values(), strict=True)
    ]
    arrays = ", ".join(f"json_group_array({cell})" for cell in ["row", *cells])
    numbered = f"WITH found({', '.join(names)}) AS ({sql}) SELECT *, row_number() OVER () AS row FROM found"  # noqa: S608
    gather = f"SELECT {arrays} FROM ({numbered}) GROUP BY (row - 1) / {_ROWS}"  # noqa: S608
    kinds = [_NUMBERS.get(type(dtype), pl.String) for dtype in dtypes.values()]
    parts = []
    with connection.cursor() as cursor:
        cursor.execute(gather, values)
        while (texts := cursor.fetchone()) is not None:
            columns = zip(["row", *dtypes], [pl.Int64, *kinds], texts, strict=True)
            parts.append(pl.DataFrame([_array(name, text, kind) for name, kind, text in columns]))
    if not parts:
        return pl.DataFrame([_typed(pl.Series(name, [], dtype=pl.String), dtype) for name, dtype in dtypes.items()])
    frame = pl.concat(parts)
    if not frame["row"].is_sorted():  # nothing in SQLite's manual says in what order it gathers
        frame = frame.sort("row")
    return pl.DataFrame([_typed(frame[name], dtype) for name, dtype in dtypes.items()])


def _array(name: str, text: str, kind: Any) -> pl.Series:
    return pl.Series(name, [text]).str.json_decode(pl.List(kind)).explode()


def _typed(cells: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Turn a column as its database holds it into the wanted type."""
    if isinstance(dtype, pl.Datetime):
        is_text = cells.dtype == pl.String
        return cells.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", time_zone="UTC") if is_text else cells
    if isinstance(dtype, pl.Date) and cells.dtype == pl.String:
        return cells.str.to_date("%Y-%m-%d")
    if isinstance(dtype, pl.List):
        return cells.str.json_decode(dtype)
    return cells.cast(dtype)
