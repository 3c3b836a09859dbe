"""The keys of rows as a page sends them: read, whatever was sent."""

from collections.abc import Iterable

_LONGEST = 18
"""Digits of the longest key that every database holds."""


def row_keys(values: Iterable[str]) -> list[int]:
    """Return the keys among the values that were sent; what is no key of a row is left out."""
    return [int(value) for value in values if _is_key(value)]


def shown_rows(values: Iterable[str]) -> dict[int, str]:
    """Return by key what stood in the rows of a page, from the values ``key:mark`` that `SelectColumn` writes."""
    parted = (value.partition(":") for value in values)
    return {int(key): mark for key, _, mark in parted if mark and _is_key(key)}


def _is_key(value: str) -> bool:
    # `str.isdigit` takes what `int` does not, such as a superscript.
    return value.isascii() and value.isdigit() and len(value) <= _LONGEST
