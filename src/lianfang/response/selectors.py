"""The door to reading responses: the steps of the one that runs, and how far its second degree reaches."""

from dataclasses import dataclass
from typing import Literal

from lianfang.kernel.text import Text
from lianfang.response.core.loop import steps
from lianfang.response.progress import step_of
from lianfang.response.second_degree import reach_of

STORE = ("store", Text("保存结果", "storing the results"))


def stages() -> list[tuple[str, Text]]:
    """Return the steps of a response to an outbreak of the database, in their order, and what each is called."""
    return [*((step.name, step.words) for step in steps()), STORE]


@dataclass(frozen=True)
class Stage:
    """One step of a response that runs."""

    name: str
    words: Text
    state: Literal["done", "now", "next"]


def stages_of(outbreak: str) -> list[Stage]:
    """Return the steps of the response that runs for an outbreak; none where none runs in this server."""
    current = step_of(outbreak)
    known = stages()
    names = [name for name, _ in known]
    if current not in names:
        return []
    at = names.index(current)
    states: list[Literal["done", "now", "next"]] = [
        "done" if n < at else "now" if n == at else "next" for n in range(len(names))
    ]
    return [Stage(name, words, state) for (name, words), state in zip(known, states, strict=True)]


__all__ = ["Stage", "reach_of", "stages", "stages_of"]
