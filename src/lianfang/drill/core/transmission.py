"""One outbreak while it runs: who infects whom in one day, and who is found.

Each hour that an infectious and a susceptible person share a place carries a hazard: a rate for the kind of place,
times how infectious the one is at that point of the infection (taken at the middle of the meeting). Infection is the
first event of these hazards in competition. Nobody is infectious within a day of being infected, so a day's
infections depend on earlier days only, and days can be drawn one by one.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.random import Generator

from lianfang.drill.core.chance import Floats, Ints
from lianfang.drill.core.county import KINDS, County
from lianfang.drill.core.days import MIDNIGHT, Day
from lianfang.drill.core.pathogen import Detection, Pathogen
from lianfang.kernel.vocabulary import CaseSource, PlaceKind

DAY = float(MIDNIGHT)
NEVER = float("inf")


class Meetings(NamedTuple):
    """Pairs of rows of a day in one place, as row numbers; whether they overlap in time is for the caller."""

    ours: Ints
    theirs: Ints


def meetings(day: Day, rows: Ints) -> Meetings:
    """Pair the given rows of a day with every row in the same place (themselves too). O(rows + pairs)."""
    visited = np.zeros(int(day.place.max()) + 1, dtype=bool)
    visited[day.place[rows]] = True
    near = np.flatnonzero(visited[day.place])
    near = near[np.argsort(day.place[near], kind="stable")]
    places = day.place[near]
    low = np.searchsorted(places, day.place[rows], side="left")
    count = np.searchsorted(places, day.place[rows], side="right") - low
    first = np.repeat(low - np.concatenate(([0], np.cumsum(count)))[:-1], count)
    return Meetings(np.repeat(rows, count), near[first + np.arange(int(count.sum()))])


class Run:
    """One outbreak while it runs; times are minutes since 00:00 of the first day, infections stand in order."""

    def __init__(
        self,
        chance: Generator,
        county: County,
        pathogen: Pathogen,
        detection: Detection,
        window: tuple[float, float],
        index_cases: int,
    ) -> None:
        self.chance, self.county, self.pathogen, self.detection = chance, county, pathogen, detection
        self.window = window
        people = county.people.height
        self.number = np.full(people, -1)
        self.away = np.full(people, NEVER)
        self.rates = np.asarray([pathogen.rates[k] for k in KINDS])
        self.person: list[int] = []
        self.infector: list[int] = []
        self.infected: list[float] = []
        self.place: list[str | None] = []
        self.kind: list[int] = []
        self.onset: list[float] = []
        self.infectious: list[float] = []
        self.strength: list[float] = []
        self.sampled: list[float] = []
        self.reported: list[float] = []
        self.isolated: list[float] = []
        self.lags: list[tuple[float, float]] = []
        self.source: list[CaseSource | None] = []
        self.followed: list[bool] = []
        self.met: list[pl.DataFrame] = []
        self._import(index_cases, window[0])

    def _import(self, number: int, at: float) -> None:
        """Infect people elsewhere in the two days before `at`: working adults who are not yet infected."""
        adult = np.flatnonzero((self.county.habits.main >= 0) & (self.county.habits.age >= 19) & (self.number < 0))
        chosen = self.chance.choice(adult, size=min(number, len(adult)), replace=False)
        for i, person in enumerate(chosen):
            self._infect(int(person), -1, at - self.chance.uniform(0.5, 2.5) * DAY, None, -1, sure=i == 0)

    def _infect(
        self, person: int, infector: int, at: float, place: str | None, kind: int, *, sure: bool = False
    ) -> None:
        """Write down an infection and draw its course: incubation, symptoms, and how it would come to light."""
        chance, pathogen, detection = self.chance, self.pathogen, self.detection
        mean, sd = pathogen.incubation
        course = at + max(chance.gamma((mean / sd) ** 2, sd**2 / mean), 1.5) * DAY
        symptoms = sure or chance.random() >= pathogen.asymptomatic
        strength = chance.gamma(pathogen.dispersion, 1 / pathogen.dispersion)
        self.number[person] = len(self.person)
        self.person.append(person)
        self.infector.append(infector)
        self.infected.append(at)
        self.place.append(place)
        self.kind.append(kind)
        self.onset.append(course if symptoms else NEVER)
        mean, sd = pathogen.lead
        lead = chance.gamma((mean / sd) ** 2, sd**2 / mean)
        self.infectious.append(max(course - lead * DAY, at + DAY))
        self.strength.append(strength * (1 if symptoms else pathogen.asymptomatic_strength))
        self.sampled.append(NEVER)
        self.reported.append(NEVER)
        self.isolated.append(NEVER)
        self.lags.append((chance.uniform(4, 9) * 60, chance.uniform(1, 3) * 60))
        self.source.append(None)
        self.followed.append(False)
        case = len(self.person) - 1
        care = sure or chance.random() < detection.seeks_care
        mean, sd = detection.delay
        wait = chance.gamma((mean / sd) ** 2, sd**2 / mean) * DAY
        hour = chance.uniform(8, 19) * 60
        if symptoms and care:
            self._find(case, max(np.floor((course + wait) / DAY) * DAY + hour, course + 60), CaseSource.CARE_SEEKING)
        every = int(self.county.habits.tests_every[person])
        if every:
            # Each post is tested on days of its own: the first such day on which a test can find it.
            first = int(np.ceil((at + detection.detectable * DAY) / DAY))
            turn = first + (person - first) % every
            self._find(case, turn * DAY + 7 * 60 + person % 180, CaseSource.REGULAR_TESTING)

    def _find(self, case: int, sampled: float, source: CaseSource) -> None:
        """Find a case by a sample, unless an earlier one did; it is reported when the laboratory is done."""
        if sampled >= self.sampled[case]:
            return
        laboratory, transfer = self.lags[case]
        self.sampled[case] = sampled
        self.reported[case] = sampled + laboratory
        # A fever clinic keeps its patients; a contact is already apart; who was tested in a routine goes on until the
        # result.
        apart = sampled + 30 if source != CaseSource.REGULAR_TESTING else sampled + laboratory + transfer
        self.isolated[case] = apart
        self.source[case] = source
        self.away[self.person[case]] = min(self.away[self.person[case]], apart)

    def reported_between(self, low: float, high: float) -> int:
        """Count the cases that are reported after `low` and up to `high`."""
        return sum(low < reported <= high for reported in self.reported)

    def live(self, day: Day, midnight: float) -> None:
        """Let one day pass: transmission, then the tests around those whose result came today."""
        over = np.asarray(self.infectious) + self.pathogen.span * DAY
        if not (np.minimum(self.away[self.person], over) > midnight).any():
            self._import(1, midnight)
        self._transmit(day, midnight)
        self._test_around(midnight + DAY)

    def _transmit(self, day: Day, midnight: float) -> None:
        ends = np.minimum(self.away[self.person], np.asarray(self.infectious) + self.pathogen.span * DAY)
        begins = np.asarray(self.infectious)
        active = np.flatnonzero((begins < midnight + DAY) & (ends > midnight) & (ends > begins))
        if not len(active):
            return
        about = np.full(self.county.people.height, -1)
        about[np.asarray(self.person)[active]] = active
        rows = np.flatnonzero(about[day.person] >= 0)
        ours, theirs = meetings(day, rows)
        case = about[day.person[ours]]
        other = day.person[theirs]
        low = np.maximum(midnight + np.maximum(day.start[ours], day.start[theirs]), begins[case])
        high = np.minimum(midnight + np.minimum(day.end[ours], day.end[theirs]), ends[case])
        # Who is isolated or in quarantine is not there, whatever the day says; nor is anybody outside the window.
        low, high = np.maximum(low, self.window[0]), np.minimum(np.minimum(high, self.away[other]), self.window[1])
        met = (high > low) & (other != day.person[ours])
        case, other, low, high = case[met], other[met], low[met], high[met]
        at = ours[met]
        places = self.county.places["place_id"]

        def place_of(meeting: int) -> str:
            number = int(day.place[at[meeting]])
            return str(places[number] if number < places.len() else day.trips["place_id"][number - places.len()])

        self._note(case, other, day.kind[at], low, high)
        self._draw_infections(case, other, low, high, day.kind[at], place_of)
        self._meet_unrecorded(active, midnight)

    def _meet_unrecorded(self, active: Ints, midnight: float) -> None:
        """Let infectious people meet others of their community where no list would say so."""
        number = self.chance.poisson(self.pathogen.unrecorded, len(active))
        case = np.repeat(active, number)
        if not len(case):
            return
        who = np.asarray(self.person)
        community = self.county.habits.community
        # `community` ascends with the person's number: whoever lives in one stands together.
        first = np.searchsorted(community, community[who[case]], side="left")
        last = np.searchsorted(community, community[who[case]], side="right")
        other = first + (self.chance.random(len(case)) * (last - first)).astype(np.int64)
        start = midnight + self.chance.uniform(7 * 60, 21 * 60, len(case))
        stop = start + self.chance.exponential(self.pathogen.unrecorded_minutes, len(case))
        ends = np.asarray(self.infectious)[case] + self.pathogen.span * DAY
        low = np.maximum(np.maximum(start, np.asarray(self.infectious)[case]), self.window[0])
        high = np.minimum(np.minimum(stop, ends), self.window[1])
        high = np.minimum(high, np.minimum(self.away[other], self.away[who[case]]))
        met = (high > low) & (other != who[case])
        case, other, low, high = case[met], other[met], low[met], high[met]
        kind = np.full(len(case), KINDS.index(PlaceKind.OTHER))
        self._note(case, other, kind, low, high)
        self._draw_infections(case, other, low, high, kind, lambda meeting: None)

    @staticmethod
    def no_meetings() -> pl.DataFrame:
        """Return the frame of meetings without rows."""
        whole, part = pl.Int64(), pl.Float64()
        return pl.DataFrame(
            schema={"case": whole, "person": whole, "kind": whole, "minutes": part, "first": part, "last": part}
        )

    def _note(self, case: Ints, other: Ints, kind: Ints, low: Floats, high: Floats) -> None:
        self.met.append(
            pl.DataFrame(
                {"case": case, "person": other, "kind": kind, "minutes": high - low, "first": low, "last": high}
            )
            .group_by("case", "person", "kind")
            .agg(pl.col("minutes").sum(), pl.col("first").min(), pl.col("last").max())
        )

    def _draw_infections(
        self,
        case: Ints,
        other: Ints,
        low: Floats,
        high: Floats,
        kind: Ints,
        place_of: Callable[[int], str | None],
    ) -> None:
        """Race the hazards of all meetings: an exponential clock for each, the earliest one of a person infects."""
        since = ((low + high) / 2 - np.asarray(self.infectious)[case]) / DAY
        hazard = self.rates[kind] / 60 * np.asarray(self.strength)[case] * self.pathogen.infectiousness(since)
        clock = self.chance.exponential(size=len(case))
        when = low + np.divide(clock, hazard, out=np.full(len(case), NEVER), where=hazard > 0)
        hit = np.flatnonzero((when < high) & (self.number[other] < 0))
        for i in hit[np.lexsort((other[hit], when[hit]))]:
            if self.number[other[i]] < 0:
                self._infect(int(other[i]), int(case[i]), float(when[i]), place_of(int(i)), int(kind[i]))

    def _test_around(self, evening: float) -> None:
        """Act on the cases reported by now, from the next morning on: quarantine whom they met, test who is close."""
        dwelling = self.county.habits.dwelling
        due = [c for c in range(len(self.person)) if not self.followed[c] and self.reported[c] < evening]
        for case in due:
            self.followed[case] = True
            self._quarantine(case, evening)
            home = int(dwelling[self.person[case]])
            for near in range(len(self.person)):
                linked = case == self.infector[near] or near == self.infector[case]
                if near == case or not (linked or dwelling[self.person[near]] == home):
                    continue
                chosen, hour = self.chance.random() < self.detection.contact_tested, self.chance.uniform(8, 30) * 60
                # Who is in quarantine is tested there, in any case.
                if chosen or self.away[self.person[near]] < NEVER:
                    first = max(evening, np.ceil((self.infected[near] + self.detection.detectable * DAY) / DAY) * DAY)
                    self._find(near, first + hour, CaseSource.CONTACT_TESTING)

    def _quarantine(self, case: int, evening: float) -> None:
        """Take most of the people whom a case met out of daily life, some time on the next day."""
        days = [day.filter(pl.col("case") == case)["person"] for day in self.met]
        met: Ints = pl.concat([self.no_meetings()["person"], *days]).unique().sort().to_numpy()
        found = met[self.chance.random(len(met)) < self.detection.quarantined]
        self.away[found] = np.minimum(self.away[found], evening + self.chance.uniform(8, 20, len(found)) * 60)
