"""The OpenAPI document: every operation with its permission, filters and answers; the routes of the pages too."""

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext as _
from django.utils.translation import override
from ninja import NinjaAPI

from lianfang.access.problems import CODES
from lianfang.access.rules import routes
from lianfang.pages.api import LABEL, LIMIT, MOST, columns_of
from lianfang.pages.columns.types import ANYTHING, TEXT, schema_of_function, schema_of_path
from lianfang.pages.tables import Fact, Table
from lianfang.site.api.build import ROOT, operations_of, permission_of
from lianfang.site.api.lists import ListRoute

Json = dict[str, Any]

_PROBLEM = {"$ref": "#/components/schemas/Problem"}


def document_of(api: NinjaAPI, pages: Iterable[URLPattern | URLResolver], language: str) -> Json:
    """Return the document in one language: ``x-permission`` of each operation, ``x-pages`` for the routes of pages."""
    with override(language):
        document: Json = dict(api.get_openapi_schema(path_prefix=ROOT))
        document["info"] = {
            **document["info"],
            "description": _("Whoever calls sees what the pages show to the same account, covered in the same way."),
        }
        schemas: Json = {"Problem": _problem()}
        for route, view in operations_of(api):
            address = ROOT + re.sub(r"{\w+:", "{", route)
            for operation in view.operations:
                for method in operation.methods:
                    entry = document["paths"][address][method.lower()]
                    entry["x-permission"] = permission_of(operation)
                    entry["security"] = [{"key": []}, {"session": []}]
                    one = getattr(operation.view_func, "list_route", None)
                    if one is not None:
                        _describe_list(entry, one, schemas)
                    answers = {str(code): answer for code, answer in entry["responses"].items()}
                    entry["responses"] = answers | _refusals(
                        answers, address, is_list=one is not None, writes=method != "GET"
                    )
        document["components"] = {
            "schemas": {**document["components"].get("schemas", {}), **schemas},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer lf_…"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": settings.SESSION_COOKIE_NAME,
                    "description": _("The session of a page of the same origin; writing needs the header X-CSRFToken."),
                },
            },
        }
        document["x-pages"] = [
            {"path": f"/{address}", "permission": rule.permission}
            for address, view in routes(pages)
            if (rule := getattr(view, "access_rule", None)) is not None
        ]
    return document


def _describe_list(entry: Json, one: ListRoute, schemas: Json) -> None:
    entry["summary"] = str(one.page.title)
    entry["x-page"] = one.address
    entry["parameters"] = [*entry.get("parameters", []), *_filters(one), *_paging(one)]
    name = "".join(part.capitalize() for part in re.split(r"[-_]", one.name)) + "Row"
    schemas[name] = _row_schema(one.page.table_class)
    part = {
        "type": "object",
        "required": ["count", "next", "limit", "offset", "rows"],
        "properties": {
            "count": {"type": "integer", "description": _("All rows that fit, not only those of this part.")},
            "next": {"type": ["string", "null"], "description": _("Address of the next part.")},
            "limit": {"type": "integer"},
            "offset": {"type": "integer"},
            "rows": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
        },
    }
    entry["responses"] = {"200": {"description": "OK", "content": {"application/json": {"schema": part}}}}


def _filters(one: ListRoute) -> list[Json]:
    found = []
    filterset = one.page.filterset_class
    for name, part in (filterset.base_filters if filterset is not None else {}).items():
        label = str(part.extra.get("label") or part.label or name)
        suffixes = getattr(part.extra.get("widget"), "suffixes", None)
        for suffix in suffixes or [""]:
            schema: Json = {"type": "string"}
            if suffixes or part.field_class.__name__ == "DateField":
                schema["format"] = "date"
            elif part.field_class.__name__ == "NullBooleanField":
                schema["enum"] = ["true", "false"]
            known = part.extra.get("choices") or ()
            known = known() if callable(known) else known  # a filter may find its choices when it is asked
            choices = {} if suffixes else {str(code): str(words) for code, words in known}
            if choices:
                schema["enum"] = list(choices)
            words = {"after": _("from"), "before": _("to (included)")}.get(suffix, "")
            told = ", ".join(f"{code}: {said}" for code, said in choices.items())
            found.append(
                {
                    "in": "query",
                    "name": f"{name}_{suffix}" if suffix else name,
                    "required": False,
                    "schema": schema,
                    "description": " ".join(one for one in (label, words, f"({told})" if told else "") if one),
                }
            )
    return found


def _paging(one: ListRoute) -> list[Json]:
    names = [name for name, column in columns_of(one.page.table_class).items() if column.orderable is not False]
    limits = {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}
    sort = _("Columns to sort by, with a comma between; - before one turns it round: %(names)s")
    return [
        {"in": "query", "name": name, "required": False, "schema": schema, "description": words}
        for name, schema, words in (
            ("sort", {"type": "string"}, sort % {"names": ", ".join(names)}),
            ("limit", limits, _("How many rows")),
            ("offset", {"type": "integer", "minimum": 0, "default": 0}, _("After how many rows to begin")),
        )
    ]


def _row_schema(table: type[Table]) -> Json:
    model = table._meta.model
    properties: Json = {"id": _nullable(schema_of_path(model, "pk") or TEXT)}
    for name, column in columns_of(table).items():
        words = str(column.verbose_name or name)
        properties[name] = _nullable(column.schema(schema_of_path(model, str(column.accessor or name))), words)
        if column.has_words:
            properties[name + LABEL] = _nullable(TEXT, words)
    for name, fact in table.facts.items():
        properties[name] = _nullable(_of_fact(model, fact), properties.get(name, {}).get("description", ""))
    return {"type": "object", "required": list(properties), "properties": properties}


def _of_fact(model: type[models.Model], fact: Fact) -> Json:
    return (schema_of_function(fact) or ANYTHING) if callable(fact) else schema_of_path(model, fact) or ANYTHING


def _nullable(schema: Json, description: str = "") -> Json:
    told = {"description": description} if description else {}
    return {**schema, "type": [schema["type"], "null"], **told} if "type" in schema else {**schema, **told}


def _refusals(answers: Json, address: str, *, is_list: bool, writes: bool) -> Json:
    codes = [401, 403, 429, 503, *([422] if is_list or writes else []), *([404] if "{" in address else [])]
    codes += [400, 409, 413] if writes else []
    words = {
        400: _("The request or its body cannot be read."),
        401: _("No session and no key, or a key that is not valid."),
        403: _("The account or the key may not do this."),
        404: _("There is no such thing, or it lies outside of the area."),
        409: _("A rule of the work refuses it, or the rows say something else than was seen."),
        413: _("The body is too long."),
        422: _("A filter, an order or a number cannot be understood: each with its field and the reason."),
        429: _("Too often; Retry-After says when to go on."),
        503: _("Others were writing for too long; Retry-After says when to try again."),
    }
    return {
        str(code): {"description": words[code], "content": {"application/json": {"schema": _PROBLEM}}}
        for code in sorted(codes)
        if str(code) not in answers
    }


def _problem() -> Json:
    field = {
        "type": "object",
        "required": ["field", "reason"],
        "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
    }
    return {
        "type": "object",
        "required": ["status", "code", "reason", "errors"],
        "properties": {
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": list(CODES.values())},
            "reason": {"type": "string", "description": _("One sentence that says what to do.")},
            "errors": {"type": "array", "items": field},
        },
    }
