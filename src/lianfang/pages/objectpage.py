"""The page of one thing, written once: its name, badges, buttons and facts, and panels that several rooms fill.

    class PersonPage(ObjectPage):
        subject = "registry.person"

        def prepare(self) -> None:
            self.card = person_card(self.key, self.request.scope, self.request.account.role)  # or Http404

        def get_title(self) -> str:
            return self.card.name

Of the panels (`pages.panels`) the reader sees those that their role may open. As a rule they are tabs; only the one
that is open is asked for, so that a room more costs the others nothing. Each tab has an address (``?tab=``): without
scripts a tab is a link, with them only the part below the tabs is loaded. The tabs are links in a list that says which
one is open: so they work with the keyboard and are told by a screen reader without a script.

With ``layout = "sections"`` the panels stand one below the other instead: the live ones first, then what is known of
the thing, then the others (`pages.sections`). Beside the page's own buttons stand those that rooms offer
(`pages.offers`).
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
from lianfang.pages.formpage import Read, record_read
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.offers import offers_for
from lianfang.pages.panels import Content, begin_page, in_order, panels_for
from lianfang.pages.sections import html_of, named_in, scripts_of, sections_of

PARTS = "parts"
"""Id of the element that is loaded anew when another tab is opened."""


@dataclass(frozen=True)
class Action:
    """A button beside the name: it leads to the page on which something is done with the thing."""

    label: Any
    url: str
    permission: str
    tone: Literal["plain", "primary", "danger"] = "plain"


class ObjectPage(View):
    """The page of one thing. Name its `subject`, write `prepare` and `get_title`, and what else it shows.

    Attributes
    ----------
    subject : str
        The kind of thing; by it the panels are found, and the reading stands in the audit trail.
    key_name : str
        Name of the route's argument that holds the key.
    layout : {"tabs", "sections"}
        How the panels stand.
    template_name : str
        One that extends ``pages/object.html``, or ``pages/object_sections.html`` where they stand as sections.
    """

    http_method_names: list[str] = ["get", "head"]

    subject: ClassVar[str]
    key_name: ClassVar[str] = "key"
    layout: ClassVar[Literal["tabs", "sections"]] = "tabs"
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

    def get(self, request: ScopedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        begin_page(request)
        self.prepare()
        return self._as_sections(request) if self.layout == "sections" else self._as_tabs(request)

    def _as_sections(self, request: ScopedRequest) -> HttpResponse:
        sections = sections_of(request, in_order(self.get_panels()), self.key)
        record_read(request, Read(self.subject, self.key, {**self.get_read(), **named_in(sections)}))
        context: dict[str, Any] = {
            "above": [one for one in sections if one.above],
            "sections": [one for one in sections if not one.above],
            "scripts": scripts_of(sections),
            **self._head(),
        }
        return render(request, self.template_name, context)

    def _as_tabs(self, request: ScopedRequest) -> HttpResponse:
        panels = in_order(self.get_panels())
        offered = [panel for panel in panels if may(request.account.role, panel.permission)]
        opened = self._opened(panels, offered)
        shown = load_named(opened.content)(request, self.key) if opened else ""
        detail: dict[str, Any] = self.get_read() | ({"tab": opened.code} if opened else {})
        if isinstance(shown, Content) and shown.keys:
            detail["keys"] = list(shown.keys)
        record_read(request, Read(self.subject, self.key, detail))
        context: dict[str, Any] = {
            "tabs": offered,
            "opened": opened,
            "content": html_of(shown, request),
            "part": PARTS,
        }
        partial = request.htmx and request.htmx.target == PARTS and not request.htmx.history_restore_request
        if not partial:
            context |= self._head()
        response = render(request, "pages/object_parts.html" if partial else self.template_name, context)
        response["Vary"] = "HX-Request, HX-Target"
        return response

    def _head(self) -> dict[str, Any]:
        """Return what stands above the panels."""
        actions = [one for one in self.get_actions() if may(self.request.account.role, one.permission)]
        offers = offers_for(self.request, self.subject, self.key)
        return {
            "title": self.get_title(),
            "badges": self.get_badges(),
            "actions": [*actions, *(Action(one.label, one.url, one.permission) for one in offers)],
            "facts": self.get_facts(),
            **self.get_context(),
        }

    def _opened(self, panels: Sequence[Panel], offered: Sequence[Panel]) -> Panel | None:
        asked = self.request.GET.get("tab", "")
        found = next((panel for panel in panels if panel.code == asked), None)
        if found is not None and found not in offered:
            record_refusal(self.request, found.permission)
            raise PermissionDenied(found.permission)
        # An address of a tab that is gone opens the page all the same.
        return found or next(iter(offered), None)


__all__ = ["PARTS", "Action", "Content", "ObjectPage", "Panel"]
