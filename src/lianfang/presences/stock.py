"""What the presence store of the web application holds, told from its manifest alone.

No presence is read and no person named; a store of a hundred million rows answers as fast as an empty one.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from lianfang.access.times import to_local
from lianfang.presences.core.coverage import Coverage, coverage
from lianfang.presences.store.manifest import Manifest

LISTS_SHOWN = 100
_EPOCH = dt.datetime(1970, 1, 1)


@dataclass(frozen=True)
class TakenIn:
    """A list that was taken in: its name, when, the rows that are used and those refused, and what became of it."""

    name: str
    at: dt.datetime | None
    rows: int
    refused: int
    replaced_by: str
    is_withdrawn: bool


@dataclass(frozen=True)
class Stock:
    """A store in numbers.

    Attributes
    ----------
    rows, persons, places : int
        Presences, and the different ids of people and places that they name. Ids of lists that were replaced count too.
    retracted : int
        People who were taken out and are barred from coming in again.
    first_start, latest_end : datetime or None
        Naive and local.
    changed_at : datetime or None
        When presences were last added or taken out; aware.
    lists : list of TakenIn
        The newest first, `LISTS_SHOWN` at most.
    list_count : int
        How many there are.
    coverage : Coverage
        Presences by day.
    """

    rows: int
    persons: int
    places: int
    retracted: int
    first_start: dt.datetime | None
    latest_end: dt.datetime | None
    changed_at: dt.datetime | None
    lists: list[TakenIn]
    list_count: int
    coverage: Coverage


def stock_of(manifest: Manifest) -> Stock:
    """Return what a moment of a store holds."""
    moments = [_moment(at) for at in (*(s.at for s in manifest.sources), *(r.at for r in manifest.retracted))]
    changed_at = max((at for at in moments if at is not None), default=None)
    by_day: Counter[dt.date] = Counter()
    for one in manifest.segments:
        by_day[dt.date.fromisoformat(one.day)] += one.rows
    names = {one.number: one.name for one in manifest.sources}
    newest = sorted(manifest.sources, key=lambda one: one.number, reverse=True)[:LISTS_SHOWN]
    since = min((one.since for one in manifest.segments), default=None)
    until = max((one.until for one in manifest.segments), default=None)
    local = to_local(changed_at)
    return Stock(
        rows=manifest.rows,
        persons=sum(part.count for part in manifest.persons),
        places=sum(part.count for part in manifest.places),
        retracted=len(manifest.retracted),
        first_start=None if since is None else _EPOCH + dt.timedelta(microseconds=since),
        latest_end=None if until is None else _EPOCH + dt.timedelta(microseconds=until),
        changed_at=changed_at,
        lists=[
            TakenIn(
                name=one.name,
                at=_moment(one.at),
                rows=one.rows,
                refused=one.refused,
                replaced_by="" if one.replaced_by is None else names.get(one.replaced_by, "—"),
                is_withdrawn=one.is_withdrawn,
            )
            for one in newest
        ],
        list_count=len(manifest.sources),
        coverage=coverage(by_day, until=None if local is None else local.date()),
    )


def _moment(at: str) -> dt.datetime | None:
    """Return a time of a manifest; a store may have been made by a program that wrote none, or one without a zone."""
    try:
        said = dt.datetime.fromisoformat(at)
    except ValueError:
        return None
    return said if said.tzinfo is not None else said.replace(tzinfo=dt.UTC)
