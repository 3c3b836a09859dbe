"""Keys in parts: SQLite takes some thousand values in one statement."""

from collections.abc import Iterable, Sequence
from typing import Any

_AT_ONCE = 900


def parts(keys: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Return the keys, so many at a time as one statement takes."""
    return (keys[i : i + _AT_ONCE] for i in range(0, len(keys), _AT_ONCE))
