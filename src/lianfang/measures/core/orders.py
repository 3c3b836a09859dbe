"""What a person orders in place of a proposal, and whether it may be ordered."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import MeasureKind

STRICTNESS: dict[str, int] = {
    MeasureKind.NONE: 0,
    MeasureKind.TESTING: 1,
    MeasureKind.SELF_MONITORING: 2,
    MeasureKind.HOME_MONITORING: 3,
    MeasureKind.HOME_QUARANTINE: 4,
    MeasureKind.CENTRAL_QUARANTINE: 5,
    MeasureKind.HOSPITAL_ISOLATION: 5,
}
"""How much a measure takes from a person; hospital and quarantine site weigh alike."""


@dataclass(frozen=True)
class Order:
    """What, where, from, until, and on which days tested; times naive and local, `end` half open."""

    kind: str
    place_class: str
    start: dt.datetime
    end: dt.datetime | None
    test_dates: tuple[dt.date, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the order as JSON holds it."""
        return {
            "kind": self.kind,
            "place_class": self.place_class,
            "start": self.start.isoformat(timespec="minutes"),
            "end": self.end.isoformat(timespec="minutes") if self.end else None,
            "test_dates": [day.isoformat() for day in self.test_dates],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Order":
        """Return the order that `as_json` gave."""
        return cls(
            kind=value["kind"],
            place_class=value["place_class"],
            start=dt.datetime.fromisoformat(value["start"]),
            end=dt.datetime.fromisoformat(value["end"]) if value["end"] else None,
            test_dates=tuple(dt.date.fromisoformat(day) for day in value["test_dates"]),
        )


def exceeds(order: Order, proposal: Order) -> bool:
    """Tell whether an order takes more from a person than the proposal: stricter, longer, earlier, or more tests."""
    if STRICTNESS[order.kind] > STRICTNESS[proposal.kind] or order.start < proposal.start:
        return True
    if proposal.end is not None and (order.end is None or order.end > proposal.end):
        return True
    return len(order.test_dates) > len(proposal.test_dates)


def order_problems(order: Order, proposal: Order, *, may_exceed: bool) -> list[Text]:
    """Return why an order cannot be given; empty when it can.

    Parameters
    ----------
    order, proposal : Order
        What is wanted, and what the playbook asks.
    may_exceed : bool
        Whether who orders may go beyond the playbook.
    """
    problems = []
    if order.end is not None and order.end <= order.start:
        problems.append(Text("结束时间须晚于开始时间；请改正", "the end must be later than the start; correct it"))
    outside = [
        day
        for day in order.test_dates
        if day < order.start.date() or (order.end is not None and dt.datetime.combine(day, dt.time()) >= order.end)
    ]
    if outside:
        day = outside[0].isoformat()
        problems.append(
            Text(f"检测日 {day} 不在措施期间内；请改正", f"the test day {day} lies outside the measure; correct it")
        )
    if exceeds(order, proposal):
        if not may_exceed:
            problems.append(
                Text(
                    "该改动超出方案规定（更严、更长、更早或检测更多），须由指挥员批准；请由指挥员改动",
                    "this goes beyond the playbook (stricter, longer, earlier, more tests); a commander must order it",
                )
            )
        elif order.end is None and proposal.end is not None:
            problems.append(
                Text("超出方案规定的措施须有结束时间；请填写", "a measure beyond the playbook needs an end; fill it in")
            )
    return problems
