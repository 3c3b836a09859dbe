"""The door to reading measures."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import polars as pl
from django.db.models import Exists, OuterRef, Q, QuerySet

from lianfang.access.scope import Scope, system_scope
from lianfang.access.times import to_aware, to_local
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.core import state
from lianfang.measures.core.control import ControlStatus, control_of
from lianfang.measures.core.decide import CONDITIONS, MEASURES
from lianfang.measures.core.reasons import release_words
from lianfang.measures.models import Measure
from lianfang.outbreaks.selectors import outbreaks
from lianfang.playbook.load import available, load
from lianfang.playbook.model import MeasureRule, Playbook, Rule
from lianfang.records.frames import frame_of
from lianfang.records.where import as_q

_JOINED = ("person", "jurisdiction__parent__parent__parent", "outbreak", "decided_by", "released_by")


def measure_rows(scope: Scope) -> QuerySet[Measure]:
    """Return the measures inside a scope with person, area, outbreak and who decided, in one query, by start."""
    rows = Measure.objects.within(scope).select_related(*_JOINED)
    return cast("QuerySet[Measure]", rows.order_by("start", "person_id", "rule"))


def find_measure(pk: int, scope: Scope) -> Measure | None:
    """Return one measure; None when it is not in the scope."""
    return measure_rows(scope).filter(pk=pk).first()


def measures_of_person(person_id: str, scope: Scope) -> QuerySet[Measure]:
    """Return the measures of one person inside a scope, by start."""
    return measure_rows(scope).filter(person_id=person_id)


def measures_of_contact(contact_id: int, scope: Scope) -> QuerySet[Measure]:
    """Return the measures of a contact's person in its outbreak, inside a scope, by start."""
    own = Measure.unscoped.filter(
        person__contacts=contact_id, person__contacts__outbreak=OuterRef("outbreak"), pk=OuterRef("pk")
    )
    return measure_rows(scope).filter(Exists(own))


@dataclass(frozen=True)
class Control:
    """Where the control of somebody stands, and when it is to end (aware; None where conditions decide)."""

    status: ControlStatus
    expected_release: dt.datetime | None


def control_by(measures: Iterable[Measure], at: dt.datetime) -> Control | None:
    """Return where the control of one person stands at a time (aware), by all of their measures; None without any.

    The columns ``control_status`` and ``expected_release`` of the files say the same (`core.control`).
    """
    rows = [
        {
            "person_id": one.person_id,
            "measure": one.kind,
            "start": to_local(one.start),
            "end": to_local(one.end),
            "decision": one.decision,
            "released_at": to_local(one.released_at),
        }
        for one in measures
        if one.decision != Decision.REFUSED.value
    ]
    if not rows:
        return None
    kinds = dict.fromkeys(("start", "end", "released_at"), pl.Datetime("us"))
    told = control_of(pl.DataFrame(rows, schema_overrides=kinds), as_of=to_local(at)).row(0, named=True)
    return Control(ControlStatus.of(told["control_status"]), to_aware(told["expected_release"]))


def measures_of_case(case_id: str, scope: Scope) -> QuerySet[Measure]:
    """Return the measures of a case's own person and of everybody who met the case, in its outbreak, by start."""
    own = Measure.unscoped.filter(
        person__cases=case_id, person__cases__outbreak=OuterRef("outbreak"), pk=OuterRef("pk")
    )
    met = Measure.unscoped.filter(
        person__contacts__exposures__case=case_id,
        person__contacts__outbreak=OuterRef("outbreak"),
        pk=OuterRef("pk"),
    )
    return measure_rows(scope).filter(Exists(own) | Exists(met))


def counted_measures(rows: QuerySet[Measure]) -> QuerySet[Measure]:
    """Keep the measures that are counted (`core.state.COUNTED`)."""
    return rows.filter(as_q(state.COUNTED))


