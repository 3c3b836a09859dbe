"""The columns of the files and frames that rooms hand to each other.

A schema names columns, their kinds and what an empty cell means; `lianfang.intake` reads any list into one,
and every core function states which schema it takes and which it gives. Times are naive and local to the
jurisdiction, in microseconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from lianfang.kernel.vocabulary import FoundBy, PlaceKind, Sex, VehicleKind

ColumnKind = Literal["text", "moment", "date", "integer", "number", "boolean", "choice"]

_DTYPES: dict[ColumnKind, pl.DataType] = {
    "text": pl.String(),
    "moment": pl.Datetime("us"),
    "date": pl.Date(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "choice": pl.String(),
}


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        Its name in files, frames and the API.
    kind : ColumnKind
        ``moment`` takes a time or a bare date; frames hold a naive local `Datetime` either way.
    required, unique : bool
        A row without the value, or that repeats it, is refused.
    choices : tuple of str
        Allowed codes of a ``choice``.
    default : str or None
        What an empty cell of a ``choice`` means.
    bare_date : {"start", "next_day"}
        What a bare date in a ``moment`` means: 00:00 of that day, or of the day after (an end that includes its day).
    """

    name: str
    kind: ColumnKind = "text"
    required: bool = False
    unique: bool = False
    choices: tuple[str, ...] = ()
    default: str | None = None
    bare_date: Literal["start", "next_day"] = "start"

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type of the column in a frame."""
        return _DTYPES[self.kind]


@dataclass(frozen=True)
class Schema:
    """The columns of one kind of table, in their order.

    Attributes
    ----------
    name : str
        Stem of its file: ``cases`` is read from ``cases.csv``, ``cases.xlsx`` or ``cases.parquet``.
    columns : tuple of Column
        In the order in which they are written.
    keeps_others : bool
        Whether columns that are not named here are kept and shown.
    """

    name: str
    columns: tuple[Column, ...]
    keeps_others: bool = False

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return [column.name for column in self.columns]

    @property
    def dtypes(self) -> dict[str, pl.DataType]:
        """Polars types by column name, in order."""
        return {column.name: column.dtype for column in self.columns}

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def empty(self) -> pl.DataFrame:
        """Return a frame of this schema without rows."""
        return pl.DataFrame(schema=self.dtypes)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `frame` with exactly these columns and types (others after them where the schema keeps others).

        Columns that are absent become empty; a value that cannot take the column's type is an error of the
        caller, not of a user: lists from outside go through `lianfang.intake` first.
        """
        own = [
            frame[c.name].cast(c.dtype).alias(c.name)
            if c.name in frame.columns
            else pl.Series(c.name, [c.default], dtype=c.dtype).new_from_index(0, frame.height)
            for c in self.columns
        ]
        others: Iterable[str] = [n for n in frame.columns if n not in self.names] if self.keeps_others else ()
        return pl.DataFrame(own + [frame[n] for n in others])


CASES = Schema(
    "cases",
    (
        Column("case_id", required=True, unique=True),
        Column("person_id"),
        Column("onset_date", "moment"),
        Column("sampled_at", "moment"),
        Column("last_negative_at", "moment"),
        Column("isolated_at", "moment", bare_date="next_day"),
        Column("infectious_from", "moment"),
        Column("infectious_to", "moment", bare_date="next_day"),
    ),
    keeps_others=True,
)

PRESENCES = Schema(
    "presences",
    (
        Column("person_id", required=True),
        Column("place_id", required=True),
        Column("place_kind", "choice", choices=tuple(PlaceKind.codes()), default=PlaceKind.OTHER.value),
        Column("start", "moment", required=True),
        Column("end", "moment", required=True),
        Column("vehicle", "choice", choices=tuple(VehicleKind.codes())),
        Column("seat"),
        Column("source"),
    ),
)

INTERVIEWS = Schema(
    "contacts",
    (
        Column("case_id", required=True),
        Column("person_id", required=True),
        Column("first_contact", "moment"),
        Column("last_contact", "moment", bare_date="next_day"),
        Column("relation"),
        Column("place_kind", "choice", choices=tuple(PlaceKind.codes())),
        Column("protected", "boolean"),
    ),
    keeps_others=True,
)

PEOPLE = Schema(
    "people",
    (
        Column("person_id", required=True, unique=True),
        Column("name"),
        Column("id_number"),
        Column("phone"),
        Column("sex", "choice", choices=tuple(Sex.codes())),
        Column("birth_date", "date"),
        Column("occupation"),
        Column("address"),
        Column("jurisdiction"),
    ),
    keeps_others=True,
)

PLACES = Schema(
    "places",
    (
        Column("place_id", required=True, unique=True),
        Column("name"),
        Column("place_kind", "choice", choices=tuple(PlaceKind.codes()), default=PlaceKind.OTHER.value),
        Column("longitude", "number"),
        Column("latitude", "number"),
        Column("address"),
        Column("jurisdiction"),
        Column("estate"),
        Column("building"),
        Column("unit"),
        Column("floor"),
    ),
    keeps_others=True,
)

TRACED = Schema(
    "contacts",
    (
        Column("case_id", required=True),
        Column("person_id", required=True),
        Column("degree", "integer", required=True),
        Column("via_person_id"),
        Column("place_kind", "choice", choices=tuple(PlaceKind.codes())),
        Column("minutes", "number"),
        Column("encounters", "integer"),
        Column("first_contact", "moment"),
        Column("last_contact", "moment"),
        Column("is_case", "boolean"),
    ),
)

CONTACTS = Schema(
    "contacts",
    (
        *TRACED.columns,
        Column("category"),
        Column("rule"),
        Column("found_by", "choice", choices=tuple(FoundBy.codes())),
        Column("seat_unknown", "boolean"),
        Column("latest_exposure", "moment"),
    ),
)

CHAINS = Schema(
    "chains",
    (
        Column("infector", required=True),
        Column("infectee", required=True),
        Column("weight", "number", required=True),
        Column("evidence"),
    ),
)

REFUSALS = Schema(
    "refused",
    (
        Column("file", required=True),
        Column("line", "integer"),
        Column("column"),
        Column("value"),
        Column("reason", required=True),
    ),
)

UNDECIDED = {
    "table": pl.String(),
    "row": pl.Int64(),
    "column": pl.String(),
    "value": pl.String(),
    "reason_zh": pl.String(),
    "reason_en": pl.String(),
}
"""What could not be decided: the input table and the row (by position, from 0; empty where no single row is the
source) that would have to be completed, the column that is missing there, whom it concerns, and why."""
