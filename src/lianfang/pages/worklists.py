"""Worklists: what waits for whom, as plain data that a room declares; each is the list page of the room, filtered.

A worklist is a query, not a state: nothing is stored. Its number is the length of the list that it leads to::

    TO_ORDER = Worklist(
        code="measures-to-order",
        title=Text("待下达的措施", "Measures to order"),
        definition=Text("已提出、尚未决定的管控措施。", "Measures that are proposed and not decided."),
        route="measure-list",
        filters={"decision": "proposed", "outbreak": "{outbreak}"},
        permission="measure.order",
        roles=("commander", "investigator"),
        count="lianfang.measures.selectors:count_to_order",
        tone="warn",
    )

Nothing here imports Django: a room may be declared before it is set up. The count is found by its path when asked for.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lianfang.kernel.text import Text
from lianfang.pages.panels import named

Count = Callable[[Any, dt.datetime, str | None], int]
"""Scope, time (aware) and the code of an outbreak (None: all of them) to how many rows wait."""


@dataclass(frozen=True)
class Worklist:
    """One named list of what is to be done.

    Attributes
    ----------
    code : str
        Unique in the house; stands in no address.
    title, definition : Text
        What it is called, and in one sentence which rows stand in it.
    route : str
        Name of the list page's route; it takes no arguments.
    permission : str
        Who may do what the list asks for; nobody else sees it.
    roles : tuple of str
        Whose "to do" page shows it, by the codes of `access.core.roles.Role`.
    count : str
        ``dotted.module:function`` of a `Count`.
    filters : mapping
        The list's filters that leave exactly the counted rows; ``{at}`` (local, to the second), ``{day}`` and
        ``{outbreak}`` are filled in, and what is then empty is left out.
    due : Text or None
        By when it is to be done, in words; None: the list itself says it, row by row.
    tone : {"neutral", "info", "warn", "bad"}
        How it looks while anything stands in it.
    """

    code: str
    title: Text
    definition: Text
    route: str
    permission: str
    roles: tuple[str, ...]
    count: str
    filters: Mapping[str, str] = field(default_factory=dict)
    due: Text | None = None
    tone: Literal["neutral", "info", "warn", "bad"] = "neutral"


def query_of(worklist: Worklist, *, at: dt.datetime, outbreak: str | None = None) -> dict[str, str]:
    """Return the query by which the list page shows a worklist's rows.

    Parameters
    ----------
    at : datetime
        Naive and local: when the rows were counted.
    """
    known = {"at": at.isoformat(timespec="seconds"), "day": at.date().isoformat(), "outbreak": outbreak or ""}
    filled = {name: value.format(**known) for name, value in worklist.filters.items()}
    return {name: value for name, value in filled.items() if value}


def count_of(worklist: Worklist) -> Count:
    """Return the function that counts a worklist's rows.

    Raises
    ------
    ImportError, AttributeError
        When there is no such function.
    """
    count: Count = named(worklist.count)
    return count


def gathered(paths: Iterable[str]) -> tuple[Worklist, ...]:
    """Return the worklists that stand at dotted paths (``module:name`` of a tuple of them), in that order.

    Raises
    ------
    ValueError
        When two have the same code.
    """
    found = tuple(one for path in paths for one in named(path))
    codes = [one.code for one in found]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ValueError(f"two worklists have the code {', '.join(twice)}")
    return found
