"""What the response gets to see of an outbreak: reported cases, what they remember, and presences that left a trace."""

import datetime as dt

import numpy as np
import polars as pl
from numpy.random import Generator

from lianfang.drill.core.county import County
from lianfang.drill.core.outbreak import Truth
from lianfang.kernel.schema import CASES, INTERVIEWS
from lianfang.kernel.vocabulary import CaseSource, Classification, PlaceKind

REMEMBERED = {
    PlaceKind.DWELLING: 0.95,
    PlaceKind.WORK: 0.6,
    PlaceKind.SCHOOL: 0.45,
    PlaceKind.MEAL: 0.55,
    PlaceKind.VEHICLE: 0.03,
    PlaceKind.VENUE: 0.08,
    PlaceKind.CARE: 0.15,
    PlaceKind.OTHER: 0.2,
}
"""Share of the people met whom a case can name, by kind of place, when they met for an hour or more."""
RELATIONS = {
    PlaceKind.DWELLING: "共同居住或走访",
    PlaceKind.WORK: "同事",
    PlaceKind.SCHOOL: "同学或师生",
    PlaceKind.MEAL: "同桌就餐",
    PlaceKind.VEHICLE: "同车",
    PlaceKind.VENUE: "同一场所",
    PlaceKind.CARE: "就诊接触",
    PlaceKind.OTHER: "其他",
}
UNITS = {
    CaseSource.REGULAR_TESTING: "云汀县疾病预防控制中心",
    CaseSource.CONTACT_TESTING: "云汀县疾病预防控制中心",
}


def reported_cases(truth: Truth, county: County, until: dt.datetime, *, prefix: str = "YT") -> pl.DataFrame:
    """List the cases that were found by `until`, as they would be reported.

    Parameters
    ----------
    truth : Truth
    county : County
    until : datetime
        Symptoms that begin later are not known yet: such a case is reported as asymptomatic.
    prefix : str
        Case ids are this (the code of the outbreak), a dash and four digits.

    Returns
    -------
    DataFrame
        `kernel.schema.CASES` in order of report, then classification, diagnosed_at, reported_at, found_by
        (`CaseSource`), reporting_unit, reporting_doctor. Onset is known by its day only (its 00:00).
        `last_negative_at` is the routine test before, for people whose post is tested and who were tested negative.
    """
    found = truth.infections.filter(pl.col("reported_at") <= until).sort("reported_at", "person_id")
    ill = pl.col("onset_at").is_not_null() & (pl.col("onset_at") <= until)
    hospital = pl.lit(county.hospital)
    doctors = _doctors(county)
    every = pl.Series(county.habits.tests_every).cast(pl.Int64)
    tested = found.join(
        county.people.select("person_id").with_columns(every.alias("every")),
        on="person_id",
        how="left",
        maintain_order="left",
    )
    before = pl.col("sampled_at") - pl.duration(days=pl.col("every"))
    frame = tested.select(
        pl.format("{}-{}", pl.lit(prefix), (pl.int_range(pl.len()) + 1).cast(pl.String).str.zfill(4)).alias("case_id"),
        "person_id",
        pl.when(ill).then(pl.col("onset_at").dt.truncate("1d")).alias("onset_date"),
        pl.col("sampled_at").dt.truncate("1m"),
        pl.when(
            (pl.col("found_by") == CaseSource.REGULAR_TESTING.value)
            & (before < pl.col("infected_at") + pl.duration(hours=36))
        )
        .then(before)
        .dt.truncate("1m")
        .alias("last_negative_at"),
        pl.when(pl.col("isolated_at") <= until).then(pl.col("isolated_at")).dt.truncate("1m").alias("isolated_at"),
        pl.when(ill)
        .then(pl.lit(Classification.CONFIRMED.value))
        .otherwise(pl.lit(Classification.ASYMPTOMATIC.value))
        .alias("classification"),
        pl.col("reported_at").dt.truncate("1m").alias("diagnosed_at"),
        pl.col("reported_at").dt.truncate("1m"),
        "found_by",
        pl.col("found_by")
        .replace_strict({k.value: v for k, v in UNITS.items()}, default=hospital)
        .alias("reporting_unit"),
        doctors.gather(pl.int_range(tested.height, eager=True) * 7 % len(doctors)).alias("reporting_doctor"),
    )
    return CASES.conform(frame)


def _doctors(county: County) -> pl.Series:
    """Names of the hospital's staff, who sign the report cards."""
    code = county.organisations.filter(pl.col("name") == county.hospital)["code"][0]
    return county.people.filter(pl.col("organisation") == code)["name"]


FALSE_NAMES = 0.6
"""People whom a case names on average without having met them while infectious."""
WRONG_DAY = 0.1
"""Share of what is told whose day is wrong by one or two."""
WRONG_TIME, WRONG_BY = 0.05, 90.0
"""Share of presences that are recorded at a wrong time, and by how many minutes (standard deviation)."""


