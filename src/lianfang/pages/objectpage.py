"""The page of one thing, written once: its name, badges, buttons and facts, and panels that several rooms fill.

    class PersonPage(ObjectPage):
        subject = "registry.person"

        def prepare(self) -> None:
            self.card = person_card(self.key, self.request.scope, self.request.account.role)  # or Http404

        def get_title(self) -> str:
            return self.card.name

Of the panels (`pages.panels`) the reader sees those that their role may open. Some stand above, beside the facts: the
state of the thing, and what is late. The others are tabs, and a tab may hold panels of several rooms. Only the one that
is open is asked for, so that a room more costs the others nothing. Each tab has an address (``?tab=``): without scripts
a tab is a link, with them only the part below the tabs is loaded. The tabs are links in a list that says which one is
open: so they work with the keyboard and are told by a screen reader without a script. ``?tab=all`` shows every tab one
below the other, as it is printed.

What is decided on a tab is sent with the part as its target, and comes back as that part: the page stays where it is.
Beside the page's own buttons stand those that rooms offer (`pages.offers`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views import View

from lianfang.access.core.roles import may
from lianfang.access.rules import record_refusal
from lianfang.kernel.declare import Panel, load_named
from lianfang.pages.acting import PART
from lianfang.pages.formpage import Read, record_read
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.offers import offers_for
from lianfang.pages.panels import WHOLE, Content, begin_page, in_order, is_whole, panels_for
from lianfang.pages.sections import Section, named_in, scripts_of, sections_of


@dataclass(frozen=True)
class Action:
    """A button beside the name: it leads to the page on which something is done with the thing."""

    label: Any
    url: str
    permission: str
    tone: Literal["plain", "primary", "danger"] = "plain"


@dataclass(frozen=True)
class Tab:
    """A tab as it stands on the page.

    Attributes
    ----------
    panel : Panel
        The one that names it.
    panels : tuple of Panel
        All that stand on it, in order.
    waiting : int
        How much waits there for the reader's decision.
    """

    panel: Panel
    panels: tuple[Panel, ...]
    waiting: int = 0


class ObjectPage(View):
    """The page of one thing. Name its `subject`, write `prepare` and `get_title`, and what else it shows.

    Attributes
    ----------
    subject : str
        The kind of thing; by it the panels are found, and the reading stands in the audit trail.
    key_name : str
        Name of the route's argument that holds the key.
    template_name : str
        One that extends ``pages/object.html``.
    """

    http_method_names: list[str] = ["get", "head"]

    subject: ClassVar[str]
    key_name: ClassVar[str] = "key"
    template_name: ClassVar[str] = "pages/object.html"
    request: ScopedRequest

    # What a room writes.

    def prepare(self) -> None:
        """Look up the thing inside `self.request.scope`; raise `Http404` where it is not there."""
        raise NotImplementedError

    def get_title(self) -> str:
        """Return the heading."""
        raise NotImplementedError

    def get_badges(self) -> Sequence[Any]:
        """Return the badges beside the heading (`pages.parts.badge`)."""
        return ()

    def get_actions(self) -> Sequence[Action]:
        """Return the buttons; those whose permission the reader's role lacks are left out."""
        return ()

    def get_facts(self) -> Sequence[tuple[Any, Any]]:
        """Return what is known, as pairs of label and value."""
        return ()

    def get_panels(self) -> Sequence[Panel]:
        """Return the panels: those that the house declares for the subject."""
        return panels_for(self.subject)

    def get_context(self) -> dict[str, Any]:
        """Return what else the page's template needs; not asked for when only a tab is loaded."""
        return {}

    def get_read(self) -> dict[str, Any]:
        """Return what else the audit trail says of the reading, beside what the panels name."""
        return {}

    # What happens.

    @property
    def key(self) -> str:
        """The key of the thing, as it stands in the address."""
        return str(self.kwargs[self.key_name])

    @property
    def is_part(self) -> bool:
        """Whether only the tabs are asked for, and the one that is open."""
        htmx = getattr(self.request, "htmx", None)
        return bool(htmx and htmx.target == PART and not htmx.history_restore_request)

    def get(self, request: ScopedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        begin_page(request)
        self.prepare()
        partial = self.is_part
        panels = in_order(self.get_panels())
        tabs = self._tabs(panels)
        opened = self._opened(panels, tabs)
        above = [] if partial else sections_of(request, (panel for panel in panels if panel.above), self.key)
        shown = sections_of(request, (panel for tab in opened for panel in tab.panels), self.key)
        detail: dict[str, Any] = self.get_read() | named_in([*above, *shown])
        if opened:
            detail["tab"] = WHOLE if is_whole(request) else opened[0].panel.code
        record_read(request, Read(self.subject, self.key, detail))
        context: dict[str, Any] = {
            "tabs": tabs,
            "opened": opened[0].panel if opened and not is_whole(request) else None,
            "whole": WHOLE,
            "is_whole": is_whole(request),
            "sections": shown,
            "part": PART,
            "partial": partial,
            "scripts": scripts_of([*above, *shown]),
        }
        if not partial:
            context |= self._head(above)
        response = render(request, "pages/object_partial.html" if partial else self.template_name, context)
        response["Vary"] = "HX-Request, HX-Target"
        return response

    def _head(self, above: Sequence[Section]) -> dict[str, Any]:
        """Return what stands above the tabs."""
        actions = [one for one in self.get_actions() if may(self.request.account.role, one.permission)]
        offers = offers_for(self.request, self.subject, self.key)
        return {
            "title": self.get_title(),
            "badges": self.get_badges(),
            "actions": [*actions, *(Action(one.label, one.url, one.permission) for one in offers)],
            "facts": self.get_facts(),
            "beside": [one for one in above if not one.wide],
            "wide": [one for one in above if one.wide],
            **self.get_context(),
        }

    def _tabs(self, panels: Sequence[Panel]) -> list[Tab]:
        """Return the tabs that the reader may open, each with the panels on it that are for them."""
        codes = {panel.code for panel in panels if not panel.above and not panel.tab}
        allowed = [one for one in panels if not one.above and may(self.request.account.role, one.permission)]
        on: dict[str, list[Panel]] = {}
        for panel in allowed:
            # On a tab that is not there, since its room was taken away, it has one of its own.
            on.setdefault(panel.tab if panel.tab in codes else panel.code, []).append(panel)
        first = [(next((one for one in found if one.code == code), found[0]), found) for code, found in on.items()]
        return [Tab(named, tuple(found), self._waiting(found)) for named, found in first]

    def _waiting(self, panels: Sequence[Panel]) -> int:
        return sum(load_named(one.waiting)(self.request, self.key) for one in panels if one.waiting)

    def _opened(self, panels: Sequence[Panel], tabs: Sequence[Tab]) -> list[Tab]:
        """Return the tab that the address asks for, else the first; all where it asks for all."""
        if is_whole(self.request):
            return list(tabs)
        asked = self.request.GET.get("tab", "")
        found = next((tab for tab in tabs if any(one.code == asked for one in tab.panels)), None)
        hidden = next((one for one in panels if one.code == asked and not one.above), None)
        if found is None and hidden is not None:
            record_refusal(self.request, hidden.permission)
            raise PermissionDenied(hidden.permission)
        # An address of a tab that is gone opens the page all the same.
        return [found] if found else list(tabs[:1])


__all__ = ["PART", "Action", "Content", "ObjectPage", "Panel"]
