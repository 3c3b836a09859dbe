"""A table as somebody sent it, to rows that can be used and rows that cannot, each with its reason. Nothing is lost.

``rows_in == used.height + refused.height``, always: a row is used or refused, never both; a blank row is no row.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from lianfang.intake.core.cells import EARLIEST, EXPECTED, LATEST, is_given, read_column, read_moments, tidy_column
from lianfang.intake.core.clock_changes import has_changes, has_offset, true_ends
from lianfang.kernel.schema import Column, Schema
from lianfang.kernel.text import Text

TAKEN_FROM = {("cases", "person_id"): "case_id"}
"""What an empty cell means where it means the value of another column of the row."""

ORDERED = (("start", "end", True), ("first_contact", "last_contact", False))
"""Pairs of columns that must stand in order of time; True: they may not be equal either."""

CELL_SHOWN = 120
"""Characters of a refused cell that are repeated in the list of refusals."""


@dataclass(frozen=True)
class Trouble:
    """A row that could not be taken apart into cells; found by whoever read the file."""

    row: int
    value: str
    reason: Text


@dataclass(frozen=True)
class Cleaned:
    """What became of a table.

    Attributes
    ----------
    used : pl.DataFrame
        Rows with the schema's columns and types (others after them where the schema keeps others).
    lines : pl.Series
        For each row of `used`, the line of the file that it came from.
    refused : pl.DataFrame
        line, column, value, reason_zh, reason_en; one row a refused row, by line.
    rows_in : int
        Rows that were not blank.
    """

    used: pl.DataFrame
    lines: pl.Series
    refused: pl.DataFrame
    rows_in: int


@dataclass(frozen=True)
class Matched:
    """Which header stands for which column."""

    names: list[str | None]
    missing: list[str]
    twice: list[str]


def match_columns(headers: Sequence[str | None], schema: Schema) -> Matched:
    """Match the headers of a file to the columns of a schema, whatever their case, spaces and width.

    Returns
    -------
    Matched
        ``names``: for each header the column it stands for, its own name (tidied) where it is another column that the
        schema keeps, or None where it is left out; ``missing``: required columns that no header stands for;
        ``twice``: columns that more than one header stands for.
    """
    own = {_key(name): name for name in schema.names}
    names: list[str | None] = []
    seen: set[str] = set()
    twice: list[str] = []
    for number, header in enumerate(headers, start=1):
        plain = _plain(header or "")
        name: str | None = own.get(_key(plain))
        if name is not None and name in seen:
            twice.append(name)
            name = None
        elif name is None and schema.keeps_others:
            name = plain or f"column_{number}"
            while name in seen or name in schema.names:
                name = f"{name}_{number}"
        if name is not None:
            seen.add(name)
        names.append(name)
    missing = [column.name for column in schema.columns if column.required and column.name not in seen]
    return Matched(names, missing, sorted(set(twice)))


def _plain(header: str) -> str:
    words = unicodedata.normalize("NFKC", header)
    return " ".join(re.sub("[\u200b-\u200f\u2060\ufeff\u00ad\0]", "", words).split())


def _key(header: str) -> str:
    return re.sub(r"[\s_\-]+", "", header).lower()


def clean(
    table: pl.DataFrame,
    schema: Schema,
    *,
    lines: pl.Series,
    time_zone: str,
    troubles: Sequence[Trouble] = (),
) -> Cleaned:
    """Read every cell of a table as the schema says, and part its rows into used and refused.

    Parameters
    ----------
    table : pl.DataFrame
        Columns named by `match_columns`. Text is tidied and read; a column that already has the type that is wanted
        (from Parquet) is taken as it is, and checked like the others.
    schema : Schema
        What the rows should be.
    lines : pl.Series
        For each row its line in the file (or row of the sheet).
    time_zone : str
        Name of the zone that times with an offset are moved to.
    troubles : sequence of Trouble
        Rows (by position in `table`) that could not be taken apart into cells.
    """
    kinds = {column.name: column for column in schema.columns}
    texts = [_tidied(table[name], kinds.get(name)) for name in table.columns]
    table = pl.DataFrame(texts) if texts else pl.DataFrame({"": [None] * lines.len()})
    broken = pl.Series("row", [t.row for t in troubles], dtype=pl.UInt32)
    index = pl.int_range(table.height, dtype=pl.UInt32, eager=True).alias("row")
    nulls = [table[n].null_count() for n in table.columns]
    if not nulls or min(nulls) > 0:
        kept = table.select(~pl.all_horizontal(pl.all().is_null()).alias("k"))["k"] | index.is_in(broken.implode())
        if not kept.all():
            table, lines, index = table.filter(kept), lines.filter(kept), index.filter(kept)
    rows_in = table.height
    own, codes = _read(table, schema, time_zone)
    if troubles:
        codes.insert(0, ("", "trouble", index.is_in(broken.implode())))
    codes += _disordered(own)
    bad = pl.repeat(False, rows_in, eager=True)
    for _, _, mask in codes:
        bad = bad | mask
    codes, bad, first_lines = _repeated(own, schema, lines, bad, codes)
    others = [table[n] for n in table.columns if n not in schema.names] if schema.keeps_others else []
    used = own.hstack([_as_text(s) for s in others]) if others else own
    refused = _worded(table, schema, codes, bad, lines, index, troubles, first_lines)
    if bad.any():
        used, lines = used.filter(~bad), lines.filter(~bad)
    return Cleaned(used, lines.cast(pl.Int64).alias("line"), refused, rows_in)


Problem = tuple[str, str, pl.Series]
"""A column, what is wrong there, and in which rows."""


def _tidied(values: pl.Series, column: Column | None) -> pl.Series:
    if values.dtype in (pl.Categorical, pl.Enum, pl.Null):
        values = values.cast(pl.String)
    if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
        values = _as_text(values)
    if values.dtype != pl.String or (column is not None and _is_all_codes(values, column)):
        return values
    return tidy_column(values)


def _is_all_codes(values: pl.Series, column: Column) -> bool:
    return (
        column.kind == "choice"
        and values.dtype == pl.String
        and bool(values.is_in(list(column.choices)).all())
        and not values.null_count()
    )


def _as_text(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        return values
    if values.dtype.is_float():
        whole = (values == values.floor()) & (values.abs() < 1e15)
        return pl.select(
            pl.when(whole.fill_null(False))
            .then(values.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(values.cast(pl.String))
            .alias(values.name)
        ).to_series()
    if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
        texts = [None if value is None else str(value) for value in values.to_list()]
        return pl.Series(values.name, texts, dtype=pl.String)
    if isinstance(values.dtype, pl.Datetime):
        # Polars cannot write the years beyond 262,142, such as a database's "infinity": those are shown as they lie.
        lies = values.to_physical().cast(pl.String)
        inside = values.dt.replace_time_zone(None).cast(pl.Datetime("us")).is_between(EARLIEST, LATEST)
        written = pl.select(pl.when(inside).then(values)).to_series().cast(pl.String)
        return pl.select(pl.coalesce(written, lies).alias(values.name)).to_series()
    return values.cast(pl.String)


def _typed(values: pl.Series, column: Column, time_zone: str) -> pl.Series | None:
    """Take a typed column as it is; None where it has to be read as text."""
    kind, dtype = column.kind, values.dtype
    if kind == "moment" and isinstance(dtype, pl.Datetime):
        if dtype.time_zone is not None:
            values = values.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)
        moments = values.cast(pl.Datetime("us"))
        # As in text: what lies outside is mistyped, or a database's "infinity".
        return pl.select(pl.when(moments.is_between(EARLIEST, LATEST)).then(moments)).to_series()
    if kind == "moment" and dtype == pl.Date:
        moments = values.cast(pl.Datetime("us"))
        return moments.dt.offset_by("1d") if column.bare_date == "next_day" else moments
    if kind == "date" and dtype == pl.Date:
        return values
    if kind == "date" and isinstance(dtype, pl.Datetime):
        return values.dt.date()
    if kind == "boolean" and dtype == pl.Boolean:
        return values
    if kind == "integer" and dtype.is_integer():
        return values.cast(pl.Int64, strict=False)
    if kind == "number" and dtype.is_numeric():
        numbers = values.cast(pl.Float64, strict=False)
        return numbers if numbers.is_finite().fill_null(True).all() else None
    if kind == "text" and dtype.is_integer():
        return values.cast(pl.String)
    return None


def _read(table: pl.DataFrame, schema: Schema, time_zone: str) -> tuple[pl.DataFrame, list[Problem]]:
    read: list[pl.Series] = []
    problems: list[Problem] = []
    for column in schema.columns:
        if column.name not in table.columns:
            empty = pl.repeat(None, table.height, dtype=column.dtype, eager=True).alias(column.name)
            read.append(empty.fill_null(column.default) if column.default else empty)
            continue
        values = table[column.name]
        typed = values if _is_all_codes(values, column) else _typed(values, column, time_zone)
        if typed is None:
            text = values if values.dtype == pl.String else tidy_column(_as_text(values))
            cells, given = read_column(text, column, time_zone=time_zone), is_given(text, column)
        else:
            cells, given = typed, values.is_not_null()
        unreadable = given & cells.is_null()
        if unreadable.any():
            problems.append((column.name, "unreadable", unreadable))
        if column.default:
            cells = cells.fill_null(column.default)
        if column.required:
            missing = cells.is_null() & ~unreadable
            if missing.any():
                problems.append((column.name, "missing", missing))
        read.append(cells.alias(column.name))
    frame = _of_true_length(pl.DataFrame(read), table, time_zone)
    for (name, column_name), source in TAKEN_FROM.items():
        if name == schema.name and column_name in frame.columns:
            frame = frame.with_columns(pl.coalesce(column_name, source).alias(column_name))
    return frame, problems


def _of_true_length(own: pl.DataFrame, table: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Give stays their true length where the zone changes its clocks within the days of a list."""
    for first, last, strictly in ORDERED:
        if not strictly or first not in table.columns or last not in table.columns:
            continue
        if not has_changes(own[first], own[last], time_zone):
            continue
        instants = (_instants(table[first]), _instants(table[last]))
        own = own.with_columns(true_ends(own[first], own[last], zone=time_zone, instants=instants))
    return own


