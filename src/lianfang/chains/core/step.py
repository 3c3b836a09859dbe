"""The step of the response that the room decides: who may have infected whom."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from lianfang.chains.core.chains import weigh
from lianfang.playbook.model import Playbook


def chains(have: Mapping[str, Any], *, playbook: Playbook, as_of: dt.datetime) -> dict[str, Any]:
    """Give the candidate infectors of each case: ``chains``, from ``windows`` and ``contacts``."""
    return {"chains": weigh(have["windows"], have["contacts"], playbook=playbook)}
