"""Cases by day and classification, without gaps: what an epi curve draws."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lianfang.kernel.vocabulary import Classification

MOST_DAYS = 366
"""Days that a curve shows at most: one date with a mistyped year must not make it thousands of days long."""

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
    earlier, later : int
        Cases that lie before the first day, or after the last: they are counted, not drawn.
    """

    days: tuple[dt.date, ...]
    counts: dict[Classification, tuple[int, ...]]
    earlier: int = 0
    later: int = 0

    @property
    def total(self) -> int:
        """All cases that are drawn."""
        return sum(sum(one) for one in self.counts.values())


def epi_curve(counted: Iterable[tuple[dt.date, str, int]], *, until: dt.date) -> Curve:
    """Lay counts out over days.

    Parameters
    ----------
    counted : iterable of (date, str, int)
        Day, classification code and number of cases; a day and classification may come more than once. Excluded
        cases have no place on a curve and are left out.
    until : date
        The curve goes on to this day, so that days without cases at its end are seen; a later case extends it. It has
        `MOST_DAYS` at most, whatever is stored: where the cases lie further apart, those in which most of them lie.

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
    by_day: dict[dt.date, int] = {}
    for (day, _), number in sorted(cells.items()):
        by_day[day] = by_day.get(day, 0) + number
    first = _fullest(by_day)
    farthest = first + min(dt.timedelta(days=MOST_DAYS - 1), dt.date.max - first)
    last = max(min(until, farthest), *(day for day in by_day if day <= farthest))
    days = tuple(first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    present = {code for day, code in cells if first <= day <= last}
    counts = {word: tuple(cells.get((day, word.value), 0) for day in days) for word in ORDER if word.value in present}
    earlier = sum(number for day, number in by_day.items() if day < first)
    later = sum(number for day, number in by_day.items() if day > last)
    return Curve(days, counts, earlier, later)


def _fullest(by_day: Mapping[dt.date, int]) -> dt.date:
    """Return the first of the `MOST_DAYS` in which most cases lie, the latest where several have as many."""
    days = list(by_day)
    best, most, behind, within = days[0], 0, 0, 0
    for day in days:
        while behind < len(days) and (days[behind] - day).days < MOST_DAYS:
            within += by_day[days[behind]]
            behind += 1
        if within >= most:
            best, most = day, within
        within -= by_day[day]
    return best
