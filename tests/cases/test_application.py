"""The rows and the small outbreaks that were worked by hand, through the application's database.

Every row goes through the proposals' service: its measures are stored and read back as pages and orders read them. What
the register and the case file can hold comes through the application's whole response as well.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pytest

from lianfang.intake.core.moments import read_moments
from lianfang.intake.read import read_table
from lianfang.kernel.schema import CASES, INTERVIEWS, PRESENCES, Schema
from lianfang.measures.core.decide import decide
from lianfang.measures.core.facts import FACTS_TABLE
from lianfang.playbook.load import load
from lianfang.response.core.facts import read_kept_times
from tests.cases import scenarios as posed
from tests.cases.scenarios import Scenario
from tests.cases.test_respond import compare, write
from tests.cases.ways import as_lists, by_application
from tests.cases.worked import Asked, Basis, Row, by_basis, difference, from_output, rows

WITH_MEASURES = by_basis(row for row in rows() if row.asked)
WHOLE = by_basis(row for row in rows() if by_application(row))
OUTBREAKS = posed.by_basis(tuple(one for one in posed.scenarios() if not one.apart))
CODES = {"疑似病例": "suspected", "排除病例": "excluded", "无症状感染者": "asymptomatic", "应检尽检": "regular_testing"}
"""The case file of the application holds codes: forms and lists read the words."""
ZONE = "Asia/Shanghai"


@pytest.fixture
def county(db, tmp_path, settings):
    """A county with one township."""
    from lianfang.access.models import Jurisdiction

    settings.DATA_DIR = tmp_path
    county = Jurisdiction.objects.create(code="330999", name="样县", name_en="Sample", level="county", path="330999/")
    Jurisdiction.objects.create(
        code="330999101", name="城关镇", name_en="Town", level="township", parent=county, path="330999/330999101/"
    )
    return county


@pytest.mark.parametrize("basis", WITH_MEASURES, ids=str)
def test_measures_are_proposed_as_worked_out(basis: Basis, county, tmp_path) -> None:
    from lianfang.access.scope import system_scope
    from lianfang.access.times import to_aware
    from lianfang.measures.services import propose_measures

    some = WITH_MEASURES[basis]
    facts = [{"person_id": row.id, **_as_iso(one)} for row in some for one in row.facts]
    read = read_table(write(tmp_path / "facts.csv", facts), FACTS_TABLE).used
    decided = decide(read, playbook=load(basis.playbook, basis.overlays), as_of=basis.as_of)
    _outbreak(basis, county, [row.id for row in some])
    propose_measures(
        measures=decided.measures, outbreak="O", by=system_scope("tests"), at=to_aware(basis.as_of), complete=True
    )
    _check(some, _stored())


@pytest.mark.parametrize("basis", dict.fromkeys([*WHOLE, *OUTBREAKS]), ids=str)
def test_response_of_the_application(basis: Basis, county, tmp_path) -> None:
    from lianfang.access.times import to_aware
    from lianfang.response.services import respond_outbreak

    some, outbreaks = WHOLE.get(basis, []), OUTBREAKS.get(basis, [])
    lists = as_lists(some, own_index=True).named() if some else {}
    for one in outbreaks:
        lists |= {stem: [*lists.get(stem, []), *given] for stem, given in one.lists.items()}
    people = {line["person_id"] for given in lists.values() for line in given if line["person_id"]}
    _fill(basis, _outbreak(basis, county, sorted(people)), lists, tmp_path)
    respond_outbreak(outbreak_code="O", at=to_aware(basis.as_of))
    stored = _stored()
    _check(some, stored, outbreaks, _contacts())


def _as_iso(facts: dict[str, str]) -> dict[str, str]:
    """Write an exposure as the command hands it on: ISO, a bare date staying one."""
    told = facts.get("last_exposure", "")
    if not told or re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?", told):
        return facts
    read = read_moments(pl.Series([told]), time_zone=ZONE)[0]
    return {**facts, "last_exposure": read.isoformat()}


def _check(
    some: Iterable[Row],
    stored: dict[str, list[Asked]],
    outbreaks: Iterable[Scenario] = (),
    contacts: Iterable[dict[str, str]] = (),
) -> None:
    wrong = [said for row in some if (said := difference(row.id, row.asked, stored.get(row.id, []), row.why))]
    for one in outbreaks:
        found = [line for line in contacts if line["person_id"].startswith(f"{one.id}.")]
        wrong += [f"{one.id}: {said}" for said in compare(one, found, stored)]
    assert not wrong, "\n".join(wrong)


def _outbreak(basis: Basis, county, people: Iterable[str]):
    from lianfang.outbreaks.models import Outbreak
    from lianfang.registry.models import Person

    Person.unscoped.bulk_create(
        Person(person_id=one, name=one[:80], jurisdiction_id="330999101") for one in dict.fromkeys(people)
    )
    return Outbreak.objects.create(
        code="O",
        name="样县疫情",
        playbook=basis.playbook,
        overlays=list(basis.overlays),
        jurisdiction=county,
        started_on=basis.as_of.date(),
    )


def _fill(basis: Basis, outbreak, lists: dict[str, list[dict[str, str]]], folder: Path) -> None:
    """Store cases, interviews and presences as the application holds them."""
    from lianfang.access.scope import system_scope
    from lianfang.access.times import to_aware
    from lianfang.cases.models import Case
    from lianfang.presences.keeping import ingest
    from lianfang.tracing.services import load_interviews

    at = to_aware(basis.as_of)
    cases = read_kept_times(_table(lists, "cases", CASES, folder), time_zone=ZONE)
    times = [name for name in cases.columns if cases.schema[name] == pl.Datetime("us") and "infectious" not in name]
    for line in cases.iter_rows(named=True):
        known = [line[name] for name in ("reported_at", "isolated_at", "sampled_at") if line.get(name)]
        told = {name: to_aware(line[name]) for name in times} | {"reported_at": to_aware(next(iter(known)))}
        symptoms = {"no": "asymptomatic"}.get(line.get("symptomatic") or "", "confirmed")
        said = line.get("classification") or symptoms
        Case.unscoped.create(
            case_id=line["case_id"],
            outbreak=outbreak,
            person_id=line["person_id"],
            jurisdiction_id="330999101",
            classification=CODES.get(said, said),
            found_by=CODES.get(line.get("found_by") or "", line.get("found_by") or ""),
            **told,
        )
    if lists.get("contacts"):
        interviews = _table(lists, "contacts", INTERVIEWS, folder)
        load_interviews(interviews=interviews, outbreak="O", by=system_scope("tests"), at=at)
    if lists.get("presences"):
        ingest(_table(lists, "presences", PRESENCES, folder))


def _table(lists: dict[str, list[dict[str, str]]], stem: str, schema: Schema, folder: Path) -> pl.DataFrame:
    read = read_table(write(folder / f"{stem}.csv", lists[stem]), schema)
    assert not read.refused.height, read.refused
    return read.used


def _stored() -> dict[str, list[Asked]]:
    from lianfang.access.scope import system_scope
    from lianfang.measures.selectors import measures_frame

    stored: dict[str, list[Asked]] = {}
    for line in measures_frame("O", system_scope("tests")).iter_rows(named=True):
        days = ";".join(day.isoformat() for day in line["test_dates"])
        text = {name: _text(value) for name, value in line.items() if name != "test_dates"} | {"test_dates": days}
        stored.setdefault(line["person_id"], []).append(from_output(text))
    return stored


def _contacts() -> list[dict[str, str]]:
    from lianfang.access.times import to_local
    from lianfang.tracing.models import Exposure

    columns = {"person_id": "contact__person_id", "category": "contact__category", "via_person_id": "via_id"}
    names = ["case_id", "degree", "first_contact", "last_contact", *columns.values()]
    lines = []
    for line in Exposure.objects.values(*names):
        told = {name: line.pop(stored) for name, stored in columns.items()} | line
        times = {name: to_local(told[name]) for name in ("first_contact", "last_contact") if told[name]}
        lines.append({name: _text(value) for name, value in (told | times).items()})
    return lines


def _text(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return "" if value is None else str(value)
