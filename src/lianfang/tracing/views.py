"""The list of contacts, the page of one, and adding somebody whom a case named."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from lianfang.access import audit
from lianfang.access.core.roles import may
from lianfang.access.rules import record_refusal
from lianfang.access.times import now, to_local
from lianfang.access.words import say
from lianfang.cases.selectors import find_case
from lianfang.outbreaks.selectors import open_outbreaks, playbook_of, playbook_problem
from lianfang.pages.acting import Done
from lianfang.pages.exports import csv_response
from lianfang.pages.formpage import FormPage, Read, Saved
from lianfang.pages.lists import EXPORT_PERMISSION, Empty, ListPage, ScopedRequest
from lianfang.pages.panels import Content
from lianfang.playbook.describe import value_of
from lianfang.playbook.model import Rule
from lianfang.registry.selectors import (
    FoundCards,
    PersonCard,
    find_cards,
    person_card,
)
from lianfang.tracing import selectors, services
from lianfang.tracing.companions import signal_lines, switches
from lianfang.tracing.forms import InterviewForm
from lianfang.tracing.listing import ContactFilter, ContactTable
from lianfang.tracing.models import Contact
from lianfang.tracing.same_place import ROWS_A_PAGE, same_place_file, same_place_lines, same_place_rows


class ContactList(ListPage):
    """Every contact inside the reader's scope."""

    title = _("Contacts")
    audit_kind = "tracing.contact"
    table_class = ContactTable
    filterset_class = ContactFilter
    empty = Empty(
        title=_("There are no contacts yet."), hint=_("They are proposed by tracing as soon as a case is reported.")
    )
    actions = ("contact.accept", "contact.refuse", "contact.locate")

    def get_rows(self) -> QuerySet[Contact]:
        rows = selectors.with_priority(selectors.contact_rows(self.request.scope), self.request.scope, now())
        return selectors.first_to_call(rows)

    def get_context(self) -> dict[str, Any]:
        problems = [playbook_problem(outbreak) for outbreak in open_outbreaks(self.request.scope)]
        return {"notices": [say(problem) for problem in problems if problem is not None]}


def person_panel(request: ScopedRequest, person_id: str) -> Content:
    """Show whose contact a person is, on the page of the person."""
    rows = selectors.contacts_of_person(person_id, request.scope)
    lines = selectors.lines_of(rows, request.account.role)
    keys = tuple(str(line.contact.pk) for line in lines)
    return Content("tracing/_for_person.html", {"lines": lines}, keys)


def contact_stays(request: ScopedRequest, contact_id: int) -> HttpResponseBase:
    """Return all stays that a contact shared with whom it met, as a CSV file."""
    contact = selectors.find_contact(contact_id, request.scope)
    if contact is None:
        raise Http404
    account, at = request.account, now()
    stays = selectors.shared_stays(contact, request.scope, account.role, at=at, most=None)
    audit.record(
        actor=request.scope.name,
        act="export",
        kind="tracing.contact",
        key=str(contact_id),
        detail={"person": contact.person_id, "stays": stays.count},
        at=at,
    )
    rows = list(selectors.stay_rows(stays, contact))  # now, while the reader's language holds: the answer streams
    return csv_response(rows, f"stays-{contact_id}.csv")


class AddInterview(FormPage):
    """Somebody whom a case named: search the register, choose, say where and when they met.

    Searching is a POST too: a phone number does not belong into an address.
    """

    form_class = InterviewForm
    template_name = "tracing/interview.html"

    def prepare(self) -> None:
        self.case: Any = find_case(self.kwargs["case_id"], self.request.scope)
        if self.case is None:
            raise Http404
        self.person = self._person(self.request.POST.get("person_id", ""))
        self.found = FoundCards([], more=False)

    def asked(self) -> str:
        return super().asked() or ("" if self.request.POST.get("person_id") else "find")

    def look(self, act: str) -> Any:
        self.person = self._person(act.removeprefix("use:")) if act.startswith("use:") else None
        if self.person is None:
            self.found = find_cards(self.request.scope, self.request.POST.get("find", ""), self.request.account.role)
        return super().look(act)

    def save(self, form: InterviewForm) -> Saved:
        entered = services.add_interview(
            case_id=self.case.pk,
            person_id=self.request.POST.get("person_id", ""),
            by=self.request.account,
            at=now(),
            **form.cleaned_data,
        )
        if entered.change is None:
            done = Done(gettext("Recorded. Tracing runs again for this outbreak."))
        else:
            words = gettext("What was recorded of this meeting is corrected. Tracing runs again.")
            done = Done(words, entered.change.pk)
        return Saved(f"{reverse('case', args=[self.case.pk])}?respond=1", done)

    def get_read(self) -> Read | None:
        shown = [self.person] if self.person else self.found.cards
        keys = [card.person_id for card in shown]
        return Read("registry.person", detail={"for": "interview.add", "keys": keys}) if keys else None

    def get_title(self) -> str:
        return gettext("Contact named by case %(case)s") % {"case": self.case.pk}

    def get_context(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "person": self.person,
            "found": self.found.cards,
            "more": self.found.more,
            "find": self.request.POST.get("find", ""),
            "asked": self.request.method == "POST" and bool(self.asked()),
        }

    def _person(self, person_id: str) -> PersonCard | None:
        return person_card(person_id, self.request.scope, self.request.account.role) if person_id else None


