"""A case inside the reader's scope, for the pages and parts about it."""

from typing import Any

from django.http import Http404

from lianfang.cases import selectors
from lianfang.pages.lists import ScopedRequest


def case_of(request: ScopedRequest, case_id: str) -> Any:
    """Return a case inside the reader's scope, or answer that there is none."""
    case = selectors.find_case(case_id, request.scope)
    if case is None:
        raise Http404
    return case
