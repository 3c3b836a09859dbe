"""The first degree from the index: whom each case met."""

from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lianfang.presences.core.index.layout import (
    GROUP_PLACE,
    GROUP_SETTING,
    GROUP_START,
    GROUPS,
    LONGEST,
    NO_GROUP,
    SEAT,
    SINCE,
    UNTIL,
    Table,
    block_until,
    compiled,
    first_after,
    first_group_at,
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
from lianfang.presences.core.index.segment import BLOCK

Ints = npt.NDArray[np.int64]
CASES_AT_ONCE = 16
"""Cases that one thread takes at a time, at most."""

_KEY, _MICRO, _COUNT, _FIRST, _LAST, _WHOLE, _SLOT, _COLUMNS = range(8)
"""Columns of the sums of a case; one row fills one line of the cache. The key is the person's code and the kind's."""


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

    case: npt.NDArray[np.int32]
    person: npt.NDArray[np.uint32]
    kind: npt.NDArray[np.uint8]
    microseconds: Ints
    encounters: Ints
    first: Ints
    last: Ints
    whole: npt.NDArray[np.uint8]


def first_degree(
    table: Table,
    persons: Ints,
    since: Ints,
    until: Ints,
    rules: Rules,
    *,
    threads: Executor | None = None,
    shares: int = 1,
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
    shares : int
        How many threads work side by side.

    Returns
    -------
    Met
        By case; within one by microseconds, the most first, then by the codes of person and kind.

    Notes
    -----
    Work grows with the presences of the cases and of those who were in the same place at the same time.
    """
    every = np.arange(table.shape[0])
    # Few cases: one part a thread, for each part costs a turn at Python's lock.
    at_once = min(CASES_AT_ONCE, max(-(-persons.size // shares), 1))
    spans = [(lo, min(lo + at_once, persons.size)) for lo in range(0, max(persons.size, 1), at_once)]

    def part(span: tuple[int, int]) -> Any:
        lo, hi = span
        own = persons[lo:hi]
        who, *rows = rows_of(table, every, own, since[lo:hi], until[lo:hi])
        given: tuple[Any, ...] = (table, np.searchsorted(who, np.arange(own.size + 1)), own, *rows, *rules)
        found = Met(*_meetings(*given))
        order = _order(found)
        found.case[:] += lo
        return [column[order] for column in found]

    parts = list(threads.map(part, spans) if threads and len(spans) > 1 else map(part, spans))
    if len(parts) == 1:
        return Met(*parts[0])
    whole: list[Any] = []
    while parts[0]:  # column by column, each gone from the parts before the next is made
        whole.append(np.concatenate([one.pop(0) for one in parts]))
    return Met(*whole)


def fetch(
    table: Table, persons: Ints, since: Ints, until: Ints, rules: Rules, *, threads: Executor, at_once: int = 4
) -> None:
    """Touch what `first_degree` is going to read, many rows side by side: a disk answers many requests at a time.

    Worth it where few cases meet an index that is not in memory: one page after the other, nearly all is waiting.
    """

    def own_rows(t: int) -> None:
        rows_of(table, np.array([t]), persons, since, until)

    list(threads.map(own_rows, range(table.shape[0])))
    _, *rows = rows_of(table, np.arange(table.shape[0]), persons, since, until)

    def meetings(lo: int) -> None:
        some = [column[lo : lo + at_once] for column in rows]
        given: tuple[Any, ...] = (table, np.array([0, some[0].size]), np.array([-1]), *some, *rules)
        _meetings(*given)

    list(threads.map(meetings, range(0, rows[0].size, at_once)))


def _order(met: Met) -> Ints:
    """By case; then the most microseconds first; then by person and kind."""
    size = met.case.size
    if size < 2:
        return np.arange(size)
    bits = size.bit_length()
    case = met.case.astype(np.int64)
    less = met.microseconds.max() - met.microseconds
    person_bits, time_bits = int(met.person.max()).bit_length() + 4, int(less.max()).bit_length()
    if int(case.max()).bit_length() + max(person_bits, time_bits) + bits > 63:
        return np.lexsort((met.kind, met.person, less, case))
    # Twice plain numbers, each row's place in their last bits: sorting numbers is far faster than sorting by them.
    rest, rows = (1 << bits) - 1, np.arange(size)
    key = (case << person_bits) | (met.person.astype(np.int64) << 4) | met.kind
    by_person = np.sort((key << bits) | rows) & rest
    key = (case << time_bits) | less
    order: Ints = by_person[np.sort((key[by_person] << bits) | rows) & rest]
    return order


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
    segment: npt.NDArray[np.int32],
    group: npt.NDArray[np.uint32],
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
) -> tuple[Any, Any, Any, Any, Any, Any, Any, Any]:
    """Sum the meetings of cases, one case after the other, in a small hash table."""
    room, out, size = 1024, 0, 1024
    slots, sums, entries = (
        np.full(4 * room, -1, np.int32),
        np.empty((room, _COLUMNS), np.int64),
        np.empty(room, np.int64),
    )
    o_case, o_person, o_kind = np.empty(size, np.int32), np.empty(size, np.uint32), np.empty(size, np.uint8)
    o_micro, o_count, o_whole = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.uint8)
    o_first, o_last = np.empty(size, np.int64), np.empty(size, np.int64)
    cursor = np.empty(2, np.int64)
    for case in range(own.size):
        n = 0
        for r in range(begins[case], begins[case + 1]):
            if needed[kind_of[setting[r]]] < 0:
                continue
            mine = setting[r]
            for t in range(table.shape[0]):
                if table[t, SINCE] >= end[r] or table[t, UNTIL] <= start[r]:
                    continue
                k = first_group_at(table, t, place[r], group[r] if segment[r] == t else NO_GROUP)
                while 0 <= k < table[t, GROUPS]:
                    g = group_at(table, t, k)
                    if u32(table[t, GROUP_PLACE], g) != place[r]:
                        break
                    k += 1
                    after = u32(table[t, GROUP_START], g + 1)
                    their = u8(table[t, GROUP_SETTING], g)
                    longest = i64(table[t, LONGEST], their)
                    cursor[0] = first_after(table, t, u32(table[t, GROUP_START], g), after, start[r] - longest)
                    cursor[1] = n
                    while not _walk(
                        table, t, after, own[case], kind_of[mine], start[r], end[r], seat[r], their == mine,
                        reach[mine], asks[mine], crew[mine], slots, sums, cursor,
                    ):  # fmt: skip
                        room *= 2
                        sums, entries = _longer(sums), np.empty(room, np.int64)
                        slots = np.full(4 * room, -1, np.int32)
                        for old in range(room // 2):
                            slot = _slot(slots, sums, sums[old, _KEY])
                            sums[old, _SLOT], slots[slot] = slot, old
                    n = cursor[1]
        kept = _long_enough(sums, n, slots, needed, entries)
        while out + kept > size:
            o_case, o_person, o_kind = grown(o_case), grown(o_person), grown(o_kind)
            o_micro, o_count, o_whole = grown(o_micro), grown(o_count), grown(o_whole)
            o_first, o_last = grown(o_first), grown(o_last)
            size *= 2
        for one in range(kept):
            entry = entries[one]
            key = sums[entry, _KEY]
            o_case[out], o_person[out], o_kind[out] = case, key >> 4, key & 15
            o_micro[out], o_count[out], o_whole[out] = sums[entry, _MICRO], sums[entry, _COUNT], sums[entry, _WHOLE]
            o_first[out], o_last[out] = sums[entry, _FIRST], sums[entry, _LAST]
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
def _walk(
    table: Table,
    t: int,
    after: int,
    own: int,
    kind: int,
    since: int,
    until: int,
    seat: int,
    alike: bool,
    reach: int,
    asks: int,
    crew: int,
    slots: npt.NDArray[np.int32],
    sums: Ints,
    cursor: Ints,
) -> bool:
    """Add up who else was in a group of a place during ``since ≤ t < until``; False where `sums` has no room left.

    `cursor` holds the row to go on from and the number of sums. The arrays stay what they are in here: a loop in which
    one could be replaced by a longer one counts references at every step, which costs more than the work.
    """
    position, n = cursor[0], cursor[1]
    checked = -1
    while position < after:
        block = position // BLOCK
        if block != checked:
            if block_until(table, t, block) <= since:  # they all had left
                position = (block + 1) * BLOCK
                continue
            checked = block
        begin = start_at(table, t, position)
        if begin >= until:
            break
        finish = min(begin + length_at(table, t, position), until)
        begin = max(begin, since)
        person = person_at(table, t, position)
        if begin >= finish or person == own:
            position += 1
            continue
        near = 1
        if asks:
            near = together(reach, asks, crew, alike, seat, i32(table[t, SEAT], position) if table[t, SEAT] else -1)
            if not near:
                position += 1
                continue
        key = (person << 4) | kind
        slot = _slot(slots, sums, key)
        entry = slots[slot]
        if entry < 0:
            if n == sums.shape[0]:
                cursor[0], cursor[1] = position, n
                return False
            entry = n
            n += 1
            slots[slot] = entry
            sums[entry, _KEY], sums[entry, _SLOT] = key, slot
            sums[entry, _MICRO], sums[entry, _COUNT], sums[entry, _WHOLE] = 0, 0, 0
            sums[entry, _FIRST], sums[entry, _LAST] = begin, finish
        sums[entry, _MICRO] += finish - begin
        sums[entry, _COUNT] += 1
        sums[entry, _FIRST] = min(sums[entry, _FIRST], begin)
        sums[entry, _LAST] = max(sums[entry, _LAST], finish)
        if near == 2:
            sums[entry, _WHOLE] = 1
        position += 1
    cursor[0], cursor[1] = position, n
    return True


@compiled
def _slot(slots: npt.NDArray[np.int32], sums: Ints, key: int) -> int:
    """Where a key stands in an open hash table, or would stand; the table is never full."""
    mask = slots.size - 1
    mixed = (key ^ (key >> 15)) * 0x2C1B3C6D
    slot = (mixed ^ (mixed >> 12)) & mask
    while slots[slot] >= 0 and sums[slots[slot], _KEY] != key:
        slot = (slot + 1) & mask
    return slot


@compiled
def _long_enough(sums: Ints, n: int, slots: npt.NDArray[np.int32], needed: Ints, entries: Ints) -> int:
    """Empty the hash table, write down which of `n` sums count, and return how many do."""
    kept = 0
    for entry in range(n):
        slots[sums[entry, _SLOT]] = -1
        if sums[entry, _MICRO] >= needed[sums[entry, _KEY] & 15]:
            entries[kept] = entry
            kept += 1
    return kept


@compiled
def _longer(rows: Ints) -> Ints:
    """Twice as many rows, with the same beginning."""
    longer = np.empty((rows.shape[0] * 2, rows.shape[1]), rows.dtype)
    longer[: rows.shape[0]] = rows
    return longer
