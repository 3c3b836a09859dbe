"""Keys in batches: SQLite takes some thousand values in one statement."""

from collections.abc import Iterable, Sequence
from typing import Any

_AT_ONCE = 900


def in_batches(keys: Sequence[Any], at_once: int = _AT_ONCE) -> Iterable[Sequence[Any]]:
    """Return the keys, so many at a time as one statement takes."""
    return (keys[start : start + at_once] for start in range(0, len(keys), at_once))
