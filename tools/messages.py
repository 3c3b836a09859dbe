"""The Chinese of the pages: extract, check, gather and compile the gettext catalogues of every room, with Babel alone.

    python tools/messages.py update [ROOM…]  add the new messages of each room to its .po, drop those no longer used
    python tools/messages.py check           fail when a catalogue is not complete, not one, or not as update writes it
    python tools/messages.py gather          move words that several rooms use into the common catalogue
    python tools/messages.py compile         write the .mo beside each .po (make demo, make test and the wheel do it)

``update --with REVISION`` also takes Chinese over from the catalogues of another revision of the repository. A merge
that conflicts in catalogues is ended by ``git checkout --ours '*.po'`` and ``update --with MERGE_HEAD``.

Msgids are English. Each room has ``src/lianfang/<room>/locale/zh_Hans/LC_MESSAGES/django.po``, and the words that
several rooms use stand in that of the kernel, the common one. By these laws two people who work
side by side in two rooms do not write into one file:

1. A room's catalogue holds what the room uses and the common one lacks. Another room's catalogue never matters to it,
   except that Chinese known there is taken over; so two new rooms with the same new word both get it.
2. ``update`` adds nothing to the common catalogue; it drops from it what no room uses, and only when no room is named.
   A word that stands in a room and in the common catalogue stays in both. Only ``gather`` moves words.
3. What is written follows from the sources and the Chinese alone: no dates, versions, files or line numbers; sorted,
   one line a sentence. A catalogue whose messages stay is not touched; one without messages is removed.

GNU gettext is not needed.
"""

import argparse
import io
import re
import runpy
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from babel.messages.extract import extract_python

# Run as a file, Python looks beside it only.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tools.catalogues import Catalogue, Entry, Key, compiled, parse, written

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "lianfang"
COMMON = "kernel"
"""The room whose catalogue is the common one: it stands left of all, is pure, and has no page of its own."""

