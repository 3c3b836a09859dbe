"""Frames into tables: insert what is new, change what differs, leave the rest alone. The only bulk writer of the rooms.

SQLite takes the rows through one ``executemany``; PostgreSQL through ``COPY`` into a temporary table and one
``INSERT … SELECT`` or ``UPDATE``. Both run inside the caller's transaction, and neither calls Python for each row where
a column can be turned as a whole.

Where most rows of a large frame are stored already, `stored_rows` and `pending_rows` find the others without a lock,
and `upsert_frame` is given those alone: it compares and guards them once more as it writes.
"""

import datetime as dt
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from django.conf import settings
from django.db import connection, models

from lianfang.access.turns import writing
from lianfang.records.frames import columns_of

_NULL = "\x02"
"""Stands for null in the rows sent to PostgreSQL; `lianfang.intake.core.cells` lets no such character in as a cell."""


def upsert_frame(
    model: type[models.Model],
    frame: pl.DataFrame,
    *,
    key: Sequence[str],
    update: Sequence[str] = (),
    guard: Mapping[str, Any] | None = None,
) -> int:
    """Insert the rows of a frame, and change those that are there already.

    Parameters
    ----------
    model : type
        A Django model.
    frame : pl.DataFrame
        Columns named like the model's fields; a foreign key may be named ``person`` or ``person_id`` and holds the key.
        Naive times are local to the jurisdiction. A list or struct, or text that is JSON already, goes into a
        ``JSONField``. A field that is not in the frame takes the model's default.
    key : sequence of str
        Fields of a unique constraint (or the primary key). Where the frame repeats a key, its last row counts. None:
        every row of the frame is inserted.
    update : sequence of str
        Fields to change where the key is there already; none: such rows stay as they are.
    guard : mapping, optional
        A row that is there is only changed where its fields equal these values: ``{"decision": "proposed"}`` keeps
        what a person has decided, ``{"done_at": None}`` what is done.

    Returns
    -------
    int
        Rows inserted or really changed; doing the same twice gives 0 the second time.
    """
    if not frame.height:
        return 0
    fields = {name: _field(model, name) for name in frame.columns}
    by_field = {field.name: name for name, field in fields.items()}
    key_columns = [by_field[_field(model, name).name] for name in key]
    if key_columns:
        frame = frame.unique(key_columns, keep="last", maintain_order=True)
    is_postgres = connection.vendor == "postgresql"
    columns = [_stored(frame[name], fields[name], is_postgres).alias(fields[name].column) for name in frame.columns]
    given = {field.name for field in fields.values()}
    for field in model._meta.concrete_fields:
        if field.name not in given and not isinstance(field, models.AutoField):
            columns.append(_defaults(field, frame.height, is_postgres))
    stored = pl.DataFrame(columns)
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    targets = [_field(model, name).column for name in key]
    changes = [_field(model, name).column for name in update]
    conflict = _conflict(table, targets, changes, guard or {}, model, quote)
    names = ", ".join(quote(name) for name in stored.columns)
    values = [value for value in (guard or {}).values() if value is not None] if changes else []
    with writing():
        if is_postgres:
            return _copy(model, stored, names, table, conflict, values)
        marks = ", ".join(["%s"] * stored.width)
        with connection.cursor() as cursor:
            rows: Any = stored.iter_rows() if not values else ((*row, *values) for row in stored.iter_rows())
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks}) {conflict}", rows)  # noqa: S608
            return int(cursor.rowcount)


def update_frame(
    model: type[models.Model], frame: pl.DataFrame, *, key: str, update: Sequence[str], same: Sequence[str] = ()
) -> int:
    """Change rows that are there; a row that is gone stays so.

    Parameters
    ----------
    model : type
        A Django model.
    frame : pl.DataFrame
        Columns `key`, `update` and `same`, named and typed as for `upsert_frame`, or as `stored_rows` gives them.
    key : str
        The primary key; the frame holds each once.
    update : sequence of str
        Fields to change.
    same : sequence of str
        A row is only changed where these fields still are what the frame says.

    Returns
    -------
    int
        Rows changed.
    """
    if not frame.height:
        return 0
    is_postgres = connection.vendor == "postgresql"
    names = [*update, key, *same]
    fields = {name: _field(model, name) for name in names}
    stored = pl.DataFrame(
        [_stored(frame[name], fields[name], is_postgres).alias(fields[name].column) for name in names]
    )
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = {name: quote(field.column) for name, field in fields.items()}
    with writing(), connection.cursor() as cursor:
        if is_postgres:
            staging = _staged(cursor, model, stored, ", ".join(columns.values()))
            sets = ", ".join(f"{columns[name]} = new.{columns[name]}" for name in update)
            holds = "".join(f" AND old.{columns[name]} IS NOT DISTINCT FROM new.{columns[name]}" for name in same)
            cursor.execute(
                f"UPDATE {table} old SET {sets} FROM {staging} new "  # noqa: S608
                f"WHERE old.{columns[key]} = new.{columns[key]}{holds}"
            )
            count = int(cursor.rowcount)
            cursor.execute(f"DROP TABLE {staging}")
            return count
        sets = ", ".join(f"{columns[name]} = %s" for name in update)
        holds = "".join(f" AND {columns[name]} IS %s" for name in same)
        rows: Any = stored.iter_rows()
        cursor.executemany(f"UPDATE {table} SET {sets} WHERE {columns[key]} = %s{holds}", rows)  # noqa: S608
        return int(cursor.rowcount)


