"""Columns by kind: each is shown on a page, as a card on a phone, and written to a file, without a word from the room.

A room says what a column holds; how that looks and what a file gets follow from its kind::

    class CaseTable(Table):
        case_id = columns.Link(_("Case"), route="case", args=("pk",))
        name = columns.Person(_("Name"), route="person", args=("person_id",), accessor="person")
        classification = columns.Badge(_("Classification"), Classification)
        reported_at = columns.Moment(_("Reported"))
        jurisdiction = columns.Area(_("Area"))

Where a page says more than the value (a button beside it, a state beside a date), `shown` tells the page and the file
still gets the value of the kind; `plain` tells the file. Both are functions of the row and its table. On a phone a row
becomes a card: every cell carries its heading (``pages/table.html``), so that no kind needs a second form for it.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Literal

import django_tables2 as tables
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_tables2.utils import Accessor

from lianfang.access.core.protect import shown as covered
from lianfang.access.core.roles import may
from lianfang.access.words import area_line, area_name, label, say
from lianfang.kernel import text
from lianfang.kernel.vocabulary import Word
from lianfang.pages import parts

NOTHING = "—"
YES, NO = _("yes"), _("no")
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
        Row and table to what a file gets, where that is another value than the kind's.
    **kwargs
        What every column of django-tables2 takes: ``accessor``, ``orderable``, ``order_by``, ``empty_values``.
    """

    def __init__(
        self, verbose_name: Any = None, *, shown: Told | None = None, plain: Told | None = None, **kwargs: Any
    ) -> None:
        super().__init__(verbose_name=verbose_name, **kwargs)
        self._shown = shown
        self._plain = plain

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        """Return what a page shows: HTML or text."""
        return value

    def in_file(self, value: Any, record: Any, table: Any) -> Any:
        """Return what a file gets: a number, a date, a naive local time or a text."""
        return value

    def render(self, value: Any, record: Any, table: Any) -> Any:
        return self._shown(record, table) if self._shown else self.on_page(value, record, table)

    def value(self, value: Any, record: Any, table: Any) -> Any:
        return self._plain(record, table) if self._plain else self.in_file(value, record, table)


class Text(Column):
    """A text as it stands; with `shown` alone, the words that the room finds for a row, in the file too."""

    def value(self, value: Any, record: Any, table: Any) -> Any:
        said = self._plain or self._shown
        return said(record, table) if said else value


class Moment(Column):
    """A time, local and to the minute."""

    style: Literal["full", "date"] = "full"

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        return parts.moment(value, self.style)

    def in_file(self, value: Any, record: Any, table: Any) -> dt.datetime | dt.date | None:
        return None if value is None else _local(value)


class Day(Moment):
    """A day: a date, or a time of which only the local day counts."""

    style = "date"

    def in_file(self, value: Any, record: Any, table: Any) -> dt.date | None:
        if value is None:
            return None
        local = _local(value)
        return local.date() if isinstance(local, dt.datetime) else local


class Clock(Column):
    """A limit of time: running, due soon, overdue or done; a file gets when it is due.

    Parameters
    ----------
    done : str
        Path, from the row, of when it was done.
    """

    def __init__(self, verbose_name: Any = None, *, done: str = "done_at", **kwargs: Any) -> None:
        super().__init__(verbose_name, **kwargs)
        self.done = Accessor(done)

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        return parts.clock(value, table.now, done_at=self.done.resolve(record))

    def in_file(self, value: Any, record: Any, table: Any) -> dt.datetime | dt.date:
        return _local(value)


