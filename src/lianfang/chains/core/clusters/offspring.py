"""How many others a case infects: the mean, and how unequally (the dispersion k of a negative binomial)."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEAST_CASES = 10
"""Fewer cases whose infectious time is over give no estimate."""

SHARE = 0.8
"""Of the infections: the part for which the report says from how many cases it comes."""

_DROP = 1.920729410347062
"""Half the 95 % quantile of χ² with one degree of freedom: how far the log-likelihood may fall."""

_K_RANGE = (math.log(1e-3), math.log(1e3))
"""Where k is sought; at its upper end the distribution cannot be told from a Poisson distribution."""


@dataclass(frozen=True)
class Estimate:
    """A number with its interval of 95 %; an end that is infinite, or nothing, is None."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Offspring:
    """The distribution of the number infected by one case.

    Attributes
    ----------
    counts : list of int
        How many cases infected 0, 1, 2 … others.
    cases : int
        Cases that were counted: those whose infections have had time to show.
    recent : int
        Cases left out because they have not.
    mean : Estimate
        R: infections that were linked, a case.
    dispersion : Estimate
        k of the negative binomial; a small k says that few cases infect most. `upper` None: not to be told from a
        Poisson distribution; `value` None as well: the best fit is one.
    share_of_80 : Estimate
        Share of the cases that gives rise to 80 % of the infections, under the fit. It follows from k alone and grows
        with it, so that its interval is that of k, carried over; its highest end is the share itself, 80 %.
    """

    counts: list[int]
    cases: int
    recent: int
    mean: Estimate
    dispersion: Estimate
    share_of_80: Estimate


def offspring(infected: Ints, *, recent: int = 0) -> Offspring:
    """Estimate the distribution of the numbers infected.

    Parameters
    ----------
    infected : numpy.ndarray
        One whole number a case whose infections have had time to show, zeros included.
    recent : int
        Cases that were left out.

    Returns
    -------
    Offspring
        Estimates are empty for fewer than `LEAST_CASES` cases, or where nobody infected anybody.

    Notes
    -----
    Negative binomial by maximum likelihood, intervals by profile likelihood: Lloyd-Smith et al., Nature
    2005;438:355-359; Lloyd-Smith, PLoS ONE 2007;2:e180. The best mean is the sample mean, whatever k.
    """
    counts = np.bincount(infected) if infected.size else np.zeros(1, np.int64)
    told = [int(n) for n in counts]
    nothing = Estimate(None, None, None)
    if infected.size < LEAST_CASES or infected.sum() == 0:
        return Offspring(told, infected.size, recent, nothing, nothing, nothing)
    mean = float(infected.mean())
    best_k, best = _best_k(counts, mean)
    limit = best - _DROP
    of_k: Callable[[float], float] = lambda log_k: log_likelihood(counts, mean, math.exp(log_k)) - limit  # noqa: E731
    at, (low, high) = math.log(best_k), _K_RANGE
    k_low = math.exp(optimize.brentq(of_k, low, at)) if of_k(low) < 0 else 0.0
    k_high = math.exp(optimize.brentq(of_k, at, high)) if of_k(high) < 0 else None
    poisson = at >= high - 1e-3

    def of_mean(log_mean: float) -> float:
        return _best_k(counts, math.exp(log_mean))[1] - limit

    centre = math.log(mean)
    r_low = math.exp(optimize.brentq(of_mean, centre - 12, centre, xtol=1e-6))
    r_high = math.exp(optimize.brentq(of_mean, centre, centre + 12, xtol=1e-6)) if of_mean(centre + 12) < 0 else None
    dispersion = Estimate(None if poisson else best_k, k_low, k_high)
    share = Estimate(_most_from(dispersion.value), _most_from(dispersion.lower), _most_from(dispersion.upper))
    return Offspring(told, infected.size, recent, Estimate(mean, r_low, r_high), dispersion, share)


def log_likelihood(counts: Ints, mean: float, k: float) -> float:
    """Return the log-likelihood of a negative binomial.

    Parameters
    ----------
    counts : numpy.ndarray
        How many cases infected 0, 1, 2 … others.
    mean, k : float
        Above 0; the variance is mean + mean² / k.
    """
    x = np.flatnonzero(counts).astype(np.float64)
    weight = counts[np.flatnonzero(counts)]
    terms = (
        special.gammaln(x + k)
        - special.gammaln(k)
        - special.gammaln(x + 1)
        + x * math.log(mean / (mean + k))
        - k * math.log1p(mean / k)
    )
    return float((weight * terms).sum())


def most_from(k: float, *, share: float = SHARE) -> float:
    """Return the share of the cases from whom `share` of the infections come.

    Individual reproduction numbers are gamma distributed with shape k; the cases above a value x make 1 - F(k, x) of
    all, and 1 - F(k + 1, x) of the infections (Lloyd-Smith et al. 2005). The mean does not matter. The larger k, the
    larger the result: 0 where k is 0, `share` itself where k is infinite.
    """
    x = float(special.gammaincinv(k + 1, 1 - share))
    return 1.0 - float(special.gammainc(k, x))


def _most_from(k: float | None) -> float:
    """The same of an end of the interval: None is infinite, and nothing stands below the range in which k is sought."""
    if k is None:
        return SHARE
    return most_from(k) if k > 0 else 0.0


def _best_k(counts: Ints, mean: float) -> tuple[float, float]:
    found = optimize.minimize_scalar(
        lambda log_k: -log_likelihood(counts, mean, math.exp(log_k)), bounds=_K_RANGE, method="bounded"
    )
    return math.exp(float(found.x)), -float(found.fun)
