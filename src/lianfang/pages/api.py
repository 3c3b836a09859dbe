"""A list page as the API answers it: the same rows, filters, order, masking and trace; values for programmes.

``GET /api/v1/cases?classification=confirmed&sort=-reported_at&limit=100&offset=200``
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.html import strip_tags

from lianfang.access.problems import FieldError, Invalid
from lianfang.kernel.text import Text
from lianfang.pages.columns import Column
from lianfang.pages.lists import ListPage, ScopedRequest
from lianfang.pages.tables import Fact, Table

LIMIT = 50
MOST = 200
FARTHEST = 10_000_000
LABEL = "_label"

_NOTHING = ("", "—")


@dataclass(frozen=True)
class Window:
    """Which rows of a list are asked for: so many from the `offset`-th on, in an order."""

    limit: int
    offset: int
    sort: tuple[str, ...]


def list_answer(page_class: type[ListPage], request: ScopedRequest, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of a list, and leave the trace that its page leaves.

    Parameters
    ----------
    page_class : type of ListPage
        The page of the list.
    request : HttpRequest
        With ``user`` and ``scope`` of whoever calls, as `access.api_door.door` sets them.
    kwargs : mapping
        What the page's address holds, such as the code of an outbreak.

    Returns
    -------
    dict
        ``count`` of all rows that fit, address of the ``next`` part or None, ``limit``, ``offset``, and ``rows``: each
        with its ``id`` and, by the code of each column, a number, a text, a truth value, a day or a time (ISO 8601,
        local with its offset), or None.

    Raises
    ------
    Invalid
        When the query names no filter or column of the list, or a value cannot be understood.
    """
    page = page_class()
    page.setup(request, **kwargs)
    rows, filterset = page.filtered()
    form = filterset.form if filterset is not None else None
    wrong = list(_unknown(request, form))
    window = _window(page, request, wrong)
    if form is not None:
        wrong += _form_errors(form)
    if wrong:
        raise Invalid(wrong)
    ordered: QuerySet[Any] = page.sorted_table(rows, window.sort).data.data
    count = ordered.count()
    part = page.table_class(ordered[window.offset : window.offset + window.limit], orderable=False)
    part.request = request
    answer = [row_answer(part, row) for row in part.rows]
    key = getattr(request, "api_key", None)
    page.record_read([str(row["id"]) for row in answer], filterset, **({"api_key": key.prefix} if key else {}))
    return {
        "count": count,
        "next": _next(request, window) if window.offset + window.limit < count else None,
        "limit": window.limit,
        "offset": window.offset,
        "rows": answer,
    }


def columns_of(table_class: type[Table]) -> dict[str, Column]:
    """Return the columns of a table that the API gives, by their codes, in their order.

    Raises
    ------
    ImproperlyConfigured
        When one is of no kind, or the table itself says what its file gets: the API would not cover it as the file.
    """
    columns = {name: one for name, one in table_class.base_columns.items() if not one.exclude_from_export}
    for name, one in columns.items():
        if not isinstance(one, Column):
            raise ImproperlyConfigured(f"{table_class.__name__}.{name} is of no kind: make it one of pages.columns")
        if own := [word for word in ("value", "render") if hasattr(table_class, f"{word}_{name}")]:
            wrong = f"{table_class.__name__}.{own[0]}_{name}"
            raise ImproperlyConfigured(f"{wrong} is not read by the API: say it by the column, with shown= or plain=")
    return columns


def query_fields(form: forms.BaseForm) -> dict[str, tuple[str, forms.Field]]:
    """Return every name of a query that a form reads, with the field that it belongs to; a range of days has two."""
    found = {}
    for name, field in form.fields.items():
        suffixes = getattr(field.widget, "suffixes", None)
        for part in [f"{name}_{suffix}" for suffix in suffixes] if suffixes else [name]:
            found[part] = (name, field)
    return found


