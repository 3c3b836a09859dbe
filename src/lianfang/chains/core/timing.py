"""Days of a disease: the laws that a playbook states, and how likely an infection on given days fits two onsets.

An infection on day ``d`` fits an infector who fell ill on day ``a`` and an infectee who fell ill on day ``b`` with
``transmits(d - a) * incubates(b - d)``. How transmissions lie around the infector's onset is not stated by a playbook:
it is what the serial interval leaves when the incubation period is taken out of it. Summed over all days the product
is the serial interval again, so where nothing is known of the days of a meeting, the serial interval alone decides.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from lianfang.playbook.model import ChainWeights, IntervalRule, NaturalHistory

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_TAIL = 0.0005
_EARLIEST = -2
"""Days before onset from which a transmission is considered where the serial interval cannot be negative."""

_LEAST = 0.001
"""Days apart are considered down to a thousandth of the commonest."""


@dataclass(frozen=True)
class Law:
    """A distribution of days by its closed form: `scipy.stats` has the same, and costs seconds to import.

    `centre` and `spread` are mean and deviation of the normal (of the logarithm, for the lognormal), or shape and scale
    of the gamma distribution.
    """

    kind: str
    centre: float
    spread: float

    def cdf(self, days: npt.ArrayLike) -> Floats:
        """Return the probability of at most so many days."""
        x = np.asarray(days, dtype=np.float64)
        if self.kind == "normal":
            result: Floats = special.ndtr((x - self.centre) / self.spread)
            return result
        above = np.maximum(x, 0.0)
        if self.kind == "gamma":
            result = special.gammainc(self.centre, above / self.spread)
            return result
        with np.errstate(divide="ignore"):
            result = special.ndtr((np.log(above) - self.centre) / self.spread)
        return result

    def ppf(self, share: float) -> float:
        """Return the days that a share of the distribution does not exceed."""
        if self.kind == "gamma":
            return float(self.spread * special.gammaincinv(self.centre, share))
        days = self.centre + self.spread * special.ndtri(share)
        return float(days if self.kind == "normal" else np.exp(days))


def law_of(rule: IntervalRule) -> Law:
    """Return the distribution of days that a rule states."""
    return _law(rule.distribution, rule.mean_days, rule.sd_days)


def _law(kind: str, mean: float, sd: float) -> Law:
    if kind == "normal":
        return Law("normal", mean, sd)
    if kind == "gamma":
        return Law("gamma", (mean / sd) ** 2, sd**2 / mean)
    variance = np.log(1 + (sd / mean) ** 2)
    return Law("lognormal", float(np.log(mean) - variance / 2), float(np.sqrt(variance)))


def serial_interval_likeness(rule: IntervalRule) -> tuple[int, Floats]:
    """Return how common each number of whole days between two onsets is, relative to the commonest.

    Parameters
    ----------
    rule : IntervalRule
        The serial interval; only a normal distribution gives an infector whose onset is the later one.

    Returns
    -------
    first : int
        The fewest days (infectee's onset minus infector's) that are considered.
    likeness : numpy.ndarray
        One value in [0, 1] for each number of days from `first` on. The two outermost 0.05 % of the distribution are
        left out.
    """
    law = law_of(rule)
    first = int(np.floor(law.ppf(_TAIL))) if rule.distribution == "normal" else 0
    last = int(np.ceil(law.ppf(1 - _TAIL)))
    days = np.arange(first, last + 1, dtype=np.float64)
    mass: Floats = law.cdf(days + 0.5) - law.cdf(days - 0.5)
    return first, mass / mass.max()


def incubation_shares(rule: IntervalRule) -> Floats:
    """Return the share of infections that have shown symptoms by noon of day 0, 1, 2 … after the day of exposure.

    The list ends where the share is 1 to within 0.05 %; its last value is exactly 1.
    """
    law = law_of(rule)
    before = float(law.cdf(0.0))
    days = np.arange(0, int(np.ceil(law.ppf(1 - _TAIL))) + 1, dtype=np.float64)
    shares: Floats = (law.cdf(days + 0.5) - before) / (1 - before)
    shares[-1] = 1.0
    return shares


def transmission_law(history: NaturalHistory, chains: ChainWeights) -> Law:
    """Return when infections happen, in days after the infector's onset (negative before it): a normal law.

    Its mean is the mean of the serial interval less that of the incubation period, its variance likewise, but its
    deviation at least `ChainWeights.spread_days`: studies of different people may leave less than nothing.
    """
    serial, incubation = history.serial_interval, history.incubation
    left = serial.sd_days**2 - incubation.sd_days**2
    return Law(
        "normal", serial.mean_days - incubation.mean_days, max(float(np.sqrt(max(left, 0.0))), chains.spread_days)
    )


@dataclass(frozen=True)
class Delay:
    """Days from onset to the first positive sample, among the cases of a list that have both.

    It tells about when a case without onset would have fallen ill. Fewer than five such cases tell nothing: then both
    are 0, and the day of the sample stands for that of the onset.
    """

    mean: float
    sd: float


def delay_of(onset: Ints, sample: Ints, *, known: Bools) -> Delay:
    """Return the delay from onset to sample; `known` marks the cases that have both days."""
    days = (sample - onset)[known]
    days = days[days >= 0]
    if days.size < 5:
        return Delay(0.0, 0.0)
    return Delay(float(days.mean()), max(float(days.std()), 0.5))


class Fit:
    """How well infections on given days fit the days of two cases, 1 for all days at the commonest serial interval.

    Parameters
    ----------
    history : NaturalHistory
    chains : ChainWeights
    delay : Delay
        Of the same list.

    Attributes
    ----------
    low, high : int
        Fewest and most days from the infector's day to the infectee's that are considered; only a normal serial
        interval lets an infector fall ill after the infectee.
    """

    def __init__(self, history: NaturalHistory, chains: ChainWeights, delay: Delay) -> None:
        shares = incubation_shares(history.incubation)
        shown = np.diff(shares, prepend=0.0)
        law = transmission_law(history, chains)
        self.history, self._shares = history, shares
        positive = history.serial_interval.distribution != "normal"
        earliest = _EARLIEST if positive else int(np.floor(law.ppf(_TAIL)))
        latest = max(int(np.ceil(law.ppf(1 - _TAIL))), earliest + 1)
        late = _delays(delay)
        reach = late.size - 1
        # Days of infection after the infector's day; a case known by its sample fell ill up to `reach` days before it.
        self.first = earliest - reach
        self.day = np.arange(self.first, latest + 1)
        around: Floats = law.cdf(self.day + 0.5) - law.cdf(self.day - 0.5)
        around[self.day < earliest] = 0.0
        around /= around.sum()
        before = np.zeros_like(around)
        for days, share in enumerate(late):
            before[: before.size - days] += share * around[days:]
        after = np.convolve(shown, late)
        apart = np.arange(0 if positive else self.first, latest + after.size)
        tables = np.array(
            [
                [_summed(infector, infectee, self.day, apart) for infectee in (after, shown)]
                for infector in (before, around)
            ]
        )
        self.peak = float(tables[1, 1, :, -1].max())
        tables /= self.peak
        kept = np.flatnonzero(tables[:, :, :, -1].max(axis=(0, 1)) >= _LEAST)
        self.low, self.high = int(apart[kept[0]]), int(apart[kept[-1]])
        self._table = tables[:, :, kept[0] : kept[-1] + 1]

    def of(self, apart: Ints, start: Ints, stop: Ints, *, infector: Bools, infectee: Bools) -> Floats:
        """Return how well an infection between two days fits.

        Parameters
        ----------
        apart : numpy.ndarray
            Days from the infector's day (of onset, else of the sample) to the infectee's.
        start, stop : numpy.ndarray
            Days after the infector's day, half-open, on which it may have happened.
        infector, infectee : numpy.ndarray
            Whether the day of either is one of onset.
        """
        within = (apart >= self.low) & (apart <= self.high)
        row = np.clip(apart - self.low, 0, self.high - self.low)
        upto = np.clip(stop - self.first, 0, self.day.size)
        since = np.minimum(np.clip(start - self.first, 0, self.day.size), upto)
        kinds = infector.astype(np.int64), infectee.astype(np.int64)
        fits: Floats = self._table[(*kinds, row, upto)] - self._table[(*kinds, row, since)]
        return np.where(within, fits, 0.0)

    def shows(self, most: Ints, least: Ints) -> Floats:
        """Return the share of infections that show after more than `least` and at most `most` days."""
        upto = np.concatenate([[0.0], self._shares])
        last = self._shares.size - 1
        found: Floats = upto[np.clip(most, -1, last) + 1] - upto[np.clip(least, -1, last) + 1]
        return np.maximum(found, 0.0)

    def wide(self, apart: Ints) -> Floats:
        """Return what is left of timing where dates are wrong: that intervals are of that order."""
        serial = self.history.serial_interval
        far: Floats = np.exp(-np.abs(apart - serial.mean_days) / (2 * max(serial.sd_days, 3.0)))
        return np.where((apart >= 0) | (serial.distribution == "normal"), far, 0.0)


def _delays(delay: Delay) -> Floats:
    """The share of each whole number of days from onset to sample."""
    if delay.mean <= 0:
        return np.ones(1)
    law = _law("gamma", delay.mean, delay.sd)
    days = np.arange(0, int(np.ceil(law.ppf(1 - 0.005))) + 1, dtype=np.float64)
    shares: Floats = law.cdf(days + 0.5) - law.cdf(days - 0.5)
    shares /= shares.sum()
    return shares


def _summed(around: Floats, shown: Floats, day: Ints, apart: Ints) -> Floats:
    """Fits summed up over the days of infection: a row for each number of days apart, a column more than days."""
    waited = apart[:, None] - day[None, :]
    inside = (waited >= 0) & (waited < shown.size)
    each = np.where(inside, around[None, :] * shown[np.clip(waited, 0, shown.size - 1)], 0.0)
    return np.concatenate([np.zeros((apart.size, 1)), each.cumsum(axis=1)], axis=1)
