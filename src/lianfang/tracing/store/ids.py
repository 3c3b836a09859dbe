"""The ids of a store: texts outside, whole numbers ("codes") inside.

A code never changes. New ids make a new part, numbered on from the last; a part is one immutable file. Looking a text
up is a binary search in the mapped file, so a first query does not have to read the ids of a province.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from lianfang.tracing.store.bundle import read_bundle, write_bundle

WIDTH = 40
"""Bytes of an id that the search compares at once; longer ids are compared in full afterwards."""

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Part:
    base: int
    texts: pa.LargeStringArray
    keys: npt.NDArray[np.bytes_]
    order: npt.NDArray[np.uint32] | None


def write_ids(path: Path, texts: pl.Series) -> None:
    """Write a part: texts in the order of their codes, different from each other; an empty text is nobody's."""
    array = texts.to_arrow().cast(pa.large_string())
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int64)[: len(array) + 1]
    data = array.buffers()[2]
    held = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]] if data else np.empty(0, np.uint8)
    widths = np.diff(offsets)
    if widths.size and 0 < widths[0] <= WIDTH and np.all(widths == widths[0]) and texts.is_sorted():
        # Ids of one length, in order: the texts themselves are the keys, and nothing else needs to be kept.
        write_bundle(path, {"data": held}, width=int(widths[0]), fixed=True)
        return
    named = np.flatnonzero(widths > 0)
    own = texts.gather(named)
    order = own.arg_sort().to_numpy()  # by the whole text: those with one key stand in order too
    keys = _keys(own, WIDTH)[order]
    arrays = {
        "offsets": offsets - offsets[0],
        "data": held,
        "keys": keys.view(np.uint8),
        "order": named[order].astype(np.uint32),
    }
    write_bundle(path, arrays, width=keys.dtype.itemsize, fixed=False)


def _keys(texts: pl.Series, width: int) -> npt.NDArray[np.bytes_]:
    """The first bytes of each text, as an array that sorts as the texts do."""
    longest = int(texts.str.len_bytes().max() or 1)  # type: ignore[arg-type]
    encoded = [text.encode() for text in texts]
    return np.array(encoded, dtype=f"S{max(1, min(longest, width))}")


class Ids:
    """Ids of one sort, persons or places, as a snapshot knows them.

    Parameters
    ----------
    parts : sequence of (int, Path)
        The first code of each part, ascending, and its file.
    count : int
        Codes in all.
    """

    def __init__(self, parts: Sequence[tuple[int, Path]], count: int) -> None:
        self.count = count
        self._parts = [self._open(base, path) for base, path in parts]

    @staticmethod
    def _open(base: int, path: Path) -> _Part:
        arrays, facts = read_bundle(path)
        if facts["fixed"]:
            count = arrays["data"].size // facts["width"]
            arrays["offsets"] = np.arange(count + 1, dtype=np.int64) * facts["width"]
            arrays["keys"] = arrays["data"]
        buffers = [None, pa.py_buffer(arrays["offsets"]), pa.py_buffer(arrays["data"])]
        texts = pa.LargeStringArray.from_buffers(arrays["offsets"].size - 1, *buffers[1:])
        return _Part(base, texts, arrays["keys"].view(f"S{facts['width']}"), arrays.get("order"))

    def codes(self, texts: pl.Series) -> Codes:
        """Return the code of each text, -1 where the store does not know it."""
        found = np.full(len(texts), -1, dtype=np.int64)
        if not len(texts):
            return found
        for part in self._parts:
            asked = np.flatnonzero(found < 0)
            if not asked.size:
                break
            found[asked] = self._in_part(part, texts.gather(asked) if asked.size < len(texts) else texts)
        return found

    @staticmethod
    def _in_part(part: _Part, texts: pl.Series) -> Codes:
        found = np.full(len(texts), -1, dtype=np.int64)
        if not part.keys.size:
            return found
        # Keys are cut at the width of the part; a longer text that begins alike is told apart below.
        keys = np.array([text.encode()[: part.keys.dtype.itemsize] for text in texts], dtype=part.keys.dtype)
        low = np.searchsorted(part.keys, keys, side="left")
        inside = np.flatnonzero(low < part.keys.size)
        inside = inside[part.keys[low[inside]] == keys[inside]]
        codes = low[inside] if part.order is None else part.order[low[inside]].astype(np.int64)
        same = pl.Series(part.texts.take(_numbers(codes))) == texts.gather(inside)
        found[inside] = np.where(same.to_numpy(), codes + part.base, -1)
        for n in inside[~same.to_numpy()]:
            low_n, high = int(low[n]), int(np.searchsorted(part.keys, keys[n], side="right"))
            wanted = texts[int(n)]
            while part.order is not None and low_n < high:
                middle = (low_n + high) >> 1
                text = part.texts[int(part.order[middle])].as_py()
                if text == wanted:
                    found[n] = int(part.order[middle]) + part.base
                    break
                if text.encode() < wanted.encode():
                    low_n = middle + 1
                else:
                    high = middle
        return found

    def texts(self, codes: npt.NDArray[Any]) -> pl.Series:
        """Return the text of each code."""
        if len(self._parts) == 1:
            return pl.Series(self._parts[0].texts.take(_numbers(codes - self._parts[0].base)), dtype=pl.String)
        bases = np.array([part.base for part in self._parts])
        which = np.searchsorted(bases, codes, side="right") - 1
        pieces, places = [], []
        for n, part in enumerate(self._parts):
            mine = np.flatnonzero(which == n)
            if mine.size:
                pieces.append(pl.Series(part.texts.take(_numbers(codes[mine] - part.base)), dtype=pl.String))
                places.append(mine)
        if not pieces:
            return pl.Series([], dtype=pl.String)
        back = np.argsort(np.concatenate(places), kind="stable")
        return pl.concat(pieces).gather(back)

    def ranks(self, codes: npt.NDArray[Any]) -> Codes:
        """Return numbers that stand to each other as the texts of the codes do."""
        if len(self._parts) == 1 and self._parts[0].order is None:
            return codes.astype(np.int64)  # texts of one length, in order
        return self.texts(codes).rank("dense").to_numpy().astype(np.int64)

    def every(self) -> pl.Series:
        """Return the texts of all codes, in their order."""
        parts = [pl.Series(part.texts, dtype=pl.String) for part in self._parts]
        return pl.concat(parts) if parts else pl.Series([], dtype=pl.String)


def _numbers(codes: npt.NDArray[Any]) -> pa.Array:
    """Return numbers for Arrow; ``pa.array`` of a NumPy array would import pandas, for longer than a question takes."""
    return pl.Series(codes).to_arrow()
