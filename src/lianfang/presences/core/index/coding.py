"""Numbers for texts, by their hashes: an open table of (hash, number), for `tracing.store.coder`."""

import numpy as np
import numpy.typing as npt

from lianfang.presences.core.index.layout import compiled

Ints = npt.NDArray[np.int64]


def empty_table(size: int) -> Ints:
    """Return a table of `size` slots (a power of two); a number below 0 says that a slot is free."""
    table = np.empty((size, 2), np.int64)
    table[:, 1] = -1
    return table


@compiled
def _slot(table: Ints, hashed: int) -> int:
    mask = table.shape[0] - 1
    slot: int = (hashed ^ (hashed >> 29)) & mask
    while table[slot, 1] >= 0 and table[slot, 0] != hashed:
        slot = (slot + 1) & mask
    return slot


@compiled
def look_up(
    hashes: Ints, table: Ints, at: int, count: int, before: int, codes: npt.NDArray[np.uint32], new: Ints
) -> tuple[int, int]:
    """Number hashes from `at` on; those that are not in the table are put into it, numbered on from `count`.

    Returns
    -------
    at, count : int
        Where it stopped, because the table was half full, or at the end; and the next number. ``new[number - before]``
        holds where a new one was first met.
    """
    while at < hashes.size:
        slot = _slot(table, hashes[at])
        if table[slot, 1] < 0:
            if 2 * count >= table.shape[0]:
                break
            table[slot, 0], table[slot, 1] = hashes[at], count
            new[count - before] = at
            count += 1
        codes[at] = table[slot, 1]
        at += 1
    return at, count


@compiled
def refill(old: Ints, table: Ints) -> None:
    """Put everything that one table holds into another."""
    for n in range(old.shape[0]):
        if old[n, 1] >= 0:
            slot = _slot(table, old[n, 0])
            table[slot, 0], table[slot, 1] = old[n, 0], old[n, 1]


@compiled
def restore(hashes: Ints, table: Ints, alike: npt.NDArray[np.bool_]) -> None:
    """Number hashes by their place; mark those whose hash an earlier one has already."""
    for n in range(hashes.size):
        slot = _slot(table, hashes[n])
        alike[n] = table[slot, 1] >= 0
        if not alike[n]:
            table[slot, 0], table[slot, 1] = hashes[n], n
