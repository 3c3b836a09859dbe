"""The second degree from the index: first who, by a sweep through each place, then how long, for those found.

Pairs of pairs are never made. "v" is, as in `docs/algorithms/tracing.md`, a contact of the first degree through whom
the second is sought.

1. *Sweep.* Segment by segment in the order of time, place by place. Rows of people who are neither case nor contact
   are walked in the order of their start beside the presences of v's in that place. For each such row the earliest
   overlap that is long enough either starts with the row itself, when some v is there and stays long enough; of those
   the one with the smallest id stands at the top of a heap. Or it starts with the next v to come. A person keeps only
   the earliest overlap found so far, so that most rows of later days fall away at the first comparison.
2. *Minutes.* For each person found, with the v and the place kind that won: all overlaps of the two, by walking both
   people's rows side by side.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lianfang.tracing.core.index.first import Ints, Rules, together
from lianfang.tracing.core.index.layout import (
    GROUP_PLACE,
    GROUP_SETTING,
    GROUP_START,
    GROUPS,
    NO_GROUP,
    PERSON_START,
    SEAT,
    SINCE,
    UNTIL,
    Table,
    compiled,
    first_group_at,
    group_at,
    group_of,
    i32,
    length_at,
    person_at,
    person_slot,
    position_at,
    rows_of,
    start_at,
    u8,
    u32,
)

NEVER = np.iinfo(np.int64).max
FEW = 8
"""So many presences of v's in a place are compared one by one; a heap would cost more."""


MANY = 8
"""Where more than one person in so many is a v, their presences are read place by place."""


class Via(NamedTuple):
    """Those through whom the second degree is sought, in the order of their ids as text; arrays of one length.

    `person` holds codes (below 0: unknown), `since` and `until` v's time in microseconds since 1970.
    """

    person: Ints
    since: Ints
    until: Ints


class Found(NamedTuple):
    """The second degree, one entry a person, in the order of their codes.

    `via` counts the entries of `Via`; the sums are of all overlaps with that v in that place kind.
    """

    person: Ints
    via: Ints
    kind: Ints
    microseconds: Ints
    encounters: Ints
    first: Ints
    last: Ints
    whole: npt.NDArray[np.uint8]


class _Rows(NamedTuple):
    """Presences of v's; `who` counts the entries of `Via`, the group is that of the segment, or `NO_GROUP`."""

    group: npt.NDArray[np.uint32]
    place: npt.NDArray[np.uint32]
    who: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]
    setting: npt.NDArray[np.uint8]
    start: Ints
    end: Ints
    seat: npt.NDArray[np.int32]

    def where(self, chosen: npt.NDArray[np.bool_]) -> "_Rows":
        """The chosen ones."""
        if chosen.all():
            return self
        columns: list[Any] = [column[chosen] for column in self]
        return _Rows(*columns)


class _Stays(NamedTuple):
    """What is left of `_Rows` once they stand in the order of their places."""

    who: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]
    setting: npt.NDArray[np.uint8]
    start: Ints
    end: Ints
    seat: npt.NDArray[np.int32]


