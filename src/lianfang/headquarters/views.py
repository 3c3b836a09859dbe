"""The command page, which keeps itself fresh, and the list of clocks."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianfang.access import audit
from lianfang.access.core.roles import may
from lianfang.access.times import now, to_local
from lianfang.cases.selectors import case_of
from lianfang.headquarters import command, selectors
from lianfang.headquarters.tables import ClockFilter, ClockTable
from lianfang.headquarters.words import clock_title, subject_of
from lianfang.outbreaks.selectors import current_outbreak, find_outbreak, last_run, open_outbreaks
from lianfang.pages.lists import Empty, ListPage, ScopedRequest
from lianfang.pages.panels import Content
from lianfang.presences.selectors import presences_since
from lianfang.records.models import Clock
from lianfang.tracing.selectors import contact_names

NEXT_DUE = 12
REFRESH_SECONDS = 15


class ClockList(ListPage):
    """Every clock inside the reader's scope, what is due next first; those who may can stop them."""

    title = _("Clocks")
    audit_kind = "records.clock"
    table_class = ClockTable
    filterset_class = ClockFilter
    actions = ("clock.stop", "clock.pause", "clock.resume", "clock.escalate")
    empty = Empty(
        title=_("No clock runs."),
        hint=_("Clocks start by themselves when a case is reported."),
        link=lambda: reverse("case-report"),
        link_label=_("Report a case"),
        permission="case.report",
    )

    def get_rows(self) -> QuerySet[Clock]:
        return selectors.clock_rows(self.request.scope)


def case_panel(request: ScopedRequest, case_id: str) -> Content:
    """Show the clocks of a case, on the page of the case."""
    case = case_of(request, case_id)
    context = {
        "clocks": [(clock, clock_title(clock)) for clock in selectors.clocks_of_case(case.pk, request.scope)],
        "may_stop": may(_role(request), "clock.stop"),
        "next": reverse("case", args=[case.pk]),
    }
    return Content("headquarters/_for_case.html", context)


def show_command(request: ScopedRequest) -> HttpResponseBase:
    """Show what is due and where it burns; a role without this page is led to the first one it may open."""
    if not may(_role(request), "command.view"):
        return redirect("home")
    context = _now_context(request)
    context["title"] = gettext("Command")
    context["outbreaks"] = list(open_outbreaks(request.scope))
    outbreak = context["outbreak"]
    if outbreak is not None:
        # The page and its pictures name cases; its reloads show the same again and are not recorded one by one.
        detail = {"contacts": context["named"]}
        audit.record(actor=request.scope.name, act="read", kind="command", key=outbreak.code, detail=detail, at=now())
    return render(request, "headquarters/command.html", context)


def command_now(request: ScopedRequest) -> HttpResponse:
    """Show the part of the command page that changes from minute to minute."""
    return render(request, "headquarters/now.html", _now_context(request))


def county_map(request: ScopedRequest) -> JsonResponse:
    """Return the areas and the cases by home, for the map."""
    outbreak = _outbreak(request)
    moment = now()
    rows = selectors.township_rows(outbreak.code, request.scope, moment)[1]
    local = to_local(moment)
    return JsonResponse(command.map_json(outbreak.code, request.scope, _role(request), rows, at=local))


def curve(request: ScopedRequest) -> JsonResponse:
    """Return the cases by day of onset and classification, for the epi curve."""
    today = to_local(now()).date()
    return JsonResponse(command.curve_json(_outbreak(request).code, request.scope, _role(request), today=today))


def dots(request: ScopedRequest) -> JsonResponse:
    """Return where the buildings stand; they do not move, so the reader's browser may keep it for an hour."""
    response = JsonResponse(command.dots_json(request.scope))
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _role(request: ScopedRequest) -> str:
    return request.account.role


def _outbreak(request: ScopedRequest) -> Any:
    asked = request.GET.get("outbreak", "")
    found = find_outbreak(asked, request.scope) if asked else current_outbreak(request.scope)
    if found is None:
        raise Http404
    return found


def _now_context(request: ScopedRequest) -> dict[str, Any]:
    # To the second: the lists behind the numbers are asked for the same moment, by their addresses.
    moment, role = now().replace(microsecond=0), _role(request)
    local = to_local(moment)
    asked = request.GET.get("outbreak", "")
    outbreak = find_outbreak(asked, request.scope) if asked else current_outbreak(request.scope)
    if asked and outbreak is None:
        raise Http404
    if outbreak is None:
        return {"outbreak": None, "now": moment}
    whole, rows = selectors.township_rows(outbreak.code, request.scope, moment)
    run = last_run(outbreak.code)
    clocks = selectors.clock_rows(request.scope, outbreak=outbreak.code).filter(
        done_at__isnull=True, paused_at__isnull=True
    )
    next_due = list(clocks[:NEXT_DUE])
    names = contact_names([one.subject for one in next_due if one.subject_kind == selectors.CONTACT], request.scope)
    return {
        "outbreak": outbreak,
        "now": moment,
        "seconds": REFRESH_SECONDS,
        "since": "same" if run is None else presences_since(run),
        "whole": command.numbers(whole, role, outbreak=outbreak.code, at=local),
        "waiting": command.waiting_numbers(
            selectors.waiting(outbreak, request.scope, moment), role, outbreak=outbreak.code, at=local
        ),
        "townships": [(row, command.numbers(row, role, outbreak=outbreak.code, at=local)) for row in rows],
        "own_clocks": [
            (clock, clock_title(clock)) for clock in selectors.clocks_of_outbreak(outbreak.code, request.scope)
        ],
        "due": [
            (clock, clock_title(clock), command.township_of(clock.jurisdiction), subject_of(clock, role, names))
            for clock in next_due
        ],
        "named": sorted(names, key=int),
        "due_more": max(whole.running + whole.overdue - NEXT_DUE, 0),
        "clocks_url": command.list_url("overdue", role, outbreak=outbreak.code, at=local).partition("?")[0],
    }
