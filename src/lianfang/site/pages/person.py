"""The page of one person: who, where, and everything that the response knows and asks of them."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.core.roles import may
from lianfang.access.words import label
from lianfang.cases.selectors import cases_of_person
from lianfang.kernel.vocabulary import CaseSource, Category, Classification, Decision, MeasureKind
from lianfang.measures.selectors import measures_of_person
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.objectpage import Action, Content, ObjectPage
from lianfang.registry.selectors import PersonCard, household_members, person_card
from lianfang.tracing.selectors import ContactLine, contacts_of_person, lines_of


class PersonPage(ObjectPage):
    """One person inside the reader's scope; what the rooms know of them stands in the tabs."""

    subject = "registry.person"
    key_name = "person_id"
    template_name = "site/person.html"

    def prepare(self) -> None:
        card = person_card(self.key, self.request.scope, self.request.account.role)
        if card is None:
            raise Http404
        self.card = card

    def get_title(self) -> str:
        return self.card.name or self.key

    def get_actions(self) -> Sequence[Action]:
        if cases_of_person(self.key, self.request.scope).exists():
            return ()
        url = f"{reverse('case-report')}?{urlencode({'person': self.key})}"
        return (Action(_("Report as a case"), url, "case.report"),)

    def get_facts(self) -> Sequence[tuple[Any, Any]]:
        return person_facts(self.card)

    def get_context(self) -> dict[str, Any]:
        members = household_members(self.card.household_id, self.request.scope, self.request.account.role)
        return {"members": [member for member in members if member.person_id != self.key]}


def timeline_panel(request: ScopedRequest, person_id: str) -> Content:
    """Show what happened to a person in the response, in its order, as far as the reader may know it."""
    scope, role = request.scope, request.account.role
    cases = cases_of_person(person_id, scope) if may(role, "case.view") else []
    lines = lines_of(contacts_of_person(person_id, scope), role) if may(role, "contact.view") else []
    measures = measures_of_person(person_id, scope) if may(role, "measure.view") else []
    events = [event for case in cases for event in case_events(case)]
    events += [event for line in lines for event in contact_events(line)]
    events += [event for measure in measures for event in measure_events(measure)]
    return Content("site/person_timeline.html", {"events": in_order(events)})


def person_facts(card: PersonCard) -> list[tuple[str, Any]]:
    """Return who and where, as pairs of label and value; what is masked stays masked."""
    age = "" if card.age is None else f" ({card.age})"
    return [
        (_("Name"), card.name or "—"),
        (card.id_type, card.id_number or "—"),
        (_("Sex"), card.sex),
        (_("Birth date (age)"), f"{card.birth_date or '—'}{age}"),
        (_("Phone"), card.phone or "—"),
        (_("Population class"), card.occupation or "—"),
        (_("Present address"), card.address_line or "—"),
        (_("Area"), card.area),
        (_("Workplace or school"), card.organisation or "—"),
        (_("Person id"), card.person_id),
    ]


def case_events(case: Any) -> list[dict[str, Any]]:
    """Return what happened in a case as items of a timeline, unsorted; times as stored."""
    url = reverse("case", args=[case.pk])
    reported = " · ".join(filter(None, [case.reporting_unit, label(CaseSource, case.found_by)]))
    told = [
        (case.last_negative_at, _("Last negative sample"), "neutral", "full", ""),
        (case.onset_date, _("Onset of symptoms"), "bad", "date", ""),
        (case.sampled_at, _("First positive sample"), "bad", "full", ""),
        (case.diagnosed_at, _("Diagnosis made"), "bad", "full", label(Classification, case.classification)),
        (case.reported_at, _("Reported as a case"), "info", "full", reported),
        (case.isolated_at, _("Isolation begins"), "good", "full", ""),
    ]
    return [
        {"at": at, "title": title, "tone": tone, "style": style, "text": text, "url": url}
        for at, title, tone, style, text in told
        if at is not None
    ]


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


def measure_events(measure: Any) -> list[dict[str, Any]]:
    """Return the periods of a measure that nobody refused, and its release, as items of a timeline, unsorted."""
    if measure.decision == Decision.REFUSED or measure.kind == MeasureKind.NONE:
        return []
    url = reverse("measure-why", args=[measure.pk])
    words = label(MeasureKind, measure.kind)
    period = {"at": measure.start, "end": measure.end, "title": words, "tone": "info", "url": url}
    events = [{**period, "text": label(Decision, measure.decision)}]
    if measure.released_at is not None:
        events.append({"at": measure.released_at, "title": _("Released"), "tone": "good", "text": words, "url": url})
    return events


def in_order(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items of a timeline in their order; what has the same time stays as it was told."""
    return sorted(events, key=lambda event: event["at"])
