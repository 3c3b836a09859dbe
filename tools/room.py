"""Rooms: make one with its tests, take one away, and look how they stand.

    python tools/room.py new NAME --after ROOM --zh 中文名 [--en "English titles"] [--thing NAME]
    python tools/room.py remove NAME
    python tools/room.py check [--names]

``new`` writes a room that works at once: a list, a form, a worklist, an act with its undo, a pure core, a migration and
tests (`tools/scaffold`). Outside of its folder it touches one line of ``house.py``, two of ``docs/architecture.md`` and
one of ``docs/glossary.md``, and makes ``docs/access.md`` and ``docs/api.md`` anew; ``remove`` takes all of it back.
``check`` (`tools/room_check.py`) is part of ``make check``.
"""

import argparse
import keyword
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Run as a file, Python looks beside it only.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from tools import messages, room_check
from tools.catalogues import Entry, Key
from tools.names import rooms

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "lianfang"
SCAFFOLD = ROOT / "tools" / "scaffold"
MADE = (ROOT / "docs" / "access.md", ROOT / "docs" / "api.md")
"""Pages that are made from what rooms declare."""
ARCHITECTURE, GLOSSARY = ROOT / "docs" / "architecture.md", ROOT / "docs" / "glossary.md"
FOUNDATIONS = ("kernel", "engines", "playbook", "access", "records")
"""Rooms that have no pages to their left: a room with pages cannot follow right after them."""


CHINESE = {
    "Nothing is entered yet.": "尚无记录。",
    "Enter": "登记",
    "Entered.": "已登记。",
    "Close": "办结",
    "Closed: %(n)d": "已办结：%(n)d 项",
    "Name": "名称",
    "Area": "地区",
    "Due": "期限",
    "Closed by": "办结人",
    "State": "状态",
    "all": "全部",
    "not due yet": "未到期",
    "overdue": "逾期",
    "closed": "已办结",
}
"""The Chinese of the scaffold's messages; what the house says otherwise already is taken from there."""


def new(name: str, *, after: str, zh: str, en: str, thing: str) -> list[Path]:
    """Write a room and enter it; return its files.

    Parameters
    ----------
    name : str
        Of the room and its folder.
    after : str
        The room to whose right it stands.
    zh, en : str
        What it is about, several of them, in both languages.
    thing : str
        One of them, as a word of the code.
    """
    words = _words(name, zh=zh, en=en, thing=thing)
    if why := problem(name, after, words):
        sys.exit(why)
    touched = (PACKAGE / "house.py", ARCHITECTURE, GLOSSARY, *MADE)
    before = {path: path.read_text("utf-8") for path in touched}
    try:
        for source in sorted(SCAFFOLD.rglob("*.in")):
            target = PACKAGE / name / _filled(str(source.relative_to(SCAFFOLD).with_suffix("")), words)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_filled(source.read_text("utf-8"), words), "utf-8")
        _enter(name, after, words)
        _tidy(PACKAGE / name)
        mine = CHINESE | {words["En"]: zh, f"Enter: {words['one']}": f"登记{zh}"}
        messages.update(PACKAGE, [name], [{Key(english): Entry(chinese=chinese) for english, chinese in mine.items()}])
        messages.compile_all(PACKAGE)
        _migrate(name)
        _make_pages()
    except BaseException:
        shutil.rmtree(PACKAGE / name, ignore_errors=True)
        for path, text in before.items():
            path.write_text(text, "utf-8")
        raise
    return sorted(path for path in (PACKAGE / name).rglob("*") if path.is_file() and path.suffix not in (".pyc", ".mo"))


def remove(name: str) -> None:
    """Take a room away: its folder, its line of the house, its lines of the documents."""
    if name not in rooms(PACKAGE):
        sys.exit(f"house.py has no room {name}; it has {', '.join(rooms(PACKAGE))}.")
    shutil.rmtree(PACKAGE / name)
    _edit(PACKAGE / "house.py", lambda text: text.replace(f'    "{name}",\n', "", 1))
    _edit(ARCHITECTURE, lambda text: re.sub(rf"(?m)^\| {name} \|.*\n", "", _order(text, rf" [→·] {name}(?= |$)", "")))
    _edit(GLOSSARY, lambda text: re.sub(rf"(?m)^\|.*of the room `{name}`.*\n", "", text))
    _make_pages()


def _words(name: str, *, zh: str, en: str, thing: str) -> dict[str, str]:
    """Return what stands for each mark of the scaffold."""
    return {
        "room": name,
        "Room": _camel(name),
        "thing": thing,
        "Thing": _camel(thing),
        "zh": zh,
        "En": en,
        "many": en[:1].lower() + en[1:],
        "one": _single(en[:1].lower() + en[1:]),
    }


