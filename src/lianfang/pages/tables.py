"""The base of every table: who looks at it, and how it becomes a page, a stack of cards or a file."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

import django_tables2 as tables
from django.utils.encoding import force_str
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianfang.access.rules import ScopedRequest
from lianfang.access.times import now, to_local
from lianfang.records.seen import mark_of, subject_of

Fact = str | Callable[[Any], Any]


class Table(tables.Table):  # type: ignore[misc]
    """A table that knows its reader, and reads the present once.

    Its columns are of a kind (`pages.columns`), by which each is shown, covered by role, written to a file and given by
    the API.
    """

    request: ScopedRequest

    facts: ClassVar[Mapping[str, Fact]] = {}
    """What the API gives of a row beside, or in place of, what a column gives: a path (``person_id``), or a function of
    the row. Never a protected field of a person."""

    def mark_of(self, record: Any) -> str:
        """Return a short mark of what a row says, sent along when the row is chosen; empty: nobody decides about it."""
        subject = subject_of(record)
        return mark_of(record) if subject and subject.said else ""

    class Meta:
        template_name = "pages/table.html"
        attrs = {"class": "rows"}
        default = "—"

    def as_values(self, exclude_columns: Collection[str] | None = None) -> Iterator[list[Any]]:
        """Yield the table as a file holds it: the heads, with the unit of what is a number of something, then the rows.

        Columns that the page leaves out (``visible=False``) are in it.
        """
        left_out = exclude_columns or ()
        columns = [
            one for one in self.columns.iterall() if not one.column.exclude_from_export and one.name not in left_out
        ]
        yield [str(getattr(one.column, "head_in_file", str)(str(one.header))) for one in columns]
        for row in self.rows:
            yield [force_str(row.get_cell_value(one.name), strings_only=True) for one in columns]

    @property
    def role(self) -> str:
        """The role of the reader."""
        return self.request.account.role

    @cached_property
    def now(self) -> dt.datetime:
        """The present (aware), the same for every row."""
        return now()

    @cached_property
    def today(self) -> dt.date:
        """The local day of `now`."""
        return to_local(self.now).date()


class SelectColumn(tables.Column):  # type: ignore[misc]
    """A box to choose a row; it belongs to the form of the action bar."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            accessor="pk",
            orderable=False,
            exclude_from_export=True,
            verbose_name=_("Select"),
            attrs={"th": {"class": "select"}, "td": {"class": "select"}},
            **kwargs,
        )

    @property
    def header(self) -> str:
        return format_html(
            '<input type="checkbox" data-select-page aria-label="{}">', gettext("Select all rows on this page")
        )

    def render(self, value: Any, record: Any, table: Table) -> str:
        box = format_html(
            '<input type="checkbox" name="keys" value="{}" form="bulk" aria-label="{}">',
            value,
            gettext("Select row %(key)s") % {"key": value},
        )
        mark = table.mark_of(record)
        if not mark:
            return box
        return box + format_html('<input type="hidden" name="seen" value="{}:{}" form="bulk">', value, mark)
