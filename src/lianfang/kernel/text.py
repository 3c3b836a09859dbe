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
