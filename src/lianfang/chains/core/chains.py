"""Who may have infected whom: the candidate infectors of every case, each with the probability that it was the one.

Explained in `docs/algorithms/chains.md`. Three sources compete for each case:

- a listed case that it is known to have met: each day of each meeting counts by its kind of place, its minutes, and by
  how well an infection on that day fits both onsets (`timing.Fit`);
- a listed case in a meeting that nobody knows of: all of them together count `no_known_contact`, shared by timing;
- a source outside the list: `outside_source`.

Infectors are not alike: who probably infected others is a likelier source of this case too (`dispersion`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from lianfang.chains.core.evidence import with_evidence
from lianfang.chains.core.meetings import meetings_of
from lianfang.chains.core.people import People, people_of
from lianfang.chains.core.timing import Fit, Floats, Ints
from lianfang.playbook.model import Playbook

WEIGHED = {
    "infector": pl.String(),
    "infectee": pl.String(),
    "weight": pl.Float64(),
    "evidence_zh": pl.String(),
    "evidence_en": pl.String(),
    "place_id": pl.String(),
    "place_kind": pl.String(),
    "met_at": pl.Datetime("us"),
}
"""Columns and types of the result of `weigh`."""

_PAIRS_AT_ONCE = 4_000_000
_ROUNDS = 8
"""Times that infectors are judged anew by what they probably did: more changes no weight by a hundredth."""


def weigh(
    cases_with_windows: pl.DataFrame,
    contacts: pl.DataFrame,
    *,
    playbook: Playbook,
    met: pl.DataFrame | None = None,
    most: int = 20,
) -> pl.DataFrame:
    """Weigh the candidate infectors of every case.

    Only the columns named below are looked at: a column that names a known infector changes nothing.

    Parameters
    ----------
    cases_with_windows : polars.DataFrame
        One row a case: ``case_id, person_id, onset_date, sampled_at, isolated_at, infectious_from, infectious_to,
        window_rule``. The day of a case is that of its onset, else of its sample; a case with neither is weighed
        neither as infector nor as infectee. The start of the window counts only where a list stated it
        (``window_rule``): a policy's look-back cuts no source off.
    contacts : polars.DataFrame
        Rows of `lianfang.kernel.schema.CONTACTS`; those of degree 1 between two cases count. A meeting known by
        interview counts in both directions.
    playbook : Playbook
        Gives the serial interval, the incubation period and the section ``chains``.
    met : polars.DataFrame, optional
        ``person_id, other_id, place_id, place_kind, met_at, minutes``: the presences that two cases shared, a row a
        pair, place and day, each pair once (`lianfang.tracing.meetings.find_meetings`). Of pairs and kinds of place
        that it does not hold, the rows of `contacts` that presences gave count, each in its own direction and inside
        the policy's window only.
    most : int
        Candidates kept for one case; the weight of those left out goes to the remainder.

    Returns
    -------
    polars.DataFrame
        ``infector, infectee`` (case ids), ``weight`` (six decimals, rounded down), ``evidence_zh, evidence_en``, and of
        the meeting that speaks most ``place_id``, ``place_kind`` and ``met_at``; sorted by infectee, weight descending,
        infector. The weights of one infectee sum to at most 1; what is missing to 1 is a source outside the list. The
        order of the input rows changes nothing.

    Notes
    -----
    The normalisation over candidates is that of Wallinga & Teunis (2004), American Journal of Epidemiology
    160:509-516, with exposure and infector as further factors of the likelihood of a pair.
    """
    people = people_of(cases_with_windows, playbook.chains)
    if people.ids.size == 0:
        return pl.DataFrame(schema=WEIGHED)
    fit = Fit(playbook.natural_history, playbook.chains, people.delay)
    meetings = meetings_of(contacts, met, people, fit, playbook)
    model = _Model(people, fit, playbook)
    known = model.known(meetings)
    parts = [_strongest(block, people.ids.size, most) for block in model.blocks(known)]
    pairs = pl.DataFrame(
        {
            "i": np.concatenate([part[0] for part in parts] or [np.empty(0, np.int64)]),
            "j": np.concatenate([part[1] for part in parts] or [np.empty(0, np.int64)]),
            "weight": np.concatenate([part[2] for part in parts] or [np.empty(0)]),
        }
    )
    told = with_evidence(pairs, people, meetings)
    return told.select(pl.col(name).cast(kind) for name, kind in WEIGHED.items())


@dataclass(frozen=True)
class Known:
    """Pairs that are known to have met, by infectee, then infector: what their meetings count, infectors judged."""

    i: Ints
    j: Ints
    counts: Floats
    unknown: Floats
    """Of each case: what all candidates together count for meetings nobody knows of."""


@dataclass(frozen=True)
class _Model:
    people: People
    fit: Fit
    playbook: Playbook

    def known(self, meetings: pl.DataFrame) -> Known:
        """Return what the known meetings count, once infectors are judged by what they probably did."""
        people, chains = self.people, self.playbook.chains
        pairs = (
            meetings.group_by("j", "i", maintain_order=True)
            .agg(pl.col("speaks").sum(), pl.col("dose").max())
            .sort("j", "i")
        )
        i, j = pairs["i"].to_numpy(), pairs["j"].to_numpy()
        apart = people.day[j] - people.day[i]
        counts = (1 - chains.misdated) * pairs["speaks"].to_numpy() + chains.misdated * pairs[
            "dose"
        ].to_numpy() * self.fit.wide(apart)
        counts = counts * people.strength[i]
        n = people.ids.size
        unknown = np.zeros(n)
        if chains.no_known_contact > 0:
            for _, _, _, infectee, fits in self._unknown():
                unknown += np.bincount(infectee, weights=fits, minlength=n)
            unknown = chains.no_known_contact * unknown / np.maximum(unknown, 1.0)
        judged = counts
        if chains.dispersion is not None:
            for _ in range(_ROUNDS):
                share = self._shares(judged, j, unknown)
                others = np.bincount(i, weights=share, minlength=n)[i] - share
                mean = float(share.sum()) / n
                judged = counts * (chains.dispersion + others) / (chains.dispersion + mean)
        return Known(i, j, judged, unknown)

    def _shares(self, counts: Floats, j: Ints, unknown: Floats) -> Floats:
        n = self.people.ids.size
        total = np.bincount(j, weights=counts, minlength=n) + unknown + self.playbook.chains.outside_source
        return np.divide(counts, total[j], out=np.zeros_like(counts), where=total[j] > 0)

    def blocks(self, known: Known) -> Iterator[tuple[Ints, Ints, Floats]]:
        """Yield infectors, infectees and shares, all candidates of one infectee in one block."""
        n, chains = self.people.ids.size, self.playbook.chains
        total = np.bincount(known.j, weights=known.counts, minlength=n) + known.unknown + chains.outside_source
        i, j, counts = known.i, known.j, known.counts
        key = j * n + i
        for begin, end, hidden_i, hidden_j, fits in self._unknown():
            whole = np.bincount(hidden_j, weights=fits, minlength=n)[hidden_j]
            hidden = np.divide(known.unknown[hidden_j] * fits, whole, out=np.zeros_like(fits), where=whole > 0)
            met = slice(*np.searchsorted(j, [begin, end]))
            own = counts[met].copy()
            if key[met].size:
                at = np.minimum(np.searchsorted(key[met], hidden_key := hidden_j * n + hidden_i), key[met].size - 1)
                both = key[met][at] == hidden_key
                np.add.at(own, at[both], hidden[both])
                hidden_i, hidden_j, hidden = hidden_i[~both], hidden_j[~both], hidden[~both]
            all_i = np.concatenate([hidden_i, i[met]])
            all_j = np.concatenate([hidden_j, j[met]])
            summed = np.concatenate([hidden, own])
            share = np.divide(summed, total[all_j], out=np.zeros_like(summed), where=total[all_j] > 0)
            yield all_i, all_j, share

    def _unknown(self) -> Iterator[tuple[int, int, Ints, Ints, Floats]]:
        """Yield the pairs that may have met unknown to anybody, a bounded number at once.

        First and last (exclusive) infectee of the block, then infectors, infectees and how well each pair fits, times
        how infectious the infector is.
        """
        people, fit = self.people, self.fit
        n = people.ids.size
        if self.playbook.chains.no_known_contact == 0:
            yield 0, n, np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
            return
        order = np.argsort(people.day, kind="stable")
        days = people.day[order]
        low = np.searchsorted(days, people.day - fit.high, side="left")
        high = np.searchsorted(days, people.day - fit.low, side="right")
        ends = np.cumsum(high - low)
        begin = 0
        while begin < n:
            already = ends[begin - 1] if begin else 0
            end = max(begin + 1, int(np.searchsorted(ends, already + _PAIRS_AT_ONCE, side="right")))
            count = (high - low)[begin:end]
            j = np.repeat(np.arange(begin, end), count)
            within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
            i = order[np.repeat(low[begin:end], count) + within]
            fits = fit.of(
                people.day[j] - people.day[i],
                people.since[i] - people.day[i],
                np.minimum(people.until[i], people.infected_by[j]) - people.day[i],
                infector=people.by_onset[i],
                infectee=people.by_onset[j],
            )
            may = (people.person[i] != people.person[j]) & (fits > 0)
            yield begin, end, i[may], j[may], (fits * people.strength[i])[may]
            begin = end


def _strongest(block: tuple[Ints, Ints, Floats], n: int, most: int) -> tuple[Ints, Ints, Floats]:
    """Round the shares of a block down to millionths and keep the first `most` of each infectee."""
    i, j, share = block
    millionths = np.floor(share * 1e6 + 1e-6).astype(np.int64)
    heavy = millionths > 0
    i, j, millionths = i[heavy], j[heavy], millionths[heavy]
    # One whole number that sorts by infectee, then weight from above, then infector: much faster than three keys.
    order = np.argsort((j * 1_000_001 + (1_000_000 - millionths)) * n + i)
    i, j, millionths = i[order], j[order], millionths[order]
    starts = np.flatnonzero(np.diff(j, prepend=-1))
    rank = np.arange(j.size) - np.repeat(starts, np.diff(np.append(starts, j.size)))
    kept = rank < most
    return i[kept], j[kept], millionths[kept] / 1e6
