"""What people do with clocks, as plans (`lianfang.records.acts` carries them out)."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from lianfang.records.core.acts import Answer, Asked, Renewals
from lianfang.records.core.clocks import held


def stop(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Stop clocks, because what they limit is done."""
    values = {"done_at": asked.at, "done_by_id": asked.by}
    return [values if row.done_at is None else None for row in rows]


def pause(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Let clocks stand still, with a reason, which stands on them."""
    values = {"paused_at": asked.at, "pause_reason": asked.note}
    return [None if row.done_at or row.paused_at else values for row in rows]


def resume(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Let paused clocks go on: each is due as much later as it stood still, to the full second."""

    def go_on(row: Any) -> Answer:
        if row.done_at or row.paused_at is None:
            return None
        seconds = math.ceil(held([(row.paused_at, max(asked.at, row.paused_at))]).total_seconds())
        return {
            "paused_at": None,
            "pause_reason": "",
            "held_seconds": row.held_seconds + seconds,
            "due": row.due + dt.timedelta(seconds=seconds),
        }

    return [go_on(row) for row in rows]


def escalate(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Hand clocks to somebody above, a unit or a role that the note names; they run on."""
    whom = asked.note[:80]
    values = {"escalated_at": asked.at, "escalated_to": whom}
    return [None if row.done_at or row.escalated_to == whom else values for row in rows]


def said(clock: Any) -> list[Any]:
    """Return what counts of a clock for whoever stops it."""
    return [
        clock.starts.timestamp(),
        clock.due.timestamp(),
        clock.rule,
        clock.done_at is not None,
        clock.paused_at is not None,
    ]


def is_renewed(clock: Any, renewals: Renewals) -> bool:
    """Tell whether a response started or moved clocks of the subject since."""
    return clock.subject in renewals.named
