"""Words for pages and forms in the language of the request: labels of vocabularies, names of areas."""

from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language

from lianfang.kernel.text import Lang, Text
from lianfang.kernel.vocabulary import AreaLevel, Word


def current_lang() -> Lang:
    """Return the language of the request (Chinese where none is set)."""
    return "en" if (get_language() or "zh").startswith("en") else "zh"


def say(text: Text) -> str:
    """Return a `Text` in the language of the request."""
    return text.in_language(current_lang())


say_lazy = lazy(say, str)


def choices(words: type[Word]) -> list[tuple[str, str]]:
    """Return the codes and lazy labels of a vocabulary, for forms and filters."""
    return [(word.value, say_lazy(word.label)) for word in words]


def label(words: type[Word], code: str) -> str:
    """Return the label of a code in the language of the request; an unknown code is shown as it is."""
    try:
        return say(words.of(code).label)
    except ValueError:
        return code


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
