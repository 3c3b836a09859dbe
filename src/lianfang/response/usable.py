"""What of the lists of a response over files can be used: interviews of known cases, the latest presence."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from lianfang.cases.core.asof import moments_of, not_yet
from lianfang.intake.digests import content_digest
from lianfang.intake.table import Table
from lianfang.kernel.asof import far_apart, later_words, moment_words
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES, REFUSALS
from lianfang.kernel.text import Lang, Text
from lianfang.response.core.reckoning import MOMENTS, Reckoned, reckon
from lianfang.response.ran import Count

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend

    from lianfang.presences.opened import Opened


def usable_interviews(interviews: Table, cases: Table, lang: Lang) -> Table:
    """Refuse the contacts that name a case which is not among the used cases, and cases that name themselves."""
    from lianfang.tracing.core.contacts import usable_interviews

    usable = usable_interviews(interviews.used, cases=cases.used)
    if usable.all():
        return interviews
    unknown = Text(
        "病例清单中没有可用的这个病例（未列入、被退回或晚于截止时间才报告），请核对编号或先补录病例",
        "no such case among the usable rows of the case list (not there, refused, or reported after the time of "
        "reckoning): check the id, or add the case first",
    ).in_language(lang)
    oneself = Text("接触者就是病例本人，请核对", "the contact is the case itself: check both").in_language(lang)
    rows = interviews.used.with_columns(line=interviews.lines).filter(~usable)
    is_known = pl.col("case_id").is_in(cases.used["case_id"].implode())
    refused = rows.select(
        pl.lit(interviews.file).alias("file"),
        "line",
        pl.when(is_known).then(pl.lit("person_id")).otherwise(pl.lit("case_id")).alias("column"),
        pl.when(is_known).then("person_id").otherwise("case_id").alias("value"),
        pl.when(is_known).then(pl.lit(oneself)).otherwise(pl.lit(unknown)).alias("reason"),
    )
    return interviews.only(usable, refused)


def known_rows(name: str, table: Table, as_of: dt.datetime, lang: Lang) -> Table:
    """Refuse the rows that are not known as of a moment: a case reported later, a contact that had not happened."""
    column = not_yet(name, table.used, as_of)
    if column.null_count() == column.len():
        return table
    rows = table.used.with_columns(line=table.lines, _column=column).filter(column.is_not_null())
    refused = [
        of_column.select(
            pl.lit(table.file).alias("file"),
            "line",
            pl.lit(fact).alias("column"),
            moment_words(pl.col(fact)).alias("value"),
            later_words(fact, moment_words(pl.col(fact)), as_of)[lang != "zh"].alias("reason"),
        )
        for (fact,), of_column in rows.partition_by("_column", as_dict=True).items()
        if isinstance(fact, str)
    ]
    return table.only(column.is_null(), pl.concat(refused))


def reckoned(
    lists: Mapping[str, tuple[str, pl.DataFrame]], presences: str, opened: "Opened", session: "SQLBackend"
) -> Reckoned:
    """Return the time of reckoning where nobody says when: the latest moment that cases, contacts or presences tell.

    Parameters
    ----------
    lists : mapping
        ``cases`` and ``contacts``: name of the file, and its rows with their times read.
    presences : str
        Name of the file of presences; empty where there is none.

    Raises
    ------
    Refused
        When nothing tells a time.

    Notes
    -----
    Presences are counted by day only where their latest end is far from what the lists tell.
    """
    parts = [pl.DataFrame(schema=MOMENTS)]
    for table, (file, frame) in lists.items():
        for name in moments_of(table, frame):
            told = frame.select(
                moment=pl.col(name),
                count=pl.lit(1, pl.Int64),
                of_cases=pl.lit(table == "cases"),
                file=pl.lit(file),
            )
            parts.append(told.drop_nulls("moment"))
    by_lists, end = reckon(pl.concat(parts)), opened.latest_end(session)
    if end is not None:
        if by_lists.as_of is None or far_apart(by_lists.as_of, end):
            days = opened.ends_by_day(session)
        else:
            days = pl.DataFrame({"moment": [end], "count": [1]}, schema_overrides={"moment": MOMENTS["moment"]})
        parts.append(days.select("moment", "count", of_cases=pl.lit(False), file=pl.lit(presences)))
    whole = reckon(pl.concat(parts))
    if whole.as_of is None:
        raise Refused(
            Text(
                "输入中没有任何时间，请用 --as-of 给出截止时间",
                "the input holds no time at all: give the time of reckoning with --as-of",
            )
        )
    return whole


def presence_count(path: Path, opened: "Opened") -> Count:
    """Return how many rows of presences were read, used and refused."""
    rows_in = opened.rows_in.get(path.name, 0)
    refused = opened.refused.height
    return Count(path.name, content_digest(path, PRESENCES), rows_in, rows_in - refused, refused)


def led_back(
    undecided: pl.DataFrame, tables: Mapping[str, Table | None], presences: Path | None, lang: Lang
) -> pl.DataFrame:
    """Give each undecided row the file and line that it came from."""
    # A list that did not come, and would have to: it is called by its name.
    files = {name: table.file if table is not None else name for name, table in tables.items()}
    if presences is not None:
        files["presences"] = presences.name
    lines = [
        pl.DataFrame({"line": t.lines})
        .with_columns(sheet=pl.lit(None, pl.String) if t.sheets is None else t.sheets)
        .with_row_index("row")
        .select(pl.lit(name, pl.String).alias("table"), pl.col("row").cast(pl.Int64), pl.col("line"), "sheet")
        for name, t in tables.items()
        if t is not None
    ]
    placed = undecided.join(pl.concat(lines), on=["table", "row"], how="left")
    placed = placed.with_columns(
        reason_zh=pl.when(pl.col("sheet").is_null())
        .then("reason_zh")
        .otherwise(pl.format("工作表“{}”：{}", "sheet", "reason_zh")),
        reason_en=pl.when(pl.col("sheet").is_null())
        .then("reason_en")
        .otherwise(pl.format("sheet '{}': {}", "sheet", "reason_en")),
    )
    file = pl.col("table").replace_strict(files, default="", return_dtype=pl.String)
    return REFUSALS.conform(
        placed.select(file.alias("file"), "line", "column", "value", pl.col(f"reason_{lang}").alias("reason"))
    ).sort("file", "line", "column", "value", "reason", nulls_last=True)
