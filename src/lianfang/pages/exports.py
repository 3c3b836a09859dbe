"""Rows as files: CSV that streams, XLSX written row by row; numbers stay numbers, days days, and no text runs."""

import csv
import datetime as dt
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?|[-－]")
"""Texts that a spreadsheet reads as a number, or as a dash, and never runs."""
NOTHING = ("", "—")
"""What a page shows where there is nothing; a file has an empty cell there."""

_WIDEST, _NARROWEST = 48, 8
_LOOKED_AT = 200


def neutral(value: Any) -> Any:
    """Return a text that a spreadsheet will not run as a formula: one that could start one gets an apostrophe.

    Numbers, times and empty values are returned as they are, and so is a text that is a number.
    """
    if isinstance(value, str) and value.startswith(_STARTS_FORMULA) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def typed(value: Any) -> int | float | dt.datetime | dt.date | str:
    """Return a cell as a file holds it: a number, a day, a local time to the minute, or a text; nothing is ``""``."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value)
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return ""
    if isinstance(value, int | float):
        return value
    if isinstance(value, dt.datetime):
        return (timezone.make_naive(value) if timezone.is_aware(value) else value).replace(second=0, microsecond=0)
    if isinstance(value, dt.date):
        return value
    words = str(value)
    return "" if words in NOTHING else words


def plain(value: Any) -> int | float | str:
    """Return a cell as a CSV holds it: a time by the minute and local, nothing as an empty text, else a neutral text.

    A CSV has no kinds of cells: whoever opens it guesses, so a text that could be taken for a formula is guarded.
    """
    cell = typed(value)
    if isinstance(cell, dt.datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return neutral(cell)  # type: ignore[no-any-return]


class _Line:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_response(rows: Iterable[Sequence[Any]], filename: str) -> HttpResponseBase:
    """Return rows as a CSV that streams; UTF-8 with a mark, by which spreadsheets tell the encoding."""
    writer = csv.writer(_Line())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in rows:
            yield writer.writerow([plain(cell) for cell in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def xlsx_response(rows: Iterable[Sequence[Any]], filename: str) -> HttpResponseBase:
    """Return rows as an XLSX file, written to disk row by row so that its length does not matter to memory.

    Days and times are cells of that kind. A text is a text cell, which is never run and so needs no guard. Printed, the
    sheet is as wide as an A4 page lies, with the heads on each page.
    """
    import xlsxwriter

    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"})
    widths: list[int] = []
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            cell = typed(value)
            if isinstance(cell, int | float):
                sheet.write_number(number, place, cell)
            elif isinstance(cell, dt.datetime):
                sheet.write_datetime(number, place, cell, moment)
            elif isinstance(cell, dt.date):
                sheet.write_datetime(number, place, cell, day)
            elif cell:
                sheet.write_string(number, place, cell, bold if number == 0 else None)
            if number < _LOOKED_AT:
                widths += [_NARROWEST] * (place + 1 - len(widths))
                widths[place] = max(widths[place], min(_width(str(plain(value))), _WIDEST))
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width + 1)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    book.close()
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=filename,
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


def _width(words: str) -> int:
    """Return how wide a text stands, in Latin letters: a Chinese character takes two."""
    return sum(2 if character > "\u2e7f" else 1 for character in words)
