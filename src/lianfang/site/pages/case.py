"""The page of one case: facts, timeline, itinerary, clocks, contacts, measures and the chain around it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from lianfang.access import audit
from lianfang.access.core.roles import may
from lianfang.access.times import now
from lianfang.access.words import label
from lianfang.kernel.vocabulary import CaseSource, Residence
from lianfang.pages.lists import ScopedRequest
from lianfang.registry.selectors import area_line, card_of
from lianfang.site.pages.answer import answer_of
from lianfang.site.pages.find import case_of
from lianfang.site.pages.person import case_events, in_order, person_facts


def case_page(request: ScopedRequest, case_id: str) -> HttpResponse:
    """Show one case inside the reader's scope."""
    account = request.account
    case = case_of(request, case_id)
    card = card_of(case.person, account.role)
    answer = answer_of(request, case)
    people = [line.contact.person_id for line in answer["lines"]]
    people += [measure.person_id for measure in answer["measures"]]
    audit.record(
        actor=request.scope.name,
        act="read",
        kind="cases.case",
        key=case_id,
        detail={
            "person": case.person_id,
            "people": sorted(set(people)),
            # By the keys of their rows: the id of somebody outside the register may be an identity number.
            "unregistered": [row.pk for row, _who, _why in answer["unregistered_lines"]],
        },
        at=now(),
    )
    context: dict[str, Any] = {
        "title": f"{case.pk} {card.name}",
        "card": card,
        "person_facts": person_facts(card),
        "case_facts": case_facts(case),
        "events": in_order(case_events(case)),
        "may_change": may(account.role, "case.change"),
        **answer,
    }
    return render(request, "site/case.html", context)


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
