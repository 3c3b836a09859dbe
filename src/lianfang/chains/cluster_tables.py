"""Tables of the report "Chains and clusters": each column once, for the page and for its file."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any

import polars as pl
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lianfang.chains.models import ClusterReport
from lianfang.kernel.text import Lang
from lianfang.pages import parts

Row = dict[str, Any]
Figure = tuple[str, str, str]

SHOWN = 12
"""Rows of a table on the page; its file has all."""


@dataclass(frozen=True)
class Column:
    """A column of the page's table, and the columns of the file that say the same.

    Attributes
    ----------
    head : str
        Head of the column.
    shown : callable
        The cell as the page shows it.
    held : dict of callable
        Cells as a file holds them, by the name of the file's column: the same in both languages, so that files can be
        joined.
    """

    head: str
    shown: Callable[[Row], Any]
    held: dict[str, Callable[[Row], Any]]


@dataclass(frozen=True)
class Panel:
    """One question, its answer and how the answer was found.

    Attributes
    ----------
    key : str
        Names the panel in addresses.
    title, how : str
        The question, and how it is computed.
    columns : list of Column
        What the table says of a row.
    table : list of dict
        Rows of the table.
    is_shown : callable
        Whether the page shows a row too, and not the file alone.
    figures : list of (label, value, note)
        Estimates, each with its interval in the note.
    basis : str
        What the numbers rest on.
    empty : str
        What to do where there is nothing to show.
    """

    key: str
    title: str
    how: str
    columns: list[Column]
    table: list[Row]
    is_shown: Callable[[Row], bool] = lambda row: True
    figures: list[Figure] = field(default_factory=list)
    basis: str = ""
    empty: str = ""

    @property
    def heads(self) -> list[str]:
        """Heads of the table."""
        return [column.head for column in self.columns]

    @cached_property
    def shown(self) -> list[Row]:
        """The rows that the page shows too."""
        return [row for row in self.table if self.is_shown(row)]

    @cached_property
    def rows(self) -> list[list[Any]]:
        """Cells of the first of these rows, as the page shows them: the others cost nothing."""
        return [[column.shown(row) for column in self.columns] for row in self.shown[:SHOWN]]

    @property
    def values(self) -> list[list[Any]]:
        """The same cells as a file holds them."""
        return [[cell(row) for column in self.columns for cell in column.held.values()] for row in self.table]

    @property
    def cells(self) -> list[list[tuple[str, Any]]]:
        """The first rows, each cell with the head of its column."""
        return [list(zip(self.heads, row, strict=True)) for row in self.rows]

    @property
    def is_narrow(self) -> bool:
        """Whether the table fits a phone as it is."""
        return len(self.columns) <= 3

    @property
    def more(self) -> int:
        """Rows that only the file has."""
        return max(0, len(self.shown) - SHOWN)


def file_rows(panel: Panel) -> list[list[Any]]:
    """Return a table as a file holds it: heads, rows, and below them the estimates with their intervals."""
    rows: list[list[Any]] = [[name for column in panel.columns for name in column.held], *panel.values]
    return rows + [[name, value, note] for name, value, note in panel.figures]


def link_rows(report: ClusterReport, links: pl.DataFrame, *, lang: Lang) -> Iterator[list[Any]]:
    """Yield the links of an outbreak as a file holds them: heads, then one row a candidate of a case.

    Parameters
    ----------
    report : ClusterReport
        A whole one: gives the generations, and which links its trees hang from.
    links : polars.DataFrame
        From `selectors.chains_frame`.
    lang : {"zh", "en"}
        Language of the evidence.
    """
    yield [
        "infector",
        "infectee",
        "weight",
        "evidence",
        "infector_generation",
        "infectee_generation",
        "likeliest",
        "verdict",
    ]
    drawn = json.loads(report.graph)
    ids, edges = drawn["nodes"]["id"], drawn["edges"]
    generation = dict(zip(ids, drawn["nodes"]["generation"], strict=True))
    pairs = zip(edges["source"], edges["target"], edges["tree"], strict=True)
    trees = {(ids[source], ids[target]) for source, target, tree in pairs if tree}
    told = links.select("infector", "infectee", "weight", f"evidence_{lang}", "verdict")
    for infector, infectee, weight, evidence, verdict in told.iter_rows():
        is_likeliest = int((infector, infectee) in trees)
        generations = generation.get(infector), generation.get(infectee)
        yield [infector, infectee, weight, evidence, *generations, is_likeliest, verdict]


def plain_column(head: str, key: str, name: str = "") -> Column:
    """Return a column of one number or word, the same on the page and in the file."""
    return Column(head, itemgetter(key), {name or key: itemgetter(key)})


def rate_column(head: str, of: str) -> Column:
    """Return a rate with its interval; `of` is the number it is a share of."""

    def shown(row: Row) -> str:
        if not row[of]:
            return "—"
        return f"{percent(row['rate'])} ({interval(row['lower'], row['upper'], percent)})"

    return Column(head, shown, {name: itemgetter(name) for name in ("rate", "lower", "upper")})


def percent(value: float | None, digits: int = 0) -> str:
    """Return a share as the page writes it."""
    return "—" if value is None else f"{value * 100:.{digits}f}%"


def interval(lower: float | None, upper: float | None, said: Callable[[float], str]) -> str:
    """Return the ends of an interval; an end that is infinite is written so."""
    return f"{said(lower or 0.0)}–{'∞' if upper is None else said(upper)}"


def when(start: str, hours: int) -> tuple[SafeString, str]:
    """Return a window as the page shows it, and as a file holds it."""
    begin = dt.datetime.fromisoformat(start)
    text = f"{begin:%Y-%m-%d %H:%M}–{begin + dt.timedelta(hours=hours):%H:%M}"
    return parts.moment(begin), text


def case_links(ids: list[str], most: int = 6) -> SafeString:
    """Return cases as links to their pages; how many more there are is said."""
    links = format_html_join(" ", '<a href="{}">{}</a>', ((reverse("case", args=[one]), one) for one in ids[:most]))
    more = len(ids) - most
    return format_html("{} +{}", links, more) if more > 0 else links


def no_rate_yet(rows: list[dict[str, Any]]) -> str:
    """Say why a table of attack rates has rows and no rate; empty where one has."""
    if not rows or any(row["contacts"] for row in rows):
        return ""
    waiting, before = sum(row["waiting"] for row in rows), sum(row["before"] for row in rows)
    return _(
        "No rate yet: of %(waiting)d contacts the longest incubation period since their last contact is not over, "
        "%(before)d were infected before it began. Rates appear as these periods end."
    ) % {"waiting": waiting, "before": before}


def waiting_cell(row: dict[str, Any]) -> Any:
    """Return whose time is not over yet, and how many of them are infected already."""
    if not row["waiting_infected"]:
        return row["waiting"]
    return _("%(waiting)d (%(waiting_infected)d infected)") % row
