"""The daily bulletin: as a page whose figures lead to their lists, and as a Word document."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from lianfang.access import audit
from lianfang.access.core.roles import may
from lianfang.access.times import now, to_local
from lianfang.access.words import current_lang, say
from lianfang.outbreaks.selectors import current_outbreak, find_outbreak, outbreaks
from lianfang.pages.formpage import Done, FormPage, Read, Saved, record_read
from lianfang.pages.lists import ScopedRequest
from lianfang.reports.core.figures import Figure
from lianfang.reports.core.paper import Section
from lianfang.reports.drawings import MAP_TITLE, curve_svg, map_svg
from lianfang.reports.forms import CorrectForm, PublishForm
from lianfang.reports.models import Issue
from lianfang.reports.papers import document_of
from lianfang.reports.selectors import Paper, corrections_of, find_issue, issues_of, paper_for, paper_of
from lianfang.reports.services import PUBLISH, publish
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
    picture: str = ""
    is_map: bool = False


def show_bulletin(request: ScopedRequest) -> HttpResponseBase:
    """Show the bulletin of a day, as it stands now; what was published of it stands beside."""
    outbreak = _outbreak(request)
    today = _local_now().date()
    context: dict[str, Any] = {"title": _now("Daily bulletin"), "outbreak": outbreak, "today": today}
    if outbreak is None:
        return render(request, "reports/bulletin.html", context)
    day, as_of = _day(request)
    paper = paper_for(outbreak, request.scope, as_of)
    # A list shows what is there now: only the figures of today are the lengths of lists.
    leads = day == today
    query = urlencode({"outbreak": outbreak.code, "date": day.isoformat()})
    issues = list(issues_of(outbreak.code, request.scope))
    context |= {
        "day": day,
        "first": outbreak.started_on,
        **_paper(paper, request.account.role, outbreak.code, leads=leads),
        "outbreaks": list(outbreaks(request.scope)),
        "leads": leads,
        "docx_url": f"{reverse('bulletin-docx')}?{query}",
        "issues": issues,
        "of_the_day": [one for one in issues if one.day == day and one.jurisdiction_id == _own(request)],
        "publish_url": f"{reverse('bulletin-publish')}?{query}",
    }
    # Without names it still tells of each new case: sex, age, township.
    record_read(request, Read("bulletin", outbreak.code, {"day": day}))
    return render(request, "reports/bulletin.html", context)


def show_issue(request: ScopedRequest, pk: int) -> HttpResponseBase:
    """Show a published issue, as it was published."""
    issue = _issue(request, pk)
    paper = paper_of(issue)
    own = issue.jurisdiction_id == _own(request)
    corrections = corrections_of(issue)
    context = {
        "title": say(paper.bulletin.title),
        "issue": issue,
        "corrections": corrections,
        "may_correct": own and may(request.account.role, PUBLISH) and not corrections,
        **_paper(paper, request.account.role, issue.outbreak_id, leads=False),
    }
    record_read(request, Read("bulletin", issue.outbreak_id, {"day": issue.day, "issue": issue.number}))
    return render(request, "reports/issue.html", context)


def _own(request: ScopedRequest) -> str | None:
    return request.account.jurisdiction_id


def _issue(request: ScopedRequest, pk: int) -> Issue:
    issue = find_issue(pk, request.scope)
    if issue is None:
        raise Http404
    return issue


def _paper(paper: Paper, role: str, outbreak: str, *, leads: bool) -> dict[str, Any]:
    """Return what the template of a paper needs, in the reader's language."""
    made, lang = paper.bulletin, current_lang()
    return {
        "paper_title": say(made.title),
        "masthead": say(made.masthead.line),
        "issued": say(made.issued),
        "sections": [_shown(section, role, outbreak, leads=leads, paper=paper) for section in made.sections],
        "map_title": say(MAP_TITLE),
        "lang": lang,
    }


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
    paper = paper_for(outbreak, request.scope, as_of)
    return _send(request, paper, outbreak.code, day, as_of)


def download_issue(request: ScopedRequest, pk: int) -> HttpResponseBase:
    """Send a published issue as a Word document, the same each time; that it left is recorded."""
    issue = _issue(request, pk)
    return _send(request, paper_of(issue), issue.outbreak_id, issue.day, to_local(issue.as_of), issue=issue.number)


