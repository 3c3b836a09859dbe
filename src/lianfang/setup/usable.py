"""Which rows of a list can be used: those whose area, person and case are there and are the loader's own to write."""

import datetime as dt
from collections.abc import Iterable

import polars as pl

from lianfang.access.scope import Scope, scope_of
from lianfang.access.selectors import jurisdictions_frame
from lianfang.access.times import to_local
from lianfang.cases.core.possible import earliest_of
from lianfang.cases.selectors import cases_frame
from lianfang.intake.table import Table
from lianfang.kernel.schema import REFUSALS
from lianfang.kernel.text import Lang, Text
from lianfang.outbreaks.selectors import find_outbreak
from lianfang.registry.selectors import areas_of_keys, areas_of_people
from lianfang.setup.kinds import Asked, Kind

_NO_AREA = Text(
    "您的辖区内没有这个地区（代码或名称），请核对，或先导入辖区",
    "no area of that code or name lies in yours: check it, or load the areas first",
)
_TWO_AREAS = Text("有多个地区叫这个名称，请改用代码", "several areas have that name: give the code")
_OTHERS = Text(
    "此编号已属于您辖区以外的登记，不能改写", "a row outside of your area has this key: it is not yours to write"
)
_NOBODY = Text(
    "您的辖区内没有登记此人，请先导入人员", "nobody of that id is registered in your area: load the people first"
)
_NO_CASE = Text(
    "该疫情没有这个病例，请核对编号或先导入病例", "this outbreak has no such case: check the number, or load it first"
)
_ONESELF = Text("接触者就是病例本人，请核对", "the contact is the case itself: check both")


_TOO_EARLY = Text(
    "早于该疫情开始半年以上，疑为年份误填，请核对",
    "more than half a year before the outbreak began, as a mistyped year is: check it",
)
_TOO_LATE = Text("晚于现在，请核对", "this lies in the future: check it")


