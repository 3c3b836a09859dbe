"""What a case set off: clocks, contacts and measures on its page; the response itself is a panel of its room."""

from typing import Any

from django.db.models import Case, When
from django.urls import reverse

from lianfang.access.core.roles import may
from lianfang.access.times import now
from lianfang.access.words import label, say
from lianfang.headquarters.selectors import clock_title, clocks_of_case
from lianfang.kernel.declare import load_named
from lianfang.kernel.vocabulary import Decision, PlaceKind
from lianfang.measures.selectors import measures_of_case
from lianfang.outbreaks.selectors import last_run, playbook_problem
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.panels import panels_for
from lianfang.response.selectors import reach_of
from lianfang.tracing import selectors as tracing
from lianfang.tracing.selectors import lines_of

UNREGISTERED_AT_MOST = 20
"""Rows about people outside the register on the case's page; the rest stands in the list of the outbreak."""

ROWS_AT_MOST = 100
"""Rows of a table on the case's page; the rest stands in the list that the page leads to."""


def answer_of(request: ScopedRequest, case: Any) -> dict[str, Any]:
    """Return what the part of the page about the response shows."""
    account = request.account
    scope = request.scope
    role = account.role
    contacts = tracing.first_to_call(tracing.with_priority(tracing.contacts_of_case(case.pk, scope), scope, now()))
    waits = Case(When(decision=Decision.PROPOSED.value, then=0), default=1)
    asked = measures_of_case(case.pk, scope).order_by(waits, "decision", "start", "person_id", "rule")
    contact_count, measure_count = contacts.count(), asked.count()
    same_place = tracing.same_place_of_case(case)
    return {
        **_response(request, case.pk),
        "clocks": [(clock, clock_title(clock)) for clock in clocks_of_case(case.pk, scope)],
        "may_stop": may(role, "clock.stop"),
        "contact_count": contact_count,
        "lines": lines_of(contacts[:ROWS_AT_MOST], role, case_id=case.pk, at=now()),
        "measure_count": measure_count,
        "measures": list(asked[:ROWS_AT_MOST]),
        "may_order": may(role, "measure.order"),
        "shown_at_most": ROWS_AT_MOST,
        "next": reverse("case", args=[case.pk]),
        "same_place": same_place.pop("", None),
        "same_place_by_kind": [(label(PlaceKind, kind), people) for kind, people in same_place.items()],
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


def _response(request: ScopedRequest, case_id: str) -> dict[str, Any]:
    """Return what the panel of the response shows, as its room declares it."""
    panel = next(one for one in panels_for("cases.case") if one.code == "response")
    return dict(load_named(panel.content)(request, case_id).context)


def second_of(case: Any) -> Any:
    """Return how far the second degree of the case's outbreak reaches; None before the first response."""
    return None if last_run(case.outbreak_id) is None else reach_of(case.outbreak)


__all__ = ["answer_of"]
