"""Cells to values, a column at a time: text as people type it in, typed columns and the cells nobody can read out."""

import datetime as dt
from collections.abc import Iterable

import polars as pl

from lianfang.kernel.schema import Column
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Word
from lianfang.kernel.words import spellings

INVISIBLE = r"[\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}\u{FEFF}\u{00AD}\u{0000}]"
"""Zero-width, direction and NUL characters: they arrive with text copied from chats and web pages."""

MISSING_IDS = ("na", "n/a", "#n/a", "null", "none", "nan", "<na>")
"""What programs write into an identifier where there is none (compared in lower case)."""

_LETTER = "!-~\u4e00-\u9fff"
PLAIN_ID = rf"^[{_LETTER}]([ {_LETTER}]*[{_LETTER}])?$"
"""Text that tidying would leave as it is: ASCII and Chinese characters, no space at either end."""

MISSING_VALUES = (*MISSING_IDS, "nat", "-", "--", "—", "——", "/", "无", "不详", "未知", "暂无", "unknown")
"""What programs and people write into a time, number or choice where there is none."""

TRUE = ("true", "t", "yes", "y", "1", "是", "有", "对")
FALSE = ("false", "f", "no", "n", "0", "否", "无", "不是", "没有")

FIRST_SERIAL, LAST_SERIAL = 10_000, 99_999
"""Excel's day numbers that are read as dates: 1927-05-18 to 2173-10-13."""

EARLIEST, LATEST = dt.datetime(1500, 1, 1), dt.datetime(2199, 12, 31, 23, 59, 59, 999999)
"""Times outside are mistyped: they are not read."""

_DATE = r"^(?P<y>1[5-9]\d\d|2[01]\d\d)"
_DELIMITED = (
    _DATE + r"\s?(?:[-/.\\]|年)\s?(?P<m>\d{1,2})\s?(?:[-/.\\]|月)\s?(?P<d>\d{1,2})\s?[日号]?"
    r"(?:[\s,T]{0,2}(?P<half>上午|下午|晚上|凌晨|中午|早上|AM|PM)?\s?(?P<H>\d{1,2})\s?(?::|时|点)\s?"
    r"(?:(?P<M>\d{1,2})\s?(?::|分)?\s?(?:(?P<S>\d{1,2})(?:[.,](?P<f>\d{1,9}))?\s?秒?)?)?"
    r"\s?(?P<half2>AM|PM)?\s?(?P<offset>Z|[+-]\d{2}:?(?:\d{2})?)?)?$"
)
_COMPACT = (
    _DATE + r"(?P<m>\d{2})(?P<d>\d{2})(?:[\sT]?(?P<H>\d{2}):?(?P<M>\d{2})(?::?(?P<S>\d{2}))?"
    r"(?P<f>)(?P<half>)(?P<half2>)(?P<offset>Z|[+-]\d{2}:?(?:\d{2})?)?)?$"
)
_SERIAL = r"^\d{5}(?:\.\d+)?$"


def tidy(text: pl.Expr) -> pl.Expr:
    """Return text in its normal form; where nothing is left, null.

    NFKC makes full-width digits and letters plain; invisible characters go; spaces of every kind are trimmed.
    """
    clean = text.str.normalize("NFKC").str.replace_all(INVISIBLE, "").str.strip_chars()
    return pl.when(clean != "").then(clean)


def tidy_column(values: pl.Series) -> pl.Series:
    """Carry `tidy` out; a column of plain ASCII skips the normal form, which is most of the cost."""
    if values.dtype == pl.Null:
        return values.cast(pl.String)
    frame = values.to_frame("v")
    plain = frame.select((pl.col("v").str.len_bytes() == pl.col("v").str.len_chars()).all()).item()
    if not plain:
        return frame.select(tidy(pl.col("v")))["v"].alias(values.name)
    bare = pl.col("v").str.replace_all("\0", "", literal=True).str.strip_chars()
    return frame.select(pl.when(bare != "").then(bare).alias("v"))["v"].alias(values.name)


def _without(values: pl.Expr, markers: Iterable[str]) -> pl.Expr:
    return pl.when(~values.str.to_lowercase().is_in(list(markers))).then(values)


def read_text(values: pl.Series, *, is_id: bool) -> pl.Series:
    """Read an identifier or words: ``12.0``, as spreadsheets write a number, is the identifier ``12``.

    Returns
    -------
    pl.Series
        Text. For identifiers the markers of `MISSING_IDS` are null.
    """
    if not is_id:
        return values
    # Both repairs are rare and regular expressions are not free: look first.
    if values.str.contains(".0", literal=True).any():
        values = values.str.replace(r"^(\d+)\.0+$", "${1}")
    if _may_be_marker(values).any():
        values = values.to_frame("v").select(_without(pl.col("v"), MISSING_IDS).alias("v"))["v"]
    return values


