"""The API: the pages' lists for programmes, by the pages' rules; who is let in, what is refused, and how it is said."""

import datetime as dt
import json

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from lianfang.access.core.roles import PLAIN_FIELDS, Role, may
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import Cast
from lianfang.cases.models import Case
from lianfang.house import lists
from lianfang.pages.api import plain_value
from lianfang.registry.models import Person
from lianfang.site import urls as site_urls
from lianfang.site.api.lists import list_routes
from lianfang.site.tests.shell.conftest import NUMBER
from lianfang.site.tests.shell.exported import as_in_file, exported, written

pytestmark = [pytest.mark.django_db, pytest.mark.database]

LISTS = {one.name: one for one in list_routes(site_urls.pages, lists())}
PATHS = {name: one.path.replace("{str:code}", "OB-1") for name, one in LISTS.items()}


def entry() -> AuditEntry:
    found = AuditEntry.objects.order_by("number").last()
    assert found is not None
    return found


def ids(rows) -> set:
    return {row["id"] for row in rows}


def said_as_in_file(caller, kind: str, county: Cast, who: str) -> list[dict]:
    """Hold each value of a list to the page's own file, and return the rows."""
    expected = exported(LISTS[kind], county, who, PATHS[kind])
    told = caller.rows(f"{PATHS[kind]}?limit=200")
    assert told and len(told) == len(expected)
    for row, same in zip(told, expected, strict=True):
        for column, cell in same.items():
            filed, given = written(cell), as_in_file(LISTS[kind], column, row)
            assert given == filed and type(given) is type(filed), (column, filed, row)
    return told


# What is given.


def test_every_list_of_the_pages_is_there():
    assert set(PATHS.values()) == {
        "clocks",
        "accounts",
        "keys",
        "tasks",
        "audit",
        "persons",
        "outbreaks",
        "cases",
        "contacts",
        "outbreaks/OB-1/unregistered",
        "measures",
    }


def test_a_case_is_an_object_with_codes_words_and_plain_values(machine):
    (case,) = machine("investigator").rows("cases")
    assert case["id"] == case["case_id"] == "C-1" and case["person_id"] == "P-WANG" and case["outbreak"] == "OB-1"
    assert case["name"] == "王伟" and case["phone"] == "13800000001"
    assert case["reported_at"] == "2021-08-05T00:00:00+08:00" and case["isolated_at"] is None
    assert case["jurisdiction"] == "330999001001001" and "Donghe" in case["jurisdiction_label"]
    stored = Case.unscoped.get()
    assert case["classification"] == stored.classification and case["found_by"] == (stored.found_by or None)
    assert case["classification_label"] not in (None, stored.classification)


def test_numbers_codes_and_lists_keep_their_kinds(machine):
    caller = machine("investigator")
    contacts = {row["person_id"]: row for row in caller.rows("contacts")}
    assert contacts["P-LI"]["decision"] == "proposed" and contacts["P-LI"]["decision_label"] == "Proposed"
    assert isinstance(contacts["P-LI"]["minutes"], float) and isinstance(contacts["P-LI"]["id"], int)
    measures = caller.rows("measures?person=P-LI")
    assert all(isinstance(row["next_test"], list) and row["state"] == "proposed" for row in measures)
    assert {row["start"][-6:] for row in measures} == {"+08:00"}
    states = {row["clock"]: row["state"] for row in caller.rows("clocks")}
    assert states == {"report": "overdue", "isolate": "done"}


def test_words_follow_the_language_and_values_do_not(machine):
    caller = machine("investigator")
    english = caller.rows("contacts")
    caller.language = "zh-CN,zh;q=0.9,en;q=0.1"
    chinese = caller.rows("contacts")
    assert {row["decision_label"] for row in english} == {"Proposed"}
    assert not any(row["decision_label"].isascii() for row in chinese)
    assert [row["decision"] for row in english] == [row["decision"] for row in chinese]


