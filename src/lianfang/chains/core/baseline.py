"""Two lines of arithmetic that any model of chains has to beat: for a printed comparison, never for inference.

score = what the kind of place of a known meeting counts × how common the days between the two onsets are;
whoever is not known to have met the case comes after all who are, by the days alone.
"""

import numpy as np
import polars as pl

from lianfang.chains.core.people import People, people_of
from lianfang.chains.core.timing import serial_interval_likeness
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.model import Playbook

RANKED = {"infector": pl.String(), "infectee": pl.String()}
"""Columns of rankings: of one infectee the likeliest first."""


def two_lines(
    cases: pl.DataFrame,
    contacts: pl.DataFrame,
    *,
    playbook: Playbook,
    met: pl.DataFrame | None = None,
    infectees: pl.Series | None = None,
    most: int = 5,
) -> pl.DataFrame:
    """Rank candidate infectors by known contact, serial interval and place.

    Parameters
    ----------
    cases, contacts, met
        As for `chains.weigh`; no dates of meetings, minutes or windows are looked at.
    playbook : Playbook
        Gives the serial interval and what a kind of place counts.
    infectees : polars.Series, optional
        Case ids of those that are asked about; all, when not given.
    most : int
        Candidates kept for one case.

    Returns
    -------
    polars.DataFrame
        Columns of `RANKED`; ties by id.
    """
    people = people_of(cases, playbook.chains)
    first, likeness = serial_interval_likeness(playbook.natural_history.serial_interval)
    closest = _closest(contacts, met, people, playbook)
    asked = range(people.ids.size) if infectees is None else np.flatnonzero(np.isin(people.ids, infectees.to_list()))
    rows: list[tuple[str, str]] = []
    for j in asked:
        apart = people.day[j] - people.day - first
        timing = np.where((apart >= 0) & (apart < likeness.size), likeness[np.clip(apart, 0, likeness.size - 1)], 0.0)
        timing[people.person == people.person[j]] = 0.0
        place = np.zeros(people.ids.size)
        for i, weight in closest.get(int(j), {}).items():
            place[i] = weight
        # Known contacts stand above all others, whatever these score.
        score = np.where(place > 0, 1.0 + place * timing, timing * 1e-3)
        order = np.lexsort((np.arange(score.size), -score))
        rows += [(str(people.ids[i]), str(people.ids[j])) for i in order[:most] if timing[i] > 0]
    return pl.DataFrame(rows, schema=RANKED, orient="row")


def _closest(
    contacts: pl.DataFrame, met: pl.DataFrame | None, people: People, playbook: Playbook
) -> dict[int, dict[int, float]]:
    """Of each case the cases that it is known to have met, with what the closest kind of place counts."""
    known = contacts.filter(pl.col("degree") == 1) if "degree" in contacts.columns else contacts
    index = people.frame.select("case_id", "person_id", "index")
    kind = pl.col("place_kind").cast(pl.String).fill_null(PlaceKind.OTHER.value)
    pairs = [
        known.select(pl.col("case_id", "person_id").cast(pl.String), place_kind=kind)
        .join(index.select("case_id", i="index"), on="case_id")
        .join(index.select("person_id", j="index"), on="person_id")
        .select("i", "j", "place_kind")
    ]
    if met is not None:
        pairs.append(
            met.select(pl.col("person_id", "other_id").cast(pl.String), place_kind=kind)
            .join(index.select("person_id", i="index"), on="person_id")
            .join(index.select(other_id="person_id", j="index"), on="other_id")
            .select("i", "j", "place_kind")
        )
    weights = {one.value: playbook.chains.by_place_kind.get(one, 0.0) for one in PlaceKind}
    found: dict[int, dict[int, float]] = {}
    for i, j, place_kind in pl.concat(pairs).unique().iter_rows():
        weight = weights.get(place_kind, 0.0)
        for a, b in ((i, j), (j, i)):
            of = found.setdefault(b, {})
            of[a] = max(of.get(a, 0.0), weight)
    return found
