"""The list of cases, the report of one, and its changes."""

import uuid
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from lianfang.access.core.roles import PLAIN_FIELDS, PROTECTED_FIELDS, Role
from lianfang.access.models import Account
from lianfang.access.times import now, to_local
from lianfang.access.words import say
from lianfang.cases import selectors, services
from lianfang.cases.core.card import check_card
from lianfang.cases.forms import ChangeForm, ClassifyForm, IsolateForm, ReportForm
from lianfang.cases.models import Case
from lianfang.cases.tables import CaseFilter, CaseTable
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import IdType, Occupation
from lianfang.outbreaks.selectors import current_outbreak
from lianfang.pages.acting import Done
from lianfang.pages.formpage import FormPage, Read, Saved, record_read
from lianfang.pages.lists import Empty, ListPage, ScopedRequest
from lianfang.pages.panels import Content
from lianfang.records.models import Change
from lianfang.registry.core.identity import identity_of, normal_id
from lianfang.registry.selectors import PersonCard, card_of, find_cards, find_holder, person_card


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


def person_panel(request: ScopedRequest, person_id: str) -> Content:
    """Show the cases of a person, on the page of the person."""
    cases = list(selectors.cases_of_person(person_id, request.scope))
    return Content("cases/_for_person.html", {"cases": cases}, tuple(case.pk for case in cases))


class CardPage(FormPage):
    """Base of the forms about a case: the core says what is wrong with them, each problem at its field."""

    def refuse(self, form: Any, refusal: Refused) -> None:
        if isinstance(refusal, services.CardRefused):
            form.take_problems(refusal)
        else:
            super().refuse(form, refusal)

    def ready(self, form: Any) -> None:
        form.show_required()


class ReportCase(CardPage):
    """The report card: find or enter the person, fill in the card, send it once.

    Pressing a button other than the one that reports (``act`` is set) shows the form again with everything that was
    typed, and with what the button found. It is a POST too: an identity number does not belong into an address.
    """

    title = _("Report a case")
    form_class = ReportForm
    template_name = "cases/report.html"

    def prepare(self) -> None:
        sent = self.request.POST.get("person_id", "")
        self.person = self._person(sent if self.request.method == "POST" else self.request.GET.get("person", ""))
        self.more: dict[str, Any] = {}

    def get_initial(self) -> dict[str, Any]:
        current = current_outbreak(self.request.scope)
        start: dict[str, Any] = {
            "client_key": uuid.uuid4(),
            "outbreak": self.request.GET.get("outbreak") or (current.code if current else ""),
            "reporting_unit": "",
        }
        return start if self.person is None else start | self._known(self.person)

    def get_form_args(self) -> dict[str, Any]:
        return {"by": self.request.account, "person": self.person}

    def make_form(self, data: Any = None, initial: dict[str, Any] | None = None) -> ReportForm:
        if data is not None:
            data = data.copy()
            data["person_id"] = "" if self.person is None else self.person.person_id
        elif initial is not None and self.person is not None:
            initial = initial | {"person_id": self.person.person_id}
        return cast("ReportForm", super().make_form(data, initial))

    def save(self, form: ReportForm) -> Saved:
        done = services.report_case(card=form.card(), client_key=form.key, by=self.request.account, at=now())
        words = _now("Case %(case)s is reported.") if done.created else _now("Case %(case)s was reported already.")
        return Saved(reverse("case", args=[done.case_id]), Done(words % {"case": done.case_id}))

    def unread(self, form: ReportForm) -> None:
        # What cannot be read is said together with what the core finds, not one after the other.
        if "client_key" not in form.errors:
            form.take_problems(services.CardRefused(check_card(form.card(), as_of=to_local(now()))))

    def look(self, act: str) -> ReportForm:
        role, typed, sent = self.request.account.role, self.typed(), self.request.POST
        self.more = {"find": sent.get("find", "")}
        if act == "find":
            found = find_cards(self.request.scope, self.more["find"], role)
            self._audit([card.person_id for card in found.cards])
            self.more |= {"found": found.cards, "more": found.more, "searched": True}
        elif act == "identify":
            number = normal_id(sent.get("id_number"))
            holder = find_holder(self.request.scope, number)
            if holder is not None:
                self.person = card_of(holder, role)
            elif sent.get("id_type", IdType.RESIDENT) == IdType.RESIDENT and (said := identity_of(number)):
                typed |= {"birth_date": said.birth_date, "sex": said.sex.value, "id_number": number}
        elif act == "forget":
            self.person = None
            typed["person_id"] = ""
        elif act.startswith("use:"):
            self.person = self._person(act.removeprefix("use:"))
        if self.person is not None and self.person.person_id != sent.get("person_id"):
            self._audit([self.person.person_id])
            typed |= {name: value for name, value in self._known(self.person).items() if value}
        return self.make_form(initial=typed)

    def get_context(self) -> dict[str, Any]:
        known = []
        if self.person is not None:
            known = list(selectors.cases_of_person(self.person.person_id, self.request.scope))
        return {"person": self.person, "known_cases": known, **self.more}

    def _audit(self, person_ids: list[str]) -> None:
        record_read(self.request, Read("registry.person", detail={"for": "case.report", "keys": person_ids}))

    def _person(self, person_id: str) -> PersonCard | None:
        return person_card(person_id, self.request.scope, self.request.account.role) if person_id else None

    def _known(self, person: PersonCard) -> dict[str, Any]:
        """Return what the register knows and the role may read plainly; a masked value is never put into a field."""
        plain = PLAIN_FIELDS.get(Role.of(self.request.account.role), frozenset())
        known = {n: getattr(person, n) for n in ("phone", "address") if n not in PROTECTED_FIELDS or n in plain}
        known |= {"person_id": person.person_id, "jurisdiction": person.area_code}
        classes = {say(one.label): one.value for one in Occupation}
        return known | {"occupation": classes.get(person.occupation, "")}


class CaseForm(CardPage):
    """Base of the small forms on one case: read it, call the service, go back to the case with an undo button."""

    done: Any

    def prepare(self) -> None:
        case = selectors.find_case(self.kwargs["case_id"], self.request.scope)
        if case is None:
            raise Http404
        self.case = case

    def get_form_args(self) -> dict[str, Any]:
        return {"case": self.case}

    def save(self, form: Any) -> Saved:
        change = self.carry_out(form, self.case, self.request.account)
        done = None if change is None else Done(str(self.done) % {"case": self.case.pk}, change.pk)
        return Saved(self.get_cancel_url(), done)

    def carry_out(self, form: Any, case: Case, by: Account) -> Change | None:
        """Call the service."""
        raise NotImplementedError

    def get_title(self) -> str:
        return f"{self.title} · {self.case.pk}"

    def get_cancel_url(self) -> str:
        return reverse("case", args=[self.case.pk])


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

    def get_form_args(self) -> dict[str, Any]:
        return {}

    def get_initial(self) -> dict[str, Any]:
        return {"isolated_at": self.case.isolated_at or now()}

    def carry_out(self, form: IsolateForm, case: Case, by: Account) -> Change | None:
        moment = form.cleaned_data["isolated_at"]
        if moment is None:
            raise services.CardRefused({"isolated_at": Text("此项必填", "this is required")})
        return services.isolate_case(case_id=case.pk, isolated_at=moment, by=by, at=now())
