"""Reporting a case: the card is checked, the person found or made, the case numbered and stored once."""

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of
from lianfang.access.selectors import jurisdictions
from lianfang.access.services import need
from lianfang.access.times import to_aware, to_local
from lianfang.access.turns import writing
from lianfang.cases.core.card import ReportCard, check_card, tidied_card
from lianfang.cases.models import Case
from lianfang.cases.services.facts import EVERYBODY, TIMES, CardRefused
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.outbreaks.selectors import open_outbreaks
from lianfang.registry.selectors import find_holder, people
from lianfang.registry.services import PersonFacts, change_person, register_person

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak
from lianfang.cases.services.one_each import need_no_other_case


@dataclass(frozen=True)
class Reported:
    """What came of a report: the case, and whether this call made it (False: it was there already)."""

    case_id: str
    person_id: str
    outbreak: str
    created: bool


def report_case(*, card: ReportCard, client_key: uuid.UUID, by: Account, at: dt.datetime) -> Reported:
    """Accept a report card: register or find its person, make the case, write the audit entry; all or nothing.

    Parameters
    ----------
    card : ReportCard
        Times naive and local. An empty ``reported_at`` becomes `at`.
    client_key : UUID
        Made by whoever reports, before sending. The same key gives the same case, whatever the card then says.
    by : Account
        Needs ``case.report``, and the card's area inside its scope.
    at : datetime
        Aware.

    Returns
    -------
    Reported

    Raises
    ------
    CardRefused
        With what is wrong by field; nothing is written then.
    """
    need(by, "case.report")
    scope = scope_of(by)
    if (there := _reported_with(client_key, scope)) is not None:
        return there
    moment = to_local(at)
    card = tidied_card(card)
    if card.dates.reported_at is None:
        card = replace(card, dates=replace(card.dates, reported_at=moment))
    outbreak = open_outbreaks(scope).filter(pk=card.outbreak).first()
    person = people(scope).filter(pk=card.person_id).first() if card.person_id else None
    problems = check_card(
        card,
        as_of=moment,
        began=None if outbreak is None else outbreak.started_on,
        born=None if person is None else person.birth_date,
    )
    if outbreak is None and "outbreak" not in problems:
        problems["outbreak"] = Text("没有这起疫情，或已结束", "there is no such outbreak, or it has ended")
    area = jurisdictions(scope).filter(pk=card.jurisdiction).first()
    if area is None and "jurisdiction" not in problems:
        problems["jurisdiction"] = Text(
            "所选辖区不在您的管辖范围内", "this area is not in your scope: choose one inside it"
        )
    if card.person_id and person is None:
        problems["person_id"] = Text(
            "您的辖区内没有此人，请重新查找", "there is no such person in your area: search again"
        )
    if problems or outbreak is None or area is None:
        raise CardRefused(problems)
    with writing():
        # Nobody else writes now: the number of the case and the check for a second report need it.
        if (there := _reported_with(client_key, scope)) is not None:
            return there
        person_id = _person_of(card, by=by, at=at)
        need_no_other_case(outbreak.pk, person_id)
        dates = {name: to_aware(getattr(card.dates, name)) for name in (*TIMES, "reported_at")}
        case = Case(
            case_id=_next_id(outbreak),
            client_key=client_key,
            outbreak=outbreak,
            person_id=person_id,
            jurisdiction=area,
            classification=card.classification,
            residence=card.residence,
            found_by=card.found_by,
            reporting_unit=card.reporting_unit.strip(),
            reporting_doctor=card.reporting_doctor.strip(),
            note=card.note.strip(),
            reported_by=by,
            **dates,
        )
        case.save(force_insert=True)
        audit.record(
            actor=scope.name,
            act="write",
            kind="cases.case",
            key=case.case_id,
            detail={"act": "case.report", "person": person_id, "outbreak": outbreak.pk, "client_key": client_key},
            at=at,
        )
    return Reported(case.case_id, person_id, outbreak.pk, created=True)


def _reported_with(client_key: uuid.UUID, scope: Scope) -> Reported | None:
    case = Case.objects.within(scope).filter(client_key=client_key).first()
    return None if case is None else Reported(case.case_id, case.person_id, case.outbreak_id, created=False)


def _person_of(card: ReportCard, *, by: Account, at: dt.datetime) -> str:
    contact = {"phone": card.phone, "address": card.address, "occupation": card.occupation}
    person_id = card.person_id
    if not person_id:
        own = find_holder(scope_of(by), card.id_number)
        facts = PersonFacts(
            name=card.name,
            jurisdiction=card.jurisdiction,
            id_number=card.id_number,
            id_type=card.id_type,
            sex=card.sex,
            birth_date=card.birth_date,
            **contact,
        )
        try:
            person_id = register_person(facts=facts, by=by, at=at).person_id
        except Refused as refusal:
            raise CardRefused({"id_number": refusal.text}) from refusal
        if own is None:
            return person_id
    change_person(person_id=person_id, changes=contact, by=by, at=at)
    return person_id


def _next_id(outbreak: "Outbreak") -> str:
    own = Case.objects.within(EVERYBODY)
    number = own.filter(outbreak=outbreak).count() + 1
    while own.filter(pk=f"{outbreak.code}-{number:04d}").exists():
        number += 1
    return f"{outbreak.code}-{number:04d}"
