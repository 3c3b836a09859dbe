"""The page of one case: facts, timeline, itinerary, clocks, contacts, measures and the chain around it."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from lianfang.access import audit
from lianfang.access.clock import now
from lianfang.access.core.roles import may
from lianfang.access.models import Account
from lianfang.access.words import label
from lianfang.cases import selectors
from lianfang.kernel.vocabulary import CaseSource, Residence
from lianfang.registry.selectors import area_line, card_of
from lianfang.site.pages.person import case_events, person_facts


def case_page(request: HttpRequest, case_id: str) -> HttpResponse:
    """Show one case inside the reader's scope."""
    account = cast("Account", request.user)
    case = find(request, case_id)
    audit.record(actor=request.scope.name, act="read", kind="case", key=case_id, at=now())  # type: ignore[attr-defined]
    card = card_of(case.person, account.role)
    context: dict[str, Any] = {
        "title": f"{case.pk} {card.name}",
        "case": case,
        "card": card,
        "person_facts": person_facts(card),
        "case_facts": case_facts(case),
        "events": sorted(case_events(case), key=lambda event: event["at"]),
        "may_change": may(account.role, "case.change"),
    }
    return render(request, "site/case.html", context)


def find(request: HttpRequest, case_id: str) -> Any:
    """Return a case inside the reader's scope, or answer that there is none."""
    case = selectors.find_case(case_id, request.scope)  # type: ignore[attr-defined]
    if case is None:
        raise Http404
    return case


def case_facts(case: Any) -> list[tuple[str, Any]]:
    """Return the facts of the report card as pairs of label and value."""
    return [
        (_("Outbreak"), case.outbreak.name),
        (_("Found by"), label(CaseSource, case.found_by) or "—"),
        (_("Belongs to"), label(Residence, case.residence)),
        (_("Area"), area_line(case.jurisdiction)),
        (_("Reporting unit"), case.reporting_unit or "—"),
        (_("Reporting doctor"), case.reporting_doctor or "—"),
        (_("Entered by"), case.reported_by.name or case.reported_by.username if case.reported_by else "—"),
        (_("Note"), case.note or "—"),
    ]
