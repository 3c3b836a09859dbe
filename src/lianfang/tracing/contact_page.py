"""The page of one contact: whom to call, where, and what came of it first; why it is a contact stands behind.

Whoever works a list of calls on a phone needs name, address, number and the button that says that the person is
located; the limit of time stands beside it. Meetings, shared stays and the score are tabs of this room; later rooms
add theirs.
"""

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from lianfang.access.core.roles import may
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.outbreaks.selectors import playbook_problem
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.objectpage import ObjectPage
from lianfang.pages.panels import Content, asked, once, sheet_of
from lianfang.pages.parts import word_badge
from lianfang.registry.selectors import card_of, people, shown_field
from lianfang.tracing import selectors
from lianfang.tracing.forms import CategoryForm
from lianfang.tracing.models import Contact
from lianfang.tracing.selectors.locating import transfer_of
from lianfang.tracing.selectors.together import SharedStays

CONTACT = "tracing.contact"


class ContactPage(ObjectPage):
    """One contact inside the reader's scope."""

    subject = CONTACT
    key_name = "contact_id"
    template_name = "tracing/contact.html"

    def prepare(self) -> None:
        self.contact = contact_of(self.request, self.key)
        self.following = None if self.is_part else selectors.next_to_call(self.contact, self.request.scope, now())
        person = people(self.request.scope).get(pk=self.contact.person_id)
        self.card = card_of(person, self.request.account.role)

    def get_title(self) -> str:
        return _("%(name)s as a contact") % {"name": self.card.name or self.contact.person_id}

    def get_badges(self) -> Sequence[Any]:
        return (word_badge("Category", self.contact.category), word_badge("Decision", self.contact.decision))

    def get_facts(self) -> Sequence[tuple[Any, Any]]:
        return selectors.contact_facts(self.contact, self.card)

    def get_context(self) -> dict[str, Any]:
        role, following = self.request.account.role, self.following
        return {
            "contact": self.contact,
            "card": self.card,
            "locating": selectors.locating_of(self.contact),
            "transfer": transfer_of(self.contact),
            "following": following,
            "following_name": (following and shown_field(following.person, "name", role)) or "",
            "notice": say(problem) if (problem := playbook_problem(self.contact.outbreak)) else "",
        }

    def get_read(self) -> dict[str, Any]:
        read: dict[str, Any] = {"person": self.contact.person_id}
        if (stays := asked(self.request, _stays_key(self.key))) is not None:
            read["stays"] = len(stays.lines)
        return read | ({"next": self.following.person_id} if self.following else {})


def contact_of(request: ScopedRequest, key: str) -> Contact:
    """Return a contact inside the reader's scope; the panels of a page ask for it once.

    Raises
    ------
    Http404
        When there is none.
    """
    found = once(request, f"contact {key}", lambda: selectors.find_contact(int(key), request.scope))
    if found is None:
        raise Http404
    return found


def _stays_key(key: str) -> str:
    return f"stays of contact {key}"


def why_panel(request: ScopedRequest, key: str) -> Content:
    """Show by which meetings, and by which rule, somebody is a contact."""
    contact = contact_of(request, key)
    context = {
        "contact": contact,
        "rule": selectors.rule_words(contact.outbreak, contact.rule),
        "met": selectors.met_lines(contact),
        "may_see_cases": may(request.account.role, "case.view"),
    }
    return Content("tracing/_contact_why.html", context)


def where_panel(request: ScopedRequest, key: str) -> Content:
    """Show where and when the contact was with whom it met."""
    contact = contact_of(request, key)

    def ask() -> SharedStays:
        return selectors.shared_stays(contact, request.scope, request.account.role, at=now())

    stays = once(request, _stays_key(key), ask)
    sheet = sheet_of(request, stays.lines)
    return Content("tracing/_contact_where.html", {"contact": contact, "stays": stays, "sheet": sheet})


def score_panel(request: ScopedRequest, key: str) -> Content | str:
    """Show how early the contact is called and how that comes about; nothing once no call is due."""
    contact = contact_of(request, key)
    calls = selectors.call_lines(contact, now()) if selectors.needs_call(contact) else None
    return Content("tracing/_contact_score.html", {"calls": calls}) if calls else ""


def limit_panel(request: ScopedRequest, key: str) -> Content | str:
    """Show what pauses the limit to locate the contact, or hands it on; nothing where none runs."""
    contact = contact_of(request, key)
    locating = selectors.locating_of(contact)
    if locating is None or contact.located_at:
        return ""
    return Content("tracing/_contact_limit.html", {"contact": contact, "locating": locating})


def decide_panel(request: ScopedRequest, key: str) -> Content:
    """Show what is decided about the contact, with the form that does it."""
    contact = contact_of(request, key)
    form = CategoryForm(initial={"category": contact.category})
    return Content("tracing/_contact_decide.html", {"contact": contact, "form": form, "next": request.path})
