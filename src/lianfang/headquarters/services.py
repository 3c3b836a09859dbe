"""The door to changing clocks: start them from what the playbook decides.

Stopping one is an act: its plan is `core.acts.stop`, carried out by `lianfang.records.acts.carry_out`.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from lianfang.access import audit
from lianfang.access.scope import Scope
from lianfang.access.turns import writing
from lianfang.cases.selectors import cases_frame
from lianfang.headquarters.models import Clock
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
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
                detail={
                    "act": "clock.start",
                    "outbreak": ready.outbreak,
                    "clocks": changed,
                    "gone": gone,
                    # Whoever chose all clocks of a page that was made before did not see these.
                    "renewed": ready.pending["case"].unique().sort().to_list(),
                },
                at=at,
            )
    return changed + gone


def start_clocks(*, clocks: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> int:
    """Start clocks, or move those that run when their start has changed; doing the same twice changes nothing.

    See `clocks_to_store` for the parameters and what is refused, `store_clocks` for what is returned.
    """
    with writing():
        return store_clocks(clocks_to_store(clocks=clocks, outbreak=outbreak, by=by), by=by, at=at)