def second_degree(
    table: Table,
    via: Via,
    excluded: npt.NDArray[np.uint8],
    rules: Rules,
    *,
    threads: Executor,
    shares: int = 2,
    few: int = FEW,
    many: int = MANY,
) -> Found:
    """Find those whom contacts met long enough at once, and who are neither case nor contact.

    Parameters
    ----------
    table : int64 array
        From `layout.table_of`.
    via : Via
    excluded : uint8 array, shape (codes,)
        1 for every person who is a case or a contact of the first degree; among them every v.
    rules : Rules
        ``needed`` asks for the length of one overlap.
    threads : Executor
    shares : int
        How many threads work side by side.
    few, many : int
        For tests: see `FEW` and `MANY`.

    Returns
    -------
    Found

    Notes
    -----
    Work grows with the rows in the places where v's were, not with pairs of visitors: O(n log n) for n rows of a place.
    Memory: 13 bytes a person and thread, and the presences of v's of a few segments.
    """
    persons = excluded.size
    bests = [
        (np.full(persons, NEVER), np.full(persons, -1, np.int32), np.zeros(persons, np.uint8)) for _ in range(shares)
    ]
    # Where many are v's, their presences are read place by place, in order, and only where somebody is still sought.
    by_place = via.person.size * many > persons
    near = _near_by_place if by_place else _near_by_person
    for t, parts in near(table, via, rules, excluded, bests[0][0], threads, shares):
        slot, begins, stays = _by_place(table, t, parts, threads, nearly=by_place)
        if not slot.size:
            continue

        def sweep(share: int, t: int = t, slot: Ints = slot, begins: Ints = begins, stays: _Stays = stays) -> None:
            lo, hi = _share(begins, share, shares)
            _sweep(
                table, t, slot, begins, stays.start, stays.end, stays.who, stays.kind, stays.setting, stays.seat,
                excluded, *bests[share], *rules[1:], lo, hi, few,
            )  # fmt: skip

        list(threads.map(sweep, range(shares)))
        for other in bests[1:]:
            _better_of(*bests[0], *other)
        del stays, sweep
    best_start, best_via, best_kind = bests[0]
    person = np.flatnonzero(best_start != NEVER)
    won, kind = best_via[person].astype(np.int64), best_kind[person].astype(np.int64)
    return _minutes(table, via, person, won, kind, rules, threads, shares)


def _near_by_person(
    table: Table,
    via: Via,
    rules: Rules,
    excluded: npt.NDArray[np.uint8],
    best_start: Ints,
    threads: Executor,
    shares: int,
    *,
    shortest: bool = True,
) -> Iterator[tuple[int, list[_Rows]]]:
    """For each segment, in the order of time, the presences of v's that overlap its time; each v looks up their own.

    A presence lies in the segment of its start and may reach into the next; each is read once and kept while needed.
    """
    bounds = np.linspace(0, via.person.size, shares + 1).astype(np.int64)

    def read(a: int, share: int) -> _Rows:
        lo, hi = bounds[share], bounds[share + 1]
        who, _, group, place, setting, start, end, seat = rows_of(
            table, np.array([a]), via.person[lo:hi], via.since[lo:hi], via.until[lo:hi]
        )
        who += np.int32(lo)
        return _counted(_Rows(group, place, who, setting, setting, start, end, seat), rules, shortest=shortest)

    kept: dict[int, list[_Rows]] = {}
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


def _near_by_place(
    table: Table,
    via: Via,
    rules: Rules,
    excluded: npt.NDArray[np.uint8],
    best_start: Ints,
    threads: Executor,
    shares: int,
) -> Iterator[tuple[int, list[_Rows]]]:
    """The same, walking the places: in the order of places, and without those where nobody is sought any more.

    Sought are those who are neither case nor contact and whose earliest overlap so far does not lie before the segment:
    after a day or two most people are found, and most places fall away.
    """
    known = np.flatnonzero(via.person >= 0)
    via_of = np.full(excluded.size, -1, np.int32)
    via_of[via.person[known]] = known
    places = _places(table)

    def read(t: int, wanted: npt.NDArray[np.uint8], a: int, share: int) -> _Rows:
        lo, hi = _part(table[a, GROUPS], share, shares)
        group, *columns = _rows_by_place(
            table, a, via_of, via.since, via.until, wanted, table[t, SINCE], table[t, UNTIL], lo, hi
        )
        if a != t:
            group[:] = NO_GROUP  # it is one of the other segment
        place, who, setting, start, end, seat = columns
        return _counted(_Rows(group, place, who, setting, setting, start, end, seat), rules, shortest=True)

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


def _counted(rows: _Rows, rules: Rules, *, shortest: bool) -> _Rows:
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


