"""The small county of tests/data/response-small in the database."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from lianfang.access.models import Account, Jurisdiction
from lianfang.access.scope import system_scope
from lianfang.access.times import to_aware
from lianfang.cases.models import Case
from lianfang.intake.read import read_table
from lianfang.kernel.schema import CASES, INTERVIEWS
from lianfang.outbreaks.models import Outbreak
from lianfang.registry.models import Person
from lianfang.response.core.facts import read_kept_times

SMALL = Path(__file__).resolve().parents[5] / "tests" / "data" / "response-small" / "in"
TOWNSHIPS = {"城关镇": "330999101", "河西乡": "330999102", "东山镇": "330999103", "南坪乡": "330999104"}
AT = to_aware(dt.datetime(2022, 7, 8, 18))
SCOPE = system_scope("test")


@pytest.fixture
def small_county(db, tmp_path, settings):
    """Outbreak O with its people, cases, interviews and presences; nothing has been answered yet."""
    settings.DATA_DIR = tmp_path
    return load_small_county()


def load_small_county() -> Outbreak:
    """Fill the database that is open."""
    county = Jurisdiction.objects.create(code="330999", name="样县", name_en="Sample", level="county", path="330999/")
    for name, code in TOWNSHIPS.items():
        Jurisdiction.objects.create(
            code=code, name=name, name_en=f"T{code[-1]}", level="township", parent=county, path=f"330999/{code}/"
        )
    listed = pl.read_csv(SMALL / "people.csv", infer_schema=False)
    where = dict(listed.select("person_id", "jurisdiction").iter_rows())
    for number in range(1, 24):
        person = f"P{number:02d}"
        Person.unscoped.create(
            person_id=person, name=f"人{number}", jurisdiction_id=TOWNSHIPS[where.get(person, "城关镇")]
        )
    outbreak = Outbreak.objects.create(
        code="O", name="样县疫情", playbook="covid19-cn-9", jurisdiction=county, started_on=dt.date(2022, 7, 5)
    )
    cases = read_kept_times(read_table(SMALL / "cases.csv", CASES).used, time_zone="Asia/Shanghai")
    for row in cases.iter_rows(named=True):
        times = {n: to_aware(row[n]) for n in ("onset_date", "sampled_at", "last_negative_at", "isolated_at")}
        Case.unscoped.create(
            case_id=row["case_id"],
            outbreak=outbreak,
            person_id=row["person_id"],
            jurisdiction_id=Person.unscoped.get(pk=row["person_id"]).jurisdiction_id,
            classification=row["classification"],
            reported_at=to_aware(row["reported_at"]) or AT,
            **times,
        )
    from lianfang.presences.keeping import ingest
    from lianfang.tracing.services import load_interviews

    ingest(SMALL / "presences.csv")
    interviews = read_table(SMALL / "contacts.csv", INTERVIEWS).used
    load_interviews(interviews=interviews, outbreak="O", by=SCOPE, at=AT)
    return outbreak


@pytest.fixture
def cast(small_county):
    """One account of each role: county level, but the township officer and the grid worker sit in 城关镇."""
    from lianfang.access.core.roles import Role

    made = {}
    for role in Role:
        below = role in (Role.TOWNSHIP_OFFICER, Role.GRID_WORKER)
        made[role.value] = Account.objects.create(
            username=role.value, role=role.value, jurisdiction_id=TOWNSHIPS["城关镇"] if below else "330999"
        )
    return made
