"""The library with a presence store."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from bench.ways import LOOKBACK, MINUTES


class Here:
    """Ingested once, asked with ``store.trace``."""

    def imports(self) -> None:
        from numba.core.registry import cpu_target

        import lianfang.tracing.core.index.first
        import lianfang.tracing.core.index.second
        import lianfang.tracing.store
        import lianfang.tracing.tracer  # noqa: F401

        # Numba loads the rest of its modules when it first needs one of its functions.
        cpu_target.target_context.refresh()

    def build(self, data: Path, home: Path) -> None:
        import lianfang

        lianfang.open_store(home / "store").ingest([data / "presences.parquet"])

    def files(self, data: Path, home: Path) -> list[Path]:
        return [path for path in (home / "store").rglob("*") if path.is_file()]

    def open(self, data: Path, home: Path, as_of: dt.datetime) -> None:
        import lianfang

        self.store = lianfang.open_store(home / "store", create=False)
        self.as_of = as_of

    def ask(self, cases: pl.DataFrame, degrees: int) -> Any:
        return self.store.trace(cases, lookback=LOOKBACK, min_minutes=MINUTES, degrees=degrees, as_of=self.as_of)

    def answer(self, given: Any) -> pl.DataFrame:
        return given.with_columns(microseconds=(pl.col("minutes") * 60e6).round().cast(pl.Int64))

    def more_memory(self) -> float:
        return 0.0
