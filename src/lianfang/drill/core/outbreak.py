"""An outbreak transmitted along the presences of a made-up county, with known truth.

The truth is kept apart from what the response sees: the response gets reported cases, interviews and seen presences
(`lianfang.drill.core.reporting`), and is scored against the truth afterwards (`lianfang.drill.core.score`).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl
from numpy.random import Generator

from lianfang.drill.core.county import KINDS, County
from lianfang.drill.core.days import Day
from lianfang.drill.core.pathogen import Detection, Pathogen
from lianfang.drill.core.transmission import DAY, NEVER, Run

_MOMENT = pl.Datetime("us")
INFECTIONS: dict[str, pl.DataType] = {
    "person_id": pl.String(),
    "infector": pl.String(),
    "infected_at": _MOMENT,
    "place_id": pl.String(),
    "place_kind": pl.String(),
    "infectious_from": _MOMENT,
    "infectious_to": _MOMENT,
    "onset_at": _MOMENT,
    "sampled_at": _MOMENT,
    "reported_at": _MOMENT,
    "isolated_at": _MOMENT,
    "found_by": pl.String(),
}


@dataclass(frozen=True)
class Truth:
    """What really happened; the response never sees it.

    Attributes
    ----------
    infections : DataFrame
        One row an infection, in order of time: person_id, infector (null for imported), infected_at, place_id,
        place_kind, infectious_from, infectious_to, onset_at (null without symptoms), sampled_at, reported_at,
        isolated_at, found_by (`CaseSource`; null with the times before it when not found by the end).
    exposures : DataFrame
        infector, person_id, place_kind, minutes, first, last: who really met whom while the one was infectious and
        about.
    away : DataFrame
        person_id, since: who was taken out of daily life, isolated or in quarantine, and from when.
    attempt, attempts : int
        Which of the outbreaks that were drawn this is.
    """

    infections: pl.DataFrame
    exposures: pl.DataFrame
    away: pl.DataFrame
    attempt: int
    attempts: int


def simulate(
    *,
    county: County,
    dates: Sequence[dt.date],
    draw: Callable[[int], Day],
    chances: Sequence[Generator],
    since: dt.datetime,
    until: dt.datetime,
    pathogen: Pathogen | None = None,
    detection: Detection | None = None,
    index_cases: int = 3,
    wanted: tuple[int, int] = (40, 80),
) -> Truth:
    """Let an outbreak run along the days of a county.

    Several outbreaks are drawn along the same days, each from its own generator, in one pass over the days (so that
    memory holds one day). Of those whose number of infections lies in `wanted`, the one with most reports in the
    last day is taken (so that there is work left to do); without any, the one nearest to `wanted`. The truth is one of
    the outbreaks that could be, chosen to be worth a drill.

    Parameters
    ----------
    county : County
    dates : sequence of date
        As from `days.days_of`.
    draw : callable
        Gives the day of an index into `dates`.
    chances : sequence of Generator
        One for each outbreak that is drawn.
    since, until : datetime
        Presences outside this window do not exist.
    index_cases : int
        People infected elsewhere in the two days before. Where an outbreak dies out, one more is imported.
    wanted : tuple of int
        Least and most infections.

    Returns
    -------
    Truth
        At least `index_cases` infections, of which the first index case always has symptoms and seeks care.
    """
    start = dt.datetime.combine(dates[0], dt.time())
    window = ((since - start).total_seconds() / 60, (until - start).total_seconds() / 60)
    runs = [
        Run(chance, county, pathogen or Pathogen(), detection or Detection(), window, index_cases) for chance in chances
    ]
    for index in range(len(dates)):
        day = draw(index)
        for run in runs:
            run.live(day, index * DAY)
    middle = sum(wanted) / 2
    sizes = [len(run.person) for run in runs]
    fit = [i for i, size in enumerate(sizes) if wanted[0] <= size <= wanted[1]]
    if fit:
        chosen = max(fit, key=lambda i: (runs[i].reported_between(window[1] - DAY, window[1]), -i))
    else:
        chosen = min(range(len(runs)), key=lambda i: (abs(sizes[i] - middle), i))
    run = runs[chosen]
    return Truth(_infections(run, start), _exposures(run, start), _away(run, start), chosen + 1, len(runs))


def _infections(run: Run, start: dt.datetime) -> pl.DataFrame:
    """Write an outbreak down with times and ids; what would be reported after the end is not found."""
    ids = run.county.people["person_id"].to_list()
    span = run.pathogen.span * DAY
    found = [reported <= run.window[1] for reported in run.reported]

    def moments(minutes: list[float], known: list[bool] | None = None) -> list[dt.datetime | None]:
        return [
            start + dt.timedelta(minutes=round(t, 3)) if t < NEVER and (known is None or known[i]) else None
            for i, t in enumerate(minutes)
        ]

    return pl.DataFrame(
        {
            "person_id": [ids[p] for p in run.person],
            "infector": [ids[run.person[i]] if i >= 0 else None for i in run.infector],
            "infected_at": moments(run.infected),
            "place_id": run.place,
            "place_kind": [KINDS[k].value if k >= 0 else None for k in run.kind],
            "infectious_from": moments(run.infectious),
            "infectious_to": moments([t + span for t in run.infectious]),
            "onset_at": moments(run.onset),
            "sampled_at": moments(run.sampled, found),
            "reported_at": moments(run.reported, found),
            "isolated_at": moments(run.isolated, found),
            "found_by": [s.value if s and f else None for s, f in zip(run.source, found, strict=True)],
        },
        schema=INFECTIONS,
    ).sort("infected_at", "person_id")


def _away(run: Run, start: dt.datetime) -> pl.DataFrame:
    """List who was isolated or in quarantine by the end."""
    people = (run.away <= run.window[1]).nonzero()[0]
    since = [start + dt.timedelta(minutes=round(float(t), 3)) for t in run.away[people]]
    ids = run.county.people["person_id"].gather(people)
    return pl.DataFrame({"person_id": ids, "since": pl.Series(since, dtype=_MOMENT)})


def _exposures(run: Run, start: dt.datetime) -> pl.DataFrame:
    """Sum up who met whom, over the days."""
    if not run.met:
        run.met.append(run.no_meetings())
    ids = run.county.people["person_id"]
    met = (
        pl.concat(run.met)
        .group_by("case", "person", "kind")
        .agg(pl.col("minutes").sum(), pl.col("first").min(), pl.col("last").max())
    )
    infected = pl.Series(run.person, dtype=pl.Int64)

    def moment(name: str) -> pl.Expr:
        return (pl.lit(start) + pl.duration(microseconds=(pl.col(name) * 60e6).round())).cast(_MOMENT).alias(name)

    return met.select(
        ids.gather(infected.gather(met["case"])).alias("infector"),
        ids.gather(met["person"]).alias("person_id"),
        pl.Series([k.value for k in KINDS]).gather(met["kind"]).alias("place_kind"),
        "minutes",
        moment("first"),
        moment("last"),
    ).sort("infector", "person_id", "place_kind")
