"""The fixed outbreak of the tests: Wang is the case, Li lives and Ouyang works with him, Shan lives with Ouyang."""

import datetime as dt

import polars as pl

from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import AT, Cast
from lianfang.cases.services import load_cases
from lianfang.kernel.schema import CONTACTS
from lianfang.outbreaks.services import open_outbreak
from lianfang.registry.tests.cast import load_cast_register

SCOPE = system_scope("tests")
DAY = dt.datetime(2021, 8, 5)
CASE = "C-1"


def row(
    person: str,
    *,
    degree: int = 1,
    via: str | None = None,
    kind: str = "dwelling",
    minutes: float | None = 600.0,
    category: str = "close_contact",
    found_by: str = "co-presence",
    case: str = CASE,
    hour: int = 8,
    is_case: bool = False,
    seat_unknown: bool = False,
) -> dict[str, object]:
    """One row of tracing."""
    start = DAY + dt.timedelta(hours=hour)
    return {
        "case_id": case,
        "person_id": person,
        "degree": degree,
        "via_person_id": via,
        "place_kind": kind,
        "minutes": minutes,
        "encounters": None if minutes is None else 1,
        "first_contact": start,
        "last_contact": start + dt.timedelta(minutes=minutes or 0),
        "is_case": is_case,
        "category": category,
        "rule": f"category.{category}",
        "found_by": found_by,
        "seat_unknown": seat_unknown,
    }


FOUND = [
    row("P-LI"),
    row("P-LI", kind="meal", minutes=45.0, found_by="both", hour=20),
    row("P-OUYANG", kind="work", minutes=90.0),
    row("P-SHAN", degree=2, via="P-OUYANG", minutes=120.0, category="secondary_contact", hour=18),
]


def contacts(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows as the tracer gives them."""
    return CONTACTS.conform(pl.DataFrame(rows, infer_schema_length=None)) if rows else CONTACTS.empty()


def load_cast_outbreak(cast: Cast) -> None:
    """Store the register, the outbreak under the eighth edition, and the case."""
    load_cast_register()
    open_outbreak(
        code="OB-1",
        name="安和疫情",
        playbook="covid19-cn-8",
        jurisdiction="330999",
        started_on=DAY.date(),
        by=SCOPE,
        at=AT,
    )
    cases = {"case_id": [CASE], "person_id": ["P-WANG"], "onset_date": [DAY], "reported_at": [DAY]}
    load_cases(outbreak="OB-1", cases=pl.DataFrame(cases), by=SCOPE, at=AT)
