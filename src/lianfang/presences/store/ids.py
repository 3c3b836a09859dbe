"""The ids of a store: texts outside, whole numbers ("codes") inside.

A code never changes. New ids make a new part, numbered on from the last; a part is one immutable file. Looking a text
up is a binary search in the mapped file, so a first query does not have to read the ids of a province.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.presences.store.bundle import DAMAGED, read_ahead, read_bundle, write_bundle

WIDTH = 40
"""Bytes of an id that the search compares at once; longer ids are compared in full afterwards."""

_MANY = 8
"""Where more than one code in so many is asked for, all texts are read, once: a first small question reads its own."""

_PAGE_BY_PAGE = 500
"""Texts up to which their pages are read one by one."""

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Part:
    base: int
    keys: npt.NDArray[np.bytes_]
    texts: pa.LargeStringArray | None
    """None where the keys are the texts, in order, each as long as its key."""
    order: npt.NDArray[np.uint32] | None

    def expect(self, codes: int) -> None:
        """Have the file read ahead where so many texts are about to be read that most of its pages are."""
        arrays = [self.keys] if self.texts is None else [self.keys, self.order]
        read_ahead((array for array in arrays if array is not None), ahead=codes > _PAGE_BY_PAGE)

    def at(self, codes: npt.NDArray[Any]) -> pl.Series:
        """The texts of codes that count from the base."""
        if self.texts is None:
            return _fixed(self.keys[codes])
        return pl.Series(self.texts.take(_numbers(codes)), dtype=pl.String)

    def all(self) -> pl.Series:
        """The texts of all codes."""
        return _fixed(self.keys) if self.texts is None else pl.Series(self.texts, dtype=pl.String)


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
        try:
            arrays, facts = read_bundle(path)
        except DAMAGED as error:
            raise Refused(
                Text(
                    f"编号文件 {path.name} 已损坏（{error}）：请从备份恢复",
                    f"the file of ids {path.name} is damaged ({error}): restore it from a backup",
                )
            ) from None
        if facts["fixed"]:
            return _Part(base, arrays["data"].view(f"S{facts['width']}"), None, None)
        buffers = [pa.py_buffer(arrays["offsets"]), pa.py_buffer(arrays["data"])]
        texts = pa.LargeStringArray.from_buffers(arrays["offsets"].size - 1, *buffers)
        return _Part(base, arrays["keys"].view(f"S{facts['width']}"), texts, arrays["order"])

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
        width = part.keys.dtype.itemsize
        encoded = [text.encode() for text in texts.to_list()]
        keys = np.array([text[:width] for text in encoded], dtype=part.keys.dtype)
        low = np.searchsorted(part.keys, keys, side="left")
        inside = np.flatnonzero(low < part.keys.size)
        inside = inside[part.keys[low[inside]] == keys[inside]]
        if (
            part.texts is None or part.order is None
        ):  # every text is as long as its key, and only a text of that length can be equal
            equal = inside[np.fromiter((len(encoded[n]) == width for n in inside), bool, inside.size)]
            found[equal] = low[equal] + part.base
            return found
        codes = part.order[low[inside]].astype(np.int64)
        same = part.at(codes) == texts.gather(inside)
        found[inside] = np.where(same.to_numpy(), codes + part.base, -1)
        for n in inside[~same.to_numpy()]:
            low_n, high = int(low[n]), int(np.searchsorted(part.keys, keys[n], side="right"))
            wanted = texts[int(n)]
            while low_n < high:
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
        if codes.size * _MANY > self.count:
            return self.every.gather(codes)
        for part in self._parts:
            part.expect(codes.size)
        if len(self._parts) == 1:
            return self._parts[0].at(codes - self._parts[0].base)
        bases = np.array([part.base for part in self._parts])
        which = np.searchsorted(bases, codes, side="right") - 1
        pieces, places = [], []
        for n, part in enumerate(self._parts):
            mine = np.flatnonzero(which == n)
            if mine.size:
                pieces.append(part.at(codes[mine] - part.base))
                places.append(mine)
        if not pieces:
            return pl.Series([], dtype=pl.String)
        back = np.argsort(np.concatenate(places), kind="stable")
        return pl.concat(pieces).gather(back)

    @property
    def is_in_order(self) -> bool:
        """Whether the codes stand to each other as their texts do: texts of one length, taken in in order."""
        return len(self._parts) == 1 and self._parts[0].texts is None

    def ranks(self, codes: npt.NDArray[Any]) -> Codes:
        """Return numbers that stand to each other as the texts of the codes do."""
        if self.is_in_order:
            return codes.astype(np.int64)
        return self.texts(codes).rank("dense").to_numpy().astype(np.int64)

    @cached_property
    def every(self) -> pl.Series:
        """The texts of all codes, in their order."""
        for part in self._parts:
            part.expect(self.count)
        parts = [part.all() for part in self._parts]
        return pl.concat(parts) if parts else pl.Series([], dtype=pl.String)


def _fixed(keys: npt.NDArray[np.bytes_]) -> pl.Series:
    """Return texts of one length, each of which fills its key."""
    offsets = np.arange(keys.size + 1, dtype=np.int64) * keys.dtype.itemsize
    buffers = [pa.py_buffer(offsets), pa.py_buffer(keys)]
    return pl.Series(pa.LargeStringArray.from_buffers(keys.size, *buffers), dtype=pl.String)


def _numbers(codes: npt.NDArray[Any]) -> pa.Array:
    """Return numbers for Arrow; ``pa.array`` of a NumPy array would import pandas, for longer than a question takes."""
    return pl.Series(codes).to_arrow()
