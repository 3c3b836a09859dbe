"""The page of one person: who, where, and everything that the response knows and asks of them."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access import audit
from lianfang.access.clock import now
from lianfang.access.core.roles import may
from lianfang.access.words import label
from lianfang.cases.selectors import cases_of_person
from lianfang.kernel.vocabulary import CaseSource, Classification, Decision, MeasureKind
from lianfang.measures.selectors import measures_of_person
from lianfang.pages.lists import ScopedRequest
from lianfang.registry.selectors import PersonCard, household_members, person_card
from lianfang.tracing.selectors import ContactLine, contacts_of_person, lines_of


def person_page(request: ScopedRequest, person_id: str) -> HttpResponse:
    """Show one person inside the reader's scope."""
    account = request.account
    scope = request.scope
    role = account.role
    card = person_card(person_id, scope, role)
    if card is None:
        raise Http404
    audit.record(actor=scope.name, act="read", kind="person", key=person_id, at=now())
    cases = list(cases_of_person(person_id, scope)) if may(role, "case.view") else []
    lines = lines_of(contacts_of_person(person_id, scope), role)
    measures = list(measures_of_person(person_id, scope))
    members = [m for m in household_members(card.household_id, scope, role) if m.person_id != person_id]
    events = [event for case in cases for event in case_events(case)]
    events += [event for line in lines for event in contact_events(line)]
    events += [event for measure in measures for event in measure_events(measure)]
    context: dict[str, Any] = {
        "title": card.name or person_id,
        "card": card,
        "facts": person_facts(card),
        "cases": cases,
        "lines": lines,
        "measures": measures,
        "members": members,
        "events": in_order(events),
        "may_report": may(role, "case.report"),
    }
    return render(request, "site/person.html", context)


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
        (_("Present address"), card.address or "—"),
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
        (contact.proposed_at, _("Proposed as a contact"), "info", line.rule),
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
