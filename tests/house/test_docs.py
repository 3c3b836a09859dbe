"""What the documents name is there: files, links, commands and pictures."""

import re
from pathlib import Path

import pytest

from lianfang.site.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("src/lianfang/*/README.md")])
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
NAMED_FILE = re.compile(r"`((?:src/lianfang|tools|tests|docs|examples|bench|frontend)/[\w./-]+\.\w+)`")
NAMED_COMMAND = re.compile(r"(?:^|`)\s*lianfang ([a-z]+)", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_and_named_files_exist(document: Path) -> None:
    text = document.read_text("utf-8")
    missing = [link for link in LINK.findall(text) if not (document.parent / link).resolve().exists()]
    # A room's README may name a file of its own room, such as tests/core/….
    near = (ROOT, document.parent)
    missing += [name for name in NAMED_FILE.findall(text) if not any((place / name).exists() for place in near)]
    assert not missing, f"{document.relative_to(ROOT)} names what is not there: {missing}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_named_commands_exist(document: Path) -> None:
    named = set(NAMED_COMMAND.findall(document.read_text("utf-8")))
    assert named <= set(COMMANDS), f"no such command: {sorted(named - set(COMMANDS))}"


def test_every_room_says_what_it_is() -> None:
    rooms = [p.parent for p in sorted((ROOT / "src" / "lianfang").glob("*/__init__.py"))]
    assert len(rooms) >= 14
    without = [room.name for room in rooms if not (room / "README.md").exists()]
    assert not without, f"rooms without a README: {without}"
    long = [r.name for r in rooms if len((r / "README.md").read_text("utf-8").splitlines()) > 80]
    assert not long, f"READMEs longer than a screen or two: {long}"


def test_every_room_stands_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    for room in (ROOT / "src" / "lianfang").glob("*/__init__.py"):
        assert f"| {room.parent.name} |" in text, f"docs/architecture.md does not name the room {room.parent.name}"