def _by_place(
    table: Table, t: int, parts: list[_Rows], threads: Executor, *, nearly: bool
) -> tuple[Ints, Ints, _Stays]:
    """Order presences by their place in a segment and by start; drop those whose place nobody of the segment was in."""
    slot = np.concatenate(list(threads.map(lambda rows: _slots_of(table, t, rows.place, rows.group), parts)))
    # Starts before the segment's own are all alike to its rows: they are there already.
    start = np.maximum(np.concatenate([rows.start for rows in parts]) - table[t, SINCE], 0)
    order = _ordered(slot, start, nearly=nearly)
    slot = slot[order]
    there = np.searchsorted(slot, 0)
    slot, order = slot[there:], order[there:]
    first = np.flatnonzero(np.concatenate(([True], slot[1:] != slot[:-1]))) if slot.size else np.empty(0, np.int64)
    return slot[first], np.append(first, slot.size), _taken(parts, order)


def _taken(parts: list[_Rows], order: Ints) -> _Stays:
    """Join parts and put them in order, column by column: as a whole they would be there three times."""
    columns: list[Any] = list(zip(*parts, strict=True))[2:]
    taken: list[Any] = [np.concatenate(column)[order] for column in columns]
    return _Stays(*taken)


def _ordered(first: Ints, then: Ints, *, nearly: bool) -> Ints:
    """Order by two columns of whole numbers, the second not below 0, in one sort where both fit into one number.

    `nearly`: they are a few runs that are in order already, which a merge makes good use of.
    """
    if first.size and int(then.max()) < 1 << 40 and int(first.max()) < 1 << 22:
        return np.argsort((first << 40) | then, kind="stable" if nearly else None)
    return np.lexsort((then, first))


@compiled
def _slots_of(table: Table, t: int, place: npt.NDArray[np.uint32], group: npt.NDArray[np.uint32]) -> Ints:
    slots = np.empty(place.size, np.int64)
    for n in range(place.size):
        alike = n and place[n] == place[n - 1]
        slots[n] = slots[n - 1] if alike else first_group_at(table, t, place[n], group[n])
    return slots


def _share(begins: Ints, share: int, shares: int) -> tuple[int, int]:
    """Places of one thread, so that each has about as many presences of v's."""
    ends = np.searchsorted(begins, np.linspace(0, begins[-1], shares + 1)[1:-1])
    bounds = [0, *ends.tolist(), begins.size - 1]
    return bounds[share], max(bounds[share], bounds[share + 1])


@compiled
def _better(
    best_start: Ints,
    best_via: npt.NDArray[np.int32],
    best_kind: npt.NDArray[np.uint8],
    person: int,
    start: int,
    via: int,
    kind: int,
) -> None:
    """Keep an overlap when it is earlier, or as early and by the smaller id, or then in the smaller place kind."""
    if start > best_start[person]:
        return
    if start == best_start[person] and (
        via > best_via[person] or (via == best_via[person] and kind >= best_kind[person])
    ):
        return
    best_start[person], best_via[person], best_kind[person] = start, via, kind


@compiled
def _better_of(
    start: Ints,
    via: npt.NDArray[np.int32],
    kind: npt.NDArray[np.uint8],
    other_start: Ints,
    other_via: npt.NDArray[np.int32],
    other_kind: npt.NDArray[np.uint8],
) -> None:
    """Take the better of two threads into both."""
    for person in range(start.size):
        if other_start[person] < NEVER:
            _better(start, via, kind, person, other_start[person], other_via[person], other_kind[person])
        other_start[person], other_via[person], other_kind[person] = start[person], via[person], kind[person]


