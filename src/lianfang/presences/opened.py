"""Presences as a table of the open engine, from frames or files, whatever is refused on the way.

A Parquet file whose columns have the right types is read where it lies, on this machine or elsewhere: the engine scans
it, only rows that need cleaning pass through `lianfang.intake`. Every other file is read by `lianfang.intake`, one from
elsewhere as a copy.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import polars as pl

from lianfang.engines.addresses import fetch, for_spark, name_of, not_read_by_spark, on_disk
from lianfang.engines.engine import parquet_in_duckdb, reached_by_duckdb
from lianfang.intake.core.cells import ODD_ID, PLAIN_ID
from lianfang.intake.core.clean import TAKEN_FROM, clean
from lianfang.intake.core.found import ORDERED
from lianfang.intake.core.heads import match_columns
from lianfang.intake.core.moments import are_times
from lianfang.intake.read import local_time_zone, read_table
from lianfang.intake.table import Table
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES, REFUSALS, Schema
from lianfang.kernel.text import Lang, Text
from lianfang.kernel.words import MISSING_IDS

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend

Source = pl.DataFrame | str | Path
"""A frame, a path, or (as a text) an address such as ``s3://bucket/rows.parquet``."""

Sources = Source | Sequence[Source]

COLUMNS = ["person_id", "place_id", "place_kind", "start", "end"]
"""What tracing needs of a presence."""

SEATS = ["vehicle", "seat"]
"""What the seat rules of a playbook need besides."""

_PLAIN, _ODD = re.compile(PLAIN_ID), re.compile(ODD_ID)

MANY = 100_000
"""Rows from which a frame goes to Spark through a file."""


@dataclass(frozen=True)
class Opened:
    """Presences, ready for expressions.

    Attributes
    ----------
    table : ibis Table
        `COLUMNS`, and `SEATS` where a source names vehicle kinds; ids as text, times naive local; valid as long as the
        session is open.
    refused : pl.DataFrame
        Columns of `lianfang.kernel.schema.REFUSALS`.
    rows_in : dict
        Rows by source, refused ones included.
    unread : dict
        By source, sheets of a workbook that hold something else.
    aside : tuple
        Folders of files that were written for the engine; they go with this object.
    """

    table: "ir.Table"
    refused: pl.DataFrame
    rows_in: dict[str, int]
    unread: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aside: "tuple[TemporaryDirectory[str], ...]" = ()

    def latest_end(self, session: "SQLBackend") -> dt.datetime | None:
        """Return the latest end of a presence; None when there is no presence."""
        latest: dt.datetime | None = session.to_polars(self.table.aggregate(latest=self.table.end.max()))[
            "latest"
        ].item()
        return latest

    def between(self, since: pl.Series, until: pl.Series) -> "ir.Table":
        """Leave out what lies before or after every span: the engine skips those parts of a file altogether."""
        if since.is_empty():
            return self.table
        return self.table.filter(self.table.end > since.min(), self.table.start < until.max())

    def ends_by_day(self, session: "SQLBackend") -> pl.DataFrame:
        """Return how many presences end on each day: ``moment`` (the latest end of the day) and ``count``."""
        ends = self.table.group_by(day=self.table.end.date())
        days: pl.DataFrame = session.to_polars(ends.aggregate(moment=self.table.end.max(), count=self.table.count()))
        return days.select(pl.col("moment").cast(pl.Datetime("us")), pl.col("count").cast(pl.Int64))

    def known_of(self, session: "SQLBackend", persons: pl.Series) -> set[str]:
        """Return which of some people are in a presence."""
        asked = self.table.filter(self.table.person_id.isin(persons.unique().to_list()))
        return set(session.to_polars(asked.select("person_id").distinct())["person_id"].to_list())

    def people(self, session: "SQLBackend", *, until: dt.datetime | None = None) -> int:
        """Return of how many people there is a presence, that began before `until` where it is given."""
        some = self.table if until is None else self.table.filter(self.table.start < until)
        return int(session.to_polars(some.aggregate(people=some.person_id.nunique()))["people"].item())


