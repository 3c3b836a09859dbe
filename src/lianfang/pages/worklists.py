"""Worklists: what waits for whom, as plain data that a room declares; each is the list page of the room, filtered.

A worklist is a query, not a state: nothing is stored. Its number is the length of the list that it leads to::

    TO_ORDER = Worklist(
        code="measures-to-order",
        title=Text("待下达的措施", "Measures to order"),
        definition=Text("已提出、尚未决定的管控措施。", "Measures that are proposed and not decided."),
        route="measure-list",
        filters={"decision": "proposed", "outbreak": "{outbreak}"},
        permission="measure.order",
        roles=DECIDING,
        count="lianfang.measures.selectors:count_to_order",
        tone="warn",
    )

They stand in the room's `room.py`. The count is found by its path when asked for.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from lianfang.kernel.declare import Worklist, load_named

Count = Callable[[Any, dt.datetime, str | None], int]
"""Scope, time (aware) and the code of an outbreak (None: all of them) to how many rows wait."""


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
    count: Count = load_named(worklist.count)
    return count
