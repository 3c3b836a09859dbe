"""The engine session: where an Ibis expression is carried out.

The only place that opens an engine. Core functions make expressions; a caller outside `core/` opens a session,
hands it tables and carries the expressions out. Ibis and the engine are imported when a session is opened, not before:
together they cost over a second.
"""

import glob
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from lianfang.engines import addresses
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.text import Text

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend

EngineName = Literal["duckdb", "spark"]


def chosen_engine() -> EngineName | None:
    """Return the engine that the setting ``LIANFANG_ENGINE`` names; None where it names none.

    Raises
    ------
    Misused
        When it names something else.
    """
    name = os.environ.get("LIANFANG_ENGINE")
    if not name:
        return None
    for known in get_args(EngineName):
        if name == known:
            return known  # type: ignore[no-any-return]
    known = ", ".join(get_args(EngineName))
    raise Misused(
        Text(f"LIANFANG_ENGINE={name} 无效；可用：{known}", f"LIANFANG_ENGINE={name} is no engine; use {known}")
    )


@contextmanager
def open_session(
    engine: EngineName | None = None, *, threads: int | None = None, memory_limit: str | None = None
) -> "Iterator[SQLBackend]":
    """Open an engine for the length of a ``with`` block.

    Parameters
    ----------
    engine : {"duckdb", "spark"}, optional
        DuckDB is embedded; Spark needs the ``spark`` extra and Java 17. When not given, `chosen_engine`, or else
        DuckDB.
    threads : int, optional
        Threads of the engine; the default is every core of the machine.
    memory_limit : str, optional
        Such as ``"4GB"``; the default is the engine's own (for Spark, see `kernel.spark`).

    Yields
    ------
    ibis.backends.sql.SQLBackend
        A connection, of no use after the block.

    Raises
    ------
    Misused
        When the engine is not installed or does not start.

    Notes
    -----
    Starting Spark takes seconds, so it is started once a process and stopped at its end; one that runs already, in a
    notebook or under ``spark-submit``, is used and left alone. Each block has a Spark session of its own within it,
    with its own settings and views.
    """
    if (engine or chosen_engine()) == "spark":
        try:
            from lianfang.engines.spark import connect
        except ImportError:
            raise Misused(
                Text(
                    "未安装 Spark：请执行 pip install 'lianfang[spark]' 并安装 Java 17，或改用 --engine duckdb",
                    "Spark is missing: run pip install 'lianfang[spark]' and install Java 17, or use --engine duckdb",
                )
            ) from None
        yield connect(threads, memory_limit)
        return
    import ibis

    settings: dict[str, object] = {}
    if threads:
        settings["threads"] = threads
    if memory_limit:
        settings["memory_limit"] = memory_limit
    connection = ibis.duckdb.connect(**settings)
    try:
        yield connection
    finally:
        connection.disconnect()


def scan_parquet(session: "SQLBackend", places: Sequence[str | Path], columns: Mapping[str, str]) -> "ir.Table":
    """Let an engine read Parquet files where they lie, on this machine or elsewhere, as one table.

    Parameters
    ----------
    session : SQLBackend
        From `open_session`.
    places : sequence of path or address
        At least one. DuckDB reads an address through fsspec; Spark itself, under Hadoop's name of the scheme.
    columns : mapping
        Every column that the files may have, with its type as Spark says it. A file that lacks one has it empty; where
        all lack it, Spark's table has it empty and DuckDB's has it not.

    Raises
    ------
    Refused
        When the package of a scheme is missing, or a file cannot be opened.
    """
    if session.name == "pyspark":
        return session.scan(places, columns)
    named = [reached_by_duckdb(session, place) for place in places]
    try:
        return parquet_in_duckdb(session, named, "union_by_name = true")
    except Exception as error:
        said = addresses.first_line(error)
        raise Refused(Text(f"无法读取 Parquet 文件：{said}", f"Parquet files cannot be read: {said}")) from None


def parquet_in_duckdb(session: "SQLBackend", named: Sequence[str], options: str) -> "ir.Table":
    """Return a table over Parquet files, by the names that `reached_by_duckdb` gave them.

    A view: DuckDB would hold a query that an expression uses twice in memory, whole. And not Ibis's own reader, which
    wants an extension from the network for ``s3://``.
    """
    view = f"parquet_{uuid.uuid4().hex}"
    listed = ", ".join("'" + name.replace("'", "''") + "'" for name in named)
    query = f"select * from read_parquet([{listed}], hive_partitioning = false, {options})"  # noqa: S608 - quoted
    session.con.execute(f"create temporary view {view} as {query}")
    return session.table(view)


def reached_by_duckdb(session: "SQLBackend", place: str | Path) -> str:
    """Return what DuckDB calls a place, made readable for it: no character in it means many files.

    Raises
    ------
    Refused
        When the package of its scheme is missing.
    """
    path = addresses.on_disk(place)
    if path is not None:
        return glob.escape(str(path))
    system, _ = addresses.file_system(str(place))
    known = [system.protocol] if isinstance(system.protocol, str) else list(system.protocol)
    connection: Any = session.con
    if not set(known) & set(connection.list_filesystems()):
        connection.register_filesystem(system)
    return glob.escape(str(place))
