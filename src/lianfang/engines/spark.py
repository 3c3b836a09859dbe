"""Spark behind Ibis: started once a process, tables in and out as Arrow. Only `kernel.engine` imports this."""

import atexit
import os
import shutil
import tempfile
import threading
import uuid
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

# PySpark warns of the present pandas, through which nothing passes here, whenever it loads another part of itself.
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)

from ibis.backends.pyspark import Backend  # noqa: E402
from pyspark import SparkConf, SparkContext  # noqa: E402
from pyspark.java_gateway import launch_gateway  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

from lianfang.engines.addresses import for_spark, not_read_by_spark  # noqa: E402
from lianfang.kernel.errors import Misused  # noqa: E402
from lianfang.kernel.text import Text  # noqa: E402

if TYPE_CHECKING:
    import ibis.expr.operations as ops
    import ibis.expr.types as ir

_starting = threading.Lock()


class ArrowSpark(Backend):  # type: ignore[misc]
    """Ibis's backend, but frames pass between Python and Java as Arrow.

    Ibis sends them through pandas, whose present version PySpark does not know yet.
    """

    name = "pyspark"

    def _register_in_memory_table(self, op: "ops.InMemoryTable") -> None:
        table = op.data.to_pyarrow(op.schema)
        self._session.createDataFrame(table).createOrReplaceTempView(op.name)

    def scan(self, places: Sequence[str | Path], columns: Mapping[str, str]) -> "ir.Table":
        """Read Parquet files where they lie; see `kernel.engine.scan_parquet`.

        The types are given, so that Spark opens no file before it is asked for rows.
        """
        named = [for_spark(place) for place in places]
        schema = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
        try:
            frame = self._session.read.schema(schema).parquet(*named)
        except Exception as error:
            raise not_read_by_spark(named[0], error) from None
        return self._named(frame)

    def scan_one(self, place: str | Path) -> "tuple[ir.Table, dict[str, str]]":
        """Read one Parquet file where it lies, with the number of each row as ``file_row_number``.

        Returns
        -------
        table : ibis Table
        kinds : dict
            Spark's own types: Ibis calls both kinds of its times by one name.
        """
        read = self._session.read.parquet(for_spark(place))
        frame = read.selectExpr("*", "_metadata.row_index as file_row_number")
        return self._named(frame), dict(frame.dtypes)

    def _named(self, frame: Any) -> "ir.Table":
        view = f"scan_{uuid.uuid4().hex}"
        frame.createOrReplaceTempView(view)
        return self.table(view)

    def to_pyarrow(
        self,
        expr: "ir.Expr",
        /,
        *,
        params: "Mapping[ir.Scalar, Any] | None" = None,
        limit: int | str | None = None,
        **kwargs: Any,
    ) -> pa.Table:
        """Carry an expression out."""
        self._run_pre_execute_hooks(expr)
        found = self.raw_sql(self.compile(expr.as_table(), params=params, limit=limit)).toArrow()
        given = expr.__pyarrow_result__(_naive(found))
        return _naive(given) if isinstance(given, pa.Table) else given

    def to_polars(self, expr: "ir.Table", /, **kwargs: Any) -> pl.DataFrame:
        """Carry an expression of a table out; Ibis would make nanoseconds of Spark's microseconds."""
        return pl.DataFrame(self.to_pyarrow(expr, **kwargs))


def _naive(table: pa.Table) -> pa.Table:
    """Return times without a zone, in microseconds: Spark gives each the zone UTC, which stands for none here."""
    kinds = [pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def connect(threads: int | None, memory: str | None) -> Backend:
    """Return a connection with a Spark session of its own, within the Spark that runs or that is started now.

    Raises
    ------
    Misused
        When Spark does not start.
    """
    with _starting:
        # One that runs already, in a notebook or under spark-submit, is used and left alone.
        running = SparkSession.builder.getOrCreate() if SparkContext._active_spark_context else _start(threads, memory)
    # Ibis itself does so for backends that it loads; without it no number with a fraction can stand in an expression.
    ArrowSpark.register_options()
    return ArrowSpark().connect(running.newSession(), **{"spark.sql.execution.arrow.pyspark.enabled": "true"})


def _start(threads: int | None, memory: str | None) -> SparkSession:
    """Start Spark: on this machine, or on the cluster that ``LIANFANG_SPARK_MASTER`` names.

    On this machine it gets `memory`, or ``LIANFANG_SPARK_MEMORY``, or 4 GB. Whatever else Spark should know stands in
    its own ``spark-defaults.conf``. What Java writes to standard error goes to a file, whose last line is shown when
    Spark does not start.
    """
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise Misused(
            Text(
                "Spark 需要 Java 17（Debian：apt-get install openjdk-17-jre-headless），或改用 --engine duckdb",
                "Spark needs Java 17 (Debian: apt-get install openjdk-17-jre-headless), or use --engine duckdb",
            )
        )
    settings = {
        "spark.app.name": "lianfang",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if master := os.environ.get("LIANFANG_SPARK_MASTER"):
        settings["spark.master"] = master
    else:
        cores = threads or os.cpu_count() or 2
        settings |= {
            "spark.master": f"local[{cores}]",
            "spark.driver.memory": memory or os.environ.get("LIANFANG_SPARK_MEMORY") or "4g",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            # Spark's 200 are meant for a cluster; on one machine each costs more than it does.
            "spark.sql.shuffle.partitions": str(2 * cores),
        }
    conf = SparkConf().setAll(list(settings.items()))
    with tempfile.TemporaryFile("w+") as log:
        try:
            context = SparkContext(conf=conf, gateway=launch_gateway(conf, {"stderr": log}))  # type: ignore[no-untyped-call]
        except Exception as error:
            log.seek(0)
            said = [line.strip() for line in log if line.strip()] or [str(error)]
            raise Misused(Text(f"Spark 未能启动：{said[-1]}", f"Spark did not start: {said[-1]}")) from error
    atexit.register(context.stop)
    return SparkSession(context)
