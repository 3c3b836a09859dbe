"""What the house is made of, held to what the rooms declare."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from lianfang import house
from lianfang.access.core.roles import PERMISSIONS
from lianfang.kernel.declare import load_named
from tools.contracts import RoomsInOrderContract

ROOT = Path(__file__).resolve().parents[2]


def test_the_tuple_names_every_room_and_the_contract_has_its_order() -> None:
    folders = {p.parent.name for p in (ROOT / "src" / "lianfang").glob("*/__init__.py")}
    assert set(house.ROOMS) == folders
    contract = RoomsInOrderContract("left", {}, {"containers": ["lianfang"]})
    (kernel, *others), (*layers, house_itself, first) = house.ROOMS, _names(contract)
    assert (layers, house_itself, first) == ([*reversed(others)], "house", kernel)


def _names(contract: RoomsInOrderContract) -> list[str]:
    return [tail.name for layer in contract.layers for tail in layer.module_tails]


def test_what_the_rooms_declare_needs_no_django() -> None:
    script = "import sys; from lianfang.house import declared; declared()\n"
    script += "sys.exit(any(name.partition('.')[0] in ('django', 'polars') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def _places() -> list[str]:
    places: list[str] = []
    for room in house.declared().values():
        places += [one.target for one in room.commands]
        places += [one.view for one in room.lists]
        places += [place for one in room.acts for place in (one.plan, one.check_undo) if place]
        places += [one.rows for one in room.followers]
        places += [place for one in room.steps for place in (one.decide, *(file.table for file in one.files))]
        places += [one.run for one in room.tasks]
        places += [one.content for one in room.panels]
        places += [one.count for one in room.worklists]
        places += [one.events for one in room.timeline] + [one.address for one in room.offers]
    return places


@pytest.mark.parametrize("place", sorted(set(_places())))
def test_what_a_room_names_is_there(place: str) -> None:
    assert callable(load_named(place))


def test_codes_are_given_once_and_permissions_exist() -> None:
    rooms = house.declared().values()
    for kind in ("permissions", "acts", "audit_kinds", "lists", "tasks", "worklists"):
        codes = [one.code for room in rooms for one in getattr(room, kind)]
        assert len(codes) == len(set(codes)), f"{kind}: one code twice"
    asked = {one.permission for room in rooms for kind in ("navigation", "acts", "lists", "tasks", "panels", "offers",
             "worklists", "timeline") for one in getattr(room, kind)}  # fmt: skip
    assert asked <= PERMISSIONS.keys()
    routes = [one.name for room in rooms for one in room.commands]
    assert len(routes) == len(set(routes))


def test_the_table_of_roles_is_what_the_rooms_declare() -> None:
    from tools.access_doc import PAGE, renewed

    page = PAGE.read_text("utf-8")
    assert renewed(page) == page, "run python tools/access_doc.py"


def _kinds_of_the_trail() -> set[tuple[str, str]]:
    """Return every kind that the source names where it writes to the trail, with the file."""
    found, writers = set(), ("record", "Kept", "record_read")
    for file in sorted((ROOT / "src" / "lianfang").rglob("*.py")):
        if {"tests", "migrations"} & set(file.parts):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in writers:
                found |= {(k.value.value, file.name) for k in node.keywords
                          if k.arg == "kind" and isinstance(k.value, ast.Constant)}  # fmt: skip
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("audit_kind", "subject"):
                value = node.value
                found |= {(value.value, file.name)} if isinstance(value, ast.Constant) else set()
    return {(kind, name) for kind, name in found if isinstance(kind, str) and kind}


def test_every_kind_of_the_trail_is_declared_once() -> None:
    declared = {one.code for room in house.declared().values() for one in room.audit_kinds}
    named = _kinds_of_the_trail()
    assert len(named) > 15
    assert not {(kind, name) for kind, name in named if kind not in declared}