def test_what_cannot_be_said_in_json_is_nothing():
    assert plain_value(float("nan")) is None and plain_value("—") is None and plain_value("") is None
    assert plain_value(0) == 0 and plain_value(False) is False
    assert plain_value({"at": dt.date(2021, 8, 5), "all": (1.5, None)}) == {"at": "2021-08-05", "all": [1.5, None]}


@pytest.mark.parametrize("who", Role.codes())
@pytest.mark.parametrize("kind", sorted(LISTS))
def test_each_value_is_covered_as_in_the_files_of_the_page(machine, county: Cast, who, kind):
    if not may(getattr(county, who).role, LISTS[kind].permission):
        assert machine(who).get(PATHS[kind]).status_code == 403
        return
    caller = machine(who)
    caller.get(PATHS[kind])  # the use of the key is noted once a minute, and a list of keys tells it
    said_as_in_file(caller, kind, county, who)


@pytest.mark.parametrize("kind", sorted(name for name, one in LISTS.items() if may("investigator", one.permission)))
def test_a_role_that_sees_nothing_plainly_gets_nothing_plainly(machine, county: Cast, monkeypatch, kind):
    # Today every role with a list of people reads names and telephones: only so is their cover seen.
    caller = machine("investigator")
    monkeypatch.setitem(PLAIN_FIELDS, Role.INVESTIGATOR, frozenset())
    told = json.dumps(said_as_in_file(caller, kind, county, "investigator"), ensure_ascii=False)
    stored = Person.unscoped.values_list("name", "phone", "id_number", "address")
    plain = {value for person in stored for value in person if value}
    assert "王伟" in plain and [value for value in {*plain, NUMBER} if value in told] == []


def test_protected_fields_are_covered_by_role(machine):
    full = {row["id"]: row for row in machine("investigator").rows("persons")}["P-WANG"]
    part = {row["id"]: row for row in machine("commander").rows("persons")}["P-WANG"]
    assert full["id_number"].startswith("33099919800305") and "*" not in full["id_number"]
    assert part["name"] == "王伟" and part["id_number"] == "330999************"
    assert full["id_number"] not in json.dumps(part)
    rows = machine("township_officer").get(PATHS["unregistered"]).content.decode()
    assert NUMBER not in rows and NUMBER[:6] in rows
    assert NUMBER in machine("investigator").get(PATHS["unregistered"]).content.decode()


# Who sees what.


def test_nothing_outside_of_the_scope(machine, county: Cast):
    everyone = set(Person.unscoped.values_list("pk", flat=True))
    assert ids(machine("investigator").rows("persons")) == everyone - {"P-ZHAO"}
    assert ids(machine("township_officer").rows("persons")) == {"P-WANG", "P-LI", "P-WANGXM"}
    assert ids(machine("neighbour").rows("persons")) == {"P-ZHAO"}
    for name in ("persons", "cases", "contacts", "measures", "clocks"):
        assert machine("stranger").rows(name) == []
    for name in ("cases", "contacts", "clocks"):
        assert machine("neighbour").rows(name) == []
    for who in ("neighbour", "stranger"):
        answer = machine(who).get(PATHS["unregistered"])
        assert answer.status_code == 404 and answer.said["code"] == "not_found"
        assert "C-1" not in machine(who).get("contacts?case=C-1&q=C-1").content.decode()


@pytest.mark.parametrize("role", Role.codes())
def test_each_list_is_open_to_whom_its_page_is(county: Cast, machine, role):
    caller = machine(role)
    for name, one in LISTS.items():
        answer = caller.get(PATHS[name])
        assert answer.status_code == (200 if may(role, one.permission) else 403), (role, name)
        if answer.status_code == 403:
            last = entry()
            assert (last.actor, last.act, last.kind) == (f"account:{role}", "refused", "route")
            assert last.detail["permission"] == one.permission and last.detail["api_key"] == caller.key[3:11]


