"""How the rooms stand: their lines, who names them, and what exceeds the limits of the house (``tools/room.py check``).

Fails when a file, the 95th percentile of the source files or the largest room is too large, when imports run in a
circle between or within rooms, and when a room's declaration is unfinished. The limits stand here and nowhere else.
"""

import importlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import networkx as nx

from tools.names import rooms

FILE_LINES = 450
"""A file of a room, tests included, has at most so many lines."""

PERCENTILE_LINES = 300
"""The 95th percentile of the source files (Python without tests and migrations) stays below."""

SHARE = 0.20
"""The largest room stays below this part of the source."""

CORE, SHELL, TESTS = "core", "shell", "tests"
NO_SOURCE = {"migrations", "locale", "static", "__pycache__"}
PURE = ("kernel", "playbook")
"""Rooms that are a core as a whole."""


@dataclass(frozen=True)
class Size:
    """What a room comes to: lines that are not blank, by part; and the source files outside that name it."""

    core: int
    shell: int
    tests: int
    outside: tuple[str, ...]

    @property
    def ratio(self) -> str:
        return f"{self.shell / self.core:.1f}" if self.core else "—"


def source_of(package: Path, room: str) -> Iterator[tuple[str, Path]]:
    """Give the Python and templates of a room, each with its part."""
    for file in sorted((package / room).rglob("*")):
        inside = file.relative_to(package / room).parts
        if file.suffix in (".py", ".html") and not NO_SOURCE & set(inside):
            yield (TESTS if TESTS in inside else CORE if inside[0] == CORE or room in PURE else SHELL), file


def lines_of(file: Path) -> int:
    return len(file.read_text("utf-8").splitlines())


def said_lines_of(file: Path) -> int:
    """Count the lines that are not blank."""
    return sum(bool(line.strip()) for line in file.read_text("utf-8").splitlines())


def sizes(package: Path) -> dict[str, Size]:
    names = rooms(package)
    source = [(room, part, file) for room in names for part, file in source_of(package, room)]
    texts = {file: file.read_text("utf-8") for _, part, file in source if part != TESTS}
    found = {}
    for name in names:
        named = re.compile(rf"\blianfang[./]{name}\b|[\"']{name}[./]\w|import {name}\b")
        count = dict.fromkeys((CORE, SHELL, TESTS), 0)
        for room, part, file in source:
            count[part] += said_lines_of(file) if room == name else 0
        outside = [
            str(file.relative_to(package))
            for file, text in texts.items()
            if file.relative_to(package).parts[0] != name and named.search(text)
        ]
        found[name] = Size(**count, outside=tuple(outside))
    return found


def too_large(package: Path) -> list[str]:
    """Return what exceeds the limits of size, with the number."""
    names = rooms(package)
    source = [(room, part, file) for room in names for part, file in source_of(package, room)]
    bad = []
    for _, _, file in source:
        path, lines = file.relative_to(package).as_posix(), lines_of(file)
        if lines > FILE_LINES:
            bad.append(f"{path} has {lines} lines, {FILE_LINES} are allowed: split it")
    lengths = sorted(lines_of(file) for _, part, file in source if part != TESTS and file.suffix == ".py")
    at_most = PERCENTILE_LINES
    percentile = lengths[int(0.95 * len(lengths))]
    if percentile >= at_most:
        bad.append(f"the 95th percentile of the source files is {percentile} lines, below {at_most} is allowed")
    of_room = {
        name: sum(lines_of(file) for room, part, file in source if room == name and part != TESTS) for name in names
    }
    largest = max(of_room, key=lambda name: of_room[name])
    if (share := of_room[largest] / sum(of_room.values())) >= SHARE:
        bad.append(f"the room {largest} is {share:.1%} of the source, below {SHARE:.0%} is allowed: part it")
    return bad


