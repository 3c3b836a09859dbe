"""Whom a response takes along and what that costs, and the answers without a system that it is held against."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import MeasureKind

QUARANTINE = (MeasureKind.CENTRAL_QUARANTINE.value, MeasureKind.HOME_QUARANTINE.value)
"""Measures whose days cost somebody's freedom."""

_MOMENT = pl.Datetime("us")


@dataclass(frozen=True)
class Answer:
    """Whom an answer takes along, and what it costs.

    Attributes
    ----------
    name : Text
    found : DataFrame
        ``person_id, known_from``: when each was taken along.
    days : float
        Days of quarantine of all of them together.
    """

    name: Text
    found: pl.DataFrame
    days: float


def quarantine_days(measures: pl.DataFrame) -> float:
    """Return the days of quarantine that measures ask for; a period without an end counts as one day.

    Parameters
    ----------
    measures : DataFrame
        measure, start, end.
    """
    shut = measures.filter(pl.col("measure").is_in(QUARANTINE))
    days = (pl.col("end").cast(_MOMENT) - pl.col("start").cast(_MOMENT)).dt.total_seconds() / 86400
    return float(shut.select(days.fill_null(1.0).clip(0.0)).to_series().sum())


def answers(
    *,
    cases: pl.DataFrame,
    contacts: pl.DataFrame,
    interviews: pl.DataFrame,
    measures: pl.DataFrame,
    people: pl.DataFrame,
    as_of: dt.datetime,
) -> list[Answer]:
    """Return the response and the answers that it is held against.

    Parameters
    ----------
    cases : DataFrame
        case_id, person_id, reported_at.
    contacts : DataFrame
        case_id, person_id: rows of tracing of whom a category makes contacts.
    interviews : DataFrame
        case_id, person_id: whom cases named.
    measures : DataFrame
        person_id, measure, start, end.
    people : DataFrame
        person_id, household.
    as_of : datetime

    Returns
    -------
    list of Answer
        The response; two lines (whoever lives with a case or was named by one); everybody from the first report on;
        nobody. Each person of the last three costs what one person of the response costs on average.
    """
    reported = cases.filter(pl.col("reported_at") <= as_of).select("case_id", "person_id", "reported_at")
    when = reported.select("case_id", known_from="reported_at")

    def earliest(rows: pl.DataFrame) -> pl.DataFrame:
        met = rows.join(when, on="case_id")
        return met.group_by("person_id").agg(pl.col("known_from").min()).sort("person_id")

    traced = earliest(contacts.select("case_id", "person_id"))
    days = quarantine_days(measures)
    shut = measures.filter(pl.col("measure").is_in(QUARANTINE))["person_id"].n_unique()
    each = days / shut if shut else 0.0
    home = people.select("person_id", "household").drop_nulls()
    with_case = reported.join(home, on="person_id").select("case_id", "household")
    housemates = with_case.join(home, on="household").select("case_id", "person_id")
    simple = earliest(pl.concat([housemates, interviews.select("case_id", "person_id")]))
    first = reported["reported_at"].min()
    everybody = people.select("person_id", known_from=pl.lit(first, _MOMENT))
    return [
        Answer(Text("本系统", "this response"), traced, days),
        Answer(
            Text("两行算式：同住者和病例说出的人", "two lines: household and whom the case named"),
            simple,
            simple.height * each,
        ),
        Answer(
            Text("全员隔离", "everybody"),
            everybody if first is not None else everybody.clear(),
            people.height * each,
        ),
        Answer(Text("不作管控", "nobody"), everybody.clear(), 0.0),
    ]
