"""Keys for machines: made and revoked by whom, shown once, stored as a hash, checked at each call."""

import datetime as dt
import re

import pytest
from click.testing import CliRunner
from django.core.cache import cache
from django.db import connection
from django.forms.models import model_to_dict
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from lianfang.access import api_keys
from lianfang.access.api_keys import check_key, key_may, make_key, revoke_keys
from lianfang.access.commands import account as account_command
from lianfang.access.core.roles import PERMISSIONS
from lianfang.access.limits import count
from lianfang.access.models import ApiKey, AuditEntry
from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import AT, Cast
from lianfang.access.times import now
from lianfang.kernel.errors import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.database]

BY = system_scope("tests")
DAY = dt.timedelta(days=1)


def made(cast: Cast, who: str = "investigator", **changes):
    facts = {"account": getattr(cast, who), "name": "大屏", "at": AT, "by": BY} | changes
    return make_key(**facts)


def refused(cast: Cast, **changes) -> str:
    before = ApiKey.objects.count()
    with pytest.raises(Refused) as refusal:
        made(cast, **changes)
    assert ApiKey.objects.count() == before
    return refusal.value.text.en


def call(key: str, path: str = "persons", **headers: str):
    sent = {"Authorization": f"Bearer {key}", "Accept-Language": "en", **headers}
    return Client().get(f"/api/v1/{path}", headers=sent)


# Making one.


def test_the_secret_is_stored_nowhere(cast: Cast):
    stored, key = made(cast)
    assert re.fullmatch(r"lf_\w{8}_\w{40}", key) and key.startswith(f"lf_{stored.prefix}_")
    secret = key.rpartition("_")[2]
    row = model_to_dict(ApiKey.objects.get())
    trail = str(list(AuditEntry.objects.values()))
    assert secret not in str(row) and secret not in trail and stored.prefix in trail
    assert row["digest"] == api_keys.digest_of(secret) and len(row["digest"]) == 64


def test_the_hash_hangs_on_the_secret_of_the_application(cast: Cast):
    stored, key = made(cast)
    with override_settings(SECRET_KEY="another"):
        assert api_keys.digest_of(key.rpartition("_")[2]) != stored.digest
        assert check_key(key, at=AT).fault == "secret"


def test_keys_differ(cast: Cast):
    keys = {made(cast)[1] for _ in range(5)}
    assert len(keys) == 5 and ApiKey.objects.count() == 5


def test_an_administrator_makes_keys_inside_the_own_area_alone(cast: Cast):
    for who in ("commander", "grid_worker", "administrator"):
        made(cast, who, by=cast.administrator)
    assert "outside of your area" in refused(cast, account=cast.neighbour, by=cast.administrator)
    assert "outside of your area" in refused(cast, account=cast.stranger, by=cast.administrator)
    assert "role" in refused(cast, by=cast.commander)
    cast.administrator.jurisdiction = cast.areas["330999001"]
    assert "outside of your area" in refused(cast, account=cast.commander, by=cast.administrator)
    cast.administrator.jurisdiction = None
    made(cast, "neighbour", by=cast.administrator)


def test_what_a_key_may_not_be(cast: Cast):
    assert "audit.view" in refused(cast, permissions=["audit.view"])
    assert "case.fly" in refused(cast, permissions=["case.fly"])
    assert "1 to 1095" in refused(cast, days=0) and "1 to 1095" in refused(cast, days=1096)
    assert "what the key is for" in refused(cast, name="  ")
    cast.investigator.is_active = False
    assert "disabled" in refused(cast)


def test_making_and_revoking_stand_in_the_trail(cast: Cast):
    stored, _key = made(cast, by=cast.administrator, permissions=["case.view"], days=10)
    first = AuditEntry.objects.last()
    assert (first.actor, first.act, first.kind, first.key) == (
        "account:administrator",
        "write",
        "access.apikey",
        stored.prefix,
    )
    assert first.detail["act"] == "key.make" and first.detail["permissions"] == ["case.view"]
    assert revoke_keys(keys=[stored], at=AT, by=cast.administrator) == 1
    assert AuditEntry.objects.last().detail == {"act": "key.revoke", "account": "investigator"}
    number = AuditEntry.objects.last().number
    assert revoke_keys(keys=[stored], at=AT + DAY, by=BY) == 0
    assert AuditEntry.objects.last().number == number
    stored.refresh_from_db()
    assert stored.revoked_at == AT and stored.revoked_by == "account:administrator"


