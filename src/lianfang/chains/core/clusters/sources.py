"""Common sources: places and times that cases without a known link share more than chance would have it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from lianfang.chains.core.clusters.proportions import false_discovery
from lianfang.chains.core.clusters.windows import Presence, during, slot_start

Floats = npt.NDArray[np.float64]

Q_LIMIT = 0.05
"""Windows with a larger q-value are not reported."""

SOURCES = {
    "place_id": pl.String(),
    "place_kind": pl.String(),
    "start": pl.Datetime("us"),
    "people": pl.Int64(),
    "shared": pl.Int64(),
    "expected": pl.Float64(),
    "p": pl.Float64(),
    "q": pl.Float64(),
    "windows": pl.Int64(),
    "cases": pl.List(pl.String()),
}
"""Columns of `CommonSources.found`."""


@dataclass(frozen=True)
class CommonSources:
    """What was found, and among how much.

    Attributes
    ----------
    found : polars.DataFrame
        Columns of `SOURCES`, one row a place, the most surprising first. Of its most surprising window: ``start``,
        ``people`` there, ``shared`` (unlinked cases there), ``expected`` by chance, ``p``, ``q``; ``windows`` counts
        the windows of the place that are reported, ``cases`` names the unlinked cases in any of them.
    tests : int
        Windows of places that were tested.
    unlinked : int
        Cases without a known link that were looked at.
    placed : int
        Those among them with any presence while they may have been infected.
    """

    found: pl.DataFrame
    tests: int
    unlinked: int
    placed: int


def common_sources(unlinked: pl.DataFrame, known: Presence, *, limit: float = Q_LIMIT) -> CommonSources:
    """Find places and times shared by cases that are not linked.

    Parameters
    ----------
    unlinked : polars.DataFrame
        Rows of `exposure.without_known_source`.
    known : Presence
        Where cases and everybody were.
    limit : float
        The largest q-value that is reported.

    Returns
    -------
    CommonSources
        The same for the same rows in any order.

    Notes
    -----
    If nobody had been infected there, the M unlinked cases who were about in a window would be a random draw from the N
    people who were about; the number of them among the n people in one place is hypergeometric. Only places where at
    least one of them was are looked at, so the p-value of k is P(K ≥ k) / P(K ≥ 1); all those windows are the family of
    tests. See `docs/algorithms/clusters.md` for what this does not know.
    """
    rows = known.visits.join(unlinked, on="case_id").filter(during(known.hours))
    about = rows.group_by("slot").agg(drawn=pl.col("case_id").n_unique().cast(pl.Int64))
    tests = (
        rows.group_by("place_id", "slot")
        .agg(
            pl.col("place_kind").min(),
            shared=pl.col("case_id").n_unique().cast(pl.Int64),
            cases=pl.col("case_id").unique().sort(),
        )
        .join(about, on="slot")
        .join(known.occupancy, on=["place_id", "slot"])
        .join(known.crowd.rename({"people": "crowd"}), on="slot")
        .sort("place_id", "slot")
    )
    placed = rows["case_id"].n_unique()
    if tests.is_empty():
        return CommonSources(pl.DataFrame(schema=SOURCES), 0, unlinked.height, placed)
    p = surprise(*(tests[name].to_numpy() for name in ("shared", "people", "drawn", "crowd")))
    judged = tests.with_columns(
        expected=pl.col("people") * pl.col("drawn") / pl.col("crowd"),
        p=pl.Series(p),
        q=pl.Series(false_discovery(p)),
        start=slot_start(pl.col("slot"), known.hours),
    ).filter((pl.col("q") <= limit) & (pl.col("shared") > 1))
    whole = judged.group_by("place_id").agg(
        windows=pl.len().cast(pl.Int64), cases=pl.col("cases").explode().unique().sort()
    )
    found = (
        judged.drop("cases")
        .sort("p", "shared", "slot", descending=[False, True, False])
        .unique("place_id", keep="first", maintain_order=True)
        .join(whole, on="place_id")
        .sort("p", "shared", "place_id", descending=[False, True, False])
    )
    return CommonSources(
        found.select(pl.col(name).cast(kind) for name, kind in SOURCES.items()), tests.height, unlinked.height, placed
    )


def surprise(
    shared: npt.NDArray[np.int64],
    people: npt.NDArray[np.int64],
    drawn: npt.NDArray[np.int64],
    crowd: npt.NDArray[np.int64],
) -> Floats:
    """Return P(K ≥ shared) / P(K ≥ 1), K hypergeometric: `people` marked among `crowd`, `drawn` drawn.

    Parameters
    ----------
    shared, people, drawn, crowd : numpy.ndarray
        Whole numbers of one shape, ``1 ≤ shared ≤ min(people, drawn)``, ``people ≤ crowd``, ``drawn ≤ crowd``.

    Returns
    -------
    numpy.ndarray
        1 where shared is 1.
    """
    most = np.minimum(people, drawn)
    log_p = np.full(shared.shape, -np.inf)
    # Terms fall fast beyond the expectation: most of these sums have few terms, and those that have many are dull.
    for k in range(int((most - shared).max(initial=-1)) + 1):
        at = shared + k
        rows = np.flatnonzero(at <= most)
        term = _log_hypergeometric(at[rows], people[rows], drawn[rows], crowd[rows])
        before = log_p[rows]
        log_p[rows] = np.logaddexp(before, term)
        if (log_p[rows] <= before + 1e-12).all() and np.isfinite(before).all():
            break
    none = _log_hypergeometric(np.zeros_like(shared), people, drawn, crowd)
    some = -np.expm1(none)
    result: Floats = np.minimum(np.exp(log_p) / np.maximum(some, np.finfo(np.float64).tiny), 1.0)
    return np.where(shared <= 1, 1.0, result)


def _log_hypergeometric(
    k: npt.NDArray[np.int64],
    people: npt.NDArray[np.int64],
    drawn: npt.NDArray[np.int64],
    crowd: npt.NDArray[np.int64],
) -> Floats:
    possible = (k <= people) & (k <= drawn) & (drawn - k <= crowd - people)

    def choose(n: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> Floats:
        result: Floats = special.gammaln(n + 1.0) - special.gammaln(of + 1.0) - special.gammaln(n - of + 1.0)
        return result

    k = np.where(possible, k, np.minimum(people, drawn))
    rest = np.clip(drawn - k, 0, crowd - people)
    value = choose(people, k) + choose(crowd - people, rest) - choose(crowd, drawn)
    return np.where(possible, value, -np.inf)
