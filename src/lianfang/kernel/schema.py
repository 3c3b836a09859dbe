"""The columns of the files and frames that rooms hand to each other.

A schema names columns, their kinds and what an empty cell means; `lianfang.intake` reads any list into one,
and every core function states which schema it takes and which it gives. Times are naive and local to the
jurisdiction, in microseconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from lianfang.kernel.vocabulary import CaseSource, Classification, FoundBy, PlaceKind, Sex, VehicleKind

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
    heads : tuple of str
        How our own lists head it, in both languages: what was exported comes in again.
    """

    name: str
    kind: ColumnKind = "text"
    required: bool = False
    unique: bool = False
    choices: tuple[str, ...] = ()
    default: str | None = None
    bare_date: Literal["start", "next_day"] = "start"
    heads: tuple[str, ...] = ()

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
    facts : tuple of Column
        Other columns that are read by their kind where a list has them; a frame without them lacks nothing. A row whose
        cell cannot be read is used without the fact, and the cell is told: undecided.
    """

    name: str
    columns: tuple[Column, ...]
    keeps_others: bool = False
    facts: tuple[Column, ...] = ()

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


_SETTING = ("场所类型", "接触场所", "Kind of place", "Setting")
_PERSON = ("人员编号", "Person id")
_TIMES_OF_PEOPLE = tuple(
    Column(name, "moment") for name in ("last_exposure", "left_area", "entered_at", "found_at", "in_quarantine_since")
)

KNOWN_INFECTORS = "known_infectors"
"""A column that a list of cases may have beside its own: case ids of the known infectors, several joined by ``;``."""

CASES = Schema(
    "cases",
    (
        Column("case_id", required=True, unique=True, heads=("病例", "病例编号", "Case")),
        Column("person_id", heads=_PERSON),
        Column("onset_date", "moment", heads=("发病", "发病日期", "Onset", "Date of onset")),
        Column("sampled_at", "moment", heads=("首次阳性采样", "First positive sample")),
        Column("last_negative_at", "moment", heads=("末次阴性采样", "Last negative sample")),
        Column("isolated_at", "moment", bare_date="next_day", heads=("隔离时间", "Isolated")),
        Column("infectious_from", "moment"),
        Column("infectious_to", "moment", bare_date="next_day"),
    ),
    keeps_others=True,
    facts=(
        Column("classification", "choice", choices=tuple(Classification.codes()), heads=("病例分类", "Classification")),
        Column(
            "found_by",
            "choice",
            choices=tuple(CaseSource.codes()),
            heads=("发现途径", "Found by"),
        ),
        Column("reported_at", "moment", heads=("报告时间", "Reported")),
        Column("diagnosed_at", "moment", heads=("诊断时间", "Diagnosed")),
        Column("discharged_at", "moment"),
        Column("died_at", "moment", heads=("死亡时间", "Died")),
        Column("origin", heads=("病例来源", "Origin")),
        Column("reporting_unit", heads=("report_unit", "报告单位", "Reporting unit")),
        Column("jurisdiction", heads=("辖区", "Area")),
        *_TIMES_OF_PEOPLE,
    ),
)

PRESENCES = Schema(
    "presences",
    (
        Column("person_id", required=True, heads=_PERSON),
        Column("place_id", required=True, heads=("场所编号", "Place id")),
        Column(
            "place_kind",
            "choice",
            choices=tuple(PlaceKind.codes()),
            default=PlaceKind.OTHER.value,
            heads=_SETTING,
        ),
        Column("start", "moment", required=True, heads=("开始", "Start", "From")),
        Column("end", "moment", required=True, heads=("结束", "End", "Until")),
        Column("vehicle", "choice", choices=tuple(VehicleKind.codes()), heads=("交通工具类型", "Vehicle")),
        Column("seat", heads=("座位", "Seat")),
        Column("source", heads=("来源", "Source")),
    ),
)

INTERVIEWS = Schema(
    "contacts",
    (
        Column("case_id", required=True, heads=("病例", "病例编号", "Case")),
        Column("person_id", required=True, heads=_PERSON),
        Column("first_contact", "moment", heads=("首次接触", "First contact")),
        Column("last_contact", "moment", bare_date="next_day", heads=("末次接触", "Last contact")),
        Column("relation", heads=("与病例的关系", "Relation to the case")),
        Column("place_kind", "choice", choices=tuple(PlaceKind.codes()), heads=_SETTING),
        Column("protected", "boolean", heads=("有效防护", "Effective protection was worn")),
    ),
    keeps_others=True,
    facts=(Column("discovery_path"),),
)

PEOPLE = Schema(
    "people",
    (
        Column("person_id", required=True, unique=True, heads=_PERSON),
        Column("name", heads=("姓名", "Name")),
        Column("id_number", heads=("证件号码", "身份证号", "身份证号码", "Identity number")),
        Column("phone", heads=("电话", "联系电话", "手机号", "Phone")),
        Column("sex", "choice", choices=tuple(Sex.codes()), heads=("性别", "Sex")),
        Column("birth_date", "date", heads=("出生日期", "Birth date")),
        Column("occupation", heads=("人群分类", "职业", "Population class")),
        Column("address", heads=("现住址", "住址", "地址", "Address", "Present address")),
        Column("jurisdiction", heads=("辖区", "Area")),
    ),
    keeps_others=True,
    facts=_TIMES_OF_PEOPLE,
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
