"""Instruments of limits: read strictly; which of them hold on a day, or beside a playbook. Pure."""

import datetime as dt
from collections.abc import Iterable

from lianfang.playbook.check import model_of, ordered
from lianfang.playbook.crosscheck import check_limits
from lianfang.playbook.in_force import holds_on
from lianfang.playbook.marks import Problem, read_marked
from lianfang.playbook.model import Instrument, Playbook


def read_instrument(text: str, *, file: str) -> tuple[Instrument | None, list[Problem]]:
    """Read an instrument.

    Parameters
    ----------
    text : str
        Content of the file.
    file : str
        Its name, for the problems.

    Returns
    -------
    tuple of Instrument or None, list of Problem
        The instrument when there is no problem, else every problem found, by line.
    """
    marked = read_marked(text, file=file)
    found = None if marked.problems else model_of(Instrument, marked)
    if found is not None:
        check_limits(marked, found)
    problems = ordered(marked)
    return (None if problems else found), problems


def hold_on(instruments: Iterable[Instrument], day: dt.date) -> list[Instrument]:
    """Return the instruments that hold on a day."""
    return [one for one in instruments if holds_on(one, day)]


def beside(instruments: Iterable[Instrument], book: Playbook) -> list[Instrument]:
    """Return the instruments that hold on some day on which a playbook does."""

    def meets(one: Instrument) -> bool:
        begins_in_time = book.valid_until is None or one.valid_from < book.valid_until
        return begins_in_time and (one.valid_until is None or book.valid_from < one.valid_until)

    return [one for one in instruments if meets(one)]
