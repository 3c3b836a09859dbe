"""The panel about the response on a case's page, and the page about the second degree of an outbreak."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from lianfang.access.words import label, say
from lianfang.cases.selectors import case_of
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.outbreaks.selectors import find_outbreak, last_run, playbook_of, playbook_problem
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.panels import Content, once
from lianfang.response.case_views import panel_of
from lianfang.response.second_degree import reach_of, try_kinds
from lianfang.tracing.core.second_reach import hours_tried, kinds_tried

TABLE = "second-degree"
"""Id of the element into which a case's page loads the table."""


def case_panel(request: ScopedRequest, case_id: str) -> Content:
    """Show the response on the page of a case: what it rests on, how far it is, what is to be decided."""
    return Content("response/_case_panel.html", panel_of(request, case_of(request, case_id)), heading=False)


def second_panel(request: ScopedRequest, case_id: str) -> Content | str:
    """Say on the page of a case how far the second degree reaches; nothing before the first response."""
    case = case_of(request, case_id)
    if once(request, f"run {case.outbreak_id}", lambda: last_run(case.outbreak_id)) is None:
        return ""
    return Content("response/_second_wide.html", {"case": case, "second": reach_of(case.outbreak)}, heading=False)


def second_degree_page(request: ScopedRequest, code: str) -> HttpResponse:
    """Show the question and a table that fills itself a row at a time; without scripts, ``now``, at once."""
    outbreak = _outbreak(request, code)
    if (problem := playbook_problem(outbreak)) is not None:
        said = {"title": _("How far the second degree reaches"), "outbreak": outbreak, "notice": say(problem)}
        return render(request, "response/second_degree.html", said)
    rule = playbook_of(outbreak).tracing.second_degree
    rows = []
    if request.GET.get("now") and last_run(code) is not None:
        rows = [(hours, try_kinds(outbreak, hours=hours)) for hours in hours_tried(rule)]
    context = {
        "title": _("How far the second degree reaches"),
        "outbreak": outbreak,
        "reach": reach_of(outbreak),
        "rule": rule,
        "run": last_run(code),
        "heads": heads(outbreak),
        "rows": rows,
        "next": None if rows else hours_tried(rule)[0],
    }
    is_part = request.headers.get("HX-Target") == TABLE
    return render(request, f"response/{'_second_table' if is_part else 'second_degree'}.html", context)


def second_degree_row(request: ScopedRequest, code: str, place: int) -> HttpResponse:
    """Compute one row of the table, by its place among the hours; it asks for the next row itself."""
    outbreak = _outbreak(request, code)
    if playbook_problem(outbreak) is not None:
        raise Http404
    hours = hours_tried(playbook_of(outbreak).tracing.second_degree)
    if place >= len(hours) or last_run(code) is None:
        raise Http404
    more = place + 1 < len(hours)
    context = {
        "outbreak": outbreak,
        "heads": heads(outbreak),
        "rows": [(hours[place], try_kinds(outbreak, hours=hours[place]))],
        "place": place + 1,
        "next": hours[place + 1] if more else None,
    }
    return render(request, "response/_second_rows.html", context)


def heads(outbreak: Any) -> list[tuple[str, bool]]:
    """Return each set of place kinds in words, and whether it is the one in force."""
    rule = playbook_of(outbreak).tracing.second_degree
    own, every = set(rule.place_kinds or PlaceKind), set(PlaceKind)

    def words(kinds: tuple[PlaceKind, ...]) -> str:
        if set(kinds) == every:
            return _("all kinds")
        return say(Text("、", ", ")).join(label(PlaceKind, kind.value) for kind in kinds)

    return [(words(kinds), set(kinds) == own) for kinds in kinds_tried(rule)]


def _outbreak(request: ScopedRequest, code: str) -> Any:
    outbreak = find_outbreak(code, request.scope)
    if outbreak is None:
        raise Http404
    return outbreak
