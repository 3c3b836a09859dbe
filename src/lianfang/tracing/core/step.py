"""The step of the response that the room decides: who is a contact."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from lianfang.playbook.model import Playbook


def contacts(have: Mapping[str, Any], *, playbook: Playbook, as_of: dt.datetime) -> dict[str, Any]:
    """Give every contact, and how many people shared a place with a case and are none.

    Parameters
    ----------
    have : mapping
        ``active``, ``presences``, ``interviews``, ``isolations``, ``decisions``; ``trace`` and ``count_general`` carry
        the tracing out (`tracing.tracer`), since presences lie in files; ``count_general`` may be None.

    Returns
    -------
    dict
        ``contacts``: schema `kernel.schema.CONTACTS`; ``general``: columns of `core.general.COUNTS`, or None.
    """
    # It reckons the windows itself, by the same function, for it is also called without this loop: one pass over cases.
    cases = have["active"].drop("row")
    found = have["trace"](
        cases,
        have["presences"],
        have["interviews"],
        playbook=playbook,
        as_of=as_of,
        isolations=have["isolations"],
        decisions=have["decisions"],
    )
    count = have["count_general"]
    general = None if count is None else count(cases, have["presences"], found, playbook=playbook, as_of=as_of)
    return {"contacts": found, "general": general}