def same_place(request: ScopedRequest, case_id: str) -> HttpResponse:
    """List who shared a place with a case and is no contact; the page is asked for, made at once and audited."""
    scope = request.scope
    case = find_case(case_id, scope)
    if case is None:
        raise Http404
    rule = playbook_of(case.outbreak).tracing.general
    rows = same_place_rows(case, scope, at=now()) if rule else None
    sheet = Paginator(range(0 if rows is None else rows.height), ROWS_A_PAGE).get_page(request.GET.get("page"))
    some = None if rows is None else rows.slice((sheet.number - 1) * ROWS_A_PAGE, ROWS_A_PAGE)
    lines = [] if some is None else same_place_lines(some, scope, request.account.role)
    detail = {"for": "same_place", "case": case.pk, "keys": [line.person_id for line in lines]}
    audit.record(actor=scope.name, act="read", kind="registry.person", detail=detail, at=now())
    context = {
        "title": gettext("People who shared a place with case %(case)s") % {"case": case.pk},
        "case": case,
        "rule": say(rule.title.text) if rule else "",
        "lines": lines,
        "total": sheet.paginator.count,
        "sheet": sheet,
        "numbers": list(sheet.paginator.get_elided_page_range(sheet.number)),
    }
    return render(request, "tracing/same_place.html", context)


def same_place_rows_file(request: ScopedRequest, case_id: str) -> HttpResponseBase:
    """Return everybody of that list as a CSV file."""
    scope = request.scope
    role = request.account.role
    if not may(role, EXPORT_PERMISSION):
        record_refusal(request, EXPORT_PERMISSION)
        raise PermissionDenied(EXPORT_PERMISSION)
    case = find_case(case_id, scope)
    if case is None or playbook_of(case.outbreak).tracing.general is None:
        raise Http404
    at = now()
    rows = same_place_rows(case, scope, at=at)
    detail = {"for": "same_place", "case": case.pk, "rows": rows.height}
    audit.record(actor=scope.name, act="export", kind="registry.person", detail=detail, at=at)
    file = same_place_file(rows, scope, role, get_language() or settings.LANGUAGE_CODE)
    return csv_response(file, f"same-place-{to_local(at):%Y%m%d-%H%M}.csv")


def spatial_companions(request: ScopedRequest, case_id: str) -> HttpResponse:
    """Say that sharing a grid cell is no contact, and why the signal is off; list it where both have switched it on."""
    scope = request.scope
    case = find_case(case_id, scope)
    if case is None:
        raise Http404
    state, role = switches(case), request.account.role
    lines, total = signal_lines(case, state.rule, scope, role, at=now()) if state.on and state.rule else ([], 0)
    detail = {"for": "companion", "case": case.pk, "on": state.on, "keys": [line.person_id for line in lines]}
    audit.record(actor=scope.name, act="read", kind="registry.person", detail=detail, at=now())
    context = {
        "title": gettext("Spatial companions of case %(case)s") % {"case": case.pk},
        "case": case,
        "switches": state,
        "rule": state.rule,
        "value": value_of(state.rule) if state.rule else None,
        "sources": _source_titles(case.outbreak, state.rule) if state.rule else "",
        "lines": lines,
        "total": total,
    }
    return render(request, "tracing/companions.html", context)


def _source_titles(outbreak: Any, rule: Rule) -> str:
    book = playbook_of(outbreak)
    return ", ".join(say(book.source(source).title.text) for source in rule.source)
