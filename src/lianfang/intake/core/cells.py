"""Cells to values, a column at a time: text as people type it in, typed columns and the cells nobody can read out."""

from collections.abc import Iterable

import polars as pl

from lianfang.intake.core.moments import read_moments
from lianfang.intake.core.spoilt import EXPONENT, STAMPED, ZEROS_AT_END, without_guard
from lianfang.kernel.phones import listed_phones
from lianfang.kernel.schema import Column
from lianfang.kernel.text import Text
from lianfang.kernel.tidy import INVISIBLE
from lianfang.kernel.vocabulary import Word, YesNo
from lianfang.kernel.words import MISSING, MISSING_IDS, one_word, spellings

_LETTER = "!-~\u4e00-\u9fff"
PLAIN_ID = rf"^[{_LETTER}]([ {_LETTER}]*[{_LETTER}])?$"
"""Text that tidying would leave as it is: ASCII and Chinese characters, no space at either end."""

ODD_ID = rf"^['=#‘’]|(?i:^err:)|{EXPONENT}|{STAMPED}|{ZEROS_AT_END}|^\d+\.0+$"
"""An identifier that reading may change or refuse although it is `PLAIN_ID`."""

_CONTROL = r"[\x00-\x08\x0E-\x1F\x7F]"


def tidy(text: pl.Expr) -> pl.Expr:
    """Return text in its normal form; where nothing is left, null.

    NFKC makes full-width digits and letters plain; invisible characters go; spaces of every kind are trimmed.
    """
    clean = text.str.normalize("NFKC").str.replace_all(INVISIBLE, "").str.strip_chars()
    return pl.when(clean != "").then(clean)


def tidy_column(values: pl.Series) -> pl.Series:
    """Carry `tidy` out, and take guards off, as `lianfang.kernel.tidy.tidy_text` does with one text.

    A column of plain ASCII skips the normal form, which is most of the cost.
    """
    if values.dtype == pl.Null:
        return values.cast(pl.String)
    frame = values.to_frame("v")
    v = pl.col("v")
    plain, ruled = frame.select(
        plain=(v.str.len_bytes() == v.str.len_chars()).all(), ruled=v.str.contains(_CONTROL).any()
    ).row(0)
    if plain and not ruled:
        bare = v.str.strip_chars()
        tidied = frame.select(pl.when(bare != "").then(bare).alias("v"))["v"]
    else:
        tidied = frame.select(tidy(v))["v"]
    return without_guard(tidied, is_ascii=plain).alias(values.name)


def _without(values: pl.Expr, markers: Iterable[str]) -> pl.Expr:
    return pl.when(~values.str.to_lowercase().is_in(list(markers))).then(values)


def read_text(values: pl.Series, *, is_id: bool) -> pl.Series:
    """Read an identifier or words: ``12.0``, as spreadsheets write a number, is the identifier ``12``.

    Returns
    -------
    pl.Series
        Text. For identifiers the markers of `MISSING_IDS` are null.
    """
    if not is_id:
        return values
    # Both repairs are rare and regular expressions are not free: look first.
    if values.str.contains(".0", literal=True).any():
        values = values.str.replace(r"^(\d+)\.0+$", "${1}")
    if _may_be_marker(values).any():
        values = values.to_frame("v").select(_without(pl.col("v"), MISSING_IDS).alias("v"))["v"]
    return values


def _may_be_marker(values: pl.Series) -> pl.Series:
    start = values.str.slice(0, 1)
    return start.is_in(["n", "N", "#", "<"])


def word_spellings(choices: tuple[str, ...]) -> dict[str, str]:
    """Return what may stand for each code, in the form of `tidy`: what `lianfang.kernel.words` reads as it."""
    spelt: dict[str, str] = {}
    for words in Word.__subclasses__():
        if set(words.codes()) >= set(choices):
            spelt |= {spelling: code for spelling, code in spellings(words).items() if code in choices}
    return spelt | {code.lower(): code for code in choices}


def read_column(values: pl.Series, column: Column, *, time_zone: str) -> pl.Series:
    """Read one tidy text column as its kind.

    Returns
    -------
    pl.Series
        Values of ``column.dtype``; null where the cell is empty or cannot be read. `is_given` tells the two apart.
    """
    v = pl.col("v")
    frame = values.to_frame("v")
    if column.name == "phone":
        return listed_phones(read_text(values, is_id=True))
    if column.kind == "text":
        text = read_text(values, is_id=is_id(column))
        # As `registry.core.identity.normal_id` has it.
        return text.str.to_uppercase().str.replace_all(r"[\s·-]", "") if column.name == "id_number" else text
    if column.kind == "moment":
        return read_moments(values, time_zone=time_zone, next_day=column.bare_date == "next_day")
    if column.kind == "date":
        return read_moments(values, time_zone=time_zone).dt.date()
    if column.kind == "choice":
        return frame.select(
            v.str.to_lowercase().replace_strict(word_spellings(column.choices), default=None).alias("v")
        )["v"]
    if column.kind == "boolean":
        return frame.select((one_word(v, YesNo) == YesNo.YES.value).alias("v"))["v"]
    plain = v.str.replace_all(",", "", literal=True)
    number = frame.select(plain.cast(pl.Float64, strict=False).alias("v"))["v"]
    number = pl.select(pl.when(number.is_finite()).then(number)).to_series()
    if column.kind == "integer":
        return frame.select(plain.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False).alias("v"))["v"]
    return number


def is_id(column: Column) -> bool:
    """Tell whether a text column holds identifiers."""
    return column.name.endswith("_id") or column.name in ("phone", "id_number")


def is_given(values: pl.Series, column: Column) -> pl.Series:
    """Tell, for each tidy cell, whether somebody wrote a value there."""
    if column.kind == "text" and not is_id(column):
        return values.is_not_null()
    if column.kind == "text" and column.name != "phone" and not _may_be_marker(values).any():
        return values.is_not_null()
    markers: tuple[str, ...] = MISSING_IDS if column.kind == "text" and column.name != "phone" else MISSING
    if column.kind == "boolean":
        markers = tuple(marker for marker in markers if marker not in spellings(YesNo))
    v = pl.col("v")
    expression = v.is_not_null() & ~v.str.to_lowercase().is_in(list(markers)).fill_null(False)
    return values.to_frame("v").select(expression.alias("v"))["v"]


EXPECTED: dict[str, Text] = {
    "phone": Text("只写一个号码，数字之外不写别的", "write one number and nothing but digits"),
    "moment": Text("请写成 2022-01-05 或 2022-01-05 14:30", "write it as 2022-01-05 or 2022-01-05 14:30"),
    "date": Text("请写成 2022-01-05", "write it as 2022-01-05"),
    "integer": Text("请写成整数，如 3", "write a whole number, such as 3"),
    "number": Text("请写成数字，如 109.5", "write a number, such as 109.5"),
    "boolean": Text("请写“是”或“否”", "write yes or no"),
}
"""What to write instead, by kind of column."""
