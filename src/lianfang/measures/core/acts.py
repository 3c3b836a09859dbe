"""What people decide about measures, as plans: which rows change, and how (`lianfang.records.acts` carries them out).

Transitions of the decision: proposed → accepted or refused; refused → accepted; what was ordered is not refused any
more but released.
"""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.records.core.acts import NOTE_LENGTH, Answer, Asked
from lianfang.tracing.core.proposals import STRICTEST

_ORDERED = Decision.ACCEPTED.value

OF_CONTACTS = STRICTEST
"""Categories whose measures rest on being a contact, which somebody has to accept."""


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


def only_of_accepted(rows: Sequence[Any], answers: Sequence[Answer], accepted: Container[Any]) -> list[Answer]:
    """Let nobody be ordered anything as a contact whom nobody accepted as one.

    Parameters
    ----------
    rows : sequence
        Measures.
    answers : sequence of Answer
        What a plan says of them.
    accepted : container
        ``(outbreak, person)`` of the contacts who are accepted.
    """
    why = Text(
        "其中有尚未采纳的接触者，不能下达其措施；请先采纳该接触者（采纳即一并下达）",
        "some of these people are contacts whom nobody has accepted; accept the contact, which orders the measures too",
    )

    def answer(row: Any, said: Answer) -> Answer:
        orders = isinstance(said, Mapping) and said.get("decision") == _ORDERED
        as_contact = row.category in OF_CONTACTS
        return why if orders and as_contact and (row.outbreak_id, row.person_id) not in accepted else said

    return [answer(row, said) for row, said in zip(rows, answers, strict=True)]


def release(rows: Sequence[Any], asked: Asked, conditions: Sequence[Text | None]) -> list[Answer]:
    """Release people from measures that were ordered; what is released already stays as it is.

    No result is kept yet by which a condition could be seen to hold, so whoever releases says on what ground. A measure
    that is over and has no condition needs no word.

    Parameters
    ----------
    rows : sequence
        Measures.
    asked : Asked
        Its note is the ground.
    conditions : sequence of Text or None
        What must hold before each is released; None where the rule names nothing.
    """
    why = Text(
        "其中有未下达的措施，无从解除；请先下达或不采纳",
        "some of these were never ordered; order or refuse them",
    )

    def answer(row: Any, needed: Text | None) -> Answer:
        if row.decision != _ORDERED:
            return why
        if row.released_at is not None:
            return None
        if not asked.note and needed is not None:
            return Text(
                "解除条件（{needed}）尚无结果记录，是否满足无从得知；请写明解除依据",
                "nobody has recorded whether the release conditions hold ({needed}); write on what ground you release",
            ).format(needed=needed)
        if not asked.note and (row.end is None or row.end > asked.at):
            return Text("期限未满；请写明提前解除的理由", "it is not over yet; write the reason for releasing early")
        return _released(row, asked)

    return [answer(row, needed) for row, needed in zip(rows, conditions, strict=True)]


def _released(row: Any, asked: Asked) -> Answer:
    note = " / ".join(one for one in (row.decision_note, asked.note) if one)[-NOTE_LENGTH:]
    return {"released_at": asked.at, "released_by_id": asked.by, "decision_note": note}


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
        return _released(row, asked)

    return [answer(row) for row in rows]


def resume(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Order again what was released; what would be over by now stays released."""
    values = {**decided(Decision.ACCEPTED, asked), "released_by_id": None}

    def answer(row: Any) -> Answer:
        if row.decision != _ORDERED or row.released_at is None or (row.end is not None and row.end <= asked.at):
            return None
        return values

    return [answer(row) for row in rows]
