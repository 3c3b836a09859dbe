"""The list of cases, the report of one, and its changes. The page of a case is assembled in `lianfang.site`."""

import datetime as dt
import uuid
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from lianfang.access import audit
from lianfang.access.core.protect import PROTECTED_FIELDS
from lianfang.access.core.roles import PLAIN_FIELDS, Role
from lianfang.access.models import Account
from lianfang.access.times import now, to_local
from lianfang.access.words import say
from lianfang.cases import selectors, services
from lianfang.cases.core.card import check_card
from lianfang.cases.forms import ChangeForm, CheckedForm, ClassifyForm, IsolateForm, ReportForm, typed_values
from lianfang.cases.models import Case
from lianfang.cases.tables import CaseFilter, CaseTable
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import IdType, Occupation
from lianfang.outbreaks.selectors import current_outbreak
from lianfang.pages.acting import Done, tell
from lianfang.pages.lists import Empty, ListPage, ScopedRequest
from lianfang.records.models import Change
from lianfang.registry.core.identity import identity_of, normal_id
from lianfang.registry.selectors import PersonCard, card_of, find_holder, people, search_persons

FOUND_AT_MOST = 8


class CaseList(ListPage):
    """Every case inside the reader's scope."""

    title = _("Cases")
    audit_kind = "cases.case"
    table_class = CaseTable
    filterset_class = CaseFilter
    template_name = "cases/list.html"
    empty = Empty(
        title=_("No case is reported yet."),
        hint=_("Report the first one; tracing runs by itself."),
        link=lambda: reverse("case-report"),
        link_label=_("Report a case"),
        permission="case.report",
    )

    def get_rows(self) -> QuerySet[Case]:
        return selectors.case_rows(self.request.scope)


