"""What of the lists of a response over files can be used: interviews of known cases, the latest presence."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from lianfang.intake.digests import content_digest
from lianfang.intake.read import Table
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES, REFUSALS
from lianfang.kernel.text import Lang, Text

if TYPE_CHECKING:
    from lianfang.presences.opened import Opened
from lianfang.response.ran import Count


def usable_interviews(interviews: Table, cases: Table, lang: Lang) -> Table:
    """Refuse the contacts that name a case which is not among the used cases, and cases that name themselves."""
    from lianfang.tracing.core.contacts import usable_interviews

    usable = usable_interviews(interviews.used, cases=cases.used)
    if usable.all():
        return interviews
    unknown = Text(
        "病例清单中没有可用的这个病例，请核对编号或先补录病例",
        "no such case among the usable rows of the case list: check the id, or add the case first",
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
    return Table(
        interviews.file,
        interviews.sha256,
        interviews.rows_in,
        interviews.used.filter(usable),
        interviews.lines.filter(usable),
        pl.concat([interviews.refused, REFUSALS.conform(refused)]).sort("line"),
    )


def latest(cases: Table, interviews: Table | None) -> dt.datetime:
    """Return the latest moment that cases or interviews name: a response is as of then where nobody says when."""
    times = [
        table.used[name].max()
        for table in (cases, interviews)
        if table is not None
        for name, dtype in table.used.schema.items()
        if isinstance(dtype, pl.Datetime)
    ]
    known = [moment for moment in times if isinstance(moment, dt.datetime)]
    if not known:
        raise Refused(
            Text(
                "输入中没有任何时间，请用 --as-of 给出截止时间",
                "the input holds no time at all: give the time of reckoning with --as-of",
            )
        )
    return max(known)


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
        t.lines.to_frame("line")
        .with_row_index("row")
        .select(pl.lit(name, pl.String).alias("table"), pl.col("row").cast(pl.Int64), pl.col("line").cast(pl.Int64))
        for name, t in tables.items()
        if t is not None
    ]
    placed = undecided.join(pl.concat(lines), on=["table", "row"], how="left")
    file = pl.col("table").replace_strict(files, default="", return_dtype=pl.String)
    return REFUSALS.conform(
        placed.select(file.alias("file"), "line", "column", "value", pl.col(f"reason_{lang}").alias("reason"))
    ).sort("file", "line", "column", "value", "reason", nulls_last=True)
