"""The rows of a query as the columns of a frame: one query, no model instances, times naive and local."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.utils import timezone

from lianfang.access.scoped import ScopedQuerySet


def frame_of(rows: "models.QuerySet[Any]", columns: Mapping[str, tuple[str, pl.DataType]]) -> pl.DataFrame:
    """Read a query into a frame.

    Parameters
    ----------
    rows : QuerySet
        Scoped already (`ScopedQuerySet.within`), filtered and ordered; it is run once.
    columns : mapping of str to (str, DataType)
        Column of the frame → (lookup of the query, Polars type). A ``Datetime`` becomes naive local time;
        an empty text becomes empty (null), as an empty cell of a file does.

    Returns
    -------
    polars.DataFrame
        The columns, in the order of the mapping.
    """
    found = list(rows.values_list(*[lookup for lookup, _ in columns.values()]))
    cells = list(zip(*found, strict=True)) if found else [()] * len(columns)
    zone = str(timezone.get_default_timezone())
    made: list[pl.Series] = []
    for (name, (_, dtype)), values in zip(columns.items(), cells, strict=True):
        if isinstance(dtype, pl.Datetime):
            aware = pl.Series(name, values, dtype=pl.Datetime("us", "UTC"), strict=False)
            made.append(aware.dt.convert_time_zone(zone).dt.replace_time_zone(None))
        elif dtype == pl.String():
            texts = pl.Series(name, values, dtype=pl.String(), strict=False)
            made.append(texts.replace("", None))
        else:
            made.append(pl.Series(name, values, dtype=dtype, strict=False))
    return pl.DataFrame(made)


def cells_of(rows: "models.QuerySet[Any]", lookups: Sequence[Any]) -> list[Sequence[Any]]:
    """Read a query as the driver of the database gives its cells, none turned into what the models would hold.

    For comparing very many rows with what is to be written: JSON is text, and SQLite's times say no zone.

    Parameters
    ----------
    rows : QuerySet
        Scoped already (`ScopedQuerySet.within`), filtered and ordered; it is run once.
    lookups : sequence of str or Expression

    Returns
    -------
    list of sequence
        The cells of each lookup, all in the order of the rows.
    """
    if isinstance(rows, ScopedQuerySet):
        rows.need_scope()
    try:
        sql, values = rows.values_list(*lookups).query.sql_with_params()
    except EmptyResultSet:
        return [()] * len(lookups)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchall()
    return list(zip(*found, strict=True)) if found else [()] * len(lookups)