class ReportCase(View):
    """The report card: find or enter the person, fill in the card, send it once.

    Pressing a button other than the one that reports (``act`` is set) shows the form again with everything that was
    typed, and with what the button found. It is a POST too: an identity number does not belong into an address.
    """

    def get(self, request: ScopedRequest) -> HttpResponse:
        start: dict[str, Any] = {"client_key": uuid.uuid4()}
        current = current_outbreak(request.scope)
        start["outbreak"] = request.GET.get("outbreak") or (current.code if current else "")
        start["reporting_unit"] = ""
        person = self._person(request, request.GET.get("person", ""))
        if person is not None:
            start |= self._known(person, cast("Account", request.user).role)
        return self._page(request, start, person)

    def post(self, request: ScopedRequest) -> HttpResponseBase:
        act = request.POST.get("act", "")
        person = self._person(request, request.POST.get("person_id", ""))
        if act:
            return self._look(request, act, person)
        account = cast("Account", request.user)
        typed = request.POST.copy()
        typed["person_id"] = person.person_id if person is not None else ""
        form = ReportForm(typed, by=account, person=person)
        if form.is_valid():
            try:
                done = services.report_case(card=form.card(), client_key=form.key, by=account, at=now())
            except services.CardRefused as refusal:
                form.take_problems(refusal)
            except Refused as refusal:
                form.add_error(None, say(refusal.text))
            else:
                words = (
                    _now("Case %(case)s is reported.") if done.created else _now("Case %(case)s was reported already.")
                )
                messages.success(request, words % {"case": done.case_id})
                return redirect("case", done.case_id)
        elif "client_key" not in form.errors:
            # What cannot be read is said together with what the core finds, not one after the other.
            self._add_core_problems(form)
        return self._render(request, form, person, status=422)

    def _add_core_problems(self, form: ReportForm) -> None:
        moment = cast("dt.datetime", to_local(now()))
        form.take_problems(services.CardRefused(check_card(form.card(), as_of=moment)))

    def _look(self, request: ScopedRequest, act: str, person: PersonCard | None) -> HttpResponse:
        role = cast("Account", request.user).role
        typed = typed_values(request.POST, ReportForm(by=cast("Account", request.user)))
        more: dict[str, Any] = {"find": request.POST.get("find", "")}
        if act == "find":
            found = (
                search_persons(request.scope, more["find"], role=role)
                if more["find"].strip()
                else people(request.scope).none()
            )
            rows = list(found.order_by("person_id")[: FOUND_AT_MOST + 1])
            cards = [card_of(row, role) for row in rows[:FOUND_AT_MOST]]
            self._audit(request, [card.person_id for card in cards])
            more |= {"found": cards, "more": len(rows) > FOUND_AT_MOST, "searched": True}
        elif act == "identify":
            number = normal_id(request.POST.get("id_number"))
            holder = find_holder(request.scope, number)
            if holder is not None:
                person = card_of(holder, role)
            elif request.POST.get("id_type", IdType.RESIDENT) == IdType.RESIDENT and (said := identity_of(number)):
                typed |= {"birth_date": said.birth_date, "sex": said.sex.value, "id_number": number}
        elif act == "forget":
            person = None
            typed["person_id"] = ""
        elif act.startswith("use:"):
            person = self._person(request, act.removeprefix("use:"))
        if person is not None and person.person_id != request.POST.get("person_id"):
            self._audit(request, [person.person_id])
            typed |= {name: value for name, value in self._known(person, role).items() if value}
        return self._page(request, typed, person, more)

    def _audit(self, request: ScopedRequest, person_ids: list[str]) -> None:
        detail = {"for": "case.report", "keys": person_ids}
        audit.record(actor=request.scope.name, act="read", kind="registry.person", detail=detail, at=now())

    @staticmethod
    def _person(request: ScopedRequest, person_id: str) -> PersonCard | None:
        person = people(request.scope).filter(pk=person_id).first() if person_id else None
        return None if person is None else card_of(person, cast("Account", request.user).role)

    @staticmethod
    def _known(person: PersonCard, role: str) -> dict[str, Any]:
        """Return what the register knows and the role may read plainly; a masked value is never put into a field."""
        plain = PLAIN_FIELDS.get(Role.of(role), frozenset())
        known = {n: getattr(person, n) for n in ("phone", "address") if n not in PROTECTED_FIELDS or n in plain}
        known |= {"person_id": person.person_id, "jurisdiction": person.area_code}
        classes = {say(one.label): one.value for one in Occupation}
        return known | {"occupation": classes.get(person.occupation, "")}

    def _page(
        self,
        request: ScopedRequest,
        start: dict[str, Any],
        person: PersonCard | None,
        more: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if person is not None:
            start = start | {"person_id": person.person_id}
        form = ReportForm(initial=start, by=cast("Account", request.user), person=person)
        return self._render(request, form, person, more)

    def _render(
        self,
        request: ScopedRequest,
        form: ReportForm,
        person: PersonCard | None,
        more: dict[str, Any] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        form.show_required()
        context = {"title": _("Report a case"), "form": form, "person": person, **(more or {})}
        return render(request, "cases/report.html", context, status=status)


class CaseForm(View):
    """Base of the small forms on one case: read it, call the service, go back to the case with an undo button."""

    form_class: type[CheckedForm]
    title: Any
    done: Any

    def get(self, request: ScopedRequest, case_id: str) -> HttpResponse:
        case = self._case(request, case_id)
        return self._page(request, case, self.make_form(None, case))

    def post(self, request: ScopedRequest, case_id: str) -> HttpResponseBase:
        case = self._case(request, case_id)
        form = self.make_form(request.POST, case)
        if form.is_valid():
            try:
                change = self.carry_out(form, case, cast("Account", request.user))
            except services.CardRefused as refusal:
                form.take_problems(refusal)
            except Refused as refusal:
                form.add_error(None, say(refusal.text))
            else:
                if change is None:
                    messages.info(request, _now("Nothing was changed."))
                else:
                    tell(request, Done(str(self.done) % {"case": case.pk}, change.pk))
                return redirect("case", case.pk)
        return self._page(request, case, form, status=422)

    def make_form(self, data: QueryDict | None, case: Case) -> Any:
        """Return the form, read where there is something to read."""
        return self.form_class(data, case=case)  # type: ignore[call-arg]

    def carry_out(self, form: Any, case: Case, by: Account) -> Change | None:
        """Call the service."""
        raise NotImplementedError

    @staticmethod
    def _case(request: ScopedRequest, case_id: str) -> Case:
        case = selectors.find_case(case_id, request.scope)
        if case is None:
            raise Http404
        return case

    def _page(self, request: ScopedRequest, case: Case, form: Any, status: int = 200) -> HttpResponse:
        form.show_required()
        title = f"{self.title} · {case.pk}"
        context = {"title": title, "form": form, "case": case, "cancel_url": reverse("case", args=[case.pk])}
        return render(request, "pages/formpage.html", context, status=status)


class ChangeCase(CaseForm):
    """Correct the facts of a case."""

    form_class = ChangeForm
    title = _("Correct the case")
    done = _("Case %(case)s is corrected.")

    def carry_out(self, form: ChangeForm, case: Case, by: Account) -> Change | None:
        return services.change_case(
            case_id=case.pk,
            changes=form.changes(),
            before_symptoms=bool(form.cleaned_data["before_symptoms"]),
            seen=form.seen(),
            by=by,
            at=now(),
        )


class ClassifyCase(CaseForm):
    """Move the classification of a case."""

    form_class = ClassifyForm
    title = _("Change the classification")
    done = _("The classification of case %(case)s is changed.")

    def carry_out(self, form: ClassifyForm, case: Case, by: Account) -> Change | None:
        return services.classify_case(case_id=case.pk, by=by, at=now(), **form.cleaned_data)


class IsolateCase(CaseForm):
    """Record when a case was isolated."""

    form_class = IsolateForm
    title = _("Record the isolation")
    done = _("The isolation of case %(case)s is recorded.")

    def make_form(self, data: QueryDict | None, case: Case) -> IsolateForm:
        return IsolateForm(data, initial={"isolated_at": case.isolated_at or now()})

    def carry_out(self, form: IsolateForm, case: Case, by: Account) -> Change | None:
        moment = form.cleaned_data["isolated_at"]
        if moment is None:
            raise services.CardRefused({"isolated_at": Text("此项必填", "this is required")})
        return services.isolate_case(case_id=case.pk, isolated_at=moment, by=by, at=now())
