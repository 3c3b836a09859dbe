"""Presences of the web application: Parquet files in the data folder, named by their content (decision 0003)."""

import datetime as dt
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from django.conf import settings

from lianfang.kernel.schema import PRESENCES
from lianfang.kernel.text import Lang
from lianfang.tracing.tables import Source, read_frame


@dataclass(frozen=True)
class Ingested:
    """What became of one source.

    Attributes
    ----------
    path : Path or None
        The file that holds its rows; None when no row could be used.
    rows : int
        Rows that are used.
    refused : pl.DataFrame
        Columns of `lianfang.kernel.schema.REFUSALS`.
    is_new : bool
        Whether these rows were not there before.
    """

    path: Path | None
    rows: int
    refused: pl.DataFrame
    is_new: bool


def folder() -> Path:
    """Return the folder of the files; it need not exist yet."""
    return Path(settings.DATA_DIR) / "presences"


def paths() -> list[Path]:
    """Return the files that hold presences, sorted by name: what the tracer takes. Each is there whole."""
    return sorted(folder().glob("*.parquet"))


def ingest(sources: Source | Sequence[Source], *, lang: Lang = "zh") -> list[Ingested]:
    """Keep presences for tracing; keeping the same rows twice, in any order, changes nothing.

    Parameters
    ----------
    sources : frame, path, or a sequence of them
        Schema `lianfang.kernel.schema.PRESENCES`; CSV, XLSX or Parquet files.
    lang : {"zh", "en"}
        Language of the reasons.

    Returns
    -------
    list of Ingested
        One for each source, in order.

    Raises
    ------
    Refused
        When a source as a whole cannot be used; those before it are kept.
    """
    many = [sources] if isinstance(sources, (pl.DataFrame, str, Path)) else sources
    return [_keep(source, lang) for source in many]


def of_places(place_ids: Sequence[str], *, since: dt.datetime, until: dt.datetime) -> pl.DataFrame:
    """Return who was in some places in a time, from the kept presences.

    Parameters
    ----------
    place_ids : sequence of str
    since, until : datetime
        Naive local; presences that overlap ``since ≤ t < until`` are returned whole.

    Returns
    -------
    pl.DataFrame
        Schema `lianfang.kernel.schema.PRESENCES`, by place, start and person; a presence that two files hold is there
        once.
    """
    if not place_ids:
        return PRESENCES.empty()
    rows = _kept().filter(pl.col("place_id").is_in(place_ids), pl.col("start") < until, pl.col("end") > since)
    return PRESENCES.conform(rows.collect()).unique().sort("place_id", "start", "person_id", "end", "place_kind")


def of_person(person_id: str, *, since: dt.datetime, until: dt.datetime) -> pl.DataFrame:
    """Return where somebody was in a time, from the kept presences; the engine reads no more than it must.

    Parameters
    ----------
    person_id : str
    since, until : datetime
        Naive local; presences that overlap ``since ≤ t < until`` are returned whole.

    Returns
    -------
    pl.DataFrame
        Schema `lianfang.kernel.schema.PRESENCES`, by start and place; a presence that two files hold is there once.
    """
    rows = _kept().filter(pl.col("person_id") == person_id, pl.col("start") < until, pl.col("end") > since)
    return PRESENCES.conform(rows.collect()).unique().sort("start", "place_id", "end", "place_kind")


def _kept() -> pl.LazyFrame:
    # Files of before the column `vehicle` lack it.
    return pl.concat([PRESENCES.empty().lazy(), *(pl.scan_parquet(file) for file in paths())], how="diagonal")


def _keep(source: Source, lang: Lang) -> Ingested:
    _, used, refused = read_frame(source, PRESENCES, lang=lang)
    if used.is_empty():
        return Ingested(None, 0, refused, False)
    home = folder()
    home.mkdir(parents=True, exist_ok=True)
    # Sorted by place, so that the engine skips the row groups of places that nobody asks for; and the order of the
    # rows does not change the name.
    ordered = used.sort(
        "place_id", "start", "person_id", "end", "place_kind", "vehicle", "seat", "source", nulls_last=True
    )
    aside = home / f".{os.getpid()}.part"
    try:
        ordered.write_parquet(aside, compression="zstd", row_group_size=100_000)
        with aside.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
            os.fsync(written.fileno())
        path = home / f"{digest}.parquet"
        is_new = not path.exists()
        aside.replace(path)
        _sync(home)
    finally:
        aside.unlink(missing_ok=True)
    return Ingested(path, used.height, refused, is_new)


def _sync(home: Path) -> None:
    """Make the new name itself survive a power cut."""
    handle = os.open(home, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
