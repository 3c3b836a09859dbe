"""Ways to answer one question: who met these cases, and who met those? Ours, and what a user would pick instead.

Each way builds what it needs from the unsorted Parquet file once, and then answers case lists. All give the same rows,
which `answer_digest` compares; only what a user would wait for is timed.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import polars as pl

LOOKBACK, MINUTES = 2, 15
MICROSECONDS = MINUTES * 60_000_000

ANSWER: dict[str, Any] = {
    "case_id": pl.String,
    "person_id": pl.String,
    "degree": pl.Int64,
    "via_person_id": pl.String,
    "place_kind": pl.String,
    "microseconds": pl.Int64,
    "encounters": pl.Int64,
    "first_contact": pl.Datetime("us"),
    "last_contact": pl.Datetime("us"),
}
"""Columns that every way has to give."""


class Way(Protocol):
    """One way; an object lives in one process, which builds or asks, never both."""

    def imports(self) -> None:
        """Import what the way needs: timed apart from the first question."""

    def build(self, data: Path, home: Path) -> None:
        """Make what the questions need from ``data/presences.parquet``, in `home`."""

    def files(self, data: Path, home: Path) -> list[Path]:
        """Return the files that hold the presences: their bytes count, and are dropped from the page cache."""

    def open(self, data: Path, home: Path, as_of: dt.datetime) -> None:
        """Get ready for questions; part of the first one's time."""

    def ask(self, cases: pl.DataFrame, degrees: int) -> Any:
        """Answer: all rows, in the form that this way gives them."""

    def answer(self, given: Any) -> pl.DataFrame:
        """Bring what `ask` gave into the columns of `ANSWER`; not timed."""

    def more_memory(self) -> float:
        """Return the peak in MB of a server that works for this process."""


def _own(name: str, *words: str) -> Callable[[], Way]:
    return lambda: import_module(f"bench.ways.{name}").Here(*words)


WAYS: dict[str, Callable[[], Way]] = {
    "lianfang": _own("lianfang_store"),
    "duckdb-table": _own("duckdb_table"),
    "postgres": _own("postgres"),
    "duckdb-file": _own("duckdb_file"),
    "pandas": _own("pandas_merge"),
    "lianfang-file": _own("lianfang_file", "duckdb"),
    "spark": _own("lianfang_file", "spark"),
}
"""In the order in which they are measured; made when they are needed, as each imports its own library."""

USUAL = ("lianfang", "duckdb-table", "postgres", "duckdb-file", "pandas")
"""What is measured unless something else is asked for."""

WORDS = {
    "lianfang": "Lianfang, presence store",
    "duckdb-table": "DuckDB, one table by place and one by person",
    "postgres": "PostgreSQL, two covering b-trees",
    "duckdb-file": "plain DuckDB SQL on the unsorted file",
    "pandas": "`pandas.merge`",
    "lianfang-file": "Lianfang on the unsorted file, no store",
    "spark": "Lianfang on the unsorted file, Spark",
}


def windows(cases: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Return ``case_id, person_id, since, until``: the infectious windows, by hand, as a rival's user would."""
    return cases.select(
        "case_id",
        "person_id",
        since=pl.col("onset_date").cast(pl.Datetime("us")) - pl.duration(days=LOOKBACK),
        until=pl.col("isolated_at").fill_null(as_of),
    ).filter(pl.col("since") < pl.col("until"))


def read_cases(path: Path) -> pl.DataFrame:
    """Return a case list of `bench.county` with typed columns."""
    return pl.read_csv(
        path,
        schema={
            "case_id": pl.String,
            "person_id": pl.String,
            "onset_date": pl.Date,
            "isolated_at": pl.Datetime("us"),
            "reported_at": pl.Datetime("us"),
        },
    )


def answer_digest(answer: pl.DataFrame) -> str:
    """Return a hash of all rows and columns, whatever the order of the rows."""
    ordered = answer.select(pl.col(name).cast(kind) for name, kind in ANSWER.items()).sort(
        "degree", "case_id", "person_id", "place_kind"
    )
    return hashlib.sha256(ordered.write_csv().encode()).hexdigest()[:16]
