"""The door to changing measures: the playbook proposes, a named person orders, changes, refuses and releases.

Each act is written in one transaction with its trace, and can be taken back (`access.changes.undo_change`) until
somebody changes the row again. Transitions of the decision: proposed → accepted or refused; refused → accepted; what
was ordered is not refused any more but released.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import polars as pl
from django.db import transaction
from django.db.models import QuerySet

from lianfang.access import audit
from lianfang.access.changes import ChangedRow, record_change
from lianfang.access.clock import to_aware, to_local
from lianfang.access.core.roles import may
from lianfang.access.frames import frame_of
from lianfang.access.models import Account, Change
from lianfang.access.scope import Scope, scope_of
from lianfang.access.services import need
from lianfang.cases.selectors import find_outbreak
from lianfang.intake.upsert import upsert_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.core.differences import proposal_changes
from lianfang.measures.core.orders import Order, order_problems
from lianfang.measures.models import Measure
from lianfang.registry.selectors import areas_of_people

_UPDATED = (
    "jurisdiction",
    "category",
    "kind",
    "place_class",
    "start",
    "end",
    "clock_from",
    "clock_at",
    "test_dates",
    "reason_zh",
    "reason_en",
    "playbook",
)


@dataclass(frozen=True)
class Proposed:
    """What came of proposing.

    Attributes
    ----------
    changed : int
        Proposals made or renewed.
    withdrawn : int
        Proposals taken back, because they are not made any more.
    differing : int
        Measures that a person decided upon and for which something else is newly proposed; they stay as decided.
    """

    changed: int
    withdrawn: int
    differing: int


def propose_measures(
    *, measures: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime, complete: bool = True
) -> Proposed:
    """Store what the playbook asks of people; doing the same twice changes nothing.

    A measure that a person has decided upon is never overwritten: where its proposal is another now, the row keeps that
    in `Measure.new_proposal` and its page says so.

    Parameters
    ----------
    measures : pl.DataFrame
        As `core.decide.decide` gives them; times naive and local.
    outbreak : str
        Code of the outbreak.
    by : Scope
        On whose behalf, usually a named task; it stands in the audit trail.
    at : datetime
        Aware; when it is proposed.
    complete : bool
        Whether these are all measures of the outbreak inside the scope. Proposals of people who are not among them are
        then withdrawn; else only those of the people who are.

    Raises
    ------
    Refused
        When there is no such outbreak, or a person is not in the register inside the scope.
    """
    if find_outbreak(outbreak, by) is None:
        raise Refused(
            Text(
                f"没有疫情 {outbreak}，未提出措施；请先建立疫情",
                f"there is no outbreak {outbreak}, so no measure was proposed; create it first",
            )
        )
    ids = measures["person_id"].unique().sort().to_list()
    areas = areas_of_people(by, ids)
    unknown = sorted(set(ids) - set(areas["person_id"].to_list()))
    if unknown:
        raise Refused(
            Text(
                f"人员 {'、'.join(unknown[:5])} 不在登记册中，未提出措施；请先登记",
                f"no measure was proposed: {', '.join(unknown[:5])} is not in the register; register them first",
            )
        )
    rows = measures.join(areas, on="person_id").select(
        pl.lit(outbreak).alias("outbreak"),
        pl.col("person_id").alias("person"),
        "jurisdiction",
        "category",
        pl.col("measure").alias("kind"),
        "place_class",
        "start",
        "end",
        pl.col("clock_from").fill_null(""),
        "clock_at",
        pl.col("test_dates").list.eval(pl.element().dt.strftime("%Y-%m-%d")),
        "rule",
        "reason_zh",
        "reason_en",
        "playbook",
        pl.lit(to_local(at), pl.Datetime("us")).alias("proposed_at"),
    )
    with transaction.atomic():
        changed = upsert_frame(
            Measure,
            rows,
            key=("outbreak", "person", "rule"),
            update=_UPDATED,
            guard={"decision": Decision.PROPOSED.value},
        )
        withdrawn, differing = _reconcile(rows, outbreak, by, at, complete=complete)
        if changed or withdrawn or differing:
            audit.record(
                actor=by.name,
                act="write",
                kind="measure",
                detail={
                    "act": "measure.propose",
                    "outbreak": outbreak,
                    "changed": changed,
                    "withdrawn": withdrawn,
                    "differing": differing,
                },
                at=at,
            )
    return Proposed(changed, withdrawn, differing)


def _reconcile(rows: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime, *, complete: bool) -> tuple[int, int]:
    """Withdraw what is not proposed any more, and keep beside each decided row what is proposed instead."""
    stored: QuerySet[Measure] = Measure.objects.within(by).filter(outbreak_id=outbreak)
    columns: dict[str, tuple[str, pl.DataType]] = {
        "pk": ("pk", pl.Int64()),
        "person": ("person_id", pl.String()),
        "rule": ("rule", pl.String()),
        "decision": ("decision", pl.String()),
    }
    here = frame_of(stored, columns)
    gone = here.filter(pl.col("decision") == Decision.PROPOSED.value).join(rows, on=["person", "rule"], how="anti")
    if not complete:
        gone = gone.join(rows.select("person"), on="person", how="semi")
    for part in _parts(gone["pk"].to_list()):
        stored.filter(pk__in=part, decision=Decision.PROPOSED.value).delete()

    decided = list(stored.exclude(decision=Decision.PROPOSED.value).filter(released_at=None).order_by("pk"))
    proposed = {(row["person"], row["rule"]): row for row in rows.iter_rows(named=True)} if decided else {}
    among = {person for person, _ in proposed}
    renewed = []
    for measure in decided:
        row = proposed.get((measure.person_id, measure.rule))
        if row is None and not complete and measure.person_id not in among:
            continue
        new = proposal_changes(basis_of(measure), _as_order(row))
        if row is None and measure.decision == Decision.REFUSED.value:
            new = None  # nobody asks for what was refused any more: they agree
        # The time is left out of the comparison: the same other proposal again is nothing new.
        if {**(measure.new_proposal or {}), "at": ""} != {**(new or {}), "at": ""}:
            measure.new_proposal = None if new is None else {**new, "at": at.isoformat(timespec="seconds")}
            renewed.append(measure)
    Measure.unscoped.bulk_update(renewed, ["new_proposal"], batch_size=500)
    return gone.height, sum(1 for measure in renewed if measure.new_proposal is not None)


def basis_of(measure: Measure) -> dict[str, Any]:
    """Return the proposal that a decision was made upon."""
    return measure.changed_from or order_of(measure).as_json()


def order_of(measure: Measure) -> Order:
    """Return what a measure says now, as an order."""
    return Order(
        kind=measure.kind,
        place_class=measure.place_class,
        start=cast("dt.datetime", to_local(measure.start)),
        end=to_local(measure.end),
        test_dates=tuple(dt.date.fromisoformat(day) for day in measure.test_dates),
    )


def _as_order(row: dict[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    dates = tuple(dt.date.fromisoformat(day) for day in row["test_dates"])
    return Order(row["kind"], row["place_class"], row["start"], row["end"], dates).as_json()


def order_measures(*, ids: Iterable[int], by: Account, at: dt.datetime, note: str = "") -> Change:
    """Order measures as they are proposed.

    Parameters
    ----------
    ids : iterable of int
        Keys of measures inside the account's scope; what is ordered already stays as it is.
    by : Account
        Needs ``measure.order``; it stands on the row as who ordered.
    at : datetime
        Aware.

    Raises
    ------
    Refused
        When nothing of it is left to order, or one lies outside the account's scope.
    """
    need(by, "measure.order")
    with transaction.atomic():
        found = _locked(ids, by)
        open_ones = [one for one in found if one.decision != Decision.ACCEPTED.value]
        if not open_ones:
            raise Refused(
                Text("所选措施均已下达，请刷新页面", "these measures are all ordered already; reload the page")
            )
        return _decide(open_ones, Decision.ACCEPTED, "measure.order", by, at, note)


def refuse_measures(*, ids: Iterable[int], by: Account, at: dt.datetime, note: str) -> Change:
    """Refuse proposals, with a reason that stays on the row.

    Raises
    ------
    Refused
        Without a reason; when one is ordered already (it is then released, not refused), none is left to refuse, or
        one lies outside the account's scope.
    """
    need(by, "measure.order")
    reason = _needed(note, Text("不采纳须写明理由", "write the reason why the proposal is refused"))
    with transaction.atomic():
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
        return _decide(open_ones, Decision.REFUSED, "measure.refuse", by, at, reason)


def change_measure(*, measure_id: int, order: Order, by: Account, at: dt.datetime, reason: str) -> Change:
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

    Raises
    ------
    Refused
        Without a reason, when the order is no order (its end before its start, a test outside its days), when it
        exceeds the proposal and the account may not decide that, or when nothing would change.
    """
    need(by, "measure.order")
    why = _needed(reason, Text("改动措施须写明理由", "write the reason why the measure is changed"))
    with transaction.atomic():
        (measure,) = _locked([measure_id], by)
        if measure.released_at is not None:
            raise Refused(Text("该措施已解除，不能再改", "this measure is released and is not changed any more"))
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
        }
        return _save([(measure, values)], "measure.change", by, at)


