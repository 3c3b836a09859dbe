"""How often something may happen in a window of time: counted in the cache, by each server process for itself."""

from dataclasses import dataclass
from time import time

from django.core.cache import cache


@dataclass(frozen=True)
class Counted:
    """How often something happened in the window that runs, and in how many seconds the window ends."""

    times: int
    seconds_left: int


def count(what: str, *, seconds: int) -> Counted:
    """Count one more of something in a window of so many seconds; windows begin at whole multiples of their length."""
    moment = int(time())
    name = f"limit:{what}:{moment // seconds}"
    left = seconds - moment % seconds
    cache.add(name, 0, seconds)
    try:
        times = cache.incr(name)
    except ValueError:  # the cache was full, or the window ended in between
        times = 1
    return Counted(times, left)
