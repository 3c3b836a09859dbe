"""What happened in a case, for the timelines of the case and of its person."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.words import label
from lianfang.cases.selectors import case_of, cases_of_person
from lianfang.kernel.vocabulary import CaseSource, Classification
from lianfang.pages.lists import ScopedRequest


def of_person(request: ScopedRequest, person_id: str) -> Iterator[dict[str, Any]]:
    """Give what happened in the cases of a person."""
    return (event for case in cases_of_person(person_id, request.scope) for event in case_events(case))


def of_case(request: ScopedRequest, case_id: str) -> list[dict[str, Any]]:
    """Return what happened in one case."""
    return case_events(case_of(request, case_id))


def case_events(case: Any) -> list[dict[str, Any]]:
    """Return what happened in a case as items of a timeline, unsorted; times as stored."""
    url = reverse("case", args=[case.pk])
    reported = " · ".join(filter(None, [case.reporting_unit, label(CaseSource, case.found_by)]))
    told = [
        (case.last_negative_at, _("Last negative sample"), "neutral", "full", ""),
        (case.onset_date, _("Onset of symptoms"), "bad", "date", ""),
        (case.sampled_at, _("First positive sample"), "bad", "full", ""),
        (case.diagnosed_at, _("Diagnosis made"), "bad", "full", label(Classification, case.classification)),
        (case.reported_at, _("Reported as a case"), "info", "full", reported),
        (case.isolated_at, _("Isolation begins"), "good", "full", ""),
    ]
    return [
        {"at": at, "title": title, "tone": tone, "style": style, "text": text, "url": url}
        for at, title, tone, style, text in told
        if at is not None
    ]
