"""Arrays in one file: a head that names them, then each at a whole multiple of 64 bytes, to be mapped into memory.

One file a segment instead of fifteen: a first query opens what it needs in microseconds, and a file is either there
whole or not there.
"""

import json
import mmap
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = b"LFARRAY1"
_ALIGN = 64


def write_bundle(path: Path, arrays: Mapping[str, npt.NDArray[Any]], **facts: Any) -> None:
    """Write one-dimensional arrays, and facts that JSON can hold, to a file of their own."""
    head: dict[str, Any] = {"facts": facts, "arrays": {}}
    offset = 0
    for name, array in arrays.items():
        head["arrays"][name] = (array.dtype.str, array.size, offset)
        offset += -(-array.nbytes // _ALIGN) * _ALIGN
    words = json.dumps(head).encode()
    start = -(-(len(MAGIC) + 8 + len(words)) // _ALIGN) * _ALIGN
    with path.open("wb") as file:
        file.write(MAGIC + struct.pack("<Q", len(words)) + words)
        for name, array in arrays.items():
            file.seek(start + head["arrays"][name][2])
            np.ascontiguousarray(array).tofile(file)
        file.truncate(start + offset)


DAMAGED = (ValueError, KeyError, TypeError, struct.error)
"""What reading a file raises that is no bundle, or is cut short: its head is not what it should be."""


def read_bundle(path: Path) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Map the arrays of a file into memory; nothing is read before it is touched.

    Returns
    -------
    arrays, facts : dict
        The arrays are read-only views of the mapping, which lives as long as one of them does. What is touched is read
        page by page; see `read_ahead`.

    Raises
    ------
    ValueError, KeyError, TypeError, struct.error
        When the file is no bundle, or is cut short: `DAMAGED`.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    _advise(mapped, ahead=False)
    if mapped[: len(MAGIC)] != MAGIC:
        raise ValueError(f"{path.name} is no bundle of arrays")
    (length,) = struct.unpack("<Q", mapped[len(MAGIC) : len(MAGIC) + 8])
    head = json.loads(mapped[len(MAGIC) + 8 : len(MAGIC) + 8 + length])
    start = -(-(len(MAGIC) + 8 + length) // _ALIGN) * _ALIGN
    arrays = {
        name: np.frombuffer(mapped, dtype=np.dtype(kind), count=size, offset=start + offset)
        if size
        else np.empty(0, dtype=np.dtype(kind))
        for name, (kind, size, offset) in head["arrays"].items()
    }
    return arrays, head["facts"]


def read_ahead(arrays: Iterable[npt.NDArray[Any]], *, ahead: bool) -> None:
    """Say whether the system should read far ahead of what is touched, in the mappings behind some arrays.

    It does so unless told: megabytes for each page. Where a question touches a few rows here and there that is most of
    what it waits for; where it will touch nearly all, page by page would take far longer.
    """
    for array in arrays:
        base: Any = array
        while isinstance(base, np.ndarray):
            base = base.base
        mapped = getattr(base, "obj", None)  # NumPy holds a buffer by a view of it
        if isinstance(mapped, mmap.mmap):
            _advise(mapped, ahead=ahead)


def _advise(mapped: mmap.mmap, *, ahead: bool) -> None:
    if hasattr(mapped, "madvise"):
        mapped.madvise(mmap.MADV_NORMAL if ahead else mmap.MADV_RANDOM)
