"""The cases of a bulletin: when they count, one line each without names, and the curve."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from lianfang.cases.core.figures import CASES, NEW_TODAY
from lianfang.cases.core.known import known_at
from lianfang.cases.core.origin import FoundIn, Origin, found_in, origin_of
from lianfang.headquarters.core.curve import ORDER
from lianfang.kernel.cells import word_column
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import CaseSource, Classification, Severity, Sex
from lianfang.kernel.where import Names

KNOWN_AT: Names = {"reported_at": "known_at"}
"""A list may tell no report: what comes nearest to it counts (`known_cases`)."""

DAYS_DRAWN = 60
"""The curve shows so many days at most, up to the day of the bulletin: a mistyped year makes it no longer."""


@dataclass(frozen=True)
class Curve:
    """New cases by day.

    Attributes
    ----------
    days : tuple of date
        Each day from the first to that of the bulletin, also those without a case.
    counts : mapping of str to tuple of int
        A number a day, by the code of the classification.
    before : int
        Cases of earlier days, which are not drawn.
    """

    days: tuple[dt.date, ...]
    counts: Mapping[str, tuple[int, ...]]
    before: int = 0


def last_moment(as_of: dt.datetime) -> dt.datetime:
    """Return the last moment that a time of reckoning includes: midnight closes the day before it (24:00)."""
    return as_of - dt.timedelta(microseconds=1) if as_of.time() == dt.time() else as_of


def known_cases(cases: pl.DataFrame) -> pl.DataFrame:
    """Return the cases with ``classification`` filled and ``known_at``, excluded ones left out.

    When a case became known, `lianfang.cases.core.known` says; ``origin`` and ``found_in``, `cases.core.origin`.
    """
    by_onset = (
        pl.when(pl.col("onset_date").is_null())
        .then(pl.lit(Classification.ASYMPTOMATIC.value))
        .otherwise(pl.lit(Classification.CONFIRMED.value))
        if "onset_date" in cases.columns
        else pl.lit(Classification.CONFIRMED.value)
    )
    classified = word_column(cases, "classification", Classification)
    known = cases.with_columns(
        classification=pl.coalesce(classified, by_onset),
        known_at=known_at(cases),
        origin=origin_of(cases),
        found_in=found_in(cases),
    )
    return known.filter(CASES.where.polars())


def new_cases(known: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Return the cases that became known on a day, by when they did."""
    today = known.filter(NEW_TODAY.where.polars(names=KNOWN_AT, day=day))
    return today.sort("known_at", "case_id")


def case_lines(new: pl.DataFrame, *, day: dt.date, townships: Mapping[str, Text] | None = None) -> list[Text]:
    """Say each new case in one line, without a name: class, sex, age, township, local or imported, how it was found.

    Parameters
    ----------
    new : pl.DataFrame
        From `new_cases`; where present ``sex``, ``birth_date``, ``jurisdiction``, ``severity``, ``found_by``,
        ``onset_date``, ``sampled_at``, ``isolated_at``.
    day : date
        Of the bulletin: ages are those of the day.
    townships : mapping, optional
        Code of a jurisdiction to its name; one that is not among them stands for itself.
    """
    columns = new.columns
    words = {name: word_column(new, name, kind) for name, kind in (("sex", Sex), ("severity", Severity))}
    how = word_column(new, "found_by", CaseSource)
    told = new.with_columns(**words, how=how)
    lines = []
    for number, row in enumerate(told.iter_rows(named=True), start=1):
        parts = [Classification.of(row["classification"]).label]
        if row["severity"] and row["severity"] != Severity.ASYMPTOMATIC.value:
            parts[0] = Text("{a}（{b}）", "{a} ({b})").format(a=parts[0], b=Severity.of(row["severity"]).label)
        if row["sex"] and row["sex"] != Sex.UNKNOWN.value:
            parts.append(Sex.of(row["sex"]).label)
        if "birth_date" in columns and (age := _age(row["birth_date"], day)) is not None:
            parts.append(Text(f"{age}岁", f"aged {age}"))
        place = row["jurisdiction"] if "jurisdiction" in columns else None
        parts.append((townships or {}).get(place, Text(place, place)) if place else _NO_TOWNSHIP)
        parts.append(Origin.of(row["origin"]).label)
        found = FoundIn.of(row["found_in"]).label
        if row["how"]:
            found = Text("{a}（{b}）", "{a} ({b})").format(a=found, b=CaseSource.of(row["how"]).label)
        parts.append(found)
        for name, said in _DATES:
            if name in columns and row[name] is not None:
                at = row[name]
                parts.append(Text(f"{at.month}月{at.day}日{said.zh}", f"{said.en} {at:%Y-%m-%d}"))
        zh, en = "，".join(one.zh for one in parts), ", ".join(one.en for one in parts)
        lines.append(Text(f"病例{number}：{zh}。", f"Case {number}: {en}."))
    return lines


_NO_TOWNSHIP = Text("乡镇不详", "township not known")
_DATES = (
    ("onset_date", Text("发病", "onset")),
    ("sampled_at", Text("采样阳性", "sampled positive")),
    ("isolated_at", Text("隔离", "isolated")),
)


def _age(born: dt.date | None, day: dt.date) -> int | None:
    if born is None:
        return None
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return age if 0 <= age < 130 else None


def curve_of(known: pl.DataFrame, day: dt.date) -> Curve:
    """Count the cases by day of onset, else of the first positive sample, else of report, up to the day."""
    names = [name for name in ("onset_date", "sampled_at", "known_at") if name in known.columns]
    dated = (
        known.with_columns(day=pl.coalesce([pl.col(name).cast(pl.Datetime("us")) for name in names]).dt.date())
        .drop_nulls("day")
        .filter(pl.col("day") <= day)
    )
    if dated.is_empty():
        return Curve((), {})
    earliest = day - dt.timedelta(days=DAYS_DRAWN - 1)
    drawn = dated.filter(pl.col("day") >= earliest)
    first: dt.date = min([day, *drawn["day"].to_list()])
    days = tuple(first + dt.timedelta(days=n) for n in range((day - first).days + 1))
    counted = {(one, code): number for one, code, number in drawn.group_by("day", "classification").len().iter_rows()}
    codes = [word.value for word in ORDER if any((one, word.value) in counted for one in days)]
    counts = {code: tuple(counted.get((one, code), 0) for one in days) for code in codes}
    return Curve(days, counts, dated.height - drawn.height)
