"""Whether what is proposed now is what was decided upon."""

from typing import Any

_COMPARED = ("kind", "place_class", "start", "end", "test_dates")


def proposal_changes(basis: dict[str, Any], proposed: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what is proposed now, where it differs from the proposal that a decision was made upon.

    Parameters
    ----------
    basis, proposed : dict
        As `orders.Order.as_json`; `proposed` is None where nothing is proposed any more.

    Returns
    -------
    dict or None
        The proposal; ``{"withdrawn": True}`` where there is none any more; None where nothing differs.
    """
    if proposed is None:
        return {"withdrawn": True}
    return None if all(basis[name] == proposed[name] for name in _COMPARED) else proposed
