"""The facts that measures are decided on: their columns, how they are read, and which rows are no facts."""

from typing import get_args

import polars as pl

from lianfang.kernel.schema import Column, Schema
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import CATEGORY_ORDER, WITHOUT_MEASURES
from lianfang.playbook.model import FACTS_IN_WHEN, ClockStart
from lianfang.playbook.words import FACT_LABELS

TIMES: tuple[ClockStart, ...] = get_args(ClockStart)
"""Facts that are times: whatever a period or a clock may start from."""

_WHO = ("person_id", "category")
_CIRCUMSTANCES = ("origin_risk", "special", "symptomatic", "severity", "linked_tests", "own_tests")

FACT_COLUMNS: dict[str, pl.DataType] = {
    **{name: pl.String() for name in _WHO},
    **{name: pl.Datetime("us") for name in TIMES},
    **{name: pl.String() for name in _CIRCUMSTANCES},
}
"""Columns of the facts; one that is absent is empty."""

_CHOICES = {
    "category": tuple(category.value for category in CATEGORY_ORDER if category not in WITHOUT_MEASURES),
    **{name: FACTS_IN_WHEN[name] for name in ("origin_risk", "symptomatic")},
}
FACTS_TABLE = Schema(
    "facts",
    tuple(
        Column(
            name,
            "moment" if name in TIMES else "choice" if name in _CHOICES else "text",
            required=name in _WHO,
            choices=_CHOICES.get(name, ()),
        )
        for name in FACT_COLUMNS
    ),
)
"""The facts as a file."""

REFUSED: dict[str, pl.DataType] = {
    name: pl.String() for name in ("person_id", "category", "fact", "reason_zh", "reason_en")
}
"""Columns of the facts that could not be decided, in their order."""

_BAD_TESTS = Text(
    "所关联密接的检测记录写法不对；应为 2021-08-06:neg;2021-08-09:pos",
    "the tests of the linked contact are not written as 2021-08-06:neg;2021-08-09:pos",
)
_TWICE = Text(
    "同一人同一类别有多行；只用第一行，请合并",
    "the same person and category stand twice; the first row is used, join them",
)
_NO_PERSON = Text("缺少人员编号；请补填", "the person's id is missing; fill it in")


def conform(facts: pl.DataFrame) -> pl.DataFrame:
    """Return the facts with every column in its type, empty words as null, and what is derived from them.

    Parameters
    ----------
    facts : pl.DataFrame
        Any of `FACT_COLUMNS`; texts are read as times, a date counts as its 00:00.

    Returns
    -------
    pl.DataFrame
        `FACT_COLUMNS`, the number of the row ``_row``, the derived fact ``linked_positive``, and ``_bad_tests``:
        whether ``linked_tests`` cannot be read.
    """
    columns = []
    for name, kind in FACT_COLUMNS.items():
        if name not in facts.columns:
            columns.append(pl.lit(None, kind).alias(name))
        elif name in TIMES:
            given = pl.col(name)
            if facts.schema[name] == pl.String():
                given = given.str.strip_chars().str.to_datetime(time_unit="us", strict=False)
            columns.append(given.cast(pl.Datetime("us")).alias(name))
        else:
            words = pl.col(name).cast(pl.String()).str.strip_chars()
            columns.append(pl.when(words != "").then(words).alias(name))
    frame = facts.select(columns).with_row_index("_row").cast({"_row": pl.UInt32()})
    entries = pl.col("linked_tests").str.split(";").list.eval(pl.element().str.strip_chars().filter(pl.element() != ""))
    first_two = entries.list.sort().list.head(2)
    positive = first_two.list.eval(pl.element().str.ends_with(":pos")).list.any()
    return frame.with_columns(
        pl.when(positive)
        .then(pl.lit("yes"))
        .when(first_two.list.len() == 2)
        .then(pl.lit("no"))
        .alias("linked_positive"),
        entries.list.eval(~pl.element().str.contains(r"^\d{4}-\d{2}-\d{2}:(neg|pos)$")).list.any().alias("_bad_tests"),
    )


def well_formed(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split off rows that are not facts about one person in one category.

    Parameters
    ----------
    frame : pl.DataFrame
        As `conform` gives it.

    Returns
    -------
    tuple of pl.DataFrame
        The other rows, and what was split off, with columns `REFUSED`. Of a repeated person and category the first row
        stays.
    """
    nameless = pl.col("person_id").is_null()
    twice = ~nameless & ~pl.struct("person_id", "category").is_first_distinct()
    bad = pl.col("_bad_tests").fill_null(False) & ~nameless & ~twice
    refused = [
        refuse(frame.filter(nameless), "person_id", _NO_PERSON),
        refuse(frame.filter(twice), "person_id", _TWICE),
        refuse(frame.filter(bad), "linked_tests", _BAD_TESTS),
    ]
    return frame.filter(~nameless & ~twice & ~bad), pl.concat(refused)


def refuse(rows: pl.DataFrame, fact: str, words: Text) -> pl.DataFrame:
    """Refuse rows for one fact.

    Parameters
    ----------
    rows : pl.DataFrame
        ``person_id, category``.
    fact : str
        Name of the fact that is missing or wrong.
    words : Text
        The reason, with gaps for the fact's ``{label}`` and name ``{fact}`` where it has them.

    Returns
    -------
    pl.DataFrame
        Columns `REFUSED`.
    """
    reason = words.format(label=FACT_LABELS.get(fact, Text(fact, fact)), fact=fact)
    return rows.select(
        "person_id",
        "category",
        pl.lit(fact).alias("fact"),
        pl.lit(reason.zh).alias("reason_zh"),
        pl.lit(reason.en).alias("reason_en"),
    )
