"""Names run left: no room names a route, template, table, model or lookup of a room to its right, in strings either.

    python tools/names.py

The import contracts see imports alone. What crosses rooms as a string is looked for here: ``reverse("case")``,
``{% url %}``, ``{% include %}``, ``{% extends %}``, ``render(…, "room/…")``, ``get_model``, a foreign key, a
``related_name`` in a lookup such as ``person__cases``. A room that is named from its left could not be deleted as one.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "lianfang"
_URL = re.compile(r"\{%\s*url\s+[\"']([\w-]+)[\"']")
_PART = re.compile(r"\{%\s*(?:include|extends)\s+[\"'](\w+)/")
_ROUTE = re.compile(r"name=[\"']([\w-]+)[\"']")
_LABEL = re.compile(r"^([a-z_]+)\.([A-Za-z]+)$")
_LOOKUP = re.compile(r"^-?[a-z_0-9]+(?:__[a-z_0-9]+)*$")


def rooms(package: Path = PACKAGE) -> tuple[str, ...]:
    """Return the rooms in their order, as the house names them, without importing it."""
    tree = ast.parse((package / "house.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "ROOMS":
            return tuple(ast.literal_eval(node.value))
    raise ValueError("house.py has no tuple ROOMS")


def files_of(package: Path, room: str, suffix: str) -> Iterator[Path]:
    for file in sorted((package / room).rglob(f"*{suffix}")):
        if not {"tests", "migrations", "static"} & set(file.relative_to(package).parts):
            yield file


def routes_of(package: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Return the room of every route, by the ``name=`` in its urls modules."""
    found: dict[str, str] = {}
    for room in names:
        for file in files_of(package, room, ".py"):
            if "urls" in file.stem:
                found |= dict.fromkeys(_ROUTE.findall(file.read_text("utf-8")), room)
    return found


def reverse_names_of(package: Path, names: tuple[str, ...]) -> dict[str, set[str]]:
    """Return the rooms that give a reverse name to a foreign key of theirs, by that name."""
    found: dict[str, set[str]] = {}
    for room in names:
        for file in files_of(package, room, ".py"):
            if file.stem == "models" or "models" in file.parts:
                for name in re.findall(r"related_name=[\"'](\w+)[\"']", file.read_text("utf-8")):
                    found.setdefault(name, set()).add(room)
    return found


def fields_of(package: Path, names: tuple[str, ...]) -> set[str]:
    """Return the names of all fields of models: a lookup through one of them leads left, as foreign keys do."""
    found: set[str] = set()
    for room in names:
        for file in files_of(package, room, ".py"):
            if file.stem == "models" or "models" in file.parts:
                found |= set(re.findall(r"^    (\w+) = models\.", file.read_text("utf-8"), re.MULTILINE))
    return found


def problems(package: Path = PACKAGE) -> list[str]:
    """Return each name that leads right: file, line, what it names and where that lies."""
    names = rooms(package)
    place = {name: number for number, name in enumerate(names)}
    routes, reverses, fields = routes_of(package, names), reverse_names_of(package, names), fields_of(package, names)
    bad: list[str] = []

    def tell(file: Path, line: int, what: str, room: str) -> None:
        bad.append(f"{file.relative_to(package.parent.parent)}:{line}: names {what} of the room {room} to its right")

    for name in names:
        right = {one for one in names if place[one] > place[name]}
        for file in files_of(package, name, ".html"):
            for number, text in enumerate(file.read_text("utf-8").splitlines(), 1):
                for route in _URL.findall(text):
                    if routes.get(route) in right:
                        tell(file, number, f"the route {route}", routes[route])
                for folder in _PART.findall(text):
                    if folder in right:
                        tell(file, number, "a template", folder)
        for file in files_of(package, name, ".py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                    continue
                said = node.value
                if routes.get(said) in right and _is_route(file, node, said):
                    tell(file, node.lineno, f"the route {said}", routes[said])
                if said.endswith(".html") and said.partition("/")[0] in right:
                    tell(file, node.lineno, "a template", said.partition("/")[0])
                if (label := _LABEL.match(said)) and label[1] in right:
                    tell(file, node.lineno, f"the model or permission {said}", label[1])
                if said.startswith("lianfang.") and said.split(".")[1].partition(":")[0] in right and name != "site":
                    tell(file, node.lineno, f"the module {said}", said.split(".")[1])
                if "__" in said and _LOOKUP.match(said):
                    for step in said.lstrip("-").split("__"):
                        owners = reverses.get(step, set())
                        if owners and step not in fields and owners <= right:
                            tell(file, node.lineno, f"the lookup {said}", sorted(owners)[0])
    return bad


def _is_route(file: Path, node: ast.Constant, said: str) -> bool:
    """Tell whether a word that is a route's name is meant as one: where it is reversed, linked or led to."""
    line = file.read_text("utf-8").splitlines()[node.lineno - 1]
    return bool(re.search(r"(reverse|redirect|resolve_url|_address|route|Entry|url)\w*\(?", line)) or "-" in said


if __name__ == "__main__":
    found = problems()
    print("\n".join(found) or "names run left")
    sys.exit(1 if found else 0)
