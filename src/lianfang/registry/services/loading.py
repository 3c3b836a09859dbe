"""Whole lists into the register, in columns; all or nothing."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.db.models import Count

from lianfang.access import audit
from lianfang.access.scope import Scope, system_scope
from lianfang.access.selectors import jurisdictions_frame
from lianfang.access.services import load_jurisdictions
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import IdType
from lianfang.records.upsert import upsert_frame
from lianfang.registry.core.identity import doubtful_ids
from lianfang.registry.models import Boundary, Building, Estate, Household, Organisation, Person, Place
from lianfang.registry.services.columns import (
    boundary_columns,
    building_columns,
    household_columns,
    organisation_columns,
    people_ready,
    place_columns,
)
from lianfang.registry.services.columns import key as key_of
from lianfang.registry.services.estates import estates_ready, need_one_community_each, place_rows, settle_buildings

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
    without_estate : dict of str to list of str
        By list, the keys of rows that name an estate of which nobody can say which it is: the row's area lies above
        the communities, or (of a person) the estate in another one. They are kept, without it.
    """

    rows: dict[str, int] = field(default_factory=dict)
    doubtful_ids: list[str] = field(default_factory=list)
    without_estate: dict[str, list[str]] = field(default_factory=dict)


def load_register(
    *,
    areas: pl.DataFrame | None = None,
    boundaries: pl.DataFrame | None = None,
    estates: pl.DataFrame | None = None,
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
    estates : DataFrame
        ``code, name, kind, jurisdiction, longitude, latitude, footprint``: the jurisdiction is a community, the kind a
        code of `kernel.vocabulary.EstateKind`, told by the name where it is absent.
    buildings : DataFrame
        ``code, name, address, jurisdiction, estate, longitude, latitude, footprint, floors``: the footprint is GeoJSON
        as text. Here and below, an estate is a code, or a name inside the row's community; a new name makes it.
    places : DataFrame
        `kernel.schema.PLACES`; every row needs a jurisdiction. A place's estate is its building's where it has one.
    households : DataFrame
        ``code, dwelling, jurisdiction``.
    organisations : DataFrame
        ``code, name, kind, place, jurisdiction``.
    people : DataFrame
        `kernel.schema.PEOPLE`, and if known ``household, organisation, id_type, estate``; every row needs a
        jurisdiction.
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
        person the identity number of another one, in the list or in the register; when a building or place would stand
        in an estate of another community, or a building in two.
    """
    done = Loaded()
    with writing():
        if areas is not None:
            done.rows["areas"] = load_jurisdictions(areas=areas, at=at, by=by)
        tree = jurisdictions_frame(_EVERYTHING)
        known = set(tree["code"])

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
            _need_known(name, made, key, known)
            told = [c for c in made.columns if c != key and _is_told(frame if listed is None else listed, c)]
            upsert_frame(model, made, key=[key], update=told)
            done.rows[name] = made.height

        def placed(name: str, frame: pl.DataFrame, key: str, *, is_strict: bool = True) -> pl.DataFrame:
            if not _is_told(frame, "estate"):
                return frame
            _need_known(name, frame.select(key, jurisdiction_id=key_of(frame, "jurisdiction")), key, known)
            found = place_rows(name, frame, key, tree, is_strict=is_strict)
            if found.fresh:
                done.rows["estates"] = done.rows.get("estates", 0) + found.fresh
            if found.without:
                done.without_estate[name] = found.without
            return found.frame

        load("boundaries", Boundary, boundaries, "jurisdiction_id", boundary_columns(boundaries))
        if estates is not None:
            ready = estates_ready(estates, tree)
            load("estates", Estate, ready, "code", {c: pl.col(c) for c in ready.columns}, estates)
        if buildings is not None:
            buildings = placed("buildings", buildings, "code")
        load("buildings", Building, buildings, "code", building_columns(buildings))
        if places is not None and buildings is None:
            _need_rows("places", places, "building", Building, "place_id")
        listed = places
        if places is not None and _is_told(places, "estate"):
            places = settle_buildings(placed("places", places, "place_id"))
        load("places", Place, places, "place_id", place_columns(places), listed)
        if any(frame is not None for frame in (estates, buildings, places)):
            need_one_community_each()
        load("households", Household, households, "code", household_columns(households))
        load("organisations", Organisation, organisations, "code", organisation_columns(organisations))
        if people is not None:
            _need_rows("people", people, "household", Household, "person_id")
            _need_rows("people", people, "organisation", Organisation, "person_id")
            people = placed("people", people, "person_id", is_strict=False)
            ready = people_ready(people)
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


def _need_known(name: str, frame: pl.DataFrame, key: str, known: set[str]) -> None:
    column = "jurisdiction_id"
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
