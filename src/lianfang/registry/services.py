"""The door to changing the register: whole lists in columns, one person at a time for a report.

Each function runs in one transaction and leaves a trace in the audit trail; doing it twice changes nothing.
"""

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.db.models import Count

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of, system_scope
from lianfang.access.selectors import jurisdictions, jurisdictions_frame
from lianfang.access.services import load_jurisdictions, need
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import IdType, Sex
from lianfang.records.upsert import upsert_frame
from lianfang.registry.core.identity import doubtful_ids, id_problem, normal_id
from lianfang.registry.core.phones import normal_phone, normal_phones
from lianfang.registry.core.pinyin import pinyin_key, pinyin_keys
from lianfang.registry.models import Boundary, Building, Household, Organisation, Person, Place

_EVERYTHING = system_scope("registry")


@dataclass(frozen=True)
class Loaded:
    """What a load came to.

    Attributes
    ----------
    rows : dict of str to int
        Rows written, by table.
    doubtful_ids : list of str
        Persons whose resident identity number cannot be right. They are kept: a wrong digit does not make a person
        unfindable; whoever loads shows them for review.
    """

    rows: dict[str, int] = field(default_factory=dict)
    doubtful_ids: list[str] = field(default_factory=list)


def load_register(
    *,
    areas: pl.DataFrame | None = None,
    boundaries: pl.DataFrame | None = None,
    buildings: pl.DataFrame | None = None,
    places: pl.DataFrame | None = None,
    households: pl.DataFrame | None = None,
    organisations: pl.DataFrame | None = None,
    people: pl.DataFrame | None = None,
    by: Scope,
    at: dt.datetime,
) -> Loaded:
    """Add to the register in columns, or renew what is there under the same keys; all or nothing.

    A column that a list does not have, or has without a single value, says nothing: what is there stays.

    Parameters
    ----------
    areas : DataFrame
        ``code, name, name_en, level, parent`` (see `access.services.load_jurisdictions`).
    boundaries : DataFrame
        ``jurisdiction, geometry, longitude, latitude``: a GeoJSON geometry as text, and the point for the label.
    buildings : DataFrame
        ``code, name, address, jurisdiction, longitude, latitude, footprint, floors``: the footprint is GeoJSON as text.
    places : DataFrame
        `kernel.schema.PLACES`; every row needs a jurisdiction.
    households : DataFrame
        ``code, dwelling, jurisdiction``.
    organisations : DataFrame
        ``code, name, kind, place, jurisdiction``.
    people : DataFrame
        `kernel.schema.PEOPLE`, and if known ``household, organisation, id_type``; every row needs a jurisdiction.
    by : Scope
        On whose behalf, for the audit trail.
    at : datetime
        Aware.

    Returns
    -------
    Loaded

    Raises
    ------
    Refused
        When a row names a jurisdiction, building, dwelling, household or organisation that is not there, or gives a
        person the identity number of another one, in the list or in the register.
    """
    done = Loaded()
    with writing():
        if areas is not None:
            done.rows["areas"] = load_jurisdictions(areas=areas, at=at, by=by)
        known = set(jurisdictions_frame(_EVERYTHING)["code"])

        def load(
            name: str,
            model: Any,
            frame: pl.DataFrame | None,
            key: str,
            columns: dict[str, pl.Expr],
            listed: pl.DataFrame | None = None,
        ) -> None:
            if frame is None:
                return
            made = frame.select(**columns)
            _need_known(name, made, key, "jurisdiction_id", known)
            told = [c for c in made.columns if c != key and _is_told(frame if listed is None else listed, c)]
            upsert_frame(model, made, key=[key], update=told)
            done.rows[name] = made.height

        load("boundaries", Boundary, boundaries, "jurisdiction_id", _boundary_columns(boundaries))
        load("buildings", Building, buildings, "code", _building_columns(buildings))
        if places is not None and buildings is None:
            _need_rows("places", places, "building", Building, "place_id")
        load("places", Place, places, "place_id", _place_columns(places))
        load("households", Household, households, "code", _household_columns(households))
        load("organisations", Organisation, organisations, "code", _organisation_columns(organisations))
        if people is not None:
            _need_rows("people", people, "household", Household, "person_id")
            _need_rows("people", people, "organisation", Organisation, "person_id")
            ready = _people_ready(people)
            load("people", Person, ready, "person_id", {c: pl.col(c) for c in ready.columns}, people)
            _need_one_identity_each(ready)
            resident = ready.filter(pl.col("id_type") == IdType.RESIDENT.value)
            done.doubtful_ids.extend(resident.filter(doubtful_ids(resident["id_number"]))["person_id"])
        detail = {"act": "register.load", "rows": done.rows, "doubtful_ids": len(done.doubtful_ids)}
        audit.record(actor=by.name, act="write", kind="register", detail=detail, at=at)
    return done


