"""People whom tracing found and the register does not know, inside a scope: those whose case lies in it.

Who is registered meanwhile is told apart by asking the register, not by what is stored: the row goes with the next run.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from django.db.models import Count, Min, Q, QuerySet

from lianfang.access.core.protect import shown
from lianfang.access.rules import ScopedRequest
from lianfang.access.scope import Scope
from lianfang.access.words import say
from lianfang.kernel.vocabulary import FoundBy
from lianfang.pages.panels import once
from lianfang.registry.selectors import in_register
from lianfang.tracing.core.reasons import Met, reason
from lianfang.tracing.models import UnregisteredContact

if TYPE_CHECKING:
    from lianfang.cases.models import Case

_IDENTITY = re.compile(r"\d{17}[\dXx]|\d{15}")
_PHONE = re.compile(r"1\d{10}")


@dataclass(frozen=True)
class Unregistered:
    """How many people there are.

    Attributes
    ----------
    people : int
        Found, and not in the register.
    registered : int
        Found, and registered since: the next run of tracing makes contacts of them.
    case_id : str
        A case through which the outbreak is traced again; empty where nobody was registered since.
    """

    people: int
    registered: int
    case_id: str


def unregistered_rows(scope: Scope, *, outbreak: str, case_id: str | None = None) -> QuerySet[UnregisteredContact]:
    """Return what tracing found of people who are not in the register: close contacts and the longest together first.

    Parameters
    ----------
    scope : Scope
        Rows whose case lies outside are not there.
    outbreak : str
        Its code.
    case_id : str, optional
        Only what concerns one case.
    """
    rows = _rows(scope, outbreak, case_id).filter(~in_register("person_id")).select_related("case", "outbreak")
    return rows.order_by("degree", "-minutes", "person_id", "pk")


def count_unregistered(scope: Scope, *, outbreak: str, case_id: str | None = None) -> Unregistered:
    """Count the people behind `unregistered_rows`, and those who are registered since: one query."""
    rows = _rows(scope, outbreak, case_id).annotate(is_known=in_register("person_id"))
    found = rows.aggregate(
        people=Count("person_id", distinct=True, filter=Q(is_known=False)),
        registered=Count("person_id", distinct=True, filter=Q(is_known=True)),
        case_id=Min("case_id", filter=Q(is_known=True)),
    )
    return Unregistered(found["people"], found["registered"], found["case_id"] or "")


def unregistered_of_case(request: ScopedRequest, case: "Case") -> Unregistered:
    """Count those around one case, for its page; a page asks for it once."""
    scope, outbreak = request.scope, case.outbreak_id
    ask = partial(count_unregistered, scope, outbreak=outbreak, case_id=case.pk)
    return once(request, f"unregistered {case.pk}", ask)


def find_unregistered(found_id: int, scope: Scope) -> UnregisteredContact | None:
    """Return one row; None when there is none inside the scope, or the person is registered by now."""
    rows = UnregisteredContact.objects.within(scope).filter(~in_register("person_id"), pk=found_id)
    return cast("UnregisteredContact | None", rows.select_related("case", "outbreak").first())


def _rows(scope: Scope, outbreak: str, case_id: str | None) -> QuerySet[UnregisteredContact]:
    rows = UnregisteredContact.objects.within(scope).filter(outbreak_id=outbreak)
    return cast("QuerySet[UnregisteredContact]", rows if case_id is None else rows.filter(case_id=case_id))


def shown_id(person_id: str, role: str) -> str:
    """Return the id by which presences name somebody, as a role may see it.

    Lists of tickets often name people by their identity number or phone: such an id is covered like one.
    """
    if _IDENTITY.fullmatch(person_id):
        return shown("id_number", person_id, role)
    return shown("phone", person_id, role) if _PHONE.fullmatch(person_id) else person_id


def unregistered_reason(row: UnregisteredContact, role: str) -> str:
    """Return why somebody counts as a contact, in one line."""
    met = Met(
        case_id=row.case_id,
        degree=row.degree,
        via=shown_id(row.via_person_id, role),
        place_kind=row.place_kind,
        minutes=row.minutes,
        encounters=row.encounters,
        first_contact=row.first_contact,
        last_contact=row.last_contact,
        found_by=FoundBy.CO_PRESENCE.value,
        rule=row.rule,
        seat_unknown=row.seat_unknown,
    )
    return say(reason(met))
