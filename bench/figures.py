"""What the kept results say, for the page: which value counts, how it is written, what may be compared."""

from statistics import median
from typing import Any

from bench.county import LISTS

ASKED = [(count, degree) for degree in (1, 2) for count in LISTS]
"""The questions: how many cases, and the degree."""


def seconds(value: float) -> str:
    """Write a time as people say it."""
    if value < 0.1:
        return f"{value * 1000:.1f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def warm_of(answer: dict[str, Any]) -> float | None:
    """Return the median of the repeats; where none came in time, the first run, which is longer, stands for it."""
    return median(answer["warm"]) if answer.get("warm") else answer.get("first")


def cold_of(answer: dict[str, Any]) -> float | None:
    """Return how long the first run took."""
    return answer.get("first")


def are_comparable(answer: dict[str, Any], own: dict[str, Any]) -> bool:
    """Whether two measurements were made on one machine, since it was started: else their ratio says nothing."""
    return bool(answer and own) and answer.get("boot") == own.get("boot")
