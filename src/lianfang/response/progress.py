"""How far a response has come, for whoever waits for it: kept in the cache, so that every thread of a server sees it.

It is no fact: a server that is killed forgets it, and the page of the case then offers tracing again.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.cache import cache

KEPT_SECONDS = 900
"""From the last step; a response that has said nothing for so long is not waited for any more."""


def _key(outbreak: str) -> str:
    return f"response:{hashlib.sha256(outbreak.encode()).hexdigest()}"


@contextmanager
def told(outbreak: str, progress: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Give a callback that keeps the step which begins, and tells `progress`; at the end it is forgotten."""
    key, run = _key(outbreak), uuid.uuid4().hex

    def tell(step: str) -> None:
        cache.set(key, (run, step), KEPT_SECONDS)
        progress(step)

    try:
        yield tell
    finally:
        kept = cache.get(key)
        if kept is not None and kept[0] == run:  # another response to the same outbreak may have begun
            cache.delete(key)


def step_of(outbreak: str) -> str | None:
    """Return the name of the step at which the response to an outbreak is; None where none runs in this server."""
    kept = cache.get(_key(outbreak))
    return None if kept is None else str(kept[1])
