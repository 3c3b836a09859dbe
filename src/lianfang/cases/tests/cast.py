"""The outbreak and the cards of every room's tests; the register is `lianfang.registry.tests.cast`."""

import datetime as dt
from dataclasses import replace
from typing import Any

from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import AT
from lianfang.cases.core.card import Dates, ReportCard
from lianfang.outbreaks.models import Outbreak
from lianfang.outbreaks.services import open_outbreak
from lianfang.registry.tests.cast import id_number

OUTBREAK = "AH2021"
SCOPE = system_scope("tests")
DATES = Dates(
    onset_date=dt.datetime(2021, 8, 3),
    sampled_at=dt.datetime(2021, 8, 5, 9),
    diagnosed_at=dt.datetime(2021, 8, 5, 20),
    isolated_at=dt.datetime(2021, 8, 5, 22),
)


def open_cast_outbreak() -> Outbreak:
    """Open the outbreak of Anhe county under the eighth edition."""
    return open_outbreak(
        code=OUTBREAK,
        name="安和县 8 月疫情",
        playbook="covid19-cn-8",
        jurisdiction="330999",
        started_on=dt.date(2021, 8, 5),
        by=SCOPE,
        at=AT,
    )


def card(person_id: str = "P-WANG", **changes: Any) -> ReportCard:
    """Return a card that is accepted, for a person of the register unless `person_id` is empty; then for a new one."""
    dates = {name: changes.pop(name) for name in list(changes) if name in Dates.__dataclass_fields__}
    whole = ReportCard(
        outbreak=OUTBREAK,
        person_id=person_id,
        occupation="worker",
        residence="this_county",
        address="东街 1 号",
        jurisdiction="330999001001",
        classification="confirmed",
        dates=replace(DATES, **dates),
        found_by="care_seeking",
        reporting_unit="安和县人民医院",
        reporting_doctor="张医生",
    )
    if not person_id:
        number = id_number("1990-06-06", 401)
        new = {
            "name": "周新",
            "id_number": number,
            "sex": "male",
            "birth_date": dt.date(1990, 6, 6),
            "phone": "13600000001",
        }
        whole = replace(whole, **new)  # type: ignore[arg-type]
    return replace(whole, **changes)


def form_data(**changes: Any) -> dict[str, Any]:
    """Return the same card as a browser sends it."""
    data: dict[str, Any] = {
        "client_key": "5f0c1f4e-8c1f-4f43-9f57-2f6a7a3b1c11",
        "person_id": "",
        "outbreak": OUTBREAK,
        "id_type": "resident",
        "id_number": id_number("1990-06-06", 401),
        "name": "周新",
        "sex": "male",
        "birth_date": "1990-06-06",
        "phone": "13600000001",
        "occupation": "worker",
        "residence": "this_county",
        "address": "东街 1 号",
        "jurisdiction": "330999001001",
        "classification": "confirmed",
        "onset_date": "2021-08-03",
        "sampled_at": "2021-08-05T09:00",
        "diagnosed_at": "2021-08-05T20:00",
        "last_negative_at": "",
        "isolated_at": "2021-08-05T22:00",
        "found_by": "care_seeking",
        "reporting_unit": "安和县人民医院",
        "reporting_doctor": "",
        "note": "",
    }
    return data | changes