def adopt_proposals(*, ids: Iterable[int], by: Account, at: dt.datetime, note: str = "") -> Change:
    """Order what is proposed now, for measures whose proposal has changed since they were decided upon.

    Raises
    ------
    Refused
        When none of them has another proposal, or one lies outside the account's scope.
    """
    need(by, "measure.order")
    with transaction.atomic():
        waiting = [one for one in _locked(ids, by) if one.new_proposal and one.released_at is None]
        if not waiting:
            raise Refused(Text("所选措施没有新的建议", "none of these has a new proposal"))
        changes: list[tuple[Measure, dict[str, Any]]] = []
        for measure in waiting:
            decided = {"decided_at": at, "decided_by_id": by.pk, "decision_note": note.strip(), "new_proposal": None}
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


def release_measures(*, ids: Iterable[int], by: Account, at: dt.datetime) -> Change:
    """Release people from measures that were ordered; what is released already stays as it is.

    Parameters
    ----------
    by : Account
        Needs ``measure.release``; it stands on the row as who released.
    at : datetime
        Aware; the moment of release.

    Raises
    ------
    Refused
        When one was never ordered, none is left to release, or one lies outside the account's scope.
    """
    need(by, "measure.release")
    with transaction.atomic():
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
        return _save([(one, {"released_at": at, "released_by_id": by.pk}) for one in held], "measure.release", by, at)


