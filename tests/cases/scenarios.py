"""Read the small outbreaks that were worked by hand: input lists, and which contacts, measures and open points follow.

Each file of ``respond/`` holds a list of them. Ids are short in the files; a scenario's own id is put before them, so
that many scenarios of one policy and time go through a program at once and still know nothing of each other.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from tests.cases.worked import HERE, PLACE_OF, Asked, Basis, from_output, moment

LISTS = ("cases", "contacts", "presences", "people")
IDS = ("case_id", "person_id", "place_id", "via_person_id")


@dataclass(frozen=True)
class Scenario:
    """One small outbreak.

    Attributes
    ----------
    lists : dict
        Rows of each input list, by its stem.
    contacts : list of dict
        Every contact row that follows, with the columns that are stated.
    measures : dict
        By person, what is asked of him; an empty list where nothing may be.
    managed_as : dict
        By person, the category in which he is at least managed, where that is all that the sources say.
    open : list of dict
        What must be told of in refused.csv or undecided.csv: ``file``, ``column`` and ``value``, as far as stated.
    apart : str
        Why the scenario cannot come through the application, empty where it can.
    """

    id: str
    title: str
    follows: str
    basis: Basis
    source: str
    worked_by: str
    checked_by: str
    lists: dict[str, list[dict[str, str]]]
    contacts: list[dict[str, str]]
    measures: dict[str, list[Asked]]
    managed_as: dict[str, str] = field(default_factory=dict)
    open: list[dict[str, str]] = field(default_factory=list)
    apart: str = ""


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return every scenario of every file, in their order."""
    files = sorted((HERE / "respond").glob("*.yaml"))
    return tuple(_scenario(one) for file in files for one in yaml.safe_load(file.read_text("utf-8")))


def by_basis(some: tuple[Scenario, ...]) -> dict[Basis, list[Scenario]]:
    """Gather scenarios that go through the programs together."""
    gathered: dict[Basis, list[Scenario]] = {}
    for one in some:
        gathered.setdefault(one.basis, []).append(one)
    return gathered


def _scenario(told: dict[str, Any]) -> Scenario:
    name = told["id"]
    lists = {stem: _table(told[stem], name) for stem in LISTS if stem in told}
    measures: dict[str, list[Asked]] = {f"{name}.{person}": [] for person in told.get("nothing_for", [])}
    for line in _table(told.get("measures", ""), name):
        measures.setdefault(line["person_id"], []).append(from_table(line))
    return Scenario(
        id=name,
        title=told["title"],
        follows=told["follows"],
        basis=Basis(told["playbook"], tuple(told.get("overlays", ())), moment(str(told["as_of"]))),
        source=told["source"],
        worked_by=told["worked_by"],
        checked_by=told["checked_by"],
        lists=lists,
        contacts=_table(told.get("expect", ""), name),
        measures={person: sorted(asked) for person, asked in measures.items()},
        managed_as={line["person_id"]: line["category"] for line in _table(told.get("managed_as", ""), name)},
        open=_table(told.get("open", ""), name, also=("value",)),
        apart=told.get("apart", ""),
    )


def from_table(line: dict[str, str]) -> Asked:
    """Read an expected measure; rules are written without their first word."""
    tests = ";".join(line["tests"].split())
    place = PLACE_OF[line["measure"]]
    return from_output({**line, "place_class": place, "test_dates": tests, "rule": f"measure.{line['rule']}"})


def _table(text: str, scenario: str, *, also: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """Read a table written as CSV with spaces, and put the scenario's id before every id."""
    reader = csv.reader(io.StringIO(text), skipinitialspace=True)
    lines = [[cell.strip() for cell in line] for line in reader if line]
    if not lines:
        return []
    head, *rest = lines
    for line in rest:
        assert len(line) == len(head), f"{scenario}: {line} has other columns than {head}"
    return [
        {
            name: f"{scenario}.{cell}" if cell and name in (*IDS, *also) else cell
            for name, cell in zip(head, line, strict=True)
        }
        for line in rest
    ]