def _instants(values: pl.Series) -> pl.Series:
    """Return the times of cells that write their offset, as naive times of UTC; the others are empty."""
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is not None:
        return values.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Datetime("us"))
    if values.dtype != pl.String:
        return pl.Series(values.name, [None], dtype=pl.Datetime("us")).new_from_index(0, values.len())
    text = tidy_column(values)
    read = read_moments(text, time_zone="UTC")
    return pl.select(pl.when(pl.lit(has_offset(text))).then(pl.lit(read)).alias(values.name)).to_series()


def _disordered(own: pl.DataFrame) -> list[Problem]:
    problems: list[Problem] = []
    for first, last, strictly in ORDERED:
        if first in own.columns and last in own.columns:
            wrong = (own[first] >= own[last]) if strictly else (own[first] > own[last])
            wrong = wrong.fill_null(False)
            if wrong.any():
                problems.append((last, f"order:{first}", wrong))
    return problems


def _repeated(
    own: pl.DataFrame, schema: Schema, lines: pl.Series, bad: pl.Series, problems: list[Problem]
) -> tuple[list[Problem], pl.Series, dict[str, pl.DataFrame]]:
    """Refuse what repeats the value of a unique column: the first row that is otherwise sound is kept."""
    first_lines: dict[str, pl.DataFrame] = {}
    for column in schema.columns:
        if not column.unique:
            continue
        frame = pl.DataFrame({"v": own[column.name], "line": lines, "sound": ~bad}).with_row_index("i")
        sound = frame.filter("sound")
        if sound["v"].n_unique() == sound.height:
            continue
        first = sound.unique("v", keep="first", maintain_order=True).select("v", first_line="line")
        again = sound.filter(~pl.col("v").is_first_distinct())["i"]
        mask = frame["i"].is_in(again.implode())
        problems.append((column.name, "again", mask))
        first_lines[column.name] = first.join(
            sound.filter(~pl.col("v").is_first_distinct()).select("v").unique(), on="v"
        )
        bad = bad | mask
    return problems, bad, first_lines


