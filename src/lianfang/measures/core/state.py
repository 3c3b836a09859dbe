"""In which state a measure is: it follows from kind, decision, dates and release, and is never stored.

Each state, and whatever else is asked of measures, is one predicate (`lianfang.kernel.where`). Badges ask it of a row,
selectors of the database, figures of either.
"""

import datetime as dt

import polars as pl

from lianfang.kernel.vocabulary import Category, Decision, MeasureKind, Word
from lianfang.kernel.where import AT, DAY, Names, W, Where, absent


class MeasureState(Word):
    """Where a measure stands at a moment."""

    PROPOSED = "proposed", "待定", "Proposed"
    REFUSED = "refused", "不采纳", "Refused"
    PLANNED = "planned", "已下达、未开始", "Ordered, not begun"
    IN_FORCE = "in_force", "执行中", "In force"
    OVER = "over", "已期满、未解除", "Over, not released"
    RELEASED = "released", "已解除", "Released"
    NONE = "none", "无需措施", "No measure required"


ISOLATING = (MeasureKind.HOSPITAL_ISOLATION, MeasureKind.CENTRAL_QUARANTINE, MeasureKind.HOME_QUARANTINE)
"""The measures under which a person meets nobody."""

_TOMORROW = DAY + dt.timedelta(days=1)
_ACCEPTED = W("decision").eq(Decision.ACCEPTED)
_RELEASED = W("released_at").le(AT)  # a release that lies after it has not happened yet
_ORDERED = _ACCEPTED & ~_RELEASED
_ASKS = W("kind").ne(MeasureKind.NONE)
RUNNING = _ASKS & ~_RELEASED & W("start").le(AT) & (W("end").null() | W("end").gt(AT))
"""It asks for something, has begun and is neither over nor released, whether anybody ordered it or not."""

PROPOSED = W("decision").eq(Decision.PROPOSED)
"""Nobody has decided yet."""
REFUSED = W("decision").eq(Decision.REFUSED)
COUNTED = ~REFUSED
"""Nobody refused it."""
RELEASED = _ACCEPTED & _RELEASED
NO_MEASURE = _ORDERED & W("kind").eq(MeasureKind.NONE)
"""Decided: nothing is asked of the person."""
PLANNED = _ORDERED & _ASKS & W("start").gt(AT)
IN_FORCE = _ACCEPTED & RUNNING
"""Ordered, begun, neither over nor released, and asking for something."""
OVER = _ORDERED & _ASKS & W("start").le(AT) & W("end").le(AT)
"""Ordered, its end has passed, and nobody released the person yet."""
ENDING_ON = COUNTED & _ASKS & W("released_at").null() & W("end").gt(DAY.midnight()) & W("end").le(_TOMORROW.midnight())
"""Its last day is ``day``, by the midnight that closes it, and nobody released the person."""
TEST_ON = COUNTED & W("test_dates").has_day(DAY) & ~W("released_at").le(DAY.midnight())
"""A test is due on ``day``; refused and released ones are left out."""
WAITING = PROPOSED & _ASKS
"""Nobody has decided yet, and it asks for something."""
ENDED = RELEASED & _ASKS
_ISOLATES = W("kind").is_in([kind.value for kind in ISOLATING])
_OF_CASE = W("category").eq(Category.CASE)
OBSERVED = IN_FORCE & _ISOLATES & ~_OF_CASE
"""Somebody who is no case is isolated at the moment."""
RELEASED_ON = RELEASED & _ISOLATES & ~_OF_CASE & W("released_at").ge(DAY.midnight())
"""Somebody who is no case was released from isolation on ``day``, up to the moment."""
CASE_RELEASED = RELEASED & _ISOLATES & _OF_CASE
DIFFERS = W("new_proposal").not_null()
"""Decided, and something else is proposed now."""

STATES: tuple[tuple[MeasureState, Where], ...] = (
    (MeasureState.PROPOSED, PROPOSED),
    (MeasureState.REFUSED, REFUSED),
    (MeasureState.RELEASED, RELEASED),
    (MeasureState.NONE, NO_MEASURE),
    (MeasureState.PLANNED, PLANNED),
    (MeasureState.IN_FORCE, IN_FORCE),
    (MeasureState.OVER, OVER),
)
"""The states of a measure at ``at``: of a measure with kind, decision and start exactly one holds."""


def state_of(
    *,
    kind: str,
    decision: str,
    start: dt.datetime,
    end: dt.datetime | None,
    released_at: dt.datetime | None,
    at: dt.datetime,
) -> MeasureState:
    """Return the state of one measure at a moment; all times naive, or all aware.

    Raises
    ------
    ValueError
        When `decision` is none of `lianfang.kernel.vocabulary.Decision`.
    """
    row = {"kind": kind, "decision": decision, "start": start, "end": end, "released_at": released_at}
    for state, where in STATES:
        if where.holds(row, at=at):
            return state
    raise ValueError(f"a measure has no decision {decision!r}")


def frame_names(measures: pl.DataFrame) -> Names:
    """Return where a frame of measures holds the fields of the predicates.

    Parameters
    ----------
    measures : pl.DataFrame
        The kind is ``measure`` there. Without ``decision``, as in a run over files, whatever is proposed counts as
        ordered; without ``released_at`` nobody is released.
    """
    return {"kind": "measure", **absent(measures, decision=Decision.ACCEPTED.value, released_at=None, category=None)}


def in_force(measures: pl.DataFrame, *, at: dt.datetime) -> pl.DataFrame:
    """Keep the measures in force.

    Parameters
    ----------
    measures : pl.DataFrame
        ``measure, start, end``; ``decision`` and ``released_at`` as for `frame_names`.
    at : datetime.datetime
        Naive local.
    """
    return measures.filter(IN_FORCE.polars(names=frame_names(measures), at=at))
