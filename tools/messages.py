"""The Chinese of the pages: extract, check and compile the gettext catalogues of every room, with Babel alone.

    python tools/messages.py compile    write the .mo beside each .po (make demo, make test and the wheel do it)
    python tools/messages.py update     add new messages to each room's .po, drop those no longer used
    python tools/messages.py check      fail when a message has no Chinese, or a .po has one that nothing uses

Each room has ``src/lianfang/<room>/locale/zh_Hans/LC_MESSAGES/django.po``; msgids are English.
GNU gettext is not needed.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "lianfang"
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


def rooms() -> list[Path]:
    return sorted(p.parent for p in PACKAGE.glob("*/__init__.py"))


def po_file(room: Path) -> Path:
    return room / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def messages_of(room: Path) -> Iterator[tuple[object, str | None, str, int]]:
    """Yield (msgid or plural pair, context, file, line) of every message in a room's Python and templates."""
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
                yield (tuple(ids) if len(ids) > 1 else ids[0]), context, str(file.relative_to(PACKAGE)), line


def load(path: Path) -> Catalog:
    if path.exists():
        with path.open("rb") as source:
            return read_po(source, locale="zh_Hans")
    return Catalog(locale="zh_Hans", domain="django", charset="utf-8")


def update() -> int:
    for room in rooms():
        fresh = Catalog(locale="zh_Hans", domain="django", charset="utf-8")
        for message, context, file, _ in messages_of(room):
            flags = ["python-format"] if re.search(r"%\(\w+\)[sd]|%[sd]", str(message)) else []
            fresh.add(message, context=context, locations=[(file, None)], flags=flags)
        path = po_file(room)
        if not len(fresh) and not path.exists():
            continue
        old = load(path)
        for entry in fresh:
            if entry.id and (known := old.get(entry.id, entry.context)):
                entry.string = known.string
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            write_po(out, fresh, sort_output=True, omit_header=False, include_lineno=False, width=110)
        empty = sum(1 for m in fresh if m.id and not _translated(m.string))
        print(f"{path.relative_to(PACKAGE)}: {len(fresh)} messages, {empty} without Chinese")
    return 0


def _translated(string: object) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def check() -> int:
    """Every message needs Chinese in its own room's catalogue, or in a room's to the left that already has it."""
    known: set[tuple[object, object]] = set()
    for room in rooms():
        known |= {
            (m.id if isinstance(m.id, str) else m.id[0], m.context)
            for m in load(po_file(room))
            if m.id and not m.fuzzy and _translated(m.string)
        }
    problems = 0
    for room in rooms():
        for message, context, file, line in messages_of(room):
            first = message if isinstance(message, str) else message[0]
            if (first, context) not in known:
                print(f"{file}:{line}: no Chinese for {message!r}")
                problems += 1
    if problems:
        print(f"{problems} messages without Chinese: run 'python tools/messages.py update' and translate them")
    return 1 if problems else 0


def compile_all() -> int:
    for room in rooms():
        path = po_file(room)
        target = path.with_suffix(".mo")
        if path.exists() and (not target.exists() or target.stat().st_mtime < path.stat().st_mtime):
            with target.open("wb") as out:
                write_mo(out, load(path), use_fuzzy=False)
    return 0


if __name__ == "__main__":
    acts = {"compile": compile_all, "update": update, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in acts:
        sys.exit(__doc__)
    sys.exit(acts[sys.argv[1]]())