def usable(kind: Kind, table: Table, asked: Asked, lang: Lang) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the rows of a list into those that can be loaded and those that cannot.

    Parameters
    ----------
    kind : Kind
    table : Table
        As it was read.
    asked : Asked
        Whose area counts, and into which outbreak it goes.
    lang : {"zh", "en"}
        Language of the reasons.

    Returns
    -------
    rows, refused : DataFrame
        The usable rows, areas by their codes: a row that names none stays where the register has it, a new one stands
        in that of whoever loads. And `kernel.schema.REFUSALS`, those of the reading among them, by line.
    """
    scope = scope_of(asked.by)
    rows = table.used.with_columns(pl.lit(None, dtype=pl.String).alias(_WHY), pl.lit("").alias(_WHERE))
    tree = jurisdictions_frame(scope)
    stored = areas_of_keys(kind.code, _texts(rows[kind.key])) if kind.key else {}
    if kind.area:
        own = asked.by.jurisdiction_id if kind.fills_area else None
        stays = (
            pl.col(kind.key).replace_strict(stored, default=own, return_dtype=pl.String) if kind.key else pl.lit(own)
        )
        rows = _with_areas(rows, kind.area, tree, untold=stays, need=kind.fills_area)
    if kind.key:
        others = set(stored.values()) - set(tree["code"])
        of_others = [key for key, area in stored.items() if area in others]
        rows = _refuse(rows, kind.key, pl.col(kind.key).is_in(of_others), _OTHERS)
    if kind.into_outbreak:
        rows = _with_persons(rows, kind, scope, asked.outbreak)
        rows = _with_possible_times(rows, kind, scope, asked)
    lost = rows.with_columns(table.lines.alias(_LINE)).filter(pl.col(_WHY).is_not_null())
    refused = [
        {
            "file": table.file,
            "line": row[_LINE],
            "column": row[_WHERE],
            "value": None if row.get(row[_WHERE]) is None else str(row[row[_WHERE]]),
            "reason": _REASONS[row[_WHY]].in_language(lang),
        }
        for row in lost.iter_rows(named=True)
    ]
    told = pl.DataFrame(refused, schema=REFUSALS.dtypes) if refused else REFUSALS.empty()
    kept = rows.filter(pl.col(_WHY).is_null()).drop(_WHY, _WHERE)
    return kept, pl.concat([table.refused, told]).sort("line", maintain_order=True)


_WHY, _WHERE, _LINE, _CASE_PERSON = "\0why", "\0where", "\0line", "\0case person"
"""Names that no column of a sender has: a cell holds no such character."""
_REASONS = {
    text.en: text for text in (_NO_AREA, _TWO_AREAS, _OTHERS, _NOBODY, _NO_CASE, _ONESELF, _TOO_EARLY, _TOO_LATE)
}


def _refuse(rows: pl.DataFrame, column: str, wrong: pl.Expr, why: Text) -> pl.DataFrame:
    """Mark rows; who is marked already keeps the first reason."""
    hit = wrong & pl.col(_WHY).is_null()
    return rows.with_columns(
        pl.when(hit).then(pl.lit(why.en)).otherwise(pl.col(_WHY)).alias(_WHY),
        pl.when(hit).then(pl.lit(column)).otherwise(pl.col(_WHERE)).alias(_WHERE),
    )


def _with_possible_times(rows: pl.DataFrame, kind: Kind, scope: Scope, asked: Asked) -> pl.DataFrame:
    """Refuse times that cannot be meant, as the forms do; the end of a bare date may lie ahead of now."""
    outbreak = find_outbreak(asked.outbreak, scope)
    for column in kind.schema.columns:
        if column.kind != "moment" or column.name not in rows.columns:
            continue
        told, latest = pl.col(column.name), to_local(asked.at)
        if column.bare_date == "next_day":
            latest = latest + dt.timedelta(days=1)
        if outbreak is not None:
            first = dt.datetime.combine(earliest_of(column.name, outbreak.started_on), dt.time())
            rows = _refuse(rows, column.name, (told < first).fill_null(False), _TOO_EARLY)
        rows = _refuse(rows, column.name, (told > latest).fill_null(False), _TOO_LATE)
    return rows


def _with_areas(rows: pl.DataFrame, column: str, tree: pl.DataFrame, *, untold: pl.Expr, need: bool) -> pl.DataFrame:
    """Set the area of each row by its code or name in the tree; `untold` gives that of a row that tells none."""
    codes = set(tree["code"])
    names = tree.group_by("name").agg(pl.col("code").first(), pl.len().alias("n"))
    single = dict(names.filter(pl.col("n") == 1).select("name", "code").iter_rows())
    twice = set(names.filter(pl.col("n") > 1)["name"])
    if column not in rows.columns:
        rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(column))
    told = pl.col(column)
    found = told.replace_strict({**single, **{code: code for code in codes}}, default=None, return_dtype=pl.String)
    rows = _refuse(rows, column, told.is_in(list(twice - codes)), _TWO_AREAS)
    rows = _refuse(rows, column, found.is_null() & (told.is_not_null() | (pl.lit(need) & untold.is_null())), _NO_AREA)
    return rows.with_columns(
        pl.when(pl.col(_WHY).is_null()).then(pl.coalesce(found, untold)).otherwise(told).alias(column)
    )


def _with_persons(rows: pl.DataFrame, kind: Kind, scope: Scope, outbreak: str) -> pl.DataFrame:
    case_known = pl.lit(True)
    if kind.code == "cases":
        has_person = "person_id" in rows.columns
        rows = rows.with_columns(
            pl.coalesce("person_id", "case_id") if has_person else pl.col("case_id").alias("person_id")
        )
    else:
        cases = cases_frame(outbreak, scope, with_excluded=True).select(
            "case_id", pl.col("person_id").alias(_CASE_PERSON)
        )
        rows = rows.join(cases, on="case_id", how="left", maintain_order="left")
        case_known = pl.col(_CASE_PERSON).is_not_null()
    registered = areas_of_people(scope, _texts(rows["person_id"]))["person_id"]
    rows = _refuse(rows, "person_id", ~pl.col("person_id").is_in(registered.implode()), _NOBODY)
    if kind.code == "contacts":
        rows = _refuse(rows, "case_id", ~case_known, _NO_CASE)
        rows = _refuse(rows, "person_id", pl.col("person_id") == pl.col(_CASE_PERSON), _ONESELF)
        rows = rows.drop(_CASE_PERSON)
    return rows


def _texts(series: pl.Series) -> Iterable[str]:
    return series.drop_nulls().to_list()
