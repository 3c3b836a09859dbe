"""The door to changing clocks: they follow the facts while they run; people pause, resume and escalate them."""

import datetime as dt
import math
from collections.abc import Callable, Iterable
from typing import Any, cast

import polars as pl

from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.services import need
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.records.batches import in_batches
from lianfang.records.changes import ChangedRow, record_change
from lianfang.records.core.clocks import held
from lianfang.records.models import Change, Clock
from lianfang.records.proposals import Differences, Kept, compare

CLOCKS = Kept(
    Clock,
    key=("subject_kind", "subject", "clock"),
    open=("matter", "jurisdiction", "starts", "due", "rule"),
    undecided={"done_at": None},
    may_go={"done_at": None},
    also=("held_seconds",),
    kind="records.clock",
    act="clock.start",
)
"""A clock that was stopped stays as it was stopped; one that runs, or is paused, moves with its start."""


def compare_clocks(clocks: pl.DataFrame, *, kind: str, matter: str, told: pl.DataFrame | None = None) -> Differences:
    """Compare the clocks of one kind of subject with those that are stored; nothing is written.

    Parameters
    ----------
    clocks : pl.DataFrame
        ``subject, jurisdiction, clock, starts, due, rule``; times naive and local, `due` as the rule gives it. How long
        a stored clock was paused is added here.
    kind : str
        Label of the model of the subjects, such as ``cases.case``.
    matter : str
        Code of what all of them belong to.
    told : pl.DataFrame, optional
        A column ``subject``: those whose clocks all are here, so that others of theirs go; see `proposals.compare`.
    """
    stored = CLOCKS.stored(Clock.unscoped.filter(subject_kind=kind, matter=matter))
    paused = stored.filter(pl.col("held_seconds") > 0).select("subject", "clock", "held_seconds")
    rows = clocks.join(paused, on=["subject", "clock"], how="left", maintain_order="left").select(
        pl.lit(kind).alias("subject_kind"),
        "subject",
        pl.lit(matter).alias("matter"),
        "jurisdiction",
        "clock",
        "starts",
        pl.col("due") + pl.duration(seconds=pl.col("held_seconds").fill_null(0)),
        "rule",
    )
    return compare(CLOCKS, rows, stored, told=told, about={"outbreak": matter})


def pause_clocks(*, ids: Iterable[int], by: Account, at: dt.datetime, reason: str) -> Change:
    """Let clocks stand still, with a reason; `records.changes.undo_change` takes it back.

    Parameters
    ----------
    ids : iterable of int
        Keys of clocks inside the account's scope; those that stand still already, or are done, stay as they are.
    by : Account
        Needs ``clock.pause``.
    at : datetime
        Aware; from when it stands still.
    reason : str
        Why. It stands on the clock.

    Raises
    ------
    Refused
        Without a reason, when none of them runs, or one lies outside the account's scope.
    """
    need(by, "clock.pause")
    why = _needed(reason, Text("暂停时限须写明理由", "write the reason why the clock is paused"))
    none_left = Text("所选时限均未在计时，请刷新页面", "none of these clocks is running; reload the page")
    return _change(
        ids,
        lambda one: None if one.paused_at else {"paused_at": at, "pause_reason": why},
        none_left,
        act="clock.pause",
        by=by,
        at=at,
    )


def resume_clocks(*, ids: Iterable[int], by: Account, at: dt.datetime) -> Change:
    """Let paused clocks go on: each is due as much later as it stood still, to the full second.

    Parameters
    ----------
    ids : iterable of int
        Keys of clocks inside the account's scope; those that are not paused stay as they are.
    by : Account
        Needs ``clock.pause``.
    at : datetime
        Aware; from when it goes on.

    Raises
    ------
    Refused
        When none of them is paused, or one lies outside the account's scope.
    """
    need(by, "clock.pause")

    def go_on(one: Clock) -> dict[str, Any] | None:
        if one.paused_at is None:
            return None
        seconds = math.ceil(held([(one.paused_at, max(at, one.paused_at))]).total_seconds())
        return {
            "paused_at": None,
            "pause_reason": "",
            "held_seconds": one.held_seconds + seconds,
            "due": one.due + dt.timedelta(seconds=seconds),
        }

    none_left = Text("所选时限均未暂停，请刷新页面", "none of these clocks is paused; reload the page")
    return _change(ids, go_on, none_left, act="clock.resume", by=by, at=at)


def escalate_clocks(*, ids: Iterable[int], by: Account, at: dt.datetime, to: str) -> Change:
    """Hand clocks to somebody above, who is named; they run on.

    Parameters
    ----------
    ids : iterable of int
        Keys of clocks inside the account's scope; those handed to the same before, or done, stay as they are.
    by : Account
        Needs ``clock.escalate``.
    at : datetime
        Aware.
    to : str
        A unit or a role, in words.

    Raises
    ------
    Refused
        When nobody is named, none is left to hand on, or one lies outside the account's scope.
    """
    need(by, "clock.escalate")
    whom = _needed(to, Text("请写明上报给谁", "write to whom it is escalated"))[:80]
    none_left = Text(
        "所选时限均已办结或已上报，请刷新页面", "these clocks are done or escalated already; reload the page"
    )
    return _change(
        ids,
        lambda one: None if one.escalated_to == whom else {"escalated_at": at, "escalated_to": whom},
        none_left,
        act="clock.escalate",
        by=by,
        at=at,
    )


def _needed(text: str, refusal: Text) -> str:
    said = text.strip()[:200]
    if not said:
        raise Refused(refusal)
    return said


def _change(
    ids: Iterable[int],
    values: Callable[[Clock], dict[str, Any] | None],
    none_left: Text,
    *,
    act: str,
    by: Account,
    at: dt.datetime,
) -> Change:
    """Change the clocks that are not done and for which `values` gives something, and keep what stood there before."""
    wanted = sorted(set(ids))
    with writing():
        scoped = Clock.objects.within(scope_of(by))
        found = cast("list[Clock]", [one for part in in_batches(wanted) for one in scoped.filter(pk__in=part)])
        if len(found) < len(wanted):
            raise Refused(
                Text("其中的时限不在您的辖区内，未作改动", "one of the clocks is not in your area; nothing was changed")
            )
        rows: list[ChangedRow] = []
        changed: list[Clock] = []
        for one in found:
            after = None if one.done_at else values(one)
            if after is None:
                continue
            before = {name: getattr(one, name) for name in after}
            rows.append({"model": "records.Clock", "pk": one.pk, "before": before, "after": after})
            for name, value in after.items():
                setattr(one, name, value)
            changed.append(one)
        if not rows:
            raise Refused(none_left)
        Clock.unscoped.bulk_update(changed, list(rows[0]["after"]), batch_size=200)
        return record_change(by=by, at=at, act=act, rows=rows)
