"""Decisions as the tables of the contract: its columns, in its order, as text."""

import polars as pl

from lianfang.kernel.schema import CONTACTS
from lianfang.kernel.text import Lang

CONTACT_COLUMNS = tuple(name for name in CONTACTS.names if name != "seat_unknown")
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
CLOCK_COLUMNS = ("case_id", "clock", "starts", "due", "rule")
CHAIN_COLUMNS = ("infector", "infectee", "weight", "evidence")


def contacts_table(contacts: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of contacts.csv as text."""
    return as_text(contacts.select(CONTACT_COLUMNS))


def measures_table(measures: pl.DataFrame, *, lang: Lang) -> pl.DataFrame:
    """Return the rows of measures.csv as text; test dates are separated by ``;``."""
    return as_text(measures.with_columns(reason=pl.col(f"reason_{lang}")).select(MEASURE_COLUMNS))


def clocks_table(clocks: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of clocks.csv as text."""
    return as_text(clocks.select(CLOCK_COLUMNS))


def chains_table(chains: pl.DataFrame, *, lang: Lang) -> pl.DataFrame:
    """Return the rows of chains.csv as text."""
    return as_text(chains.with_columns(evidence=pl.col(f"evidence_{lang}")).select(CHAIN_COLUMNS))


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with every column as the text that files carry: ISO times, ``true``/``false``; nothing is null."""
    return frame.select(_text(name, dtype) for name, dtype in frame.schema.items())


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        whole = value.dt.microsecond() == 0
        text = (
            pl.when(whole)
            .then(value.dt.strftime("%Y-%m-%dT%H:%M:%S"))
            .otherwise(value.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f"))
        )
    elif isinstance(dtype, pl.List):
        text = value.cast(pl.List(pl.String)).list.join(";")
    elif dtype.is_float():
        # Four decimals of a minute are finer than a second; six of a weight are all it has. Never 6e-6.
        places = 6 if name == "weight" else 4
        units = (value * 10**places).round().cast(pl.Int64, strict=False)
        whole = units.abs() // 10**places
        rest = (units.abs() % 10**places).cast(pl.String).str.zfill(places).str.strip_chars_end("0")
        sign = pl.when(units < 0).then(pl.lit("-")).otherwise(pl.lit(""))
        point = pl.when(rest == "").then(pl.lit("")).otherwise(pl.lit("."))
        text = pl.concat_str([sign, whole.cast(pl.String), point, rest])
    else:
        text = value.cast(pl.String)
    return pl.when(text != "").then(text).alias(name)
