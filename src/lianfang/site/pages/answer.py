"""What a case set off: how its response stands on the page of the case, and the start of it.

A report is committed before anything is traced. Its page then asks for the response by itself; a response that was
never finished, because the machine stopped, is asked for again when the page is opened.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from lianfang.access.core.roles import may
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.cases.selectors import case_of
from lianfang.kernel.errors import Refused
from lianfang.kernel.vocabulary import Classification, Decision
from lianfang.measures.selectors import measures_of_case
from lianfang.outbreaks.selectors import last_run, playbook_problem
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.panels import Content, once
from lianfang.pages.sections import live_part
from lianfang.presences.selectors import presences_since
from lianfang.response.services import respond_outbreak
from lianfang.tracing import selectors as tracing

CASE = "cases.case"


def is_answered(case: Any) -> bool:
    """Tell whether the last response to the case's outbreak knew the case as it stands now."""
    return tracing.is_traced(case)


def response_panel(request: ScopedRequest, case_id: str) -> Content:
    """Show how the response to a case stands, and what starts it, on the page of the case."""
    return response_of(request, case_of(request, case_id))


def response_of(request: ScopedRequest, case: Any, *, start: bool | None = None, said: str = "") -> Content:
    """Return what the page shows of the response.

    Parameters
    ----------
    start : bool, optional
        Whether it starts by itself; else it does where no response knows the case, or where the address asks for it.
    said : str
        What the response that was just carried out came to.
    """
    scope, role = request.scope, request.account.role
    excluded = case.classification == Classification.EXCLUDED
    answered = excluded or is_answered(case)
    run = once(request, f"run {case.outbreak_id}", lambda: last_run(case.outbreak_id))
    may_respond = may(role, "case.report")
    if start is None:
        start = may_respond and (not answered or bool(request.GET.get("respond")))
    proposed = {"decision": Decision.PROPOSED.value}
    context = {
        "case": case,
        "answered": answered,
        "run": run,
        "since": "same" if run is None or excluded else presences_since(run),
        "may_respond": may_respond,
        "start": start,
        "said": said,
        "contacts_waiting": tracing.contacts_of_case(case.pk, scope).filter(**proposed).count(),
        "measures_waiting": measures_of_case(case.pk, scope).filter(**proposed).count(),
        "unregistered": tracing.unregistered_of_case(request, case),
        "notice": say(problem) if (problem := playbook_problem(case.outbreak)) else "",
    }
    return Content("site/case_answer.html", context, heading=False)


@require_POST
def respond(request: ScopedRequest, case_id: str) -> HttpResponseBase:
    """Carry out the response to the case's outbreak, and show what it proposes."""
    case = case_of(request, case_id)
    words, again = "", False
    try:
        done = respond_outbreak(outbreak_code=case.outbreak_id, at=now(), by=request.account, case_id=case.pk)
    except Refused as refusal:
        messages.error(request, say(refusal.text))
    else:
        words, again = _done_words(case, request, done.seconds), not done.is_current
        if again:
            words = _("Facts kept changing while it traced. What it found last is stored; it has to trace again.")
        if done.unknown:
            missing = ngettext(
                "%(n)d person whom tracing found in this outbreak is not in the register, and cannot be called.",
                "%(n)d people whom tracing found in this outbreak are not in the register, and cannot be called.",
                len(done.unknown),
            )
            messages.warning(request, missing % {"n": len(done.unknown)})
    if not request.headers.get("HX-Request"):
        if words:
            (messages.warning if again else messages.success)(request, words)
        return redirect(reverse("case", args=[case.pk]))
    made = {"response": response_of(request, case, start=again, said=words)}
    return live_part(request, CASE, case.pk, made=made)


def _done_words(case: Any, request: ScopedRequest, seconds: float) -> str:
    scope = request.scope
    return _("Traced in %(seconds).1f s: %(contacts)d contacts of this case, %(measures)d measures.") % {
        "seconds": seconds,
        "contacts": tracing.contacts_of_case(case.pk, scope).count(),
        "measures": measures_of_case(case.pk, scope).count(),
    }


__all__ = ["is_answered", "respond", "response_panel"]
