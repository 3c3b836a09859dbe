"""The door to reading outbreaks, their playbook and their runs."""

from typing import cast

from django.db.models import OuterRef, Q, QuerySet, Subquery

from lianfang.access.scope import Scope, system_scope
from lianfang.outbreaks.models import Outbreak, Run
from lianfang.outbreaks.playbooks import find_playbook, playbook_notice, playbook_of, playbook_problem

__all__ = [
    "current_outbreak",
    "find_outbreak",
    "find_playbook",
    "last_run",
    "last_runs",
    "open_outbreaks",
    "outbreak_choices",
    "outbreaks",
    "playbook_notice",
    "playbook_of",
    "playbook_problem",
]


def outbreaks(scope: Scope) -> QuerySet[Outbreak]:
    """Return the outbreaks of the areas inside a scope and of the areas above it, the latest first.

    An outbreak says which policy applies, and holds no personal data: a township reads that of its county.
    """
    above = [
        "/".join(path.strip("/").split("/")[: depth + 1]) + "/"
        for path in scope.paths
        for depth in range(path.count("/"))
    ]
    seen = Q(jurisdiction__path__in=above)
    for path in scope.paths:
        seen |= Q(jurisdiction__path__startswith=path)
    found = Outbreak.objects.within(system_scope("outbreaks")).select_related("jurisdiction")
    found = found if scope.everything else found.filter(seen)
    return cast("QuerySet[Outbreak]", found.order_by("-started_on", "code"))


def outbreak_choices(scope: Scope) -> list[tuple[str, str]]:
    """Return code and name of the outbreaks that a scope may read, the latest first, for a filter."""
    return [(one.code, one.name) for one in outbreaks(scope)]


def open_outbreaks(scope: Scope) -> QuerySet[Outbreak]:
    """Return the outbreaks that have not ended, the latest first."""
    return outbreaks(scope).filter(ended_on=None)


def find_outbreak(code: str, scope: Scope) -> Outbreak | None:
    """Return an outbreak by its code; None when there is none that the scope may read."""
    return outbreaks(scope).filter(pk=code).first()


def current_outbreak(scope: Scope) -> Outbreak | None:
    """Return the latest outbreak that has not ended, else the latest; None when there never was one."""
    return open_outbreaks(scope).first() or outbreaks(scope).first()


def last_run(outbreak: str) -> Run | None:
    """Return the last time tracing was carried out for an outbreak."""
    runs = Run.objects.filter(outbreak_id=outbreak).select_related("outbreak__jurisdiction")
    return runs.order_by("-finished_at", "-pk").first()


def last_runs(found: QuerySet[Outbreak]) -> list[tuple[Outbreak, Run | None]]:
    """Return outbreaks in their order, each with the last time it was traced: two queries, however many there are."""
    newest = Run.objects.filter(outbreak_id=OuterRef("pk")).order_by("-finished_at", "-pk").values("pk")
    rows = list(found.annotate(last_run=Subquery(newest[:1])))
    runs = Run.objects.in_bulk([row.last_run for row in rows if row.last_run is not None])
    return [(row, runs.get(row.last_run)) for row in rows]
