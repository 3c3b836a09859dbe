"""What the file of a list holds, by the code of the column: the oracle of what the API may say."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.test import RequestFactory
from django.utils.translation import override

from lianfang.access.scope import scope_of
from lianfang.access.tests.cast import Cast
from lianfang.pages import columns
from lianfang.pages.api import columns_of
from lianfang.site.api.lists import ListRoute


def exported(one: ListRoute, cast: Cast, who: str, path: str) -> list[dict[str, Any]]:
    """Return the rows of the page's own file, without what only the API, or only a file, says otherwise."""
    request: Any = RequestFactory().get("/")
    request.user = request.account = getattr(cast, who)
    request.scope = scope_of(request.user)
    page = one.page()
    page.setup(request, **({"code": path.split("/")[1]} if "{" in one.path else {}))
    with override("en"):
        rows, _filterset = page.filtered()
        ordered = page.sorted_table(rows, ()).data.data
        head, *lines = list(page._lines(ordered, ordered.count(), "en"))
    names = list(columns_of(one.page.table_class))
    assert len(head) == len(names)
    # Where a file alone says more than a value ("until conditions hold"), `test_exports` holds it to the page.
    filed = {name for name, column in columns_of(one.page.table_class).items() if column.is_filed}
    replaced = {*one.page.table_class.facts, *filed}
    return [{name: cell for name, cell in zip(names, line, strict=True) if name not in replaced} for line in lines]


def as_in_file(one: ListRoute, name: str, row: dict[str, Any]) -> Any:
    """Return a value of the API as the file of the page would write it: written anew, apart from what the API does.

    A code is told by its words, a truth value by the column's, a time local and to the minute without its offset.
    """
    column = columns_of(one.page.table_class)[name]
    if isinstance(column, columns.Label | columns.Area | columns.Code):
        assert (row[name] is None) == (row[f"{name}_label"] is None), (name, row)
        return row[f"{name}_label"]
    value = row[name]
    assert f"{name}_label" not in row, name
    if value is None:
        return None
    if isinstance(column, columns.YesNo):
        assert isinstance(value, bool), (name, value)
        with override("en"):
            return str(column.words[value])
    if isinstance(column, columns.Day):
        return dt.date.fromisoformat(value)
    if isinstance(column, columns.Moment | columns.Clock):
        at = dt.datetime.fromisoformat(value)
        local = at.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(tzinfo=None)
        assert at.replace(tzinfo=None) == local, f"{name}: {value} has another offset than here"
        return local.replace(second=0, microsecond=0)
    return value


def written(cell: Any) -> Any:
    """Return a cell of a file with nothing as None: an empty cell and a dash hold nothing."""
    if cell is None or isinstance(cell, bool | int | float | dt.date):
        return cell
    return str(cell) if str(cell) not in ("", "—") else None
