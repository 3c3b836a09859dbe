"""What people decide about contacts, and whom they located; each act with its trace, and a way back."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.services import need
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.records.batches import in_batches
from lianfang.records.changes import ChangedRow, record_change
from lianfang.records.models import Change
from lianfang.tracing.core.proposals import STRICTEST
from lianfang.tracing.models import Contact


def decide_contacts(
    *,
    ids: Iterable[int],
    by: Account,
    at: dt.datetime,
    decision: str | None = None,
    category: str | None = None,
    note: str = "",
) -> Change:
    """Accept or refuse contacts, or give them another category; `access.changes.undo_change` takes it back.

    Parameters
    ----------
    ids : iterable of int
        Keys of contacts inside the account's scope. Those that stand as asked already stay as they are.
    by : Account
        Needs ``contact.decide``.
    at : datetime
        Aware.
    decision : {"accepted", "refused"}, optional
        Where only a category is given, the contact is accepted with it.
    category : str, optional
        One of `core.proposals.STRICTEST`.
    note : str
        The reason; it must be given to refuse and to change a category.

    Raises
    ------
    Refused
        When a reason is missing, nothing is left to decide, or a contact lies outside the account's scope.
    """
    need(by, "contact.decide")
    decision = decision or (Decision.ACCEPTED.value if category else None)
    if decision not in (Decision.ACCEPTED.value, Decision.REFUSED.value) or (
        category is not None and category not in [c.value for c in STRICTEST]
    ):
        raise Refused(Text("没有这样的决定，请刷新页面", "there is no such decision; reload the page"))
    note = note.strip()[:200]
    if not note and (decision == Decision.REFUSED.value or category is not None):
        raise Refused(Text("请先填写理由再决定", "type the reason first: refusing and changing a category need one"))
    with writing():
        rows = _locked(ids, by)
        changed = [
            row for row in rows if row.decision != decision or (category is not None and row.category != category)
        ]
        if not changed:
            raise Refused(
                Text("所选接触者均已这样决定，请刷新页面", "these contacts stand so already; reload the page")
            )
        after: dict[str, Any] = {
            "decision": decision,
            "decided_at": at,
            "decided_by_id": by.pk,
            "decision_note": note,
        }
        if category is not None:
            after["category"] = category
        act = "contact.categorise" if category is not None else f"contact.{_ACTS[decision]}"
        return _change(changed, after, act=act, by=by, at=at)


_ACTS = {Decision.ACCEPTED.value: "accept", Decision.REFUSED.value: "refuse"}


def locate_contacts(*, ids: Iterable[int], by: Account, at: dt.datetime) -> Change:
    """Record that contacts were found and reached; `access.changes.undo_change` takes it back.

    Parameters
    ----------
    ids : iterable of int
        Keys of contacts inside the account's scope; those located before stay as they are.
    by : Account
        Needs ``contact.locate``.
    at : datetime
        Aware.

    Raises
    ------
    Refused
        When all of them are located already, or a contact lies outside the account's scope.
    """
    need(by, "contact.locate")
    with writing():
        changed = [row for row in _locked(ids, by) if row.located_at is None]
        if not changed:
            raise Refused(Text("所选人员均已找到，请刷新页面", "these people are located already; reload the page"))
        return _change(changed, {"located_at": at, "located_by_id": by.pk}, act="contact.locate", by=by, at=at)


def _locked(ids: Iterable[int], by: Account) -> list[Contact]:
    # Inside `writing`: nobody changes them before the transaction ends.
    wanted = sorted(set(ids))
    scoped = Contact.objects.within(scope_of(by))
    rows: list[Contact] = [row for part in in_batches(wanted) for row in scoped.filter(pk__in=part).order_by("pk")]
    if len(rows) < len(wanted):
        raise Refused(
            Text("其中的接触者不在您的辖区内，未作改动", "one of the contacts is not in your area; nothing was changed")
        )
    return rows


def _change(rows: Sequence[Contact], after: dict[str, Any], *, act: str, by: Account, at: dt.datetime) -> Change:
    for part in in_batches([row.pk for row in rows]):
        Contact.objects.within(scope_of(by)).filter(pk__in=part).update(**after)
    changes: list[ChangedRow] = [
        {
            "model": "tracing.Contact",
            "pk": row.pk,
            "before": {name: getattr(row, name) for name in after},
            "after": after,
        }
        for row in rows
    ]
    return record_change(by=by, at=at, act=act, rows=changes)
