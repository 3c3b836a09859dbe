"""What the room offers on the pages of earlier rooms' things."""

from urllib.parse import urlencode

from django.urls import reverse

from lianfang.cases.selectors import cases_of_person
from lianfang.pages.lists import ScopedRequest


def report_person(request: ScopedRequest, person_id: str) -> str:
    """Return where a person is reported as a case; empty where they are one already."""
    if cases_of_person(person_id, request.scope).exists():
        return ""
    return f"{reverse('case-report')}?{urlencode({'person': person_id})}"


def cases_of_outbreak(request: ScopedRequest, outbreak: str) -> str:
    """Return where the cases of an outbreak are listed."""
    return f"{reverse('case-list')}?{urlencode({'outbreak': outbreak})}"
