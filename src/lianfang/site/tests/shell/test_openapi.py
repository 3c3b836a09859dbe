"""The document of the API is true: every address, permission, answer and field, for the whole cast."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from lianfang.access.core.roles import PERMISSIONS, may
from lianfang.access.rules import routes
from lianfang.access.tests.cast import ACCOUNTS, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def document(machine) -> dict[str, Any]:
    answer = machine("auditor").get("openapi.json")
    assert answer.status_code == 200
    return answer.said


WRITES = {"/api/v1/acts/{code}"}
"""Operations that write: `test_api_acts.py` walks them."""


def operations(document):
    return [(address, method, entry) for address, part in document["paths"].items() for method, entry in part.items()]


def wrong_in(value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = "$") -> list[str]:
    """Compare a value with its schema: the small part of JSON Schema that the document uses."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    python = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    fits = [kind for kind in kinds if isinstance(value, python[kind])]
    if isinstance(value, bool):
        fits = [kind for kind in fits if kind == "boolean"]
    if kinds and not fits:
        return [f"{at}: {value!r} is not {kinds}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is none of {schema['enum']}")
    if isinstance(value, str) and schema.get("format") == "date-time":
        assert dt.datetime.fromisoformat(value).tzinfo is not None, at
    if isinstance(value, str) and schema.get("format") == "date":
        dt.date.fromisoformat(value)
    if isinstance(value, dict) and "properties" in schema:
        found += [f"{at}: lacks {name}" for name in schema.get("required", []) if name not in value]
        found += [f"{at}: {name} is not in the document" for name in value if name not in schema["properties"]]
        for name, part in value.items():
            found += wrong_in(part, schema["properties"].get(name, {}), document, f"{at}.{name}")
    if isinstance(value, list):
        for number, part in enumerate(value):
            found += wrong_in(part, schema.get("items", {}), document, f"{at}[{number}]")
    return found


def test_the_check_finds_what_it_looks_for():
    schema = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"type": ["integer", "null"]}, "b": {"type": "array", "items": {"enum": ["x"]}}},
    }
    assert wrong_in({"a": None, "b": ["x"]}, schema, {}) == []
    for value in ({"a": 1}, {"a": "1", "b": []}, {"a": True, "b": []}, {"a": 1, "b": ["y"]}, {"a": 1, "b": [], "c": 1}):
        assert wrong_in(value, schema, {}), value


def test_every_address_of_the_api_is_in_the_document_with_its_permission(document):
    ruled = {
        f"/{path}".replace("<str:", "{").replace("<", "{").replace(">", "}"): dict(view.access_rule.methods)
        for path, view in routes()
        if path.startswith("api/") and view.access_rule.methods
    }
    told = {}
    for address, method, entry in operations(document):
        told.setdefault(address, {})[method.upper()] = entry["x-permission"]
    assert told == ruled and len(told) >= 10
    assert {p for part in told.values() for p in part.values()} <= PERMISSIONS.keys()


def test_the_routes_of_the_pages_are_named_with_their_permission(document):
    pages = {one["path"]: one["permission"] for one in document["x-pages"]}
    assert pages["/cases/"] == "case.view" and pages["/healthz"] is None
    assert len(pages) >= 40 and not any(path.startswith("/api/") for path in pages)


def test_every_operation_names_its_securities_and_its_refusals(document):
    schemes = document["components"]["securitySchemes"]
    assert schemes["key"]["scheme"] == "bearer" and schemes["session"]["in"] == "cookie"
    names = [entry["operationId"] for _address, _method, entry in operations(document)]
    assert len(names) == len(set(names))
    for address, _method, entry in operations(document):
        assert {name for one in entry["security"] for name in one} == set(schemes)
        assert {"200", "401", "403", "429", "503"} <= entry["responses"].keys(), address


def test_every_answer_is_as_documented_for_the_whole_cast(document, machine):
    seen = set()
    for who, role, _area in ACCOUNTS:
        caller = machine(who)
        for address, method, entry in operations(document):
            if method != "get":
                assert address in WRITES, "an operation that writes needs a walk of its own"
                continue
            for code in ("OB-1", "OB-9") if "{code}" in address else ("",):
                path = address.removeprefix("/api/v1/").replace("{code}", code)
                answer = caller.get(path)
                status = str(answer.status_code)
                assert (status == "403") != may(role.value, entry["x-permission"]), (who, address, status)
                assert status in entry["responses"], (who, address, status)
                if address.endswith("openapi.json"):
                    continue
                schema = entry["responses"][status]["content"]["application/json"]["schema"]
                assert wrong_in(answer.said, schema, document) == [], (who, address)
                seen.add((address, status, bool(answer.said.get("rows"))))
    lists = {address for address, _method, entry in operations(document) if "x-page" in entry}
    assert {address for address, status, rows in seen if status == "200" and rows} == lists


def test_every_filter_that_is_documented_is_read_and_each_of_its_codes_is_taken(document, machine):
    roles = {"account.manage": "administrator", "audit.view": "auditor"}
    for address, _method, entry in operations(document):
        if "x-page" not in entry:
            continue
        caller = machine(roles.get(entry["x-permission"], "investigator"))
        path = address.removeprefix("/api/v1/").replace("{code}", "OB-1")
        for one in entry["parameters"]:
            if one["in"] != "query":
                continue
            schema = one["schema"]
            values = schema.get("enum") or (["2021-08-05"] if schema.get("format") == "date" else [])
            values += [schema[name] for name in ("minimum", "maximum", "default") if name in schema]
            for value in values:
                answer = caller.get(f"{path}?{one['name']}={value}")
                assert answer.status_code == 200, (address, one["name"], value, answer.said)
            if "enum" in schema:
                answer = caller.get(f"{path}?{one['name']}=no-such-code")
                assert answer.status_code == 422, (address, one["name"])
        names = {one["name"] for one in entry["parameters"] if one["in"] == "query"}
        told = caller.get(f"{path}?no-such-filter=1").said["errors"][0]["reason"].rpartition(": ")[2]
        assert set(told.split(", ")) == names


def test_the_document_speaks_the_language_of_the_reader(county: Cast):
    client = county.client("auditor")
    english = client.get("/api/v1/openapi.json", headers={"Accept-Language": "en"}).json()
    chinese = client.get("/api/v1/openapi.json").json()
    assert english["paths"]["/api/v1/cases"]["get"]["summary"] == "Cases"
    assert chinese["paths"]["/api/v1/cases"]["get"]["summary"] == "病例"


def test_the_document_is_closed_too(county: Cast):
    assert Client().get("/api/v1/openapi.json").status_code == 401
