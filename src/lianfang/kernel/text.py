"""Words in the two languages of the system, carried together until the reader's language is known."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Lang = Literal["zh", "en"]


def language_of(environment: Mapping[str, str]) -> Lang:
    """Return the language of the command line: ``LIANFANG_LANG``, else the locale's, else Chinese.

    Parameters
    ----------
    environment : mapping
        Usually ``os.environ``; this module reads none.
    """
    asked = environment.get("LIANFANG_LANG") or environment.get("LC_ALL") or environment.get("LANG") or ""
    return "en" if asked.startswith("en") else "zh"


class Text(NamedTuple):
    """One sentence or label in Chinese and in English.

    Examples
    --------
    >>> Text("{n} 行", "{n} rows").format(n=3).in_language("en")
    '3 rows'
    """

    zh: str
    en: str

    def in_language(self, lang: Lang) -> str:
        """Return the words of one language."""
        return self.zh if lang == "zh" else self.en

    def format(self, **values: object) -> "Text":
        """Fill the named gaps of both languages; a value that is itself a `Text` gives each language its own words."""
        zh = {k: v.zh if isinstance(v, Text) else v for k, v in values.items()}
        en = {k: v.en if isinstance(v, Text) else v for k, v in values.items()}
        return Text(self.zh.format(**zh), self.en.format(**en))


class Counted(NamedTuple):
    """A sentence about a number of things: English has one form for one and another for many, Chinese has one.

    Examples
    --------
    >>> Counted("{n} 行", "{n} row", "{n} rows").format(n=1).in_language("en")
    '1 row'
    """

    zh: str
    one: str
    many: str

    def format(self, *, n: int) -> Text:
        """Return the sentence for `n` things."""
        return Text(self.zh, self.one if n == 1 else self.many).format(n=n)
