"""What people decide about measures, as plans: which rows change, and how (`lianfang.records.acts` carries them out).

Transitions of the decision: proposed → accepted or refused; refused → accepted; what was ordered is not refused any
more but released.
"""

from collections.abc import Sequence
from typing import Any

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.records.core.acts import NOTE_LENGTH, Answer, Asked

_ORDERED = Decision.ACCEPTED.value


def decided(decision: Decision, asked: Asked) -> dict[str, Any]:
    """Return what every decision writes; `released_at` too, so that it is not taken back under a release."""
    return {
        "decision": decision.value,
        "decided_at": asked.at,
        "decided_by_id": asked.by,
        "decision_note": asked.note,
        "released_at": None,
    }


def order(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Order measures as they are proposed; what is ordered already stays as it is."""
    values = decided(Decision.ACCEPTED, asked)
    return [None if row.decision == _ORDERED else values for row in rows]


def refuse(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Refuse proposals; what is ordered is released instead."""
    why = Text(
        "其中有已下达的措施，不能再“不采纳”；请改用“解除”",
        "some of these are ordered already and cannot be refused; release them instead",
    )
    values = decided(Decision.REFUSED, asked)
    answers: dict[str, Answer] = {_ORDERED: why, Decision.PROPOSED.value: values}
    return [answers.get(row.decision) for row in rows]


def release(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Release people from measures that were ordered; what is released already stays as it is."""
    why = Text(
        "其中有未下达的措施，无从解除；请先下达或不采纳",
        "some of these were never ordered; order or refuse them",
    )
    values = {"released_at": asked.at, "released_by_id": asked.by}
    return [why if row.decision != _ORDERED else values if row.released_at is None else None for row in rows]


def withdraw(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Take down what rested on something that does not hold: proposals are refused, and what is ordered is released."""
    refused = decided(Decision.REFUSED, asked)
    may_release = asked.may("measure.release")
    why = Text("已下达的措施须由有权解除者解除", "what is ordered must be released by somebody who may")

    def answer(row: Any) -> Answer:
        if row.decision == Decision.PROPOSED.value:
            return refused
        if row.decision != _ORDERED or row.released_at is not None:
            return None
        if not may_release:
            return why
        note = " / ".join(one for one in (row.decision_note, asked.note) if one)[-NOTE_LENGTH:]
        return {"released_at": asked.at, "released_by_id": asked.by, "decision_note": note}

    return [answer(row) for row in rows]


def resume(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Order again what was released; what would be over by now stays released."""
    values = {**decided(Decision.ACCEPTED, asked), "released_by_id": None}

    def answer(row: Any) -> Answer:
        if row.decision != _ORDERED or row.released_at is None or (row.end is not None and row.end <= asked.at):
            return None
        return values

    return [answer(row) for row in rows]
