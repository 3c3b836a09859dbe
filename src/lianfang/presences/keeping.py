"""Presences of the web application: the presence store in the data folder, and the one door to it (decision 0008)."""

import datetime as dt
import fcntl
import logging
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import polars as pl
from django.conf import settings

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.services import need
from lianfang.kernel.schema import PRESENCES
from lianfang.kernel.text import Lang
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.presences.core.seats import SeatRules
from lianfang.presences.core.shared_stays import WHERE
from lianfang.presences.opened import Source, read_frame
from lianfang.presences.store.background import compact_if_many
from lianfang.presences.store.ingest import Taken
from lianfang.presences.store.manifest import Manifest
from lianfang.presences.store.progress import Progress
from lianfang.presences.store.snapshot import Snapshot
from lianfang.presences.store.store import PresenceStore, open_store

PATIENCE = 300.0
"""Seconds that a writer of the web application waits for another, such as one that merges, before it is refused."""


T = TypeVar("T")


_TRIES = 3


_log = logging.getLogger(__name__)


_lock = threading.Lock()


_open: dict[Path, PresenceStore] = {}


@dataclass(frozen=True)
class Ingested:
    """What became of one source.

    Attributes
    ----------
    digest : str or None
        What names its rows in the store, whatever their order; None when no row could be used.
    rows : int
        Rows that are used.
    refused : pl.DataFrame
        Columns of `lianfang.kernel.schema.REFUSALS`.
    is_new : bool
        Whether these rows were not there before.
    """

    digest: str | None
    rows: int
    refused: pl.DataFrame
    is_new: bool


def folder() -> Path:
    """Return the folder of the store; it need not exist yet."""
    return Path(settings.DATA_DIR) / "presences"


def store() -> PresenceStore:
    """Return the store of the web application, made where there is none; one for the whole process, safe for threads.

    A folder that an earlier version filled with Parquet files is taken in first, once.
    """
    home = folder()
    with _lock:
        kept = _open.get(home)
        if kept is None or not (home / "manifest").exists():
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept = open_store(home, patience=PATIENCE)
            _take_former_files(home, kept)
            _open.clear()
            _open[home] = kept
    return kept


def paths() -> list[Path]:
    """Return the Parquet files of the store, for what needs an engine. Tracing takes `store` itself."""
    return [Path(path) for path in store().paths()]


def manifest() -> Manifest:
    """Return what the store says of itself now: its lists, days and numbers, without reading a presence."""
    return patiently(lambda: store().manifest())


def content() -> str:
    """Return the digest of what the store holds now: the same as long as no presence is added or taken out."""
    return manifest().content_digest


def ingest(sources: Source | Sequence[Source], *, name: str | None = None, lang: Lang = "zh") -> list[Ingested]:
    """Keep presences for tracing; keeping the same rows twice, in any order, changes nothing.

    Parameters
    ----------
    sources : frame, path, or a sequence of them
        Schema `lianfang.kernel.schema.PRESENCES`; CSV, XLSX or Parquet files. A source is held in memory; for one that
        is too large, ``lianfang presences ingest`` takes it into the same folder piece by piece.
    name : str, optional
        What the sources are called on the page of presences; the names of their files, when not given.
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
    done = [_keep(source, name, lang) for source in many]
    if any(one.is_new for one in done):
        compact_if_many(store())
    return done


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
        Schema `lianfang.kernel.schema.PRESENCES`, by place, start and person; a presence that two sources hold is there
        once.
    """
    rows = read(lambda moment: moment.of_places(place_ids, since, until))
    return rows.unique().sort("place_id", "start", "person_id", "end", "place_kind")


def of_person(person_id: str, *, since: dt.datetime, until: dt.datetime) -> pl.DataFrame:
    """Return where somebody was in a time, from the kept presences.

    Parameters
    ----------
    person_id : str
    since, until : datetime
        Naive local; presences that overlap ``since ≤ t < until`` are returned whole.

    Returns
    -------
    pl.DataFrame
        Schema `lianfang.kernel.schema.PRESENCES`, by start and place; a presence that two sources hold is there once.
    """
    rows = read(lambda moment: moment.of_person(person_id, since, until))
    return rows.unique().sort("start", "place_id", "end", "place_kind")


def shared_stays(
    pairs: pl.DataFrame,
    thresholds: Mapping[str, float],
    seats: SeatRules | None,
    *,
    shown: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
) -> tuple[pl.DataFrame, dict[tuple[int, int], str]]:
    """Return the stays that pairs of people shared, by the index of the kept presences, and seats in vehicles.

    Parameters
    ----------
    pairs, thresholds, seats
        As for `Snapshot.shared`.
    shown : callable, optional
        Picks the stays whose seats are read, which stand in the files and not in the index; none are, without it.

    Returns
    -------
    pl.DataFrame, dict
        Columns of `core.together.STAYS`; and by segment and row the seat as its list wrote it, where there is one.
    """

    def ask(moment: Snapshot) -> tuple[pl.DataFrame, dict[tuple[int, int], str]]:
        stays = moment.shared(pairs, thresholds, seats)
        if shown is None:
            return stays, {}
        seated = shown(stays).filter(pl.col("place_kind") == PlaceKind.VEHICLE.value).select(WHERE)
        rows = [row[n : n + 2] for row in seated.iter_rows() for n in (0, 2)]
        return stays, {row: seat for row, seat in zip(rows, moment.seats_of(rows), strict=True) if seat}

    return read(ask)