def _may_be_marker(values: pl.Series) -> pl.Series:
    start = values.str.slice(0, 1)
    return start.is_in(["n", "N", "#", "<"])


def read_moments(values: pl.Series, *, time_zone: str, next_day: bool = False) -> pl.Series:
    """Read times in the many ways they are written.

    Parameters
    ----------
    values : pl.Series
        Tidy text: ``2022-01-05``, ``2022-1-5 8:30``, ``2022/1/5``, ``20220105``, ``202201050830``,
        ``2022年1月5日 8时30分``, ``2022-01-05T08:30:00+08:00``, a day number of Excel.
    time_zone : str
        Times with an offset are moved to this zone.
    next_day : bool
        Whether a bare date means 00:00 of the day after.

    Returns
    -------
    pl.Series
        ``Datetime("us")``, naive local; null where a cell is empty or unreadable.
    """
    frame = values.to_frame("v")
    v = pl.col("v")
    bare_shift = pl.duration(days=1 if next_day else 0)
    iso = values.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    for shape in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"):
        if iso.null_count() > values.null_count():
            other = values.str.to_datetime(shape, time_unit="us", strict=False)
            iso = pl.select(pl.coalesce(iso, other)).to_series()
    iso = pl.select(pl.when(iso.is_between(EARLIEST, LATEST)).then(iso)).to_series()
    left = frame.with_columns(t=iso).with_row_index("i").filter(pl.col("t").is_null() & v.is_not_null())
    if not left.height:
        return iso.alias(values.name)
    # Few distinct spellings stand for many cells: read each once.
    spellings = left.select("v").unique()
    read = spellings.with_columns(t=_spelt(spellings["v"], time_zone, bare_shift))
    filled = frame.with_columns(iso=iso).join(read, on="v", how="left", maintain_order="left", nulls_equal=False)
    return filled.select(pl.coalesce("iso", "t").alias("v"))["v"].alias(values.name)


def _spelt(values: pl.Series, time_zone: str, bare_shift: pl.Expr) -> pl.Series:
    text = pl.col("v").str.to_uppercase().str.replace_all(r"\s+", " ")
    frame = values.to_frame("v").with_columns(v=text)
    parts = frame.with_columns(
        delimited=pl.col("v").str.extract_groups(_DELIMITED), compact=pl.col("v").str.extract_groups(_COMPACT)
    )

    def group(name: str) -> pl.Expr:
        return pl.coalesce(pl.col("delimited").struct.field(name), pl.col("compact").struct.field(name))

    def number(name: str) -> pl.Expr:
        return group(name).cast(pl.Int64, strict=False)

    parts = parts.with_columns(
        y=group("y"),
        m=group("m").str.zfill(2),
        d=group("d").str.zfill(2),
        H=number("H"),
        M=number("M").fill_null(0),
        S=number("S").fill_null(0),
        us=group("f").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64, strict=False).fill_null(0),
        half=pl.coalesce(
            pl.when(group("half") != "").then(group("half")), pl.when(group("half2") != "").then(group("half2"))
        ),
        offset=group("offset"),
    )
    afternoon = pl.col("half").is_in(["下午", "晚上", "PM"]) & (pl.col("H") < 12)
    midday = (pl.col("half") == "中午") & (pl.col("H") < 3)
    midnight = pl.col("half").is_in(["上午", "凌晨", "早上", "AM"]) & (pl.col("H") == 12)
    hour = (
        pl.when(afternoon.fill_null(False) | midday.fill_null(False))
        .then(pl.col("H") + 12)
        .when(midnight.fill_null(False))
        .then(0)
        .otherwise(pl.col("H"))
    )
    day = pl.concat_str(["y", "m", "d"], separator="-").str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    possible = (
        ((hour < 24) | ((hour == 24) & (pl.col("M") == 0) & (pl.col("S") == 0)))
        & (pl.col("M") < 60)
        & (pl.col("S") < 60)
    )
    clock = pl.duration(hours=hour, minutes="M", seconds="S", microseconds="us", time_unit="us")
    timed = pl.when(possible).then(day + clock)
    sign = pl.when(pl.col("offset").str.starts_with("-")).then(-1).otherwise(1)
    digits = pl.col("offset").str.replace_all(r"[^\d]", "").str.pad_end(4, "0")
    minutes = sign * (
        digits.str.slice(0, 2).cast(pl.Int64, strict=False).fill_null(0) * 60
        + digits.str.slice(2, 2).cast(pl.Int64, strict=False).fill_null(0)
    )
    shifted = (
        (timed - pl.duration(minutes=minutes, time_unit="us"))
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone(time_zone)
        .dt.replace_time_zone(None)
    )
    serial = pl.when(pl.col("v").str.contains(_SERIAL)).then(pl.col("v").cast(pl.Float64, strict=False))
    serial = pl.when(serial.is_between(FIRST_SERIAL, LAST_SERIAL + 1, closed="left")).then(serial)
    # Day 60 of Excel is a 29 February that never was; all numbers read here lie after it.
    from_serial = pl.datetime(1899, 12, 30, time_unit="us") + pl.duration(
        seconds=(serial * 86400).round().cast(pl.Int64), time_unit="us"
    )
    is_bare_serial = serial == serial.floor()
    return parts.select(
        pl.when(serial.is_not_null() & is_bare_serial)
        .then(from_serial + bare_shift)
        .when(serial.is_not_null())
        .then(from_serial)
        .when(pl.col("H").is_null())
        .then(day + bare_shift)
        .when(pl.col("offset").is_not_null())
        .then(shifted)
        .otherwise(timed)
        .alias("t")
    )["t"]


