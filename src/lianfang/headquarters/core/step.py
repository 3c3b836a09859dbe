"""The step of the response that the room decides: which clocks start."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from lianfang.kernel.cells import as_text
from lianfang.kernel.schema import UNDECIDED
from lianfang.kernel.text import Lang
from lianfang.playbook.model import Playbook
from lianfang.records.core.clocks import clocks_of, not_started, rules_for

CLOCK_COLUMNS = ("case_id", "clock", "starts", "due", "rule")


def clocks(have: Mapping[str, Any], *, playbook: Playbook, as_of: dt.datetime) -> dict[str, Any]:
    """Give the clocks of the ``active`` cases: ``clocks``, by case, due and clock, and ``undecided``."""
    active = have["active"]
    started = clocks_of(active, rules_for(playbook, "case"))
    return {"clocks": started, "undecided": _without_clock(active, started, playbook)}


def clocks_table(clocks: pl.DataFrame, *, lang: Lang) -> pl.DataFrame:
    """Return the rows of clocks.csv as text."""
    return as_text(clocks.select(CLOCK_COLUMNS))


def _without_clock(cases: pl.DataFrame, clocks: pl.DataFrame, playbook: Playbook) -> pl.DataFrame:
    missing = not_started(cases, rules_for(playbook, "case"), started=clocks)
    return (
        missing.join(cases.select("case_id", "row"), on="case_id", how="left")
        .select(
            pl.lit("cases").alias("table"),
            "row",
            pl.col("needs").list.first().alias("column"),
            pl.col("case_id").alias("value"),
            "reason_zh",
            "reason_en",
        )
        .cast(pl.Schema(UNDECIDED))
    )
