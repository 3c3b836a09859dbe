"""The door to changing clocks: start them from what the playbook decides, stop them when the work is done."""

import datetime as dt
from collections.abc import Iterable

import polars as pl
from django.db.models import QuerySet

from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of
from lianfang.access.services import need
from lianfang.access.turns import writing
from lianfang.cases.selectors import cases_frame
from lianfang.headquarters.selectors import CASE
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
from lianfang.records.changes import ChangedRow, record_change
from lianfang.records.clocks import compare_clocks
from lianfang.records.models import Change, Clock
from lianfang.records.proposals import Differences, Written, write


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
                "model": "records.Clock",
                "pk": pk,
                "before": {"done_at": None, "done_by": None},
                "after": {"done_at": at, "done_by": by.pk},
            }
            for pk in running
        ]
        return record_change(by=by, at=at, act="clock.stop", rows=rows)
