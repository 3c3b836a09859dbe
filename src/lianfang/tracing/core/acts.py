"""What people decide about contacts, as plans: which rows change, and how (see `lianfang.records.acts`)."""

from collections.abc import Sequence
from typing import Any

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.records.core.acts import Answer, Asked, Renewals
from lianfang.tracing.core.proposals import STRICTEST


def accept(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Accept contacts as they are proposed, or after a refusal."""
    return _decide(rows, Decision.ACCEPTED, asked)


def refuse(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Refuse contacts: they are no contacts."""
    return _decide(rows, Decision.REFUSED, asked)


def categorise(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Accept contacts under another category, ``category`` of what is given.

    Raises
    ------
    Refused
        When there is no such category.
    """
    category = asked.given.get("category")
    if category not in [one.value for one in STRICTEST]:
        raise Refused(Text("没有这样的决定，请刷新页面", "there is no such decision; reload the page"))
    accepted = Decision.ACCEPTED.value
    values = {**_decision(Decision.ACCEPTED, asked), "category": category}
    return [None if row.decision == accepted and row.category == category else values for row in rows]


def locate(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Record that contacts were found and reached."""
    values = {"located_at": asked.at, "located_by_id": asked.by}
    return [values if row.located_at is None else None for row in rows]


def said(contact: Any) -> list[Any]:
    """Return what counts of a contact for whoever decides; minutes and times follow the facts in any case."""
    return [contact.decision, contact.degree, contact.category, contact.rule, contact.is_case, bool(contact.located_at)]


def is_renewed(contact: Any, renewals: Renewals) -> bool:
    """Tell whether a contact was proposed, or proposed otherwise, by a response since."""
    return contact.proposed_at in renewals.times or contact.person_id in renewals.named


def _decide(rows: Sequence[Any], decision: Decision, asked: Asked) -> list[Answer]:
    values = _decision(decision, asked)
    return [None if row.decision == decision.value else values for row in rows]


def _decision(decision: Decision, asked: Asked) -> dict[str, Any]:
    return {
        "decision": decision.value,
        "decided_at": asked.at,
        "decided_by_id": asked.by,
        "decision_note": asked.note,
    }
