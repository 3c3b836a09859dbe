"""Panels: what a room shows on the page of another room's thing, as plain data that the room declares.

The page of a person belongs to the register; which cases, contacts and measures there are of them is known further to
the right. Each of those rooms declares a panel for the subject ``person``, and the page shows them as tabs::

    panels=(
        Panel(
            code="measures",
            subject="registry.person",
            title=Text("管控措施", "Measures"),
            permission="measure.view",
            content="lianfang.measures.views:person_panel",
            order=40,
        ),
    )

They stand in the room's `room.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lianfang.house import declared
from lianfang.kernel.declare import Panel


@dataclass(frozen=True)
class Content:
    """What stands in a panel: a template with what it needs.

    Attributes
    ----------
    keys : tuple of str
        Keys of the rows that are shown, for the audit trail.
    """

    template: str
    context: Mapping[str, Any]
    keys: tuple[str, ...] = ()


Show = Callable[[Any, str], Content | str]
"""The request (`ScopedRequest`) and the key of the thing to the content of a panel, or to HTML that is ready."""


def declared_panels() -> tuple[Panel, ...]:
    """Return every panel that a room of the house declares."""
    return tuple(panel for room in declared().values() for panel in room.panels)


def panels_for(subject: str) -> tuple[Panel, ...]:
    """Return the panels that the house shows for a kind of thing, in their order.

    Raises
    ------
    ValueError
        When two panels of one page have the same code.
    """
    return in_order(panel for panel in declared_panels() if panel.subject == subject)


def in_order(panels: Any) -> tuple[Panel, ...]:
    """Return panels as the tabs stand.

    Raises
    ------
    ValueError
        When two have the same code.
    """
    found = sorted(panels, key=lambda panel: (panel.order, panel.code))
    codes = [panel.code for panel in found]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ValueError(f"two panels have the code {', '.join(twice)}")
    return tuple(found)