def _single(word: str) -> str:
    return word[:-1] if re.search(r"[^s]s$", word) else word


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def problem(name: str, after: str, words: Mapping[str, str]) -> str:
    """Return why such a room cannot be made, and what to do; empty: it can."""
    there = rooms(PACKAGE)
    for word in (name, words["thing"]):
        if not re.fullmatch(r"[a-z][a-z_]*[a-z]", word) or keyword.iskeyword(word):
            return f"{word} is no name for a room or a thing: take small letters, such as zones."
    if after not in there or after == there[-1] or after in FOUNDATIONS:
        fit = [one for one in there[:-1] if one not in FOUNDATIONS]
        return f"A room cannot stand right after {after}: take one of {', '.join(fit)}."
    if not re.search(r"[\u4e00-\u9fff]", words["zh"]):
        return f"{words['zh']!r} is no Chinese: say --zh with the Chinese for {words['many']}."
    if name in there or (PACKAGE / name).exists():
        return f"There is a room {name} already: take another name."
    taken = re.compile(
        rf"name=\"{words['thing']}-(?:list|new)\"|\"{words['thing']}\.(?:view|change|close)\"|\"{name}/\""
    )
    for file in sorted([*PACKAGE.glob("*/room.py"), *PACKAGE.glob("*/*urls.py")]):
        if found := taken.search(file.read_text("utf-8")):
            return f"{file.relative_to(ROOT)} has {found[0]} already: take another word for --thing, or another name."
    return ""


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"@(\w+)@", lambda mark: words[mark[1]], text)


def _edit(file: Path, change: Callable[[str], str]) -> None:
    file.write_text(change(file.read_text("utf-8")), "utf-8")


def _order(text: str, old: str, put: str) -> str:
    """Replace in the line of ``docs/architecture.md`` that shows the order of the rooms."""
    line = next(one for one in text.splitlines() if one.startswith("kernel ·"))
    return text.replace(line, re.sub(old, put, line, count=1), 1)


def _after_row(text: str, name: str, row: str) -> str:
    """Put a row behind the last one of a room in the table of the rooms."""
    lines = text.splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if line.startswith(f"| {name} |"))
    return "".join([*lines[: last + 1], row, *lines[last + 1 :]])


def _enter(name: str, after: str, words: Mapping[str, str]) -> None:
    """Enter a room in the tuple of the house, in the table of the architecture and in the glossary."""
    line = f'    "{after}",\n'
    _edit(PACKAGE / "house.py", lambda text: text.replace(line, f'{line}    "{name}",\n', 1))
    row = f"| {name} | {words['many']} | app |\n"
    _edit(ARCHITECTURE, lambda text: _after_row(_order(text, rf"\b{after}(?= |$)", f"{after} → {name}"), after, row))
    said = f"| {words['one']} | {words['zh']} | one row of the room `{name}`: for an area, with a due time |\n"
    _edit(GLOSSARY, lambda text: re.sub(r"(?m)^(?=\| room \|)", said, text, count=1))


def _tidy(folder: Path) -> None:
    """Sort the imports and set the lines as the house has them: both depend on how long the names are."""
    ruff = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    for words in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"], ["check", "--quiet"]):
        subprocess.run([ruff or "ruff", *words, "--no-cache", str(folder)], cwd=ROOT, check=True)


def _migrate(name: str) -> None:
    """Have Django write the first migration."""
    _run("-m", "django", "makemigrations", name, "--name", "initial", "--verbosity", "0")


def _make_pages() -> None:
    """Make the pages anew that are made from what rooms declare."""
    for tool in ("access_doc.py", "api_doc.py"):
        _run(f"tools/{tool}")


def _run(*words: str) -> None:
    """Run a command of this Python upon the tree as it stands now; no data folder and no database of anybody."""
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "LIANFANG_DATA": data, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        environment.pop("DATABASE_URL", None)  # no database is asked
        environment["DJANGO_SETTINGS_MODULE"] = "lianfang.site.settings"
        subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, check=True)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    one = acts.add_parser("new", help="write a room with its tests")
    one.add_argument("name", metavar="NAME")
    one.add_argument("--after", required=True, metavar="ROOM", help="the room to whose right it stands")
    one.add_argument("--zh", required=True, help="what it is about, in Chinese, such as 风险区")
    one.add_argument("--en", help='the same in English, several of them, such as "Risk zones"; else the name')
    one.add_argument("--thing", help="one of them, as a word of the code, such as zone; else the name without its s")
    acts.add_parser("remove", help="take a room away").add_argument("name", metavar="NAME")
    look = acts.add_parser("check", help="how the rooms stand, and what exceeds the limits")
    look.add_argument("--names", action="store_true", help="also print which files outside name each room")
    asked = parser.parse_args(words)
    if asked.act == "new":
        en = asked.en or asked.name.replace("_", " ").capitalize()
        files = new(asked.name, after=asked.after, zh=asked.zh, en=en, thing=asked.thing or _single(asked.name))
        print(*(file.relative_to(ROOT) for file in files), sep="\n")
        print(
            f"The room {asked.name} stands after {asked.after}. Next: make check, make test; then say what it decides."
        )
    elif asked.act == "remove":
        remove(asked.name)
        print(f"The room {asked.name} is gone. What still names it: grep -rn {asked.name} src docs tests")
    else:
        return room_check.main(ROOT, names=asked.names)
    return 0


if __name__ == "__main__":
    sys.exit(main())
