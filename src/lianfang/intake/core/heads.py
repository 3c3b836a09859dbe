"""Which header of a file stands for which column of a schema."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lianfang.kernel.schema import Schema
from lianfang.kernel.tidy import tidy_text


@dataclass(frozen=True)
class Matched:
    """Which header stands for which column."""

    names: list[str | None]
    missing: list[str]
    twice: list[str]


def match_columns(headers: Sequence[str | None], schema: Schema) -> Matched:
    """Match the headers of a file to the columns of a schema, whatever their case, spaces and width.

    Returns
    -------
    Matched
        ``names``: for each header the column it stands for, its own name (tidied) where it is another column that the
        schema keeps, or None where it is left out; ``missing``: required columns that no header stands for;
        ``twice``: columns that more than one header stands for.
    """
    columns = (*schema.columns, *schema.facts)
    own = {_key(column.name): column.name for column in columns}
    keys = [_key(plain) for plain in map(_plain, (header or "" for header in headers))]
    named = {own[key] for key in keys if key in own}
    # A head of our own lists stands for a column that nothing names outright.
    heads = {_key(head): one.name for one in columns if one.name not in named for head in one.heads}
    names: list[str | None] = []
    seen: set[str] = set()
    twice: list[str] = []
    for number, (header, key) in enumerate(zip(headers, keys, strict=True), start=1):
        plain = _plain(header or "")
        name: str | None = own.get(key)
        if name is None and heads.get(key) not in seen:
            name = heads.get(key)
        if name is not None and name in seen:
            twice.append(name)
            name = None
        elif name is None and schema.keeps_others:
            name = plain or f"column_{number}"
            while name in seen or name in own.values():
                name = f"{name}_{number}"
        if name is not None:
            seen.add(name)
        names.append(name)
    missing = [column.name for column in schema.columns if column.required and column.name not in seen]
    return Matched(names, missing, sorted(set(twice)))


def _plain(header: str) -> str:
    return " ".join(tidy_text(header).split())


def _key(header: str) -> str:
    return re.sub(r"[\s_\-]+", "", header).lower()
