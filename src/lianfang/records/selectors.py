"""The door to reading what was done, and how clocks stand."""

import datetime as dt
from typing import Any, Literal

from django.db.models import QuerySet

from lianfang.access.models import Account
from lianfang.records.models import Change

ClockState = Literal["running", "overdue", "paused", "done"]
CLOCK_STATES: tuple[ClockState, ...] = ("running", "overdue", "paused", "done")
"""Every clock is in one of them."""


def last_changes(account: Account, *, limit: int = 20) -> QuerySet[Change]:
    """Return the account's own last changes, newest first."""
    return Change.objects.filter(by=account)[:limit]


def in_state(rows: QuerySet[Any], state: str, at: dt.datetime) -> QuerySet[Any]:
    """Keep the clocks in a state, which follows from `due`, `paused_at`, `done_at` and the time `at` (aware).

    At its due time a clock is overdue. One that is paused is not; what is done is done, paused before or not.
    """
    if state == "done":
        return rows.filter(done_at__isnull=False)
    open_ones = rows.filter(done_at__isnull=True)
    if state == "paused":
        return open_ones.filter(paused_at__isnull=False)
    running = open_ones.filter(paused_at__isnull=True)
    return running.filter(due__lte=at) if state == "overdue" else running.filter(due__gt=at)