def is_retracted(person_id: str) -> bool:
    """Tell whether somebody's presences were taken out for good."""
    return store().is_retracted(person_id)


def read(ask: Callable[[Snapshot], T]) -> T:
    """Ask the newest moment of the store, again where it was cleared away meanwhile."""
    return patiently(lambda: ask(store().snapshot()))


def patiently(ask: Callable[[], T]) -> T:
    """Ask the newest moment; again, where its files were merged or rewritten while they were read."""
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except FileNotFoundError:
            continue
    return ask()


def ingest_file(
    path: Path,
    *,
    by: Account,
    at: dt.datetime,
    replaces: str | None = None,
    again: bool = False,
    lang: Lang = "zh",
    progress: Progress | None = None,
) -> Taken:
    """Take a file of any size in, piece by piece, with an entry in the audit trail: its name, digest and numbers.

    Parameters
    ----------
    path : Path
        Schema `lianfang.kernel.schema.PRESENCES`; CSV, XLSX or Parquet.
    by : Account
        Needs ``presence.ingest``.
    at : datetime
        Aware.
    replaces : str, optional
        Name or digest of a source that it corrects.
    again : bool
        As for `PresenceStore.ingest`.
    lang : {"zh", "en"}
        Language of the reasons.
    progress : callable, optional
        As for `PresenceStore.ingest`.

    Raises
    ------
    Refused
        When the account may not, the file cannot be used, or another process has been writing for too long.
    """
    need(by, "presence.ingest")
    [taken] = store().ingest(path, replaces=replaces, again=again, at=at, lang=lang, progress=progress)
    detail = {"file": taken.name, "rows": taken.rows, "refused": taken.refused_count, "is_new": taken.is_new}
    # Also of a file that was there: whoever repeats what a failure cut off before its entry leaves one.
    record("presence.ingest", detail if replaces is None else {**detail, "replaces": replaces}, taken.digest, by, at)
    return taken


def record(
    act: str,
    detail: Mapping[str, object],
    key: str,
    by: Account,
    at: dt.datetime,
    *,
    did: Literal["read", "write"] = "write",
) -> None:
    """Leave an entry: what was done, to what, with which numbers; never an id."""
    actor = scope_of(by).name
    audit.record(actor=actor, act=did, kind="presence", key=key, detail={"act": act, **detail}, at=at)


def warm_up(aside: Path | None = None) -> None:
    """Compile, or load, what tracing by the index runs on, and open the store: the first reader then waits for neither.

    A few made-up rows go through both degrees in a store of their own, in the empty folder `aside` where one is given.
    """
    start = dt.datetime(2021, 8, 1, 8)
    rows = [(f"p{n}", f"x{n // 2}", "work", start, start + dt.timedelta(hours=1)) for n in range(3)]
    rows += [("p1", "x1", "work", start, start + dt.timedelta(hours=1))]
    names = ["person_id", "place_id", "place_kind", "start", "end"]
    with tempfile.TemporaryDirectory() if aside is None else nullcontext(str(aside)) as folder:
        small = open_store(folder)
        small.ingest(pl.DataFrame(rows, schema=names, orient="row"))
        moment = small.snapshot()
        window = {"infectious_from": [start], "infectious_to": [start + dt.timedelta(days=1)]}
        found = moment.first(
            pl.DataFrame({"case_id": ["a"], "person_id": ["p0"], **window}), {"work": 15.0}, SeatRules(), one_stay=True
        )
        until = start + dt.timedelta(days=1)
        carried = pl.DataFrame({"case_id": ["a"], "person_id": ["p1"], "time_from": [start], "time_to": [until]})
        moment.second(carried, pl.Series(["p0", *found["person_id"]]), {"work": 15.0}, None, latest=True)
        moment.of_person("p0", start, start + dt.timedelta(days=1))
        pair = {"person_id": ["p0"], "other_id": ["p1"], "since": [start], "until": [until]}
        moment.shared(pl.DataFrame(pair), {"work": 15.0}, SeatRules())
    store().snapshot()


def _keep(source: Source, name: str | None, lang: Lang) -> Ingested:
    _, used, refused = read_frame(source, PRESENCES, lang=lang)
    if used.is_empty():
        return Ingested(None, 0, refused, False)
    # As a frame: it is named by its rows, not by the bytes of the file that happened to bring them.
    own = None if isinstance(source, pl.DataFrame) else Path(source).name
    [taken] = store().ingest(used, name=name or own, lang=lang)
    return Ingested(taken.digest, taken.rows, refused, taken.is_new)


def _take_former_files(home: Path, kept: PresenceStore) -> None:
    """Take in the files of a version without a store; each goes only when all of its rows are in.

    Other processes wait meanwhile and then find nothing left to do. A file of which a row cannot be used stays, under
    another name.
    """
    if not any(home.glob("*.parquet")):
        return
    with (home / ".former.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for path in sorted(home.glob("*.parquet")):
            # As a frame, as `_keep` does: the same list again is then known to be the same.
            [taken] = kept.ingest(PRESENCES.conform(pl.read_parquet(path)))
            if taken.refused_count:
                _log.warning("%s: %d rows could not be taken in; it is kept beside", path, taken.refused_count)
                path.replace(path.with_suffix(".parquet.refused"))
            else:
                path.unlink()
