"""The door to changing clocks: start them from what the playbook decides.

Stopping one is an act: its plan is `core.acts.stop`, carried out by `lianfang.records.acts.carry_out`.
"""

import datetime as dt

import polars as pl

from lianfang.access.scope import Scope
from lianfang.access.turns import writing
from lianfang.cases.selectors import cases_frame
from lianfang.headquarters.selectors import CASE
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
from lianfang.records.clocks import compare_clocks
from lianfang.records.kept import Differences, Written
from lianfang.records.proposals import write


def to_store(clocks: pl.DataFrame, *, outbreak: str, by: Scope, at: dt.datetime, complete: bool = True) -> Differences:
    """Compare the clocks of an outbreak with those that are stored; nothing is written.

    Parameters
    ----------
    clocks : pl.DataFrame
        ``case_id, clock, starts, due, rule``, as `records.core.clocks.clocks_of` gives them; times naive and local.
    outbreak : str
        Code of the outbreak that the cases belong to.
    by : Scope
        On whose behalf, usually a named task.
    at : datetime
        Not looked at: a clock starts from a fact, not when it is stored. Every room's `to_store` takes it.
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
    rows = clocks.join(areas, on="case_id").rename({"case_id": "subject"})
    active = cases.filter(pl.col("classification").ne_missing(Classification.EXCLUDED.value))
    told = active.select(subject="case_id")
    return compare_clocks(rows, kind=CASE, matter=outbreak, told=told if complete else told.clear())


def store(ready: Differences, *, by: Scope, at: dt.datetime) -> Written:
    """Start clocks, move those that run and take away those that are gone, in one transaction with its trace.

    A clock that was stopped stays as it was stopped, even after it was compared.

    Parameters
    ----------
    ready : Differences
        From `to_store`.
    by : Scope
        On whose behalf; it stands in the audit trail.
    at : datetime
        Aware.
    """
    return write(ready, by=by, at=at)


def start_clocks(*, clocks: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> int:
    """Start clocks, or move those that run when their start has changed; doing the same twice changes nothing.

    See `to_store` for the parameters and what is refused.

    Returns
    -------
    int
        Clocks started or moved.
    """
    with writing():
        return store(to_store(clocks, outbreak=outbreak, by=by, at=at, complete=False), by=by, at=at).total
