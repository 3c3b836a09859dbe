"""A table as somebody sent it, to rows that can be used and rows that cannot, each with its reason. Nothing is lost.

``rows_in == used.height + refused.height``, always: a row is used or refused, never both; a blank row is no row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from lianfang.intake.core import spoilt
from lianfang.intake.core.cells import is_given, is_id, read_column, tidy_column
from lianfang.intake.core.clock_changes import has_changes, has_offset, true_ends
from lianfang.intake.core.found import ORDERED, Problem, Trouble
from lianfang.intake.core.moments import read_moments
from lianfang.intake.core.reasons import expected_of, worded
from lianfang.intake.core.typed import as_text, is_all_codes, tidied, typed
from lianfang.kernel.schema import UNDECIDED, Column, Schema
from lianfang.kernel.text import Text

TAKEN_FROM = {("cases", "person_id"): "case_id"}
"""What an empty cell means where it means the value of another column of the row."""

TOTALS = r"(?i)^(?:合计|小计|总计|共计|累计|总数|(?:grand |sub-?)?total|sum)[\s:：]*\d*\s*[例人条行个]?$"
"""What a row of totals has in place of a key."""

_DAYLESS = r"^(?:1899-12-3|1900-01-0|\d{1,2}[:时点]|[上下]午|[AP]M)"
"""How a time without a day begins: an hour, or the day 0 of a spreadsheet."""


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
    undecided : pl.DataFrame
        Columns of `lianfang.kernel.schema.UNDECIDED`: facts of used rows that could not be read, each with its cell.
    sheets : pl.Series or None
        For each row of `used` the sheet that it came from, where several were read.
    """

    used: pl.DataFrame
    lines: pl.Series
    refused: pl.DataFrame
    rows_in: int
    undecided: pl.DataFrame
    sheets: pl.Series | None = None


