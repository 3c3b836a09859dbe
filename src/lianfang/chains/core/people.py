"""The cases that have a day, as arrays: what weighing needs of each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from lianfang.cases.core.window import GIVEN
from lianfang.chains.core.timing import Bools, Delay, Floats, Ints, delay_of
from lianfang.playbook.model import ChainWeights

NEVER = 10**7
"""A day later than any; a day earlier than any is its negative."""


@dataclass(frozen=True)
class People:
    """The cases that have a day, sorted by id as text; days count from 1970-01-01.

    Attributes
    ----------
    ids, person : numpy.ndarray
        Case ids, and a number for each person.
    day : numpy.ndarray
        Of onset, else of the sample.
    by_onset : numpy.ndarray
        Whether it is one of onset.
    since, until : numpy.ndarray
        Days on which the case can have infected somebody, half-open: until it was isolated, where a list states a
        window its start. A policy's look-back does not enter: it says whom to trace, not who was infectious.
    infected_by : numpy.ndarray
        The day before which the case was infected: not after onset or isolation, and some days before it was found
        positive.
    strength : numpy.ndarray
        How infectious it is taken to be beside the others.
    delay : Delay
        From onset to sample, among these cases.
    """

    ids: npt.NDArray[np.object_]
    person: Ints
    day: Ints
    by_onset: Bools
    since: Ints
    until: Ints
    infected_by: Ints
    strength: Floats
    delay: Delay
    frame: pl.DataFrame


def day(column: str) -> pl.Expr:
    """Return the day of a moment, counted from 1970-01-01."""
    return pl.col(column).dt.date().to_physical().cast(pl.Int64)


def day_after(column: str) -> pl.Expr:
    """Return the first day that lies wholly after a moment."""
    moment = pl.col(column)
    return day(column) + (moment > moment.dt.truncate("1d")).cast(pl.Int64)


def moments(frame: pl.DataFrame, *names: str) -> list[pl.Expr]:
    """Return the named columns as naive moments; one that is absent is empty."""
    return [(pl.col(n) if n in frame.columns else pl.lit(None)).cast(pl.Datetime("us")).alias(n) for n in names]


def people_of(cases: pl.DataFrame, chains: ChainWeights) -> People:
    """Return the cases of `chains.weigh` that have a day."""
    person = pl.col("person_id").cast(pl.String) if "person_id" in cases.columns else pl.lit(None, pl.String)
    given = pl.col("window_rule") == GIVEN if "window_rule" in cases.columns else pl.lit(False)
    frame = (
        cases.select(
            pl.col("case_id").cast(pl.String),
            pl.coalesce(person, pl.col("case_id").cast(pl.String)).alias("person_id"),
            *moments(cases, "onset_date", "sampled_at", "isolated_at", "infectious_from", "infectious_to"),
            given=given.fill_null(False),
        )
        .with_columns(
            onset=day("onset_date"),
            sample=day("sampled_at"),
            isolated=day_after("isolated_at"),
            until=pl.coalesce(day_after("infectious_to"), day_after("isolated_at")).fill_null(NEVER),
            since=pl.when("given").then(day("infectious_from")).fill_null(-NEVER),
        )
        .with_columns(day=pl.coalesce("onset", "sample"))
        .drop_nulls("day")
        .sort("case_id")
        .with_columns(
            person=pl.col("person_id").rank("dense").cast(pl.Int64),
            infected_by=pl.min_horizontal(
                pl.col("onset") + 1, pl.col("isolated"), pl.col("sample") - chains.positive_after_days + 1
            ),
        )
        .with_row_index("index")
        .with_columns(pl.col("index").cast(pl.Int64))
    )
    by_onset = frame["onset"].is_not_null().to_numpy()
    has_both = (frame["onset"].is_not_null() & frame["sample"].is_not_null()).to_numpy()
    return People(
        ids=frame["case_id"].to_numpy(),
        person=frame["person"].to_numpy(),
        day=frame["day"].to_numpy(),
        by_onset=by_onset,
        since=frame["since"].to_numpy(),
        until=frame["until"].to_numpy(),
        infected_by=frame["infected_by"].to_numpy(),
        strength=np.where(by_onset, 1.0, chains.without_symptoms),
        delay=delay_of(frame["onset"].fill_null(0).to_numpy(), frame["sample"].fill_null(0).to_numpy(), known=has_both),
        frame=frame,
    )