def read_frame(source: Source, schema: Schema, *, lang: Lang) -> tuple[str, pl.DataFrame, pl.DataFrame]:
    """Return the name, the clean rows and the refusals of a file, or of a frame as a user has it in a notebook.

    Of a file elsewhere a copy is read, and gone afterwards.

    Raises
    ------
    Refused
        When the source as a whole cannot be used.
    """
    if not isinstance(source, pl.DataFrame):
        path = on_disk(source)
        if path is None:
            with TemporaryDirectory(prefix="lianfang-") as folder:
                return read_frame(fetch(str(source), Path(folder)), schema, lang=lang)
        table = read_table(path, schema, lang=lang)
        return table.file, table.used, table.refused
    matched = match_columns(source.columns, schema)
    if matched.missing:
        missing = ", ".join(matched.missing)
        raise Refused(
            Text(
                f"{schema.name} 表缺少列 {missing}，请补上",
                f"the {schema.name} frame lacks the column {missing}: add it",
            )
        )
    own = source
    if matched.names != source.columns:
        own = source.select(
            pl.col(column).alias(name) for column, name in zip(source.columns, matched.names, strict=True) if name
        )
    if (typed := _already_clean(own, schema)) is not None:
        return schema.name, typed, REFUSALS.empty()
    lines = pl.int_range(1, source.height + 1, dtype=pl.Int64, eager=True)
    return schema.name, *_cleaned(own, schema, lines, schema.name, lang)


def _already_clean(rows: pl.DataFrame, schema: Schema) -> pl.DataFrame | None:
    """Return rows in their types where cleaning would change nothing and refuse nothing; None where it might.

    Cleaning asks some sixty questions of a frame, each of which costs more than all of this: expressions are for many
    rows, and a list of cases is short.
    """
    kinds = {column.kind for column in schema.columns}
    if not kinds <= {"text", "moment"} or any(first in schema.names for first, _, _ in ORDERED) or not rows.height:
        return None
    taken = {name: source for (of, name), source in TAKEN_FROM.items() if of == schema.name}
    done: dict[str, pl.Series] = {}
    for column in schema.columns:
        name = column.name
        own = (
            rows[name]
            if name in rows.columns
            else pl.Series(name, [None], dtype=column.dtype).new_from_index(0, rows.height)
        )
        if column.kind == "text":
            if own.dtype != pl.String or not all(map(_is_plain, texts := own.to_list())):
                return None
            if column.unique and len(set(texts)) < len(texts):
                return None
            if name in taken and own.has_nulls():
                own = pl.select(pl.coalesce(own, done[taken[name]])).to_series().alias(name)
        elif own.dtype == pl.Date:
            own = own.cast(pl.Datetime("us"))
            own = own + dt.timedelta(days=1) if column.bare_date == "next_day" else own
        elif isinstance(own.dtype, pl.Datetime) and own.dtype.time_zone is None:
            own = own.cast(pl.Datetime("us"))
        else:
            return None
        if column.required and own.has_nulls():
            return None
        if column.kind == "moment" and not are_times(own.drop_nulls()).all():
            return None
        done[name] = own
    for name in rows.columns:
        if name in schema.names:
            continue
        own = rows[name]
        if own.dtype.is_float() or own.dtype.is_nested():
            return None
        if own.dtype == pl.String and not all(text is None or _PLAIN.fullmatch(text) for text in own.to_list()):
            return None
        if schema.keeps_others:
            done[name] = own.cast(pl.String)
    return pl.DataFrame(list(done.values()))


def _is_plain(text: str | None) -> bool:
    """Whether cleaning leaves an id as it is."""
    if text is None:
        return True
    return bool(_PLAIN.fullmatch(text)) and not _ODD.search(text) and text.lower() not in MISSING_IDS


def open_presences(session: "SQLBackend", sources: Sources, *, lang: Lang = "zh") -> Opened:
    """Hand presences to an engine.

    Parameters
    ----------
    session : SQLBackend
        From `lianfang.engines.engine.open_session`.
    sources : frame, path, address, or a sequence of them
        Schema `kernel.schema.PRESENCES`; CSV, XLSX or Parquet files.
    lang : {"zh", "en"}
        Language of the reasons in `Opened.refused`.

    Raises
    ------
    Refused
        When a file cannot be opened or lacks a required column.
    """
    import ibis

    parts: list[ir.Table] = []
    aside: list[TemporaryDirectory[str]] = []
    refusals = [REFUSALS.empty()]
    rows_in: dict[str, int] = {}
    unread: dict[str, tuple[str, ...]] = {}
    for source in [sources] if isinstance(sources, (pl.DataFrame, str, Path)) else sources:
        scanned = None if isinstance(source, pl.DataFrame) else _scan(session, source, lang)
        if scanned is None:
            table = _of_disk(source, lang)
            if table is not None:
                unread[table.file] = table.unread
            name, used, refused = (
                read_frame(source, PRESENCES, lang=lang) if table is None else (table.file, table.used, table.refused)
            )
            own = _handed_over(session, _needed(used), aside)
            scanned = name, [own], refused, used.height + refused.height
        name, tables, refused, count = scanned
        parts += tables
        refusals.append(refused)
        rows_in[name] = rows_in.get(name, 0) + count
    if any("seat" in part.columns for part in parts):
        nobody_knows = {name: ibis.null("string") for name in SEATS}
        parts = [part if "seat" in part.columns else part.mutate(**nobody_knows) for part in parts]
    table = ibis.union(*parts) if len(parts) > 1 else parts[0] if parts else nothing()
    return Opened(table, pl.concat(refusals), rows_in, unread, tuple(aside))


