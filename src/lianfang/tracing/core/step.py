"""The step of the response that the room decides: who is a contact."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from lianfang.cases.core.step import to_blame
from lianfang.cases.core.window import problems
from lianfang.kernel.schema import UNDECIDED
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Category
from lianfang.kernel.words import has_positive
from lianfang.playbook.model import Playbook
from lianfang.tracing.core.by_window import by_window
from lianfang.tracing.core.contacts import usable_interviews

_OUTSIDE = Text(
    "与病例{case}的接触不在传染期内（{since} 至 {until}），未提出措施：如时间有误请更正",
    "contact with case {case}, not in the infectious window: {since} to {until}; no measure is proposed, correct the "
    "times if they are wrong",
)
_UNDECIDED = Text(
    "病例{case}的传染期无法确定，与其有接触的{person}未能判定：{why}",
    "the infectious window of case {case} is not known, so {person}, whom it named or met, is not decided: {why}",
)
_EXCLUDED = Text(
    "病例{case}已排除，其流调接触者不再判定",
    "case {case} was ruled out, so whom it named is no contact of it",
)


def contacts(have: Mapping[str, Any], *, playbook: Playbook, as_of: dt.datetime) -> dict[str, Any]:
    """Give every contact, and how many people shared a place with a case and are none.

    Parameters
    ----------
    have : mapping
        ``active``, ``windows``, ``presences``, ``interviews``, ``people``, ``isolations``, ``decisions``; ``trace`` and
        ``count_general`` carry the tracing out (`tracing.tracer`), since presences lie in files; ``count_general`` may
        be None.

    Returns
    -------
    dict
        ``contacts``: schema `kernel.schema.CONTACTS`; ``general``: columns of `core.general.COUNTS`, or None;
        ``undecided``: whom a case named or met and of whom nothing is proposed, each with the reason.
    """
    # It reckons the windows itself, by the same function, for it is also called without this loop: one pass over cases.
    cases = have["active"].drop("row")
    found = have["trace"](
        cases,
        have["presences"],
        have["interviews"],
        playbook=playbook,
        as_of=as_of,
        isolations=have["isolations"],
        decisions=have["decisions"],
        positive=_positive(have["people"]),
    )
    count = have["count_general"]
    general = None if count is None else count(cases, have["presences"], found, playbook=playbook, as_of=as_of)
    undecided = [_outside(have["interviews"], have["windows"]), _without_window(found, have["windows"], have["active"])]
    return {"contacts": found, "general": general, "undecided": pl.concat(undecided)}


def _positive(people: pl.DataFrame) -> pl.Series:
    """Return the ids of people of whom the list tells a positive test."""
    if people.schema.get("own_tests") != pl.String:
        return pl.Series("person_id", [], dtype=pl.String)
    return people.filter(has_positive(pl.col("own_tests")))["person_id"]


def _outside(interviews: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Say of each interview row that makes no contact why: outside of the window, or of a case that was ruled out."""
    placed = interviews.with_row_index("_row")
    listed = pl.col("case_id").is_in(windows["case_id"].implode())
    ruled_out = placed.filter(~listed).with_columns(since=pl.lit(""), until=pl.lit(""))
    usable = placed.filter(listed)
    told = by_window(usable.filter(usable_interviews(usable, cases=windows)), windows=windows)
    outside = told.filter(pl.col("standing") == Category.OUTSIDE_WINDOW.value).with_columns(
        pl.col("since", "until").dt.strftime("%Y-%m-%d %H:%M")
    )
    lacking = pl.when(pl.col("last_contact").is_not_null()).then(pl.lit("last_contact"))
    return pl.concat(
        [
            _rows(outside, "contacts", lacking.otherwise(pl.lit("first_contact")), _OUTSIDE),
            _rows(ruled_out, "contacts", pl.lit("case_id"), _EXCLUDED),
        ]
    )


def _without_window(found: pl.DataFrame, windows: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Name everybody whom a case without a sound window named or met, with the case, and lead them to its row."""
    open_rows = found.filter(pl.col("category") == Category.UNDECIDED.value)
    if not open_rows.height:
        return pl.DataFrame(schema=UNDECIDED)
    why = dict(problems(windows))
    blamed = to_blame(windows, cases)
    said = windows.filter(pl.col("case_id").is_in(list(why))).select(
        "case_id",
        _row="row",
        _column=pl.col("case_id").replace_strict(blamed, return_dtype=pl.String),
        why_zh=pl.col("case_id").replace_strict({n: t.zh for n, t in why.items()}, return_dtype=pl.String),
        why_en=pl.col("case_id").replace_strict({n: t.en for n, t in why.items()}, return_dtype=pl.String),
    )
    people = open_rows.select("case_id", "person_id").unique().join(said, on="case_id")
    return _rows(people, "cases", pl.col("_column"), _UNDECIDED)


def _rows(rows: pl.DataFrame, table: str, column: pl.Expr, words: Text) -> pl.DataFrame:
    def said(text: str, lang: str) -> pl.Expr:
        gaps = {"case": "case_id", "person": "person_id", "since": "since", "until": "until", "why": f"why_{lang}"}
        parts: list[pl.Expr] = []
        for piece in text.replace("}", "{").split("{"):
            parts.append(pl.col(gaps[piece]) if piece in gaps else pl.lit(piece))
        return pl.concat_str(parts)

    return rows.select(
        table=pl.lit(table),
        row=pl.col("_row").cast(pl.Int64),
        column=column,
        value=pl.col("person_id"),
        reason_zh=said(words.zh, "zh"),
        reason_en=said(words.en, "en"),
    ).cast(pl.Schema(UNDECIDED))
