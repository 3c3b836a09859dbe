"""Small helpers that draw from a `numpy.random.Generator`, in whole arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Array = NDArray[Any]


def shares(total: int, weights: Floats, *, least: int = 0) -> Ints:
    """Split a whole number in proportion to weights (largest remainders), each part at least `least`.

    Parameters
    ----------
    total : int
        What is split; at least ``least * len(weights)``.
    weights : array of shape (n,)
        Above zero.
    least : int
        Lower bound of a part.

    Returns
    -------
    array of int, shape (n,)
        Sums to `total`.
    """
    spare = total - least * len(weights)
    if spare < 0:
        raise ValueError(f"{total} cannot be split into {len(weights)} parts of at least {least}")
    exact = spare * np.asarray(weights, dtype=float) / float(np.sum(weights))
    parts = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - parts), kind="stable")[: spare - int(parts.sum())]
    parts[rest] += 1
    return parts + least


def within_ranges(chance: Generator, low: Ints, high: Ints) -> Ints:
    """Draw one whole number from each half-open range ``[low, high)``; where a range is empty, -1."""
    width = high - low
    drawn = low + np.minimum((chance.random(len(low)) * width).astype(np.int64), np.maximum(width - 1, 0))
    return np.where(width > 0, drawn, -1)


def weighted_in_ranges(chance: Generator, weights: Floats, low: Ints, high: Ints) -> Ints:
    """Draw an index from each range ``[low, high)`` of `weights`, in proportion to the weights; -1 where it is empty.

    One binary search in the cumulated weights for each draw: O(log n).
    """
    edges = np.concatenate(([0.0], np.cumsum(weights)))
    target = edges[low] + chance.random(len(low)) * (edges[high] - edges[low])
    drawn = np.searchsorted(edges, target, side="right") - 1
    return np.where(high > low, np.clip(drawn, low, np.maximum(high - 1, 0)), -1)


def rank_within(groups: Array) -> Ints:
    """Number the members of each group 0, 1, 2 … in the order in which they stand."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    first = np.concatenate(([True], ordered[1:] != ordered[:-1])) if len(ordered) else np.zeros(0, dtype=bool)
    starts = np.flatnonzero(first)
    position = np.arange(len(ordered))
    ranks = np.empty(len(ordered), dtype=np.int64)
    ranks[order] = position - np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    return ranks


def pick(chance: Generator, words: Sequence[str], weights: Sequence[float], n: int) -> Array:
    """Draw `n` words with weights."""
    share = np.asarray(weights, dtype=float)
    return np.asarray(words, dtype=object)[chance.choice(len(words), size=n, p=share / share.sum())]
