"""The door to reading cases."""

import re
from collections.abc import Sequence
from typing import Any, cast

import polars as pl
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.http import Http404

from lianfang.access.core.roles import PLAIN_FIELDS, Role
from lianfang.access.rules import ScopedRequest
from lianfang.access.scope import Scope
from lianfang.cases.models import Case
from lianfang.kernel.schema import CASES
from lianfang.kernel.tidy import tidy_text
from lianfang.kernel.vocabulary import Classification
from lianfang.pages.panels import once
from lianfang.records.frames import frame_of
from lianfang.registry.core.identity import normal_id

__all__ = [
    "case_of",
    "case_rows",
    "cases_frame",
    "cases_of_person",
    "find_case",
    "search_cases",
    "with_curve_day",
]


def case_rows(scope: Scope) -> QuerySet[Case]:
    """Return the cases inside a scope with person, area and outbreak in one query, the latest report first."""
    found = Case.objects.within(scope).select_related("person", "jurisdiction__parent__parent__parent", "outbreak")
    return cast("QuerySet[Case]", found.order_by("-reported_at", "case_id"))


def find_case(case_id: str, scope: Scope) -> Case | None:
    """Return one case with what its page shows of person, area, outbreak and reporter; None when not in the scope."""
    person = ("jurisdiction__parent__parent__parent", "household__dwelling", "organisation")
    more = [f"person__{name}" for name in person]
    return case_rows(scope).select_related("reported_by", "outbreak__jurisdiction", *more).filter(pk=case_id).first()


def case_of(request: ScopedRequest, case_id: str) -> Case:
    """Return one case as `find_case` does, for a page or a part of one; a page asks for it once.

    Raises
    ------
    Http404
        When there is none in the reader's scope.
    """
    case = once(request, f"case {case_id}", lambda: find_case(case_id, request.scope))
    if case is None:
        raise Http404
    return case


def cases_of_person(person_id: str, scope: Scope) -> QuerySet[Case]:
    """Return the cases of a person inside a scope, the latest report first."""
    return case_rows(scope).filter(person_id=person_id)


def with_curve_day(rows: QuerySet[Case]) -> QuerySet[Any]:
    """Add ``curve_day``, the local day of a case on an epi curve: of onset, else of sampling, else of report."""
    return rows.annotate(curve_day=TruncDate(Coalesce("onset_date", "sampled_at", "reported_at")))


def search_cases(rows: QuerySet[Case], text: str, *, role: str) -> QuerySet[Case]:
    """Keep the cases whose id, or whose person's name, pinyin, telephone or identity number is what was typed.

    A field that the role sees only masked is not searched by its parts (as in `registry.selectors.search_persons`).
    """
    typed = tidy_text(text)
    if not typed:
        return rows
    plain = PLAIN_FIELDS.get(Role.of(role), frozenset())
    compact = re.sub(r"[\s-]", "", typed)
    match = Q(case_id__icontains=typed) | Q(person_id=typed) | Q(person__id_number=normal_id(typed))
    if "name" in plain:
        match |= Q(person__name__icontains=compact) | Q(person__name__icontains=typed)
        if compact.isascii() and compact.isalpha():
            match |= Q(person__pinyin__contains="|" + compact.lower())
    if "phone" in plain and compact.isdigit() and len(compact) >= 3:
        match |= Q(person__phone__startswith=compact)
    return rows.filter(match)


_FRAME: dict[str, tuple[str, pl.DataType]] = {
    **{c.name: (c.name, c.dtype) for c in CASES.columns if not c.name.startswith("infectious")},
    "classification": ("classification", pl.String()),
    "diagnosed_at": ("diagnosed_at", pl.Datetime("us")),
    "reported_at": ("reported_at", pl.Datetime("us")),
    "found_by": ("found_by", pl.String()),
    "jurisdiction": ("jurisdiction_id", pl.String()),
}


def cases_frame(
    outbreak: str, scope: Scope, *, with_excluded: bool = False, case_ids: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return the cases of an outbreak as a frame, sorted by case id.

    Parameters
    ----------
    outbreak : str
        Its code.
    scope : Scope
        Cases outside it are left out; batch work takes a named system scope.
    with_excluded : bool
        Whether cases whose diagnosis was excluded are there; a response does not answer them.
    case_ids : sequence of str, optional
        Only these cases; by default all.

    Returns
    -------
    polars.DataFrame
        The columns of `kernel.schema.CASES` (the infectious window empty: the playbook derives it), then
        ``classification, diagnosed_at, reported_at, found_by, jurisdiction``; times naive and local.
    """
    rows = Case.objects.within(scope).filter(outbreak_id=outbreak).order_by("case_id")
    if case_ids is not None:
        rows = rows.filter(pk__in=case_ids)
    if not with_excluded:
        rows = rows.exclude(classification=Classification.EXCLUDED.value)
    return CASES.conform(frame_of(rows, _FRAME))
