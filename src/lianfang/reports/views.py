"""The daily bulletin: as a page whose figures lead to their lists, and as a Word document."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access import audit
from lianfang.access.core.roles import may
from lianfang.access.times import now, to_local
from lianfang.access.words import current_lang, say
from lianfang.outbreaks.selectors import current_outbreak, find_outbreak, outbreaks
from lianfang.pages.lists import ScopedRequest
from lianfang.reports.core.bulletin import Section
from lianfang.reports.core.figures import Figure
from lianfang.reports.docx import bulletin_docx
from lianfang.reports.selectors import bulletin_for
from lianfang.reports.tasks import CONTACTS_AT_MOST, ask_bulletin
from lianfang.tracing.selectors import count_contacts

LISTS = {
    "cases": ("case-list", "case.view"),
    "contacts": ("contact-list", "contact.view"),
    "measures": ("measure-list", "measure.view"),
    "clocks": ("clock-list", "clock.view"),
}
"""For each list that a figure names: its route and the permission that opens it."""

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True)
class Cell:
    """A number of the page, and where its list is; empty where it leads nowhere."""

    value: int
    url: str


@dataclass(frozen=True)
class Shown:
    """A section in the reader's language."""

    title: str
    sentences: list[str]
    head: list[str]
    rows: list[tuple[str, list[Cell]]]


def show_bulletin(request: ScopedRequest) -> HttpResponseBase:
    """Show the bulletin of a day."""
    outbreak = _outbreak(request)
    today = _local_now().date()
    context: dict[str, Any] = {"title": _("Daily bulletin"), "outbreak": outbreak, "today": today}
    if outbreak is None:
        return render(request, "reports/bulletin.html", context)
    day, as_of = _day(request)
    paper = bulletin_for(outbreak, request.scope, as_of)
    role = request.account.role
    # A list shows what is there now: only the figures of today are the lengths of lists.
    leads = day == today
    query = urlencode({"outbreak": outbreak.code, "date": day.isoformat()})
    context |= {
        "day": day,
        "first": outbreak.started_on,
        "paper_title": say(paper.title),
        "issued": say(paper.issued),
        "sections": [_shown(section, role, outbreak.code, leads=leads) for section in paper.sections],
        "outbreaks": list(outbreaks(request.scope)),
        "leads": leads,
        "docx_url": f"{reverse('bulletin-docx')}?{query}",
    }
    return render(request, "reports/bulletin.html", context)


def download_bulletin(request: ScopedRequest) -> HttpResponseBase:
    """Send the bulletin of a day as a Word document, of a large outbreak by a task; that it left is recorded."""
    outbreak = _outbreak(request)
    if outbreak is None:
        raise Http404
    day, as_of = _day(request)
    lang = current_lang()
    if count_contacts(outbreak.code, request.scope) > CONTACTS_AT_MOST:
        task = ask_bulletin(outbreak=outbreak, day=day, as_of=as_of, lang=lang, by=request.account, at=now())
        answer = redirect(f"{settings.TASK_PAGES}{task.pk}/")
        answer.status_code = 303
        return answer
    paper = bulletin_for(outbreak, request.scope, as_of)
    audit.record(
        actor=request.scope.name,
        act="export",
        kind="bulletin",
        key=outbreak.code,
        detail={"day": day, "as_of": as_of, "lang": lang},
        at=now(),
    )
    response = HttpResponse(bulletin_docx(paper, as_of=as_of, lang=lang), content_type=DOCX)
    name = f"{say(paper.title)} {day.isoformat()}.docx"
    response["Content-Disposition"] = f"attachment; filename=\"bulletin-{day}.docx\"; filename*=UTF-8''{quote(name)}"
    return response


def _local_now() -> dt.datetime:
    # To the minute: a link gives the time of reckoning to the minute, and the list behind it counts as of then.
    return to_local(now()).replace(second=0, microsecond=0)


def _outbreak(request: ScopedRequest) -> Any:
    asked = request.GET.get("outbreak", "")
    found = find_outbreak(asked, request.scope) if asked else current_outbreak(request.scope)
    if asked and found is None:
        raise Http404
    return found


def _day(request: ScopedRequest) -> tuple[dt.date, dt.datetime]:
    """Return the day that is asked for, and its time of reckoning: now, or the last minute of a day that is over."""
    moment = _local_now()
    try:
        day = dt.date.fromisoformat(request.GET.get("date") or moment.date().isoformat())
    except ValueError:
        raise Http404 from None
    if day >= moment.date():
        return moment.date(), moment
    return day, dt.datetime.combine(day, dt.time(23, 59))


def _shown(section: Section, role: str, outbreak: str, *, leads: bool) -> Shown:
    sheet = section.sheet
    rows = [] if sheet is None else sheet.rows
    return Shown(
        title=say(section.title),
        sentences=[say(sentence) for sentence in section.sentences],
        head=[] if sheet is None else [say(word) for word in sheet.head],
        rows=[(say(label), [_cell(one, role, outbreak, leads=leads) for one in figures]) for label, figures in rows],
    )


def _cell(figure: Figure, role: str, outbreak: str, *, leads: bool) -> Cell:
    return Cell(figure.value, figure_url(figure, role, outbreak=outbreak) if leads else "")


def figure_url(figure: Figure, role: str, *, outbreak: str) -> str:
    """Return the address of the list that a figure is the length of; empty where the role may not open it."""
    name, shows = figure.shows
    if name not in LISTS:
        return ""
    route, permission = LISTS[name]
    if not may(role, permission):
        return ""
    return f"{reverse(route)}?{urlencode({'outbreak': outbreak, **shows})}"
