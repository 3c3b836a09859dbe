"""Everything of an outbreak at once: what the page "Chains and clusters" and a notebook show."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from lianfang.cases.core.window import infectious_windows
from lianfang.chains.core.clusters.attack import attack_rates
from lianfang.chains.core.clusters.exposure import (
    incubation_days,
    plausible_exposure,
    without_known_source,
)
from lianfang.chains.core.clusters.links import known_meetings, known_tree
from lianfang.chains.core.clusters.offspring import Offspring, offspring
from lianfang.chains.core.clusters.serial import SerialInterval, serial_interval
from lianfang.chains.core.clusters.settings import explaining_settings
from lianfang.chains.core.clusters.sources import CommonSources, common_sources
from lianfang.chains.core.clusters.windows import Presence
from lianfang.chains.core.timing import law_of
from lianfang.kernel.schema import CASES
from lianfang.playbook.model import Playbook

GENERATIONS = {"generation": pl.Int64(), "cases": pl.Int64()}


@dataclass(frozen=True)
class Clusters:
    """Chains and clusters of an outbreak.

    Attributes
    ----------
    settings : polars.DataFrame
        `settings.explaining_settings`.
    sources : CommonSources
        `sources.common_sources`.
    attack_by_kind, attack_by_relation : polars.DataFrame
        `attack.attack_rates`.
    generations : polars.DataFrame
        ``generation, cases``; 0 for those without an infector in the list.
    offspring : Offspring
        `offspring.offspring`, of the trees of the likeliest known links.
    serial : SerialInterval
        `serial.serial_interval`.
    met : polars.DataFrame
        `links.known_meetings`.
    parent : dict
        Infectee → infector: the trees of the likeliest known links, `links.known_tree`.
    cases : int
        Cases that have a day.
    hours : int
        Length of a window of `settings` and `sources`.
    """

    settings: pl.DataFrame
    sources: CommonSources
    attack_by_kind: pl.DataFrame
    attack_by_relation: pl.DataFrame
    generations: pl.DataFrame
    offspring: Offspring
    serial: SerialInterval
    met: pl.DataFrame
    parent: dict[str, str]
    cases: int
    hours: int


def summarise(
    cases: pl.DataFrame,
    contacts: pl.DataFrame,
    known: Presence,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    chance: np.random.Generator,
    interviews: pl.DataFrame | None = None,
    together: pl.DataFrame | None = None,
    verdicts: pl.DataFrame | None = None,
) -> Clusters:
    """Describe the chains and clusters of an outbreak.

    Parameters
    ----------
    cases : polars.DataFrame
        Columns of `kernel.schema.CASES`.
    contacts : polars.DataFrame
        Rows of `kernel.schema.CONTACTS`.
    known : Presence
        Where cases and everybody were; `windows.nobody` without presences.
    playbook : Playbook
        Gives incubation period and serial interval.
    as_of : datetime
        Naive local time of reckoning.
    chance : numpy.random.Generator
        For the bootstrap.
    interviews : polars.DataFrame, optional
        ``case_id, person_id, relation``: who the contacts are to the case.
    together : polars.DataFrame, optional
        Where the cases met each other (``met`` of `chains.weigh`).
    verdicts : polars.DataFrame, optional
        What people decided about links (`verdicts.VERDICTS`).
    """
    nature = playbook.natural_history
    exposed = plausible_exposure(cases, nature.incubation)
    windows = infectious_windows(CASES.conform(cases), lookback=playbook.lookback, as_of=as_of)
    met = known_meetings(windows, contacts, playbook=playbook, met=together)
    parent = known_tree(met, playbook=playbook, verdicts=verdicts)
    longest = incubation_days(nature.incubation)[1]
    return Clusters(
        settings=explaining_settings(exposed, known),
        sources=common_sources(without_known_source(exposed, contacts, parent), known),
        attack_by_kind=attack_rates(contacts, exposed, by="place_kind", as_of=as_of, longest=longest),
        attack_by_relation=attack_rates(
            related(contacts, interviews), exposed, by="relation", as_of=as_of, longest=longest
        ),
        generations=generations(exposed, parent),
        offspring=offspring_of(exposed, parent, playbook=playbook, as_of=as_of),
        serial=serial_interval(met, nature.serial_interval, chance=chance),
        met=met,
        parent=parent,
        cases=exposed.height,
        hours=known.hours,
    )


def related(contacts: pl.DataFrame, interviews: pl.DataFrame | None) -> pl.DataFrame:
    """Return the contacts with the ``relation`` that an interview told, where one did; None where nobody was told."""
    if interviews is None or "relation" not in interviews.columns:
        return contacts.with_columns(relation=pl.lit(None, pl.String))
    told = (
        interviews.select(
            pl.col("case_id", "person_id").cast(pl.String), pl.col("relation").cast(pl.String).str.strip_chars()
        )
        .filter(pl.col("relation").str.len_chars() > 0)
        .sort("case_id", "person_id", "relation")
        .unique(["case_id", "person_id"], keep="first", maintain_order=True)
    )
    return contacts.drop("relation", strict=False).join(told, on=["case_id", "person_id"], how="left")


def generations(exposed: pl.DataFrame, parent: dict[str, str]) -> pl.DataFrame:
    """Return how many cases stand how many links from the first of their tree.

    Parameters
    ----------
    exposed : polars.DataFrame
        ``case_id``.
    parent : dict
        From `links.known_tree`.
    """
    depth: dict[str, int] = {}
    for case in exposed["case_id"]:
        path = []
        while case not in depth and case in parent:
            path.append(case)
            case = parent[case]
        start = depth.setdefault(case, 0)
        for steps, passed in enumerate(reversed(path), start=1):
            depth[passed] = start + steps
    counted = np.bincount([depth[case] for case in exposed["case_id"]]) if exposed.height else np.zeros(0, np.int64)
    return pl.DataFrame({"generation": np.arange(counted.size), "cases": counted}, schema=GENERATIONS)


def offspring_of(exposed: pl.DataFrame, parent: dict[str, str], *, playbook: Playbook, as_of: dt.datetime) -> Offspring:
    """Estimate the offspring distribution from the trees, without the cases whose infections cannot have shown yet.

    A case counts from the day on which 97.5 % of the serial intervals that begin with it are over.
    """
    ripe = as_of - dt.timedelta(days=float(law_of(playbook.natural_history.serial_interval).ppf(0.975)))
    number = pl.DataFrame({"case_id": list(parent.values())}, schema={"case_id": pl.String()}).group_by("case_id").len()
    counted = exposed.join(number, on="case_id", how="left").filter(pl.col("day").cast(pl.Datetime("us")) <= ripe)
    infected = counted["len"].fill_null(0).cast(pl.Int64).to_numpy()
    return offspring(infected, recent=exposed.height - counted.height)
