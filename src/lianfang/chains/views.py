"""The page "Chains and clusters" of an outbreak: its shell, the report when it is there, the drawing, the files."""

import json
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lianfang.access import audit
from lianfang.access.selectors import townships
from lianfang.access.times import now
from lianfang.access.words import current_lang, say
from lianfang.cases.selectors import case_of, cases_frame
from lianfang.chains import cluster_report
from lianfang.chains.cluster_panels import panels_of
from lianfang.chains.cluster_tables import file_rows, link_rows
from lianfang.chains.clusters import STEPS
from lianfang.chains.models import ClusterReport
from lianfang.chains.selectors import chain_graph, chains_frame, links_of_case, search_chain
from lianfang.chains.words import graph_words
from lianfang.kernel.text import Text
from lianfang.outbreaks.selectors import current_outbreak, find_outbreak, last_run, outbreaks
from lianfang.pages.exports import csv_response
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.panels import Content, once, sheet_of
from lianfang.presences.selectors import presences_since
from lianfang.registry.selectors import area_name
from lianfang.tracing.selectors import count_unregistered

MOST_TYPED, MOST_FOUND = 80, 500
"""Letters of a search that are looked at, and cases that it answers: nobody steps through more."""

_STEP_WORDS = dict(STEPS) | {
    "facts": Text("读取病例与接触者", "reading cases and contacts"),
    "layout": Text("绘制传播链", "laying out the chains"),
}


def chains_home(request: ScopedRequest) -> HttpResponseBase:
    """Lead to the page of the current outbreak; without one, say what to do."""
    outbreak = current_outbreak(request.scope)
    if outbreak is not None:
        return redirect("outbreak-chains", outbreak.code)
    return render(request, "chains/chains.html", {"title": _("Chains and clusters"), "outbreak": None})


def chains_page(request: ScopedRequest, code: str) -> HttpResponse:
    """Show the page: the report where it was made already, else what makes it."""
    outbreak = _outbreak(request, code)
    report = cluster_report.kept_report(outbreak, request.scope)
    if request.GET.get("now") and (report is None or report.done_at is None):
        report = cluster_report.make_report(outbreak, request.scope, at=now())
    run = last_run(code)
    is_whole = report is not None and report.done_at is not None
    context: dict[str, Any] = {
        "title": _("Chains and clusters"),
        "outbreak": outbreak,
        "outbreaks": list(outbreaks(request.scope)[:12]),
        "run": run,
        "since": "same" if run is None else presences_since(run),
        "unregistered": count_unregistered(request.scope, outbreak=code),
        **(_whole(request, code, report) if is_whole and report is not None else {}),
    }
    return render(request, "chains/chains.html", context)


def chains_report(request: ScopedRequest, code: str) -> HttpResponse:
    """Make the report where it is not there yet, and show it; where somebody makes it already, say so and ask again."""
    outbreak = _outbreak(request, code)
    report = cluster_report.kept_report(outbreak, request.scope)
    if cluster_report.is_in_the_making(report, now()):
        return render(request, "chains/_chains_waiting.html", {"outbreak": outbreak, "again": True})
    report = cluster_report.make_report(outbreak, request.scope, at=now())
    if report is None:
        raise Http404
    return render(request, "chains/_chains_report.html", {"outbreak": outbreak, **_whole(request, code, report)})


def chains_step(request: ScopedRequest, code: str) -> HttpResponse:
    """Say in a few words how far the report is."""
    report = cluster_report.kept_report(_outbreak(request, code), request.scope)
    words = _STEP_WORDS.get(report.step) if report is not None else None
    return HttpResponse(say(words) if words else "", content_type="text/plain; charset=utf-8")


def chains_graph(request: ScopedRequest, code: str) -> HttpResponse:
    """Return the drawing as ``<lf-chains>`` reads it."""
    report = _kept(request, code)
    names = [(town.code, area_name(town)) for town in townships(request.scope)]
    words = graph_words(report.panels, names) | {"search_url": reverse("outbreak-chains-search", args=[code])}
    beside = json.dumps(words, ensure_ascii=False, separators=(",", ":"))
    _record(request, code, "read", "drawing")
    # The drawing is text already: it is long, and need not be read to be sent.
    return HttpResponse(f"{report.graph[:-1]},{beside[1:]}", content_type="application/json")