def test_a_read_leaves_the_trace_of_the_page_without_what_was_searched(county: Cast, machine):
    caller = machine("investigator")
    assert len(caller.rows("persons?q=王伟&sex=male&limit=5")) == 1
    last = entry()
    assert (last.actor, last.act, last.kind) == ("account:investigator", "read", "registry.person")
    assert last.detail["keys"] == ["P-WANG"] and last.detail["list"] == "/api/v1/persons"
    assert "sex=male" in last.detail["query"] and "王" not in json.dumps(last.detail, ensure_ascii=False)
    assert last.detail["api_key"] == caller.key[3:11]
    assert county.client("investigator").get("/api/v1/persons").status_code == 200
    session = entry()
    assert (session.act, session.kind) == ("read", "registry.person") and "api_key" not in session.detail


# Which rows, in which order.


def test_filters_are_those_of_the_page(machine):
    caller = machine("investigator")
    assert ids(caller.rows("persons?township=330999002")) == {"P-SHAN", "P-OUYANG"}
    assert ids(caller.rows("persons?sex=female&township=330999001")) == {"P-LI"}
    assert caller.rows("cases?reported_after=2021-08-06") == []
    assert len(caller.rows("cases?reported_after=2021-08-05&reported_before=2021-08-05")) == 1
    assert {row["category"] for row in caller.rows("contacts?category=secondary_contact")} == {"secondary_contact"}


def test_parts_put_together_are_the_whole_list(machine):
    caller = machine("investigator")
    whole = [row["id"] for row in caller.rows("persons?sort=-age")]
    address, parts, counts = "persons?sort=-age&limit=2", [], set()
    while address:
        said = caller.get(address).said
        parts += [row["id"] for row in said["rows"]]
        counts.add(said["count"])
        assert len(said["rows"]) <= said["limit"] == 2
        address = said["next"] and said["next"].removeprefix("http://testserver/api/v1/")
    assert parts == whole and len(set(parts)) == 5 and counts == {5}
    assert caller.get("persons?offset=100").said["rows"] == []


def test_sorting_by_several_columns(machine):
    rows = machine("investigator").rows("persons?sort=sex,-person_id")
    expected = sorted(rows, key=lambda row: row["id"], reverse=True)
    assert [row["id"] for row in rows] == [row["id"] for row in sorted(expected, key=lambda row: row["sex"])]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("page=2", "page"),
        ("sex=both", "sex"),
        ("township=330998001", "township"),
        ("sort=name", None),
        ("sort=id_number", "sort"),
        ("sort=-nothing", "sort"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("limit=²", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999999999999", "offset"),
    ],
)
def test_a_query_that_cannot_be_understood_is_told_by_field(machine, query, field):
    caller = machine("investigator")
    answer = caller.get(f"persons?{query}")
    if field is None:
        assert answer.status_code == 200
        return
    assert answer.status_code == 422 and answer.said["code"] == "invalid"
    assert [one["field"] for one in answer.said["errors"]] == [field]
    assert answer.said["reason"] and answer.said["errors"][0]["reason"].isascii()
    caller.language = "zh"
    assert not caller.get(f"persons?{query}").said["errors"][0]["reason"].isascii()
    assert not caller.get(f"persons?{query}", **{"Accept-Language": ""}).said["errors"][0]["reason"].isascii()
    assert entry().act != "read"


def test_a_day_that_is_none_names_the_part_that_was_sent(machine):
    answer = machine("investigator").get("cases?reported_before=2021-13-01")
    assert answer.status_code == 422 and answer.said["errors"][0]["field"] == "reported_before"


@pytest.mark.parametrize("name", sorted(LISTS))
def test_the_number_of_queries_does_not_grow_with_the_rows(county: Cast, machine, name):
    who = next(role for role in Role.codes() if may(role, LISTS[name].permission))
    caller = machine(who)
    caller.get(PATHS[name])  # the use of the key is noted once a minute
    counts = []
    for query in ("?limit=1", ""):
        with CaptureQueriesContext(connection) as queries:
            rows = caller.rows(PATHS[name] + query)
        counts.append((len(rows), len([q for q in queries if "SAVEPOINT" not in q["sql"]])))
    (few, first), (many, second) = counts
    assert first == second <= 16, counts
    assert many > few or name in ("cases", "outbreaks", "unregistered"), counts


