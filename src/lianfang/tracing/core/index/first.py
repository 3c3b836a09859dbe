"""The first degree from the index: whom each case met."""

from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lianfang.tracing.core.index.layout import (
    GROUP_PLACE,
    GROUP_SETTING,
    GROUP_START,
    GROUPS,
    LONGEST,
    SEAT,
    SINCE,
    UNTIL,
    Table,
    block_until,
    compiled,
    first_after,
    first_group,
    group_at,
    grown,
    i32,
    i64,
    length_at,
    person_at,
    rows_of,
    start_at,
    u8,
    u32,
)
from lianfang.tracing.core.index.segment import BLOCK

Ints = npt.NDArray[np.int64]
CASES_AT_ONCE = 16
"""Cases that one thread takes at a time."""


class Rules(NamedTuple):
    """What counts as a meeting.

    Attributes
    ----------
    kind_of : int64 array, shape (16,)
        The place kind of each setting.
    needed : int64 array
        Microseconds that a place kind asks for; below 0: it does not count.
    reach : int64 array, shape (16,)
        By setting: how many rows or bays apart two seats may be; below 0: seats keep nobody apart.
    asks : int64 array, shape (16,)
        By setting: whether it matters that a seat is not known.
    crew : int64 array, shape (16,)
        By setting: whether the crew counts wherever it sits.
    """

    kind_of: Ints
    needed: Ints
    reach: Ints
    asks: Ints
    crew: Ints


class Met(NamedTuple):
    """Meetings, summed by case, person and place kind; arrays of one length.

    `whole` says whether some of it counts only because a seat was not known.
    """

    case: Ints
    person: Ints
    kind: Ints
    microseconds: Ints
    encounters: Ints
    first: Ints
    last: Ints
    whole: npt.NDArray[np.uint8]