def plain_value(value: Any) -> Any:
    """Return a cell as JSON holds it: a time local with its offset, numbers as numbers, nothing as None."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | Decimal):
        number = float(value)
        return number if number == number and abs(number) != float("inf") else None
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else timezone.make_aware(value)
        return local.isoformat(timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain_value(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(one) for one in value]
    # A column without a value of its own may give HTML.
    words = strip_tags(value) if hasattr(value, "__html__") else force_str(value)
    return None if words in _NOTHING else words


def row_answer(table: Table, row: Any) -> dict[str, Any]:
    """Return a row of a table as the API gives it: its id, each column in the form of its kind, and the facts.

    Parameters
    ----------
    table : Table
        With its request, whose account's role covers what is protected.
    row : django_tables2.rows.BoundRow
        One of the table's rows.
    """
    record = row.record
    answer: dict[str, Any] = {"id": plain_value(record.pk)}
    for name, column in columns_of(type(table)).items():
        value = table.columns[name].accessor.resolve(record, quiet=True)
        is_empty = value in column.empty_values
        answer[name] = None if is_empty else plain_value(column.given(value, record, table))
        if column.has_words:
            answer[name + LABEL] = plain_value(row.get_cell_value(name))
    answer.update({name: plain_value(_fact(record, fact)) for name, fact in table.facts.items()})
    return answer


def _fact(record: Model, fact: Fact) -> Any:
    if callable(fact):
        return fact(record)
    return reduce(lambda part, name: None if part is None else getattr(part, name), fact.split("."), record)


def _window(page: ListPage, request: ScopedRequest, wrong: list[FieldError]) -> Window:
    sort = [one.strip() for given in request.GET.getlist("sort") for one in given.split(",") if one.strip()]
    columns = columns_of(page.table_class)
    orderable = [name for name, column in columns.items() if _is_orderable(page.table_class, column)]
    for one in sort:
        if one.removeprefix("-") not in orderable:
            words = Text("不能按“{one}”排序；可用：{names}", "cannot sort by '{one}'; there are: {names}")
            wrong.append(FieldError("sort", words.format(one=one, names=", ".join(orderable))))
    limit = _number(request, "limit", LIMIT, 1, MOST, wrong)
    return Window(limit, _number(request, "offset", 0, 0, FARTHEST, wrong), tuple(sort))


def _is_orderable(table_class: type[Table], column: Any) -> bool:
    own = column.orderable
    return bool(table_class._meta.orderable if own is None else own)


def _number(request: ScopedRequest, name: str, otherwise: int, least: int, most: int, wrong: list[FieldError]) -> int:
    given = request.GET.get(name, "")
    if not given:
        return otherwise
    if given.isascii() and given.isdigit() and len(given) <= len(str(most)) and least <= int(given) <= most:
        return int(given)
    words = Text("须为 {least} 至 {most} 的整数", "must be a whole number from {least} to {most}")
    wrong.append(FieldError(name, words.format(least=least, most=most)))
    return otherwise


def _unknown(request: ScopedRequest, form: forms.BaseForm | None) -> Iterator[FieldError]:
    known = {"sort", "limit", "offset", *(query_fields(form) if form is not None else ())}
    for name in request.GET:
        if name not in known:
            words = Text("没有这个筛选项；可用：{names}", "there is no such filter; there are: {names}")
            yield FieldError(name, words.format(names=", ".join(sorted(known))))


def _form_errors(form: forms.BaseForm) -> Iterator[FieldError]:
    names = query_fields(form)
    for name, (_own, field) in names.items():
        # A page's control sends no other; read as "no filter", a slip of the pen would show everything.
        if isinstance(field, forms.NullBooleanField) and form.data.get(name) not in (None, "", "true", "false"):
            yield FieldError(name, Text("须为 true 或 false", "must be true or false"))
    for wrong, messages in form.errors.items():
        sent = [name for name, (own, _field) in names.items() if own == wrong and name in form.data]
        yield FieldError(sent[0] if sent else str(wrong), " ".join(str(message) for message in messages))


def _next(request: ScopedRequest, window: Window) -> str:
    query = request.GET.copy()
    query["limit"], query["offset"] = str(window.limit), str(window.offset + window.limit)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


__all__ = ["LIMIT", "MOST", "columns_of", "list_answer", "plain_value", "query_fields", "row_answer"]
