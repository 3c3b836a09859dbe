"""The door to changing clocks: start them from what the playbook decides, stop them when the work is done."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from django.db.models import QuerySet

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of
from lianfang.access.services import need
from lianfang.access.turns import writing
from lianfang.cases.selectors import cases_frame
from lianfang.headquarters.models import Clock
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
from lianfang.records.changes import ChangedRow, record_change
from lianfang.records.models import Change
from lianfang.records.upsert import pending_rows, stored_rows, upsert_frame

_CLOCK = ("case", "clock")
_TOLD = ("jurisdiction", "starts", "due", "rule")
_RUNNING = {"done_at": None}
_AT_ONCE = 900  # keys in one statement: SQLite takes some thousand values


@dataclass(frozen=True)
class ClocksToStore:
    """How the stored clocks of an outbreak differ from those that should run.

    Attributes
    ----------
    outbreak : str
        Its code.
    pending : pl.DataFrame
        Clocks to start, and running ones to move.
    gone : list of int
        Keys of running clocks that are not to run any more.
    """

    outbreak: str
    pending: pl.DataFrame
    gone: list[int]


def clocks_to_store(*, clocks: pl.DataFrame, outbreak: str, by: Scope, complete: bool = False) -> ClocksToStore:
    """Compare the clocks of an outbreak with those that are stored; nothing is written.

    Parameters
    ----------
    clocks : pl.DataFrame
        ``case_id, clock, starts, due, rule``, as `core.clocks.case_clocks` gives them; times naive and local.
    outbreak : str
        Code of the outbreak that the cases belong to.
    by : Scope
        On whose behalf, usually a named task.
    complete : bool
        Whether these are all clocks of the cases inside the scope that are not excluded. Those of theirs that run and
        are not among them are then taken away: another playbook knows them no more, or the time is gone from which they
        were started. Excluding a case takes nothing away.

    Raises
    ------
    Refused
        When a case is not one of the outbreak inside the scope.
    """
    cases = cases_frame(outbreak, by, with_excluded=True)
    areas = cases.select("case_id", "jurisdiction")
    unknown = clocks.join(areas, on="case_id", how="anti")["case_id"].unique().sort().to_list()
    if unknown:
        raise Refused(
            Text(
                f"病例 {'、'.join(unknown[:5])} 不属于疫情 {outbreak}，未计时；请先报告病例",
                f"no clock was started: {', '.join(unknown[:5])} is not a case of outbreak {outbreak}; "
                "report the case first",
            )
        )
    rows = clocks.join(areas, on="case_id").select(
        pl.col("case_id").alias("case"), "jurisdiction", "clock", "starts", "due", "rule"
    )
    stored = stored_rows(Clock.unscoped.filter(case__outbreak_id=outbreak), ("id", "case", "clock", *_TOLD, "done_at"))
    active = cases.filter(pl.col("classification").ne_missing(Classification.EXCLUDED.value))
    gone = (
        stored.filter(pl.col("done_at").is_null())
        .join(active.select(case="case_id"), on="case", how="semi")
        .join(rows, on=list(_CLOCK), how="anti")
    )
    return ClocksToStore(
        outbreak,
        pending_rows(Clock, rows, stored, key=_CLOCK, update=_TOLD, guard=_RUNNING),
        gone["id"].to_list() if complete else [],
    )


def store_clocks(ready: ClocksToStore, *, by: Scope, at: dt.datetime) -> int:
    """Start clocks, move those that run and take away those that are gone, in one transaction with its trace.

    A clock that was stopped stays as it was stopped, even after it was compared.

    Parameters
    ----------
    ready : ClocksToStore
        From `clocks_to_store`.
    by : Scope
        On whose behalf; it stands in the audit trail.
    at : datetime
        Aware.

    Returns
    -------
    int
        Clocks started, moved or taken away.
    """
    with writing():
        changed = upsert_frame(Clock, ready.pending, key=_CLOCK, update=_TOLD, guard=_RUNNING)
        gone = 0
        for start in range(0, len(ready.gone), _AT_ONCE):
            part = ready.gone[start : start + _AT_ONCE]
            gone += Clock.unscoped.filter(pk__in=part, **_RUNNING).delete()[0]
        if changed or gone:
            audit.record(
                actor=by.name,
                act="write",
                kind="headquarters.clock",
                detail={"act": "clock.start", "outbreak": ready.outbreak, "clocks": changed, "gone": gone},
                at=at,
            )
    return changed + gone


def start_clocks(*, clocks: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> int:
    """Start clocks, or move those that run when their start has changed; doing the same twice changes nothing.

    See `clocks_to_store` for the parameters and what is refused, `store_clocks` for what is returned.
    """
    with writing():
        return store_clocks(clocks_to_store(clocks=clocks, outbreak=outbreak, by=by), by=by, at=at)


def stop_clocks(*, ids: Iterable[int], by: Account, at: dt.datetime) -> Change:
    """Stop clocks, because what they limit is done; `access.changes.undo_change` lets them run again.

    Parameters
    ----------
    ids : iterable of int
        Keys of clocks inside the account's scope; those that were stopped already stay as they are.
    by : Account
        Needs ``clock.stop``.
    at : datetime
        Aware; the moment at which they are done.

    Raises
    ------
    Refused
        When none of them runs any more, or one lies outside the account's scope.
    """
    need(by, "clock.stop")
    wanted = sorted(set(ids))
    with writing():
        found: QuerySet[Clock] = Clock.objects.within(scope_of(by))
        state = dict(found.filter(pk__in=wanted).values_list("pk", "done_at"))
        if len(state) < len(wanted):
            raise Refused(
                Text("其中的时限不在您的辖区内，未作改动", "one of the clocks is not in your area; nothing was changed")
            )
        running = [pk for pk in wanted if state[pk] is None]
        if not running:
            raise Refused(Text("所选时限均已办结，请刷新页面", "these clocks are all stopped already; reload the page"))
        Clock.objects.within(scope_of(by)).filter(pk__in=running).update(done_at=at, done_by=by)
        rows: list[ChangedRow] = [
            {
                "model": "headquarters.Clock",
                "pk": pk,
                "before": {"done_at": None, "done_by": None},
                "after": {"done_at": at, "done_by": by.pk},
            }
            for pk in running
        ]
        return record_change(by=by, at=at, act="clock.stop", rows=rows)