def interviews(chance: Generator, truth: Truth, cases: pl.DataFrame, county: County) -> pl.DataFrame:
    """Let each reported case name some of the people whom it met while infectious, and some whom it did not.

    Parameters
    ----------
    chance : Generator
    truth : Truth
    cases : DataFrame
        As from `reported_cases`.
    county : County

    Returns
    -------
    DataFrame
        `kernel.schema.INTERVIEWS`, times to the hour. The share that is remembered depends on the kind of place and
        falls for meetings shorter than an hour; a few days are wrong; and people name neighbours whom they did not
        meet then.
    """
    met = truth.exposures.join(
        cases.select("case_id", pl.col("person_id").alias("infector")), on="infector", how="inner"
    ).sort("case_id", "person_id", "place_kind")
    share = pl.col("place_kind").replace_strict({k.value: v for k, v in REMEMBERED.items()}, return_dtype=pl.Float64)
    likely = met.select(share * (pl.col("minutes") / 60).clip(0.2, 1.0)).to_series().to_numpy()
    named = met.filter(pl.Series(chance.random(met.height) < likely))
    off = np.where(chance.random(named.height) < WRONG_DAY, chance.choice([-2, -1, 1, 2], named.height), 0)
    late = pl.lit(pl.Series(off.astype(np.int64))) * pl.duration(days=1)
    told = named.select(
        "case_id",
        "person_id",
        pl.col("first") + late,
        pl.col("last") + late,
        "place_kind",
    )
    told = pl.concat([told, _named_falsely(chance, truth, cases, county).select(told.columns)])
    told = told.unique(["case_id", "person_id", "place_kind"], keep="first", maintain_order=True)
    told = told.sort("case_id", "person_id", "place_kind")
    # Masks are worn where care is given: half of those meetings count as protected.
    masked = chance.random(told.height) < np.where((told["place_kind"] == PlaceKind.CARE.value).to_numpy(), 0.5, 0.0)
    return INTERVIEWS.conform(
        told.select(
            "case_id",
            "person_id",
            pl.col("first").dt.truncate("1h").alias("first_contact"),
            (pl.col("last").dt.truncate("1h") + pl.duration(hours=1)).alias("last_contact"),
            pl.col("place_kind").replace_strict({k.value: v for k, v in RELATIONS.items()}).alias("relation"),
            "place_kind",
            pl.Series("protected", masked),
        )
    )


def _named_falsely(chance: Generator, truth: Truth, cases: pl.DataFrame, county: County) -> pl.DataFrame:
    """People of the same community whom cases say they met, on a day of their last four, and did not."""
    number = {person: n for n, person in enumerate(county.people["person_id"].to_list())}
    really = set(truth.exposures.select("infector", "person_id").iter_rows())
    community, ids = county.habits.community, county.people["person_id"]
    rows = []
    for case_id, person, reported in cases.select("case_id", "person_id", "reported_at").sort("case_id").iter_rows():
        near = np.flatnonzero(community == community[number[person]])
        for _ in range(int(chance.poisson(FALSE_NAMES))):
            other = str(ids[int(chance.choice(near))])
            start = reported - dt.timedelta(days=float(chance.uniform(0.5, 4)))
            if other != person and (person, other) not in really:
                rows.append((case_id, other, start, start + dt.timedelta(hours=1), PlaceKind.OTHER.value))
    moment = pl.Datetime("us")
    text = pl.String()
    schema: dict[str, pl.DataType] = {"case_id": text, "person_id": text, "first": moment, "last": moment}
    schema |= {"place_kind": text}
    return pl.DataFrame(rows, schema=schema, orient="row")


def with_wrong_times(chance: Generator, presences: pl.DataFrame) -> pl.DataFrame:
    """Shift some presences as lists do: a till's clock is wrong, a roster tells the shift and not the hour.

    Parameters
    ----------
    chance : Generator
    presences : DataFrame
        `kernel.schema.PRESENCES`; those at home stay.

    Returns
    -------
    DataFrame
        The same rows in the same order, some earlier or later as a whole.
    """
    wrong = chance.random(presences.height) < WRONG_TIME
    minutes = np.rint(np.where(wrong, chance.normal(0, WRONG_BY, presences.height), 0)).astype(np.int64)
    by = pl.Series(minutes)
    shift = pl.when(pl.col("place_kind") == PlaceKind.DWELLING.value).then(0).otherwise(by)
    return presences.with_columns(
        pl.col("start") + pl.duration(minutes=shift), pl.col("end") + pl.duration(minutes=shift)
    )


def without_absent(presences: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    """Take the time in isolation or quarantine out of presences: who is there is not at work, whatever the habit.

    Parameters
    ----------
    presences : DataFrame
        `kernel.schema.PRESENCES`.
    truth : Truth

    Returns
    -------
    DataFrame
        The same rows, cut at the time from which their person is away, without those that lie behind it.
    """
    if truth.away.is_empty():
        return presences
    known = pl.col("person_id").is_in(truth.away["person_id"].implode())
    cut = presences.filter(known).join(truth.away, on="person_id", how="left")
    cut = cut.with_columns(pl.min_horizontal("end", "since").alias("end")).filter(pl.col("start") < pl.col("end"))
    return pl.concat([presences.filter(~known), cut.select(presences.columns)]).sort("person_id", "start")
