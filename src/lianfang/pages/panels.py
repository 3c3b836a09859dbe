"""Panels: what a room shows on the page of another room's thing, as plain data that the room declares.

The page of a person belongs to the register; which cases, contacts and measures there are of them is known further to
the right. Each of those rooms declares a panel for the subject ``person``, and the page shows them as tabs::

    PANELS = (
        Panel(
            code="measures",
            subject="person",
            title=Text("管控措施", "Measures"),
            permission="measure.view",
            content="lianfang.measures.views:person_panel",
            order=40,
        ),
    )

Nothing here imports Django at declaration. Where the house's panels stand is said in one place (`panels_for`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from lianfang.kernel.text import Text


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


@dataclass(frozen=True)
class Panel:
    """One tab of the page of a thing.

    Attributes
    ----------
    code : str
        Unique on the page; stands in the address as ``?tab=``.
    subject : str
        The kind of thing on whose page it stands: ``person``, ``case``, ``contact``.
    title : Text
        On the tab.
    permission : str
        Who sees the tab and may open it.
    content : str
        ``dotted.module:function`` of a `Show`.
    order : int
        Smaller stands further to the left; equal ones by their codes.
    """

    code: str
    subject: str
    title: Text
    permission: str
    content: str
    order: int = 100


def panels_for(subject: str) -> tuple[Panel, ...]:
    """Return the panels that the house shows for a kind of thing, in their order.

    They are declared by the rooms, at the dotted paths of the setting ``LIANFANG_PANELS``: this is the one place that
    knows where.

    Raises
    ------
    ValueError
        When two panels of one page have the same code.
    """
    from django.conf import settings

    found = [panel for path in settings.LIANFANG_PANELS for panel in named(path) if panel.subject == subject]
    return in_order(found)


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


def named(path: str) -> Any:
    """Return what stands at ``dotted.module:name``."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
