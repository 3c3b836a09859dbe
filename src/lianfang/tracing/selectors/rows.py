"""Rows of contacts, exposures, interviews and chains, inside a scope."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

import polars as pl
from django.db.models import F, Prefetch, Q, QuerySet

from lianfang.access.scope import Scope, system_scope
from lianfang.access.words import say
from lianfang.kernel.schema import INTERVIEWS
from lianfang.kernel.tidy import tidy_text
from lianfang.kernel.vocabulary import Category, Decision, PlaceKind
from lianfang.outbreaks.selectors import find_playbook
from lianfang.records.batches import in_batches
from lianfang.records.frames import frame_of
from lianfang.records.where import as_q
from lianfang.registry.selectors import search_persons
from lianfang.tracing.core.reasons import Met, strongest_first
from lianfang.tracing.core.state import COUNTED, OF_WINDOW
from lianfang.tracing.models import Contact, Exposure, Interview, SamePlaceCount

if TYPE_CHECKING:
    from lianfang.cases.models import Case as CaseRow
    from lianfang.outbreaks.models import Outbreak


_AREA = "jurisdiction__parent__parent__parent"
_EXPOSURES = Prefetch("exposures", Exposure.objects.select_related("via").order_by("degree", "case_id", "place_kind"))


def contact_rows(scope: Scope) -> QuerySet[Contact]:
    """Return the contacts inside a scope with person, area, outbreak and exposures, the latest exposure first."""
    rows = Contact.objects.within(scope).select_related(
        "person", _AREA, "outbreak", "decided_by", "located_by", "locating"
    )
    latest = F("last_contact").desc(nulls_last=True)
    return cast("QuerySet[Contact]", rows.prefetch_related(_EXPOSURES).order_by(latest, "pk"))


def counted_contacts(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    """Keep the contacts that count as such: nobody refused them, and they are no cases themselves (`core.state`)."""
    return rows.filter(as_q(COUNTED))


def count_contacts(outbreak: str, scope: Scope) -> int:
    """Return how many contacts of an outbreak are stored inside a scope, whatever was decided about them."""
    return int(Contact.objects.within(scope).filter(outbreak_id=outbreak).count())


def count_secondary(outbreak: str, scope: Scope) -> int:
    """Return how many people inside a scope are secondary contacts of an outbreak, by its figures' definition."""
    rows = counted_contacts(Contact.objects.within(scope).filter(outbreak_id=outbreak))
    return rows.filter(category=Category.SECONDARY_CONTACT.value).count()


def find_contact(contact_id: int, scope: Scope) -> Contact | None:
    """Return one contact; None when there is none inside the scope."""
    return contact_rows(scope).filter(pk=contact_id).first()


def accepted_contacts(people: Iterable[str]) -> set[tuple[str, str]]:
    """Return who of some people is accepted as a contact, as ``(outbreak, person)``; wherever they live."""
    rows = contact_rows(system_scope("tracing")).filter(decision=Decision.ACCEPTED.value).order_by()
    return {
        pair
        for some in in_batches(sorted(people))
        for pair in rows.filter(person_id__in=some).values_list("outbreak_id", "person_id")
    }


def contacts_of_case(case_id: str, scope: Scope) -> QuerySet[Contact]:
    """Return the contacts of a case inside a scope (of both degrees) with their exposures, the latest first."""
    return of_case(contact_rows(scope), case_id)


def contacts_of_person(person_id: str, scope: Scope) -> QuerySet[Contact]:
    """Return what a person is a contact in: one row an outbreak, the latest exposure first."""
    return contact_rows(scope).filter(person_id=person_id)


def of_case(rows: QuerySet[Contact], case_id: str) -> QuerySet[Contact]:
    """Keep the contacts of a case, of both degrees."""
    return rows.filter(pk__in=Exposure.objects.filter(case_id=case_id).values("contact_id"))