def in_force(rows: QuerySet[Measure], at: dt.datetime) -> QuerySet[Measure]:
    """Keep the measures in force at a time (`core.state.IN_FORCE`)."""
    return rows.filter(as_q(state.IN_FORCE, at=at))


def over(rows: QuerySet[Measure], at: dt.datetime) -> QuerySet[Measure]:
    """Keep the ordered measures whose end has passed and whom nobody released yet (`core.state.OVER`)."""
    return rows.filter(as_q(state.OVER, at=at))


def ending_on(rows: QuerySet[Measure], day: dt.date) -> QuerySet[Measure]:
    """Keep the measures whose last day is `day`, and who are not released (`core.state.ENDING_ON`)."""
    return rows.filter(as_q(state.ENDING_ON, day=day))


def with_test_on(rows: QuerySet[Measure], day: dt.date) -> QuerySet[Measure]:
    """Keep the measures with a test due on `day`, refused and released ones left out (`core.state.TEST_ON`)."""
    return rows.filter(as_q(state.TEST_ON, day=day))


def differing(rows: QuerySet[Measure]) -> QuerySet[Measure]:
    """Keep the decided measures for which something else is proposed now (`core.state.DIFFERS`)."""
    return rows.filter(as_q(state.DIFFERS))


def _of(rows: QuerySet[Measure], outbreak: str | None) -> QuerySet[Measure]:
    return (rows if outbreak is None else rows.filter(outbreak_id=outbreak)).order_by()


def count_to_order(scope: Scope, at: dt.datetime, outbreak: str | None) -> int:
    """Return how many measures inside a scope nobody has decided about; of one outbreak, or of all (None)."""
    return _of(measure_rows(scope).filter(decision=Decision.PROPOSED.value), outbreak).count()


def count_to_release(scope: Scope, at: dt.datetime, outbreak: str | None) -> int:
    """Return how many ordered measures inside a scope are over at a time (aware) and not released."""
    return _of(over(measure_rows(scope), at), outbreak).count()


def count_tests_today(scope: Scope, at: dt.datetime, outbreak: str | None) -> int:
    """Return under how many measures inside a scope a test is due on the local day of a time (aware)."""
    return _of(with_test_on(measure_rows(scope), to_local(at).date()), outbreak).count()


def inside_area(rows: QuerySet[Measure], code: str) -> QuerySet[Measure]:
    """Keep the measures of an area and of the areas inside it, by its code."""
    return rows.filter(Q(jurisdiction_id=code) | Q(jurisdiction__path__contains=f"/{code}/"))


_FRAME: dict[str, tuple[str, pl.DataType]] = {
    name: ({"measure": "kind"}.get(name, name), kind)
    for name, kind in MEASURES.items()
    if name not in ("test_dates", *CONDITIONS)
}
_FRAME |= {
    "test_dates": ("test_dates", pl.List(pl.String())),
    "decision": ("decision", pl.String()),
    "proposed_at": ("proposed_at", pl.Datetime("us")),
    "decided_at": ("decided_at", pl.Datetime("us")),
    "released_at": ("released_at", pl.Datetime("us")),
    "jurisdiction": ("jurisdiction_id", pl.String()),
}


