"""One person at a time, for a report card or the list of whom tracing found."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import scope_of, system_scope
from lianfang.access.selectors import jurisdictions
from lianfang.access.services import need
from lianfang.access.times import to_local
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.phones import normal_phone, typed_phone
from lianfang.kernel.text import Text
from lianfang.kernel.tidy import tidy_text
from lianfang.kernel.vocabulary import IdType, Sex
from lianfang.registry.core.identity import birth_problem, id_problem, normal_id
from lianfang.registry.core.pinyin import pinyin_key
from lianfang.registry.models import Person

_EVERYTHING = system_scope("registry")


@dataclass(frozen=True)
class PersonFacts:
    """What is entered about one person; the id number and phone in any form, they are stored in one.

    `person_id` is empty where the register makes one; else it is the id by which lists name the person already.
    """

    name: str
    jurisdiction: str
    id_number: str = ""
    id_type: str = IdType.RESIDENT.value
    phone: str = ""
    sex: str = Sex.UNKNOWN.value
    birth_date: dt.date | None = None
    occupation: str = ""
    address: str = ""
    person_id: str = ""


def register_person(*, facts: PersonFacts, by: Account, at: dt.datetime) -> Person:
    """Add one person, or return the one who holds the same identity number already: one identity each.

    Raises
    ------
    Refused
        When the account may not, the area lies outside its scope, the identity number cannot be right, or belongs to
        somebody of another name; or the id that is given is too long, or belongs to somebody else.
    """
    need(by, "case.report")
    scope = scope_of(by)
    area = jurisdictions(scope).filter(pk=facts.jurisdiction).first()
    if area is None:
        raise Refused(Text("所选辖区不在您的管辖范围内", "this area is not in your scope: choose one inside it"))
    number = normal_id(facts.id_number)
    if number and (problem := id_problem(number, facts.id_type)):
        raise Refused(problem)
    name, (phone, wrong_phone) = tidy_text(facts.name), typed_phone(facts.phone)
    if not name:
        raise Refused(Text("姓名为必填项，请填写", "the name is required: fill it in"))
    wrong_birth = None if facts.birth_date is None else birth_problem(facts.birth_date, today=to_local(at).date())
    if wrong := wrong_phone or wrong_birth:
        raise Refused(wrong)
    own = facts.person_id.strip()
    with writing():  # nobody else can register the number between the look-up and the row
        if own:
            known = Person.objects.within(_EVERYTHING).filter(pk=own).first()
            if known is not None and _same(known.name) == _same(facts.name):
                return known  # type: ignore[no-any-return]
            if known is not None or len(own) > _ID_LENGTH:
                raise Refused(_taken(own, known is not None))
        if number:
            held = Person.objects.within(_EVERYTHING).filter(id_number=number, id_type=facts.id_type).first()
            if held is not None:
                if _same(held.name) != _same(facts.name):
                    raise Refused(
                        Text(
                            "该证件号码已登记在另一姓名之下，请核对姓名和号码",
                            "this number is registered under another name: check name and number",
                        )
                    )
                if own and held.person_id != own:
                    raise Refused(
                        Text(
                            f"此证件号码已登记为 {held.person_id}，在场记录中却用另一编号：请更正名单后重新导入",
                            f"this number is registered as {held.person_id}, but presences use another id: correct the "
                            "id in the list and take it in again",
                        )
                    )
                return held  # type: ignore[no-any-return]
        person = Person(
            person_id=own or f"P{uuid.uuid4().hex[:16]}",
            name=name,
            pinyin=pinyin_key(name),
            id_number=number,
            id_type=facts.id_type,
            phone=phone,
            sex=facts.sex,
            birth_date=facts.birth_date,
            occupation=facts.occupation,
            address=tidy_text(facts.address),
            jurisdiction=area,
        )
        person.save(force_insert=True)
        detail = {"act": "person.register", "jurisdiction": area.code}
        audit.record(actor=scope.name, act="write", kind="registry.person", key=person.person_id, detail=detail, at=at)
    return person


_ID_LENGTH = Person._meta.get_field("person_id").max_length or 0


def _taken(person_id: str, is_known: bool) -> Text:
    if is_known:
        return Text(
            "该编号已登记在另一姓名之下，请核对姓名", "this id is registered under another name: check the name"
        )
    return Text(
        f"编号 {person_id[:20]}… 超过 {_ID_LENGTH} 个字符，不能登记：请更正名单中的编号",
        f"the id {person_id[:20]}… is longer than {_ID_LENGTH} characters and cannot be registered: "
        "correct it in the list",
    )


def _same(name: str) -> str:
    return re.sub(r"[\s·•.]", "", tidy_text(name)).casefold()


_CHANGEABLE = frozenset({"phone", "address", "occupation"})


def change_person(*, person_id: str, changes: Mapping[str, str], by: Account, at: dt.datetime) -> list[str]:
    """Renew what a report card knows better: phone, address, occupation. Empty values change nothing.

    Returns
    -------
    list of str
        The fields that were changed.

    Raises
    ------
    Refused
        When the account may not, or there is no such person inside its scope.
    """
    need(by, "case.report")
    unknown = set(changes) - _CHANGEABLE
    if unknown:
        raise ValueError(f"change_person does not change {sorted(unknown)}")
    with writing():
        person = Person.objects.within(scope_of(by)).filter(pk=person_id).first()
        if person is None:
            raise Refused(Text(f"您的辖区内没有人员 {person_id}", f"there is no person {person_id} in your area"))
        new = {n: normal_phone(v) if n == "phone" else tidy_text(v) for n, v in changes.items()}
        differing = {n: v for n, v in new.items() if v and v != getattr(person, n)}
        if differing:
            for name, value in differing.items():
                setattr(person, name, value)
            person.save(update_fields=list(differing))
            detail = {"act": "person.change", "fields": sorted(differing)}
            audit.record(
                actor=scope_of(by).name, act="write", kind="registry.person", key=person_id, detail=detail, at=at
            )
    return sorted(differing)
