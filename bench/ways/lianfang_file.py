"""The library on the unsorted file, without a store, on either engine."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from bench.ways import LOOKBACK, MINUTES
from bench.ways.lianfang_store import Here as Store


class Here(Store):
    """``lianfang.trace(cases, file)``."""

    def __init__(self, engine: str):
        self.engine = engine

    def imports(self) -> None:

        if self.engine == "spark":
            import pyspark.sql  # noqa: F401

    def build(self, data: Path, home: Path) -> None:
        """Nothing to build."""

    def files(self, data: Path, home: Path) -> list[Path]:
        return [data / "presences.parquet"]

    def open(self, data: Path, home: Path, as_of: dt.datetime) -> None:
        self.path, self.as_of = data / "presences.parquet", as_of

    def ask(self, cases: pl.DataFrame, degrees: int) -> Any:
        import lianfang

        return lianfang.trace(
            cases,
            self.path,
            lookback=LOOKBACK,
            min_minutes=MINUTES,
            degrees=degrees,  # type: ignore[arg-type]
            as_of=self.as_of,
            engine=self.engine,  # type: ignore[arg-type]
        )

    def more_memory(self) -> float:
        """Return the peak of the Java process that Spark started; it is this process's child."""
        if self.engine != "spark":
            return 0.0
        import psutil

        peaks = [0.0]
        for child in psutil.Process().children(recursive=True):
            if child.name() == "java":
                text = Path(f"/proc/{child.pid}/status").read_text()
                peaks += [int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmHWM")]
        return max(peaks)