def circles(package: Path) -> list[str]:
    """Return the circles of imports among modules and among rooms; lazy imports count, those for types alone do not."""
    import grimp

    graph = grimp.build_graph(package.name, exclude_type_checking_imports=True, cache_dir=None)
    modules, between = nx.DiGraph(), nx.DiGraph()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            if "tests" in importer.split(".") or "tests" in imported.split("."):
                continue
            modules.add_edge(importer, imported)
            ends = [one.split(".")[1] for one in (importer, imported) if "." in one]
            if len(set(ends)) == 2:
                between.add_edge(*ends)
    bad = []
    for kind, one in (("modules", modules), ("rooms", between)):
        for part in nx.strongly_connected_components(one):
            if len(part) > 1:
                bad.append(f"{kind} import in a circle: {', '.join(sorted(part))}")
    return bad


def named_places(declared: Any) -> Iterator[str]:
    """Give every ``module:name`` that a declaration holds, however deep."""
    if isinstance(declared, str):
        if re.fullmatch(r"lianfang(?:\.\w+)+:\w+", declared):
            yield declared
    elif is_dataclass(declared):
        for one in fields(declared):
            yield from named_places(getattr(declared, one.name))
    elif isinstance(declared, (tuple, list, frozenset)):
        for item in declared:
            yield from named_places(item)


def texts(declared: Any) -> Iterator[Any]:
    """Give every `Text` that a declaration holds, however deep."""
    from lianfang.kernel.text import Text

    if isinstance(declared, Text):
        yield declared
    elif is_dataclass(declared):
        for one in fields(declared):
            yield from texts(getattr(declared, one.name))
    elif isinstance(declared, (tuple, list, frozenset)):
        for item in declared:
            yield from texts(item)


def unfinished(package: Path) -> list[str]:
    """Return what rooms declare and do not have, or have and do not declare."""
    os.environ.setdefault("LIANFANG_DATA", tempfile.mkdtemp(prefix="lianfang-check-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.site.settings")
    import django

    django.setup()
    from django.urls import get_resolver

    from lianfang.access.core.roles import PERMISSIONS
    from lianfang.house import declared
    from lianfang.kernel.declare import load_named

    folders = {file.parent.name for file in package.glob("*/__init__.py")}
    bad = [f"{name}: the folder is no room of house.py" for name in sorted(folders - set(rooms(package)))]
    routes = get_resolver().reverse_dict
    for name, room in declared().items():
        folder = package / name
        if not (folder / "README.md").exists():
            bad.append(f"{name}: has no README.md")
        if not room.is_app and (folder / "models.py").exists():
            bad.append(f"{name}: has models and does not declare is_app")
        if (folder / "models.py").exists() and not list((folder / "migrations").glob("0*.py")):
            bad.append(f"{name}: has models and no migration")
        for text in texts(room):
            if not text.en.strip() or not re.search(r"[\u4e00-\u9fff]", text.zh):
                bad.append(f"{name}: {tuple(text)} lacks one of the two languages")
        for place in named_places(room):
            try:
                load_named(place)
            except (ImportError, AttributeError) as error:
                bad.append(f"{name}: declares {place}, which is not there ({error})")
        for route in room.routes:
            try:
                importlib.import_module(route.module)
            except ImportError as error:
                bad.append(f"{name}: declares routes {route.module}, which are not there ({error})")
        for one in (*room.navigation, *room.worklists):
            if one.route not in routes:
                bad.append(f"{name}: declares the route {one.route}, which is not there")
        for kind in ("navigation", "acts", "lists", "tasks", "panels", "timeline", "offers", "worklists"):
            asked = {one.permission for one in getattr(room, kind)} - PERMISSIONS.keys()
            bad += [f"{name}: {kind} ask for {code}, which no room declares" for code in sorted(asked)]
    return bad


def main(root: Path, *, names: bool = False) -> int:
    """Print the table of the rooms and what is wrong; return the exit status."""
    package = root / "src" / "lianfang"
    print(f"{'room':14}{'core':>7}{'shell':>7}{'tests':>7}{'outside':>9}{'shell:core':>12}")
    for name, size in sizes(package).items():
        print(f"{name:14}{size.core:7}{size.shell:7}{size.tests:7}{len(size.outside):9}{size.ratio:>12}")
        if names:
            print(*(f"    {file}" for file in size.outside), sep="\n")
    bad = too_large(package) + circles(package) + unfinished(package)
    print("\n".join(bad) or "the rooms are in order")
    return 1 if bad else 0
