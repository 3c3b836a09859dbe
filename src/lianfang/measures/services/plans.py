"""Plans of the acts that write an order into a measure; times are stored aware, an order has them naive and local."""

from collections.abc import Mapping, Sequence
from typing import Any

from lianfang.access.times import to_aware
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision, MeasureKind, PlaceClass
from lianfang.measures.core import acts
from lianfang.measures.core.acts import decided
from lianfang.measures.core.orders import Order, order_problems
from lianfang.measures.models import Measure
from lianfang.measures.selectors import conditions_by_rule
from lianfang.measures.services.basis import basis_of, order_of
from lianfang.records.core.acts import Answer, Asked
from lianfang.tracing.selectors import accepted_contacts


def order(rows: Sequence[Measure], asked: Asked) -> list[Answer]:
    """Order measures as they are proposed, of contacts who are accepted, be it in the same act."""
    return _of_accepted(rows, acts.order(rows, asked), asked)


def resume(rows: Sequence[Measure], asked: Asked) -> list[Answer]:
    """Order again what was released, of contacts who are accepted, be it in the same act."""
    return _of_accepted(rows, acts.resume(rows, asked), asked)


def adopt(rows: Sequence[Measure], asked: Asked) -> list[Answer]:
    """Order what is proposed now, where the proposal has changed since a measure was decided upon."""
    answers = [
        _adopted(row.new_proposal, asked) if row.new_proposal and row.released_at is None else None for row in rows
    ]
    return _of_accepted(rows, answers, asked)


def release(rows: Sequence[Measure], asked: Asked) -> list[Answer]:
    """Release people, with the ground where the playbook names conditions or the measure is not over."""
    told = conditions_by_rule()
    return acts.release(rows, asked, [told(row.playbook, row.rule) for row in rows])


def _of_accepted(rows: Sequence[Measure], answers: Sequence[Answer], asked: Asked) -> list[Answer]:
    if asked.follows == "contact.accept":
        return list(answers)
    people = {row.person_id for row in rows if row.category in acts.OF_CONTACTS}
    return acts.only_of_accepted(rows, answers, accepted_contacts(people))


def _adopted(proposal: dict[str, Any], asked: Asked) -> Answer:
    if proposal.get("withdrawn"):
        return {**decided(Decision.REFUSED, asked), "new_proposal": None}
    return {
        **decided(Decision.ACCEPTED, asked),
        **_written(Order.from_json(proposal)),
        "changed_from": None,
        "new_proposal": None,
    }


def change(rows: Sequence[Measure], asked: Asked) -> list[Answer]:
    """Order something else than what is proposed; the proposal stays on the row.

    What exceeds the proposal needs ``measure.exceed`` too.

    Raises
    ------
    Refused
        When what is given is no order.
    """
    order = _given(asked.given)
    may_exceed = asked.may("measure.exceed")

    def answer(row: Measure) -> Answer:
        if row.released_at is not None:
            return Text("该措施已解除，不能再改", "this measure is released and is not changed any more")
        if order.as_json() == order_of(row).as_json():
            return Text("内容没有变化；如同意，请直接下达", "nothing is changed; to agree, order it as it is")
        basis = Order.from_json(basis_of(row))
        if problems := order_problems(order, basis, may_exceed=may_exceed):
            return problems[0]
        return {
            **decided(Decision.ACCEPTED, asked),
            **_written(order),
            "changed_from": None if order.as_json() == basis.as_json() else basis.as_json(),
            "new_proposal": None,
        }

    return _of_accepted(rows, [answer(row) for row in rows], asked)


def _written(order: Order) -> dict[str, Any]:
    return {
        "kind": order.kind,
        "place_class": order.place_class,
        "start": to_aware(order.start),
        "end": to_aware(order.end),
        "test_dates": [day.isoformat() for day in order.test_dates],
    }


def _given(given: Mapping[str, Any]) -> Order:
    try:
        order = Order.from_json({"end": None, "test_dates": [], **given})
    except (KeyError, TypeError, ValueError):
        order = None
    aware = order is not None and any(one is not None and one.tzinfo is not None for one in (order.start, order.end))
    if order is None or aware or order.kind not in MeasureKind.codes() or order.place_class not in PlaceClass.codes():
        raise Refused(
            Text(
                "所下达的措施不完整：请给出 kind、place_class、start，并可给出 end、test_dates",
                "what is ordered is not whole: give kind, place_class and start, and perhaps end and test_dates",
            )
        )
    return order
