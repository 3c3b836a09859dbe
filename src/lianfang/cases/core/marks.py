"""A short mark of a fact as a form shows it, to tell whether somebody changed the fact after the form was opened."""

import datetime as dt
import hashlib

DAYS = frozenset({"onset_date"})
"""Times of a case of which the day alone is asked for."""


def mark_of_fact(name: str, value: str | dt.datetime | None) -> str:
    """Return the mark of a fact of a case.

    Parameters
    ----------
    name : str
        Field of the case.
    value : str or datetime, optional
        Times naive and local.

    Returns
    -------
    str
        Equal for what a form shows alike: to the minute, to the day for `DAYS`, however a browser ends lines.
    """
    return hashlib.sha256(words_of_fact(name, value).encode()).hexdigest()[:12]


def words_of_fact(name: str, value: str | dt.datetime | None) -> str:
    """Return a fact as text, as far as a form shows it."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}" if name in DAYS else f"{value:%Y-%m-%d %H:%M}"
    return value.replace("\r\n", "\n").strip()
