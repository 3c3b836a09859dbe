"""The playbook proposes: what is stored is compared first, then only the differences are written.

An outbreak of a whole county holds a hundred thousand measures of which a new case changes a few. So
`measures_to_store` reads and compares and locks nothing, and `store_measures` writes in one transaction. Between the
two somebody may decide: each row is guarded once more as it is written, and whoever holds the two apart asks the trail
whether anything was written meanwhile (`access.audit.written_since`). `propose_measures` does both in one transaction.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from django.utils import timezone

from lianfang.access import audit
from lianfang.access.scope import Scope
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.core.differences import BASIS, KEPT, renewed
from lianfang.measures.models import Measure
from lianfang.outbreaks.selectors import find_outbreak
from lianfang.records.batches import in_batches
from lianfang.records.upsert import pending_rows, stored_rows, update_frame, upsert_frame
from lianfang.registry.selectors import areas_of_people

_KEY = ("outbreak", "person", "rule")
_OPEN = {"decision": Decision.PROPOSED.value}
_ORDERED = BASIS
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
    "new_proposal",
)
"""What follows the proposal while nobody has decided: nothing else is proposed beside it then."""


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
    renewed : pl.DataFrame
        Decided measures whose `Measure.new_proposal` is another now: ``id, new_proposal`` (as JSON; empty where nothing
        else is proposed any more) and what was decided about them when they were compared.
    """

    outbreak: str
    pending: pl.DataFrame
    gone: list[int]
    renewed: pl.DataFrame


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
        Aware; when what is new, or renewed, is proposed.
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
        pl.lit(None, pl.String).alias("new_proposal"),
        pl.lit(at.astimezone(dt.UTC), pl.Datetime("us", "UTC")).alias("proposed_at"),
    )
    names = ("id", "outbreak", "person", "rule", *_UPDATED, *_DECIDED, "changed_from")
    stored = stored_rows(Measure.objects.within(by).filter(outbreak_id=outbreak), names)
    is_open = pl.col("decision") == Decision.PROPOSED.value
    gone = stored.filter(is_open).join(rows, on=["person", "rule"], how="anti")
    if not complete:
        gone = gone.join(rows.select("person"), on="person", how="semi")
    return MeasuresToStore(
        outbreak=outbreak,
        pending=pending_rows(Measure, rows, stored, key=_KEY, update=_UPDATED, guard=_OPEN),
        gone=gone["id"].to_list(),
        renewed=_renewed(rows, stored.filter(~is_open & pl.col("released_at").is_null()), at, complete=complete),
    )


def _renewed(rows: pl.DataFrame, decided: pl.DataFrame, at: dt.datetime, *, complete: bool) -> pl.DataFrame:
    """Return which decided measures are to keep another proposal beside them, and what was decided about them."""
    if not complete:
        decided = decided.join(rows.select("person"), on="person", how="semi")
    days, changed = pl.col("test_dates").str.json_decode(pl.List(pl.String())), _json("changed_from")
    own = {name: pl.col(name) for name in BASIS} | {"start": _local("start"), "end": _local("end"), "test_dates": days}
    basis = decided.select(
        "id",
        "person",
        "rule",
        *_DECIDED,
        # What was ordered, or the proposal that somebody changed.
        *(pl.when(changed.is_null()).then(own[n]).otherwise(changed.struct.field(n)).alias(n) for n in BASIS),
        kept=_json("new_proposal"),
    )
    start, end = (pl.col(name).dt.strftime(_MINUTES) for name in ("start", "end"))
    rows = rows.unique(["person", "rule"], keep="last", maintain_order=True)
    proposed = rows.select("person", "rule", "kind", "place_class", start, end, days)
    return renewed(basis, proposed, at=at.isoformat(timespec="seconds")).select("id", *_DECIDED, "new_proposal")


_MINUTES = "%Y-%m-%dT%H:%M"


def _json(name: str) -> pl.Expr:
    """Return a stored column of JSON as what `KEPT` holds of it; empty where the database holds a null of JSON too."""
    return pl.col(name).replace("null", None).str.json_decode(KEPT)


def _local(name: str) -> pl.Expr:
    """Return a stored time, which is a text in UTC, as proposals say it."""
    utc = pl.col(name).str.slice(0, 19).str.to_datetime("%Y-%m-%d %H:%M:%S", time_zone="UTC")
    return utc.dt.convert_time_zone(str(timezone.get_default_timezone())).dt.strftime(_MINUTES)


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
    with writing():
        changed = upsert_frame(Measure, ready.pending, key=_KEY, update=(*_UPDATED, "proposed_at"), guard=_OPEN)
        withdrawn = 0
        for part in in_batches(ready.gone):
            _, of_each = Measure.objects.within(by).filter(pk__in=part, **_OPEN).delete()
            withdrawn += of_each.get(Measure._meta.label, 0)
        # Each only where nothing else was decided about it since it was compared.
        is_other = pl.col("new_proposal").is_not_null()
        differing, agreeing = (
            update_frame(Measure, ready.renewed.filter(which), key="id", update=("new_proposal",), same=_DECIDED)
            for which in (is_other, ~is_other)
        )
        if changed or withdrawn or differing or agreeing:
            audit.record(
                actor=by.name,
                act="write",
                kind="measures.measure",
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


def propose_measures(
    *, measures: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime, complete: bool = True
) -> Proposed:
    """Store what the playbook asks of people; doing the same twice changes nothing.

    See `measures_to_store` for the parameters and what is refused, `store_measures` for what stays as people left it.
    """
    with writing():
        ready = measures_to_store(measures=measures, outbreak=outbreak, by=by, at=at, complete=complete)
        return store_measures(ready, by=by, at=at)


def _as_json(name: str) -> pl.Expr:
    """Return a column of lists of dates as the text of JSON lists, as a whole column."""
    days = pl.col(name).list.eval(pl.element().dt.strftime('"%Y-%m-%d"')).list.join(", ")
    return pl.format("[{}]", days).alias(name)
