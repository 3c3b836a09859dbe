"""What the page of a case shows of contacts: who they are, who is found and not registered, and first results."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lianfang.access import audit
from lianfang.access.times import now
from lianfang.access.words import label
from lianfang.cases.core.window import WindowProblem
from lianfang.cases.selectors import case_of
from lianfang.kernel.vocabulary import Category, Classification, Decision, PlaceKind
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.panels import ROWS_AT_MOST, Content, sheet_of
from lianfang.tracing import selectors

UNREGISTERED_AT_MOST = 20
"""Rows about people outside the register; the rest stands in the list of the outbreak."""


def contacts_panel(request: ScopedRequest, case_id: str) -> Content:
    """Show the contacts of a case, whom to call first on top; before it is traced, what loads the first results."""
    case, scope, role = case_of(request, case_id), request.scope, request.account.role
    at = now()
    contacts = selectors.first_to_call(
        selectors.with_priority(selectors.contacts_of_case(case.pk, scope), scope, at),
    )
    sheet = sheet_of(request, contacts)
    lines = selectors.lines_of(sheet.object_list, role, case_id=case.pk, at=at)
    same_place = selectors.same_place_of_case(case)
    problem = None if case.classification == Classification.EXCLUDED else selectors.window_problem_of(case)
    context = {
        "window_problem": label(WindowProblem, problem) if problem else "",
        "undecided": contacts.filter(category=Category.UNDECIDED.value).count() if problem else 0,
        "in_no_presence": selectors.is_in_no_presence(case.person_id),
        "case": case,
        "sheet": sheet,
        "lines": lines,
        "traced": bool(lines) or case.classification == Classification.EXCLUDED or selectors.is_traced(request, case),
        "next": f"{reverse('case', args=[case.pk])}?tab=contacts&page={sheet.number}#h-contacts",
        "same_place": same_place.pop("", None),
        "same_place_by_kind": [(label(PlaceKind, kind), people) for kind, people in same_place.items()],
    }
    people = [line.contact.person_id for line in lines]
    return Content("tracing/_contacts_of_case.html", context, named={"people": people}, count=sheet.paginator.count)


def contacts_waiting(request: ScopedRequest, case_id: str) -> int:
    """Count the contacts of a case about whom nobody has decided."""
    rows = selectors.contacts_of_case(case_id, request.scope).order_by()
    return int(rows.filter(decision=Decision.PROPOSED.value).count())


def unregistered_panel(request: ScopedRequest, case_id: str) -> Content | str:
    """Show whom tracing found around a case and the register does not know; nothing where there is nobody."""
    case, scope, role = case_of(request, case_id), request.scope, request.account.role
    found = selectors.unregistered_of_case(request, case)
    if not found.people and not found.registered:
        return ""
    rows = selectors.unregistered_rows(scope, outbreak=case.outbreak_id, case_id=case.pk)[:UNREGISTERED_AT_MOST]
    lines = [(row, selectors.shown_id(row.person_id, role), selectors.unregistered_reason(row, role)) for row in rows]
    context = {"case": case, "unregistered": found, "unregistered_lines": lines}
    # By the keys of their rows: the id of somebody outside the register may be an identity number.
    named = {"unregistered": [row.pk for row, _who, _why in lines]}
    return Content("tracing/_unregistered_of_case.html", context, named=named, count=found.people)


def first_part(request: ScopedRequest, case_id: str) -> HttpResponse:
    """Show the contacts of the first degree of a case, from the index; they are not proposals yet."""
    case = case_of(request, case_id)
    scope, role = request.scope, request.account.role
    at = now()
    found = selectors.first_results(case, scope, role, at=at, most=ROWS_AT_MOST)
    audit.record(
        actor=scope.name,
        act="read",
        kind="tracing.contact",
        detail={"act": "first results", "case": case.pk, "people": [line.person_id for line in found.lines]},
        at=at,
    )
    return render(request, "tracing/_first_results.html", {"case": case, "found": found})
