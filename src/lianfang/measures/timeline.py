"""The measures of a person, for the timeline of the person."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.words import label
from lianfang.kernel.vocabulary import Decision, MeasureKind
from lianfang.measures.selectors import measures_of_person
from lianfang.pages.lists import ScopedRequest


def of_person(request: ScopedRequest, person_id: str) -> Iterator[dict[str, Any]]:
    """Give what was asked of a person, and when it ended."""
    return (event for measure in measures_of_person(person_id, request.scope) for event in measure_events(measure))


def measure_events(measure: Any) -> list[dict[str, Any]]:
    """Return the periods of a measure that nobody refused, and its release, as items of a timeline, unsorted."""
    if measure.decision == Decision.REFUSED or measure.kind == MeasureKind.NONE:
        return []
    url = reverse("measure-why", args=[measure.pk])
    words = label(MeasureKind, measure.kind)
    period = {"at": measure.start, "end": measure.end, "title": words, "tone": "info", "url": url}
    events = [{**period, "text": label(Decision, measure.decision)}]
    if measure.released_at is not None:
        events.append({"at": measure.released_at, "title": _("Released"), "tone": "good", "text": words, "url": url})
    return events