_TOLD_BY = {"kind": "place_kind", "pinyin": "name"}
"""Columns of the register that follow a column of the list of another name."""


def _is_told(frame: pl.DataFrame, column: str) -> bool:
    """Tell whether a list has a value at all for a column of the register."""
    for name in (column, column.removesuffix("_id"), _TOLD_BY.get(column, "")):
        if name in frame.columns:
            values = frame[name].drop_nulls()
            if values.dtype != pl.String:
                return len(values) > 0
            return bool((values.str.strip_chars() != "").any())
    return False


def _text(frame: pl.DataFrame | None, name: str) -> pl.Expr:
    """Return a text column, empty where it is absent: the database keeps empty text, not nothing."""
    if frame is None or name not in frame.columns:
        return pl.lit("").alias(name)
    return pl.col(name).cast(pl.String).fill_null("").str.strip_chars().alias(name)


def _key(frame: pl.DataFrame | None, name: str) -> pl.Expr:
    """Return a foreign key, nothing where it is absent or empty."""
    if frame is None or name not in frame.columns:
        return pl.lit(None, dtype=pl.String)
    return pl.when(pl.col(name).cast(pl.String) != "").then(pl.col(name).cast(pl.String))


def _number(frame: pl.DataFrame | None, name: str, dtype: Any = pl.Float64) -> pl.Expr:
    present = frame is not None and name in frame.columns
    return pl.col(name).cast(dtype) if present else pl.lit(None, dtype=dtype)


def _boundary_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    return {
        "jurisdiction_id": _key(frame, "jurisdiction"),
        "geometry": pl.col("geometry"),
        "longitude": _number(frame, "longitude"),
        "latitude": _number(frame, "latitude"),
    }


def _building_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    return {
        "code": pl.col("code").cast(pl.String),
        "name": _text(frame, "name"),
        "address": _text(frame, "address"),
        "jurisdiction_id": _key(frame, "jurisdiction"),
        "longitude": _number(frame, "longitude"),
        "latitude": _number(frame, "latitude"),
        "footprint": _key(frame, "footprint"),
        "floors": _number(frame, "floors", pl.Int64).fill_null(1),
    }


def _place_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    return {
        "place_id": pl.col("place_id").cast(pl.String),
        "name": _text(frame, "name"),
        "kind": _text(frame, "place_kind").replace("", "other"),
        "longitude": _number(frame, "longitude"),
        "latitude": _number(frame, "latitude"),
        "address": _text(frame, "address"),
        "jurisdiction_id": _key(frame, "jurisdiction"),
        "building_id": _key(frame, "building"),
        "unit": _text(frame, "unit"),
        "floor": _text(frame, "floor"),
    }


def _household_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    return {
        "code": pl.col("code").cast(pl.String),
        "dwelling_id": _key(frame, "dwelling"),
        "jurisdiction_id": _key(frame, "jurisdiction"),
    }


def _organisation_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    return {
        "code": pl.col("code").cast(pl.String),
        "name": _text(frame, "name"),
        "kind": _text(frame, "kind"),
        "place_id": _key(frame, "place"),
        "jurisdiction_id": _key(frame, "jurisdiction"),
    }


def _people_ready(people: pl.DataFrame) -> pl.DataFrame:
    ready = people.select(
        person_id=pl.col("person_id").cast(pl.String),
        name=_text(people, "name"),
        id_number=_text(people, "id_number").str.normalize("NFKC").str.replace_all(r"[\s·-]", "").str.to_uppercase(),
        id_type=_text(people, "id_type").replace("", IdType.RESIDENT.value),
        phone=_text(people, "phone"),
        sex=_text(people, "sex").replace("", Sex.UNKNOWN.value),
        birth_date=pl.col("birth_date").cast(pl.Date)
        if "birth_date" in people.columns
        else pl.lit(None, dtype=pl.Date),
        occupation=_text(people, "occupation"),
        address=_text(people, "address"),
        household_id=_key(people, "household"),
        organisation_id=_key(people, "organisation"),
        jurisdiction_id=_key(people, "jurisdiction"),
    )
    return ready.with_columns(pinyin_keys(ready["name"]).alias("pinyin"), normal_phones(ready["phone"]).alias("phone"))


