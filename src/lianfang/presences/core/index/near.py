"""The presences of those through whom the second degree is sought, segment by segment.

Read by person where they are few, by place where they are many; the same rows either way, but for those of places where
nobody is sought any more.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lianfang.presences.core.index.first import Ints, Rules
from lianfang.presences.core.index.layout import (
    GROUP_PLACE,
    GROUP_SETTING,
    GROUP_START,
    GROUPS,
    NO_GROUP,
    SEAT,
    SINCE,
    UNTIL,
    Table,
    compiled,
    i32,
    length_at,
    person_at,
    rows_of,
    start_at,
    u8,
    u32,
)

NEVER = np.iinfo(np.int64).max


class Via(NamedTuple):
    """Those through whom the second degree is sought, in the order of their ids as text; arrays of one length.

    `person` holds codes (below 0: unknown), `since` and `until` v's time in microseconds since 1970.
    """

    person: Ints
    since: Ints
    until: Ints


class Rows(NamedTuple):
    """Presences of v's; `who` counts the entries of `Via`, the group is that of the segment, or `NO_GROUP`."""

    group: npt.NDArray[np.uint32]
    place: npt.NDArray[np.uint32]
    who: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]
    setting: npt.NDArray[np.uint8]
    start: Ints
    end: Ints
    seat: npt.NDArray[np.int32]

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Rows":
        """The chosen ones."""
        if chosen.all():
            return self
        columns: list[Any] = [column[chosen] for column in self]
        return Rows(*columns)


class Stays(NamedTuple):
    """What is left of `Rows` once they stand in the order of their places."""

    who: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]
    setting: npt.NDArray[np.uint8]
    start: Ints
    end: Ints
    seat: npt.NDArray[np.int32]


def near_by_person(
    table: Table,
    via: Via,
    rules: Rules,
    threads: Executor,
    shares: int,
    *,
    shortest: bool = True,
) -> Iterator[tuple[int, list[Rows]]]:
    """For each segment, in the order of time, the presences of v's that overlap its time; each v looks up their own.

    A presence lies in the segment of its start and may reach into the next; each is read once and kept while needed.
    `shortest`: those shorter than their kind of place asks for are left out.
    """
    bounds = np.linspace(0, via.person.size, shares + 1).astype(np.int64)

    def read(a: int, share: int) -> Rows:
        lo, hi = bounds[share], bounds[share + 1]
        who, _, group, place, setting, start, end, seat = rows_of(
            table, np.array([a]), via.person[lo:hi], via.since[lo:hi], via.until[lo:hi]
        )
        who += np.int32(lo)
        return _counted(Rows(group, place, who, setting, setting, start, end, seat), rules, shortest=shortest)

    kept: dict[int, list[Rows]] = {}
    for t, near in _in_time(table):
        kept = {a: kept[a] if a in kept else list(threads.map(partial(read, a), range(shares))) for a in near}
        parts = []
        for a, share in product(near, range(shares)):
            rows = kept[a][share]
            if a != t:
                rows = rows.where((rows.start < table[t, UNTIL]) & (rows.end > table[t, SINCE]))
                rows = rows._replace(group=np.full_like(rows.group, NO_GROUP))  # it is one of the other segment
            parts.append(rows)
        yield t, parts


def near_by_place(
    table: Table,
    via: Via,
    rules: Rules,
    threads: Executor,
    shares: int,
    *,
    excluded: npt.NDArray[np.uint8],
    best_start: Ints,
) -> Iterator[tuple[int, list[Rows]]]:
    """The same, walking the places: in the order of places, and without those where nobody is sought any more.

    Sought are those who are neither case nor contact and whose earliest overlap so far does not lie before the segment:
    after a day or two most people are found, and most places fall away.
    """
    known = np.flatnonzero(via.person >= 0)
    via_of = np.full(excluded.size, -1, np.int32)
    via_of[via.person[known]] = known
    places = _places(table)

    def read(t: int, wanted: npt.NDArray[np.uint8], a: int, share: int) -> Rows:
        lo, hi = _part(table[a, GROUPS], share, shares)
        group, *columns = _rows_by_place(
            table, a, via_of, via.since, via.until, wanted, table[t, SINCE], table[t, UNTIL], lo, hi
        )
        if a != t:
            group[:] = NO_GROUP  # it is one of the other segment
        place, who, setting, start, end, seat = columns
        return _counted(Rows(group, place, who, setting, setting, start, end, seat), rules, shortest=True)

    for t, near in _in_time(table):
        wanted = np.zeros(places, np.uint8)

        def mark(share: int, t: int = t, wanted: npt.NDArray[np.uint8] = wanted) -> None:
            _mark_wanted(table, t, excluded, best_start, wanted, *_part(table[t, GROUPS], share, shares))

        list(threads.map(mark, range(shares)))
        # The segment's own rows first: they are most, and in order.
        both = list(product([t, *(a for a in near if a != t)], range(shares)))
        yield t, list(threads.map(partial(read, t, wanted), *zip(*both, strict=True)))


