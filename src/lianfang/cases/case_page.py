"""The page of one case: who it is, how it stands, its clocks and its itinerary.

Behind them, on tabs of their own, stand what follows from it in later rooms (contacts, measures, chain), the report
card, and what happened.
"""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.words import label
from lianfang.cases.selectors import case_of
from lianfang.kernel.vocabulary import CaseSource, Residence
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.objectpage import Action, ObjectPage
from lianfang.pages.panels import Content
from lianfang.pages.parts import moment, word_badge
from lianfang.pages.timeline import events_of
from lianfang.registry.selectors import area_line, card_of, person_facts

CASE = "cases.case"


class CasePage(ObjectPage):
    """One case inside the reader's scope."""

    subject = CASE
    key_name = "case_id"
    template_name = "cases/case.html"

    def prepare(self) -> None:
        self.case = case_of(self.request, self.key)
        self.card = card_of(self.case.person, self.request.account.role)

    def get_title(self) -> str:
        return f"{self.case.pk} {self.card.name}"

    def get_badges(self) -> Sequence[Any]:
        return (word_badge("Classification", self.case.classification),)

    def get_actions(self) -> Sequence[Action]:
        def to(route: str) -> str:
            return reverse(route, args=[self.case.pk])

        found = [
            Action(_("Correct"), to("case-change"), "case.change"),
            Action(_("Change the classification"), to("case-classify"), "case.change"),
        ]
        if self.case.isolated_at is None:
            found.append(Action(_("Record the isolation"), to("case-isolate"), "case.change", "primary"))
        return found

    def get_facts(self) -> Sequence[tuple[Any, Any]]:
        return [*person_facts(self.card), *state_facts(self.case)]

    def get_context(self) -> dict[str, Any]:
        return {"card": self.card}

    def get_read(self) -> dict[str, Any]:
        return {"person": self.case.person_id}


def history_panel(request: ScopedRequest, case_id: str) -> Content:
    """Show the report card of a case, and what happened in it, as far as the reader may know it."""
    case = case_of(request, case_id)
    return Content("cases/_history.html", {"case_facts": case_facts(case), "events": events_of(request, CASE, case_id)})


def state_facts(case: Any) -> list[tuple[str, Any]]:
    """Return how a case stands, as pairs of label and value: what its windows and clocks come from."""
    pairs = [
        (_("Outbreak"), case.outbreak.name),
        (_("Onset of symptoms"), moment(case.onset_date, "date")),
        (_("First positive sample"), moment(case.sampled_at)),
        (_("Isolation begins"), moment(case.isolated_at)),
    ]
    return [*pairs, (_("Note"), case.note)] if case.note else pairs


def case_facts(case: Any) -> list[tuple[str, Any]]:
    """Return the facts of the report card as pairs of label and value."""
    return [
        (_("Found by"), label(CaseSource, case.found_by) or "—"),
        (_("Belongs to"), label(Residence, case.residence)),
        (_("Area"), area_line(case.jurisdiction)),
        (_("Reporting unit"), case.reporting_unit or "—"),
        (_("Reporting doctor"), case.reporting_doctor or "—"),
        (_("Entered by"), case.reported_by.name or case.reported_by.username if case.reported_by else "—"),
    ]
