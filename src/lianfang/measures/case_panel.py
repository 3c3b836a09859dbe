"""What the page of a case shows of measures: those around the case, what waits for a decision first."""

from django.db.models import Case, When
from django.urls import reverse

from lianfang.access.core.roles import may
from lianfang.cases.selectors import case_of
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.selectors import measures_of_case
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.panels import Content, sheet_of


def case_panel(request: ScopedRequest, case_id: str) -> Content:
    """Show the measures around a case, to be decided singly or together."""
    case = case_of(request, case_id)
    waits = Case(When(decision=Decision.PROPOSED.value, then=0), default=1)
    asked = measures_of_case(case.pk, request.scope).order_by(waits, "decision", "start", "person_id", "rule")
    sheet = sheet_of(request, asked)
    shown = list(sheet.object_list)
    context = {
        "case": case,
        "sheet": sheet,
        "measures": shown,
        "may_order": may(request.account.role, "measure.order"),
        "next": f"{reverse('case', args=[case.pk])}?tab=measures&page={sheet.number}#h-measures",
    }
    people = [measure.person_id for measure in shown]
    return Content("measures/_for_case.html", context, named={"people": people}, count=sheet.paginator.count)


def measures_waiting(request: ScopedRequest, case_id: str) -> int:
    """Count the measures around a case about which nobody has decided."""
    return measures_of_case(case_id, request.scope).order_by().filter(decision=Decision.PROPOSED.value).count()
