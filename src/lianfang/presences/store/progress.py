"""What a long piece of work tells of itself."""

from collections.abc import Callable

from lianfang.kernel.text import Text

Progress = Callable[[Text, float], None]
"""Told what is being done (a `Step` where rows are counted), and how much of it, between 0 and 1."""


class Step(Text):
    """What is being done, and the rows that are done; equal to its words, whatever the rows."""

    rows: int

    def __new__(cls, zh: str, en: str, rows: int = 0) -> "Step":
        """Make one; `rows` is 0 where none are counted."""
        step = super().__new__(cls, zh, en)
        step.rows = rows
        return step

    def at(self, rows: int) -> "Step":
        """Return the same step with so many rows done."""
        return Step(self.zh, self.en, rows)


def silent(step: Text, share: float) -> None:
    """Tell nobody."""
