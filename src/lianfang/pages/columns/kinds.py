"""The base of every column, and the plain kinds: a text, a time, a limit of time, a number, a reason."""

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils import timezone
from django_tables2.utils import Accessor

from lianfang.access.words import current_lang, say
from lianfang.kernel import text
from lianfang.pages import parts
from lianfang.pages.columns import types
from lianfang.pages.columns.types import Schema

_WITH_UNIT = text.Text("{head}（{unit}）", "{head} ({unit})")

Told = Callable[[Any, Any], Any]
"""A function of a row and its table."""


class Column(tables.Column):  # type: ignore[misc]
    """The base of every kind.

    Parameters
    ----------
    verbose_name : str
        The heading; lazy.
    shown : callable, optional
        Row and table to what the page shows, where that is more than the kind shows.
    plain : callable, optional
        Row and table to what a file and the API get, where that is another value than the kind's.
    filed : callable, optional
        Row and table to what a file alone gets, where a programme gets something else.
    head : str, optional
        What stands above the column in a file, where that is more than the heading of the page; lazy.
    **kwargs
        What every column of django-tables2 takes: ``accessor``, ``orderable``, ``order_by``, ``empty_values``. With
        ``visible=False`` the page leaves the column out; a file and the API have it.
    """

    is_code: ClassVar[bool] = False
    """Whether the API gives a code; what a file gets then stands beside it as its words."""

    def __init__(
        self,
        verbose_name: Any = None,
        *,
        shown: Told | None = None,
        plain: Told | None = None,
        filed: Told | None = None,
        head: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(verbose_name=verbose_name, **kwargs)
        self._shown = shown
        self._plain = plain
        self._filed = filed
        self._head = head

    @property
    def is_filed(self) -> bool:
        """Whether a file alone gets something else than a programme."""
        return self._filed is not None

    def head_in_file(self, heading: str) -> str:
        """Return what stands above the column in a file: the heading of the page, unless the column says more."""
        return heading if self._head is None else str(self._head)

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        """Return what a page shows: HTML or text."""
        return value

    def in_file(self, value: Any, record: Any, table: Any) -> Any:
        """Return what a file gets: a number, a date, a naive local time or a text."""
        return value

    def render(self, value: Any, record: Any, table: Any) -> Any:
        return self._shown(record, table) if self._shown else self.on_page(value, record, table)

    def value(self, value: Any, record: Any, table: Any) -> Any:
        said = self._filed or self._plain
        return said(record, table) if said else self.in_file(value, record, table)

    def in_api(self, value: Any, record: Any, table: Any) -> Any:
        """Return what the API gives: what a file gets, unless the kind has a form for programmes."""
        return self.in_file(value, record, table)

    def in_schema(self, field: Schema | None) -> Schema:
        """Return what `in_api` gives, as JSON Schema; `field` is that of the field that the column reads, if any."""
        return types.TEXT

    @property
    def has_words(self) -> bool:
        """Whether the API gives a code and its words beside it."""
        return self.is_code and self._plain is None

    def given(self, value: Any, record: Any, table: Any) -> Any:
        """Return what the API gives; where the room says what a file gets (`plain`), that and nothing beside it."""
        return self._plain(record, table) if self._plain else self.in_api(value, record, table)

    def schema(self, field: Schema | None) -> Schema:
        """Return what `given` returns, as JSON Schema."""
        if self._plain is None:
            return self.in_schema(field)
        return types.schema_of_function(self._plain) or types.ANYTHING


class Text(Column):
    """A text as it stands; with `shown` alone, the words that the room finds for a row, in the file too."""

    def value(self, value: Any, record: Any, table: Any) -> Any:
        said = self._filed or self._plain or self._shown
        return said(record, table) if said else value

    def given(self, value: Any, record: Any, table: Any) -> str | None:
        said = self._plain or self._shown
        words = said(record, table) if said else value
        return None if words is None else str(words)

    def schema(self, field: Schema | None) -> Schema:
        return types.TEXT


class Moment(Column):
    """A time, local and to the minute."""

    style: Literal["full", "date"] = "full"

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        return parts.moment(value, self.style)

    def in_file(self, value: Any, record: Any, table: Any) -> dt.datetime | dt.date | None:
        return None if value is None else _local(value)

    def in_api(self, value: Any, record: Any, table: Any) -> Any:
        # With its seconds and its own offset: of a time without them, both would have to be guessed.
        return value

    def in_schema(self, field: Schema | None) -> Schema:
        return types.DAY if field == types.DAY else types.TIME


class Day(Moment):
    """A day: a date, or a time of which only the local day counts."""

    style = "date"

    def in_file(self, value: Any, record: Any, table: Any) -> dt.date | None:
        if value is None:
            return None
        local = _local(value)
        return local.date() if isinstance(local, dt.datetime) else local

    def in_api(self, value: Any, record: Any, table: Any) -> Any:
        return self.in_file(value, record, table)

    def in_schema(self, field: Schema | None) -> Schema:
        return types.DAY


class Clock(Column):
    """A limit of time: running, due soon, overdue, paused or done; a file gets when it is due.

    Parameters
    ----------
    done, paused, reason : str
        Paths, from the row, of when it was done, since when it is paused and why; empty: it is never paused.
    """

    def __init__(
        self, verbose_name: Any = None, *, done: str = "done_at", paused: str = "", reason: str = "", **kwargs: Any
    ) -> None:
        super().__init__(verbose_name, **kwargs)
        self.done, self.paused, self.reason = Accessor(done), Accessor(paused), Accessor(reason)

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        since = self.paused.resolve(record) if self.paused else None
        why = self.reason.resolve(record) if self.reason and since else ""
        return parts.clock(value, table.now, done_at=self.done.resolve(record), paused_at=since, why=why)

    def in_file(self, value: Any, record: Any, table: Any) -> dt.datetime | dt.date:
        return _local(value)

    def in_api(self, value: Any, record: Any, table: Any) -> Any:
        return value

    def in_schema(self, field: Schema | None) -> Schema:
        return types.TIME


class Number(Column):
    """A number; a file gets the number alone, and its unit in the head.

    Parameters
    ----------
    unit : str
        Stands behind it on the page, and in the head of a file; lazy.
    said : callable, optional
        Number to its words on the page, instead of number and unit; the words may be a `kernel.text.Text`.
    digits : int, optional
        Digits after the point in a file.
    """

    def __init__(
        self,
        verbose_name: Any = None,
        unit: Any = "",
        *,
        said: Callable[[Any], Any] | None = None,
        digits: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(verbose_name, **kwargs)
        self.unit = unit
        self.said = said
        self.digits = digits

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        if self.said is not None:
            words = self.said(value)
            return say(words) if isinstance(words, text.Text) else words
        return f"{value} {self.unit}" if self.unit else value

    def head_in_file(self, heading: str) -> str:
        words = super().head_in_file(heading)
        return _WITH_UNIT.format(head=words, unit=self.unit).in_language(current_lang()) if self.unit else words

    def in_file(self, value: Any, record: Any, table: Any) -> Any:
        return value if self.digits is None else round(value, self.digits)

    def in_schema(self, field: Schema | None) -> Schema:
        return types.INTEGER if field == types.INTEGER and not self.digits else types.NUMBER


class Why(Column):
    """A reason that opens beside the row: its words, and the rule behind it, loaded from an address.

    Parameters
    ----------
    text, url : callable
        Row and table to the words, and to the address of the rule (none: the words alone).
    """

    def __init__(self, verbose_name: Any, text: Told, url: Told | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("orderable", False)
        super().__init__(verbose_name, **kwargs)
        self.text = text
        self.url = url

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        url = self.url(record, table) if self.url else ""
        return render_to_string("pages/why.html", {"text": self.text(record, table), "url": url})

    def in_file(self, value: Any, record: Any, table: Any) -> str:
        return str(self.text(record, table))


def _local(value: dt.datetime | dt.date) -> dt.datetime | dt.date:
    if not isinstance(value, dt.datetime):
        return value
    return (timezone.make_naive(value) if timezone.is_aware(value) else value).replace(second=0, microsecond=0)
