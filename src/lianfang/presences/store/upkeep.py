"""What keeps a store in order: telling what is there, and merging the segments of a day."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lianfang.presences.store.files import Files
from lianfang.presences.store.manifest import Manifest
from lianfang.presences.store.rewriting import Writer
from lianfang.presences.store.segments import read_rows


@dataclass(frozen=True)
class Info:
    """A store in numbers; times are naive and local, bytes are those on disk."""

    version: int
    rows: int
    persons: int
    places: int
    days: int
    segments: int
    first_start: str
    latest_end: str
    data_bytes: int
    index_bytes: int
    bytes_a_row: float
    sources: list[dict[str, Any]]
    retracted: int
    removed: list[dict[str, Any]]


def info(files: Files, manifest: Manifest) -> Info:
    """Tell what a store holds; see `PresenceStore.info`."""
    data = sum(files.size(one.data) for one in manifest.segments)
    index = sum(files.size(name) for name in manifest.files()) - data
    since = min((one.since for one in manifest.segments), default=None)
    until = max((one.until for one in manifest.segments), default=None)
    return Info(
        version=manifest.version,
        rows=manifest.rows,
        persons=sum(part.count for part in manifest.persons),
        places=sum(part.count for part in manifest.places),
        days=len({one.day for one in manifest.segments}),
        segments=len(manifest.segments),
        first_start="" if since is None else str(np.datetime64(since, "us").astype("datetime64[s]")),
        latest_end="" if until is None else str(np.datetime64(until, "us").astype("datetime64[s]")),
        data_bytes=data,
        index_bytes=index,
        bytes_a_row=(data + index) / manifest.rows if manifest.rows else 0.0,
        sources=[
            {
                "name": one.name,
                "digest": one.digest,
                "rows": one.rows,
                "refused": one.refused,
                "at": one.at,
                "replaced": one.replaced_by is not None,
                "withdrawn": one.is_withdrawn,
            }
            for one in manifest.sources
        ],
        retracted=len(manifest.retracted),
        removed=[asdict(one) for one in manifest.removed],
    )


def days_of_many(manifest: Manifest, most: int) -> list[str]:
    """Return the days that have more than `most` segments, ascending."""
    counts = Counter(one.day for one in manifest.segments)
    return sorted(day for day, count in counts.items() if count > most)


def merged(files: Files, before: Manifest, day: str, writer: Writer) -> Manifest:
    """Make the next moment of a store, with the segments of one day merged; see `PresenceStore.compact`."""
    of_day = [one for one in before.segments if one.day == day]
    with files.workshop() as workshop:
        one = writer.write(workshop, day, read_rows(files, of_day))
    others = [other for other in before.segments if other.day != day]
    return before.but(segments=sorted([*others, one], key=lambda segment: segment.day))
