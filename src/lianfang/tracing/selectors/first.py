"""First results: whom a case met itself, straight from the index, before anything is proposed or stored."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from lianfang.access.scope import Scope, system_scope
from lianfang.access.times import to_local
from lianfang.access.words import say
from lianfang.cases.selectors import cases_frame
from lianfang.outbreaks.selectors import playbook_of
from lianfang.presences import keeping
from lianfang.registry.selectors import area_line, people, shown_field
from lianfang.tracing.core.proposals import one_a_person, strictness
from lianfang.tracing.core.reasons import Met, reason, strongest_first
from lianfang.tracing.selectors.rows import interviews_frame, rule_words
from lianfang.tracing.selectors.together import longest_places
from lianfang.tracing.tracer import find_contacts

if TYPE_CHECKING:
    from lianfang.cases.models import Case

LOOKED_UP = 900
"""People found whom one query looks up in the register: the strictest category and the longest together first."""

_FACTS = system_scope("first results")
"""A case met whom it met; what of it is shown is a matter of the reader's scope."""


@dataclass(frozen=True)
class FirstLine:
    """One person whom the case met, as the reader may see them; `place` is where they were longest at a stretch."""

    person_id: str
    name: str
    phone: str
    area: str
    category: str
    reason: str
    rule: str
    last_contact: dt.datetime | None
    is_case: bool
    place: str = ""


@dataclass(frozen=True)
class FirstResults:
    """Whom a case met itself.

    Attributes
    ----------
    lines : list of FirstLine
        At most as many as were asked for.
    count : int
        How many there are inside the reader's scope.
    more : bool
        Whether so many were found that some were not looked up yet; they will be among the proposals.
    unregistered : int
        How many of those looked up the register does not know; they belong to no area, and every reader counts them.
    """

    lines: list[FirstLine]
    count: int
    more: bool
    unregistered: int = 0


def first_results(case: "Case", scope: Scope, role: str, *, at: dt.datetime, most: int) -> FirstResults:
    """Return the contacts of the first degree of one case, by the playbook of its outbreak; nothing is stored.

    Parameters
    ----------
    case : Case
        Inside the reader's scope, with its outbreak.
    scope : Scope
        The reader's: nobody outside it is shown or counted.
    role : str
        The reader's: covers protected fields.
    at : datetime
        Aware.
    most : int
        Lines to show.

    Notes
    -----
    Four queries, whatever is found. The caller records the read.
    """
    playbook = playbook_of(case.outbreak)
    cases = cases_frame(case.outbreak_id, _FACTS)
    own = cases.filter(pl.col("case_id") == case.pk)
    found = find_contacts(
        own,
        keeping.store(),
        interviews_frame(case.outbreak_id, _FACTS).filter(pl.col("case_id") == case.pk),
        playbook=playbook,
        as_of=to_local(at),
        degrees=1,
    )
    ordered = one_a_person(found).sort(strictness(), -pl.col("minutes").fill_null(-1), "person_id")
    asked = ordered.head(LOOKED_UP)
    known = people(_FACTS).in_bulk(asked["person_id"].to_list())
    here = {person_id: person for person_id, person in known.items() if scope.covers(person.jurisdiction.path)}
    inside = [row for row in asked.iter_rows(named=True) if row["person_id"] in here]
    shown = inside[:most]
    asked_for = pl.col("person_id").is_in([row["person_id"] for row in shown])
    meetings = _meetings(found.filter(asked_for), without_seat_rule=not playbook.tracing.seats)
    as_of = to_local(at)
    places = longest_places(case, own, [row["person_id"] for row in shown], scope, role, as_of=as_of)
    ill = set(cases["person_id"])
    lines = [
        FirstLine(
            person_id=row["person_id"],
            name=shown_field(here[row["person_id"]], "name", role) or row["person_id"],
            phone=shown_field(here[row["person_id"]], "phone", role),
            area=area_line(here[row["person_id"]].jurisdiction),
            category=row["category"],
            reason=say(reason(strongest_first(meetings[row["person_id"]])[0])),
            rule=rule_words(case.outbreak, row["rule"]),
            last_contact=row["last_contact"],
            is_case=row["person_id"] in ill,
            place=places.get(row["person_id"], ""),
        )
        for row in shown
    ]
    return FirstResults(lines, len(inside), ordered.height > asked.height, asked.height - len(known))


def _meetings(found: pl.DataFrame, *, without_seat_rule: bool) -> dict[str, list[Met]]:
    rows: dict[str, list[Met]] = {}
    for row in found.iter_rows(named=True):
        met = Met(
            case_id=row["case_id"],
            degree=row["degree"],
            via=row["via_person_id"] or "",
            place_kind=row["place_kind"],
            minutes=row["minutes"],
            encounters=row["encounters"],
            first_contact=row["first_contact"],
            last_contact=row["last_contact"],
            found_by=row["found_by"],
            rule=row["rule"],
            seat_unknown=bool(row["seat_unknown"]),
            without_seat_rule=without_seat_rule,
        )
        rows.setdefault(row["person_id"], []).append(met)
    return rows
