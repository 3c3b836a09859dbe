"""Made-up outbreaks whose truth is known: drills of this system, and the simulated town of Covasim.

They are what weights can be judged by, since every infector is known: the figures of the pages are of the drills of
`REPORTED`, on which no setting was chosen. The town (5,000 people, 516 infected) lies outside of the repository since
nobody stated its licence; without it its lines are left out.
"""

import datetime as dt
import functools
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from lianfang.cases.core.window import infectious_windows
from lianfang.chains.core.baseline import two_lines
from lianfang.chains.core.chains import weigh
from lianfang.drill.play import play
from lianfang.kernel.schema import CASES, CONTACTS
from lianfang.kernel.vocabulary import FoundBy
from lianfang.playbook.model import Playbook
from lianfang.presences.core.meetings import MEETINGS
from lianfang.tracing.meetings import find_meetings

REPORTED = range(11, 19)
UNTIL = dt.datetime(2022, 8, 20, 16)
PEOPLE, WANTED, DRAWN = 4000, (60, 140), 4
_SHARED = os.environ.get("LIANFANG_SHARED") or Path(__file__).resolve().parents[2] / "shared"
TOWN = Path(_SHARED) / "data" / "covasim_truth_5000"


@dataclass(frozen=True)
class MadeUp:
    """An outbreak of which everything is known.

    Attributes
    ----------
    cases, contacts, met : DataFrame
        As `chains.weigh` takes them.
    truth : DataFrame
        ``infector, infectee``: true pairs of listed cases.
    """

    cases: pl.DataFrame
    contacts: pl.DataFrame
    met: pl.DataFrame
    truth: pl.DataFrame

    def thinned(self, share: float, seed: int) -> "MadeUp":
        """Leave out a share of the cases, as though nobody had found them."""
        kept = np.random.default_rng(seed).random(self.cases.height) >= share
        ids = self.cases.sort("case_id").filter(pl.Series(kept))["case_id"].implode()
        return MadeUp(
            self.cases.filter(pl.col("case_id").is_in(ids)),
            self.contacts,
            self.met,
            self.truth.filter(pl.col("infector").is_in(ids), pl.col("infectee").is_in(ids)),
        )

    def weighed(self, playbook: Playbook) -> pl.DataFrame:
        """Return the chains as inferred."""
        return weigh(self.cases, self.contacts, playbook=playbook, met=self.met)

    def simple(self, playbook: Playbook, *, most: int = 5) -> pl.DataFrame:
        """Return the ranking by two lines of arithmetic."""
        return two_lines(self.cases, self.contacts, playbook=playbook, met=self.met, most=most)


def drill(seed: int, playbook: Playbook) -> MadeUp:
    """Return a drill: what its cases told, and where their recorded presences met."""
    key = seed, playbook.digest
    if key not in _kept:
        played = play(people=PEOPLE, seed=seed, until=UNTIL, wanted=WANTED, outbreaks=DRAWN)
        windows = infectious_windows(played.cases, lookback=playbook.lookback, as_of=UNTIL)
        told = played.interviews.with_columns(degree=pl.lit(1), found_by=pl.lit(FoundBy.INTERVIEW.value))
        case_of = played.cases.select("person_id", "case_id")
        truth = (
            played.truth.infections.join(case_of.rename({"case_id": "infectee"}), on="person_id")
            .join(case_of.rename({"person_id": "infector", "case_id": "source"}), on="infector")
            .select(infector="source", infectee="infectee")
        )
        met = find_meetings(played.cases, played.presences, playbook=playbook, as_of=UNTIL)
        _kept[key] = MadeUp(windows, CONTACTS.conform(told), met, truth)
    return _kept[key]


_kept: dict[tuple[int, str], MadeUp] = {}
"""Drills that were drawn, by seed and playbook."""


@functools.cache
def town() -> MadeUp | None:
    """Return the simulated town; None where its files are not at hand.

    Households, classes and workplaces are known without dates, as an interview would tell them; meetings in the
    community by their day, as half an hour each. Who has symptoms is sampled some days after onset, who has none within
    a week of becoming infectious: drawn here, since the town tests nobody.
    """
    if not TOWN.is_dir():
        return None
    people = pl.read_csv(TOWN / "people.csv.gz", infer_schema_length=None)
    log = pl.read_csv(TOWN / "infection_log.csv")
    chance = np.random.default_rng(5)
    start = dt.datetime(2020, 3, 1)
    rows = []
    infected = people.filter(pl.col("covid.ti_infected").is_not_null())
    for uid, onset, infectious in infected.select("uid", "covid.ti_symptomatic", "covid.ti_infectious").iter_rows():
        day = int(infectious + chance.integers(0, 8)) if onset is None else int(onset) + int(chance.gamma(2, 1.2))
        fell_ill = None if onset is None else start + dt.timedelta(days=int(onset))
        rows.append((str(uid), fell_ill, start + dt.timedelta(days=day)))
    moment = pl.Datetime("us")
    cases = pl.DataFrame(
        rows, schema={"case_id": pl.String, "onset_date": moment, "sampled_at": moment}, orient="row"
    ).with_columns(person_id="case_id", isolated_at=pl.col("sampled_at") + pl.duration(days=1))
    ids = infected["uid"].implode()

    def among(name: str) -> pl.DataFrame:
        return pl.read_csv(TOWN / name).filter(pl.col("p1").is_in(ids), pl.col("p2").is_in(ids))

    known = pl.concat(
        among(f"static_contacts_{layer}.csv.gz").select(
            case_id=pl.col("p1").cast(pl.String), person_id=pl.col("p2").cast(pl.String), place_kind=pl.lit(kind)
        )
        for layer, kind in (("h", "dwelling"), ("s", "school"), ("w", "work"))
    ).with_columns(degree=pl.lit(1), found_by=pl.lit(FoundBy.INTERVIEW.value))
    met = among("community_contacts_by_day.csv.gz").select(
        person_id=pl.col("p1").cast(pl.String),
        other_id=pl.col("p2").cast(pl.String),
        place_id=pl.lit(None, pl.String),
        place_kind=pl.lit("venue"),
        met_at=pl.lit(start) + pl.duration(days="day"),
        minutes=pl.lit(30.0),
    )
    truth = log.drop_nulls("source").select(
        infector=pl.col("source").cast(pl.Int64).cast(pl.String), infectee=pl.col("target").cast(pl.String)
    )
    listed = cases["case_id"].implode()
    return MadeUp(
        CASES.conform(cases),
        CONTACTS.conform(known),
        met.select(pl.col(name).cast(kind) for name, kind in MEETINGS.items()),
        truth.filter(pl.col("infector").is_in(listed), pl.col("infectee").is_in(listed)).unique(maintain_order=True),
    )
