"""The door to reading responses: the steps of the one that runs, and how far its second degree reaches."""

from dataclasses import dataclass
from typing import Literal

from lianfang.kernel.text import Text
from lianfang.response.core.loop import STEPS
from lianfang.response.progress import step_of
from lianfang.response.second_degree import reach_of

STAGES = (*STEPS, ("store", Text("保存结果", "storing the results")))
"""The steps of a response to an outbreak of the database, in their order."""


@dataclass(frozen=True)
class Stage:
    """One step of a response that runs."""

    name: str
    words: Text
    state: Literal["done", "now", "next"]


def stages_of(outbreak: str) -> list[Stage]:
    """Return the steps of the response that runs for an outbreak; none where none runs in this server."""
    current = step_of(outbreak)
    names = [name for name, _ in STAGES]
    if current not in names:
        return []
    at = names.index(current)
    states: list[Literal["done", "now", "next"]] = [
        "done" if n < at else "now" if n == at else "next" for n in range(len(names))
    ]
    return [Stage(name, words, state) for (name, words), state in zip(STAGES, states, strict=True)]


__all__ = ["STAGES", "Stage", "reach_of", "stages_of"]
