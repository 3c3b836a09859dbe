"""What is pure about acts: what a plan is asked and answers, sorting its answers, and what renews rows unnamed."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lianfang.kernel.text import Text

Values = Mapping[str, Any]
"""What a row is to hold, by the names of its columns."""

Answer = Values | Text | None
"""What a plan says of a row: its new values; why it cannot be, as a `Text`; or None where it stands so already."""

NOTE_LENGTH = 200
"""Characters of a note that are kept."""


@dataclass(frozen=True)
class Asked:
    """What somebody asks for.

    Attributes
    ----------
    by : int
        Key of the account.
    at : datetime
        Aware.
    note : str
        The reason, without blanks around it, at most `NOTE_LENGTH` long.
    given : mapping
        What is given beside it (`Act.given`), as JSON or a form holds it: a plan trusts none of it.
    may : callable
        Tells whether the account has a permission.
    follows : str
        Code of the act in whose course this one is carried out; empty: it is asked for by itself.
    """

    by: int
    at: dt.datetime
    note: str
    given: Mapping[str, Any]
    may: Callable[[str], bool]
    follows: str = ""


Plan = Callable[[Sequence[Any], Asked], Sequence[Answer]]
"""Gives an answer for each row, in their order. It changes nothing, and may raise `Refused` about what was `given`."""


@dataclass(frozen=True)
class Sorted:
    """The answers of a plan, apart; each row, by its place among the rows, stands in one of the three.

    Attributes
    ----------
    changed : list of (int, Values)
        Rows with their new values.
    left : list of int
        Rows that stand so already.
    refused : list of (int, Text)
        Rows that cannot be changed so, with the reason.
    """

    changed: list[tuple[int, Values]] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    refused: list[tuple[int, Text]] = field(default_factory=list)


def sort_out(answers: Sequence[Answer], *, rows: int, sets: Iterable[str]) -> Sorted:
    """Part the answers of a plan.

    Parameters
    ----------
    answers : sequence of Answer
        One a row.
    rows : int
        How many rows there are.
    sets : iterable of str
        Columns that the act may set (`Act.sets`).

    Raises
    ------
    ValueError
        When there is not one answer a row, or one sets no column, or another than those of `sets`: a fault of the plan.
    """
    if len(answers) != rows:
        raise ValueError(f"a plan gave {len(answers)} answers for {rows} rows")
    allowed = frozenset(sets)
    parted = Sorted()
    fine: set[int] = set()  # many rows get one and the same mapping: it is looked at once
    for place, answer in enumerate(answers):
        if answer is None:
            parted.left.append(place)
        elif isinstance(answer, Text):
            parted.refused.append((place, answer))
        else:
            if id(answer) not in fine:
                if not answer or not answer.keys() <= allowed:
                    raise ValueError(f"a plan sets {sorted(answer)}, which is not of {sorted(allowed)}")
                fine.add(id(answer))
            parted.changed.append((place, answer))
    return parted


def alike(changed: Iterable[tuple[Any, Values]]) -> list[tuple[Values, list[Any]]]:
    """Gather the keys of rows that get the same values, so that one statement writes very many.

    Parameters
    ----------
    changed : iterable of (key, Values)
        What each row gets; kept by the caller while this runs.
    """
    groups: dict[str, tuple[Values, list[Any]]] = {}
    words: dict[int, str] = {}
    for key, values in changed:
        said = words.get(id(values))
        if said is None:
            said = words[id(values)] = repr(sorted(values.items()))
        groups.setdefault(said, (values, []))[1].append(key)
    return list(groups.values())


@dataclass(frozen=True)
class Renewals:
    """What the audit trail tells of rows that were proposed or renewed since, where it names no keys of them.

    Attributes
    ----------
    times : frozenset of datetime
        At which it was proposed, aware.
    seconds : frozenset of datetime
        The same, cut to the second.
    named : frozenset of str
        Whatever the entries name as ``renewed``: persons, or cases.
    """

    times: frozenset[dt.datetime]
    seconds: frozenset[dt.datetime]
    named: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[tuple[dt.datetime, Mapping[str, Any]]]) -> "Renewals":
        """Read entries of the trail: time and detail of each."""
        known = list(entries)
        times = frozenset(at for at, _ in known)
        named = frozenset(str(one) for _, detail in known for one in detail.get("renewed", ()))
        return cls(times, frozenset(at.replace(microsecond=0) for at in times), named)