def measures_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return the measures of an outbreak as a frame, sorted by person, start and rule; times naive and local.

    Returns
    -------
    pl.DataFrame
        The columns of `core.decide.MEASURES` without `CONDITIONS`, then ``decision``, ``proposed_at``, ``decided_at``,
        ``released_at`` (empty: not released) and ``jurisdiction``.
    """
    rows = measure_rows(scope).filter(outbreak_id=outbreak).order_by("person_id", "start", "rule")
    frame = frame_of(rows, _FRAME)
    dates = pl.col("test_dates").list.eval(pl.element().str.to_date())
    said = [name for name in MEASURES if name not in CONDITIONS]
    return frame.with_columns(dates).select(
        *said, "decision", "proposed_at", "decided_at", "released_at", "jurisdiction"
    )


def isolation_orders(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return the accepted measures of an outbreak that isolate, and when each was decided.

    Returns
    -------
    pl.DataFrame
        ``person_id, isolated_at, decided_at`` (naive, local), one row a measure, sorted.
    """
    kinds = [kind.value for kind in state.ISOLATING]
    accepted = Measure.objects.within(scope).filter(
        outbreak_id=outbreak, decision=Decision.ACCEPTED.value, kind__in=kinds
    )
    return frame_of(
        accepted,
        {
            "person_id": ("person_id", pl.String()),
            "isolated_at": ("start", pl.Datetime("us")),
            "decided_at": ("decided_at", pl.Datetime("us")),
        },
    ).sort("person_id", "isolated_at", "decided_at")


def isolations_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return since when each person of an outbreak is isolated under an accepted measure.

    Returns
    -------
    pl.DataFrame
        ``person_id, isolated_at`` (naive, local), one row a person, sorted.
    """
    return isolated_since(isolation_orders(outbreak, scope))


def isolated_since(orders: pl.DataFrame) -> pl.DataFrame:
    """Gather `isolation_orders` to one row a person: ``person_id, isolated_at``, sorted."""
    return orders.group_by("person_id").agg(pl.col("isolated_at").min()).sort("person_id")


@dataclass(frozen=True)
class FoundRule:
    """A rule and the playbook that it stands in.

    Attributes
    ----------
    exact : bool
        Whether the playbook is the very one that was asked for, by its digest; else it has changed since.
    """

    rule: Rule
    playbook: Playbook
    exact: bool


def find_rule(playbook: str, rule_id: str, scope: Scope) -> FoundRule | None:
    """Return a rule of a playbook that rows name as ``id`` or ``id@digest``; None when there is no such rule.

    The playbooks of the package are looked through, then those of the outbreaks that the scope may read, with their
    overlays.
    """
    return _rule_in(_books(scope), playbook, rule_id)


def _rule_in(books: Iterable[Playbook], playbook: str, rule_id: str) -> FoundRule | None:
    wanted_id, _, wanted_digest = playbook.partition("@")
    candidates = [book for book in books if book.id == wanted_id]
    candidates.sort(key=lambda book: not (wanted_digest and book.digest.startswith(wanted_digest)))
    for book in candidates:
        for rule in book.rules():
            if rule.id == rule_id:
                return FoundRule(rule, book, not wanted_digest or book.digest.startswith(wanted_digest))
    return None


def conditions_of(playbook: str, rule_id: str) -> Text | None:
    """Return what must hold before a measure is released, as its rule says it; see `find_rule` for the parameters.

    None where the rule names nothing; where the rule is not found any more, that it is not, for nobody knows then.
    """
    return conditions_by_rule()(playbook, rule_id)


def conditions_by_rule() -> Callable[[str, str], Text | None]:
    """Return `conditions_of` for many rows: the playbooks are read once, however many rules are asked for."""
    books: list[Playbook] = []

    @cache
    def told(playbook: str, rule_id: str) -> Text | None:
        if not books:
            books.extend(_books(system_scope("measures")))
        found = _rule_in(books, playbook, rule_id)
        if found is None:
            return Text("方案规则已无法查到", "the rule of the playbook is not found any more")
        return release_words(found.rule) if isinstance(found.rule, MeasureRule) else None

    return told


def _books(scope: Scope) -> list[Playbook]:
    known = [load(one.id) for one in available()]
    for outbreak in outbreaks(scope):
        try:
            book = load(outbreak.playbook, tuple(outbreak.overlays))
        except Refused:  # its file is gone or faulty; the rows that name it still have their reason
            continue
        if book not in known:
            known.append(book)
    return known


def proposals(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Keep what nobody has decided yet."""
    return rows.filter(as_q(state.PROPOSED))
