"""A named person orders, changes, refuses and releases measures."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, cast

from lianfang.access.core.roles import may
from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.services import need
from lianfang.access.times import to_aware
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.core.orders import Order, order_problems
from lianfang.measures.models import Measure
from lianfang.measures.services.basis import basis_of, order_of
from lianfang.measures.services.shown import Shown, need_as_shown
from lianfang.records.batches import in_batches
from lianfang.records.changes import ChangedRow, record_change
from lianfang.records.models import Change

_NOTE = 200
"""Characters of a note that are kept."""

_NOT_RELEASED = {"released_at": None}
"""Said by every decision: it cannot be taken back while a release stands on it, which would then outlive it."""


def order_measures(
    *, ids: Iterable[int], by: Account, at: dt.datetime, note: str = "", shown: Shown | None = None
) -> Change:
    """Order measures as they are proposed.

    Parameters
    ----------
    ids : iterable of int
        Keys of measures inside the account's scope; what is ordered already stays as it is.
    by : Account
        Needs ``measure.order``; it stands on the row as who ordered.
    at : datetime
        Aware.
    shown : Shown, optional
        What the account had before it; without, whatever stands in the rows is ordered.

    Raises
    ------
    Refused
        When nothing of it is left to order, one says something else than what was shown, or one lies outside the
        account's scope.
    """
    need(by, "measure.order")
    with writing():
        found = _locked(ids, by)
        open_ones = [one for one in found if one.decision != Decision.ACCEPTED.value]
        if not open_ones:
            raise Refused(
                Text("所选措施均已下达，请刷新页面", "these measures are all ordered already; reload the page")
            )
        need_as_shown(open_ones, shown)
        return _decide(open_ones, Decision.ACCEPTED, "measure.order", by, at, note)


def refuse_measures(
    *, ids: Iterable[int], by: Account, at: dt.datetime, note: str, shown: Shown | None = None
) -> Change:
    """Refuse proposals, with a reason that stays on the row. See `order_measures` for what was `shown`.

    Raises
    ------
    Refused
        Without a reason; when one is ordered already (it is then released, not refused), none is left to refuse, one
        says something else than what was shown, or one lies outside the account's scope.
    """
    need(by, "measure.order")
    reason = _needed(note, Text("不采纳须写明理由", "write the reason why the proposal is refused"))
    with writing():
        found = _locked(ids, by)
        if any(one.decision == Decision.ACCEPTED.value for one in found):
            raise Refused(
                Text(
                    "其中有已下达的措施，不能再“不采纳”；请改用“解除”",
                    "some of these are ordered already and cannot be refused; release them instead",
                )
            )
        open_ones = [one for one in found if one.decision == Decision.PROPOSED.value]
        if not open_ones:
            raise Refused(Text("所选措施均已不采纳，请刷新页面", "these are all refused already; reload the page"))
        need_as_shown(open_ones, shown)
        return _decide(open_ones, Decision.REFUSED, "measure.refuse", by, at, reason)


def change_measure(
    *, measure_id: int, order: Order, by: Account, at: dt.datetime, reason: str, shown: Shown | None = None
) -> Change:
    """Order something else than what is proposed, with a reason; the proposal stays on the row.

    Parameters
    ----------
    measure_id : int
        Key of a measure inside the account's scope that is not released.
    order : Order
        What is ordered instead; times naive and local.
    by : Account
        Needs ``measure.order``; ``measure.exceed`` too where the order is longer or stricter than the proposal.
    reason : str
        Why. It stands on the row and in its trace.
    shown : Shown, optional
        See `order_measures`.

    Raises
    ------
    ChangedSince
        When the measure says something else than what was shown.
    Refused
        Without a reason, when the order is no order (its end before its start, a test outside its days), when it
        exceeds the proposal and the account may not decide that, or when nothing would change.
    """
    need(by, "measure.order")
    why = _needed(reason, Text("改动措施须写明理由", "write the reason why the measure is changed"))
    with writing():
        (measure,) = _locked([measure_id], by)
        if measure.released_at is not None:
            raise Refused(Text("该措施已解除，不能再改", "this measure is released and is not changed any more"))
        need_as_shown([measure], shown)
        before = order_of(measure)
        if order.as_json() == before.as_json():
            raise Refused(Text("内容没有变化；如同意，请直接下达", "nothing is changed; to agree, order it as it is"))
        basis = Order.from_json(basis_of(measure))
        problems = order_problems(order, basis, may_exceed=may(by.role, "measure.exceed"))
        if problems:
            raise Refused(problems[0])
        values: dict[str, Any] = {
            "kind": order.kind,
            "place_class": order.place_class,
            "start": to_aware(order.start),
            "end": to_aware(order.end),
            "test_dates": [day.isoformat() for day in order.test_dates],
            "changed_from": None if order.as_json() == basis.as_json() else basis.as_json(),
            "new_proposal": None,
            "decision": Decision.ACCEPTED.value,
            "decided_at": at,
            "decided_by_id": by.pk,
            "decision_note": why,
            **_NOT_RELEASED,
        }
        return _save([(measure, values)], "measure.change", by, at)


def adopt_proposals(
    *, ids: Iterable[int], by: Account, at: dt.datetime, note: str = "", shown: Shown | None = None
) -> Change:
    """Order what is proposed now, for measures whose proposal has changed since they were decided upon.

    See `order_measures` for what was `shown`.

    Raises
    ------
    Refused
        When none of them has another proposal, one says something else than what was shown, or one lies outside the
        account's scope.
    """
    need(by, "measure.order")
    with writing():
        waiting = [one for one in _locked(ids, by) if one.new_proposal and one.released_at is None]
        if not waiting:
            raise Refused(Text("所选措施没有新的建议", "none of these has a new proposal"))
        need_as_shown(waiting, shown)
        changes: list[tuple[Measure, dict[str, Any]]] = []
        for measure in waiting:
            decided = {
                "decided_at": at,
                "decided_by_id": by.pk,
                "decision_note": note.strip()[:_NOTE],
                "new_proposal": None,
                **_NOT_RELEASED,
            }
            proposal = cast("dict[str, Any]", measure.new_proposal)
            if proposal.get("withdrawn"):
                changes.append((measure, {**decided, "decision": Decision.REFUSED.value}))
                continue
            order = Order.from_json(proposal)
            changes.append(
                (
                    measure,
                    {
                        **decided,
                        "kind": order.kind,
                        "place_class": order.place_class,
                        "start": to_aware(order.start),
                        "end": to_aware(order.end),
                        "test_dates": [day.isoformat() for day in order.test_dates],
                        "changed_from": None,
                        "decision": Decision.ACCEPTED.value,
                    },
                )
            )
        return _save(changes, "measure.adopt", by, at)


def release_measures(*, ids: Iterable[int], by: Account, at: dt.datetime, shown: Shown | None = None) -> Change:
    """Release people from measures that were ordered; what is released already stays as it is.

    Parameters
    ----------
    by : Account
        Needs ``measure.release``; it stands on the row as who released.
    at : datetime
        Aware; the moment of release.
    shown : Shown, optional
        See `order_measures`.

    Raises
    ------
    Refused
        When one was never ordered, none is left to release, one says something else than what was shown, or one lies
        outside the account's scope.
    """
    need(by, "measure.release")
    with writing():
        found = _locked(ids, by)
        if any(one.decision != Decision.ACCEPTED.value for one in found):
            raise Refused(
                Text(
                    "其中有未下达的措施，无从解除；请先下达或不采纳",
                    "some of these were never ordered; order or refuse them",
                )
            )
        held = [one for one in found if one.released_at is None]
        if not held:
            raise Refused(Text("所选措施均已解除，请刷新页面", "these are all released already; reload the page"))
        need_as_shown(held, shown)
        return _save([(one, {"released_at": at, "released_by_id": by.pk}) for one in held], "measure.release", by, at)


def release_measure(*, measure_id: int, by: Account, at: dt.datetime) -> Change:
    """Release one person from one measure (see `release_measures`)."""
    return release_measures(ids=[measure_id], by=by, at=at)


def _needed(words: str, refusal: Text) -> str:
    if not words.strip():
        raise Refused(refusal)
    return words.strip()[:_NOTE]


def _locked(ids: Iterable[int], by: Account) -> list[Measure]:
    """Return the measures; refuse when one is not in the account's scope.

    Called inside `writing`: nobody changes them before the transaction ends.
    """
    wanted = sorted(set(ids))
    found: list[Measure] = []
    for part in in_batches(wanted):
        found += list(Measure.objects.within(scope_of(by)).filter(pk__in=part).order_by("pk"))
    if len(found) < len(wanted) or not wanted:
        raise Refused(
            Text(
                "其中的措施不在您的辖区内或已撤回，未作改动",
                "one of these is not in your area or was withdrawn; nothing was changed",
            )
        )
    return found


def _decide(
    measures: Sequence[Measure], decision: Decision, act: str, by: Account, at: dt.datetime, note: str
) -> Change:
    values = {
        "decision": decision.value,
        "decided_at": at,
        "decided_by_id": by.pk,
        "decision_note": note.strip()[:_NOTE],
        **_NOT_RELEASED,
    }
    return _save([(measure, values) for measure in measures], act, by, at)


def _save(changes: Sequence[tuple[Measure, dict[str, Any]]], act: str, by: Account, at: dt.datetime) -> Change:
    """Save new values, in one statement for very many rows that get the same; with the trace of all."""
    rows: list[ChangedRow] = []
    alike: dict[str, tuple[dict[str, Any], list[int]]] = {}
    for measure, values in changes:
        before = {name: getattr(measure, name) for name in values}
        rows.append({"model": "measures.Measure", "pk": measure.pk, "before": before, "after": dict(values)})
        alike.setdefault(repr(sorted(values.items())), (values, []))[1].append(measure.pk)
    for values, keys in alike.values():
        for part in in_batches(keys):
            Measure.unscoped.filter(pk__in=part).update(**values)
    return record_change(by=by, at=at, act=act, rows=rows)