def word_spellings(choices: tuple[str, ...]) -> dict[str, str]:
    """Return what may stand for each code, in the form of `tidy`: what `lianfang.kernel.words` reads as it."""
    spelt: dict[str, str] = {}
    for words in Word.__subclasses__():
        if set(words.codes()) >= set(choices):
            spelt |= {spelling: code for spelling, code in spellings(words).items() if code in choices}
    return spelt | {code.lower(): code for code in choices}


def read_column(values: pl.Series, column: Column, *, time_zone: str) -> pl.Series:
    """Read one tidy text column as its kind.

    Returns
    -------
    pl.Series
        Values of ``column.dtype``; null where the cell is empty or cannot be read. `is_given` tells the two apart.
    """
    v = pl.col("v")
    frame = values.to_frame("v")
    if column.kind == "text":
        return read_text(values, is_id=is_id(column))
    if column.kind == "moment":
        return read_moments(values, time_zone=time_zone, next_day=column.bare_date == "next_day")
    if column.kind == "date":
        return read_moments(values, time_zone=time_zone).dt.date()
    if column.kind == "choice":
        return frame.select(
            v.str.to_lowercase().replace_strict(word_spellings(column.choices), default=None).alias("v")
        )["v"]
    if column.kind == "boolean":
        lower = v.str.to_lowercase()
        read = pl.when(lower.is_in(list(TRUE))).then(True).when(lower.is_in(list(FALSE))).then(False)
        return frame.select(read.alias("v"))["v"]
    plain = v.str.replace_all(",", "", literal=True)
    number = frame.select(plain.cast(pl.Float64, strict=False).alias("v"))["v"]
    number = pl.select(pl.when(number.is_finite()).then(number)).to_series()
    if column.kind == "integer":
        return frame.select(plain.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False).alias("v"))["v"]
    return number


def is_id(column: Column) -> bool:
    """Tell whether a text column holds identifiers."""
    return column.name.endswith("_id") or column.name in ("phone", "id_number")


def is_given(values: pl.Series, column: Column) -> pl.Series:
    """Tell, for each tidy cell, whether somebody wrote a value there."""
    if column.kind == "text" and not is_id(column):
        return values.is_not_null()
    if column.kind == "text" and not _may_be_marker(values).any():
        return values.is_not_null()
    markers: tuple[str, ...] = MISSING_IDS if column.kind == "text" else MISSING_VALUES
    if column.kind == "boolean":
        markers = tuple(marker for marker in markers if marker not in FALSE)
    v = pl.col("v")
    expression = v.is_not_null() & ~v.str.to_lowercase().is_in(list(markers)).fill_null(False)
    return values.to_frame("v").select(expression.alias("v"))["v"]


EXPECTED: dict[str, Text] = {
    "moment": Text("请写成 2022-01-05 或 2022-01-05 14:30", "write it as 2022-01-05 or 2022-01-05 14:30"),
    "date": Text("请写成 2022-01-05", "write it as 2022-01-05"),
    "integer": Text("请写成整数，如 3", "write a whole number, such as 3"),
    "number": Text("请写成数字，如 109.5", "write a number, such as 109.5"),
    "boolean": Text("请写“是”或“否”", "write yes or no"),
}
"""What to write instead, by kind of column."""
