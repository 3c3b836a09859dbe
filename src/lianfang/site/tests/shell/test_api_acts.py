"""Declared acts by the API: what the button of a page does, for whoever may, with a trial before it."""

import json
from typing import Any

import pytest

from lianfang.access.core.roles import may
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import ACCOUNTS
from lianfang.house import acts
from lianfang.records.models import Change
from lianfang.tracing.models import Contact

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def post(machine: Any, code: str, body: object) -> Any:
    answer = machine.client.post(
        f"/api/v1/acts/{code}",
        body if isinstance(body, str) else json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {machine.key}", "Accept-Language": machine.language},
    )
    assert answer["Content-Type"].startswith("application/json")
    answer.said = json.loads(answer.content)
    return answer


def keys() -> list[int]:
    return sorted(Contact.unscoped.filter(decision="proposed").values_list("pk", flat=True))


def decisions() -> set[str]:
    return set(Contact.unscoped.values_list("decision", flat=True))


def test_a_trial_says_what_the_act_then_does_and_changes_nothing(machine):
    caller = machine("commander")
    chosen = keys()
    trial = post(caller, "contact.accept", {"keys": chosen, "trial": True})
    assert trial.status_code == 200, trial.said
    assert trial.said["change"] is None and trial.said["rows"] >= len(chosen) and keys() == chosen
    done = post(caller, "contact.accept", {"keys": chosen, "agreed": trial.said["mark"]})
    assert done.status_code == 200, done.said
    assert done.said["rows"] == trial.said["rows"] and done.said["said"][: len(trial.said["said"])]
    assert Change.objects.filter(pk=done.said["change"]).exists()
    written = AuditEntry.objects.filter(act="write", kind="tracing.contact").latest("number")
    assert written.detail["api_key"] in caller.key, "the trail says which machine did it"
    assert not Contact.unscoped.filter(pk__in=chosen, decision="proposed").exists()
    again = post(caller, "contact.accept", {"keys": chosen})
    assert again.status_code == 409 and "reload" in again.said["reason"]


def test_a_trial_that_has_grown_old_is_refused(machine):
    caller = machine("commander")
    chosen = keys()
    mark = post(caller, "contact.accept", {"keys": chosen, "trial": True}).said["mark"]
    post(caller, "contact.accept", {"keys": chosen[:1]})
    assert post(caller, "contact.accept", {"keys": chosen, "agreed": mark}).status_code == 409


def test_every_act_asks_for_its_own_permission_of_every_role(machine):
    before = AuditEntry.objects.filter(act="refused").count()
    refused = 0
    for who, role, _area in ACCOUNTS:
        caller = machine(who)
        for act in acts().values():
            answer = post(caller, act.code, {"keys": [-1], "trial": True})
            if not act.plan:
                assert answer.status_code == 404, act.code
                continue
            assert (answer.status_code == 403) != may(role.value, act.permission), (who, act.code, answer.said)
            refused += answer.status_code == 403
    assert refused and AuditEntry.objects.filter(act="refused").count() == before + refused


def test_a_key_narrowed_to_other_permissions_may_not(machine):
    caller = machine("commander", permissions=["case.view"])
    assert post(caller, "contact.accept", {"keys": keys(), "trial": True}).status_code == 403


def test_nobody_acts_outside_of_their_area(machine):
    before = decisions()
    answer = post(machine("neighbour"), "contact.accept", {"keys": keys()})
    assert answer.status_code in (403, 409) and decisions() == before


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ("{", 400, None),
        ({}, 422, "keys"),
        ({"keys": []}, 422, "keys"),
        ({"keys": ["x y"]}, 422, "keys.0"),
        ({"keys": [1], "because": "?"}, 422, "because"),
        ({"keys": [1], "note": "n" * 201}, 422, "note"),
    ],
)
def test_what_cannot_be_carried_out_is_named(machine, body, status, field):
    answer = post(machine("commander"), "contact.accept", body)
    assert answer.status_code == status, answer.said
    assert field is None or field in [one["field"] for one in answer.said["errors"]], answer.said


def test_an_act_that_needs_a_reason_says_so(machine):
    answer = post(machine("commander"), "contact.refuse", {"keys": keys()})
    assert answer.status_code == 409 and "reason" in answer.said["reason"]
    assert post(machine("commander"), "contact.nothing", {"keys": [1]}).status_code == 404
