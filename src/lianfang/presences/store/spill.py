"""Unsorted presences on their way in: codes for ids, and a file for each day, so that memory stays bounded.

A spill lies in a folder of the store that is named after its source. What stands in its ``progress.json`` is safe: a
killed ingest goes on from there. Codes are the spill's own, so it stays right whatever else comes into the store.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from lianfang.intake.core.cells import ODD_ID, PLAIN_ID
from lianfang.intake.core.moments import DAYLESS, EARLIEST, LATEST
from lianfang.kernel.schema import PRESENCES
from lianfang.kernel.vocabulary import PlaceKind, VehicleKind
from lianfang.kernel.words import MISSING_IDS
from lianfang.presences.core.index.segment import KINDS, VEHICLES
from lianfang.presences.store.coder import Coder

MICROSECONDS_A_DAY = 86_400_000_000
TEXTS = ("person_id", "place_id", "seat", "source")
"""Columns that become codes on the way; an empty seat or source is a code too."""

FORM = 2
"""Of what lies in a spill; one of another form is begun anew."""

PROGRESS = "progress.json"

_EARLIEST, _LATEST, _DAYLESS_END = (
    int(pl.Series([one], dtype=pl.Datetime("us")).to_physical()[0]) for one in (EARLIEST, LATEST, DAYLESS[1])
)
_WIDTHS = {"setting": 1, "start": 8, "end": 8}
_KINDS = pl.Enum(KINDS)
_VEHICLES = pl.Enum(VEHICLES)
_DEFAULT_KIND = KINDS.index(PRESENCES["place_kind"].default or "")


@dataclass(frozen=True)
class Day:
    """The presences of one day, as they came; arrays of one length.

    `person`, `place`, `seat` and `source` are codes of the spill; `seat` and `source` are None where no row has one.
    """

    day: int
    person: npt.NDArray[np.uint32]
    place: npt.NDArray[np.uint32]
    setting: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    seat: npt.NDArray[np.uint32] | None
    source: npt.NDArray[np.uint32] | None


class Spill:
    """Takes frames, gives days.

    Parameters
    ----------
    folder : Path
        Made where it is not there; what an interrupted run left in it is taken up.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._coders = {name: Coder() for name in TEXTS}
        self._odd = {name: np.zeros(0, dtype=bool) for name in TEXTS[:2]}
        self._beside = ThreadPoolExecutor(1)
        self._rows: dict[int, int] = {}
        self._used: set[str] = set()
        self.ships = False
        """Whether a row is of a ship: only there seats name cabins."""
        self.facts: dict[str, Any] = {}
        """What whoever fills the spill has to know after a kill."""
        self._resume()

    @property
    def rows(self) -> int:
        """Rows that were taken."""
        return sum(self._rows.values())

    def count(self, day: int) -> int:
        """Return how many rows a day has."""
        return self._rows[day]

    @property
    def days(self) -> list[int]:
        """Days since 1970 that have rows, ascending."""
        return sorted(self._rows)

    def texts(self, column: str) -> pl.Series:
        """Return the texts of a column by code."""
        return self._coders[column].texts

    def used(self, column: str) -> npt.NDArray[np.bool_]:
        """Tell for each text of an id column whether a row that was taken has it: others are spellings and refusals."""
        name = column.removesuffix("_id")
        seen = np.zeros(len(self.texts(column)), dtype=bool)
        for day, count in self._rows.items():
            seen[np.fromfile(self._path(day, name), dtype=np.uint32, count=count)] = True
        return seen

    def take(self, rows: pl.DataFrame, *, cleaned: bool = False) -> npt.NDArray[np.int64]:
        """Take presences in their types: ids and times, and the other columns of `PRESENCES` where there are any.

        Parameters
        ----------
        rows : pl.DataFrame
        cleaned : bool
            Whether intake has read these rows: their ids are right however they look.

        Returns
        -------
        int64 array
            Numbers of the rows that were not taken: they have to be read as people write them, or are refused.
        """
        persons = self._beside.submit(self._codes, rows["person_id"], "person_id")
        place, odd_place = self._codes(rows["place_id"], "place_id")
        person, odd_person = persons.result()
        kind = _kinds_of(rows)
        start, end = rows["start"].to_physical(), rows["end"].to_physical()
        wrong = ((start >= end).fill_null(True) | (start < _EARLIEST) | (end > _LATEST) | kind.is_null()).to_numpy()
        if not cleaned:
            # What is older than all calendars of spreadsheets is read as people write it.
            wrong = wrong | odd_person | odd_place | (start < _DAYLESS_END).fill_null(False).to_numpy()
        setting = kind.fill_null(0).cast(pl.UInt8)
        if "vehicle" in rows.columns and rows["vehicle"].null_count() < rows.height:
            vehicle = rows["vehicle"].cast(_VEHICLES, strict=False).to_physical()
            wrong |= (vehicle.is_null() & rows["vehicle"].is_not_null()).to_numpy()
            rides = (setting == KINDS.index(PlaceKind.VEHICLE.value)) & vehicle.is_not_null()
            self.ships = self.ships or bool((vehicle == VEHICLES.index(VehicleKind.SHIP.value)).any())
            setting = setting.zip_with(~rides, (vehicle.fill_null(0) + len(KINDS)).cast(pl.UInt8))
        columns: dict[str, npt.NDArray[Any]] = {
            "person": person,
            "place": place,
            "setting": setting.to_numpy(),
            "start": start.fill_null(0).to_numpy(),
            "end": end.fill_null(0).to_numpy(),
        }
        for name in TEXTS[2:]:
            if name in rows.columns and (name in self._used or rows[name].null_count() < rows.height):
                self._begin(name)
                columns[name] = self._coders[name].codes(rows[name].fill_null(""))
            elif name in self._used:
                columns[name] = np.zeros(rows.height, np.uint32)
        left = np.flatnonzero(wrong)
        if left.size:
            columns = {name: column[~wrong] for name, column in columns.items()}
        self._append(columns)
        return left

    def _begin(self, name: str) -> None:
        """Meet a column for the first time: code 0 is the empty text, and rows that are there already have it."""
        if name in self._used:
            return
        self._used.add(name)
        self._coders[name].codes(pl.Series([""]))
        for day, count in self._rows.items():
            np.zeros(count, np.uint32).tofile(self._path(day, name))

    def _codes(self, texts: pl.Series, column: str) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_]]:
        """Return the code of each text, and whether it must be read as people write it."""
        texts = texts.cast(pl.String)
        empty = texts.is_null().to_numpy()
        numbers = self._coders[column].codes(texts.fill_null(""))
        known = self._odd[column]
        if numbers.size and int(numbers.max()) >= known.size:
            # Each text is looked at once, when it is new: a regular expression a row would cost more than all else.
            new = self.texts(column).slice(known.size)
            known = self._odd[column] = np.concatenate([known, _odd(new)])
        return numbers, empty | known[numbers] if known.size else np.ones(numbers.size, dtype=bool)

    def _append(self, columns: dict[str, npt.NDArray[Any]]) -> None:
        day = columns["start"] // MICROSECONDS_A_DAY
        if not day.size:
            return
        low, high = int(day.min()), int(day.max())
        if low == high:
            self._write(low, columns)
            return
        order = np.argsort((day - low).astype(np.uint16 if high - low < 1 << 16 else np.int64), kind="stable")
        ordered = day[order]
        columns = {name: column[order] for name, column in columns.items()}
        bounds = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1], [True])))
        for first, after in pairwise(bounds):
            self._write(int(ordered[first]), {name: column[first:after] for name, column in columns.items()})

    def _path(self, day: int, name: str) -> Path:
        return self.folder / f"{day}.{name}"

    def _write(self, day: int, columns: dict[str, npt.NDArray[Any]]) -> None:
        for name, column in columns.items():
            with self._path(day, name).open("ab") as file:
                column.tofile(file)
        self._rows[day] = self._rows.get(day, 0) + int(columns["person"].size)

    def read(self, day: int) -> Day:
        """Return the presences of a day."""
        kinds: dict[str, Any] = {
            "person": np.uint32,
            "place": np.uint32,
            "setting": np.uint8,
            "start": np.int64,
            "end": np.int64,
            "seat": np.uint32,
            "source": np.uint32,
        }
        count = self._rows[day]
        there = [name for name in kinds if name not in TEXTS or name in self._used]
        columns: dict[str, Any] = {
            name: np.fromfile(self._path(day, name), dtype=kinds[name], count=count) for name in there
        }
        return Day(day, **({"seat": None, "source": None} | columns))

    def keep(self, **facts: Any) -> None:
        """Make what was taken so far safe, together with facts that `facts` gives back after a kill."""
        self.facts |= facts
        for name in TEXTS:
            aside = self.folder / f"{name}.part"
            pl.DataFrame({"text": self.texts(name)}).write_parquet(aside)
            sync(aside)
            aside.replace(self.folder / f"{name}.texts")
        for path in self.folder.iterdir():
            sync(path)
        self.note()

    def note(self, **facts: Any) -> None:
        """Add facts to those that are safe, when no row was taken since."""
        self.facts |= facts
        said = {"form": FORM, "rows": self._rows, "used": sorted(self._used), "ships": self.ships, "facts": self.facts}
        aside = self.folder / "progress.part"
        with aside.open("w") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.folder / PROGRESS)

    def _resume(self) -> None:
        said = progress_of(self.folder)
        texts = self._read_texts() if said is not None and self._is_whole(said) else None
        if said is None or texts is None:
            for left in self.folder.iterdir():
                left.unlink()
            return
        self.facts = said["facts"]
        self._rows = {int(day): count for day, count in said["rows"].items()}
        self._used = set(said["used"])
        self.ships = said["ships"]
        for name in TEXTS:
            # The same texts in the same order get the same codes again. The file may be younger than the progress:
            # its further texts then have codes that no row uses yet.
            self._coders[name].restore(texts[name])
            if name in self._odd:
                self._odd[name] = _odd(self.texts(name))
        for path in self.folder.iterdir():
            day, _, name = path.name.partition(".")
            if not day.lstrip("-").isdigit():
                continue
            # Rows behind the last progress are taken anew.
            if int(day) in self._rows and (name not in TEXTS or name in self._used):
                os.truncate(path, self._rows[int(day)] * _WIDTHS.get(name, 4))
            else:
                path.unlink()

    def _read_texts(self) -> dict[str, pl.Series] | None:
        """Read the texts of every column; None where a file is damaged."""
        try:
            return {name: pl.read_parquet(self.folder / f"{name}.texts", glob=False)["text"] for name in TEXTS}
        except (OSError, pl.exceptions.PolarsError):
            return None

    def _is_whole(self, said: dict[str, Any]) -> bool:
        """Whether every file is as long as the progress says; after a power cut one may be shorter."""
        names = ["person", "place", "setting", "start", "end", *said["used"]]
        counts = [(int(day), count) for day, count in said["rows"].items()]
        sizes = [(self._path(day, name), count * _WIDTHS.get(name, 4)) for day, count in counts for name in names]
        return all(path.exists() and path.stat().st_size >= size for path, size in sizes)

    def close(self) -> None:
        """Let go of the thread that helps; the folder stays until the store clears it away."""
        self._beside.shutdown()

    def __iter__(self) -> Iterator[int]:
        return iter(self.days)


