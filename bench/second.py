"""How many people the second degree finds, by the place kinds that count and the hours until a contact is a source."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.county import Size
from bench.ways import LOOKBACK, MINUTES, read_cases

CASES = 10
HOURS = (0, 24, 48, 72, 96)
KINDS: dict[str, list[str] | None] = {
    "all kinds": None,
    "all but venues and vehicles": ["dwelling", "work", "school", "meal", "care", "other"],
    "dwelling, work, school": ["dwelling", "work", "school"],
    "dwelling, school": ["dwelling", "school"],
    "dwelling": ["dwelling"],
}


def count(data: Path, home: Path, size: Size, say: Callable[[str], None]) -> dict[str, Any]:
    """Return rows of the first degree, and people of the second for each of `KINDS` and `HOURS`."""
    import lianfang

    store = lianfang.open_store(home / "store", create=False)
    cases = read_cases(data / "lists" / f"{CASES}.csv")
    as_of = dt.datetime.fromisoformat(size.latest)
    options: dict[str, Any] = {"lookback": LOOKBACK, "min_minutes": MINUTES, "as_of": as_of}
    first = store.trace(cases, degrees=1, **options)["person_id"].n_unique()
    found: dict[str, dict[str, int]] = {}
    for words, kinds in KINDS.items():
        for hours in HOURS:
            both = store.trace(cases, degrees=2, second_kinds=kinds, latent_hours=hours, **options)
            found.setdefault(words, {})[str(hours)] = both.filter(both["degree"] == 2).height
            say(f"  {words}, {hours} h: {found[words][str(hours)]:,}")
    return {"cases": CASES, "first": first, "people": size.people, "found": found}