def test_nobody_revokes_what_lies_outside_of_the_own_area(cast: Cast):
    inside, outside = made(cast)[0], made(cast, "neighbour")[0]
    with pytest.raises(Refused):
        revoke_keys(keys=[inside, outside], at=AT, by=cast.administrator)
    with pytest.raises(Refused):
        revoke_keys(keys=[inside], at=AT, by=cast.commander)
    assert not ApiKey.objects.exclude(revoked_at=None).exists()


# Checking one.


def test_a_key_ends_and_is_revoked(cast: Cast):
    stored, key = made(cast, days=1)
    assert check_key(key, at=AT + DAY - dt.timedelta(seconds=1)).key == stored
    assert check_key(key, at=AT + DAY).fault == "expired"
    revoke_keys(keys=[stored], at=AT, by=BY)
    assert check_key(key, at=AT).fault == "revoked"


def test_each_way_of_being_wrong(cast: Cast):
    _stored, key = made(cast)
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    assert check_key(wrong, at=AT).fault == "secret"
    assert check_key(f"lf_{'z' * 8}_{key[-40:]}", at=AT).fault == "unknown"
    for text in ("", "lf_", key[:-1], key + "a", key.upper(), f"lf_{'é' * 8}_{key[-40:]}", "密码"):
        assert check_key(text, at=AT).fault in ("form", "unknown"), text
        assert check_key(text, at=AT).key is None
    cast.investigator.is_active = False
    cast.investigator.save()
    assert check_key(key, at=AT).fault == "disabled"


def test_one_query_and_a_use_noted_once_a_minute(cast: Cast):
    stored, key = made(cast)
    check_key(key, at=AT)
    with CaptureQueriesContext(connection) as queries:
        check_key(key, at=AT + dt.timedelta(seconds=59))
    assert len(queries) == 1
    stored.refresh_from_db()
    assert stored.last_used_at == AT
    check_key(key, at=AT + dt.timedelta(seconds=60))
    stored.refresh_from_db()
    assert stored.last_used_at == AT + dt.timedelta(seconds=60)


def test_the_hash_is_compared_in_constant_time_also_where_there_is_no_key(cast: Cast, monkeypatch):
    _stored, key = made(cast)
    seen = []
    compare = api_keys.hmac.compare_digest
    monkeypatch.setattr(api_keys.hmac, "compare_digest", lambda a, b: seen.append((a, b)) or compare(a, b))
    check_key(key, at=AT)
    check_key(f"lf_{'z' * 8}_{key[-40:]}", at=AT)
    assert len(seen) == 2 and all(len(a) == len(b) == 64 for a, b in seen)


def test_a_key_that_is_narrowed_may_no_more_than_that(cast: Cast):
    narrow, key = made(cast, permissions=["case.view"], at=now())
    wide = made(cast, at=now())[0]
    may_do = {permission for permission in PERMISSIONS if key_may(narrow, permission)}
    assert may_do == {"case.view", "account.own"}
    assert {p for p in PERMISSIONS if key_may(wide, p)} == {
        p for p, roles in PERMISSIONS.items() if "investigator" in roles
    }
    assert call(key, "cases").status_code == call(key, "openapi.json").status_code == 200
    answer = call(key, "persons")
    assert answer.status_code == 403 and AuditEntry.objects.last().detail["permission"] == "person.view"


# Calling with a wrong one.


def test_a_wrong_key_gets_one_sentence_and_leaves_a_trace_without_the_secret(cast: Cast):
    stored, key = made(cast, at=now())
    wrong = key[:-4] + "2222"
    for sent, prefix, reason in ((wrong, stored.prefix, "secret"), ("hunter2-my-password", "", "form")):
        answer = call(sent)
        assert answer.status_code == 401 and answer.json()["reason"].startswith("the key is not valid")
        assert answer["WWW-Authenticate"].startswith("Bearer")
        last = AuditEntry.objects.last()
        assert (last.actor, last.act, last.kind, last.key) == ("system:api", "refused", "access.apikey", prefix)
        assert last.detail["reason"] == reason and last.detail["address"] == "127.0.0.1"
        assert sent not in str(AuditEntry.objects.values()) and wrong[-40:] not in str(AuditEntry.objects.values())
    sentences = {call(sent).json()["reason"] for sent in (wrong, "x", f"lf_{'z' * 8}_{'z' * 40}")}
    assert len(sentences) == 1, "what is wrong with a key is nobody's to know"


def test_another_scheme_is_no_key(cast: Cast):
    assert Client().get("/api/v1/cases", headers={"Authorization": "Basic eDp5"}).status_code == 401


