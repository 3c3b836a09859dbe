"""The door to reading clocks, and the numbers of the command page: each is the count of a list on another page."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast

import polars as pl
from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from lianfang.access.scope import Scope, system_scope
from lianfang.access.selectors import townships
from lianfang.cases.selectors import case_rows, with_curve_day
from lianfang.headquarters.words import clock_title as clock_title
from lianfang.kernel.vocabulary import Classification
from lianfang.measures.selectors import in_force, measure_rows
from lianfang.outbreaks.selectors import outbreaks
from lianfang.records.frames import frame_of
from lianfang.records.models import Clock
from lianfang.records.selectors import CLOCK_STATES as CLOCK_STATES
from lianfang.records.selectors import in_state as in_state
from lianfang.registry.selectors import area_name
from lianfang.tracing.selectors import contact_rows, counted_contacts, with_open_contacts

CASE = "cases.case"
"""What the clocks of cases hang on, as `records.models.Clock.subject_kind` names it."""


def clock_rows(scope: Scope, *, outbreak: str | None = None) -> QuerySet[Clock]:
    """Return the clocks inside a scope with area and who stopped them: what is due next first, then what is done.

    Each has the ``playbook`` and ``overlays`` of its outbreak. The clocks of a case whose diagnosis was excluded are
    left out, and those of a contact who is located, refused or a case: nothing is due there any more.
    """
    rows: QuerySet[Any] = Clock.objects.within(scope).select_related("jurisdiction__parent__parent__parent", "done_by")
    excluded = case_rows(_EVERYTHING).filter(classification=Classification.EXCLUDED.value).order_by().values("pk")
    rows = with_open_contacts(rows.exclude(subject_kind=CASE, subject__in=excluded))
    if outbreak is not None:
        rows = rows.filter(matter=outbreak)
    policy = outbreaks(_EVERYTHING).filter(pk=OuterRef("matter")).order_by()
    rows = rows.annotate(**{name: Subquery(policy.values(name)[:1]) for name in ("playbook", "overlays")})
    is_done = ExpressionWrapper(Q(done_at__isnull=False), output_field=BooleanField())
    return cast("QuerySet[Clock]", rows.order_by(is_done, "due", "subject", "clock"))


_EVERYTHING = system_scope("clocks")


def clocks_of_case(case_id: str, scope: Scope) -> QuerySet[Clock]:
    """Return the clocks of one case inside a scope, in the order in which they are due."""
    return clock_rows(scope).filter(subject_kind=CASE, subject=case_id).order_by("due", "clock")


_FRAME: dict[str, tuple[str, pl.DataType]] = {
    "subject_kind": ("subject_kind", pl.String()),
    "subject": ("subject", pl.String()),
    "clock": ("clock", pl.String()),
    "starts": ("starts", pl.Datetime("us")),
    "due": ("due", pl.Datetime("us")),
    "rule": ("rule", pl.String()),
    "done_at": ("done_at", pl.Datetime("us")),
    "paused_at": ("paused_at", pl.Datetime("us")),
    "jurisdiction": ("jurisdiction_id", pl.String()),
}


def clocks_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return the clocks of an outbreak as a frame, sorted by subject, due and clock; times naive and local.

    Returns
    -------
    pl.DataFrame
        ``subject_kind, subject, clock, starts, due, rule``, then ``done_at`` (empty: it runs), ``paused_at`` and
        ``jurisdiction``.
    """
    rows = clock_rows(scope, outbreak=outbreak)
    return frame_of(rows.order_by("subject_kind", "subject", "due", "clock"), _FRAME)


