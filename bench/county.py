"""The data of the benchmark: presences of a made-up county, from a seed, as a folder that ``lianfang respond`` reads.

Nobody's movements are modelled here; what matters is the shape that makes tracing hard: households, workplaces with a
long tail up to 300 people, school classes, venues whose visitors follow a heavy tail, bus trips (each trip a place).
Times are to the second, ids are text, and the rows lie in no order at all: each stretch of the file holds days of
people drawn at random from the whole period.

Memory is bounded: what is kept is some numbers a person and four bytes a person and day; the rows themselves are made
and written a stretch at a time.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

FIRST_DAY = dt.datetime(2021, 8, 2)
DAY = 86_400
STRETCH = 1_000_000
"""About as many presences are made at a time; also the rows of a row group."""
LISTS = (1, 10, 1_000, 10_000)
"""Lengths of the case lists."""
SHIFTS_A_DAY = 0.66 * 0.93 * 5 / 7
RIDERS = 25


@dataclass(frozen=True)
class Size:
    """How much was made.

    Attributes
    ----------
    people, days, presences : int
    cases : int
        Length of the longest case list.
    bytes : int
        Of the Parquet file of presences.
    latest : str
        The latest end of a presence, ISO 8601.
    """

    people: int
    days: int
    presences: int
    cases: int
    bytes: int
    latest: str


def make(folder: Path, *, people: int, days: int, cases: int, seed: int, a_day: float = 8.0) -> Size:
    """Write ``presences.parquet``, ``people.parquet``, ``contacts.csv`` and case lists to a folder.

    ``cases.csv`` has all cases, ``lists/N.csv`` the first N of them for each of `LISTS` that is not longer.

    Parameters
    ----------
    folder : Path
        Made where it is not there.
    people, days, cases : int
        How many.
    seed : int
        The same seed makes the same rows.
    a_day : float
        Presences a person and day, at least 3; a night at home, work or school with a lunch, the rest outings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    county = _County(chance, people, days, a_day)
    path = folder / "presences.parquet"
    aside = path.with_suffix(".part")
    order = chance.permutation(people * days).astype(np.int64 if people * days > 2**31 else np.int32)
    step = max(int(STRETCH / a_day), 1)
    total, latest, writer = 0, FIRST_DAY, None
    for begin in range(0, order.size, step):
        rows = county.rows(chance, order[begin : begin + step])
        table = rows.to_arrow()
        writer = writer or pq.ParquetWriter(aside, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=2 * STRETCH)
        total += rows.height
        latest = max(latest, rows["end"].max())  # type: ignore[type-var]
    if writer is not None:
        writer.close()
    aside.replace(path)
    _cases(chance, folder, people, days, cases, county.home)
    pl.DataFrame({"person_id": county.people}).write_parquet(folder / "people.parquet")
    return Size(people, days, total, cases, path.stat().st_size, latest.isoformat())


def _ids(letter: str, count: int) -> pl.Series:
    return pl.select(pl.lit(letter) + pl.int_range(count, dtype=pl.Int64).cast(pl.String).str.zfill(7)).to_series()


def _groups(chance: np.random.Generator, people: int, sizes: np.ndarray) -> np.ndarray:
    """Everybody's group, drawn so that the groups have these sizes until everybody has one."""
    filled = np.repeat(np.arange(sizes.size), sizes)
    filled = np.resize(filled, people) if filled.size < people else filled[:people]
    return chance.permutation(filled)


