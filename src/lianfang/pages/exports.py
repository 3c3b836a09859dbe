"""Rows as files: CSV that streams, XLSX written row by row; formulas neutralised."""

import csv
import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(value: Any) -> Any:
    """Return a text that a spreadsheet will not run as a formula: one that could start one gets an apostrophe.

    Numbers, times and empty values are returned as they are.
    """
    if isinstance(value, str) and value.startswith(_STARTS_FORMULA):
        return "'" + value
    return value


def plain(value: Any) -> Any:
    """Return a cell as a file holds it: a time by the minute and local, None as an empty text, else a neutral text."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, dt.datetime):
        local = timezone.make_naive(value) if timezone.is_aware(value) else value
        return f"{local:%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return neutral(str(value))


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
    """Return rows as an XLSX file, written to disk row by row so that its length does not matter to memory."""
    import xlsxwriter

    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            value = plain(cell)
            if isinstance(value, int | float):
                sheet.write_number(number, place, value)
            else:
                sheet.write_string(number, place, value, bold if number == 0 else None)
    sheet.freeze_panes(1, 0)
    book.close()
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=filename,
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
