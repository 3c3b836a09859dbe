"""What a case's page shows while its response runs: whom the case met itself, and how far the response has come."""

from django.http import HttpResponse
from django.shortcuts import render

from lianfang.access import audit
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.pages.lists import ScopedRequest
from lianfang.response.selectors import stages_of
from lianfang.site.pages.answer import ROWS_AT_MOST, is_answered
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


def progress_part(request: ScopedRequest, case_id: str) -> HttpResponse:
    """Show the steps of the response that runs; nothing (204) where the page shows them so already: ``seen``."""
    case = case_of(request, case_id)
    stages = [(stage, say(stage.words)) for stage in stages_of(case.outbreak_id)]
    number, stage, words = next(
        ((n, stage, words) for n, (stage, words) in enumerate(stages, start=1) if stage.state == "now"), (0, None, "")
    )
    state = stage.name if stage else "finished" if is_answered(case) else "waiting"
    if request.GET.get("seen") == state:
        return HttpResponse(status=204)
    context = {"case": case, "stages": stages, "state": state, "number": number, "current": words}
    return render(request, "site/case_progress.html", context)