@compiled
def _sweep(
    table: Table,
    t: int,
    slot: Ints,
    begins: Ints,
    v_start: Ints,
    v_end: Ints,
    v_who: npt.NDArray[np.int32],
    v_kind: npt.NDArray[np.uint8],
    v_setting: npt.NDArray[np.uint8],
    v_seat: npt.NDArray[np.int32],
    excluded: npt.NDArray[np.uint8],
    best_start: Ints,
    best_via: npt.NDArray[np.int32],
    best_kind: npt.NDArray[np.uint8],
    needed: Ints,
    reach: Ints,
    asks: Ints,
    crew: Ints,
    lo: int,
    hi: int,
    few: int,
) -> None:
    """Walk the places ``lo ≤ place < hi`` of a segment."""
    most = 0
    for place in range(lo, hi):
        most = max(most, begins[place + 1] - begins[place])
    heap = np.empty(most, np.int64)
    room, filled = np.zeros(17, np.int64), np.zeros(16, np.int64)
    for place in range(lo, hi):
        a, b = begins[place], begins[place + 1]
        seated = False
        least = NEVER
        room[:] = 0
        for v in range(a, b):
            room[v_kind[v] + 1] += 1
            least = min(least, needed[v_kind[v]])
            seated = seated or reach[v_setting[v]] >= 0
        for kind in range(16):
            room[kind + 1] += room[kind]
        k = slot[place]
        code = u32(table[t, GROUP_PLACE], group_at(table, t, k))
        while k < table[t, GROUPS]:
            group = group_at(table, t, k)
            if u32(table[t, GROUP_PLACE], group) != code:
                break
            k += 1
            their = u8(table[t, GROUP_SETTING], group)
            filled[:] = 0
            coming = a
            for position in range(u32(table[t, GROUP_START], group), u32(table[t, GROUP_START], group + 1)):
                person = person_at(table, t, position)
                if excluded[person]:
                    continue
                start = start_at(table, t, position)
                if start > best_start[person]:
                    continue
                end = start + length_at(table, t, position)
                if seated or b - a <= few:
                    seat = i32(table[t, SEAT], position) if table[t, SEAT] else -1
                    for v in range(a, b):
                        begin = max(start, v_start[v])
                        if begin >= end or begin > best_start[person]:
                            break  # v's come in the order of their start
                        length = min(end, v_end[v]) - begin
                        if length <= 0 or length < needed[v_kind[v]]:
                            continue
                        own = v_setting[v]
                        if together(reach[own], asks[own], crew[own], their == own, v_seat[v], seat):
                            _better(best_start, best_via, best_kind, person, begin, v_who[v], v_kind[v])
                    continue
                while coming < b and v_start[coming] <= start:
                    kind = v_kind[coming]
                    _push(heap, room[kind], filled[kind], coming, v_who)
                    filled[kind] += 1
                    coming += 1
                found = False
                for kind in range(16):
                    if room[kind] == room[kind + 1]:
                        continue
                    stay = max(needed[kind], 1)
                    if end - start < stay:
                        continue
                    # Who leaves too early for this row does so for every later one.
                    while filled[kind] and v_end[heap[room[kind]]] < start + stay:
                        filled[kind] -= 1
                        _pop(heap, room[kind], filled[kind], v_who)
                    if filled[kind]:
                        found = True
                        _better(best_start, best_via, best_kind, person, start, v_who[heap[room[kind]]], kind)
                if found:
                    continue
                next_one = coming
                while next_one < b:
                    begin = v_start[next_one]
                    left = end - begin
                    if left <= 0 or left < least or begin > best_start[person]:
                        break
                    if left >= needed[v_kind[next_one]]:
                        _better(best_start, best_via, best_kind, person, begin, v_who[next_one], v_kind[next_one])
                    next_one += 1


@compiled
def _push(heap: Ints, base: int, filled: int, entry: int, who: npt.NDArray[np.int32]) -> None:
    at = filled
    while at > 0:
        above = (at - 1) >> 1
        if who[heap[base + above]] <= who[entry]:
            break
        heap[base + at] = heap[base + above]
        at = above
    heap[base + at] = entry


@compiled
def _pop(heap: Ints, base: int, left: int, who: npt.NDArray[np.int32]) -> None:
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


