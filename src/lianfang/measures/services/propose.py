"""The playbook proposes: what is stored is compared first, then only the differences are written.

An outbreak of a whole county holds a hundred thousand measures of which a new case changes a few. So
`measures_to_store` reads and compares and locks nothing, and `store_measures` writes in one transaction. Between the
two somebody may decide: each row is guarded once more as it is written, and whoever holds the two apart asks the trail
whether anything was written meanwhile (`access.audit.written_since`). `propose_measures` does both in one transaction.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db import transaction

from lianfang.access import audit
from lianfang.access.clock import to_local
from lianfang.access.scope import Scope
from lianfang.cases.selectors import find_outbreak
from lianfang.intake.upsert import pending_rows, stored_rows, upsert_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.core.differences import proposal_changes
from lianfang.measures.core.orders import Order
from lianfang.measures.models import Measure
from lianfang.measures.services.basis import basis_of, parts
from lianfang.registry.selectors import areas_of_people

_KEY = ("outbreak", "person", "rule")
_OPEN = {"decision": Decision.PROPOSED.value}
_ORDERED = ("kind", "place_class", "start", "end", "test_dates")
_DECIDED = ("decision", "decided_at", "released_at")
_UPDATED = (
    *_ORDERED,
    "jurisdiction",
    "category",
    "clock_from",
    "clock_at",
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


@dataclass(frozen=True)
class MeasuresToStore:
    """How what is stored of the measures of an outbreak differs from what is proposed.

    Attributes
    ----------
    outbreak : str
        Its code.
    pending : pl.DataFrame
        Proposals that are new, or changed and decided by nobody.
    gone : list of int
        Keys of proposals that are not made any more and nobody decided.
    renewed : list of Measure
        Decided measures whose `Measure.new_proposal` is another now; it stands in them, not yet in the database.
    """

    outbreak: str
    pending: pl.DataFrame
    gone: list[int]
    renewed: list[Measure]


def measures_to_store(
    *, measures: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime, complete: bool = True
) -> MeasuresToStore:
    """Compare what the playbook asks of people with the measures that are stored; nothing is written.

    Parameters
    ----------
    measures : pl.DataFrame
        As `core.decide.decide` gives them; times naive and local.
    outbreak : str
        Code of the outbreak.
    by : Scope
        On whose behalf, usually a named task.
    at : datetime
        Aware; when what is new is proposed.
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
        _as_json("test_dates"),
        "rule",
        "reason_zh",
        "reason_en",
        "playbook",
        pl.lit(to_local(at), pl.Datetime("us")).alias("proposed_at"),
    )
    names = ("id", "outbreak", "person", "rule", *_UPDATED, *_DECIDED, "changed_from", "new_proposal")
    stored = stored_rows(Measure.objects.within(by).filter(outbreak_id=outbreak), names)
    is_open = pl.col("decision") == Decision.PROPOSED.value
    gone = stored.filter(is_open).join(rows, on=["person", "rule"], how="anti")
    if not complete:
        gone = gone.join(rows.select("person"), on="person", how="semi")
    return MeasuresToStore(
        outbreak=outbreak,
        pending=pending_rows(Measure, rows, stored, key=_KEY, update=_UPDATED, guard=_OPEN),
        gone=gone["id"].to_list(),
        renewed=_renewed(rows, stored.filter(~is_open & pl.col("released_at").is_null()), by, at, complete=complete),
    )


def _renewed(rows: pl.DataFrame, decided: pl.DataFrame, by: Scope, at: dt.datetime, *, complete: bool) -> list[Measure]:
    """Return the decided measures beside which another proposal is to be kept than before, with it."""
    other = pending_rows(Measure, rows, decided, key=_KEY, update=_ORDERED)
    plain = [pl.col(name).is_null() | (pl.col(name) == "null") for name in ("changed_from", "new_proposal")]
    as_proposed = (
        decided.filter(plain)
        .join(rows, on=["person", "rule"], how="semi")
        .join(other, on=["person", "rule"], how="anti")
    )
    looked_at = decided.join(as_proposed, on="id", how="anti")
    proposed = {
        (row["person"], row["rule"]): row
        for row in rows.join(looked_at, on=["person", "rule"], how="semi").iter_rows(named=True)
    }
    among = set(rows["person"])
    renewed = []
    for measure in _read(looked_at["id"].to_list(), by):
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
    return renewed


def _read(keys: Sequence[int], by: Scope) -> list[Measure]:
    within = Measure.objects.within(by)
    return [measure for part in parts(sorted(keys)) for measure in within.filter(pk__in=part).order_by("pk")]


def store_measures(ready: MeasuresToStore, *, by: Scope, at: dt.datetime) -> Proposed:
    """Write what differs, in one transaction with its trace; where nothing differs, nothing is written.

    A measure that a person has decided upon, even after it was compared, is never overwritten: where its proposal is
    another now, the row keeps that in `Measure.new_proposal` and its page says so.

    Parameters
    ----------
    ready : MeasuresToStore
        From `measures_to_store`, while nothing that it rests on was written since.
    by : Scope
        On whose behalf; it stands in the audit trail.
    at : datetime
        Aware.
    """
    with transaction.atomic():
        changed = upsert_frame(Measure, ready.pending, key=_KEY, update=_UPDATED, guard=_OPEN)
        withdrawn = 0
        for part in parts(ready.gone):
            _, of_each = Measure.objects.within(by).filter(pk__in=part, **_OPEN).delete()
            withdrawn += of_each.get(Measure._meta.label, 0)
        renewed = _decided_as_before(ready.renewed)
        Measure.unscoped.bulk_update(renewed, ["new_proposal"], batch_size=500)
        differing = sum(1 for measure in renewed if measure.new_proposal is not None)
        if changed or withdrawn or renewed:
            audit.record(
                actor=by.name,
                act="write",
                kind="measure",
                detail={
                    "act": "measure.propose",
                    "outbreak": ready.outbreak,
                    "changed": changed,
                    "withdrawn": withdrawn,
                    "differing": differing,
                },
                at=at,
            )
    return Proposed(changed, withdrawn, differing)


def _decided_as_before(measures: Sequence[Measure]) -> list[Measure]:
    """Lock the measures; return those about which nobody has decided anything since they were read."""
    compared = {measure.pk: measure for measure in measures}
    same = []
    for part in parts(list(compared)):
        for now in Measure.unscoped.select_for_update().filter(pk__in=part).order_by("pk"):
            then = compared[now.pk]
            if all(getattr(now, name) == getattr(then, name) for name in _DECIDED):
                same.append(then)
    return same


def propose_measures(
    *, measures: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime, complete: bool = True
) -> Proposed:
    """Store what the playbook asks of people; doing the same twice changes nothing.

    See `measures_to_store` for the parameters and what is refused, `store_measures` for what stays as people left it.
    """
    with transaction.atomic():
        ready = measures_to_store(measures=measures, outbreak=outbreak, by=by, at=at, complete=complete)
        return store_measures(ready, by=by, at=at)


def _as_json(name: str) -> pl.Expr:
    """Return a column of lists of dates as the text of JSON lists, as a whole column."""
    days = pl.col(name).list.eval(pl.element().dt.strftime('"%Y-%m-%d"')).list.join(", ")
    return pl.format("[{}]", days).alias(name)


def _as_order(row: dict[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    dates = tuple(dt.date.fromisoformat(day) for day in json.loads(row["test_dates"]))
    return Order(row["kind"], row["place_class"], row["start"], row["end"], dates).as_json()
