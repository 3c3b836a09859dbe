"""What a spreadsheet or a program has made of a cell: guards that come off, errors and destroyed identities.

A guard forces text (``="0001"``, ``'0001``) and says nothing: it comes off. An error (``#REF!``) is no value and no
empty cell. A number of more than fifteen digits, ``5.13E+17`` or a date in place of an identity cannot be made good
again: whoever sent the list has to export it anew. ``1E5`` and ``219E01BE`` are identities like others.
"""

import polars as pl

from lianfang.kernel.tidy import GUARDED, NAME_BEGINS

ERROR = (
    r"(?i)^(?:#(?:REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|N/A|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|BUSY!|"
    r"PYTHON!|EXTERNAL!|GETTING_DATA|名称\?|数值!|引用!)|#{2,}|Err:\d{3})$"
)
"""A cell that shows an error, or that was too narrow for its value when the sheet was saved as text."""

EXPONENT = r"^\d+(?:[.,]\d+)?[Ee]\+\d{2,}$"
"""A long number as a spreadsheet shows it: with a sign and an exponent of 10 and more."""

STAMPED = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}$"
"""A date of a spreadsheet, written out: no identity looks so."""

SAFE_WHOLE = 2**53
"""Beyond this a double does not tell one whole number from the next; a single does not beyond 2**24."""

_SAFE_SINGLE = 2**24

ZEROS_AT_END = r"^[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d000$"
"""A resident identity number of which a spreadsheet kept fifteen digits."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def without_guard(values: pl.Series, *, is_ascii: bool = False) -> pl.Series:
    """Take guards off that force text in a spreadsheet; tidy text in, tidy text out."""
    if not _begins(values, "=", "'", *(() if is_ascii else ("‘", "’"))):
        return values
    v = pl.col("v")
    is_formula = v.str.starts_with("=")
    inner = v.str.slice(2).str.head(-1).str.replace_all('""', '"', literal=True)
    bare = (
        pl.when(~v.str.contains(GUARDED))
        .then(v)
        .when(is_formula)
        .then(inner)
        .when(v.str.contains(NAME_BEGINS))
        .then(v)
        .otherwise(v.str.slice(1))
        .str.strip_chars()
    )
    return values.to_frame("v").select(pl.when(bare != "").then(bare).alias("v"))["v"].alias(values.name)


def _begins(values: pl.Series, *marks: str) -> bool:
    """Tell whether any text begins with one of some marks; several times as fast as a regular expression."""
    return any(values.str.starts_with(mark).any() for mark in marks)


def are_errors(values: pl.Series) -> pl.Series | None:
    """Tell which tidy cells show an error of a spreadsheet; None where none does."""
    if not _begins(values, "#", "Err:"):
        return None
    return _or_none(values.str.contains(ERROR).fill_null(False))


def lost_digits(values: pl.Series) -> pl.Series | None:
    """Tell which identities have lost digits; None where none has.

    Parameters
    ----------
    values : pl.Series
        Tidy text, or the numbers of a typed column: those that are not whole, or too large to be told apart, are lost.
    """
    if values.dtype.is_float():
        safe = _SAFE_SINGLE if values.dtype == pl.Float32 else SAFE_WHOLE
        sound = (values == values.floor()) & (values.abs() <= safe)
        return _or_none((~sound & values.is_not_nan()).fill_null(False))
    if values.dtype != pl.String:
        return None
    lost: pl.Series | None = None
    if values.str.contains("+", literal=True).any():
        lost = values.str.contains(EXPONENT).fill_null(False)
    # Excel keeps fifteen digits: a resident number of eighteen ends in 000 then, and its check digit tells.
    if values.str.ends_with("000").any():
        zeros = _resident_with_zeros(values)
        lost = zeros if lost is None else lost | zeros
    return None if lost is None else _or_none(lost)


def _resident_with_zeros(values: pl.Series) -> pl.Series:
    doubtful = values.str.contains(ZEROS_AT_END).fill_null(False)
    if not doubtful.any():
        return doubtful
    v = pl.col("v")
    rest = pl.sum_horizontal(v.str.slice(i, 1).cast(pl.Int32, strict=False) * w for i, w in enumerate(_WEIGHTS)) % 11
    # The check digit 0 belongs to a rest of 1.
    return doubtful & values.to_frame("v").select(rest != 1).to_series().fill_null(False)


def are_dates(values: pl.Series) -> pl.Series | None:
    """Tell which identities a spreadsheet has turned into dates; None where it has none."""
    if values.dtype != pl.String or not values.str.contains(":", literal=True).any():
        return None
    return _or_none(values.str.contains(STAMPED).fill_null(False))


def _or_none(mask: pl.Series) -> pl.Series | None:
    return mask if mask.any() else None
