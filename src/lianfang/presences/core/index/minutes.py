"""The second part of the second degree: how long those who were found were with the v that won.

For each of them all overlaps of the two in the place kind that won, by walking both people's rows side by side.
"""

from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lianfang.presences.core.index.first import Ints, Rules, together
from lianfang.presences.core.index.layout import (
    GROUP_PLACE,
    GROUP_SETTING,
    GROUP_START,
    GROUPS,
    PERSON_START,
    SEAT,
    Table,
    compiled,
    first_group_at,
    group_at,
    group_of,
    i32,
    length_at,
    person_slot,
    position_at,
    start_at,
    u8,
    u32,
)
from lianfang.presences.core.index.near import NEVER, Via, near_by_person, ordered, taken


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


def minutes_of(
    table: Table, via: Via, person: Ints, won: Ints, kind: Ints, rules: Rules, threads: Executor, shares: int
) -> Found:
    """Sum the overlaps of each person with the v that won, in the place kind that won.

    Parameters
    ----------
    table : int64 array
    via : Via
    person, won, kind : int64 arrays of one length
        Codes of the persons, ascending; the entry of `via`; the place kind.
    rules : Rules
    threads : Executor
    shares : int
        How many threads work side by side.
    """
    micro, count = np.zeros(person.size, np.int64), np.zeros(person.size, np.int64)
    first, last = np.full(person.size, NEVER), np.full(person.size, np.iinfo(np.int64).min)
    whole = np.zeros(person.size, np.uint8)
    # Only those v's that won, numbered anew in their order.
    winners, number = np.unique(won, return_inverse=True)
    theirs = Via(*(column[winners] for column in via))
    bounds = np.linspace(0, person.size, shares + 1).astype(np.int64)
    for t, parts in near_by_person(table, theirs, rules, threads, shares, shortest=False):
        ranges = list(threads.map(lambda rows, t=t: _ranges(table, t, rows.place, rows.group), parts))
        low, high = (np.concatenate(ends) for ends in zip(*ranges, strict=True))
        who = np.concatenate([rows.who for rows in parts])
        order = ordered(who.astype(np.int64), low, nearly=True)
        order = order[low[order] < high[order]]
        begins = np.searchsorted(who[order], np.arange(winners.size + 1))
        packed = (low[order], high[order], *taken(parts, order)[1:])

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
