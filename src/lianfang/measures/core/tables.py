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
    "category",
    "conditions",
)


def measures_table(measures: pl.DataFrame, *, lang: Lang) -> pl.DataFrame:
    """Return the rows of measures.csv as text; test dates are separated by ``;``."""
    spoken = {"reason": pl.col(f"reason_{lang}"), "conditions": pl.col(f"conditions_{lang}")}
    return as_text(measures.with_columns(**spoken).select(MEASURE_COLUMNS))