PO = Path("locale", "zh_Hans", "LC_MESSAGES", "django.po")
KEYWORDS = {
    "_": None,
    "_now": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


@dataclass
class Use:
    """Where a room uses a message, as file:line, and its plural where it is asked with a number."""

    plural: str | None = None
    places: list[str] = field(default_factory=list)


def rooms(package: Path) -> list[str]:
    """Return the names of the rooms from left to right, as ``house.py`` says; those it does not name stand last."""
    folders = sorted(p.parent.name for p in package.glob("*/__init__.py"))
    house = package / "house.py"
    named = runpy.run_path(str(house)).get("ROOMS", ()) if house.exists() else ()
    order = [name for name in named if name in folders]
    return order + [name for name in folders if name not in order]


def messages_of(room: Path) -> Iterator[tuple[Key, str | None, str]]:
    """Yield (key, plural, file:line) of every message in a room's Python and templates."""
    from django.utils.translation.template import templatize

    for file in sorted([*room.rglob("*.py"), *room.rglob("*.html"), *room.rglob("*.txt")]):
        inside = file.relative_to(room).parts
        if "tests" in inside or "migrations" in inside or "static" in inside:
            continue
        text = file.read_text("utf-8")
        if file.suffix != ".py":
            if "templates" not in inside:
                continue
            # It comes out as lines of Python; how deep they stand in the page means nothing there.
            text = re.sub(r"(?m)^[ \t]+", "", templatize(text, origin=str(file)))
        elif "gettext" not in text:
            continue
        for line, function, found, _ in extract_python(io.BytesIO(text.encode()), list(KEYWORDS), [], {}):
            spec = KEYWORDS[function]
            parts = found if isinstance(found, tuple) else (found,)
            context = parts[0] if function.startswith(("pgettext", "npgettext")) else None
            ids = parts[1:] if context is not None else parts
            ids = ids[:2] if spec and len([s for s in spec if isinstance(s, int)]) > 1 else ids[:1]
            if ids and all(isinstance(i, str) and i for i in ids):
                place = f"{file.relative_to(room.parent).as_posix()}:{line}"
                yield Key(ids[0], context or ""), (ids[1] if len(ids) > 1 else None), place


def uses_of(room: Path) -> dict[Key, Use]:
    uses: dict[Key, Use] = {}
    for key, plural, place in messages_of(room):
        use = uses.setdefault(key, Use())
        use.places.append(place)
        use.plural = min(filter(None, (use.plural, plural)), default=None)
    return uses


@dataclass
class House:
    """What all rooms use and all catalogues hold, read before anything is written."""

    package: Path
    rooms: list[str]
    uses: dict[str, dict[Key, Use]]
    catalogues: dict[str, Catalogue]
    """By folder; also of a folder that is no room any more."""
    elsewhere: list[Catalogue]
    """Those of another revision, of which only Chinese is taken over."""

    @classmethod
    def read(cls, package: Path, elsewhere: Iterable[Catalogue] = ()) -> "House":
        names = rooms(package)
        catalogues: dict[str, Catalogue] = {name: {} for name in [COMMON, *names]}
        for file in sorted(package.glob(f"*/{PO.as_posix()}")):
            name = file.relative_to(package)
            catalogues[name.parts[0]] = parse(file.read_text("utf-8"), name.as_posix())
        return cls(package, names, {name: uses_of(package / name) for name in names}, catalogues, list(elsewhere))

    def name(self, folder: str) -> str:
        return (folder / PO).as_posix()

    def users(self, key: Key) -> list[str]:
        return [room for room in self.rooms if key in self.uses[room]]

    def known(self, key: Key) -> dict[str, list[str]]:
        """Return the Chinese of a message and the folders that have it so: the common one first, then from the left."""
        found: dict[str, list[str]] = {}
        for folder, catalogue in self.catalogues.items():
            if key in catalogue and catalogue[key].done:
                found.setdefault(catalogue[key].chinese, []).append(folder)
        return found

    def entry(self, folder: str, key: Key, plural: str | None) -> Entry:
        """Return a message as a catalogue shall hold it: with its own Chinese, else with what is known elsewhere."""
        own = self.catalogues[folder].get(key, Entry())
        if own.chinese:
            return replace(own, plural=plural)
        others = (c[key].chinese for c in self.elsewhere if key in c and c[key].done)
        return Entry(plural, next(iter(self.known(key)), None) or next(others, ""), own.notes)

    def wanted(self, folder: str) -> Catalogue:
        """Return what ``update`` writes for a folder."""
        own, common = self.catalogues[folder], self.catalogues[COMMON]
        kept: Catalogue = {}
        if folder == COMMON:
            kept = {key: entry for key, entry in own.items() if self.users(key)}
        for key, use in self.uses.get(folder, {}).items():
            # One that stands here stays, though the common catalogue has it too: who gathered it may be another.
            here = key in own and own[key].done
            if folder == COMMON or here or not (key in common and common[key].serves(use.plural)):
                kept[key] = self.entry(folder, key, use.plural)
        return kept

    def would_lose(self, chosen: Sequence[str]) -> list[str]:
        """Return the other rooms whose Chinese stands only in entries that an update of the chosen ones drops."""
        dropped = {
            key
            for name in chosen
            for key, entry in self.catalogues[name].items()
            if entry.done and key not in self.uses[name]
        }
        return [
            room
            for room in self.rooms
            if room not in chosen
            and any(k in dropped and not self.has(room, k, use.plural) for k, use in self.uses[room].items())
        ]

    def has(self, room: str, key: Key, plural: str | None) -> bool:
        """Tell whether a room finds Chinese in its own catalogue or in the common one."""
        return any(key in c and c[key].serves(plural) for c in (self.catalogues[room], self.catalogues[COMMON]))

    def save(self, folder: str, catalogue: Catalogue) -> bool:
        """Write a folder's catalogue where it changes, remove it where it is empty; tell whether it was touched."""
        path = self.package / folder / PO
        if not catalogue:
            there = path.exists()
            path.unlink(missing_ok=True)
            return there
        text = written(catalogue).encode()
        if path.exists() and path.read_bytes() == text:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        return True


def revision(package: Path, name: str) -> list[Catalogue]:
    """Return the catalogues of another revision of the repository that holds the package."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=package, capture_output=True, encoding="utf-8", check=False)
        return done.stdout if done.returncode == 0 else sys.exit(f"git does not know {name!r}: {done.stderr.strip()}")

    files = [f for f in git("ls-tree", "-r", "-z", "--name-only", name).split("\0") if f.endswith(PO.as_posix())]
    return [parse(git("show", f"{name}:./{file}"), f"{name}:{file}") for file in files]


def update(package: Path, chosen: Sequence[str] = (), elsewhere: Iterable[Catalogue] = ()) -> list[str]:
    """Write the catalogues of the chosen rooms, or all; return the folders whose catalogue changed."""
    house = House.read(package, elsewhere)
    if unknown := sorted(set(chosen) - set(house.rooms)):
        sys.exit(f"No room is called {', '.join(unknown)}. Choose from {', '.join(house.rooms)}.")
    folders = [*chosen, *house.would_lose(chosen)] if chosen else list(house.catalogues)
    new = {folder: house.wanted(folder) for folder in dict.fromkeys(folders)}
    return _save(house, new)


def gather(package: Path) -> list[str]:
    """Move what several rooms use into the common catalogue, and what one room uses into its own.

    Returns the folders whose catalogue changed. Words without Chinese stay in their rooms.
    """
    house = House.read(package)
    if two := _two_meanings(house):
        sys.exit("\n".join([*two, "Nothing was gathered."]))
    new: dict[str, Catalogue] = {folder: {} for folder in house.catalogues}
    for key in {key for uses in house.uses.values() for key in uses}:
        users = house.users(key)
        plurals = {room: house.uses[room][key].plural for room in users}
        if COMMON in users or (len(users) > 1 and house.known(key)):
            home = next(iter(house.known(key).values()), [COMMON])[0]
            new[COMMON][key] = house.entry(home, key, min(filter(None, plurals.values()), default=None))
        else:
            for room, plural in plurals.items():
                new[room][key] = house.entry(room, key, plural)
    return _save(house, new)


def _save(house: House, new: Mapping[str, Catalogue]) -> list[str]:
    changed = [folder for folder, catalogue in new.items() if house.save(folder, catalogue)]
    for folder in changed:
        empty = sum(not entry.done for entry in new[folder].values())
        print(f"{house.name(folder)}: {len(new[folder])} messages, {empty} without Chinese")
    return changed


def _two_meanings(house: House) -> list[str]:
    problems = []
    for key in sorted({key for catalogue in house.catalogues.values() for key in catalogue}):
        if len(known := house.known(key)) > 1:
            words = ", ".join(f"{chinese!r} in {house.name(folder)}" for chinese, (folder, *_) in known.items())
            problems.append(f"{key} is {words}: make them one, or part the meanings with pgettext")
    return problems


def check(package: Path) -> tuple[list[str], list[str]]:
    """Return what is wrong, each with its file and what to do, and what may be done."""
    house = House.read(package)
    problems = _two_meanings(house)
    for folder, catalogue in house.catalogues.items():
        path = house.name(folder)
        again = f"run 'update {folder}'" if folder in house.uses and folder != COMMON else "run 'update'"
        said = len(problems)
        for key, use in house.uses.get(folder, {}).items():
            if not house.has(folder, key, use.plural):
                do = [again] if key not in catalogue or house.known(key) else []
                do += [] if house.known(key) else [f"write it in {path}"]
                problems.append(f"{use.places[0]}: no Chinese for {key}: {' and '.join(do)}")
        for key, entry in sorted(catalogue.items()):
            if not (house.users(key) if folder == COMMON else key in house.uses.get(folder, {})):
                problems.append(f"{path}: nothing uses {key}: {again}")
            elif folder == COMMON and not entry.done:
                problems.append(f"{path}: no Chinese for {key}: write it there")
        file = house.package / folder / PO
        if len(problems) == said and file.exists():
            wanted = house.wanted(folder)
            if not wanted or file.read_bytes() != written(wanted).encode():
                problems.append(f"{path}: not as 'update' writes it: {again}")
    held = Counter(key for catalogue in house.catalogues.values() for key in catalogue)
    apart = sum(number > 1 for number in held.values())
    return problems, [f"{apart} words stand in several catalogues: 'gather' makes them common"] if apart else []


def compile_all(package: Path) -> None:
    """Write the .mo of every .po, and remove those whose .po is gone: Django would still load them."""
    for path in package.glob(f"*/{PO.with_suffix('.mo').as_posix()}"):
        if not path.with_suffix(".po").exists():
            path.unlink()
    for path in sorted(package.glob(f"*/{PO.as_posix()}")):
        text = compiled(parse(path.read_text("utf-8"), path.relative_to(package).as_posix()))
        target = path.with_suffix(".mo")
        if not target.exists() or target.read_bytes() != text:
            target.write_bytes(text)


def main(words: Sequence[str] | None = None, package: Path = PACKAGE) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    one = acts.add_parser("update", help="write the catalogues of the rooms named, or of all")
    one.add_argument("rooms", nargs="*", metavar="ROOM")
    one.add_argument("--with", dest="revision", help="a revision whose catalogues may know more Chinese")
    for act in ("check", "gather", "compile"):
        acts.add_parser(act)
    asked = parser.parse_args(words)
    if asked.act == "update":
        update(package, asked.rooms, revision(package, asked.revision) if asked.revision else ())
    elif asked.act == "gather":
        gather(package)
    elif asked.act == "compile":
        compile_all(package)
    else:
        problems, notes = check(package)
        print(*problems, *notes, sep="\n", end="\n" if problems or notes else "")
        return 1 if problems else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
