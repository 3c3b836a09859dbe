"""Every row that was worked by hand, through ``lianfang playbook decide``: one run for all rows of one basis."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from lianfang.kernel.errors import Refused
from lianfang.response.playbook_commands import decide
from tests.cases.worked import Asked, Basis, Row, by_basis, difference, from_output, rows


@dataclass(frozen=True)
class Told:
    """What the command says: measures and refused facts by person, and its words on standard error."""

    measures: dict[str, list[Asked]]
    refused: dict[str, list[str]]
    said: str
    status: int


@cache
def ask(basis: Basis) -> Told:
    """Run the command on all rows of a basis."""
    of_basis = by_basis(rows())[basis]
    facts = [{"person_id": row.id, **one} for row in of_basis for one in row.facts]
    with TemporaryDirectory() as folder:
        return run(basis, facts, Path(folder))


def run(basis: Basis, facts: list[dict[str, str]], folder: Path, *words: str) -> Told:
    """Run the command on facts."""
    given, out, refused = folder / "facts.csv", folder / "measures.csv", folder / "refused.csv"
    with given.open("w", encoding="utf-8", newline="") as lines:
        columns = dict.fromkeys(["person_id", "category", *(name for one in facts for name in one)])
        writer = csv.DictWriter(lines, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(facts)
    asked = ["--playbook", basis.playbook, *(word for one in basis.overlays for word in ("--overlay", one)), *words]
    asked += ["--facts", str(given), "--as-of", basis.as_of.isoformat(), "--out", str(out), "--refused", str(refused)]
    done = CliRunner().invoke(decide, asked, standalone_mode=False, catch_exceptions=False)
    told = Told({}, {}, done.stderr, int(done.return_value or 0))
    if out.exists():
        for line in _read(out):
            told.measures.setdefault(line["person_id"], []).append(from_output(line))
    if refused.exists():
        for line in _read(refused):
            # A cell that the list itself cannot hold is led back by its line.
            at = re.search(r"facts\.csv:(\d+)", line["reason"])
            person = line["person_id"] or (facts[int(at[1]) - 2]["person_id"] if at else "")
            told.refused.setdefault(person, []).append(line["fact"])
    return told


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_playbook_decide(row: Row) -> None:
    told = ask(row.basis)
    refused = told.refused.get(row.id, [])
    wrong = difference(row.id, row.asked, told.measures.get(row.id, []), row.why)
    assert not wrong, f"{wrong}\n  refused  {refused}"
    assert refused == ([row.refused] if row.refused else []), f"{row.id}: {row.why}"


IN_FORCE = {
    "covid19-cn-8": ("2021-05-14", "2022-06-28"),
    "covid19-cn-9": ("2022-06-28", "2022-11-11"),
    "covid19-cn-8-local-2021-08": ("2021-08-05", "2022-06-28"),
    "covid19-cn-8-clinical-9": ("2022-03-15", "2022-06-28"),
    "covid19-cn-8-local-winter-2021": ("2021-12-01", "2022-03-16"),
}
"""From which day on each instrument holds, and from which no more."""


@pytest.mark.parametrize("basis", by_basis(rows()), ids=str)
def test_a_day_out_of_force_is_told_and_refused_where_asked(basis: Basis, tmp_path: Path) -> None:
    day = f"{basis.as_of:%Y-%m-%d}"
    holds = all(IN_FORCE[one][0] <= day < IN_FORCE[one][1] for one in (basis.playbook, *basis.overlays))
    notes = [line for line in ask(basis).said.splitlines() if basis.playbook in line and day in line]
    assert len(notes) == (0 if holds else 1), ask(basis).said
    if holds:
        return
    with pytest.raises(Refused, match=day):
        run(basis, [{"person_id": "P", "category": "general_contact"}], tmp_path, "--strict")
    assert not (tmp_path / "measures.csv").exists()