def first_degree(
    table: Table, persons: Ints, since: Ints, until: Ints, rules: Rules, *, threads: Executor | None = None
) -> Met:
    """Find whom cases met long enough.

    Parameters
    ----------
    table : int64 array
        From `layout.table_of`.
    persons, since, until : int64 arrays, shape (m,)
        Code of each case's person (below 0: nowhere) and the infectious window, microseconds since 1970.
    rules : Rules
    threads : Executor, optional
        Shares the cases out.

    Returns
    -------
    Met
        By case, in no further order.

    Notes
    -----
    Work grows with the presences of the cases and of those who were in the same place at the same time.
    """
    every = np.arange(table.shape[0])
    who, *rows = rows_of(table, every, persons, since, until)
    begins = np.searchsorted(who, np.arange(persons.size + 1))
    spans = [(lo, min(lo + CASES_AT_ONCE, persons.size)) for lo in range(0, max(persons.size, 1), CASES_AT_ONCE)]

    def part(span: tuple[int, int]) -> Any:
        given: tuple[Any, ...] = (table, begins, persons, *rows, *rules, *span)
        return _meetings(*given)

    parts = list(threads.map(part, spans) if threads and len(spans) > 1 else map(part, spans))
    if len(parts) == 1:
        return Met(*parts[0])
    return Met(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@compiled
def together(reach: int, asks: int, crew: int, alike: bool, one: int, other: int) -> int:
    """Whether two seats count as together: 0 not, 1 so, 2 only because a seat is not known.

    Seats: -1 is not known, -2 is crew. `alike`: both rows name the same kind of vehicle. See `core.seats.let_through`.
    """
    if not asks:
        return 1
    if alike and (one == -2 or other == -2):
        return 1 if crew else 2
    if reach >= 0 and alike and one >= 0 and other >= 0:
        return 1 if abs(one - other) <= reach else 0
    return 2


@compiled
def _meetings(
    table: Table,
    begins: Ints,
    own: Ints,
    place: npt.NDArray[np.uint32],
    setting: npt.NDArray[np.uint8],
    start: Ints,
    end: Ints,
    seat: npt.NDArray[np.int32],
    kind_of: Ints,
    needed: Ints,
    reach: Ints,
    asks: Ints,
    crew: Ints,
    lo: int,
    hi: int,
) -> tuple[Any, Any, Any, Any, Any, Any, Any, Any]:
    """Sum the meetings of the cases ``lo ≤ case < hi``, one case after the other, in a small hash table."""
    size, out = 256, 0
    o_case, o_person, o_kind = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    o_micro, o_count = np.empty(size, np.int64), np.empty(size, np.int64)
    o_first, o_last, o_whole = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.uint8)
    room = 1024
    slots = np.full(2 * room, -1, np.int32)
    key, at = np.empty(room, np.int64), np.empty(room, np.int64)
    micro, count = np.empty(room, np.int64), np.empty(room, np.int64)
    first, last, whole = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint8)
    for case in range(lo, hi):
        n = 0
        for r in range(begins[case], begins[case + 1]):
            kind = kind_of[setting[r]]
            if needed[kind] < 0:
                continue
            mine = setting[r]
            for t in range(table.shape[0]):
                if table[t, SINCE] >= end[r] or table[t, UNTIL] <= start[r]:
                    continue
                k = first_group(table, t, place[r])
                while 0 <= k < table[t, GROUPS]:
                    group = group_at(table, t, k)
                    if u32(table[t, GROUP_PLACE], group) != place[r]:
                        break
                    k += 1
                    after = u32(table[t, GROUP_START], group + 1)
                    their = u8(table[t, GROUP_SETTING], group)
                    longest = i64(table[t, LONGEST], their)
                    position = first_after(table, t, u32(table[t, GROUP_START], group), after, start[r] - longest)
                    checked = -1
                    while position < after:
                        block = position // BLOCK
                        if block != checked:
                            if block_until(table, t, block) <= start[r]:  # they all had left
                                position = (block + 1) * BLOCK
                                continue
                            checked = block
                        begin = start_at(table, t, position)
                        if begin >= end[r]:
                            break
                        finish = min(begin + length_at(table, t, position), end[r])
                        begin = max(begin, start[r])
                        person = person_at(table, t, position)
                        other = i32(table[t, SEAT], position) if table[t, SEAT] else -1
                        position += 1
                        if begin >= finish or person == own[case]:
                            continue
                        near = together(
                            reach[mine],
                            asks[mine],
                            crew[mine],
                            their == mine,
                            seat[r],
                            other,
                        )
                        if not near:
                            continue
                        wanted = (person << 4) | kind
                        slot = _slot(slots, key, wanted)
                        entry = slots[slot]
                        if entry < 0:
                            if n == room:
                                key, at, micro, count = grown(key), grown(at), grown(micro), grown(count)
                                first, last, whole = grown(first), grown(last), grown(whole)
                                room *= 2
                                slots = np.full(2 * room, -1, np.int32)
                                for old in range(n):
                                    at[old] = _slot(slots, key, key[old])
                                    slots[at[old]] = old
                                slot = _slot(slots, key, wanted)
                            entry = n
                            slots[slot] = entry
                            key[entry], at[entry] = wanted, slot
                            micro[entry], count[entry], whole[entry] = 0, 0, 0
                            first[entry], last[entry] = begin, finish
                            n += 1
                        micro[entry] += finish - begin
                        count[entry] += 1
                        first[entry] = min(first[entry], begin)
                        last[entry] = max(last[entry], finish)
                        if near == 2:
                            whole[entry] = 1
        for entry in range(n):
            slots[at[entry]] = -1
            kind = key[entry] & 15
            if micro[entry] < needed[kind]:
                continue
            if out == size:
                o_case, o_person, o_kind = grown(o_case), grown(o_person), grown(o_kind)
                o_micro, o_count, o_first = grown(o_micro), grown(o_count), grown(o_first)
                o_last, o_whole = grown(o_last), grown(o_whole)
                size *= 2
            o_case[out], o_person[out], o_kind[out] = case, key[entry] >> 4, kind
            o_micro[out], o_count[out], o_whole[out] = micro[entry], count[entry], whole[entry]
            o_first[out], o_last[out] = first[entry], last[entry]
            out += 1
    return (
        o_case[:out],
        o_person[:out],
        o_kind[:out],
        o_micro[:out],
        o_count[:out],
        o_first[:out],
        o_last[:out],
        o_whole[:out],
    )


@compiled
def _slot(slots: npt.NDArray[np.int32], key: Ints, wanted: int) -> int:
    """Where a key stands in an open hash table, or would stand; the table is never full."""
    mask = slots.size - 1
    mixed = (wanted ^ (wanted >> 15)) * 0x2C1B3C6D
    slot = (mixed ^ (mixed >> 12)) & mask
    while slots[slot] >= 0 and key[slots[slot]] != wanted:
        slot = (slot + 1) & mask
    return slot
