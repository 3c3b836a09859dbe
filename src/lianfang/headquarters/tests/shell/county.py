"""Rows for the tests of the room: outbreaks, cases and who lives where, in the county of the fixed cast."""

import datetime as dt
from zoneinfo import ZoneInfo

from lianfang.cases.models import Case
from lianfang.measures.models import Measure
from lianfang.outbreaks.models import Outbreak
from lianfang.registry.models import Household, Person, Place
from lianfang.tracing.models import Contact

ZONE = ZoneInfo("Asia/Shanghai")
REPORTED = dt.datetime(2021, 8, 5, 9, tzinfo=ZONE)


def add_outbreak(code: str, *, area: str = "330999", playbook: str = "covid19-cn-9") -> None:
    """Open an outbreak."""
    Outbreak.unscoped.create(
        code=code, name=f"{code} 疫情", playbook=playbook, jurisdiction_id=area, started_on=dt.date(2021, 8, 1)
    )


def add_person(person_id: str, area: str, *, at: tuple[float, float] | None = None) -> None:
    """Register a person, with a dwelling that has coordinates where `at` (longitude, latitude) is given."""
    household = None
    if at is not None:
        dwelling = Place.unscoped.create(
            place_id=f"D-{person_id}", kind="dwelling", longitude=at[0], latitude=at[1], jurisdiction_id=area
        )
        household = Household.unscoped.create(code=f"H-{person_id}", dwelling=dwelling, jurisdiction_id=area)
    Person.unscoped.create(person_id=person_id, name=f"人{person_id}", jurisdiction_id=area, household=household)


def add_case(
    case_id: str,
    outbreak: str,
    area: str,
    *,
    classification: str = "confirmed",
    onset: dt.date | None = dt.date(2021, 8, 3),
    sampled: dt.date | None = dt.date(2021, 8, 4),
    at: tuple[float, float] | None = None,
) -> None:
    """Report a case, of a person of its own."""
    add_person(f"P-{case_id}", area, at=at)

    def noon(day: dt.date | None) -> dt.datetime | None:
        return None if day is None else dt.datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)

    Case.unscoped.create(
        case_id=case_id,
        outbreak_id=outbreak,
        person_id=f"P-{case_id}",
        jurisdiction_id=area,
        classification=classification,
        onset_date=noon(onset),
        sampled_at=noon(sampled),
        reported_at=REPORTED,
    )


def add_contact(
    person_id: str,
    area: str,
    *,
    outbreak: str = "OB1",
    decision: str = "proposed",
    located: bool = False,
    is_case: bool = False,
) -> None:
    """Propose a contact, a person of its own."""
    add_person(person_id, area)
    Contact.unscoped.create(
        outbreak_id=outbreak,
        person_id=person_id,
        jurisdiction_id=area,
        degree=1,
        category="close_contact",
        rule="category.close",
        found_by="co-presence",
        is_case=is_case,
        proposed_at=REPORTED,
        decision=decision,
        located_at=REPORTED if located else None,
    )


def add_measure(
    person_id: str,
    area: str,
    *,
    start: dt.datetime,
    end: dt.datetime | None,
    outbreak: str = "OB1",
    decision: str = "accepted",
    kind: str = "central_quarantine",
    released_at: dt.datetime | None = None,
) -> None:
    """Order (or propose) a measure, for a person of its own."""
    add_person(person_id, area)
    Measure.unscoped.create(
        outbreak_id=outbreak,
        person_id=person_id,
        jurisdiction_id=area,
        category="close_contact",
        kind=kind,
        place_class="central",
        start=start,
        end=end,
        clock_from="last_exposure",
        rule="measure.central",
        reason_zh="",
        reason_en="",
        playbook="covid19-cn-9",
        proposed_at=REPORTED,
        decision=decision,
        released_at=released_at,
    )