def clean(
    table: pl.DataFrame,
    schema: Schema,
    *,
    lines: pl.Series,
    time_zone: str,
    troubles: Sequence[Trouble] = (),
    sheets: pl.Series | None = None,
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
    sheets : pl.Series, optional
        For each row the name of its sheet, where refusals have to tell it.
    """
    kinds = {column.name: column for column in (*schema.columns, *schema.facts)}
    texts = [tidied(table[name], kinds.get(name)) for name in table.columns]
    table = pl.DataFrame(texts) if texts else pl.DataFrame({"": [None] * lines.len()})
    broken = pl.Series("row", [t.row for t in troubles], dtype=pl.UInt32)
    index = pl.int_range(table.height, dtype=pl.UInt32, eager=True).alias("row")
    nulls = [table[n].null_count() for n in table.columns]
    if not nulls or min(nulls) > 0:
        kept = table.select(~pl.all_horizontal(pl.all().is_null()).alias("k"))["k"] | index.is_in(broken.implode())
        if not kept.all():
            table, lines, index = table.filter(kept), lines.filter(kept), index.filter(kept)
            sheets = None if sheets is None else sheets.filter(kept)
    rows_in = table.height
    read = [_read(table, column, time_zone) for column in (*schema.columns, *_present(schema.facts, table))]
    own, facts = read[: len(schema.columns)], read[len(schema.columns) :]
    frame = _of_true_length(pl.DataFrame([one.cells for one in own]), table, time_zone)
    frame = _completed(frame, schema)
    codes = [problem for one in own for problem in one.problems]
    codes += _no_records(table, schema)
    if troubles:
        codes.insert(0, ("", "trouble", index.is_in(broken.implode())))
    codes += _disordered(frame, table)
    bad = pl.repeat(False, rows_in, eager=True)
    for _, _, mask in codes:
        bad = bad | mask
    places = lines.cast(pl.String) if sheets is None else pl.select(pl.format("{}!{}", sheets, lines)).to_series()
    codes, bad, first_lines = _repeated(frame, schema, places, bad, codes)
    others = [as_text(table[n]) for n in table.columns if n not in kinds] if schema.keeps_others else []
    used = frame.hstack([one.cells for one in facts] + others) if facts or others else frame
    refused = worded(table, schema, codes, bad, lines, index, troubles, first_lines, sheets)
    undecided = _undecided(table, schema, facts, bad)
    if bad.any():
        used, lines = used.filter(~bad), lines.filter(~bad)
        sheets = None if sheets is None else sheets.filter(~bad)
    return Cleaned(used, lines.cast(pl.Int64).alias("line"), refused, rows_in, undecided, sheets)


@dataclass(frozen=True)
class _Read:
    """A column, read: null where a cell is empty or one of `problems`."""

    column: Column
    cells: pl.Series
    problems: list[Problem]


def _present(columns: Sequence[Column], table: pl.DataFrame) -> list[Column]:
    return [column for column in columns if column.name in table.columns]


def _read(table: pl.DataFrame, column: Column, time_zone: str) -> _Read:
    if column.name not in table.columns:
        empty = pl.repeat(None, table.height, dtype=column.dtype, eager=True).alias(column.name)
        return _Read(column, empty.fill_null(column.default) if column.default else empty, [])
    values = table[column.name]
    cells = values if is_all_codes(values, column) else typed(values, column, time_zone)
    if cells is not None:
        marks: list[tuple[str, pl.Series | None]] = [("unreadable", _some(values.is_not_null() & cells.is_null()))]
    else:
        text = values if values.dtype == pl.String else tidy_column(as_text(values))
        cells = read_column(text, column, time_zone=time_zone)
        if column.kind == "text":
            marks = [("error", spoilt.are_errors(text))]
            if is_id(column):
                marks += [("lost", spoilt.lost_digits(values)), ("date", spoilt.are_dates(text))]
            if column.name == "phone":
                marks.append(("unreadable", _some(is_given(text, column) & cells.is_null())))
        else:
            unreadable = _some(is_given(text, column) & cells.is_null())
            marks = [] if unreadable is None else _kinds_of_unreadable(text, column, unreadable)
    found = [(column.name, what, mask) for what, mask in marks if mask is not None]
    for _, _, mask in found:
        cells = pl.select(pl.when(~mask).then(cells)).to_series()
    if column.default:
        cells = cells.fill_null(column.default)
    if column.required:
        missing = cells.is_null()
        for _, _, mask in found:
            missing = missing & ~mask
        if missing.any():
            found.append((column.name, "missing", missing))
    return _Read(column, cells.alias(column.name), found)


def _some(mask: pl.Series) -> pl.Series | None:
    return mask if mask.any() else None


def _kinds_of_unreadable(text: pl.Series, column: Column, unreadable: pl.Series) -> list[tuple[str, pl.Series | None]]:
    """Part the cells that cannot be read by what has to be done about them."""
    errors = spoilt.are_errors(text)
    if errors is not None:
        unreadable, errors = unreadable & ~errors, _some(unreadable & errors)
    dayless = None
    if column.kind in ("moment", "date"):
        dayless = _some(unreadable & text.str.to_uppercase().str.contains(_DAYLESS).fill_null(False))
        unreadable = unreadable if dayless is None else unreadable & ~dayless
    return [("error", errors), ("dayless", dayless), ("unreadable", _some(unreadable))]


def _of_true_length(own: pl.DataFrame, table: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Give stays their true length where the zone changes its clocks within the days of a list."""
    for first, last, strictly in ORDERED:
        ours = first in own.columns and last in own.columns  # a sender may call something else so
        if not strictly or not ours or first not in table.columns or last not in table.columns:
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


def _completed(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    for (name, column), source in TAKEN_FROM.items():
        if name == schema.name and column in frame.columns:
            frame = frame.with_columns(pl.coalesce(column, source).alias(column))
    return frame


def _no_records(table: pl.DataFrame, schema: Schema) -> list[Problem]:
    """Find rows that are none: totals below a list, its header in the middle of it."""
    required = [column for column in schema.columns if column.required]
    if not required or any(table.schema.get(one.name) != pl.String for one in required):
        return []
    problems: list[Problem] = []
    key = required[0]
    if len(required) == 1:
        # Where more is required, a row of totals lacks it.
        measured = [one.name for one in _present(schema.columns, table) if one.kind not in ("text", "choice")]
        alone = table.select(pl.all_horizontal(pl.lit(True), *(pl.col(name).is_null() for name in measured)))
        totals = alone.to_series() & table[key.name].str.contains(TOTALS).fill_null(False)
        if totals.any():
            problems.append((key.name, "total", totals))
    again = _is_head(table[key.name], key)
    for column in required[1:]:
        if not again.any():
            break
        again = again & _is_head(table[column.name], column)
    if again.any():
        problems.append((key.name, "header", again))
    return problems


def _is_head(cells: pl.Series, column: Column) -> pl.Series:
    return cells.is_in([column.name, *column.heads]).fill_null(False)


def _disordered(frame: pl.DataFrame, table: pl.DataFrame) -> list[Problem]:
    """Find pairs of times in the wrong order; a bare date at the end of a pair covers its day and no more."""
    problems: list[Problem] = []
    for first, last, strictly in ORDERED:
        if first in frame.columns and last in frame.columns:
            wrong = ((frame[first] >= frame[last]) if strictly else (frame[first] > frame[last])).fill_null(False)
            if not strictly and (meets := (frame[first] == frame[last]).fill_null(False)).any():
                # The end of a day is the beginning of the next, which is not of it.
                wrong = wrong | (meets & _are_bare(table[last]))
            if wrong.any():
                problems.append((last, f"order:{first}", wrong))
    return problems


def _are_bare(cells: pl.Series) -> pl.Series:
    """Tell which cells are a date without an hour."""
    if cells.dtype == pl.String:
        return ~cells.str.contains(r"[:时点]|^\d{9,}|^\d{5}\.\d").fill_null(True)
    return pl.repeat(cells.dtype == pl.Date, cells.len(), dtype=pl.Boolean, eager=True)


def _undecided(table: pl.DataFrame, schema: Schema, facts: Sequence[_Read], bad: pl.Series) -> pl.DataFrame:
    """Tell the facts of used rows that could not be read."""
    parts = [pl.DataFrame(schema=UNDECIDED)]
    position = (~bad).cast(pl.Int64).cum_sum() - 1
    for fact in facts:
        for name, _, mask in fact.problems:
            text = Text("{name} 无法识别，未予采用：{expected}", "{name} cannot be read and is left out: {expected}")
            text = text.format(name=name, expected=expected_of(fact.column))
            rows = pl.DataFrame({"row": position, "value": as_text(table[name])}).filter(mask & ~bad)
            said = {"table": schema.name, "column": name, "reason_zh": text.zh, "reason_en": text.en}
            rows = rows.with_columns(pl.lit(value).alias(key) for key, value in said.items())
            parts.append(rows.select(list(UNDECIDED)).cast(pl.Schema(UNDECIDED)))
    return pl.concat(parts)


def _repeated(
    own: pl.DataFrame, schema: Schema, places: pl.Series, bad: pl.Series, problems: list[Problem]
) -> tuple[list[Problem], pl.Series, dict[str, pl.DataFrame]]:
    """Refuse what repeats the value of a unique column: the first row that is otherwise sound is kept."""
    first_lines: dict[str, pl.DataFrame] = {}
    for column in schema.columns:
        if not column.unique:
            continue
        frame = pl.DataFrame({"v": own[column.name], "line": places, "sound": ~bad}).with_row_index("i")
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
