"""The door to reading responses: whether the last one still stands, how far the one that runs is, its second degree."""

from dataclasses import dataclass
from typing import Any, Literal

from lianfang.access import audit
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
from lianfang.records.core.tasks import TaskState
from lianfang.records.tasks.models import Task
from lianfang.records.tasks.selectors import last_task, open_task
from lianfang.response.core.loop import rests_on, steps
from lianfang.response.second_degree import reach_of
from lianfang.response.standing import Standing, standing

RESPOND = "response.respond"
"""The kind of task, as the room declares it."""
SUBJECT = "outbreaks.outbreak"
"""What it is about, as the audit trail calls it."""
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


def stages_of(task: Task | None) -> list[Stage]:
    """Return the steps of a response that runs as a task; none where it does not run, or has not begun a step."""
    known = stages()
    names = [name for name, _ in known]
    if task is None or task.state != TaskState.RUNNING or task.step not in names:
        return []
    at = names.index(task.step)
    states: list[Literal["done", "now", "next"]] = [
        "done" if n < at else "now" if n == at else "next" for n in range(len(names))
    ]
    return [Stage(name, words, state) for (name, words), state in zip(known, states, strict=True)]


def running_response(outbreak: str) -> Task | None:
    """Return the response to an outbreak that runs, else the one that waits; None where nobody asked for one."""
    return open_task(kind=RESPOND, subject_kind=SUBJECT, subject_key=outbreak)


def is_given_up(task: Task | None) -> bool:
    """Tell whether the response that was asked for last came to nothing, and nothing was written since that it uses.

    It is not asked for by itself again then: the same would come of it.
    """
    if task is None or task.state not in (TaskState.FAILED, TaskState.CANCELLED):
        return False
    return not audit.written_since(task.arguments["number"], kinds=rests_on(), outbreak=task.subject_key)


def is_answered(case: Any) -> bool:
    """Tell whether the last response to a case's outbreak stands on what is known now; of an excluded one: always.

    Presences that came later are another thing (`Standing.presences`): they concern every case, so a page offers the
    response and does not start it.
    """
    return bool(case.classification == Classification.EXCLUDED) or standing(case.outbreak_id).on_facts


def last_response(outbreak: str) -> Task | None:
    """Return the response to an outbreak that was asked for last, however it ended."""
    return last_task(kind=RESPOND, subject_kind=SUBJECT, subject_key=outbreak)


__all__ = [
    "RESPOND",
    "STORE",
    "SUBJECT",
    "Stage",
    "Standing",
    "is_answered",
    "is_given_up",
    "last_response",
    "reach_of",
    "running_response",
    "stages",
    "stages_of",
    "standing",
]
