"""Nobody decides about what they have not seen: what stood on the page is compared with what stands in the rows.

Rows that were chosen one by one come with a mark of what they said (`mark_of`). Where every matching row is meant, the
page tells up to which entry of the audit trail it was made: whatever was proposed, decided or undone after that entry
was not on it. An entry is committed together with what it tells of, and writers take turns, so the number of an entry
says more than a time: a response reckons for minutes before others see what it proposes.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lianfang.access.audit import written_after
from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.measures.models import Measure
from lianfang.measures.services.basis import order_of
from lianfang.records.batches import in_batches


class ChangedSince(Refused):
    """A decision about something that says something else now than when it was shown."""


@dataclass(frozen=True)
class Shown:
    """What whoever decides had before them.

    Attributes
    ----------
    marks : mapping of int to str
        By key, what the rows said that were chosen one by one.
    number : int, optional
        The last entry of the audit trail when the page was made, where every matching row is meant; the marks then
        do not count.
    """

    marks: Mapping[int, str] = field(default_factory=dict)
    number: int | None = None


def mark_of(measure: Measure) -> str:
    """Return a short mark of what a measure says: equal as long as order, decision and new proposal are the same."""
    said = [
        order_of(measure).as_json(),
        measure.decision,
        measure.released_at is not None,
        # The time at which it was proposed is left out: the same proposal again is the same.
        {name: value for name, value in (measure.new_proposal or {}).items() if name != "at"},
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def split_by_page(*, ids: Sequence[int], number: int, by: Account) -> tuple[list[int], int]:
    """Part the keys into those that still stand as when a page was made, and count the others.

    Parameters
    ----------
    ids : sequence of int
        Keys of measures; those outside the account's scope are left to the service that decides.
    number : int
        See `Shown`.
    by : Account
        Who decides.
    """
    since = _Since(number)
    if since.is_empty():
        return list(ids), 0
    touched: set[int] = set()
    for part in in_batches(ids):
        rows = Measure.objects.within(scope_of(by)).filter(pk__in=part)
        touched |= since.touched(rows.only("proposed_at", "new_proposal"))
    kept = [key for key in ids if key not in touched]
    return kept, len(ids) - len(kept)


def need_as_shown(measures: Sequence[Measure], shown: Shown | None) -> None:
    """Refuse when a measure says something else than what was shown; called while the rows are locked.

    Parameters
    ----------
    measures : sequence of Measure
        Those that would be changed.
    shown : Shown or None
        None: nobody looked at a page, as in a command.
    """
    if shown is None or not measures:
        return
    if shown.number is not None:
        count = len(_Since(shown.number).touched(measures))
    else:
        count = sum(1 for one in measures if shown.marks.get(one.pk) != mark_of(one))
    if count:
        raise ChangedSince(
            Text(
                f"其中 {count} 项措施在您打开页面之后有改动，未作任何决定；请核对现在的内容后再操作",
                f"{count} of these measures changed after you opened the page, and nothing was decided; "
                "look at what they say now, then decide",
            )
        )


class _Since:
    """What was written about measures after an entry of the audit trail."""

    def __init__(self, number: int) -> None:
        self.keys: set[str] = set()
        self.proposed: set[dt.datetime] = set()
        for at, detail in written_after(number, kinds=("measure", Measure._meta.label_lower)):
            if detail.get("act") == "measure.propose":
                self.proposed.add(at)
            self.keys.update(str(key) for key in detail.get("keys", ()))
        self.seconds = {at.replace(microsecond=0) for at in self.proposed}

    def is_empty(self) -> bool:
        return not self.keys and not self.proposed

    def touched(self, measures: Iterable[Measure]) -> set[int]:
        if self.is_empty():
            return set()
        return {
            one.pk
            for one in measures
            if str(one.pk) in self.keys or one.proposed_at in self.proposed or self._is_new(one.new_proposal)
        }

    def _is_new(self, proposal: dict[str, Any] | None) -> bool:
        return bool(proposal) and dt.datetime.fromisoformat(proposal["at"]) in self.seconds  # type: ignore[index]
