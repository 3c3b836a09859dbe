"""The library with a presence store."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from bench.ways import LOOKBACK, MINUTES


class Here:
    """Ingested once, asked with ``store.trace``."""

    def imports(self) -> None:
        from concurrent.futures import ThreadPoolExecutor

        import numpy as np

        import lianfang.presences.store
        import lianfang.tracing.tracer  # noqa: F401
        from lianfang.presences.core.index import first, layout, near, second
        from lianfang.presences.core.index.segment import KINDS, lay_out
        from lianfang.presences.store.snapshot import rules_of

        # What is compiled is code like the rest: Numba keeps it in files and loads it at the first call.
        who, place, start = np.arange(3, dtype=np.uint32), np.zeros(3, np.uint32), np.zeros(3, np.int64)
        _, segment = lay_out(who, place, place, place.astype(np.uint8), start, start + 3_600_000_000)
        table, rules = layout.table_of([segment]), rules_of(dict.fromkeys(KINDS, 15.0), None)
        window = np.zeros(1, np.int64), np.full(1, 3_600_000_000)
        first.first_degree(table, np.zeros(1, np.int64), *window, rules)
        with ThreadPoolExecutor(1) as thread:
            via = near.Via(np.ones(1, np.int64), *window)
            second.second_degree(table, via, np.array([1, 1, 0], np.uint8), rules, threads=thread, shares=1)

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