# Who is let in.


def test_nobody_is_told_to_sign_in(county: Cast):
    answer = Client().get("/api/v1/cases", headers={"Accept-Language": "en"})
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"
    said = answer.json()
    assert said["code"] == "not_signed_in" and "Authorization" in said["reason"] and said["errors"] == []


def test_a_session_reads_and_a_page_of_another_site_does_not(county: Cast):
    client = county.client("investigator")
    assert client.get("/api/v1/cases").json()["count"] == 1
    for site, status in (("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)):
        assert client.get("/api/v1/cases", headers={"Sec-Fetch-Site": site}).status_code == status


def test_a_key_goes_before_a_session(county: Cast, machine):
    client = county.client("investigator")
    header = {"Authorization": f"Bearer {machine('neighbour').key}"}
    assert client.get("/api/v1/cases", headers=header).json()["count"] == 0
    assert client.get("/api/v1/cases", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_a_session_that_was_idle_is_told_in_json(county: Cast):
    client = county.client("investigator")
    session = client.session
    session["last_seen"] = 1
    session.save()
    answer = client.get("/api/v1/cases")
    assert answer.status_code == 401 and answer.json()["code"] == "not_signed_in"


def test_a_disabled_account_is_out_at_once(county: Cast, machine):
    caller = machine("investigator")
    county.investigator.is_active = False
    county.investigator.save()
    assert caller.get("cases").status_code == 401


def test_a_key_has_the_area_and_the_role_that_its_account_has_now(county: Cast, machine):
    caller = machine("investigator")
    county.investigator.jurisdiction = county.areas["330998"]
    county.investigator.save()
    assert caller.rows("cases") == []
    county.investigator.role = Role.AUDITOR.value
    county.investigator.save()
    assert caller.get("cases").status_code == 403


@override_settings(API_PER_MINUTE=3)
def test_a_key_that_calls_too_often_waits_and_another_does_not(machine):
    first, second = machine("investigator"), machine("investigator")
    assert [first.get("cases").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    answer = first.get("cases")
    assert 0 < int(answer["Retry-After"]) <= 60 and answer.said["code"] == "too_many"
    assert second.get("cases").status_code == 200


# Whatever goes wrong is told in JSON.


@pytest.mark.parametrize("address", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/cases", "/api/v1/cases/C-1"])
@pytest.mark.parametrize("debug", [False, True])
def test_an_unknown_address(county: Cast, address, debug):
    with override_settings(DEBUG=debug):
        answer = county.client("investigator").get(address)
    assert answer.status_code == 404 and answer.json()["code"] == "not_found"


def test_a_method_that_is_not_answered(county: Cast, machine):
    header = {"Authorization": f"Bearer {machine('investigator').key}"}
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(Client(), method)("/api/v1/cases", headers=header)
        assert answer.status_code == 405 and answer["Allow"] == "GET" and answer.json()["code"] == "method_not_allowed"
    header = {"Authorization": f"Bearer {machine('auditor').key}"}
    assert Client().post("/api/v1/cases", headers=header).status_code == 403


def test_a_trace_that_cannot_be_left(machine, monkeypatch):
    caller = machine("investigator")

    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr("lianfang.access.audit.record", locked)
    answer = caller.get("cases")
    assert answer.status_code == 503 and answer["Retry-After"] == "10" and answer.said["code"] == "busy"
    assert "nothing was saved" in answer.said["reason"]


@pytest.mark.parametrize("debug", [False, True])
def test_what_breaks_hides_its_traceback(machine, monkeypatch, debug):
    caller = machine("investigator")
    caller.client.raise_request_exception = False

    def broken(*args, **kwargs):
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr("lianfang.access.audit.record", broken)
    with override_settings(DEBUG=debug):
        answer = caller.get("cases")
    assert answer.status_code == 500 and answer.said["code"] == "broken"
    assert "ZeroDivision" not in answer.content.decode() and "secret" not in answer.content.decode()
