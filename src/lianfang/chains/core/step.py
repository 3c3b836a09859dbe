"""The step of the response that the room decides: who may have infected whom."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from lianfang.chains.core.chains import weigh
from lianfang.chains.core.known_sources import sources_found
from lianfang.playbook.model import Playbook


def chains(have: Mapping[str, Any], *, playbook: Playbook, as_of: dt.datetime) -> dict[str, Any]:
    """Give the candidate infectors of each case.

    Parameters
    ----------
    have : mapping
        ``windows``, ``contacts``, ``presences``; ``meet`` asks an engine where the cases met each other
        (`tracing.meetings.find_meetings`), since presences lie in files, or is None.

    Returns
    -------
    dict
        ``chains``: columns of `core.chains.WEIGHED`; ``sources``: `core.known_sources.Sources`, where any are known.
    """
    windows, meet = have["windows"], have["meet"]
    met = None if meet is None else meet(windows, have["presences"], playbook=playbook, as_of=as_of)
    found = weigh(windows, have["contacts"], playbook=playbook, met=met)
    sources = sources_found(windows, found, have["contacts"], playbook=playbook, met=met)
    return {"chains": found, "sources": sources}
