"""Panels: what a room shows on the page of another room's thing, as plain data that the room declares.

The page of a person belongs to the register; which cases, contacts and measures there are of them is known further to
the right. Each of those rooms declares a panel for the subject ``registry.person``, and the page shows them as tabs
(`pages.objectpage`)::

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

They stand in the room's `room.py`. A panel may stand on the tab of another (``tab=``), or above all tabs
(``above=True``). A table of many rows shows a sheet of them (`sheet_of`), so that the page stays short.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator

from lianfang.house import declared
from lianfang.kernel.declare import Panel

Asked = TypeVar("Asked")

ROWS_A_SHEET = 15
"""Rows of a table on a tab; the next ones are a page further, all of them in the list that the tab leads to."""

ROWS_AT_MOST = 100
"""Rows of a table that has no pages; the rest stands in a list of its own."""

ROWS_IN_PRINT = 2000
"""Rows of a table where all tabs stand on one page, to be printed."""

WHOLE = "all"
"""Stands in the address as ``?tab=`` where all tabs stand one below the other."""


@dataclass(frozen=True)
class Content:
    """What stands in a panel: a template with what it needs.

    Attributes
    ----------
    keys : tuple of str
        Keys of the rows that are shown, for the audit trail.
    named : mapping
        What else the audit trail names of what is shown, by what it is: ``people`` to their ids.
    count : int or None
        Stands in brackets after the heading of a section.
    heading : bool
        Whether a section gets the panel's title as its heading; without, the template brings its own, or needs none.
    scripts : tuple of str
        Modules that the page loads for it, as ``static`` takes them.
    wide : bool
        Whether a section above the tabs needs the whole width, such as a map.
    """

    template: str
    context: Mapping[str, Any]
    keys: tuple[str, ...] = ()
    named: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    count: int | None = None
    heading: bool = True
    scripts: tuple[str, ...] = ()
    wide: bool = False


Show = Callable[[Any, str], Content | str]
"""The request (`ScopedRequest`) and the key of the thing to the content of a panel, or to HTML that is ready.

A section for which there is nothing to show gives an empty text, and is left out.
"""


def is_whole(request: Any) -> bool:
    """Tell whether all tabs stand on one page, as they are printed."""
    return bool(request.GET.get("tab") == WHOLE)


def sheet_of(request: Any, rows: Any, *, name: str = "page") -> Page[Any]:
    """Return the rows of a table that the address asks for, by ``?page=``; on the page to be printed, all.

    Parameters
    ----------
    rows : QuerySet or sequence
        Sorted.
    name : str
        Of the number in the address, where a tab has several tables.
    """
    size = ROWS_IN_PRINT if is_whole(request) else ROWS_A_SHEET
    return Paginator(rows, size).get_page(1 if is_whole(request) else request.GET.get(name))


def begin_page(request: Any) -> None:
    """Begin a page, or a part of one, anew: what was asked with `once` before does not count any more."""
    request.asked_once = {}


def once(request: Any, what: str, ask: Callable[[], Asked]) -> Asked:
    """Return what several panels of a page need, such as the thing itself; it is asked for once a page.

    Parameters
    ----------
    what : str
        Names the question with its key, such as ``case AH2021-0001``. Outside of a page it is asked each time.
    """
    known: dict[str, Any] | None = getattr(request, "asked_once", None)
    if known is None:
        return ask()
    if what not in known:
        known[what] = ask()
    return known[what]  # type: ignore[no-any-return]


def asked(request: Any, what: str) -> Any:
    """Return what `once` was asked for on this page; None where nothing on it asked."""
    return getattr(request, "asked_once", {}).get(what)


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
