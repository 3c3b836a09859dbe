"""The rows and the small outbreaks that were worked by hand, through ``lianfang respond`` over files.

One response serves everything of one policy and time: the ids keep it apart.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lianfang.playbook.load import load
from lianfang.response.run import respond_to_files
from tests.cases import scenarios as posed
from tests.cases.scenarios import Scenario
from tests.cases.ways import as_lists, by_files
from tests.cases.worked import Asked, Basis, Row, by_basis, difference, from_output, rows

FROM_FILES = tuple(row for row in rows() if by_files(row))
STRICTER = {"secondary_contact": {"secondary_contact", "close_contact"}, "close_contact": {"close_contact"}}


@dataclass(frozen=True)
class Told:
    """What a response over files says: its tables, and of which rows it says that something is open."""

    contacts: list[dict[str, str]]
    measures: dict[str, list[Asked]]
    open: list[dict[str, str]]


def respond(basis: Basis, lists: dict[str, list[dict[str, str]]]) -> Told:
    """Respond to lists, written as files."""
    with TemporaryDirectory() as folder:
        given, out = Path(folder) / "in", Path(folder) / "out"
        given.mkdir()
        for stem, some in lists.items():
            if some:
                write(given / f"{stem}.csv", some)
        book = load(basis.playbook, basis.overlays)
        respond_to_files(given, out, playbook=book, as_of=basis.as_of, lang="en")
        measures: dict[str, list[Asked]] = {}
        for line in _read(out / "measures.csv"):
            measures.setdefault(line["person_id"], []).append(from_output(line))
        told = [*_read(out / "refused.csv"), *_read(out / "undecided.csv")]
        return Told(_read(out / "contacts.csv"), measures, [_with_person(line, lists) for line in told])


def _with_person(line: dict[str, str], lists: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """Say of whom a refusal speaks: by its value, else by its line."""
    some, at = lists.get(line["file"].removesuffix(".csv"), []), line["line"]
    named = {row["person_id"] for row in some} | {row.get("case_id", "") for row in some}
    whom = line["value"]
    if whom not in named and at and 0 <= int(at) - 2 < len(some):
        whom = some[int(at) - 2]["person_id"]
    return {**line, "whom": whom}


def write(path: Path, some: list[dict[str, str]]) -> Path:
    """Write a list as CSV, with the columns that any row tells."""
    columns = dict.fromkeys(name for one in some for name in one)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(some)
    return path


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def answer(basis: Basis) -> Told:
    """Respond once to everything of a basis: to rows that are told as lists, and to small outbreaks."""
    some = by_basis(FROM_FILES).get(basis, [])
    lists = as_lists(some, own_index=False).named() if some else {}
    for one in posed.by_basis(posed.scenarios()).get(basis, []):
        for stem, given in one.lists.items():
            lists[stem] = [*lists.get(stem, []), *given]
    return respond(basis, lists)


@pytest.mark.parametrize("row", FROM_FILES, ids=lambda row: row.id)
def test_row(row: Row) -> None:
    told = answer(row.basis)
    if row.refused:
        spoken = [line for line in told.open if line["whom"] == row.id]
        assert spoken, f"nobody says of {row.id} what is wrong with {row.refused}: {told.measures.get(row.id)}"
    wrong = difference(row.id, row.asked, told.measures.get(row.id, []), row.why)
    assert not wrong, f"{wrong}\n  open {[line for line in told.open if line['whom'] == row.id]}"


@pytest.mark.parametrize("one", posed.scenarios(), ids=lambda one: one.id)
def test_small_outbreak(one: Scenario) -> None:
    told = answer(one.basis)
    found = [line for line in told.contacts if line["person_id"].startswith(f"{one.id}.")]
    wrong = compare(one, found, told.measures)
    wrong += [f"nobody says of {want}" for want in one.open if not _is_said(want, one, told.open)]
    assert not wrong, "\n".join([f"{one.id}: {one.follows}", *wrong])


def compare(one: Scenario, found: list[dict[str, str]], measures: dict[str, list[Asked]]) -> list[str]:
    """Say what differs from what was worked out: contacts, who is at least managed as what, measures."""
    wrong = []
    if not one.managed_as:
        columns = list(one.contacts[0]) if one.contacts else ["case_id", "person_id", "degree", "category"]
        want, got = _lines(one.contacts, columns), _lines([line for line in found if line["category"]], columns)
        wrong += [f"contacts {got}, expected {want}"] if want != got else []
    for person, category in one.managed_as.items():
        as_what = {line["category"] for line in found if line["person_id"] == person}
        if not as_what & STRICTER[category] or not any(a.measure != "none" for a in measures.get(person, [])):
            wrong.append(f"{person} is managed as {as_what} by {list(map(str, measures.get(person, [])))}")
    for person, asked in one.measures.items():
        wrong += [said for said in [difference(person, asked, measures.get(person, []), "")] if said]
    return wrong


def _lines(some: Iterable[dict[str, str]], columns: list[str]) -> list[tuple[str, ...]]:
    return sorted(tuple(_short(line.get(name, "")) for name in columns) for line in some)


def _short(cell: str) -> str:
    """Return a time to the minute."""
    return cell[:16] if len(cell) == 19 and cell[10] == "T" else cell


def _is_said(want: dict[str, str], one: Scenario, told: list[dict[str, str]]) -> bool:
    mine = [line for line in told if line["whom"].startswith(f"{one.id}.")]
    return any(
        all(not cell or line["whom" if name == "value" else name] == cell for name, cell in want.items())
        for line in mine
    )
