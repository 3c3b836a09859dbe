"""The engine session: where an Ibis expression is carried out.

The only place that opens an engine. Core functions make expressions; a caller outside `core/` opens a session,
hands it tables and carries the expressions out. Ibis and the engine are imported when a session is opened, not before:
together they cost over a second.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from lianfang.kernel.errors import Misused
from lianfang.kernel.text import Text

if TYPE_CHECKING:
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
            from lianfang.kernel.spark import connect
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
