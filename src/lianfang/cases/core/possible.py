"""Which times of a case can be meant: a mistyped year is refused with what is possible."""

import datetime as dt
from collections.abc import Mapping

from lianfang.kernel.text import Text

EARLIEST_DAYS = 180
"""Days before an outbreak began that a time of one of its cases may lie: a year that is mistyped lies further off."""

EARLIEST_NEGATIVE_DAYS = 1_095
"""The same for a last negative sample, which may be old."""


def earliest_of(name: str, began: dt.date) -> dt.date:
    """Return the first day that a time of a case may have."""
    days = EARLIEST_NEGATIVE_DAYS if name == "last_negative_at" else EARLIEST_DAYS
    return began - dt.timedelta(days=days)


def impossible_times(
    times: Mapping[str, dt.datetime | None], *, began: dt.date | None, born: dt.date | None
) -> dict[str, Text]:
    """Find times that cannot be meant: before the person was born, or long before the outbreak began.

    Parameters
    ----------
    times : mapping
        By field, naive local.
    began : date or None
        When the outbreak began.
    born : date or None
        Birth date of the person, where it is known.

    Returns
    -------
    dict of str to Text
        By field, what is wrong and what is possible.
    """
    problems: dict[str, Text] = {}
    for name, moment in times.items():
        if moment is None:
            continue
        if born is not None and moment.date() < born:
            problems[name] = Text(
                f"早于出生日期（{born}），请核对年份", f"this lies before the birth date ({born}): check the year"
            )
        elif began is not None and moment.date() < (first := earliest_of(name, began)):
            problems[name] = Text(
                f"{moment:%Y-%m-%d} 远早于本起疫情的开始（{began}），最早可填 {first}：请核对年份",
                f"{moment:%Y-%m-%d} lies long before the outbreak began ({began}); {first} and later is possible: "
                "check the year",
            )
    return problems
