"""In which state a clock is: it follows from `due`, `done_at` and the time, and is never stored."""

from lianfang.kernel.where import AT, W, Where

DONE = W("done_at").not_null()
"""Somebody stopped it."""

OVERDUE = ~DONE & W("due").le(AT)
"""It runs, and it is due."""

RUNNING = ~DONE & W("due").gt(AT)
"""It runs, and is not due yet."""

STATES: dict[str, Where] = {"running": RUNNING, "overdue": OVERDUE, "done": DONE}
"""The states of a clock at ``at``: of a clock with `due` exactly one holds."""
