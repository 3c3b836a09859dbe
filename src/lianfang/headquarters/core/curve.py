"""Cases by day and classification, without gaps: what an epi curve draws."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from lianfang.kernel.vocabulary import Classification

ORDER = (Classification.CONFIRMED, Classification.ASYMPTOMATIC, Classification.SUSPECTED)
"""The classifications of an epi curve, from the axis up."""


@dataclass(frozen=True)
class Curve:
    """An epi curve.

    Attributes
    ----------
    days : tuple of date
        Every day from the first to the last, also those without a case.
    counts : dict of Classification to tuple of int
        One count a day, for the classifications that occur.
    """

    days: tuple[dt.date, ...]
    counts: dict[Classification, tuple[int, ...]]

    @property
    def total(self) -> int:
        """All cases of the curve."""
        return sum(sum(one) for one in self.counts.values())


def epi_curve(counted: Iterable[tuple[dt.date, str, int]], *, until: dt.date) -> Curve:
    """Lay counts out over days.

    Parameters
    ----------
    counted : iterable of (date, str, int)
        Day, classification code and number of cases; a day and classification may come more than once. Excluded
        cases have no place on a curve and are left out.
    until : date
        The curve goes on to this day, so that days without cases at its end are seen; a later case extends it.

    Returns
    -------
    Curve
        Empty when nothing was counted.
    """
    cells: dict[tuple[dt.date, str], int] = {}
    for day, code, number in counted:
        if code != Classification.EXCLUDED and number:
            cells[day, code] = cells.get((day, code), 0) + number
    if not cells:
        return Curve((), {})
    first, last = min(day for day, _ in cells), max(*(day for day, _ in cells), until)
    days = tuple(first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    present = {code for _, code in cells}
    counts = {word: tuple(cells.get((day, word.value), 0) for day in days) for word in ORDER if word.value in present}
    return Curve(days, counts)
