"""What people do with clocks, as plans (`lianfang.records.acts` carries them out)."""

from collections.abc import Sequence
from typing import Any

from lianfang.records.core.acts import Answer, Asked, Renewals


def stop(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Stop clocks, because what they limit is done."""
    values = {"done_at": asked.at, "done_by_id": asked.by}
    return [values if row.done_at is None else None for row in rows]


def said(clock: Any) -> list[Any]:
    """Return what counts of a clock for whoever stops it."""
    return [clock.starts.timestamp(), clock.due.timestamp(), clock.rule, clock.done_at is not None]


def is_renewed(clock: Any, renewals: Renewals) -> bool:
    """Tell whether a response started or moved clocks of the case since."""
    return clock.case_id in renewals.named
