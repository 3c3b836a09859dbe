"""The serial interval of this outbreak, from pairs of which nobody knows for sure who infected whom."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from lianfang.chains.core.clusters.offspring import Estimate
from lianfang.playbook.model import IntervalRule

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_PAIRS = 8
"""Fewer infectees give no estimate."""

_LEAST_SD = 0.5
_ROUNDS = 200


@dataclass(frozen=True)
class SerialInterval:
    """Days from the onset of an infector to that of the case it infected.

    Attributes
    ----------
    pairs : int
        Pairs of infector and infectee: cases with at least one candidate, whose shares sum to 1.
    candidates : int
        Candidates that were weighed.
    mean, sd : Estimate
        In days.
    days, weight : list
        The weighted distribution: whole days, and pairs at each.
    """

    pairs: int
    candidates: int
    mean: Estimate
    sd: Estimate
    days: list[int]
    weight: list[float]


def serial_interval(
    met: pl.DataFrame, rule: IntervalRule, *, chance: np.random.Generator, samples: int = 200
) -> SerialInterval:
    """Estimate the serial interval.

    Parameters
    ----------
    met : polars.DataFrame
        Rows of `links.known_meetings`; pairs of two known onsets count.
    rule : IntervalRule
        The playbook's serial interval: where the search starts.
    chance : numpy.random.Generator
        Draws the bootstrap samples.
    samples : int
        Bootstrap samples, of infectees.

    Returns
    -------
    SerialInterval
        Estimates are empty for fewer than `LEAST_PAIRS` infectees. The order of the rows changes nothing.

    Notes
    -----
    Each case that may have been infected in a known meeting was infected by one of those it met then; intervals are
    normal. Their mean and deviation and the share of each candidate are estimated together, by expectation and
    maximisation, after Hens et al., Am J Epidemiol 2012;176:196-203. Weighing by the chains would return the playbook's
    interval, which is part of those weights.
    """
    nothing = Estimate(None, None, None)
    pairs = met.filter("by_onset").sort("infectee", "infector")
    if pairs.is_empty():
        return SerialInterval(0, 0, nothing, nothing, [], [])
    days = pairs["days"].to_numpy().astype(np.float64)
    exposure = pairs["exposure"].to_numpy()
    infectee = pairs["infectee"].rle_id().to_numpy().astype(np.int64)
    cases = int(infectee[-1]) + 1
    model = _Mixture(days, exposure, infectee, cases)
    mean, sd, share = model.fit(np.ones(cases), rule.mean_days, rule.sd_days, rounds=_ROUNDS)
    at, where = np.unique(days.astype(np.int64), return_inverse=True)
    told = [int(d) for d in at], [round(float(w), 4) for w in np.bincount(where, weights=share)]
    if cases < LEAST_PAIRS:
        return SerialInterval(cases, days.size, nothing, nothing, *told)
    drawn = [
        model.fit(
            np.bincount(chance.integers(0, cases, cases), minlength=cases).astype(np.float64),
            mean,
            sd,
            rounds=15,
        )[:2]
        for _ in range(samples)
    ]
    (mean_low, sd_low), (mean_high, sd_high) = np.quantile(np.array(drawn), [0.025, 0.975], axis=0)
    return SerialInterval(
        cases,
        days.size,
        Estimate(mean, float(mean_low), float(mean_high)),
        Estimate(sd, float(sd_low), float(sd_high)),
        *told,
    )


@dataclass(frozen=True)
class _Mixture:
    days: Floats
    exposure: Floats
    infectee: Ints
    cases: int

    def fit(self, weight: Floats, mean: float, sd: float, *, rounds: int) -> tuple[float, float, Floats]:
        """Return mean, standard deviation and the share of each candidate; `weight` counts each infectee."""
        share = np.zeros(self.days.size)
        counted = weight[self.infectee]
        for _ in range(rounds):
            z = (self.days - mean) / sd
            likely = self.exposure * np.exp(-0.5 * z * z)  # what all candidates share falls out
            whole = np.bincount(self.infectee, weights=likely, minlength=self.cases)
            share = likely / np.maximum(whole, np.finfo(np.float64).tiny)[self.infectee] * counted
            total = share.sum()
            if total <= 0:
                break
            new_mean = float((share * self.days).sum() / total)
            new_sd = max(_LEAST_SD, float(np.sqrt((share * (self.days - new_mean) ** 2).sum() / total)))
            done = abs(new_mean - mean) + abs(new_sd - sd) < 1e-5
            mean, sd = new_mean, new_sd
            if done:
                break
        return mean, sd, share
