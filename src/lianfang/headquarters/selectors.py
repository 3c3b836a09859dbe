"""The door to reading clocks, and the numbers of the command page: each is the count of a list on another page."""

import datetime as dt
from typing import Any, Literal, cast

import polars as pl
from django.db.models import QuerySet

from lianfang.access.frames import frame_of
from lianfang.access.scope import Scope
from lianfang.headquarters.models import Clock
from lianfang.kernel.vocabulary import Classification

ClockState = Literal["running", "overdue", "done"]
CLOCK_STATES: tuple[ClockState, ...] = ("running", "overdue", "done")


def clock_rows(scope: Scope, *, outbreak: str | None = None) -> QuerySet[Clock]:
    """Return the clocks inside a scope with case, area and who stopped them, what is due next first.

    The clocks of a case whose diagnosis was excluded are left out: nothing is due there any more.
    """
    rows = Clock.objects.within(scope).select_related("case__outbreak", "jurisdiction", "done_by")
    rows = rows.exclude(case__classification=Classification.EXCLUDED.value)
    if outbreak is not None:
        rows = rows.filter(case__outbreak_id=outbreak)
    return cast("QuerySet[Clock]", rows.order_by("due", "case_id", "clock"))


def in_state(rows: QuerySet[Any], state: str, at: dt.datetime) -> QuerySet[Any]:
    """Keep the clocks in a state, which follows from `due`, `done_at` and the time `at` (aware)."""
    if state == "done":
        return rows.filter(done_at__isnull=False)
    running = rows.filter(done_at__isnull=True)
    return running.filter(due__lt=at) if state == "overdue" else running.filter(due__gte=at)


def clocks_of_case(case_id: str, scope: Scope) -> QuerySet[Clock]:
    """Return the clocks of one case inside a scope, in the order in which they are due."""
    return clock_rows(scope).filter(case_id=case_id)


_FRAME: dict[str, tuple[str, pl.DataType]] = {
    "case_id": ("case_id", pl.String()),
    "clock": ("clock", pl.String()),
    "starts": ("starts", pl.Datetime("us")),
    "due": ("due", pl.Datetime("us")),
    "rule": ("rule", pl.String()),
    "done_at": ("done_at", pl.Datetime("us")),
    "jurisdiction": ("jurisdiction_id", pl.String()),
}


def clocks_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return the clocks of an outbreak's cases as a frame, sorted by case, due and clock; times naive and local.

    Returns
    -------
    pl.DataFrame
        ``case_id, clock, starts, due, rule``, as `core.clocks.case_clocks`, then ``done_at`` (empty: it runs) and
        ``jurisdiction``.
    """
    return frame_of(clock_rows(scope, outbreak=outbreak).order_by("case_id", "due", "clock"), _FRAME)
