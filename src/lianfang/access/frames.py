"""The rows of a query as the columns of a frame: one query, no model instances, times naive and local."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from django.db import models
from django.utils import timezone


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
