"""Whatever writes takes its turn: no transaction and no row lock of its own outside of `access.turns`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "lianfang"
TURNS = PACKAGE / "access" / "turns.py"
FORBIDDEN = {"atomic", "select_for_update", "set_autocommit", "ATOMIC_REQUESTS"}


def sources() -> list[Path]:
    apart = {"tests", "migrations"}
    return [p for p in sorted(PACKAGE.rglob("*.py")) if p != TURNS and not apart & set(p.relative_to(PACKAGE).parts)]


def own_transactions(text: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN:
            yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from ((node.lineno, one.name) for one in node.names if one.name in FORBIDDEN)
        elif isinstance(node, ast.Name | ast.Constant) and getattr(node, "id", getattr(node, "value", "")) in (
            "ATOMIC_REQUESTS",
        ):
            yield node.lineno, "ATOMIC_REQUESTS"


@pytest.mark.parametrize(
    "text",
    [
        "from django.db import transaction\nwith transaction.atomic():\n    pass",
        "from django.db.transaction import atomic",
        "rows.select_for_update(of=('self',))",
        "DATABASES['default']['ATOMIC_REQUESTS'] = True",
    ],
)
def test_what_is_looked_for_is_found(text: str) -> None:
    assert list(own_transactions(text))


def test_no_room_opens_a_transaction_or_locks_a_row_by_itself() -> None:
    assert len(sources()) > 100
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {what}"
        for path in sources()
        for line, what in own_transactions(path.read_text("utf-8"))
    ]
    assert not found, f"use lianfang.access.turns.writing instead: {', '.join(found)}"


def test_each_service_that_writes_takes_its_turn() -> None:
    """A room whose services save rows opens its transactions through `writing`."""
    saves = {"save", "bulk_create", "bulk_update", "update_or_create", "get_or_create"}
    writes = {"upsert_frame", "update_frame"}
    for path in sources():
        if "services" not in path.with_suffix("").relative_to(PACKAGE).parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        names = {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls}
        if names & (saves | writes):
            assert "writing" in names, f"{path.relative_to(PACKAGE)} writes without a turn"
