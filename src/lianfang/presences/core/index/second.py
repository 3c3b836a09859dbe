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

from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from lianfang.presences.core.index.first import Ints, Rules, together
from lianfang.presences.core.index.heap import pop, push
from lianfang.presences.core.index.layout import (
    GROUP_PLACE,
    GROUP_SETTING,
    GROUP_START,
    GROUPS,
    SEAT,
    SINCE,
    Table,
    compiled,
    first_group_at,
    group_at,
    i32,
    length_at,
    person_at,
    start_at,
    u8,
    u32,
)
from lianfang.presences.core.index.minutes import Found, minutes_of
from lianfang.presences.core.index.near import NEVER, Rows, Stays, Via, near_by_person, near_by_place, ordered, taken

FEW = 8
"""So many presences of v's in a place are compared one by one; a heap would cost more."""


MANY = 8
"""Where more than one person in so many is a v, their presences are read place by place."""


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
    Memory: 13 bytes a person and thread, and the presences of v's of the segments whose times overlap: of two or three
    days. One presence that lasts for weeks, or whose end is mistyped so, joins as many segments.
    """
    persons = excluded.size
    bests = [
        (np.full(persons, NEVER), np.full(persons, -1, np.int32), np.zeros(persons, np.uint8)) for _ in range(shares)
    ]
    # Where many are v's, their presences are read place by place, in order, and only where somebody is still sought.
    by_place = via.person.size * many > persons
    if by_place:
        near = near_by_place(table, via, rules, threads, shares, excluded=excluded, best_start=bests[0][0])
    else:
        near = near_by_person(table, via, rules, threads, shares)
    for t, parts in near:
        slot, begins, stays = _by_place(table, t, parts, threads, nearly=by_place)
        if not slot.size:
            continue

        def sweep(share: int, t: int = t, slot: Ints = slot, begins: Ints = begins, stays: Stays = stays) -> None:
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
    return minutes_of(table, via, person, won, kind, rules, threads, shares)


def _by_place(table: Table, t: int, parts: list[Rows], threads: Executor, *, nearly: bool) -> tuple[Ints, Ints, Stays]:
    """Order presences by their place in a segment and by start; drop those whose place nobody of the segment was in."""
    slot = np.concatenate(list(threads.map(lambda rows: _slots_of(table, t, rows.place, rows.group), parts)))
    # Starts before the segment's own are all alike to its rows: they are there already.
    start = np.maximum(np.concatenate([rows.start for rows in parts]) - table[t, SINCE], 0)
    order = ordered(slot, start, nearly=nearly)
    slot = slot[order]
    there = np.searchsorted(slot, 0)
    slot, order = slot[there:], order[there:]
    first = np.flatnonzero(np.concatenate(([True], slot[1:] != slot[:-1]))) if slot.size else np.empty(0, np.int64)
    return slot[first], np.append(first, slot.size), taken(parts, order)


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
                    push(heap, room[kind], filled[kind], coming, v_who)
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
                        pop(heap, room[kind], filled[kind], v_who)
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
