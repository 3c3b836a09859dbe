"""The page of one case: who, the report card, what happened; what follows from it stands in sections of later rooms.

Above stand the live sections, such as clocks and contacts, which are shown anew when a response has been carried out;
below what is known of the case, and its itinerary.
"""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.words import label
from lianfang.cases.selectors import case_of
from lianfang.kernel.vocabulary import CaseSource, Residence
from lianfang.pages.objectpage import Action, ObjectPage
from lianfang.pages.parts import word_badge
from lianfang.pages.timeline import events_of
from lianfang.registry.selectors import area_line, card_of, person_facts

CASE = "cases.case"


class CasePage(ObjectPage):
    """One case inside the reader's scope."""

    subject = CASE
    key_name = "case_id"
    layout = "sections"
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
        return person_facts(self.card)

    def get_context(self) -> dict[str, Any]:
        return {
            "card": self.card,
            "case_facts": case_facts(self.case),
            "events": events_of(self.request, CASE, self.key),
        }

    def get_read(self) -> dict[str, Any]:
        return {"person": self.case.person_id}


def case_facts(case: Any) -> list[tuple[str, Any]]:
    """Return the facts of the report card as pairs of label and value."""
    return [
        (_("Outbreak"), case.outbreak.name),
        (_("Found by"), label(CaseSource, case.found_by) or "—"),
        (_("Belongs to"), label(Residence, case.residence)),
        (_("Area"), area_line(case.jurisdiction)),
        (_("Reporting unit"), case.reporting_unit or "—"),
        (_("Reporting doctor"), case.reporting_doctor or "—"),
        (_("Entered by"), case.reported_by.name or case.reported_by.username if case.reported_by else "—"),
        (_("Note"), case.note or "—"),
    ]
