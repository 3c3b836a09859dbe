"""Rows of lists whose times cannot be meant: before the person was born, or with a year that is mistyped."""

import datetime as dt

import polars as pl

from lianfang.cases.core.asof import moments_of
from lianfang.intake.table import Table
from lianfang.kernel.text import Lang, Text
from lianfang.response.core.slips import earliest_possible

_BEFORE_BIRTH = Text(
    "{column} 早于出生日期（{born}），请核对年份", "{column} lies before the birth date ({born}): check the year"
)
_BEFORE_ALL = Text(
    "{column} 比其余时间早半年以上，疑为年份误填：其余时间始于 {first}，请核对年份",
    "{column} lies more than half a year before all other times, as a mistyped year does: the others begin on {first}; "
    "check the year",
)
_LONG_AGO = dt.timedelta(days=5 * 366)
"""A time so long before all others is mistyped even where nothing else of its row is later."""

_OLD = frozenset({"last_negative_at"})
"""Times that may be old."""


def possible_tables(
    cases: Table, contacts: Table | None, people: Table | None, lang: Lang
) -> tuple[Table, Table | None]:
    """Refuse the rows of cases and contacts with a time that cannot be meant."""
    told = {"cases": cases} | ({} if contacts is None else {"contacts": contacts})
    names = {name: [one for one in moments_of(name, table.used) if one not in _OLD] for name, table in told.items()}
    every = [table.used[one] for name, table in told.items() for one in names[name]]
    earliest = earliest_possible(pl.concat([series.rename("moment") for series in every])) if every else None
    done = {name: _possible(table, names[name], earliest, people, lang) for name, table in told.items()}
    return done["cases"], done.get("contacts")


def _possible(table: Table, names: list[str], earliest: dt.datetime | None, people: Table | None, lang: Lang) -> Table:
    rows = table.used.select("person_id", *names).with_columns(line=table.lines)
    if people is not None and "birth_date" in people.used.columns:
        born = people.used.select("person_id", born="birth_date").unique("person_id", keep="first")
        rows = rows.join(born, on="person_id", how="left", maintain_order="left")
    else:
        rows = rows.with_columns(born=pl.lit(None, pl.Date))
    wrong = pl.lit(None, pl.String)
    # A whole row of long ago may be an early case; a row of two ages has a mistyped year.
    latest, first = pl.max_horizontal(names), pl.lit(earliest, pl.Datetime("us"))
    limit = pl.when(latest >= first).then(first).otherwise(first - _LONG_AGO)
    for name in reversed(names):
        day = pl.col(name).dt.date()
        wrong = (
            pl.when(day < pl.col("born"))
            .then(pl.lit(f"born {name}"))
            .when(pl.col(name) < limit)
            .then(pl.lit(f"early {name}"))
            .otherwise(wrong)
        )
    rows = rows.with_columns(wrong=wrong)
    if rows["wrong"].null_count() == rows.height:
        return table
    refused = [
        _refusals(part, str(what), table.file, earliest, lang)
        for (what,), part in rows.drop_nulls("wrong").partition_by("wrong", as_dict=True).items()
    ]
    return table.only(rows["wrong"].is_null(), pl.concat(refused))


def _refusals(rows: pl.DataFrame, what: str, file: str, earliest: dt.datetime | None, lang: Lang) -> pl.DataFrame:
    kind, _, column = what.partition(" ")
    words = (_BEFORE_BIRTH if kind == "born" else _BEFORE_ALL).in_language(lang)
    before, _, after = words.format(column=column, born="{}", first="{}").partition("{}")
    limit = pl.col("born").dt.to_string("%Y-%m-%d") if kind == "born" else pl.lit(f"{earliest:%Y-%m-%d}")
    return rows.select(
        file=pl.lit(file),
        line="line",
        column=pl.lit(column),
        value=pl.col(column).dt.to_string("%Y-%m-%d %H:%M"),
        reason=pl.concat_str(pl.lit(before), limit, pl.lit(after)),
    )
