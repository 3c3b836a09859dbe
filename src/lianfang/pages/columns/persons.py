"""Columns that lead somewhere, and columns of persons, whose fields are covered by the reader's role."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django_tables2.utils import Accessor

from lianfang.access.core.protect import shown as covered
from lianfang.access.core.roles import may
from lianfang.pages.columns import types
from lianfang.pages.columns.kinds import Column
from lianfang.pages.columns.types import Schema

NOTHING = "—"


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

    def in_schema(self, field: Schema | None) -> Schema:
        return types.TEXT if field is None else field


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
        if field == "name":
            kwargs.setdefault("attrs", {"td": {"class": "name"}})
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


def _covered(field: str, value: Any, table: Any) -> str:
    return covered(field, value.isoformat() if isinstance(value, dt.date) else value, table.role)