class _County:
    """Who belongs where, and the presences of days of people."""

    def __init__(self, chance: np.random.Generator, people: int, days: int, a_day: float):
        household = chance.choice([1, 2, 3, 4, 5], people, p=[0.2, 0.28, 0.27, 0.17, 0.08])
        self.home = np.repeat(np.arange(people), household)[:people]
        self.occupation = chance.choice(3, people, p=[0.5, 0.16, 0.34])  # at work, at school, at home
        self.work = _groups(chance, people, np.minimum(np.ceil(chance.pareto(1.1, people) * 4 + 2), 300).astype(int))
        self.school = _groups(chance, people, np.full(people // 30 + 1, 42))
        venues = max(people // 60, 20)
        share = 1 / (np.arange(venues) + 10) ** 0.8
        self.popularity = np.cumsum(share / share.sum())
        outings = max(a_day - 1 - 3 * SHIFTS_A_DAY, 0.2)
        self.visits_a_day, self.rides_a_day, self.stays_a_day = 0.54 * outings, 0.39 * outings, 0.07 * outings
        self.trips = max(int(people * self.rides_a_day / RIDERS), 1)
        self.departs = chance.integers(6 * 3600, 22 * 3600, self.trips * days)
        self.people = _ids("p", people)
        # One list of all places, each kind from an offset of its own.
        sizes = {"h": self.home[-1] + 1, "w": self.work.max() + 1, "c": self.work.max() + 1}
        sizes |= {"s": self.school.max() + 1, "m": self.school.max() + 1, "v": venues, "b": self.trips * days}
        self.offset = dict(zip(sizes, np.cumsum([0, *sizes.values()])[:-1].tolist(), strict=True))
        self.places = pl.concat([_ids(letter, int(count)) for letter, count in sizes.items()])

    def rows(self, chance: np.random.Generator, person_days: np.ndarray) -> pl.DataFrame:
        """Presences of days of people (``person × days + day``), in no order."""
        days = self.departs.size // self.trips
        who, day = person_days // days, person_days % days
        parts = [self._nights(chance, who, day), self._stays(chance, who, day), self._visits(chance, who, day)]
        parts += [self._rides(chance, who, day), *self._shifts(chance, who, day)]
        person, place, kind, start, seconds = (
            np.concatenate([part[column] for part in parts]) for column in range(len(parts[0]))
        )
        mixed = chance.permutation(person.size)
        since = pl.Series(start[mixed].astype(np.int64)) * 1_000_000
        length = pl.Series(np.maximum(seconds[mixed], 60).astype(np.int64)) * 1_000_000
        epoch = pl.lit(FIRST_DAY, dtype=pl.Datetime("us"))
        kinds = pl.Series(["dwelling", "work", "school", "meal", "venue", "vehicle"])
        return pl.select(
            person_id=self.people.gather(person[mixed]),
            place_id=self.places.gather(place[mixed]),
            place_kind=kinds.gather(kind[mixed]),
            start=epoch + since.cast(pl.Duration("us")),
            end=epoch + (since + length).cast(pl.Duration("us")),
        )

    def _nights(self, chance, who, day):  # type: ignore[no-untyped-def]
        start = day * DAY + chance.normal(18.7 * 3600, 3000, who.size)
        seconds = np.maximum(chance.normal(12.6 * 3600, 3000, who.size), 1800)
        return who, self.home[who] + self.offset["h"], np.full(who.size, 0), start, seconds

    def _stays(self, chance, who, day):  # type: ignore[no-untyped-def]
        times = chance.random(who.size) < self.stays_a_day
        who, day = who[times], day[times]
        start = day * DAY + chance.normal(13 * 3600, 4000, who.size)
        return who, self.home[who] + self.offset["h"], np.full(who.size, 0), start, chance.lognormal(8.2, 0.6, who.size)

    def _visits(self, chance, who, day):  # type: ignore[no-untyped-def]
        times = chance.poisson(self.visits_a_day, who.size)
        who, day = np.repeat(who, times), np.repeat(day, times)
        where = np.searchsorted(self.popularity, chance.random(who.size)).clip(max=self.popularity.size - 1)
        start = day * DAY + chance.uniform(8 * 3600, 21 * 3600, who.size)
        # Every fifth venue is a restaurant.
        kind = np.where(where % 5 == 4, 3, 4)
        return who, where + self.offset["v"], kind, start, chance.lognormal(7.4, 0.7, who.size).clip(max=8 * 3600)

    def _rides(self, chance, who, day):  # type: ignore[no-untyped-def]
        times = chance.poisson(self.rides_a_day, who.size)
        who, day = np.repeat(who, times), np.repeat(day, times)
        trip = chance.integers(0, self.trips, who.size) + day * self.trips
        start = day * DAY + self.departs[trip] + chance.uniform(0, 1200, who.size)
        return who, trip + self.offset["b"], np.full(who.size, 5), start, chance.uniform(240, 2100, who.size)

    def _shifts(self, chance, who, day):  # type: ignore[no-untyped-def]
        goes = ((FIRST_DAY.weekday() + day) % 7 < 5) & (self.occupation[who] < 2) & (chance.random(who.size) < 0.93)
        who, day = who[goes], day[goes]
        pupil = self.occupation[who] == 1
        place = np.where(pupil, self.school[who] + self.offset["s"], self.work[who] + self.offset["w"])
        table = np.where(pupil, self.school[who] + self.offset["m"], self.work[who] + self.offset["c"])
        kind = np.where(pupil, 2, 1)
        begin = day * DAY + chance.normal(8.1 * 3600, 1200, who.size)
        noon = day * DAY + chance.normal(11.9 * 3600, 600, who.size)
        back = noon + chance.uniform(1800, 4200, who.size)
        yield who, place, kind, begin, noon - begin
        yield who, table, np.full(who.size, 3), noon + 120, chance.uniform(600, 1600, who.size)
        yield who, place, kind, back, chance.normal(4.6 * 3600, 2400, who.size)


def _cases(chance: np.random.Generator, folder: Path, people: int, days: int, cases: int, home: np.ndarray) -> None:
    ill = chance.choice(people, cases, replace=False)
    onset = chance.integers(max(days - 9, 1), days - 1, cases)
    isolated = chance.random(cases) < 0.7
    names = _ids("c", cases)
    since = [FIRST_DAY + dt.timedelta(days=int(day)) for day in onset]
    table = pl.DataFrame(
        {
            "case_id": names,
            "person_id": _person_ids(pl.Series(ill)),
            "onset_date": [day.date() for day in since],
            "isolated_at": [
                day + dt.timedelta(days=2, hours=9) if known else None
                for day, known in zip(since, isolated, strict=True)
            ],
            "reported_at": [day + dt.timedelta(days=2, hours=8) for day in since],
        }
    )
    (folder / "lists").mkdir(exist_ok=True)
    for count in LISTS:
        if count <= cases:
            table.head(count).write_csv(folder / "lists" / f"{count}.csv", datetime_format="%Y-%m-%dT%H:%M:%S")
    table.write_csv(folder / "cases.csv", datetime_format="%Y-%m-%dT%H:%M:%S")
    told = _told(chance, names.to_list(), ill, people, home)
    told.write_csv(folder / "contacts.csv")


def _told(
    chance: np.random.Generator, names: list[str], ill: np.ndarray, people: int, home: np.ndarray
) -> pl.DataFrame:
    """Whom the cases named: those of their household and three others each. `home` is sorted."""
    first, last = np.searchsorted(home, home[ill]), np.searchsorted(home, home[ill], "right")
    told = [
        (name, person, "family")
        for name, own, begin, end in zip(names, ill, first, last, strict=True)
        for person in range(begin, end)
        if person != own
    ]
    told += [(name, int(chance.integers(0, people)), "friend") for name in names for _ in range(3)]
    rows = pl.DataFrame(told, schema=["case_id", "person", "relation"], orient="row")
    return rows.select("case_id", _person_ids(rows["person"]).alias("person_id"), "relation")


def _person_ids(numbers: pl.Series) -> pl.Series:
    return pl.select(pl.lit("p") + numbers.cast(pl.String).str.zfill(7)).to_series()