def _kinds_of(rows: pl.DataFrame) -> pl.Series:
    """Return the code of each row's place kind, the default's where none is given; null where it is not known."""
    if "place_kind" not in rows.columns:
        return pl.repeat(_DEFAULT_KIND, rows.height, dtype=pl.UInt8, eager=True)
    named = rows["place_kind"]
    kind = named.cast(_KINDS, strict=False).to_physical()
    if named.null_count():
        kind = kind.zip_with(named.is_not_null(), pl.Series([_DEFAULT_KIND], dtype=kind.dtype))
    return kind


def sync(path: Path) -> None:
    """Have a file survive a power cut."""
    with path.open("rb") as written:
        os.fsync(written.fileno())


def progress_of(folder: Path) -> dict[str, Any] | None:
    """Return what a spill says to be safe; None where nothing is, or it was written by another version."""
    try:
        said = json.loads((folder / PROGRESS).read_text())
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and said.get("form") == FORM else None


def _odd(texts: pl.Series) -> npt.NDArray[np.bool_]:
    """Whether tidying would change an id, or read it as missing; see `core.presences.suspects`."""
    text = pl.col("text")
    odd = ~text.str.contains(PLAIN_ID) | text.str.contains(ODD_ID) | text.str.to_lowercase().is_in(list(MISSING_IDS))
    return pl.DataFrame({"text": texts}).select(odd.alias("odd"))["odd"].to_numpy()
