"""The data of the benchmark: presences of a made-up county, from a seed, as a folder that ``lianfang respond`` reads.

Nobody's movements are modelled here; what matters is the shape that makes tracing hard: households, workplaces with a
long tail up to 300 people, school classes, venues whose visitors follow a heavy tail, bus trips, for two weeks.
Rows lie in the order in which lists arrive: day by day, nobody sorted them.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

FIRST_DAY = dt.datetime(2021, 8, 2)
MINUTE = 60_000_000


@dataclass(frozen=True)
class Size:
    """How much was made."""

    people: int
    days: int
    presences: int
    cases: int
    bytes: int


def make(folder: Path, *, people: int, days: int, cases: int, seed: int) -> Size:
    """Write ``cases.csv, contacts.csv, people.parquet, presences.parquet`` to a folder.

    Parameters
    ----------
    folder : Path
        Made where it is not there.
    people, days, cases : int
        How many; about 3.6 presences a person and day.
    seed : int
        The same seed makes the same rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    home = np.repeat(np.arange(people), chance.choice([1, 2, 3, 4, 5], people, p=[0.2, 0.28, 0.27, 0.17, 0.08]))[
        :people
    ]
    kind = chance.choice(3, people, p=[0.5, 0.16, 0.34])  # at work, at school, at home
    work = _groups(chance, people, np.minimum(np.ceil(chance.pareto(1.1, people) * 4 + 2), 300).astype(int))
    school = _groups(chance, people, np.full(people // 30 + 1, 42))
    venues = max(people // 60, 20)
    popularity = 1 / np.arange(1, venues + 1) ** 0.8
    popularity /= popularity.sum()
    path = folder / "presences.parquet"
    total, writer = 0, None
    for day in range(days):
        parts = [_homes(chance, home, day)]
        if (FIRST_DAY + dt.timedelta(days=day)).weekday() < 5:
            parts.append(_shifts(chance, np.flatnonzero(kind == 0), work, day, "w", "work", 8.2, 9.0))
            parts.append(_shifts(chance, np.flatnonzero(kind == 1), school, day, "s", "school", 7.8, 8.5))
        parts.append(_visits(chance, people, venues, popularity, day))
        parts.append(_trips(chance, people, day))
        rows = pl.concat(parts)
        rows = rows[chance.permutation(rows.height)]
        table = rows.to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
        total += rows.height
    if writer is not None:
        writer.close()
    _cases(chance, folder, people, days, cases, home)
    pl.DataFrame({"person_id": _ids("p", np.arange(people))}).write_parquet(folder / "people.parquet")
    return Size(people, days, total, cases, path.stat().st_size)


def _ids(letter: str, numbers: np.ndarray) -> pl.Series:
    return pl.select(pl.lit(letter) + pl.Series(numbers).cast(pl.String).str.zfill(7)).to_series()


def _groups(chance: np.random.Generator, people: int, sizes: np.ndarray) -> np.ndarray:
    """Everybody's group, drawn so that the groups have these sizes until everybody has one."""
    filled = np.repeat(np.arange(sizes.size), sizes)
    filled = np.resize(filled, people) if filled.size < people else filled[:people]
    return chance.permutation(filled)


def _rows(
    person: np.ndarray, place: pl.Series, kind: str, day: int, start: np.ndarray, minutes: np.ndarray
) -> pl.DataFrame:
    since = pl.Series((start * MINUTE).astype(np.int64) + int(day * 1440) * MINUTE)
    epoch = pl.lit(FIRST_DAY, dtype=pl.Datetime("us"))
    return pl.select(
        person_id=_ids("p", person),
        place_id=place,
        place_kind=pl.lit(kind),
        start=epoch + since.cast(pl.Duration("us")),
        end=epoch + (since + pl.Series((minutes * MINUTE).astype(np.int64))).cast(pl.Duration("us")),
    )


def _homes(chance: np.random.Generator, home: np.ndarray, day: int) -> pl.DataFrame:
    n = home.size
    start = np.floor(chance.normal(18.7 * 60, 50, n))
    minutes = np.maximum(np.floor(chance.normal(12.6 * 60, 50, n)), 30)
    return _rows(np.arange(n), _ids("h", home), "dwelling", day, start, minutes)


def _shifts(
    chance: np.random.Generator,
    who: np.ndarray,
    group: np.ndarray,
    day: int,
    letter: str,
    kind: str,
    start: float,
    hours: float,
) -> pl.DataFrame:
    who = who[chance.random(who.size) < 0.93]
    begin = np.floor(chance.normal(start * 60, 25, who.size))
    minutes = np.maximum(np.floor(chance.normal(hours * 60, 40, who.size)), 60)
    return _rows(who, _ids(letter, group[who]), kind, day, begin, minutes)


def _visits(chance: np.random.Generator, people: int, venues: int, popularity: np.ndarray, day: int) -> pl.DataFrame:
    n = int(people * 1.15)
    who = chance.integers(0, people, n)
    where = chance.choice(venues, n, p=popularity)
    begin = np.floor(chance.uniform(8 * 60, 21 * 60, n))
    minutes = np.maximum(np.floor(chance.lognormal(3.3, 0.7, n)), 2)
    return _rows(who, _ids("v", where), "venue", day, begin, minutes)


def _trips(chance: np.random.Generator, people: int, day: int) -> pl.DataFrame:
    n = int(people * 0.85)
    who = chance.integers(0, people, n)
    trips = max(n // 25, 1)
    trip = chance.integers(0, trips, n)
    departs = np.floor(chance.uniform(6 * 60, 22 * 60, trips))[trip]
    board = np.floor(chance.uniform(0, 20, n))
    ride = np.floor(chance.uniform(4, 35, n))
    return _rows(who, _ids("b", trip + day * trips), "vehicle", day, departs + board, ride)


def _cases(chance: np.random.Generator, folder: Path, people: int, days: int, cases: int, home: np.ndarray) -> None:
    ill = chance.choice(people, cases, replace=False)
    onset = chance.integers(max(days - 9, 1), days - 1, cases)
    isolated = chance.random(cases) < 0.7
    names = _ids("c", np.arange(cases))
    since = [FIRST_DAY + dt.timedelta(days=int(day)) for day in onset]
    pl.DataFrame(
        {
            "case_id": names,
            "person_id": _ids("p", ill),
            "onset_date": [day.date() for day in since],
            "isolated_at": [
                day + dt.timedelta(days=2, hours=9) if known else None
                for day, known in zip(since, isolated, strict=True)
            ],
            "reported_at": [day + dt.timedelta(days=2, hours=8) for day in since],
        }
    ).write_csv(folder / "cases.csv", datetime_format="%Y-%m-%dT%H:%M:%S")
    told = [
        (names[i], person, "family")
        for i, person_home in enumerate(home[ill])
        for person in np.flatnonzero(home == person_home)
        if person != ill[i]
    ]
    told += [(names[i], int(chance.integers(0, people)), "friend") for i in range(cases) for _ in range(3)]
    pl.DataFrame(
        {
            "case_id": [case for case, _, _ in told],
            "person_id": _ids("p", np.array([person for _, person, _ in told])),
            "relation": [relation for _, _, relation in told],
        }
    ).write_csv(folder / "contacts.csv")
