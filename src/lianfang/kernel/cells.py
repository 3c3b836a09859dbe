"""Columns read as words of a vocabulary, and frames as the text that files carry."""

import polars as pl

from lianfang.kernel.vocabulary import Word
from lianfang.kernel.words import one_word


def word_column(frame: pl.DataFrame, name: str, words: type[Word]) -> pl.Expr:
    """Return a column as codes of a vocabulary: as `lianfang.kernel.words` reads them; anything else is null."""
    if name not in frame.columns:
        return pl.lit(None, pl.String)
    return one_word(pl.col(name), words)


def with_value(words: str, value: pl.Expr) -> pl.Expr:
    """Put a text of each row into the gap ``{value}`` of a sentence; what the text holds is never read as a gap."""
    before, after = words.split("{value}")
    return pl.concat_str(pl.lit(before), value, pl.lit(after))


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
