"""What is said of a row that is refused: where, what is wrong, and what to do; in both languages."""

from collections.abc import Mapping, Sequence

import polars as pl

from lianfang.intake.core.cells import EXPECTED
from lianfang.intake.core.found import ORDERED, Problem, Trouble
from lianfang.intake.core.typed import as_text
from lianfang.kernel.schema import Column, Schema
from lianfang.kernel.text import Text

CELL_SHOWN = 120
"""Characters of a refused cell that are repeated in the list of refusals."""

LOST = Text(
    "{name} 的数字已丢失（表格软件把长号码当成了数值）：请把该列设为文本格式后重新导出",
    "{name}: the digits are lost, format the column as text and export again",
)
DATED = Text(
    "{name} 被表格软件改成了日期：请把该列设为文本格式，重新填写后导出",
    "{name}: a spreadsheet made a date of it, format the column as text, enter it again and export again",
)
TOTAL = Text("这是合计行，不是记录：请删去", "this is a row of totals and no record: take it out")
HEADER = Text("这是重复的表头，不是记录：请删去", "this is the header again and no record: take it out")
DAYLESS_TIME = Text(
    "{name} 只有钟点，没有日期：请补上日期，写成 2022-01-05 14:30",
    "{name} has a time without a day: write it as 2022-01-05 14:30",
)
ERRONEOUS = Text(
    "{name} 是表格软件的错误值，不是内容：请在原表中改正后重新导出",
    "{name} holds an error of the spreadsheet and no value: mend it there and export again",
)

PLAIN = {"lost": LOST, "date": DATED, "error": ERRONEOUS, "total": TOTAL, "header": HEADER, "dayless": DAYLESS_TIME}
"""Reasons that need the name of the column and no more."""


def worded(
    table: pl.DataFrame,
    schema: Schema,
    problems: list[Problem],
    bad: pl.Series,
    lines: pl.Series,
    index: pl.Series,
    troubles: Sequence[Trouble],
    first_lines: Mapping[str, pl.DataFrame],
    sheets: pl.Series | None = None,
) -> pl.DataFrame:
    """Say, for each refused row, what is wrong there: its first problem, and the other columns that need a look."""
    empty = {"line": pl.Int64, "column": pl.String, "value": pl.String, "reason_zh": pl.String, "reason_en": pl.String}
    if not bad.any():
        return pl.DataFrame(schema=empty)
    order = {one.name: number for number, one in enumerate((*schema.columns, *schema.facts))}
    problems = sorted(problems, key=lambda p: (p[1] != "trouble", p[1] == "again", order.get(p[0], -1)))
    told = pl.repeat(False, bad.len(), eager=True)
    parts: list[pl.DataFrame] = []
    for number, (name, what, mask) in enumerate(problems):
        mine = mask & ~told
        told = told | mask
        if not mine.any():
            continue
        cell = (
            as_text(table[name]) if name in table.columns else pl.repeat(None, bad.len(), dtype=pl.String, eager=True)
        )
        rows = pl.DataFrame({"line": lines, "value": cell, "index": index, "sheet": sheets}).filter(mine)
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
    if sheets is not None:
        all_parts = all_parts.with_columns(
            reason_zh=pl.format("工作表“{}”：{}", "sheet", "reason_zh"),
            reason_en=pl.format("sheet '{}': {}", "sheet", "reason_en"),
        )
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


def expected_of(column: Column) -> Text:
    """Say what to write into a column that has a kind."""
    if column.kind != "choice":
        return EXPECTED["phone" if column.name == "phone" else column.kind]
    allowed = ", ".join(column.choices)
    return Text(f"可用的值：{allowed}", f"allowed are: {allowed}")


def _reason(
    rows: pl.DataFrame,
    name: str,
    what: str,
    schema: Schema,
    troubles: Sequence[Trouble],
    first_lines: Mapping[str, pl.DataFrame],
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
        line = pl.col("first_line").fill_null("?")
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
    elif what in PLAIN:
        text = PLAIN[what].format(name=name)
    elif what == "missing":
        text = Text("{name} 为必填项，不能为空", "{name} is required and must not be empty").format(name=name)
    else:
        expected = expected_of(next(one for one in (*schema.columns, *schema.facts) if one.name == name))
        text = Text("{name} 无法识别：{expected}", "{name} cannot be read: {expected}").format(
            name=name, expected=expected
        )
    return rows.with_columns(reason_zh=pl.lit(text.zh), reason_en=pl.lit(text.en))
