"""What is found wrong in a table: named here, found by `core.clean`, worded by `core.reasons`."""

from dataclasses import dataclass

import polars as pl

from lianfang.kernel.text import Text

Problem = tuple[str, str, pl.Series]
"""A column, what is wrong there, and in which rows."""

ORDERED = (("start", "end", True), ("first_contact", "last_contact", False))
"""Pairs of columns that must stand in order of time; True: they may not be equal either."""


@dataclass(frozen=True)
class Trouble:
    """A row that could not be taken apart into cells; found by whoever read the file."""

    row: int
    value: str
    reason: Text