@override_settings(API_WRONG_KEYS=3)
def test_who_guesses_is_held_off_and_the_owner_is_not(cast: Cast):
    _stored, key = made(cast, at=now())
    wrong = key[:-4] + "2222"
    assert [call(wrong).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    entries = AuditEntry.objects.filter(act="refused").count()
    answer = call(wrong)
    assert answer.status_code == 429 and 0 < int(answer["Retry-After"]) <= 900
    assert AuditEntry.objects.filter(act="refused").count() == entries == 3, "the trail is not filled"
    assert call(key).status_code == 200, "also from the same address"
    elsewhere = Client(REMOTE_ADDR="10.0.0.9").get("/api/v1/cases", headers={"Authorization": f"Bearer {wrong}"})
    assert elsewhere.status_code == 401


def test_a_window_counts_each_thing_for_itself():
    cache.clear()
    assert [count("a", seconds=3600).times for _ in range(3)] == [1, 2, 3]
    assert count("b", seconds=3600).times == 1 and 0 < count("b", seconds=3600).seconds_left <= 3600


# The pages and the command.


def test_an_administrator_makes_one_on_the_page_and_sees_it_once(cast: Cast):
    client = cast.client("administrator")
    page = client.get("/account/keys/new/").content.decode()
    assert "commander" in page and "neighbour" not in page and "stranger" not in page
    form = {"account": "commander", "name": "大屏", "days": "30", "permissions": ["case.view"]}
    page = client.post("/account/keys/new/", form, follow=True).content.decode()
    (key,) = re.findall(r"lf_\w{8}_\w{40}", page)
    assert call(key, "cases").status_code == 200
    page = client.get("/account/keys/").content.decode()
    assert key not in page and key[:11] in page and "大屏" in page
    stored = ApiKey.objects.get()
    assert stored.made_by == "account:administrator" and stored.permissions == ["case.view"]
    client.post("/account/keys/", {"action": "revoke", "keys": [str(stored.pk)]})
    assert call(key, "cases").status_code == 401


@pytest.mark.parametrize(
    "changes", [{"account": "neighbour"}, {"days": "0"}, {"name": ""}, {"permissions": ["audit.view"]}]
)
def test_a_form_that_is_refused_says_why(cast: Cast, changes):
    form = {"account": "commander", "name": "大屏", "days": "30", **changes}
    answer = cast.client("administrator").post("/account/keys/new/", form)
    assert answer.status_code == 422 and "error" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_keys_of_other_areas_are_not_listed(cast: Cast):
    inside, outside = made(cast)[0], made(cast, "neighbour")[0]
    client = cast.client("administrator")
    page = client.get("/account/keys/").content.decode()
    assert inside.prefix in page and outside.prefix not in page
    client.post("/account/keys/", {"action": "revoke", "keys": [str(outside.pk)]})
    outside.refresh_from_db()
    assert outside.revoked_at is None


@pytest.mark.parametrize("state", ["active", "expired", "revoked"])
def test_keys_by_their_state(cast: Cast, state):
    keys = {
        "active": made(cast, at=now())[0],
        "expired": made(cast, at=now() - 10 * DAY, days=1)[0],
        "revoked": made(cast, at=now() - 10 * DAY, days=1)[0],
    }
    revoke_keys(keys=[keys["revoked"]], at=now(), by=BY)
    _stored, caller = made(cast, "administrator", at=now())
    rows = call(caller, f"keys?state={state}").json()["rows"]
    assert keys[state].prefix in {row["prefix"] for row in rows} and {row["state"] for row in rows} == {state}
    assert all("digest" not in row for row in rows)


def test_the_command_makes_lists_and_revokes(cast: Cast):
    run = CliRunner().invoke
    done = run(account_command, ["key", "add", "commander", "--name", "大屏", "--permission", "case.view"])
    assert done.exit_code == 0, done.output
    prefix, key = done.output.split()
    assert call(key, "cases").status_code == 200
    listed = run(account_command, ["key", "list"]).output
    assert listed.startswith(f"{prefix}\tcommander\tactive\t") and "case.view" in listed and key not in listed
    assert run(account_command, ["key", "revoke", prefix]).output.strip() == prefix
    assert call(key, "cases").status_code == 401
    assert "revoked" in run(account_command, ["key", "list"]).output
    assert isinstance(run(account_command, ["key", "revoke", "zzzzzzzz"]).exception, Refused)
    assert isinstance(run(account_command, ["key", "add", "nobody", "--name", "x"]).exception, Refused)
