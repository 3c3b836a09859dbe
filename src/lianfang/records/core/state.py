"""In which state a clock is: it follows from `due`, `done_at`, `paused_at` and the time, and is never stored."""

from lianfang.kernel.where import AT, W, Where

DONE = W("done_at").not_null()
"""Somebody stopped it."""

PAUSED = ~DONE & W("paused_at").not_null()
"""It stands still, and is not due meanwhile."""

OVERDUE = ~DONE & ~PAUSED & W("due").le(AT)
"""It runs, and it is due: at its due time a clock is overdue."""

RUNNING = ~DONE & ~PAUSED & W("due").gt(AT)
"""It runs, and is not due yet."""

STATES: dict[str, Where] = {"running": RUNNING, "overdue": OVERDUE, "paused": PAUSED, "done": DONE}
"""The states of a clock at ``at``: of a clock with `due` exactly one holds."""
