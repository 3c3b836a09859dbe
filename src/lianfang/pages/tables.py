"""The base of every table: who looks at it, and how it becomes a page, a stack of cards or a file."""

from typing import Any

import django_tables2 as tables
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianfang.records.seen import mark_of, subject_of


class Table(tables.Table):  # type: ignore[misc]
    """A table that knows its reader.

    A column with protected values covers them in ``render_<column>``::

        def render_phone(self, value: str) -> str:
            return shown("phone", value, self.role)

    What `render_<column>` gives is exported too; where it gives HTML, write ``value_<column>`` beside it.
    """

    request: HttpRequest

    def mark_of(self, record: Any) -> str:
        """Return a short mark of what a row says, sent along when the row is chosen; empty: nobody decides about it."""
        return mark_of(record) if subject_of(record) else ""

    class Meta:
        template_name = "pages/table.html"
        attrs = {"class": "rows"}
        default = "—"

    @property
    def role(self) -> str:
        """The role of the reader."""
        return self.request.user.role  # type: ignore[union-attr]


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
