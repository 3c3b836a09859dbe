"""A heap of the earliest ends, for compiled code."""

import numpy as np
import numpy.typing as npt

from lianfang.presences.core.index.first import Ints
from lianfang.presences.core.index.layout import (
    compiled,
)


@compiled
def push(heap: Ints, base: int, filled: int, entry: int, who: npt.NDArray[np.int32]) -> None:
    """Put an entry into the heap of `filled` entries that begins at `base`."""
    at = filled
    while at > 0:
        above = (at - 1) >> 1
        if who[heap[base + above]] <= who[entry]:
            break
        heap[base + at] = heap[base + above]
        at = above
    heap[base + at] = entry


@compiled
def pop(heap: Ints, base: int, left: int, who: npt.NDArray[np.int32]) -> None:
    """Take the top away; `left` entries stay."""
    entry = heap[base + left]
    at = 0
    while 2 * at + 1 < left:
        below = 2 * at + 1
        if below + 1 < left and who[heap[base + below + 1]] < who[heap[base + below]]:
            below += 1
        if who[entry] <= who[heap[base + below]]:
            break
        heap[base + at] = heap[base + below]
        at = below
    heap[base + at] = entry
