"""Times in the many ways people and programs write them."""

import datetime as dt
from typing import Any

import polars as pl

FIRST_SERIAL, LAST_SERIAL = 10_000, 99_999
"""Excel's day numbers that are read as dates: 1927-05-18 to 2173-10-13."""

EARLIEST, LATEST = dt.datetime(1500, 1, 1), dt.datetime(2199, 12, 31, 23, 59, 59, 999999)
"""Times outside are mistyped: they are not read."""

DAYLESS = (dt.datetime(1899, 12, 30), dt.datetime(1900, 1, 2))
"""What a spreadsheet shows of a time without a day lies here (its day 0 and 1): no time is read from it."""

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
    iso = pl.select(pl.when(are_times(iso)).then(iso)).to_series()
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
    read = (
        pl.when(serial.is_not_null() & is_bare_serial)
        .then(from_serial + bare_shift)
        .when(serial.is_not_null())
        .then(from_serial)
        .when(pl.col("H").is_null())
        .then(day + bare_shift)
        .when(pl.col("offset").is_not_null())
        .then(shifted)
        .otherwise(timed)
    )
    # Written out, the first of January 1900 is a day like others.
    is_day = pl.col("H").is_null() & (day == DAYLESS[1] - dt.timedelta(days=1)).fill_null(False)
    return (
        parts.select(t=read)
        .with_columns(parts.select(is_day=is_day))
        .select(pl.when(are_times(pl.col("t")) | pl.col("is_day")).then("t"))["t"]
    )


def are_times(moments: pl.Series | pl.Expr) -> Any:
    """Tell which moments can be meant: neither mistyped beyond `EARLIEST` and `LATEST`, nor of the days `DAYLESS`."""
    dayless = (moments >= DAYLESS[0]) & (moments < DAYLESS[1])
    return moments.is_between(EARLIEST, LATEST) & ~dayless
