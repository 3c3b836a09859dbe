"""What happened to a thing, in its order: gathered from what rooms declare (`kernel.declare.Happened`).

A room tells of a person, a case or another thing what it knows of it, as items of the tag ``timeline``::

    timeline=(Happened("registry.person", "case.view", "lianfang.cases.timeline:of_person"),)
"""

from typing import Any

from lianfang.access.core.roles import may
from lianfang.house import declared
from lianfang.kernel.declare import load_named


def events_of(request: Any, subject: str, key: str) -> list[dict[str, Any]]:
    """Return what the reader (`ScopedRequest`) is told of one thing, by time; equal times in the order of the rooms.

    Parameters
    ----------
    subject : str
        The kind of thing, such as ``registry.person``.
    key : str
        The thing.
    """
    declared_here = [one for room in declared().values() for one in room.timeline if one.subject == subject]
    told = [one for one in declared_here if may(request.account.role, one.permission)]
    return sorted((event for one in told for event in load_named(one.events)(request, key)), key=lambda one: one["at"])