def _worded(
    table: pl.DataFrame,
    schema: Schema,
    problems: list[Problem],
    bad: pl.Series,
    lines: pl.Series,
    index: pl.Series,
    troubles: Sequence[Trouble],
    first_lines: dict[str, pl.DataFrame],
) -> pl.DataFrame:
    """Say, for each refused row, what is wrong there: its first problem, and the other columns that need a look."""
    empty = {"line": pl.Int64, "column": pl.String, "value": pl.String, "reason_zh": pl.String, "reason_en": pl.String}
    if not bad.any():
        return pl.DataFrame(schema=empty)
    order = {name: number for number, name in enumerate(schema.names)}
    problems = sorted(problems, key=lambda p: (p[1] != "trouble", p[1] == "again", order.get(p[0], -1)))
    told = pl.repeat(False, bad.len(), eager=True)
    parts: list[pl.DataFrame] = []
    for number, (name, what, mask) in enumerate(problems):
        mine = mask & ~told
        told = told | mask
        if not mine.any():
            continue
        cell = (
            _as_text(table[name]) if name in table.columns else pl.repeat(None, bad.len(), dtype=pl.String, eager=True)
        )
        rows = pl.DataFrame({"line": lines, "value": cell, "index": index}).filter(mine)
        elsewhere = [
            pl.select(pl.when(m.filter(mine)).then(pl.lit(n))).to_series().alias(f"c{k}")
            for k, (n, w, m) in enumerate(problems)
            if k > number and w not in ("again", "trouble") and n != name and m.any()
        ]
        rows = rows.with_columns(
            also=pl.DataFrame(elsewhere).select(pl.concat_str(pl.all(), separator=", ", ignore_nulls=True)).to_series()
            if elsewhere
            else pl.lit("")
        )
        parts.append(_reason(rows, name, what, schema, troubles, first_lines).with_columns(column=pl.lit(name or None)))
    all_parts = pl.concat(parts, how="diagonal_relaxed")
    has_more = pl.col("also") != ""
    return all_parts.select(
        pl.col("line").cast(pl.Int64),
        pl.col("column").cast(pl.String),
        pl.col("value").str.slice(0, CELL_SHOWN).fill_null(""),
        pl.when(has_more)
        .then(pl.format("{}；此行还需核对：{}", "reason_zh", "also"))
        .otherwise("reason_zh")
        .alias("reason_zh"),
        pl.when(has_more)
        .then(pl.format("{}; this row also needs a look at: {}", "reason_en", "also"))
        .otherwise("reason_en")
        .alias("reason_en"),
    ).sort("line", "column")