def _need_known(name: str, frame: pl.DataFrame, key: str, column: str, known: set[str]) -> None:
    strange = frame.filter(~pl.col(column).is_in(list(known)) | pl.col(column).is_null())
    if strange.height:
        row = strange.row(0, named=True)
        raise Refused(
            Text(
                f"{name}：{strange.height} 行的辖区代码不在辖区树中，"
                f"例如 {row[key]}（“{row[column] or ''}”）；请先导入辖区",
                f"{name}: {strange.height} rows name an area that is not in the tree, such as {row[key]} "
                f"('{row[column] or ''}'); load the areas first",
            )
        )


def _need_rows(name: str, frame: pl.DataFrame, column: str, model: Any, key: str) -> None:
    if column not in frame.columns:
        return
    named = frame.filter(pl.col(column).is_not_null() & (pl.col(column) != ""))
    if named.is_empty():
        return
    there = pl.Series(column, list(model.objects.within(_EVERYTHING).values_list("pk", flat=True)), dtype=pl.String)
    strange = named.join(there.to_frame(), on=column, how="anti")
    if strange.height:
        row = strange.row(0, named=True)
        raise Refused(
            Text(
                f"{name}：{strange.height} 行的 {column} 未登记，例如 {row[key]}（“{row[column]}”）；请先导入",
                f"{name}: {strange.height} rows name a {column} that is not in the register, such as {row[key]} "
                f"('{row[column]}'); load those first",
            )
        )


def _need_one_identity_each(written: pl.DataFrame) -> None:
    """Refuse a list after which two people hold one identity number; called inside the transaction that wrote it.

    Asked of the register as it stands afterwards: so a list may also put right who holds which number.
    """
    everybody = Person.objects.within(_EVERYTHING)
    numbered = everybody.exclude(id_number="").order_by().values("id_number", "id_type")
    twice = numbered.annotate(held=Count("pk")).filter(held__gt=1).values_list("id_number", "id_type")
    shared = pl.DataFrame(list(twice), schema={"id_number": pl.String, "id_type": pl.String}, orient="row")
    if shared.is_empty():
        return
    ours = written.join(shared, on=["id_number", "id_type"], how="semi").sort("person_id")
    if ours.is_empty():
        return
    row = ours.row(0, named=True)
    holders = everybody.filter(id_number=row["id_number"], id_type=row["id_type"]).order_by("pk")
    one, other = holders.values_list("pk", flat=True)[:2]
    numbers = ours.select("id_number", "id_type").n_unique()
    raise Refused(
        Text(
            f"people：{numbers} 个证件号码各登记在不止一人名下，例如 {one} 和 {other}；"
            "一人一证：请核对这些人员的号码，或合并为同一人员编号后重新导入",
            f"people: {numbers} identity numbers are held by more than one person each, such as {one} and {other}; "
            "one identity each: check their numbers, or give them one person_id, and load again",
        )
    )


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
                            f"此证件号码已登记为 {held.person_id}，在场记录中却用另一编号：请更正名单后重新收入",
                            f"this number is registered as {held.person_id}, but presences use another id: correct the "
                            "id in the list and take it in again",
                        )
                    )
                return held  # type: ignore[no-any-return]
        person = Person(
            person_id=own or f"P{uuid.uuid4().hex[:16]}",
            name=facts.name.strip(),
            pinyin=pinyin_key(facts.name),
            id_number=number,
            id_type=facts.id_type,
            phone=normal_phone(facts.phone),
            sex=facts.sex,
            birth_date=facts.birth_date,
            occupation=facts.occupation,
            address=facts.address.strip(),
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
    return re.sub(r"[\s·•.]", "", unicodedata.normalize("NFKC", name)).casefold()


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
        new = {n: normal_phone(v) if n == "phone" else v.strip() for n, v in changes.items()}
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