def _send(
    request: ScopedRequest, paper: Paper, outbreak: str, day: dt.date, as_of: dt.datetime, **more: Any
) -> HttpResponse:
    lang = current_lang()
    audit.record(
        actor=request.scope.name,
        act="export",
        kind="bulletin",
        key=outbreak,
        detail={"day": day, "as_of": as_of, "lang": lang, **more},
        at=now(),
    )
    response = HttpResponse(document_of(paper, as_of=as_of, lang=lang), content_type=DOCX)
    name = f"{say(paper.bulletin.title)} {day.isoformat()}.docx"
    response["Content-Disposition"] = f"attachment; filename=\"bulletin-{day}.docx\"; filename*=UTF-8''{quote(name)}"
    return response


class Publish(FormPage):
    """Publish the bulletin of a day: it is frozen then."""

    title = _("Publish the bulletin")
    form_class = PublishForm
    submit = _("Publish")

    outbreak: Any
    day: dt.date
    as_of: dt.datetime

    def prepare(self) -> None:
        """Find the outbreak and the day that the address names."""
        self.outbreak = _outbreak(self.request)
        if self.outbreak is None:
            raise Http404
        self.day, self.as_of = _day(self.request)

    def get_intro(self) -> str:
        return _now(
            "The bulletin of %(outbreak)s of %(day)s, as of %(time)s, becomes an issue with a number. It is kept as it "
            "is now and cannot be changed; what is wrong is corrected by an issue of its own."
        ) % {"outbreak": self.outbreak.name, "day": self.day, "time": f"{self.as_of:%Y-%m-%d %H:%M}"}

    def get_initial(self) -> dict[str, Any]:
        last = issues_of(self.outbreak.code, self.request.scope).filter(jurisdiction_id=_own(self.request)).first()
        return {} if last is None else {"unit": last.unit, "signed_by": last.signed_by}

    def get_cancel_url(self) -> str:
        query = urlencode({"outbreak": self.outbreak.code, "date": self.day.isoformat()})
        return f"{reverse('bulletin')}?{query}"

    def save(self, form: Any) -> Saved:
        issue = publish(
            outbreak=self.outbreak, as_of=self.as_of, by=self.request.account, at=now(), **form.cleaned_data
        )
        done = _now("Published as issue %(number)d.") % {"number": issue.number}
        return Saved(reverse("bulletin-issue", args=[issue.pk]), Done(done, None))


class Correct(Publish):
    """Correct a published issue: the day is counted anew, as it stood then by what is known now."""

    title = _("Correct an issue")
    form_class = CorrectForm
    submit = _("Publish the correction")

    def prepare(self) -> None:
        """Find the issue that the address names."""
        self.issue = _issue(self.request, self.kwargs["pk"])
        self.outbreak, self.day, self.as_of = self.issue.outbreak, self.issue.day, to_local(self.issue.as_of)

    def get_intro(self) -> str:
        return _now(
            "Issue %(number)d of %(day)s stays as it is. The correction is a new issue that names it, counted anew as "
            "of %(time)s by what is known now."
        ) % {"number": self.issue.number, "day": self.day, "time": f"{self.as_of:%Y-%m-%d %H:%M}"}

    def get_cancel_url(self) -> str:
        return reverse("bulletin-issue", args=[self.issue.pk])

    def save(self, form: Any) -> Saved:
        issue = publish(
            outbreak=self.outbreak,
            as_of=self.as_of,
            by=self.request.account,
            at=now(),
            corrects=self.issue.pk,
            **form.cleaned_data,
        )
        done = _now("Published as issue %(number)d.") % {"number": issue.number}
        return Saved(reverse("bulletin-issue", args=[issue.pk]), Done(done, None))


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
    """Return the day that is asked for, and its time of reckoning: now, or the midnight that closes a past day."""
    moment = _local_now()
    try:
        day = dt.date.fromisoformat(request.GET.get("date") or moment.date().isoformat())
    except ValueError:
        raise Http404 from None
    if day >= moment.date():
        return moment.date(), moment
    return day, dt.datetime.combine(day + dt.timedelta(days=1), dt.time())


def _shown(section: Section, role: str, outbreak: str, *, leads: bool, paper: Paper) -> Shown:
    sheet = section.sheet
    drawn = {"curve": lambda: curve_svg(paper.bulletin.curve, lang=current_lang())}
    drawn["map"] = lambda: map_svg(paper.areas, lang=current_lang())
    rows = [] if sheet is None else sheet.rows
    return Shown(
        title=say(section.title),
        sentences=[say(sentence) for sentence in section.sentences],
        head=[] if sheet is None else [say(word) for word in sheet.head],
        rows=[(say(label), [_cell(one, role, outbreak, leads=leads) for one in figures]) for label, figures in rows],
        # Built of numbers and escaped words alone.
        picture=mark_safe(drawn[section.picture]()) if section.picture else "",  # noqa: S308
        is_map=section.picture == "map",
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
