"""The kinds of list that an office loads: their columns, who may, and what becomes of their rows.

Presences have a page of their own, as they go into the presence store.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.cases.services import load_cases
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PLACES, Column, Schema
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import EstateKind, Residence
from lianfang.registry.services import load_register
from lianfang.setup.areas import add_areas
from lianfang.tracing.services import load_interviews

AREAS = Schema(
    "areas",
    (
        Column("code", required=True, unique=True),
        Column("name", required=True),
        Column("level", required=True),
        Column("parent"),
        Column("name_en"),
    ),
)
ESTATES = Schema(
    "estates",
    (
        Column("code", required=True, unique=True),
        Column("name", required=True),
        Column("kind", "choice", choices=tuple(EstateKind.codes())),
        Column("jurisdiction", required=True),
        Column("longitude", "number"),
        Column("latitude", "number"),
        Column("footprint"),
    ),
)
BUILDINGS = Schema(
    "buildings",
    (
        Column("code", required=True, unique=True),
        Column("name"),
        Column("address"),
        Column("jurisdiction"),
        Column("estate"),
        Column("longitude", "number"),
        Column("latitude", "number"),
        Column("footprint"),
        Column("floors", "integer"),
    ),
)
HOUSEHOLDS = Schema(
    "households", (Column("code", required=True, unique=True), Column("dwelling"), Column("jurisdiction"))
)
ORGANISATIONS = Schema(
    "organisations",
    (
        Column("code", required=True, unique=True),
        Column("name", required=True),
        Column("kind"),
        Column("place"),
        Column("jurisdiction"),
    ),
)
_STORED = ("reported_at", "diagnosed_at", "reporting_unit", "classification", "found_by", "jurisdiction")
CASE_LIST = Schema(
    "cases",
    (
        *CASES.columns,
        *(one for one in CASES.facts if one.name in _STORED),
        Column("residence", "choice", choices=tuple(Residence.codes())),
    ),
    keeps_others=True,
)
"""As a response over files takes cases, with what the application stores of them beside it."""


@dataclass(frozen=True)
class Asked:
    """For whom, into what and when a list is loaded; `at` is aware, `outbreak` empty where it belongs to none."""

    by: Account
    at: dt.datetime
    outbreak: str = ""


@dataclass(frozen=True)
class Came:
    """What a load came to: rows written, and what else whoever loads should know."""

    rows: int
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Kind:
    """One kind of list.

    Attributes
    ----------
    code : str
        Its name in addresses and on the command line.
    title : Text
        What it is a list of.
    schema : Schema
        Its columns.
    permission : str
        Who may load it.
    load : callable
        Writes the usable rows, all or none.
    area : str
        Column that names the area of a row, by code or by name; empty: the rows have none of their own.
    fills_area : bool
        Whether a new row that names no area stands in that of whoever loads.
    key : str
        Column under which the register keeps a row; empty: the rows are not of the register.
    into_outbreak : bool
        Whether its rows belong to an outbreak.
    """

    code: str
    title: Text
    schema: Schema
    permission: str
    load: Callable[[pl.DataFrame, Asked], Came]
    area: str = "jurisdiction"
    fills_area: bool = True
    key: str = ""
    into_outbreak: bool = False


def _register(table: str) -> Callable[[pl.DataFrame, Asked], Came]:
    def load(rows: pl.DataFrame, asked: Asked) -> Came:
        done = load_register(**{table: rows}, by=scope_of(asked.by), at=asked.at)
        notes = []
        if done.doubtful_ids:
            first = "、".join(done.doubtful_ids[:3])
            notes.append(
                Text(
                    f"{len(done.doubtful_ids)} 人的身份证号有误（如 {first}），已保留，请核对",
                    f"{len(done.doubtful_ids)} identity numbers cannot be right (such as of {first}): check them",
                )
            )
        without = sum(len(keys) for keys in done.without_estate.values())
        if without:
            notes.append(
                Text(
                    f"{without} 行的小区无法确定，已留空",
                    f"the estate of {without} rows could not be told and is empty",
                )
            )
        return Came(done.rows.get(table, 0), tuple(notes))

    return load


def _areas(rows: pl.DataFrame, asked: Asked) -> Came:
    return Came(add_areas(areas=rows, by=asked.by, at=asked.at))


def _cases(rows: pl.DataFrame, asked: Asked) -> Came:
    new = load_cases(outbreak=asked.outbreak, cases=rows, by=scope_of(asked.by), at=asked.at)
    known = rows.height - new
    notes = (Text(f"{known} 例此前已有，未改动", f"{known} were there before and stay as they are"),) if known else ()
    return Came(new, notes)


def _contacts(rows: pl.DataFrame, asked: Asked) -> Came:
    return Came(load_interviews(interviews=rows, outbreak=asked.outbreak, by=scope_of(asked.by), at=asked.at))


def _of_register(code: str, title: Text, schema: Schema, key: str = "code") -> Kind:
    return Kind(code, title, schema, "setup.register", _register(code), key=key)


KINDS = {
    kind.code: kind
    for kind in (
        Kind("areas", Text("辖区", "Areas"), AREAS, "setup.areas", _areas, area=""),
        _of_register("estates", Text("小区（村）", "Estates"), ESTATES),
        _of_register("buildings", Text("建筑", "Buildings"), BUILDINGS),
        _of_register("places", Text("场所", "Places"), PLACES, "place_id"),
        _of_register("households", Text("住户", "Households"), HOUSEHOLDS),
        _of_register("organisations", Text("单位", "Organisations"), ORGANISATIONS),
        _of_register("people", Text("人员", "People"), PEOPLE, "person_id"),
        Kind("cases", Text("病例", "Cases"), CASE_LIST, "case.report", _cases, fills_area=False, into_outbreak=True),
        Kind(
            "contacts",
            Text("流调接触者", "Contacts by interview"),
            INTERVIEWS,
            "contact.decide",
            _contacts,
            area="",
            into_outbreak=True,
        ),
    )
}
"""By code, in the order in which an office loads them: a list may name what stands in those before it."""
