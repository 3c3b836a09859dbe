"""The door to reading what was done, and how clocks stand."""

import datetime as dt
from typing import Any, Literal

from django.db.models import QuerySet

from lianfang.access.models import Account
from lianfang.records.core.state import STATES
from lianfang.records.models import Change
from lianfang.records.where import as_q

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
    return rows.filter(as_q(STATES[state], at=at))
