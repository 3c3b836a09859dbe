"""In which state an outbreak is: it follows from the day on which it was closed, and is never stored."""

from lianfang.kernel.where import W, Where

CLOSED = W("ended_on").not_null()
"""Somebody closed it."""

OPEN = ~CLOSED
"""It is answered."""

STATES: dict[str, Where] = {"open": OPEN, "closed": CLOSED}
"""Exactly one holds."""
