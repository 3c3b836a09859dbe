"""A county in which every list has rows, in two townships and over the border."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from django.test import Client

from lianfang.access.api_keys import make_key
from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import AT, Cast
from lianfang.access.times import now, to_local
from lianfang.measures.core.decide import decide
from lianfang.measures.services import propose_measures
from lianfang.playbook.load import load
from lianfang.records.models import Clock, Task
from lianfang.tracing.services import record_contacts
from lianfang.tracing.tests.cast import CASE, FOUND, SCOPE, contacts, load_cast_outbreak, row

NUMBER = "330999198502032226"


@pytest.fixture
def county(cast: Cast) -> Cast:
    """The fixed cast with a case, contacts, measures, clocks, somebody not in the register, and a key."""
    load_cast_outbreak(cast)
    record_contacts(
        contacts=contacts([*FOUND, row(NUMBER, kind="vehicle", minutes=20.0)]), outbreak="OB-1", by=SCOPE, at=AT
    )
    met = ["P-LI", "P-SHAN", "P-ZHAO"]
    facts = pl.DataFrame(
        {
            "person_id": met,
            "category": ["close_contact"] * 3,
            "last_exposure": [dt.datetime(2021, 8, 4, 18)] * 3,
            "found_at": [to_local(AT)] * 3,
        }
    )
    decided = decide(facts, playbook=load("covid19-cn-8"), as_of=to_local(AT))
    propose_measures(measures=decided.measures, outbreak="OB-1", by=SCOPE, at=AT)
    Clock.unscoped.all().delete()
    for name, done in (("report", None), ("isolate", AT)):
        Clock.unscoped.create(
            subject_kind="cases.case",
            subject=CASE,
            matter="OB-1",
            jurisdiction=cast.areas["330999001001001"],
            clock=name,
            starts=AT,
            due=AT + dt.timedelta(hours=2),
            rule="clock.report",
            done_at=done,
            done_by=cast.investigator if done else None,
        )
    for account in cast.roles.values():
        for number, state in enumerate(("waiting", "done")):
            Task.objects.create(
                kind="pages.export",
                subject_zh="病例",
                subject_en="Cases",
                asked_by=account,
                area=account.jurisdiction,
                state=state,
                asked_at=AT + dt.timedelta(seconds=number + 1),
                not_before=AT,
                finished_at=AT + dt.timedelta(seconds=71) if state == "done" else None,
            )
    make_key(account=cast.commander, name="大屏", at=now(), by=system_scope("tests"))
    return cast


class Machine:
    """Somebody who calls the API with a key, and reads JSON whatever happens."""

    def __init__(self, key: str, language: str = "en") -> None:
        self.key = key
        self.language = language
        self.client = Client()

    def get(self, path: str, *, key: str | None = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {key or self.key}", "Accept-Language": self.language, **headers}
        answer = self.client.get(f"/api/v1/{path}", headers=sent)
        assert answer["Content-Type"] == "application/json", answer["Content-Type"]
        answer.said = json.loads(answer.content)
        return answer

    def rows(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.content.decode()
        return answer.said["rows"]


@pytest.fixture
def machine(county: Cast) -> Any:
    """Make a caller that acts as one of the cast."""

    def of(name: str, **changes: Any) -> Machine:
        account = getattr(county, name)
        _stored, key = make_key(account=account, name="机器", at=now(), by=system_scope("tests"), **changes)
        return Machine(key)

    return of
