"""The door to reading what is known of the presences that are kept."""

from typing import TYPE_CHECKING, Literal

from lianfang.kernel.errors import Refused
from lianfang.presences import keeping

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Run

Known = Literal["same", "changed", "not_noted", "unreadable"]
"""What the last tracing knew of the presences that are kept now."""


def presences_since(run: "Run") -> Known:
    """Tell whether tracing knew the presences that are kept now; asks the database nothing.

    Parameters
    ----------
    run : Run
        The last of its outbreak.

    Returns
    -------
    {"same", "changed", "not_noted", "unreadable"}
        ``not_noted``: an earlier version did not note what it traced. ``unreadable``: the store cannot be read now.
    """
    if not run.presences:
        return "not_noted"
    try:
        return "same" if keeping.content() == run.presences else "changed"
    except (OSError, Refused):
        return "unreadable"
