"""Which days a store of presences covers, and how well: from the number of presences a day alone."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

SHOWN_DAYS = 92
"""Days of the picture: a quarter of a year, wider than any look-back."""

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class DayRows:
    """A day of the picture.

    Attributes
    ----------
    day : date
    rows : int
        Presences that start on it.
    share : float
        Of the fullest day that is shown, 0 to 1.
    """

    day: dt.date
    rows: int
    share: float


@dataclass(frozen=True)
class Coverage:
    """Presences by the day on which they start.

    Attributes
    ----------
    days : tuple of DayRows
        Every day of the picture in its order, those without presences too.
    covered : int
        Days with presences, in all.
    missing : int
        Days without any between the first and the last of the picture: a list of them may not have come.
    earlier, later : int
        Presences before the picture, and after it.
    """

    days: tuple[DayRows, ...]
    covered: int
    missing: int
    earlier: int
    later: int


def coverage(rows: Mapping[dt.date, int], *, until: dt.date | None = None, shown: int = SHOWN_DAYS) -> Coverage:
    """Lay out the number of presences a day.

    Parameters
    ----------
    rows : mapping of date to int
        Presences that start on a day; days without any may be absent.
    until : date, optional
        The last day that the picture shows, usually that on which the last list came: one row with a wrong year must
        not push every other day out of it. Where all presences are later, the picture ends with the last of them.
    shown : int
        Days of the picture at most.
    """
    known = {day: count for day, count in rows.items() if count > 0}
    if not known:
        return Coverage((), 0, 0, 0, 0)
    past = [day for day in known if until is None or day <= until]
    last = max(past or known)
    first = max(min(known), last - (shown - 1) * _DAY)
    days = [first + n * _DAY for n in range((last - first).days + 1)]
    most = max(known.get(day, 0) for day in days)
    return Coverage(
        days=tuple(DayRows(day, known.get(day, 0), known.get(day, 0) / most) for day in days),
        covered=len(known),
        missing=sum(day not in known for day in days),
        earlier=sum(count for day, count in known.items() if day < first),
        later=sum(count for day, count in known.items() if day > last),
    )
