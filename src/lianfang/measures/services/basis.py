"""What a stored measure says, and upon which proposal it was decided."""

import datetime as dt
from typing import Any

from lianfang.access.times import to_local
from lianfang.measures.core.orders import Order
from lianfang.measures.models import Measure


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
