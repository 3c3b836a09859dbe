"""The page about the API, made from its own document.

python tools/api_doc.py          write docs/api.md
python tools/api_doc.py check    fail when docs/api.md is not what the application says
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs" / "api.md"

HEAD = """# The HTTP API

Made from the application by `tools/api_doc.py`; `GET /api/v1/openapi.json` says the same to programmes (OpenAPI 3.1),
in the language of `Accept-Language`. Chinese is spoken where the header names no language.

## Calling

```bash
lianfang account key add zhangsan --name "county dashboard" --permission case.view    # prints the key, this once
curl -H "Authorization: Bearer $KEY" -H "Accept-Language: en" \\
  "https://lianfang.example.cn/api/v1/cases?classification=confirmed&sort=-reported_at&limit=100"
```

A key acts as an account: it has the account's role and sees the rows of its area, covered as on the pages, as they
are at the moment of the call. It may be narrowed to some permissions. A signed-in session works too, from pages of
the same origin; when it writes it needs the header `X-CSRFToken`. Every read stands in the audit trail as that of a
page does, with the key's prefix.

## Lists

`GET /api/v1/<list>` takes the filters of the list's page by the same names, and `sort`, `limit`, `offset`. It answers

```json
{"count": 348, "next": "https://…/api/v1/contacts?limit=50&offset=50", "limit": 50, "offset": 0,
 "rows": [{"id": 17, "category": "close_contact", "category_label": "Close contact", "minutes": 45.0}]}
```

Numbers are numbers; days are `2021-08-05`, times `2021-08-05T09:00:00+08:00`, local with their offset; what is not
known is `null`. Where a page says a code or an area in words, the code stands under the column's name and the words
under `<name>_label`. Rows that are added while a list is read in parts may move the others: sort by something that
does not change, and by it go on.

## Acts

`POST /api/v1/acts/<code>` does what the act's button does on a page, with all that follows from it, all or nothing:

```bash
curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"keys": [17, 18], "note": "met in the ward", "trial": true}' https://lianfang.example.cn/api/v1/acts/contact.accept
```

A trial changes nothing and answers what would be done, and a `mark`; the same call with `"agreed": "<mark>"` carries it
out, or is refused where it would come to something else by now. Who may is decided by the act's own permission. The
answer names the change by which it is undone on the pages.

## Refusals

Always JSON: `{"status": 422, "code": "invalid", "reason": "…", "errors": [{"field": "sort", "reason": "…"}]}`. `code`
is for programmes; `reason` is one sentence for people that says what to do.

| status | code | when |
|---|---|---|
"""

WHEN = {
    400: "the request or its body cannot be read",
    401: "no session and no key, or a key that is unknown, expired, revoked, or of a disabled account",
    403: "the account or the key does not have the permission",
    404: "no such address or row, or it lies outside of the area",
    405: "the address does not answer this method; `Allow` names those it does",
    409: "a rule of the work refuses it",
    413: "the body is too long",
    422: "a filter, column, number or field cannot be understood: each is named with its reason",
    429: "too many calls in a minute, or too many wrong keys from an address; `Retry-After` says for how long",
    500: "something broke; it is recorded",
    503: "others were writing for too long; `Retry-After` says for how long to wait",
}


def page_of(document: dict[str, Any], codes: dict[int, str]) -> str:
    """Return the page in Markdown."""
    lines = [HEAD + "\n".join(f"| {status} | `{code}` | {WHEN[status]} |" for status, code in codes.items())]
    lines += ["", "## Addresses", "", "| address | permission | what |", "|---|---|---|"]
    operations = [
        (f"{method.upper()} {address}", entry)
        for address, part in document["paths"].items()
        for method, entry in part.items()
    ]
    lines += [f"| `{name}` | `{entry['x-permission']}` | {entry['summary']} |" for name, entry in operations]
    for name, entry in operations:
        if "x-page" in entry:
            lines += ["", f"### {name}", "", *_list_lines(entry, document)]
    return "\n".join(lines) + "\n"


def _list_lines(entry: dict[str, Any], document: dict[str, Any]) -> list[str]:
    lines = [f"{entry['summary']}; permission `{entry['x-permission']}`; the page is `{entry['x-page']}`.", ""]
    lines += ["| query | kind | what |", "|---|---|---|"]
    for one in entry["parameters"]:
        if one["in"] == "query" and one["name"] not in ("limit", "offset"):
            lines.append(f"| `{one['name']}` | {_kind(one['schema'])} | {one['description']} |")
    part = entry["responses"]["200"]["content"]["application/json"]["schema"]
    name = part["properties"]["rows"]["items"]["$ref"].rpartition("/")[2]
    lines += ["", "| field of a row | kind | what |", "|---|---|---|"]
    properties = document["components"]["schemas"][name]["properties"]
    for field, schema in properties.items():
        kind = "code" if f"{field}_label" in properties else _kind(schema)
        codes = ", ".join(f"`{code}`" for code in schema.get("x-codes", ()))
        told = " ".join(one for one in (schema.get("description", ""), f"({codes})" if codes else "") if one)
        lines.append(f"| `{field}` | {kind} | {told} |")
    return lines


def _kind(schema: dict[str, Any]) -> str:
    kinds = schema.get("type", "any")
    names = [kinds] if isinstance(kinds, str) else [kind for kind in kinds if kind != "null"]
    words = {"string": "text", "boolean": "true or false", "date": "day", "date-time": "time", "any": "JSON"}
    if "enum" in schema and schema["enum"] != ["true", "false"]:
        return "code"
    if schema.get("enum"):
        return words["boolean"]
    return words.get(schema.get("format") or names[0], names[0])


def current() -> str:
    """Return the page as the application is now; Django is set up already."""
    from lianfang.access.problems import CODES
    from lianfang.site.api.openapi import document_of
    from lianfang.site.api.urls import build_api
    from lianfang.site.urls import pages

    return page_of(document_of(build_api(pages), pages, "en"), CODES)


def main() -> None:
    os.environ.setdefault("LIANFANG_DATA", tempfile.mkdtemp())
    from lianfang.site.manage import set_up

    set_up()
    text = current()
    if sys.argv[1:] == ["check"]:
        if not PAGE.exists() or PAGE.read_text("utf-8") != text:
            sys.exit("docs/api.md is not what the application says: run python tools/api_doc.py")
        return
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