def _of_disk(source: Source, lang: Lang) -> Table | None:
    """Return a file of this machine, read; None of a frame, and of a file elsewhere."""
    path = None if isinstance(source, pl.DataFrame) else on_disk(source)
    return None if path is None else read_table(path, PRESENCES, lang=lang)


def _handed_over(session: "SQLBackend", rows: pl.DataFrame, aside: "list[TemporaryDirectory[str]]") -> "ir.Table":
    """Give rows to the engine: as they are, or to Spark through a file when they are many.

    Spark takes a frame apart into objects of Java, within the memory of its driver.
    """
    import ibis

    if session.name != "pyspark" or rows.height < MANY:
        return ibis.memtable(rows)
    folder = TemporaryDirectory(prefix="lianfang-")
    aside.append(folder)
    path = Path(folder.name) / "presences.parquet"
    rows.write_parquet(path)
    return session.read_parquet(path)


def _needed(used: pl.DataFrame) -> pl.DataFrame:
    """Leave out seats where no row names the vehicle kind: there is no rule they could be held to."""
    seated = used["vehicle"].null_count() < used.height
    return used.select(*COLUMNS, *(SEATS if seated else ()))


def nothing() -> "ir.Table":
    """Return no presences."""
    import ibis

    return ibis.memtable(PRESENCES.empty().select(COLUMNS))


def _cleaned(
    rows: pl.DataFrame, schema: Schema, lines: pl.Series, file: str, lang: Lang
) -> tuple[pl.DataFrame, pl.DataFrame]:
    done = clean(rows, schema, lines=lines, time_zone=local_time_zone())
    refused = done.refused.select(
        pl.lit(file).alias("file"), "line", "column", "value", pl.col(f"reason_{lang}").alias("reason")
    )
    return done.used, REFUSALS.conform(refused)


def _scan(
    session: "SQLBackend", place: str | Path, lang: Lang
) -> tuple[str, list["ir.Table"], pl.DataFrame, int] | None:
    """Let the engine read a Parquet file in place; None where its columns are not of the right types."""
    import ibis

    from lianfang.presences.core.clean import as_presences, has_types, suspects

    path, file = on_disk(place), name_of(place)
    if not file.lower().endswith(".parquet") or (path is not None and not path.is_file()):
        return None
    raw = _on_spark(session, place) if session.name == "pyspark" else _in_duckdb(session, place)
    if raw is None or not has_types(raw.schema()):
        return None
    presences = as_presences(raw)
    wanted = [name for name in presences.columns if name in (*COLUMNS, *SEATS)]
    count = session.to_polars(raw.count().name("n").as_table())["n"].item()
    doubtful = suspects(raw, engine=session.name)
    rows = session.to_polars(doubtful).sort("file_row_number")
    if not rows.height:
        return file, [presences.select(wanted)], REFUSALS.empty(), count
    lines = rows["file_row_number"].cast(pl.Int64) + 1
    used, refused = _cleaned(rows.drop("file_row_number"), PRESENCES, lines, file, lang)
    sound = presences.anti_join(ibis.memtable(rows.select("file_row_number")), "file_row_number")
    tables = [sound.select(wanted), ibis.memtable(used.select(wanted))]
    blank = rows.height - used.height - refused.height
    return file, tables, refused, count - blank


def _in_duckdb(session: "SQLBackend", place: str | Path) -> "ir.Table | None":
    """Return a Parquet file with the number of each row; None where DuckDB cannot read it."""
    name = reached_by_duckdb(session, place)
    try:
        return parquet_in_duckdb(session, [name], "file_row_number = true")
    except Exception:
        return None  # not a Parquet file after all, or one that it cannot read: intake says so in its own words


def _on_spark(session: "SQLBackend", place: str | Path) -> "ir.Table | None":
    """Return a Parquet file with the number of each row; None where its times are instants, not local times."""
    try:
        table, kinds = session.scan_one(place)
    except Refused:
        raise
    except Exception as error:
        if on_disk(place) is None:  # no copy of what may be large: Spark has to reach it
            raise not_read_by_spark(for_spark(place), error) from None
        return None
    # Ibis calls both kinds of Spark's times by one name.
    return table if all(kinds.get(name) == "timestamp_ntz" for name in ("start", "end")) else None
