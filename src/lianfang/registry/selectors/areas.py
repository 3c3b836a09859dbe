"""The names of areas, in the language of the request."""

from typing import Any

from lianfang.access.words import current_lang
from lianfang.kernel.vocabulary import AreaLevel


def area_name(area: Any) -> str:
    """Return the name of a jurisdiction in the language of the request."""
    return str(area.name_en or area.name if current_lang() == "en" else area.name)


def area_line(area: Any) -> str:
    """Return where an area lies, from its township down: "东桥镇 河口社区 第3网格".

    A name that its part repeats (河口社区 in 河口社区第3网格) is told once. Walks the parents; a list asks for
    them with ``select_related("jurisdiction__parent__parent__parent")``.
    """
    names: list[str] = []
    while area is not None:
        name = area_name(area)
        if not (names and names[-1].startswith(name)):
            names.append(name)
        if area.level not in (AreaLevel.GRID, AreaLevel.COMMUNITY):
            break
        area = area.parent
    return " ".join(reversed(names))
