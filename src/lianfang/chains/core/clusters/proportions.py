"""Intervals of a proportion, and the correction for having looked many times."""

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

LEVEL = 0.95
"""Confidence of every interval."""


def wilson(hits: npt.ArrayLike, of: npt.ArrayLike, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Return the score interval of proportions.

    Parameters
    ----------
    hits, of : array_like
        Successes and trials; where there are no trials the interval is 0 to 1.
    level : float
        Confidence.

    Returns
    -------
    lower, upper : numpy.ndarray
        Within 0 and 1.

    Notes
    -----
    Wilson, J Am Stat Assoc 1927;22:209-212. It keeps its level on average, also for few trials, where p ± 1.96 s.e.
    gives 1 to 1 for 1 of 1.
    """
    x, n = np.asarray(hits, dtype=np.float64), np.asarray(of, dtype=np.float64)
    z2 = float(special.ndtri(0.5 + level / 2)) ** 2
    p = np.divide(x, n, out=np.zeros(np.broadcast(x, n).shape), where=n > 0)
    centre = n * p + z2 / 2
    half = np.sqrt(z2 * (n * p * (1 - p) + z2 / 4))
    lower: Floats = np.clip((centre - half) / (n + z2), 0.0, 1.0)
    upper: Floats = np.clip((centre + half) / (n + z2), 0.0, 1.0)
    return np.where(x <= 0, 0.0, lower), np.where(x >= n, 1.0, upper)


def clopper_pearson(hits: npt.ArrayLike, of: npt.ArrayLike, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Return the exact interval of proportions, which covers at least `level`; arguments as for `wilson`.

    Notes
    -----
    Clopper & Pearson, Biometrika 1934;26:404-413, by quantiles of the beta distribution.
    """
    x, n = np.asarray(hits, dtype=np.float64), np.asarray(of, dtype=np.float64)
    tail = (1 - level) / 2
    inner = (x > 0) & (x <= n)
    lower: Floats = np.where(
        inner, special.betaincinv(np.where(inner, x, 1.0), np.where(inner, n - x + 1, 1.0), tail), 0.0
    )
    inner = x < n
    upper: Floats = np.where(
        inner, special.betaincinv(np.where(inner, x + 1, 1.0), np.where(inner, n - x, 1.0), 1 - tail), 1.0
    )
    return lower, upper


def false_discovery(p: Floats) -> Floats:
    """Return for each p-value the share of false findings among all that are no less surprising (q-value).

    Parameters
    ----------
    p : numpy.ndarray
        One p-value a test; all tests that were made, also the dull ones.

    Returns
    -------
    numpy.ndarray
        Same order; reporting every q ≤ a keeps the expected share of false findings at a or below.

    Notes
    -----
    Benjamini & Hochberg, J R Stat Soc B 1995;57:289-300; also under the positive dependence of overlapping windows
    (Benjamini & Yekutieli, Ann Stat 2001;29:1165-1188).
    """
    order = np.argsort(p, kind="stable")
    ranked = p[order] * p.size / np.arange(1, p.size + 1)
    least: Floats = np.minimum.accumulate(ranked[::-1])[::-1]
    q = np.empty(p.size)
    q[order] = np.minimum(least, 1.0)
    return q
