"""What a case's page shows while its response runs: how far it has come."""

from django.http import HttpResponse
from django.shortcuts import render

from lianfang.access.words import say
from lianfang.cases.selectors import case_of
from lianfang.pages.lists import ScopedRequest
from lianfang.response.selectors import stages_of
from lianfang.site.pages.answer import is_answered


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