def _reason(
    rows: pl.DataFrame,
    name: str,
    what: str,
    schema: Schema,
    troubles: Sequence[Trouble],
    first_lines: dict[str, pl.DataFrame],
) -> pl.DataFrame:
    if what == "trouble":
        told = pl.DataFrame(
            {
                "index": pl.Series([t.row for t in troubles], dtype=pl.UInt32),
                "value": pl.Series([t.value for t in troubles], dtype=pl.String),
                "reason_zh": [t.reason.zh for t in troubles],
                "reason_en": [t.reason.en for t in troubles],
            }
        )
        return rows.drop("value").join(told, on="index", how="left")
    if what == "again":
        rows = rows.join(first_lines[name].rename({"v": "value"}), on="value", how="left", maintain_order="left")
        line = pl.col("first_line").cast(pl.String).fill_null("?")
        return rows.with_columns(
            reason_zh=pl.format("{} 与第 {} 行重复，保留先出现的一行", pl.lit(name), line),
            reason_en=pl.format("{} repeats line {}; the first of them is kept", pl.lit(name), line),
        )
    if what.startswith("order:"):
        first = what.removeprefix("order:")
        strictly = next(s for f, last, s in ORDERED if (f, last) == (first, name))
        text = Text(
            "{last} 必须晚于 {first}，请核对" if strictly else "{last} 早于 {first}，请核对",
            "{last} must be later than {first}: check both" if strictly else "{last} is before {first}: check both",
        ).format(first=first, last=name)
    elif what == "missing":
        text = Text("{name} 为必填项，不能为空", "{name} is required and must not be empty").format(name=name)
    else:
        column = schema[name]
        if column.kind == "choice":
            allowed = ", ".join(column.choices)
            expected = Text(f"可用的值：{allowed}", f"allowed are: {allowed}")
        else:
            expected = EXPECTED[column.kind]
        text = Text("{name} 无法识别：{expected}", "{name} cannot be read: {expected}").format(
            name=name, expected=expected
        )
    return rows.with_columns(reason_zh=pl.lit(text.zh), reason_en=pl.lit(text.en))
