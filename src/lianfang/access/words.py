"""Vocabulary words for pages and forms: labels in the language of the request."""

from django.utils.functional import lazy
from django.utils.translation import get_language

from lianfang.kernel.text import Lang, Text
from lianfang.kernel.vocabulary import Word


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
