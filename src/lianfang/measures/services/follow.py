"""Which measures follow from a decision about contacts: those of the same person and outbreak that rest on being one.

The measures of a case rest on its diagnosis, whoever it met: no decision about a contact touches them.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet

from lianfang.access.scope import Scope
from lianfang.kernel.vocabulary import Category, Decision
from lianfang.measures.models import Measure
from lianfang.records.batches import in_batches
from lianfang.tracing.selectors import contact_rows

_Trace = tuple[Any, Any]
"""When something was done, and by whom."""


def to_order(keys: Sequence[int], scope: Scope) -> list[int]:
    """Return the proposals of contacts that are accepted, and what was refused together with the contact before."""

    def is_meant(measure: Measure, refused: _Trace | None) -> bool:
        if measure.decision == Decision.PROPOSED.value:
            return True
        together = refused == (measure.decided_at, measure.decided_by_id)
        return measure.decision == Decision.REFUSED.value and together

    return _of_contacts(keys, scope, is_meant)


def to_resume(keys: Sequence[int], scope: Scope) -> list[int]:
    """Return what was released together with refusing the contacts that are accepted now."""

    def is_meant(measure: Measure, refused: _Trace | None) -> bool:
        return measure.released_at is not None and refused == (measure.released_at, measure.released_by_id)

    return _of_contacts(keys, scope, is_meant)


def to_withdraw(keys: Sequence[int], scope: Scope) -> list[int]:
    """Return the proposals of contacts that are refused, and what is ordered for them and not released."""

    def is_meant(measure: Measure, refused: _Trace | None) -> bool:
        ordered = measure.decision == Decision.ACCEPTED.value and measure.released_at is None
        return ordered or measure.decision == Decision.PROPOSED.value

    return _of_contacts(keys, scope, is_meant)


def _of_contacts(keys: Sequence[int], scope: Scope, is_meant: Callable[[Measure, _Trace | None], bool]) -> list[int]:
    """Return keys of measures inside the scope; `is_meant` is told when and by whom the contact had been refused."""
    found: list[int] = []
    facts = ("outbreak_id", "person_id", "decision", "decided_at", "decided_by_id")
    columns = ("decision", "decided_at", "decided_by", "released_at", "released_by", "outbreak", "person")
    for part in in_batches(keys):
        refusals: dict[str, dict[str, _Trace | None]] = defaultdict(dict)
        contacts = contact_rows(scope).filter(pk__in=part).order_by().values_list(*facts)
        for outbreak, person, decision, at, by in contacts:
            refusals[outbreak][person] = (at, by) if decision == Decision.REFUSED.value else None
        for outbreak, people in refusals.items():
            rows: QuerySet[Measure] = Measure.objects.within(scope).filter(outbreak_id=outbreak)
            rows = rows.filter(person_id__in=list(people)).exclude(category=Category.CASE.value)
            found += (one.pk for one in rows.only(*columns) if is_meant(one, people[one.person_id]))
    return found
