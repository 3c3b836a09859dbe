"""What people decide about outbreaks, as plans (see `lianfang.records.acts`)."""

from collections.abc import Sequence
from typing import Any

from lianfang.access.times import to_local
from lianfang.kernel.text import Text
from lianfang.records.core.acts import Answer, Asked

_EARLIER = Text("疫情的开始日期晚于今天，请先改正", "it begins after today: correct that day first")


def close(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Close those that are open, on the local day of asking."""
    today = to_local(asked.at).date()
    return [_closed(row, today) for row in rows]


def _closed(row: Any, today: Any) -> Answer:
    if row.ended_on is not None:
        return None
    return _EARLIER if row.started_on > today else {"ended_on": today}


def reopen(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Open those again that are closed."""
    return [None if row.ended_on is None else {"ended_on": None} for row in rows]


def said(row: Any) -> list[Any]:
    """Return what counts of an outbreak for whoever decides."""
    return [row.playbook, list(row.overlays), str(row.ended_on or "")]