def release_measure(*, measure_id: int, by: Account, at: dt.datetime) -> Change:
    """Release one person from one measure (see `release_measures`)."""
    return release_measures(ids=[measure_id], by=by, at=at)


def _needed(words: str, refusal: Text) -> str:
    if not words.strip():
        raise Refused(refusal)
    return words.strip()[:200]


def _locked(ids: Iterable[int], by: Account) -> list[Measure]:
    """Return the measures, locked until the end of the transaction; refuse when one is not in the account's scope."""
    wanted = sorted(set(ids))
    found: list[Measure] = []
    for part in _parts(wanted):
        rows = Measure.objects.within(scope_of(by)).select_for_update(of=("self",)).filter(pk__in=part)
        found += list(rows.order_by("pk"))
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
        "decision_note": note.strip()[:200],
    }
    return _save([(measure, values) for measure in measures], act, by, at)


def _save(changes: Sequence[tuple[Measure, dict[str, Any]]], act: str, by: Account, at: dt.datetime) -> Change:
    rows: list[ChangedRow] = []
    names: set[str] = set()
    for measure, values in changes:
        before = {name: getattr(measure, name) for name in values}
        rows.append({"model": "measures.Measure", "pk": measure.pk, "before": before, "after": dict(values)})
        for name, value in values.items():
            setattr(measure, name, value)
            names.add(name)
    fields = [name.removesuffix("_id") for name in sorted(names)]
    Measure.unscoped.bulk_update([measure for measure, _ in changes], fields, batch_size=200)
    return record_change(by=by, at=at, act=act, rows=rows)


def _parts(keys: Sequence[int], size: int = 500) -> Iterable[Sequence[int]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))