def _in_time(table: Table) -> Iterator[tuple[int, list[int]]]:
    """Segments in the order of time, each with those whose time overlaps its own, itself among them."""
    for t in np.argsort(table[:, SINCE], kind="stable").tolist():
        near = (table[:, SINCE] < table[t, UNTIL]) & (table[:, UNTIL] > table[t, SINCE])
        yield t, np.flatnonzero(near).tolist()


def _part(size: int, share: int, shares: int) -> tuple[int, int]:
    return int(size) * share // shares, int(size) * (share + 1) // shares


def _counted(rows: Rows, rules: Rules, *, shortest: bool) -> Rows:
    """Say the place kind of each row, and leave out those that do not count, or are too short to."""
    rows = rows._replace(kind=rules.kind_of[rows.setting].astype(np.uint8))
    needed = rules.needed[rows.kind]
    return rows.where((needed >= 0) & (rows.end - rows.start >= needed) if shortest else needed >= 0)


@compiled
def _places(table: Table) -> int:
    """One more than the largest code of a place."""
    most = 0
    for t in range(table.shape[0]):
        for group in range(table[t, GROUPS]):
            most = max(most, u32(table[t, GROUP_PLACE], group) + 1)
    return most


@compiled
def _mark_wanted(
    table: Table,
    t: int,
    excluded: npt.NDArray[np.uint8],
    best_start: Ints,
    wanted: npt.NDArray[np.uint8],
    lo: int,
    hi: int,
) -> None:
    """Mark the places, among groups ``lo ≤ group < hi``, where somebody is still sought."""
    for group in range(lo, hi):
        place = u32(table[t, GROUP_PLACE], group)
        if wanted[place]:
            continue
        for position in range(u32(table[t, GROUP_START], group), u32(table[t, GROUP_START], group + 1)):
            person = person_at(table, t, position)
            # As early as the segment itself is a tie that a smaller id may still win.
            if not excluded[person] and best_start[person] >= table[t, SINCE]:
                wanted[place] = 1
                break


@compiled
def _rows_by_place(
    table: Table,
    t: int,
    via_of: npt.NDArray[np.int32],
    since: Ints,
    until: Ints,
    wanted: npt.NDArray[np.uint8],
    after: int,
    before: int,
    lo: int,
    hi: int,
) -> tuple[Any, Any, Any, Any, Any, Any, Any]:
    """Read the presences of v's in wanted places, among groups ``lo ≤ group < hi`` of a segment, each cut to v's time.

    Only those that overlap ``after ≤ t < before``, the time of the segment that they are held against.
    """
    size = 0
    for group in range(lo, hi):
        if wanted[u32(table[t, GROUP_PLACE], group)]:
            size += u32(table[t, GROUP_START], group + 1) - u32(table[t, GROUP_START], group)
    groups, place, who = np.empty(size, np.uint32), np.empty(size, np.uint32), np.empty(size, np.int32)
    setting, seat = np.empty(size, np.uint8), np.empty(size, np.int32)
    start, end = np.empty(size, np.int64), np.empty(size, np.int64)
    n = 0
    for group in range(lo, hi):
        here, what = u32(table[t, GROUP_PLACE], group), u8(table[t, GROUP_SETTING], group)
        if not wanted[here]:
            continue
        for position in range(u32(table[t, GROUP_START], group), u32(table[t, GROUP_START], group + 1)):
            begin = start_at(table, t, position)
            if begin >= before:
                break
            finish = begin + length_at(table, t, position)
            if finish <= after:
                continue
            v = via_of[person_at(table, t, position)]
            if v < 0:
                continue
            begin, finish = max(begin, since[v]), min(finish, until[v])
            if begin >= finish or begin >= before or finish <= after:
                continue
            groups[n], place[n], who[n], setting[n] = group, here, v, what
            start[n], end[n] = begin, finish
            seat[n] = i32(table[t, SEAT], position) if table[t, SEAT] else -1
            n += 1
    return groups[:n], place[:n], who[:n], setting[:n], start[:n], end[:n], seat[:n]


def taken(parts: list[Rows], order: Ints) -> Stays:
    """Join parts and put them in order, column by column: as a whole they would be there three times."""
    columns: list[Any] = list(zip(*parts, strict=True))[2:]
    joined: list[Any] = [np.concatenate(column)[order] for column in columns]
    return Stays(*joined)


def ordered(first: Ints, then: Ints, *, nearly: bool) -> Ints:
    """Order by two columns of whole numbers, the second not below 0, in one sort where both fit into one number.

    `nearly`: they are a few runs that are in order already, which a merge makes good use of.
    """
    if first.size and int(then.max()) < 1 << 40 and int(first.max()) < 1 << 22:
        return np.argsort((first << 40) | then, kind="stable" if nearly else None)
    return np.lexsort((then, first))
