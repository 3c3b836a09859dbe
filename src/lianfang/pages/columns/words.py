"""Columns of words: a code of a vocabulary, an area, yes or no."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from lianfang.access.words import area_line, area_name, label, say
from lianfang.kernel.vocabulary import Word
from lianfang.pages import parts
from lianfang.pages.columns import types
from lianfang.pages.columns.kinds import Column, Told
from lianfang.pages.columns.types import Schema

YES, NO = _("yes"), _("no")


class Code(Column):
    """A code that the room puts into words: those on a page and in a file, the code beside them in the API.

    Parameters
    ----------
    words : callable
        Row and table to the words; lazy ones too.
    code : callable, optional
        Row and table to the code, where it is not the value of the column.
    """

    is_code: ClassVar[bool] = True

    def __init__(self, verbose_name: Any, words: Told, *, code: Told | None = None, **kwargs: Any) -> None:
        super().__init__(verbose_name, **kwargs)
        self.words = words
        self.code = code

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        return self.words(record, table)

    def in_file(self, value: Any, record: Any, table: Any) -> str:
        return str(self.words(record, table))

    def in_api(self, value: Any, record: Any, table: Any) -> Any:
        return value if self.code is None else self.code(record, table)


class Label(Column):
    """A code of a vocabulary, by its label."""

    is_code: ClassVar[bool] = True

    def __init__(self, verbose_name: Any, words: type[Word], **kwargs: Any) -> None:
        super().__init__(verbose_name, **kwargs)
        self.words = words

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        return label(self.words, value)

    def in_file(self, value: Any, record: Any, table: Any) -> str:
        return label(self.words, value)

    def in_api(self, value: Any, record: Any, table: Any) -> Any:
        return value

    def in_schema(self, field: Schema | None) -> Schema:
        # Not as an "enum": a code of another version is given as it is, as pages show it.
        return {**types.TEXT, "x-codes": {word.value: say(word.label) for word in self.words}}


class Badge(Label):
    """A code of a vocabulary, by its label with a shape and a colour."""

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        return parts.badge_of(self.words, value)


class Area(Column):
    """A jurisdiction, from its township down; the list asks for it with its parents (``select_related``).

    Parameters
    ----------
    short : bool
        Its own name alone.
    """

    is_code: ClassVar[bool] = True

    def __init__(self, verbose_name: Any = None, *, short: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("order_by", "jurisdiction__path")
        kwargs.setdefault("attrs", {"td": {"class": "area"}})
        super().__init__(verbose_name, **kwargs)
        self.short = short

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        return area_name(value) if self.short else area_line(value)

    def in_file(self, value: Any, record: Any, table: Any) -> str:
        return str(self.on_page(value, record, table))

    def in_api(self, value: Any, record: Any, table: Any) -> str:
        return str(value.code)


class YesNo(Column):
    """Yes or no, by the room's own words where it has them; with `badge`, by shape and colour too."""

    def __init__(
        self, verbose_name: Any = None, *, yes: Any = YES, no: Any = NO, badge: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(verbose_name, **kwargs)
        self.words = {True: yes, False: no}
        self.badge = badge

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        words = self.words[bool(value)]
        if not self.badge:
            return words
        return parts.badge(words, "good") if value else parts.badge(words, "neutral", "no")

    def in_file(self, value: Any, record: Any, table: Any) -> str:
        return str(self.words[bool(value)])

    def in_api(self, value: Any, record: Any, table: Any) -> bool:
        return bool(value)

    def in_schema(self, field: Schema | None) -> Schema:
        return types.YES_NO
