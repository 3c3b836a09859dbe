"""Chains as the file of the contract."""

import polars as pl

from lianfang.kernel.cells import as_text
from lianfang.kernel.text import Lang

CHAIN_COLUMNS = ("infector", "infectee", "weight", "evidence", "place_id", "place_kind", "met_at")


def chains_table(chains: pl.DataFrame, *, lang: Lang) -> pl.DataFrame:
    """Return the rows of chains.csv as text."""
    return as_text(chains.with_columns(evidence=pl.col(f"evidence_{lang}")).select(CHAIN_COLUMNS))
