"""The engine session: where an Ibis expression is carried out.

The only place that opens an engine. Core functions make expressions; a caller outside `core/` opens a session,
hands it tables and carries the expressions out. Ibis and the engine are imported when a session is opened, not before:
together they cost over a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from lianfang.kernel.errors import Misused
from lianfang.kernel.text import Text

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend

EngineName = Literal["duckdb", "spark"]


@contextmanager
def open_session(
    engine: EngineName = "duckdb", *, threads: int | None = None, memory_limit: str | None = None
) -> "Iterator[SQLBackend]":
    """Open an engine for the length of a ``with`` block.

    Parameters
    ----------
    engine : {"duckdb", "spark"}
        DuckDB is embedded; Spark needs the ``spark`` extra and Java 17.
    threads : int, optional
        Threads of the engine; the default is every core of the machine.
    memory_limit : str, optional
        For DuckDB, such as ``"4GB"``; the default is the engine's own.

    Yields
    ------
    ibis.backends.sql.SQLBackend
        A connection, closed at the end of the block.

    Raises
    ------
    Misused
        When the engine is not installed.
    """
    import ibis

    if engine == "duckdb":
        settings: dict[str, object] = {}
        if threads:
            settings["threads"] = threads
        if memory_limit:
            settings["memory_limit"] = memory_limit
        connection = ibis.duckdb.connect(**settings)
    else:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise Misused(
                Text(
                    "未安装 Spark:请执行 pip install 'lianfang[spark]' 并安装 Java 17,或改用 --engine duckdb",
                    "Spark is missing: run pip install 'lianfang[spark]' and install Java 17, or use --engine duckdb",
                )
            ) from None
        spark = (
            SparkSession.builder.master(f"local[{threads or 2}]")
            .appName("lianfang")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .getOrCreate()
        )
        connection = ibis.pyspark.connect(spark)
    try:
        yield connection
    finally:
        connection.disconnect()