def _minutes(
    table: Table, via: Via, person: Ints, won: Ints, kind: Ints, rules: Rules, threads: Executor, shares: int
) -> Found:
    micro, count = np.zeros(person.size, np.int64), np.zeros(person.size, np.int64)
    first, last = np.full(person.size, NEVER), np.full(person.size, np.iinfo(np.int64).min)
    whole = np.zeros(person.size, np.uint8)
    # Only those v's that won, numbered anew in their order.
    winners, number = np.unique(won, return_inverse=True)
    theirs = Via(*(column[winners] for column in via))
    bounds = np.linspace(0, person.size, shares + 1).astype(np.int64)
    nobody, never = np.empty(0, np.uint8), np.empty(0, np.int64)
    for t, parts in _near_by_person(table, theirs, rules, nobody, never, threads, shares, shortest=False):
        ranges = list(threads.map(lambda rows, t=t: _ranges(table, t, rows.place, rows.group), parts))
        low, high = (np.concatenate(ends) for ends in zip(*ranges, strict=True))
        who = np.concatenate([rows.who for rows in parts])
        order = _ordered(who.astype(np.int64), low, nearly=True)
        order = order[low[order] < high[order]]
        begins = np.searchsorted(who[order], np.arange(winners.size + 1))
        packed = (low[order], high[order], *_taken(parts, order)[1:])

        def add(share: int, t: int = t, begins: Ints = begins, packed: Any = packed) -> None:
            ours: tuple[Any, ...] = (*packed, person, number, kind, *rules[2:], micro, count, first, last, whole)
            given: tuple[Any, ...] = (table, t, begins, *ours, bounds[share], bounds[share + 1])
            _add(*given)

        list(threads.map(add, range(shares)))
    return Found(person, won, kind, micro, count, first, last, whole)


@compiled
def _ranges(table: Table, t: int, place: npt.NDArray[np.uint32], known: npt.NDArray[np.uint32]) -> tuple[Ints, Ints]:
    """Rows of a segment that lie in each place: its groups are neighbours."""
    low, high = np.zeros(place.size, np.int64), np.zeros(place.size, np.int64)
    for n in range(place.size):
        k = first_group_at(table, t, place[n], known[n])
        if k < 0:
            continue
        group = group_at(table, t, k)
        low[n] = u32(table[t, GROUP_START], group)
        while k < table[t, GROUPS] and u32(table[t, GROUP_PLACE], group_at(table, t, k)) == place[n]:
            high[n] = u32(table[t, GROUP_START], group_at(table, t, k) + 1)
            k += 1
    return low, high


@compiled
def _add(
    table: Table,
    t: int,
    begins: Ints,
    low: Ints,
    high: Ints,
    v_kind: npt.NDArray[np.uint8],
    v_setting: npt.NDArray[np.uint8],
    v_start: Ints,
    v_end: Ints,
    v_seat: npt.NDArray[np.int32],
    person: Ints,
    number: Ints,
    kind: Ints,
    reach: Ints,
    asks: Ints,
    crew: Ints,
    micro: Ints,
    count: Ints,
    first: Ints,
    last: Ints,
    whole: npt.NDArray[np.uint8],
    lo: int,
    hi: int,
) -> None:
    """Add the overlaps of persons ``lo ≤ n < hi`` with their v in a segment."""
    for n in range(lo, hi):
        a, b = begins[number[n]], begins[number[n] + 1]
        if a == b:
            continue
        slot = person_slot(table, t, person[n])
        if slot < 0:
            continue
        v = a
        for k in range(u32(table[t, PERSON_START], slot), u32(table[t, PERSON_START], slot + 1)):
            position = position_at(table, t, k)  # ascending, as the places of v's presences are
            while v < b and high[v] <= position:
                v += 1
            w = v
            while w < b and low[w] <= position:
                if v_kind[w] == kind[n]:
                    start = start_at(table, t, position)
                    begin = max(start, v_start[w])
                    finish = min(start + length_at(table, t, position), v_end[w])
                    seat = i32(table[t, SEAT], position) if table[t, SEAT] else -1
                    own = v_setting[w]
                    # Only seats of one kind of vehicle are compared; the other's group says its kind.
                    alike = asks[own] and u8(table[t, GROUP_SETTING], group_of(table, t, position)) == own
                    near = together(reach[own], asks[own], crew[own], alike, v_seat[w], seat)
                    if begin < finish and near:
                        micro[n] += finish - begin
                        count[n] += 1
                        first[n], last[n] = min(first[n], begin), max(last[n], finish)
                        if near == 2:
                            whole[n] = 1
                w += 1
