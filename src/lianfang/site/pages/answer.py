"""What a case set off: clocks, contacts and measures on its page, and the start of the response.

A report is committed before anything is traced. Its page then asks for the response by itself; a response that was
never finished, because the machine stopped, is asked for again when the page is opened.
"""

from typing import Any

from django.contrib import messages
from django.db.models import Case, When
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from lianfang.access.core.roles import may
from lianfang.access.times import now
from lianfang.access.words import label, say
from lianfang.headquarters.selectors import clock_title, clocks_of_case
from lianfang.kernel.errors import Refused
from lianfang.kernel.vocabulary import Classification, Decision, PlaceKind
from lianfang.measures.selectors import measures_of_case
from lianfang.outbreaks.selectors import last_run, playbook_of, playbook_problem
from lianfang.pages.lists import ScopedRequest
from lianfang.presences.selectors import presences_since
from lianfang.records.changes import changes_since
from lianfang.response.selectors import reach_of
from lianfang.response.services import respond_outbreak
from lianfang.site.pages.find import case_of
from lianfang.tracing import selectors as tracing
from lianfang.tracing.selectors import lines_of

UNREGISTERED_AT_MOST = 20
"""Rows about people outside the register on the case's page; the rest stands in the list of the outbreak."""

ROWS_AT_MOST = 100
"""Rows of a table on the case's page; the rest stands in the list that the page leads to."""


def is_answered(case: Any) -> bool:
    """Tell whether the last response to the case's outbreak knew the case as it stands now.

    It did not when none was finished since the report, when the policy is another by now, or when after it facts of a
    case or what it told were changed, a contact was refused, got another category or was accepted after a refusal, or
    such a change was undone. Accepting what was proposed changes nothing for tracing. Presences that came later are
    another thing (`presences_since`): they concern every case, so the page offers the response and does not
    start it.
    """
    run = last_run(case.outbreak_id)
    if run is None or run.as_of < case.reported_at or _is_policy_another(run, case):
        return False
    if changes_since(run.as_of, acts=("case.", "contact.refuse", "contact.categorise", "interview.")).exists():
        return False
    accepted = changes_since(run.as_of, acts=("contact.accept",)).values_list("rows", flat=True)
    changed = (row for rows in accepted for row in rows if row["model"] == "tracing.contact")
    return not any(row["before"].get("decision") == Decision.REFUSED for row in changed)


def _is_policy_another(run: Any, case: Any) -> bool:
    try:
        return bool(run.playbook != playbook_of(case.outbreak).name)
    except Refused:
        return False  # it does not load: nothing could be traced under it either


def answer_of(request: ScopedRequest, case: Any) -> dict[str, Any]:
    """Return what the part of the page about the response shows."""
    account = request.account
    scope = request.scope
    role = account.role
    contacts = tracing.first_to_call(tracing.with_priority(tracing.contacts_of_case(case.pk, scope), scope, now()))
    waits = Case(When(decision=Decision.PROPOSED.value, then=0), default=1)
    asked = measures_of_case(case.pk, scope).order_by(waits, "decision", "start", "person_id", "rule")
    contact_count, measure_count = contacts.count(), asked.count()
    waiting = contacts.filter(decision=Decision.PROPOSED.value).count()
    to_order = asked.filter(decision=Decision.PROPOSED.value).count()
    same_place = tracing.same_place_of_case(case)
    excluded = case.classification == Classification.EXCLUDED
    answered = excluded or is_answered(case)
    run = last_run(case.outbreak_id)
    return {
        "case": case,
        "answered": answered,
        "run": run,
        "since": "same" if run is None or excluded else presences_since(run),
        "may_respond": may(role, "case.report"),
        "start": not answered and may(role, "case.report"),
        "clocks": [(clock, clock_title(clock)) for clock in clocks_of_case(case.pk, scope)],
        "may_stop": may(role, "clock.stop"),
        "contact_count": contact_count,
        "contacts_waiting": waiting,
        "lines": lines_of(contacts[:ROWS_AT_MOST], role, case_id=case.pk, at=now()),
        "measure_count": measure_count,
        "measures_waiting": to_order,
        "measures": list(asked[:ROWS_AT_MOST]),
        "may_order": may(role, "measure.order"),
        "shown_at_most": ROWS_AT_MOST,
        "next": reverse("case", args=[case.pk]),
        "same_place": same_place.pop("", None),
        "same_place_by_kind": [(label(PlaceKind, kind), people) for kind, people in same_place.items()],
        "unregistered": tracing.count_unregistered(scope, outbreak=case.outbreak_id, case_id=case.pk),
        "unregistered_lines": [
            (row, tracing.shown_id(row.person_id, role), tracing.unregistered_reason(row, role))
            for row in tracing.unregistered_rows(scope, outbreak=case.outbreak_id, case_id=case.pk)[
                :UNREGISTERED_AT_MOST
            ]
        ],
        "named": tracing.interviews_of_case(case.pk, scope).count(),
        "notice": say(problem) if (problem := playbook_problem(case.outbreak)) else "",
        "second": second_of(case),
    }


def second_of(case: Any) -> Any:
    """Return how far the second degree of the case's outbreak reaches; None before the first response."""
    return None if last_run(case.outbreak_id) is None else reach_of(case.outbreak)


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
    context = answer_of(request, case) | {"start": again, "said": words}
    return render(request, "site/case_answer_partial.html", context)


def _done_words(case: Any, request: ScopedRequest, seconds: float) -> str:
    scope = request.scope
    return _("Traced in %(seconds).1f s: %(contacts)d contacts of this case, %(measures)d measures.") % {
        "seconds": seconds,
        "contacts": tracing.contacts_of_case(case.pk, scope).count(),
        "measures": measures_of_case(case.pk, scope).count(),
    }


__all__ = ["answer_of", "is_answered", "respond"]