@dataclass(frozen=True)
class TownshipRow:
    """What stands in one township; every number is the length of a list, filtered by the township's code.

    Attributes
    ----------
    code, name : str
        Of the township; both are empty in the row of the whole scope, and in that of what lies in no township.
    cases : int
        Cases not excluded.
    contacts : int
        Contacts that nobody refused and that are no cases themselves.
    located : int
        Those of them who were found and reached.
    measures : int
        Measures in force: accepted, begun, neither over nor released. One person may be under two.
    overdue, running : int
        Clocks past due and clocks that run; one that is paused is neither.
    """

    code: str
    name: str
    cases: int
    contacts: int
    located: int
    measures: int
    overdue: int
    running: int


COUNTED = ("cases", "contacts", "located", "measures", "overdue", "running")


def counted_rows(outbreak: str, scope: Scope, at: dt.datetime) -> dict[str, QuerySet[Any]]:
    """Return, by the names in `COUNTED`, the rows that the command page counts: the same that the list pages show.

    Parameters
    ----------
    outbreak : str
        Its code.
    scope : Scope
        The reader's.
    at : datetime
        Aware; what is in force, running or overdue is so at this time.
    """
    contacts = counted_contacts(contact_rows(scope)).filter(outbreak_id=outbreak)
    clocks = clock_rows(scope, outbreak=outbreak)
    return {
        "cases": case_rows(scope).filter(outbreak_id=outbreak).exclude(classification=Classification.EXCLUDED.value),
        "contacts": contacts,
        "located": contacts.filter(located_at__isnull=False),
        "measures": in_force(measure_rows(scope), at).filter(outbreak_id=outbreak),
        "overdue": in_state(clocks, "overdue", at),
        "running": in_state(clocks, "running", at),
    }


def township_rows(outbreak: str, scope: Scope, at: dt.datetime) -> tuple[TownshipRow, list[TownshipRow]]:
    """Count by township.

    Returns
    -------
    tuple of TownshipRow and list of TownshipRow
        The whole scope, and its townships in the order of the tree (one that has nothing has zeros: that too is a
        report). What lies in no township is counted in the whole, and in a last row without a code where there is any.
        One query for each number, one for the townships.
    """
    areas = list(townships(scope))
    by_path = {name: _count_by_path(rows) for name, rows in counted_rows(outbreak, scope, at).items()}
    whole = {name: sum(counts.values()) for name, counts in by_path.items()}
    found = [
        TownshipRow(
            area.code,
            area_name(area),
            **{
                name: sum(number for path, number in counts.items() if path.startswith(area.path))
                for name, counts in by_path.items()
            },
        )
        for area in areas
    ]
    rest = {name: whole[name] - sum(getattr(row, name) for row in found) for name in COUNTED}
    if found and any(rest.values()):
        found.append(TownshipRow("", "", **rest))
    return TownshipRow("", "", **whole), found


def _count_by_path(rows: QuerySet[Any]) -> dict[str, int]:
    counted = rows.order_by().values_list("jurisdiction__path").annotate(number=Count("pk"))
    return dict(counted)


def curve_counts(outbreak: str, scope: Scope) -> list[tuple[dt.date, str, int]]:
    """Return how many cases of each classification an epi curve shows on each day, in one query."""
    rows: QuerySet[Any] = with_curve_day(case_rows(scope).filter(outbreak_id=outbreak)).order_by()
    return list(rows.values_list("curve_day", "classification").annotate(number=Count("pk")))


@dataclass(frozen=True)
class CasePoint:
    """Where a case lives; without coordinates where its dwelling has none."""

    case_id: str
    classification: str
    longitude: float | None
    latitude: float | None
    area_path: str


def case_points(outbreak: str, scope: Scope) -> list[CasePoint]:
    """Return where the cases of an outbreak live, excluded cases left out, in one query."""
    rows = case_rows(scope).filter(outbreak_id=outbreak).exclude(classification=Classification.EXCLUDED.value)
    dwelling = "person__household__dwelling"
    found = rows.order_by("case_id").values_list(
        "case_id", "classification", f"{dwelling}__longitude", f"{dwelling}__latitude", "jurisdiction__path"
    )
    return [CasePoint(*row) for row in found]
