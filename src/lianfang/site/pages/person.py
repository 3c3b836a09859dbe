"""The page of one person: who, where, and everything that the response knows and asks of them."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access import audit
from lianfang.access.clock import now
from lianfang.access.core.roles import may
from lianfang.access.models import Account
from lianfang.access.words import label
from lianfang.cases.selectors import cases_of_person
from lianfang.kernel.vocabulary import CaseSource, Classification
from lianfang.registry.selectors import PersonCard, household_members, person_card


def person_page(request: HttpRequest, person_id: str) -> HttpResponse:
    """Show one person inside the reader's scope."""
    account = cast("Account", request.user)
    scope = request.scope  # type: ignore[attr-defined]
    card = person_card(person_id, scope, account.role)
    if card is None:
        raise Http404
    audit.record(actor=scope.name, act="read", kind="person", key=person_id, at=now())
    cases = list(cases_of_person(person_id, scope)) if may(account.role, "case.view") else []
    members = [m for m in household_members(card.household_id, scope, account.role) if m.person_id != person_id]
    context: dict[str, Any] = {
        "title": card.name or person_id,
        "card": card,
        "facts": person_facts(card),
        "cases": cases,
        "members": members,
        "may_report": may(account.role, "case.report"),
    }
    return render(request, "site/person.html", context)


def person_facts(card: PersonCard) -> list[tuple[str, Any]]:
    """Return who and where, as pairs of label and value; what is masked stays masked."""
    age = "" if card.age is None else str(card.age)
    return [
        (_("Name"), card.name or "—"),
        (card.id_type, card.id_number or "—"),
        (_("Sex"), card.sex),
        (_("Birth date"), f"{card.birth_date or '—'}{f' ({age})' if age else ''}"),
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
    told = [
        (case.last_negative_at, _("Last negative sample"), "neutral", "full"),
        (case.onset_date, _("Onset of symptoms"), "bad", "date"),
        (case.sampled_at, _("First positive sample"), "bad", "full"),
        (case.diagnosed_at, _("Diagnosed"), "bad", "full"),
        (case.reported_at, _("Reported"), "info", "full"),
        (case.isolated_at, _("Isolated"), "good", "full"),
    ]
    more = {
        _("Diagnosed"): label(Classification, case.classification),
        _("Reported"): " · ".join(filter(None, [case.reporting_unit, label(CaseSource, case.found_by)])),
    }
    return [
        {"at": at, "title": title, "tone": tone, "style": style, "text": more.get(title, ""), "url": url}
        for at, title, tone, style in told
        if at is not None
    ]


