"""What happened to a person as a contact, for the timeline of the person."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.words import label
from lianfang.kernel.vocabulary import Category, Decision
from lianfang.pages.lists import ScopedRequest
from lianfang.tracing.selectors import ContactLine, contacts_of_person, lines_of


def of_person(request: ScopedRequest, person_id: str) -> Iterator[dict[str, Any]]:
    """Give what happened to a person as the contact of cases."""
    lines = lines_of(contacts_of_person(person_id, request.scope), request.account.role)
    return (event for line in lines for event in contact_events(line))


def contact_events(line: ContactLine) -> list[dict[str, Any]]:
    """Return what happened to a person as a contact, as items of a timeline, unsorted."""
    contact = line.contact
    url = reverse("contact", args=[contact.pk])
    told = [
        (contact.first_contact, _("First contact with a case"), "warn", line.reason),
        (contact.last_contact, _("Last contact with a case"), "warn", ""),
        (contact.proposed_at, _("Proposed as a contact"), "info", f"{label(Category, contact.category)} · {line.rule}"),
        (contact.decided_at, _("Decided as a contact"), "good", label(Decision, contact.decision)),
        (contact.located_at, _("Located"), "good", ""),
    ]
    return [
        {"at": at, "title": title, "tone": tone, "text": text, "url": url}
        for at, title, tone, text in told
        if at is not None
    ]
