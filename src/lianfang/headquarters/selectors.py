"""The door to reading clocks, and the numbers of the command page: each is the count of a list on another page."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import polars as pl
from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from lianfang.access.scope import Scope, system_scope
from lianfang.access.selectors import townships
from lianfang.access.times import to_local
from lianfang.cases.core import figures as case_figures
from lianfang.cases.selectors import case_rows, with_curve_day
from lianfang.headquarters.core import figures as clock_figures
from lianfang.headquarters.words import OUTBREAK as OUTBREAK
from lianfang.headquarters.words import clock_title as clock_title
from lianfang.kernel.figures import Figure
from lianfang.kernel.vocabulary import Classification
from lianfang.measures.core import figures as measure_figures
from lianfang.measures.selectors import measure_rows
from lianfang.outbreaks.selectors import outbreaks
from lianfang.records.figures import count_in_rows, count_in_rows_by
from lianfang.records.frames import frame_of
from lianfang.records.models import Clock
from lianfang.records.selectors import CLOCK_STATES as CLOCK_STATES
from lianfang.records.selectors import in_state as in_state
from lianfang.registry.selectors import area_name
from lianfang.tracing.core import figures as contact_figures
from lianfang.tracing.selectors import contact_rows, with_open_contacts
from lianfang.tracing.selectors.locating import CONTACT as CONTACT
from lianfang.tracing.selectors.locating import LIMIT, late_before_of

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak

CASE = "cases.case"
"""What the clocks of cases hang on, as `records.models.Clock.subject_kind` names it."""


def clock_rows(scope: Scope, *, outbreak: str | None = None) -> QuerySet[Clock]:
    """Return the clocks inside a scope with area and who stopped them: what is due next first, then what is done.

    Each has the ``playbook`` and ``overlays`` of its outbreak. The clocks of a case whose diagnosis was excluded are
    left out, and those of a contact who was refused or is a case, and to locate one who is located: nothing is due
    there any more.
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


def count_overdue(scope: Scope, at: dt.datetime, outbreak: str | None) -> int:
    """Return how many clocks inside a scope are overdue at a time (aware); of one outbreak, or of all (None)."""
    return in_state(clock_rows(scope, outbreak=outbreak), "overdue", at).order_by().count()


def clocks_of_contact(contact: int, scope: Scope) -> QuerySet[Clock]:
    """Return the clocks of one contact inside a scope, by its key, in the order in which they are due."""
    return clock_rows(scope).filter(subject_kind=CONTACT, subject=str(contact)).order_by("due", "clock")


def clocks_of_outbreak(code: str, scope: Scope) -> QuerySet[Clock]:
    """Return the clocks of an outbreak itself that run inside a scope, in the order in which they are due."""
    return clock_rows(scope).filter(subject_kind=OUTBREAK, subject=code, done_at=None).order_by("due", "clock")


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
    cases, contacts, located, measures, overdue, running : int
        As `COUNTED` defines them.
    """

    code: str
    name: str
    cases: int
    contacts: int
    located: int
    measures: int
    overdue: int
    running: int


COUNTED: dict[str, Figure] = {
    "cases": case_figures.CASES,
    "contacts": contact_figures.CONTACTS,
    "located": contact_figures.LOCATED,
    "measures": measure_figures.IN_FORCE,
    "overdue": clock_figures.OVERDUE,
    "running": clock_figures.RUNNING,
}
"""What the command page counts, in all and in each township."""

WAITING: dict[str, Figure] = {
    "contacts_overdue": contact_figures.OVERDUE,
    "contacts_waiting": contact_figures.WAITING,
    "measures_waiting": measure_figures.WAITING,
    "measures_over": measure_figures.OVER,
    "measures_ending": measure_figures.ENDING_TODAY,
    "measures_tested": measure_figures.TESTED_TODAY,
}
"""What waits for somebody, counted in all."""


def _rows(subject: str, outbreak: str, scope: Scope) -> QuerySet[Any]:
    """Return the rows of an outbreak whose figures are of `subject`: those that their list page shows."""
    if subject == clock_figures.SUBJECT:
        return clock_rows(scope, outbreak=outbreak)
    of_room: dict[str, QuerySet[Any]] = {
        case_figures.SUBJECT: case_rows(scope),
        contact_figures.SUBJECT: contact_rows(scope),
        measure_figures.SUBJECT: measure_rows(scope),
    }
    return of_room[subject].filter(outbreak_id=outbreak)


def _by_subject(figures: Mapping[str, Figure]) -> Iterator[tuple[str, list[str]]]:
    for subject in dict.fromkeys(one.subject for one in figures.values()):
        yield subject, [name for name, one in figures.items() if one.subject == subject]


def waiting(outbreak: "Outbreak", scope: Scope, at: dt.datetime) -> dict[str, int]:
    """Count what waits in an outbreak, by the names of `WAITING`; one query a subject.

    Parameters
    ----------
    outbreak : Outbreak
        Its playbook says within what time a contact is to be located.
    scope : Scope
        The reader's.
    at : datetime
        Aware; today is its local day.
    """
    today, late_before = to_local(at).date(), late_before_of(outbreak, at)
    counted: dict[str, int] = {}
    for subject, names in _by_subject(WAITING):
        figures = [WAITING[name] for name in names]
        rows = _rows(subject, outbreak.code, scope)
        limit = LIMIT if subject == contact_figures.SUBJECT else None
        numbers = count_in_rows(figures, rows, names=limit, at=at, day=today, late_before=late_before)
        counted |= {name: numbers[WAITING[name].name] for name in names}
    return {name: counted[name] for name in WAITING}


def township_rows(outbreak: str, scope: Scope, at: dt.datetime) -> tuple[TownshipRow, list[TownshipRow]]:
    """Count by township.

    Parameters
    ----------
    outbreak : str
        Its code.
    scope : Scope
        The reader's.
    at : datetime
        Aware; what is in force, running or overdue is so at this time.

    Returns
    -------
    tuple of TownshipRow and list of TownshipRow
        The whole scope, and its townships in the order of the tree (one that has nothing has zeros: that too is a
        report). What lies in no township is counted in the whole, and in a last row without a code where there is any.
        One query for each subject, one for the townships.
    """
    areas = list(townships(scope))
    by_path = _count_by_path(outbreak, scope, at)
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


def _count_by_path(outbreak: str, scope: Scope, at: dt.datetime) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {name: {} for name in COUNTED}
    for subject, names in _by_subject(COUNTED):
        rows = _rows(subject, outbreak, scope)
        found = count_in_rows_by([COUNTED[name] for name in names], rows, "jurisdiction__path", at=at)
        for path, numbers in found.items():
            for name in names:
                counted[name][path] = numbers[COUNTED[name].name]
    return counted


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
