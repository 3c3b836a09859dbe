"""One number, defined once: what it counts, in words and as a predicate, and the list that holds its rows.

The room that owns the rows declares its figures (``core/figures.py``). A frame is counted here, the database by
`lianfang.records.figures`; both ask the same predicate, so a page and a paper cannot differ in what they mean.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from lianfang.kernel.text import Text
from lianfang.kernel.where import Names, Where

PERSON = "person_id"
"""The field that says whose row it is, in frames and in the database."""

Tone = Literal["neutral", "info", "good", "warn", "bad"]


@dataclass(frozen=True)
class ListLink:
    """The list page that shows a figure's rows.

    Attributes
    ----------
    route : str
        Name of its route.
    permission : str
        What opens it.
    filters : mapping of str to str
        Its filters that leave exactly the rows that are counted; ``{at}`` stands for the time of counting.
    """

    route: str
    permission: str
    filters: Mapping[str, str] = field(default_factory=dict, hash=False)

    def query(self, *, at: dt.datetime | None = None, timespec: str = "seconds") -> dict[str, str]:
        """Return the filters, as the list page takes them.

        Parameters
        ----------
        at : datetime, optional
            Naive and local; needed where the filters name a time or a day.
        timespec : str
            How finely the time is written (``seconds``, ``minutes``): as finely as it was counted.
        """
        moment = {} if at is None else {"at": at.isoformat(timespec=timespec), "day": at.date().isoformat()}
        return {name: value.format(**moment) for name, value in self.filters.items()}


@dataclass(frozen=True)
class Figure:
    """What one number counts.

    Attributes
    ----------
    name : str
        Its path, such as ``measures.in_force``.
    label : Text
        What it is called.
    definition : Text
        What exactly is counted, in a sentence.
    subject : str
        Whose rows are counted, such as ``measures.Measure``.
    where : Where
        Which rows; its fields are those of the subject.
    list : ListLink, optional
        Where its rows are shown.
    by : {"row", "person"}
        Whether rows are counted, or the different people in them.
    tone : str
        How a number above zero is shown.
    short : Text, optional
        The label in the head of a narrow column.
    """

    name: str
    label: Text
    definition: Text
    subject: str
    where: Where
    list: ListLink | None = None
    by: Literal["row", "person"] = "row"
    tone: Tone = "neutral"
    short: Text | None = None


def count_in_frame(figure: Figure, frame: pl.DataFrame, *, names: Names | None = None, **params: Any) -> int:
    """Count a figure in a frame.

    Parameters
    ----------
    figure : Figure
        What to count.
    frame : pl.DataFrame
        The rows of its subject.
    names, **params
        As for `Where.polars`.
    """
    kept = frame.filter(figure.where.polars(names=names, **params))
    return kept.height if figure.by == "row" else kept[PERSON].drop_nulls().n_unique()


def count_in_frame_by(
    figure: Figure, frame: pl.DataFrame, column: str, *, names: Names | None = None, **params: Any
) -> dict[Any, int]:
    """Count a figure in each group of a frame.

    Parameters
    ----------
    figure, frame, names, **params
        As for `count_in_frame`.
    column : str
        What the rows are grouped by, such as ``jurisdiction``.

    Returns
    -------
    dict
        Value of the column → number, for every value in the frame; zero where none of its rows is counted.
    """
    counted = pl.len() if figure.by == "row" else pl.col(PERSON).drop_nulls().n_unique()
    kept = frame.filter(figure.where.polars(names=names, **params))
    found = dict(kept.group_by(column).agg(counted.alias("number")).select(column, "number").iter_rows())
    return {value: found.get(value, 0) for value in frame[column].unique().to_list()}