def stored_rows(rows: "models.QuerySet[Any]", names: Sequence[str]) -> pl.DataFrame:
    """Return fields of stored rows as the database holds them: to compare with, not to compute with.

    Parameters
    ----------
    rows : QuerySet
        Scoped already where its model is; it is run once, in any order.
    names : sequence of str
        Fields, named as in the frame that they are compared with.

    Returns
    -------
    pl.DataFrame
        One column a name: numbers as numbers, truth as 0 and 1, all else as text (times in UTC).
    """
    is_postgres = connection.vendor == "postgresql"
    fields = {name: _field(rows.model, name) for name in names}
    stored = columns_of(rows, {name: (field.attname, _held(field)) for name, field in fields.items()})
    return pl.DataFrame([_comparable(stored[name], field, is_postgres) for name, field in fields.items()])


def pending_rows(
    model: type[models.Model],
    frame: pl.DataFrame,
    stored: pl.DataFrame,
    *,
    key: Sequence[str],
    update: Sequence[str] = (),
    guard: Mapping[str, Any] | None = None,
) -> pl.DataFrame:
    """Return the rows of a frame that `upsert_frame` would insert or change, with nothing written and nothing locked.

    Parameters
    ----------
    model, frame, key, update, guard
        As for `upsert_frame`.
    stored : pl.DataFrame
        From `stored_rows`, with the fields of `key`, `update` and `guard`: every row whose key the frame may hold.

    Returns
    -------
    pl.DataFrame
        Rows of the frame. A row too many may be among them (JSON that says the same in other words), none is missing.
    """
    fields = {name: _field(model, name) for name in frame.columns}
    by_field = {field.name: name for name, field in fields.items()}
    keys = [by_field[_field(model, name).name] for name in key]
    changes = [by_field[_field(model, name).name] for name in update]
    frame = frame.unique(keys, keep="last", maintain_order=True)
    here = comparable_rows(model, frame, [*keys, *changes])
    there = stored.select(
        *keys,
        *(pl.col(name).alias(f"there {name}") for name in changes),
        holds(model, guard or {}).alias("held"),
        pl.lit(True).alias("is"),
    )
    joined = here.join(there, on=keys, how="left", nulls_equal=True, maintain_order="left")
    differs = [pl.col(name).ne_missing(pl.col(f"there {name}")) for name in changes]
    changed = pl.any_horizontal(differs) & pl.col("held") if differs else pl.lit(False)
    return frame.filter(joined.select(pl.col("is").is_null() | changed).to_series())


def comparable_rows(model: type[models.Model], frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return columns of a frame in the form in which `stored_rows` gives the stored ones."""
    is_postgres = connection.vendor == "postgresql"
    return pl.DataFrame([_comparable(frame[name], _field(model, name), is_postgres) for name in names])


def holds(model: type[models.Model], wanted: Mapping[str, Any]) -> pl.Expr:
    """Return the condition that fields of `stored_rows` equal some values; true where none is named."""
    is_postgres = connection.vendor == "postgresql"
    condition = pl.lit(True)
    for name, value in wanted.items():
        [stored] = _comparable(pl.Series([value]), _field(model, name), is_postgres).to_list()
        condition &= pl.col(name).eq_missing(pl.lit(stored))
    return condition


def _held(field: Any) -> pl.DataType:
    """Return the type of a frame that holds what a field does; JSON stays text."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    for kinds, dtype in _HELD:
        if isinstance(target, kinds):
            return dtype
    return pl.String()


_HELD: tuple[tuple[Any, pl.DataType], ...] = (
    (models.BooleanField, pl.Boolean()),
    (models.IntegerField, pl.Int64()),
    (models.FloatField, pl.Float64()),
    (models.DateTimeField, pl.Datetime("us", "UTC")),
    (models.DateField, pl.Date()),
)


def _comparable(values: pl.Series, field: Any, is_postgres: bool) -> pl.Series:
    """Turn a column into the one form in which a field of the frame and a stored one are compared."""
    stored = _stored(values, field, is_postgres)
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.IntegerField | models.BooleanField):
        return stored.cast(pl.Int64)
    return stored.cast(pl.Float64 if isinstance(target, models.FloatField) else pl.String)


def _field(model: type[models.Model], name: str) -> Any:
    for field in model._meta.concrete_fields:
        if name in (field.name, field.attname):
            return field
    raise ValueError(f"{model.__name__} has no field {name!r}")


