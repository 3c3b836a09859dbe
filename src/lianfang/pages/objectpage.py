"""The page of one thing, written once: its name, badges, buttons and facts, and tabs that several rooms fill.

    class PersonPage(ObjectPage):
        subject = "person"

        def prepare(self) -> None:
            self.card = person_card(self.key, self.request.scope, self.request.account.role)  # or Http404

        def get_title(self) -> str:
            return self.card.name

Of the tabs (`pages.panels`) the reader sees those that their role may open; only the one that is open is asked for, so
that a room more costs the others nothing. Each tab has an address (``?tab=``): without scripts a tab is a link, with
them only the part below the tabs is loaded. The tabs are links in a list that says which one is open: so they work with
the keyboard and are told by a screen reader without a script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.views import View

from lianfang.access.core.roles import may
from lianfang.access.rules import record_refusal
from lianfang.kernel.declare import Panel, load_named
from lianfang.pages.formpage import Read, record_read
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.panels import Content, in_order, panels_for

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
        """Return the tabs: those that the house declares for the subject."""
        return panels_for(self.subject)

    def get_context(self) -> dict[str, Any]:
        """Return what else the page's template needs; not asked for when only a tab is loaded."""
        return {}

    # What happens.

    @property
    def key(self) -> str:
        """The key of the thing, as it stands in the address."""
        return str(self.kwargs[self.key_name])

    def get(self, request: ScopedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.prepare()
        panels = in_order(self.get_panels())
        offered = [panel for panel in panels if may(request.account.role, panel.permission)]
        opened = self._opened(panels, offered)
        shown = load_named(opened.content)(request, self.key) if opened else ""
        detail: dict[str, Any] = {"tab": opened.code} if opened else {}
        if isinstance(shown, Content) and shown.keys:
            detail["keys"] = list(shown.keys)
        record_read(request, Read(self.subject, self.key, detail))
        context: dict[str, Any] = {
            "tabs": offered,
            "opened": opened,
            "content": _html(shown, request),
            "part": PARTS,
        }
        partial = request.htmx and request.htmx.target == PARTS and not request.htmx.history_restore_request
        if not partial:
            context |= {
                "title": self.get_title(),
                "badges": self.get_badges(),
                "actions": [one for one in self.get_actions() if may(request.account.role, one.permission)],
                "facts": self.get_facts(),
                **self.get_context(),
            }
        response = render(request, "pages/object_parts.html" if partial else self.template_name, context)
        response["Vary"] = "HX-Request, HX-Target"
        return response

    def _opened(self, panels: Sequence[Panel], offered: Sequence[Panel]) -> Panel | None:
        asked = self.request.GET.get("tab", "")
        found = next((panel for panel in panels if panel.code == asked), None)
        if found is not None and found not in offered:
            record_refusal(self.request, found.permission)
            raise PermissionDenied(found.permission)
        # An address of a tab that is gone opens the page all the same.
        return found or next(iter(offered), None)


def _html(shown: Content | str, request: ScopedRequest) -> SafeString | str:
    if isinstance(shown, Content):
        return render_to_string(shown.template, dict(shown.context), request=request)
    return conditional_escape(shown)


__all__ = ["PARTS", "Action", "Content", "ObjectPage", "Panel"]
