"""What is proposed now against what was decided upon, in columns and as one would say it of a single measure."""

import json
import random
from typing import Any

import polars as pl

from lianfang.measures.core.differences import BASIS, KEPT, renewed

TEXT = pl.String
DECIDED = {
    "id": pl.Int64,
    "person": TEXT,
    "rule": TEXT,
    "decision": TEXT,
    **dict.fromkeys(BASIS, TEXT),
    "test_dates": pl.List(TEXT),
    "kept": KEPT,
}
PROPOSED = {name: DECIDED[name] for name in ("person", "rule", *BASIS)}
ORDERS = [
    {"kind": kind, "place_class": "site", "start": start, "end": end, "test_dates": days}
    for kind in ("central_quarantine", "testing")
    for start, end in (("2022-07-05T08:00", None), ("2022-07-05T08:00", "2022-07-12T00:00"))
    for days in ([], ["2022-07-06"], ["2022-07-06", "2022-07-09"])
]
GONE = {"withdrawn": True}


def said_of_one(row: dict[str, Any], proposed: dict[str, Any] | None) -> dict[str, Any] | None:
    """What is to stand beside one decided measure."""
    if proposed is None:
        return None if row["decision"] == "refused" else GONE
    return None if all(row[name] == proposed[name] for name in BASIS) else proposed


def test_in_columns_as_of_one() -> None:
    chance = random.Random(7)
    rows, proposals, expected = [], [], {}
    for number in range(3000):
        row: dict[str, Any] = {
            "id": number,
            "person": f"P{number // 2}",
            "rule": f"r{number % 2}",
            "decision": chance.choice(["accepted", "refused"]),
            **chance.choice(ORDERS),
        }
        kept = chance.choice([None, GONE, *ORDERS])
        rows.append(row | {"kept": kept and dict.fromkeys(KEPT.to_schema()) | kept})
        proposed = chance.choice([None, chance.choice(ORDERS), {name: row[name] for name in BASIS}])
        if proposed is not None:
            proposals.append({"person": row["person"], "rule": row["rule"], **proposed})
        new = said_of_one(row, proposed)
        if new != kept:
            expected[number] = None if new is None else new | {"at": "now"}
    found = renewed(pl.DataFrame(rows, schema=DECIDED), pl.DataFrame(proposals, schema=PROPOSED), at="now")
    told = {number: text and json.loads(text) for number, text in found.select("id", "new_proposal").iter_rows()}
    assert 500 < len(expected) < 2900
    assert told == expected


def test_nothing_decided_and_nothing_proposed() -> None:
    decided, proposed = pl.DataFrame(schema=DECIDED), pl.DataFrame(schema=PROPOSED)
    found = renewed(decided, proposed, at="now")
    assert found.is_empty() and found.schema["new_proposal"] == TEXT