def with_seat_unknown(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    """Keep the contacts of whom a meeting counts only because nobody knows who sat where."""
    return rows.filter(pk__in=Exposure.objects.filter(seat_unknown=True).values("contact_id"))


def search_contacts(rows: QuerySet[Contact], text: str, scope: Scope, *, role: str) -> QuerySet[Contact]:
    """Keep the contacts whose person fits what was typed (`registry.selectors.search_persons`) or who met that case."""
    typed = tidy_text(text)
    if not typed:
        return rows
    persons = search_persons(scope, typed, role=role).order_by().values("pk")
    met = Exposure.objects.filter(case_id=typed).values("contact_id")
    return rows.filter(Q(person_id__in=persons) | Q(pk__in=met))


def rule_words(outbreak: "Outbreak", rule: str) -> str:
    """Return what a rule says, in the language of the request; its id where the playbook does not tell it any more."""
    if rule in OF_WINDOW:
        return say(OF_WINDOW[rule].label)
    book = find_playbook(outbreak)
    try:
        return say(book.rule(rule).title.text) if book is not None else rule
    except KeyError:
        return rule


def meetings(
    contact: Contact,
    *,
    case_id: str | None = None,
    windows: Mapping[str, tuple[dt.datetime, dt.datetime]] | None = None,
) -> list[Met]:
    """Return the reasons why somebody is a contact, the strongest first: all, or those with one case.

    `windows` are infectious windows by case id, for the words about meetings outside of them.

    Asks the database nothing where the contact comes from `contact_rows`.
    """
    rows = [row for row in contact.exposures.all() if case_id in (None, row.case_id)]
    in_vehicle = any(row.place_kind == PlaceKind.VEHICLE for row in rows)
    book = find_playbook(contact.outbreak) if in_vehicle else None
    without_seat_rule = book is not None and not book.tracing.seats
    return strongest_first(
        Met(
            case_id=row.case_id,
            degree=row.degree,
            via=row.via_id or "",
            place_kind=row.place_kind,
            minutes=row.minutes,
            encounters=row.encounters,
            first_contact=row.first_contact,
            last_contact=row.last_contact,
            found_by=row.found_by,
            rule=row.rule,
            seat_unknown=row.seat_unknown,
            without_seat_rule=without_seat_rule,
            window=(windows or {}).get(row.case_id),
        )
        for row in rows
    )


_INTERVIEWS: dict[str, tuple[str, pl.DataType]] = {
    column.name: (column.name, column.dtype) for column in INTERVIEWS.columns
}


def interviews_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return the contacts that the cases of an outbreak named, sorted; schema `kernel.schema.INTERVIEWS`."""
    rows = Interview.objects.within(scope).filter(case__outbreak_id=outbreak)
    return frame_of(rows.order_by("case_id", "person_id", "place_kind"), _INTERVIEWS)


def interviews_of_case(case_id: str, scope: Scope) -> QuerySet[Interview]:
    """Return the contacts that a case named, with person and area."""
    rows = Interview.objects.within(scope).filter(case_id=case_id).select_related("person", _AREA)
    return cast("QuerySet[Interview]", rows.order_by("person_id", "place_kind"))


_CONTACTS: dict[str, tuple[str, pl.DataType]] = {
    "contact_id": ("pk", pl.Int64()),
    "person_id": ("person_id", pl.String()),
    "degree": ("degree", pl.Int64()),
    "category": ("category", pl.String()),
    "rule": ("rule", pl.String()),
    "found_by": ("found_by", pl.String()),
    "first_contact": ("first_contact", pl.Datetime("us")),
    "last_contact": ("last_contact", pl.Datetime("us")),
    "minutes": ("minutes", pl.Float64()),
    "is_case": ("is_case", pl.Boolean()),
    "decision": ("decision", pl.String()),
    "proposed_at": ("proposed_at", pl.Datetime("us")),
    "located_at": ("located_at", pl.Datetime("us")),
    "jurisdiction": ("jurisdiction_id", pl.String()),
}


def contacts_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return the contacts of an outbreak as a frame, one row a person, sorted by person; times naive and local."""
    rows = Contact.objects.within(scope).filter(outbreak_id=outbreak).order_by("person_id")
    return frame_of(rows, _CONTACTS)


def contact_keys(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return the key and the area of each stored contact of an outbreak: ``person_id, subject, jurisdiction``.

    ``subject`` is the key as clocks hold it.
    """
    rows = Contact.objects.within(scope).filter(outbreak_id=outbreak).order_by("person_id")
    columns: dict[str, tuple[str, pl.DataType]] = {
        "person_id": ("person_id", pl.String()),
        "subject": ("pk", pl.Int64()),
        "jurisdiction": ("jurisdiction_id", pl.String()),
    }
    return frame_of(rows, columns).with_columns(pl.col("subject").cast(pl.String))


def contact_names(keys: Iterable[str], scope: Scope) -> dict[str, tuple[str, str]]:
    """Return person id and name of contacts inside a scope, by their key as clocks hold it; a query a batch."""
    wanted = sorted({int(key) for key in keys})
    found = Contact.objects.within(scope)
    rows = (row for part in in_batches(wanted) for row in found.filter(pk__in=part).order_by().values_list(*_NAMED))
    return {str(key): (person, name) for key, person, name in rows}


_NAMED = ("pk", "person_id", "person__name")


def proposals_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return when each contact of an outbreak was proposed: ``person_id, proposed_at``, naive and local."""
    rows = Contact.objects.within(scope).filter(outbreak_id=outbreak).order_by("person_id")
    return frame_of(rows, {"person_id": ("person_id", pl.String()), "proposed_at": ("proposed_at", pl.Datetime("us"))})


_DECISIONS = ("person_id", "decision", "category", "rule")


def decisions_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return what people decided about the contacts of an outbreak, by person.

    Returns
    -------
    pl.DataFrame
        ``person_id, decision, category, rule``; the rule is the one by which the contact was proposed.
    """
    rows = Contact.objects.within(scope).filter(outbreak_id=outbreak).exclude(decision=Decision.PROPOSED.value)
    return frame_of(rows.order_by("person_id"), {n: _CONTACTS[n] for n in _DECISIONS})


def used_decisions_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return of `decisions_frame` what makes a difference to tracing: refusals, and categories that it does not give.

    Whom it does not find at all is not among them. By what the last tracing found of each contact
    (`Contact.found_category`): the rows that `response.core.facts.used_decisions` picks by its rows, few of many.
    """
    other = Q(decision=Decision.REFUSED.value) | ~Q(category=F("found_category"))
    decided = Contact.objects.within(scope).filter(outbreak_id=outbreak).exclude(decision=Decision.PROPOSED.value)
    rows = decided.filter(other).exclude(found_category="").order_by("person_id")
    return frame_of(rows, {n: _CONTACTS[n] for n in _DECISIONS})


def same_place_of_case(case: "CaseRow") -> dict[str, int]:
    """Return how many people shared a place with a case and are no contact, by place kind, as the last run counted.

    The key is empty for all kinds together; no keys where nothing was counted. The caller has read the case in a scope.
    """
    of_case_or_all = Q(case=case) | Q(case=None, outbreak_id=case.outbreak_id)
    rows = (
        SamePlaceCount.objects.filter(of_case_or_all).order_by("place_kind").values_list("case", "place_kind", "people")
    )
    told = {kind: people for of_case, kind, people in rows if of_case is not None}
    # Where only the total of the outbreak is known, the case met nobody of this kind.
    return told or ({"": 0} if rows else {})


def same_place_total(outbreak: str) -> int | None:
    """Return how many people shared a place with any case of an outbreak and are no contact; None: not counted."""
    rows = SamePlaceCount.objects.filter(outbreak_id=outbreak, case=None)
    return rows.values_list("people", flat=True).first()


def exposures_of(contact_ids: Iterable[int]) -> QuerySet[Any]:
    """Return the exposures of contacts that the caller read inside a scope."""
    return Exposure.objects.filter(contact_id__in=list(contact_ids)).order_by("contact_id", "degree", "case_id")


_MET: dict[str, tuple[str, pl.DataType]] = {
    "case_id": ("case_id", pl.String()),
    "person_id": ("contact__person_id", pl.String()),
    "degree": ("degree", pl.Int64()),
    "place_kind": ("place_kind", pl.String()),
    "minutes": ("minutes", pl.Float64()),
    "first_contact": ("first_contact", pl.Datetime("us")),
    "last_contact": ("last_contact", pl.Datetime("us")),
    "found_by": ("found_by", pl.String()),
}


def met_frame(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return the contacts of the first degree, one row a case, person and kind of place; without those refused."""
    rows = Exposure.objects.filter(contact__outbreak_id=outbreak, degree=1).exclude(
        contact__decision=Decision.REFUSED.value
    )
    if not scope.everything:
        inside = Q(pk__in=())
        for path in scope.paths:
            inside |= Q(contact__jurisdiction__path__startswith=path)
        rows = rows.filter(inside)
    return frame_of(rows.order_by("case_id", "contact__person_id", "place_kind"), _MET)
