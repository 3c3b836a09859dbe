"""What a stored measure says, and upon which proposal it was decided."""

import datetime as dt
from typing import Any

from lianfang.access.times import to_local
from lianfang.measures.core.orders import Order
from lianfang.measures.models import Measure
from lianfang.records.core.acts import Renewals


def basis_of(measure: Measure) -> dict[str, Any]:
    """Return the proposal that a decision was made upon."""
    return measure.changed_from or order_of(measure).as_json()


def order_of(measure: Measure) -> Order:
    """Return what a measure says now, as an order."""
    return Order(
        kind=measure.kind,
        place_class=measure.place_class,
        start=to_local(measure.start),
        end=to_local(measure.end),
        test_dates=tuple(dt.date.fromisoformat(day) for day in measure.test_dates),
    )


def said(measure: Measure) -> list[Any]:
    """Return what counts of a measure for whoever decides: the order, the decision and another proposal.

    The time at which that was proposed is left out: the same proposal again is the same.
    """
    proposal = {name: value for name, value in (measure.new_proposal or {}).items() if name != "at"}
    return [order_of(measure).as_json(), measure.decision, measure.released_at is not None, proposal]


def is_renewed(measure: Measure, renewals: Renewals) -> bool:
    """Tell whether a response proposed a measure, or something else beside it, since."""
    proposal = measure.new_proposal
    if measure.proposed_at in renewals.times:
        return True
    return bool(proposal) and dt.datetime.fromisoformat(proposal["at"]) in renewals.seconds  # type: ignore[index]