class Label(Column):
    """A code of a vocabulary, by its label."""

    def __init__(self, verbose_name: Any, words: type[Word], **kwargs: Any) -> None:
        super().__init__(verbose_name, **kwargs)
        self.words = words

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        return label(self.words, value)

    def in_file(self, value: Any, record: Any, table: Any) -> str:
        return label(self.words, value)


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

    def __init__(self, verbose_name: Any = None, *, short: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("order_by", "jurisdiction__path")
        super().__init__(verbose_name, **kwargs)
        self.short = short

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        return area_name(value) if self.short else area_line(value)

    def in_file(self, value: Any, record: Any, table: Any) -> str:
        return str(self.on_page(value, record, table))


class _Linked(Column):
    """A column that may lead somewhere: to `route`, with `args` (paths from the row), for whom `permission` lets in."""

    def __init__(
        self,
        verbose_name: Any = None,
        *,
        route: str = "",
        args: Sequence[str] = ("pk",),
        permission: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(verbose_name, **kwargs)
        self.route = route
        self.args = [Accessor(path) for path in args]
        self.permission = permission

    def opens(self, table: Any) -> bool:
        """Tell whether the reader may go where the column leads."""
        return bool(self.route) and (not self.permission or may(table.role, self.permission))

    def link_to(self, words: Any, record: Any) -> str:
        """Return a link to the route of the row."""
        address = reverse(self.route, args=[path.resolve(record) for path in self.args])
        return format_html('<a href="{}">{}</a>', address, words)


class Link(_Linked):
    """A value that leads to the page of something; plain for who may not open that page.

    Parameters
    ----------
    text : str, optional
        What stands in the link instead of the value; who may not open the page sees a dash.
    """

    def __init__(self, verbose_name: Any = None, *, route: str, text: Any = None, **kwargs: Any) -> None:
        super().__init__(verbose_name, route=route, **kwargs)
        self.text = text

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        words = value if self.text is None else self.text
        if self.opens(table):
            return self.link_to(words, record)
        return value if self.text is None else NOTHING


class Person(_Linked):
    """A field of a person, covered by the reader's role: of the `accessor`'s person; without one, of the row itself.

    Parameters
    ----------
    field : str
        ``name``, ``phone``, ``id_number``, ``address``, ``birth_date``.
    route, args
        Where a click leads: the route's name and its arguments as paths from the row; given by the room.
    otherwise : str
        Path, from the row, of what stands there for a person without that field, such as an id.
    """

    def __init__(self, verbose_name: Any = None, *, field: str = "name", otherwise: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("orderable", False)
        self.is_row = "accessor" not in kwargs
        if self.is_row:
            kwargs.setdefault("empty_values", ())
        super().__init__(verbose_name, **kwargs)
        self.field = field
        self.otherwise = Accessor(otherwise) if otherwise else None

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        words = self.in_file(value, record, table) or NOTHING
        return self.link_to(words, record) if self.opens(table) else words

    def in_file(self, value: Any, record: Any, table: Any) -> str:
        words = _covered(self.field, getattr(record if self.is_row else value, self.field), table)
        return words or (str(self.otherwise.resolve(record)) if self.otherwise else "")


class Masked(Column):
    """A protected value of the row itself, covered by the reader's role; `field` names what it is."""

    def __init__(self, verbose_name: Any, field: str, **kwargs: Any) -> None:
        super().__init__(verbose_name, **kwargs)
        self.field = field

    def on_page(self, value: Any, record: Any, table: Any) -> Any:
        return _covered(self.field, value, table)

    def in_file(self, value: Any, record: Any, table: Any) -> str:
        return _covered(self.field, value, table)


class Number(Column):
    """A number; a file gets the number alone.

    Parameters
    ----------
    unit : str
        Stands behind it on the page; lazy.
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

    def in_file(self, value: Any, record: Any, table: Any) -> Any:
        return value if self.digits is None else round(value, self.digits)


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


def _local(value: dt.datetime | dt.date) -> dt.datetime | dt.date:
    if not isinstance(value, dt.datetime):
        return value
    return (timezone.make_naive(value) if timezone.is_aware(value) else value).replace(second=0, microsecond=0)


def _covered(field: str, value: Any, table: Any) -> str:
    return covered(field, value.isoformat() if isinstance(value, dt.date) else value, table.role)
