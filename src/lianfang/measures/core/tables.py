"""Measures as the file of the contract."""

import polars as pl

from lianfang.kernel.cells import as_text
from lianfang.kernel.text import Lang

MEASURE_COLUMNS = (
    "person_id",
    "measure",
    "place_class",
    "start",
    "end",
    "clock_from",
    "test_dates",
    "rule",
    "reason",
    "playbook",
)


def measures_table(measures: pl.DataFrame, *, lang: Lang) -> pl.DataFrame:
    """Return the rows of measures.csv as text; test dates are separated by ``;``."""
    return as_text(measures.with_columns(reason=pl.col(f"reason_{lang}")).select(MEASURE_COLUMNS))
