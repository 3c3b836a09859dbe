"""Read the rows that were worked by hand: facts, and what follows from them by the playbook's sources.

A line of ``decide-*.csv`` holds facts, an expected measure, or both. Lines with one ``id`` belong together and concern
one person; those after the first tell further facts of the person (with a ``category``) or further measures.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path

HERE = Path(__file__).resolve().parent
COLUMNS = (
    "id", "playbook", "overlays", "as_of", "category", "facts", "measure", "start", "end", "tests", "rule", "source",
    "worked_by", "checked_by", "why",
)  # fmt: skip
"""The columns of the files."""

PLACE_OF = {
    "hospital_isolation": "hospital",
    "central_quarantine": "central",
    "home_quarantine": "home",
    "home_monitoring": "home",
    "testing": "anywhere",
    "none": "anywhere",
}
"""Where each measure is carried out; it follows from its name."""


@dataclass(frozen=True)
class Basis:
    """Under which policy, as of when: rows of one basis go through the programs together."""

    playbook: str
    overlays: tuple[str, ...]
    as_of: dt.datetime

    def __str__(self) -> str:
        return " + ".join((self.playbook, *self.overlays)) + f" as of {self.as_of:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, order=True)
class Asked:
    """One measure: what is asked of a person, until which moment (half open; None: no term), tested on which days."""

    start: dt.datetime
    rule: str
    measure: str
    end: dt.datetime | None = field(compare=False)
    tests: tuple[dt.date, ...] = field(compare=False)

    def __str__(self) -> str:
        until = "…" if self.end is None else f"{self.end:%Y-%m-%d %H:%M}"
        tests = " ".join(f"{day:%m-%d}" for day in self.tests)
        return f"{self.measure} {self.start:%Y-%m-%d %H:%M} to {until} tests [{tests}] by {self.rule}"


@dataclass(frozen=True)
class Row:
    """One person, worked by hand.

    Attributes
    ----------
    facts : list of dict
        What is known, one entry a row of facts, each with its ``category``.
    asked : list of Asked
        Every measure that follows; empty where none can be decided.
    refused : str
        Name of the fact that is missing, wrong or of a later day, which is told; empty where every fact is used.
    """

    id: str
    file: str
    basis: Basis
    facts: list[dict[str, str]]
    asked: list[Asked]
    refused: str
    source: str
    worked_by: str
    checked_by: str
    why: str

    def said(self, name: str) -> set[str]:
        """Return what the person's rows say of a fact."""
        return {one[name] for one in self.facts if one.get(name)}

    @property
    def told(self) -> set[str]:
        """The names of all facts that are told, but for the category."""
        return {name for one in self.facts for name, value in one.items() if value} - {"category"}


@cache
def rows() -> tuple[Row, ...]:
    """Return every row of every file, in their order."""
    return tuple(row for path in sorted(HERE.glob("decide-*.csv")) for row in read(path))


def by_basis(some: Iterable[Row]) -> dict[Basis, list[Row]]:
    """Gather rows that go through the programs together."""
    gathered: dict[Basis, list[Row]] = {}
    for row in some:
        gathered.setdefault(row.basis, []).append(row)
    return gathered


def read(path: Path) -> Iterator[Row]:
    """Read one file."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        assert tuple(reader.fieldnames or ()) == COLUMNS, f"{path.name} has other columns: {reader.fieldnames}"
        for _, of_person in groupby(reader, key=lambda line: line["id"]):
            yield _row(path, list(of_person))


def moment(text: str) -> dt.datetime:
    """Read a time as the files write it: a bare date is its 00:00."""
    return dt.datetime.fromisoformat(text)


def _row(path: Path, lines: list[dict[str, str]]) -> Row:
    first = lines[0]
    refused = [line["measure"].removeprefix("refused: ") for line in lines if line["measure"].startswith("refused: ")]
    asked = [_asked(line) for line in lines if line["measure"] and not line["measure"].startswith("refused: ")]
    assert asked or refused, f"{path.name}: {first['id']} expects nothing"
    assert len(refused) < 2, f"{path.name}: {first['id']} expects several refusals"
    return Row(
        id=first["id"],
        file=path.name,
        basis=Basis(first["playbook"], tuple(first["overlays"].split()), moment(first["as_of"])),
        facts=[{"category": line["category"], **_facts(line["facts"])} for line in lines if line["category"]],
        asked=sorted(asked),
        refused=refused[0] if refused else "",
        source=first["source"],
        worked_by=first["worked_by"],
        checked_by=first["checked_by"],
        why=" ".join(line["why"] for line in lines if line["why"]),
    )


def _facts(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split(", ") if pair)


def _asked(line: dict[str, str]) -> Asked:
    return Asked(
        start=moment(line["start"]),
        rule=line["rule"],
        measure=line["measure"],
        end=moment(line["end"]) if line["end"] else None,
        tests=tuple(dt.date.fromisoformat(day) for day in line["tests"].split()),
    )


def from_output(line: dict[str, str]) -> Asked:
    """Read a line of measures.csv."""
    assert line["place_class"] == PLACE_OF[line["measure"]], f"{line['measure']} at {line['place_class']}"
    return Asked(
        start=moment(line["start"]),
        rule=line["rule"],
        measure=line["measure"],
        end=moment(line["end"]) if line["end"] else None,
        tests=tuple(dt.date.fromisoformat(day) for day in line["test_dates"].split(";") if day),
    )


def difference(row_id: str, expected: Iterable[Asked], got: Iterable[Asked], why: str) -> str:
    """Say how two lists of measures differ; empty where they do not."""
    want, have = [str(one) for one in sorted(expected)], [str(one) for one in sorted(got)]
    if want == have:
        return ""
    lines = [f"{row_id}: {why}", *(f"  expected {one}" for one in want), *(f"  got      {one}" for one in have)]
    return "\n".join(lines)