def _conflict(
    table: str,
    targets: Sequence[str],
    changes: Sequence[str],
    guard: Mapping[str, Any],
    model: type[models.Model],
    quote: Callable[[str], str],
) -> str:
    if not targets:
        return ""
    target = ", ".join(quote(name) for name in targets)
    if not changes:
        return f"ON CONFLICT ({target}) DO NOTHING"
    differs = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    sets = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in changes)
    changed = " OR ".join(f"{table}.{quote(name)} {differs} excluded.{quote(name)}" for name in changes)
    held = "".join(
        f" AND {table}.{quote(_field(model, name).column)} {'IS NULL' if value is None else '= %s'}"
        for name, value in guard.items()
    )
    return f"ON CONFLICT ({target}) DO UPDATE SET {sets} WHERE ({changed}){held}"


def _stored(values: pl.Series, field: Any, is_postgres: bool) -> pl.Series:
    """Turn a column into what the database stores for the field."""
    nullable = field.null  # of the foreign key itself, not of the key it points to
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField) and values.dtype != pl.String:
        texts = [
            None if value is None and nullable else json.dumps(value, ensure_ascii=False, default=str)
            for value in values.to_list()
        ]
        return pl.Series(values.name, texts, dtype=pl.String)
    if isinstance(values.dtype, pl.Datetime):
        aware = values if values.dtype.time_zone else _aware(values)
        utc = aware.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Datetime("us"))
        # As Django writes it: a fraction only where there is one. PostgreSQL is told the zone.
        suffix = "+00:00" if is_postgres else ""
        whole = utc.dt.microsecond() == 0
        return pl.select(
            pl.when(whole)
            .then(utc.dt.strftime(f"%Y-%m-%d %H:%M:%S{suffix}"))
            .otherwise(utc.dt.strftime(f"%Y-%m-%d %H:%M:%S%.6f{suffix}"))
        ).to_series()
    if values.dtype == pl.Date:
        return values.dt.strftime("%Y-%m-%d")
    if isinstance(field, models.UUIDField) and not is_postgres:
        return values.str.replace_all("-", "", literal=True)
    if isinstance(field, models.BooleanField) and not is_postgres:
        return values.cast(pl.Int8)
    if isinstance(field, models.CharField | models.TextField):
        text = values.cast(pl.String)
        return text if nullable else text.fill_null("")
    return values


def _aware(values: pl.Series) -> pl.Series:
    """Turn naive local times into aware ones, as `access.clock.to_aware` does for one.

    Where clocks are put forward at midnight, that midnight does not exist: it is then as much later as they were put.
    """
    aware = values.cast(pl.Datetime("us")).dt.replace_time_zone(
        settings.TIME_ZONE, ambiguous="earliest", non_existent="null"
    )
    skipped = (aware.is_null() & values.is_not_null()).arg_true()
    if not len(skipped):
        return aware
    zone = ZoneInfo(settings.TIME_ZONE)
    moved = [moment.replace(tzinfo=zone).astimezone(dt.UTC) for moment in values[skipped].to_list()]
    return aware.scatter(skipped, pl.Series(moved, dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone(str(zone)))


def _defaults(field: Any, height: int, is_postgres: bool) -> pl.Series:
    # A field without a default has a class in its place, which can be called too.
    is_made = field.has_default() and callable(field.default)
    made = [field.get_default() for _ in range(height)] if is_made else [field.get_default()] * height
    if isinstance(field, models.JSONField):
        made = [None if value is None and field.null else json.dumps(value) for value in made]
    elif isinstance(field, models.UUIDField):
        made = [str(value) for value in made]
    values = pl.Series(field.column, made, strict=False)
    return _stored(values, field, is_postgres).alias(field.column) if values.dtype != pl.Null else values


def _copy(
    model: type[models.Model], stored: pl.DataFrame, names: str, table: str, conflict: str, values: list[Any]
) -> int:
    with connection.cursor() as cursor:
        staging = _staged(cursor, model, stored, names)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {staging} {conflict}", values)  # noqa: S608
        count = int(cursor.rowcount)
        cursor.execute(f"DROP TABLE {staging}")
    return count


def _staged(cursor: Any, model: type[models.Model], stored: pl.DataFrame, names: str) -> str:
    """Copy rows into a temporary table of PostgreSQL; return its quoted name."""
    quote = connection.ops.quote_name
    staging, table = quote(f"upsert_{model._meta.db_table}"), quote(model._meta.db_table)
    rows = io.BytesIO()
    stored.write_csv(rows, include_header=False, null_value=_NULL)
    cursor.execute(f"CREATE TEMPORARY TABLE {staging} AS SELECT {names} FROM {table} WITH NO DATA")  # noqa: S608
    with cursor.cursor.copy(f"COPY {staging} ({names}) FROM STDIN WITH (FORMAT csv, NULL '{_NULL}')") as copy:
        copy.write(rows.getbuffer())
    return staging
