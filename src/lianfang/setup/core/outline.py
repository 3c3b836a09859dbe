"""The tree of areas from an outline that somebody types: a line an area, set in below the one that it lies in."""

import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import AreaLevel

_CODED = re.compile(r"(?P<code>[0-9]{2,30})[\s,，、]+(?P<name>.+)")
_LEVELS = AreaLevel.codes()
_TAB = 4


class Area(NamedTuple):
    """An area of the tree; `parent` is empty for the highest."""

    code: str
    name: str
    name_en: str
    level: str
    parent: str


def parse_outline(
    text: str, *, top: str = AreaLevel.COUNTY.value, known: Mapping[tuple[str, str], str] | None = None
) -> list[Area]:
    """Return the areas of an outline, each after the one in which it lies.

    A line is a name, before it a code where one is known (``330999 安和县``), behind it the English name after a slash
    (``安和县 / Anhe``). What is set in deeper lies in the area above it; how deep does not matter, as long as what
    lies side by side is set in alike. An area without a code keeps the one under which it is known; a new one gets that
    of its parent with the next free three digits: an outline that was lengthened in the middle renames nothing.

    Parameters
    ----------
    text : str
        The outline.
    top : str
        Level of the highest area, a code of `AreaLevel`; each step in is one level lower.
    known : mapping of (parent's code, name) to code, optional
        The areas that are there already.

    Raises
    ------
    Refused
        With the number of the line, when the outline has no line, two highest areas, an indent that fits nothing above
        it, more levels than there are, a code twice, or a name twice in one area.
    """
    found: list[Area] = []
    open_at: list[tuple[int, str]] = []  # indents and codes of the areas in which the present line may lie
    names: set[tuple[str, str]] = set()
    codes: dict[str, int] = {}
    there = known or {}
    written = set(there.values()) | {
        m["code"] for line in text.splitlines() if (m := _CODED.fullmatch(_tidy(line).strip()))
    }
    for number, raw in enumerate(text.splitlines(), start=1):
        line = _tidy(raw)
        words = line.strip()
        if not words:
            continue
        indent = len(line) - len(line.lstrip(" "))
        while open_at and open_at[-1][0] >= indent:
            closed = open_at.pop()
            if open_at and open_at[-1][0] < indent < closed[0]:
                raise _at(number, "缩进与上文各级都不一致，请与同级对齐", "its indent fits no line above: align it")
        if found and not open_at:
            raise _at(
                number,
                "只能有一个最高一级的地区，请缩进到它之下",
                "there is one highest area: set this line in below it",
            )
        depth = _LEVELS.index(top) + len(open_at)
        if depth >= len(_LEVELS):
            lowest = AreaLevel.of(_LEVELS[-1]).label
            raise _at(
                number,
                f"已低于“{lowest.zh}”，没有更低的级别",
                f"it lies below a {lowest.en.lower()}: there is no lower level",
            )
        parent = open_at[-1][1] if open_at else ""
        matched = _CODED.fullmatch(words)
        name, _, name_en = (part.strip() for part in (matched["name"] if matched else words).partition("/"))
        code = matched["code"] if matched else there.get((parent, name)) or _next_code(parent, {*codes, *written})
        if not name:
            raise _at(number, "没有名称", "it has no name")
        if code in codes:
            raise _at(
                number,
                f"代码 {code} 已用于第 {codes[code]} 行",
                f"the code {code} stands in line {codes[code]} already",
            )
        if (parent, name) in names:
            raise _at(number, f"“{name}”在同一上级下出现两次", f"'{name}' stands twice in one area")
        codes[code] = number
        names.add((parent, name))
        found.append(Area(code, name, name_en, _LEVELS[depth], parent))
        open_at.append((indent, code))
    if not found:
        raise Refused(Text("请至少写一行：本县的名称", "write at least one line: the name of your county"))
    return found


def _tidy(line: str) -> str:
    """Return a line with plain characters; a tab or an ideographic blank counts as blanks."""
    return unicodedata.normalize("NFKC", line.replace("\u3000", "  ")).expandtabs(_TAB).rstrip()


def _next_code(parent: str, taken: set[str]) -> str:
    number = 1
    while f"{parent}{number:03d}" in taken:
        number += 1
    return f"{parent}{number:03d}"


def _at(line: int, zh: str, en: str) -> Refused:
    return Refused(Text(f"第 {line} 行：{zh}", f"line {line}: {en}"))
