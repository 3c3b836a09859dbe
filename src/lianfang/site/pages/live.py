"""What a case's page shows while its response runs: whom the case met itself."""

from django.http import HttpResponse
from django.shortcuts import render

from lianfang.access import audit
from lianfang.access.times import now
from lianfang.pages.lists import ScopedRequest
from lianfang.site.pages.answer import ROWS_AT_MOST
from lianfang.site.pages.find import case_of
from lianfang.tracing.selectors import first_results


def first_part(request: ScopedRequest, case_id: str) -> HttpResponse:
    """Show the contacts of the first degree of a case, from the index; they are not proposals yet."""
    case = case_of(request, case_id)
    scope, role = request.scope, request.account.role
    at = now()
    found = first_results(case, scope, role, at=at, most=ROWS_AT_MOST)
    audit.record(
        actor=scope.name,
        act="read",
        kind="tracing.contact",
        detail={"act": "first results", "case": case.pk, "people": [line.person_id for line in found.lines]},
        at=at,
    )
    return render(request, "site/case_first.html", {"case": case, "found": found})
