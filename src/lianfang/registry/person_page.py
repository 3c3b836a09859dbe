"""The page of one person: who and where; what the response knows and asks of them stands in the tabs of later rooms."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from lianfang.pages.lists import ScopedRequest
from lianfang.pages.objectpage import ObjectPage
from lianfang.pages.panels import Content
from lianfang.pages.timeline import events_of
from lianfang.registry.selectors import household_members, person_card, person_facts

PERSON = "registry.person"


class PersonPage(ObjectPage):
    """One person inside the reader's scope; what the rooms know of them stands in the tabs."""

    subject = PERSON
    key_name = "person_id"
    template_name = "registry/person.html"

    def prepare(self) -> None:
        card = person_card(self.key, self.request.scope, self.request.account.role)
        if card is None:
            raise Http404
        self.card = card

    def get_title(self) -> str:
        return self.card.name or self.key

    def get_facts(self) -> Sequence[tuple[Any, Any]]:
        return person_facts(self.card)

    def get_context(self) -> dict[str, Any]:
        members = household_members(self.card.household_id, self.request.scope, self.request.account.role)
        return {"members": [member for member in members if member.person_id != self.key]}


def timeline_panel(request: ScopedRequest, person_id: str) -> Content:
    """Show what happened to a person in the response, in its order, as far as the reader may know it."""
    nothing = _("Nothing is known of this person in the response.")
    events = events_of(request, PERSON, person_id)
    return Content("pages/timeline_panel.html", {"events": events, "nothing": nothing})
