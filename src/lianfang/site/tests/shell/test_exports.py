"""Every list of the application as a file, cell by cell against what its page shows, in both languages.

The page is read as its reader sees it: the text of each cell of its table. A file may hold more (columns that the page
folds away); it never holds something else, and leaves out nothing that the page says.
"""

import csv
import datetime as dt
import io
import re
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pytest
from django.utils.translation import override

from lianfang.access.core.roles import may
from lianfang.access.tests.cast import Cast
from lianfang.house import lists
from lianfang.pages import columns
from lianfang.pages.lists import EXPORT_PERMISSION
from lianfang.site import urls as site_urls
from lianfang.site.api.lists import ListRoute, list_routes

pytestmark = [pytest.mark.django_db, pytest.mark.database]

LISTS = {one.name: one for one in list_routes(site_urls.pages, lists())}
READERS = ("investigator", "administrator", "auditor")
ONLY_ON_THE_PAGE = {
    "zh-hans": ("依据", "规则及其出处", "调整", "今天", "剩余", "剩", "还剩", "超", "即将到期", "已逾期", "计时中"),
    "en": ("Why?", "The rule and its source", "Change", "today", "left", "over", "due soon", "overdue", "running"),
}
"""What leads to another page, and what follows from when something is due and the time of reading."""


class Cells(HTMLParser):
    """Reads the texts of the heads and of the cells of a page's table of rows."""

    def __init__(self) -> None:
        super().__init__()
        self.heads: list[str] = []
        self.rows: list[list[str]] = []
        self._into: list[str] | None = None
        self._is_table = self._is_select = False
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self._is_table = "rows" in (given.get("class") or "")
        if not self._is_table:
            return
        if tag in ("svg", "script"):
            self._hidden += 1
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self._is_select = given.get("class") == "select"
            self._into = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("svg", "script") and self._hidden:
            self._hidden -= 1
        if tag == "table":
            self._is_table = False
        if tag in ("th", "td") and self._into is not None:
            text = " ".join(" ".join(self._into).split())
            if not self._is_select:
                (self.heads if tag == "th" else self.rows[-1]).append(text)
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None and not self._hidden:
            self._into.append(data)


def on_page(client: Any, address: str) -> tuple[list[str], list[list[str]]]:
    answer = client.get(address, {"per_page": 200})
    assert answer.status_code == 200
    read = Cells()
    read.feed(answer.content.decode())
    return read.heads, [row for row in read.rows if row]


def in_csv(client: Any, address: str) -> list[list[str]]:
    answer = client.get(address, {"export": "csv"})
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def in_xlsx(client: Any, address: str) -> list[list[Any]]:
    answer = client.get(address, {"export": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    return [
        [one.value.date() if one.number_format == "yyyy-mm-dd" else one.value for one in row]
        for row in sheet.iter_rows()
    ]


def words(cell: Any) -> str:
    """Write a cell of a sheet as the page writes it."""
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def says(column: Any, filed: Any, shown: str) -> bool:
    """Tell whether the page's cell says what the file's cell does."""
    if isinstance(column, columns.Number) and column.said is not None:
        with_unit = column.on_page(filed, None, None)
        return shown == str(with_unit)
    if isinstance(column, columns.Clock) and ("done" in shown or "办结" in shown):
        return True  # the page shows when it was done, which is another column of the file
    if isinstance(column, columns.Text) and ";" in str(filed):  # days of tests: the page shows the next
        return any(day in shown for day in str(filed).split("; ")) or shown == "—"
    return all(squeezed(part) in squeezed(shown) for part in re.split(r"；|; ", words(filed)))


def left_over(shown: str, filed: list[Any], language: str) -> str:
    """Return what a cell of the page says and no cell of the file's row does."""
    rest = squeezed(shown)
    told = {part for one in filed for part in (words(one), *re.split(r"；|; ", words(one)))}
    for one in sorted({*told, *ONLY_ON_THE_PAGE[language]}, key=len, reverse=True):
        if one:
            rest = rest.replace(squeezed(one), "")
    rest = re.sub(r"\d+(天|小时|分钟|秒|days?|h|min|s)", "", rest)  # how long is left, reckoned from when it is due
    return re.sub(r"[(（]\+\d+[)）]|[…\-—;；.·]", "", rest)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("who", READERS)
@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_file_says_what_its_page_says(county: Cast, name: str, who: str, language: str) -> None:
    one, account = LISTS[name], getattr(county, who)
    if not (may(account.role, one.permission) and may(account.role, EXPORT_PERMISSION)):
        return
    client = county.client(who)
    account.language = language
    account.save()
    address = re.sub(r"<[^>]+>", "OB-1", one.address)
    _check(one, client, address, language)


def _check(one: ListRoute, client: Any, address: str, language: str) -> None:
    with override(language):
        shown_heads, shown = on_page(client, address)
        sheet, text = in_xlsx(client, address), in_csv(client, address)
        table = one.page.table_class
        named = {n: c for n, c in table.base_columns.items() if not c.exclude_from_export}
        on_the_page = [n for n, c in table.base_columns.items() if c.visible and n != "select"]
        heads, rows = sheet[0], sheet[1:]
        assert rows and len(rows) >= len(shown), one.name
        # The trail grows by each reading: the newest lines stand first there.
        rows = rows[len(rows) - len(shown) :]
        assert len(heads) == len(named) and len(shown_heads) == len(on_the_page), one.name
        if language == "en":
            assert not re.search("[\u4e00-\u9fff]", "".join(heads)), heads
        else:
            assert all(re.search("[\u4e00-\u9fff]", head) for head in heads), heads
        for row, page_row in zip(rows, shown, strict=True):
            at_page = dict(zip(on_the_page, page_row, strict=True))
            at_file = dict(zip(named, row, strict=True))
            for code, column in named.items():
                cell = at_file[code]
                if code not in at_page:
                    continue
                said = at_page[code]
                if cell in (None, ""):
                    assert left_over(said, row, language) == "", (one.name, code, said, row)
                    continue
                assert says(column, cell, said), (one.name, code, cell, said)
                if not (isinstance(column, columns.Number) and column.said is not None):
                    assert left_over(said, row, language) == "", (one.name, code, said, row)
                _kind(column, cell)
        # A CSV holds the same, by the minute; it alone guards what could run.
        assert text[0] == [str(head) for head in heads]
        for line, row in zip(text[len(text) - len(rows) :], rows, strict=True):
            assert [re.sub(r"^(-?\d+)\.0$", r"\1", cell.removeprefix("'")) for cell in line] == [
                words(cell) for cell in row
            ]


def _kind(column: Any, cell: Any) -> None:
    if isinstance(column, columns.Number):
        assert isinstance(cell, int | float), (column, cell)
    elif isinstance(column, columns.Day):
        assert type(cell) is dt.date, (column, cell)
    elif isinstance(column, columns.Clock) or (isinstance(column, columns.Moment) and not column.is_filed):
        assert isinstance(cell, dt.datetime), (column, cell)
    else:
        assert isinstance(cell, str | dt.datetime), (column, cell)