@require_POST
def chains_search(request: ScopedRequest, code: str) -> HttpResponse:
    """Answer the cases of the outbreak that fit a name, a telephone or a number; what was typed is kept nowhere."""
    outbreak = _outbreak(request, code)
    typed = request.POST.get("q", "")[:MOST_TYPED]
    role: str = request.account.role
    fitting = search_chain(outbreak.code, typed, request.scope, role=role)
    found, more = fitting[:MOST_FOUND], max(0, len(fitting) - MOST_FOUND)
    # The words may be a name or a telephone, and the trail outlives those: the cases that were shown say enough.
    _record(request, code, "read", "search", keys=found)
    answer = JsonResponse({"cases": found, "more": more})
    answer["Cache-Control"] = "no-store"
    return answer


def chains_links(request: ScopedRequest, code: str) -> HttpResponseBase:
    """Return the links of the outbreak as a CSV file: every candidate of every case, with the generations."""
    report = _kept(request, code)
    links = chains_frame(code, request.scope)
    _record(request, code, "export", "links", rows=links.height)
    return csv_response(link_rows(report, links, lang=current_lang()), "links.csv")


def chains_table(request: ScopedRequest, code: str, table: str) -> HttpResponseBase:
    """Return a table of the report as a CSV file."""
    panels = {panel.key: panel for panel in panels_of(_kept(request, code).panels, named=None)}
    if table not in panels:
        raise Http404
    _record(request, code, "export", table)
    return csv_response(file_rows(panels[table]), f"{table}.csv")


def _outbreak(request: ScopedRequest, code: str) -> Any:
    outbreak = find_outbreak(code, request.scope)
    if outbreak is None:
        raise Http404
    return outbreak


def _kept(request: ScopedRequest, code: str) -> ClusterReport:
    report = cluster_report.kept_report(_outbreak(request, code), request.scope)
    if report is None or report.done_at is None:
        raise Http404
    return report


def _whole(request: ScopedRequest, code: str, report: ClusterReport) -> dict[str, Any]:
    _record(request, code, "read", "report")
    panels = panels_of(report.panels)
    return {
        "report": report,
        "panels": [(panel, reverse("outbreak-chains-table", args=[code, panel.key])) for panel in panels],
        "cases": report.panels["cases"],
        "links": report.panels["links"],
    }


def _record(request: ScopedRequest, code: str, act: Any, what: str, **more: Any) -> None:
    detail = {"what": what, "areas": list(request.scope.paths), **more}
    audit.record(actor=request.scope.name, act=act, kind="chains.chainlink", key=code, detail=detail, at=now())


def case_panel(request: ScopedRequest, case_id: str) -> Content:
    """Show the chain around a case, on the page of the case."""
    case = case_of(request, case_id)
    run = once(request, f"run {case.outbreak_id}", lambda: last_run(case.outbreak_id))
    sheet = sheet_of(request, links_of_case(case.pk, case.outbreak_id, request.scope))
    context = {
        "case": case,
        "run": run,
        "sheet": sheet,
        "lang": current_lang(),
        "next": f"{reverse('case', args=[case.pk])}?tab=chain&page={sheet.number}#h-chain",
    }
    cases = [name for link in sheet for name in (link.infector_id, link.infectee_id)]
    return Content("chains/_for_case.html", context, named={"cases": cases}, scripts=("site/dist/graph.js",))


def chains_of_case(request: ScopedRequest, case_id: str) -> JsonResponse:
    """Return the chains around a case as ``<lf-graph>`` reads them."""
    case = case_of(request, case_id)
    cases, chains = cases_frame(case.outbreak_id, request.scope), chains_frame(case.outbreak_id, request.scope)
    return JsonResponse(chain_graph(cases, chains, around=case_id))
