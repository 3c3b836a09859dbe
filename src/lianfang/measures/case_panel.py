"""What the page of a case shows of measures: those around the case, what waits for a decision first."""

from django.db.models import Case, When
from django.urls import reverse

from lianfang.access.core.roles import may
from lianfang.cases.selectors import case_of
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.selectors import measures_of_case
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.panels import ROWS_AT_MOST, Content


def case_panel(request: ScopedRequest, case_id: str) -> Content:
    """Show the measures around a case, to be decided singly or together."""
    case = case_of(request, case_id)
    waits = Case(When(decision=Decision.PROPOSED.value, then=0), default=1)
    asked = measures_of_case(case.pk, request.scope).order_by(waits, "decision", "start", "person_id", "rule")
    count, shown = asked.count(), list(asked[:ROWS_AT_MOST])
    context = {
        "case": case,
        "measure_count": count,
        "measures": shown,
        "may_order": may(request.account.role, "measure.order"),
        "shown_at_most": ROWS_AT_MOST,
        "next": reverse("case", args=[case.pk]),
    }
    people = [measure.person_id for measure in shown]
    return Content("measures/_for_case.html", context, named={"people": people}, count=count)
