"""The keys of rows as a page sends them: read, whatever was sent."""

from collections.abc import Iterable

_LONGEST = 18
"""Digits of the longest key that every database holds."""


def row_keys(values: Iterable[str]) -> list[int]:
    """Return the keys among the values that were sent; what is no key of a row is left out."""
    return [int(value) for value in values if _is_key(value)]


def seen_rows(values: Iterable[str]) -> dict[str, str]:
    """Return by key what stood in the rows of a page, from the values ``key:mark`` that its boxes bring along."""
    parted = (value.rpartition(":") for value in values)
    return {key: mark for key, _, mark in parted if key and mark}


def _is_key(value: str) -> bool:
    # `str.isdigit` takes what `int` does not, such as a superscript.
    return value.isascii() and value.isdigit() and len(value) <= _LONGEST
