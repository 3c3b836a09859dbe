"""A made-up town for the tests of settings and sources: homes, workplaces, and evenings in one of many venues."""

import datetime as dt

import numpy as np
import polars as pl

from lianfang.playbook.model import IntervalRule

DAY = dt.datetime(2021, 8, 1)
INCUBATION = IntervalRule.model_validate(
    {
        "id": "nature.incubation",
        "title": {"zh": "潜伏期", "en": "incubation"},
        "source": ["x"],
        "evidence": "LIT",
        "distribution": "lognormal",
        "mean_days": 5.0,
        "sd_days": 2.5,
    }
)


def town(chance: np.random.Generator, *, people: int = 4000, venues: int = 1500, days: int = 14) -> pl.DataFrame:
    """Everybody is at home at night, at work by day, and on some evenings in a venue; venues have a heavy tail."""
    person = np.arange(people)
    work = chance.integers(0, people // 12, people)
    attraction = 1 / np.arange(1, venues + 1) ** 0.8
    rows = []
    for day in range(days):
        rows.append((person, [f"home {p // 3}" for p in person], "dwelling", day, 20, 12))
        rows.append((person, [f"work {w}" for w in work], "work", day, 8, 9))
        out = person[chance.random(people) < 0.5]
        there = chance.choice(venues, out.size, p=attraction / attraction.sum())
        rows.append((out, [f"venue {v}" for v in there], "venue", day, 18, 1))
    frames = [
        pl.DataFrame({"person_id": [f"P{p}" for p in who], "place_id": where, "place_kind": kind}).with_columns(
            start=pl.lit(DAY + dt.timedelta(days=day, hours=hour)),
            end=pl.lit(DAY + dt.timedelta(days=day, hours=hour + length)),
        )
        for who, where, kind, day, hour, length in rows
    ]
    return pl.concat(frames)


def cases_of(people: list[str], days: list[int]) -> pl.DataFrame:
    """One case a person, with onset so many days after the first."""
    return pl.DataFrame(
        {
            "case_id": [f"C-{person}" for person in people],
            "person_id": people,
            "onset_date": [DAY + dt.timedelta(days=int(day)) for day in days],
            "sampled_at": [None] * len(people),
        },
        schema_overrides={"sampled_at": pl.Datetime("us"), "onset_date": pl.Datetime("us")},
    )


NO_CONTACTS = pl.DataFrame(schema={"case_id": pl.String(), "person_id": pl.String(), "degree": pl.Int64()})
