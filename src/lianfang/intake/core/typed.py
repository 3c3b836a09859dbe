"""Columns of any type as they were sent: as text, or taken as they are where they have the type that is wanted."""

import polars as pl

from lianfang.intake.core.cells import tidy_column
from lianfang.intake.core.moments import EARLIEST, LATEST, are_times
from lianfang.kernel.schema import Column


def tidied(values: pl.Series, column: Column | None) -> pl.Series:
    """Return a column with its text in the normal form; codes and typed columns stay as they are."""
    if values.dtype in (pl.Categorical, pl.Enum, pl.Null):
        values = values.cast(pl.String)
    if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
        values = as_text(values)
    if values.dtype != pl.String or (column is not None and is_all_codes(values, column)):
        return values
    return tidy_column(values)


def is_all_codes(values: pl.Series, column: Column) -> bool:
    """Tell whether nothing of a choice has to be read."""
    return (
        column.kind == "choice"
        and values.dtype == pl.String
        and bool(values.is_in(list(column.choices)).all())
        and not values.null_count()
    )


def as_text(values: pl.Series) -> pl.Series:
    """Return a column as text: whole numbers without a point, years beyond all calendars as they lie."""
    if values.dtype == pl.String:
        return values
    if values.dtype.is_float():
        whole = (values == values.floor()) & (values.abs() < 1e15)
        return pl.select(
            pl.when(whole.fill_null(False))
            .then(values.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(values.cast(pl.String))
            .alias(values.name)
        ).to_series()
    if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
        texts = [None if value is None else str(value) for value in values.to_list()]
        return pl.Series(values.name, texts, dtype=pl.String)
    if isinstance(values.dtype, pl.Datetime):
        # Polars cannot write the years beyond 262,142, such as a database's "infinity": those are shown as they lie.
        lies = values.to_physical().cast(pl.String)
        inside = values.dt.replace_time_zone(None).cast(pl.Datetime("us")).is_between(EARLIEST, LATEST)
        written = pl.select(pl.when(inside).then(values)).to_series().cast(pl.String)
        return pl.select(pl.coalesce(written, lies).alias(values.name)).to_series()
    return values.cast(pl.String)


def typed(values: pl.Series, column: Column, time_zone: str) -> pl.Series | None:
    """Take a typed column as it is; None where it has to be read as text."""
    kind, dtype = column.kind, values.dtype
    if kind == "moment" and isinstance(dtype, pl.Datetime):
        if dtype.time_zone is not None:
            values = values.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)
        moments = values.cast(pl.Datetime("us"))
        # As in text: what lies outside is mistyped, or a database's "infinity".
        return pl.select(pl.when(are_times(moments)).then(moments)).to_series()
    if kind == "moment" and dtype == pl.Date:
        moments = values.cast(pl.Datetime("us"))
        return moments.dt.offset_by("1d") if column.bare_date == "next_day" else moments
    if kind == "date" and dtype == pl.Date:
        return values
    if kind == "date" and isinstance(dtype, pl.Datetime):
        return values.dt.date()
    if kind == "boolean" and dtype == pl.Boolean:
        return values
    if kind == "integer" and dtype.is_integer():
        return values.cast(pl.Int64, strict=False)
    if kind == "number" and dtype.is_numeric():
        numbers = values.cast(pl.Float64, strict=False)
        return numbers if numbers.is_finite().fill_null(True).all() else None
    if kind == "text" and dtype.is_integer():
        return values.cast(pl.String)
    return None
