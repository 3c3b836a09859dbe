"""Telephone numbers in one form: digits only, without the country code of China."""

import re
import unicodedata

import polars as pl

from lianfang.kernel.text import Text
from lianfang.kernel.tidy import tidy_text

NO_NUMBER = r"[^\d\s()+./;,*#·\-]"
"""What no telephone number has, letters above all (in its tidy form)."""

FEWEST, WHOLE, MOST_DIGITS = 3, 7, 15
"""Digits of the shortest number, of one that is whole without its area, and of the longest (E.164)."""

_PROBLEM = Text(
    "电话号码有误：手机号为 11 位，座机请带区号",
    "Not a telephone number: 11 digits for a mobile, area code first for a line",
)

_HOME_COUNTRY = r"^(?:0086|86)(1[0-9]{10})$"


def normal_phone(phone: str | None) -> str:
    """Return a telephone number as it is stored: NFKC, digits only, a Chinese mobile number without +86."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone or ""), flags=re.ASCII)
    return re.sub(_HOME_COUNTRY, r"\1", digits)


def normal_phones(phones: pl.Series) -> pl.Series:
    """Return a column of telephone numbers as they are stored: the columnar twin of `normal_phone`."""
    return (
        phones.cast(pl.String)
        .fill_null("")
        .str.normalize("NFKC")
        .str.replace_all(r"[^0-9]", "")
        .str.replace(_HOME_COUNTRY, "$1")
    )


def typed_phone(typed: str) -> tuple[str, Text | None]:
    """Read a telephone number as somebody typed it into a form.

    Returns
    -------
    tuple
        The number in stored form, empty where nothing was typed; and what is wrong with it, None when nothing is.
    """
    tidy = tidy_text(typed)
    if not tidy:
        return "", None
    number = normal_phone(tidy)
    return number, _PROBLEM if re.search(NO_NUMBER, tidy) else phone_problem(number)


def listed_phones(phones: pl.Series) -> pl.Series:
    """Return the telephone numbers of a list in stored form; null where a cell is empty or holds none.

    A list is older than whoever reads it: what could be a number of some country is kept, in digits alone.
    """
    plain = phones.cast(pl.String)
    digits = normal_phones(plain)
    count = digits.str.len_chars()
    # A word beside a whole number, such as whose it is, does no harm; two numbers in one cell are none.
    is_number = (count <= MOST_DIGITS) & ((count >= WHOLE) | ((count >= FEWEST) & ~plain.str.contains(NO_NUMBER)))
    return pl.select(pl.when(is_number).then(digits)).to_series().alias(phones.name)


def phone_problem(phone: str) -> Text | None:
    """Say why a telephone number in stored form cannot be dialled; None when nothing is wrong.

    Held to form only: a Chinese mobile number has 11 digits and begins with 1, a line has its area code or 7 to 8
    digits, a number from abroad up to 15 (E.164). Which prefixes are given out is not looked up: that changes.
    """
    if re.fullmatch(r"1\d{10}|0\d{9,11}|[2-9]\d{6,14}", phone, flags=re.ASCII):
        return None
    return _PROBLEM
