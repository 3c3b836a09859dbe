"""The stays that two people shared, one by one: what `first` and the second degree sum up, told apart again."""

from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lianfang.presences.core.index.first import Ints, Rules, together
from lianfang.presences.core.index.layout import (
    GROUP_PLACE,
    GROUP_SETTING,
    PERSON_START,
    SEAT,
    SINCE,
    UNTIL,
    Table,
    compiled,
    group_of,
    grown,
    i32,
    length_at,
    person_slot,
    position_at,
    start_at,
    u8,
    u32,
)


class Pairs(NamedTuple):
    """Who may have met whom; arrays of one length.

    `own` exposes (a case, or a contact for the second degree) within ``since ≤ t < until``, microseconds since 1970;
    `other` was exposed. Codes; below 0: unknown.
    """

    own: Ints
    since: Ints
    until: Ints
    other: Ints


class Shared(NamedTuple):
    """Shared stays; arrays of one length, by pair and place.

    `pair` counts the entries of `Pairs`. `kind` is that of the exposing presence, `start` and `end` those of the
    overlap. `whole` says whether it counts only because a seat was not known. The four last say where the two presences
    lie: segment and row of each.
    """

    pair: Ints
    place: Ints
    kind: Ints
    start: Ints
    end: Ints
    whole: npt.NDArray[np.bool_]
    own_segment: Ints
    own_row: Ints
    other_segment: Ints
    other_row: Ints


def shared_stays(table: Table, pairs: Pairs, rules: Rules) -> Shared:
    """Find every overlap of two people that counts, as `first.first_degree` and `second.second_degree` count them.

    Parameters
    ----------
    table : int64 array
        From `layout.table_of`.
    pairs : Pairs
    rules : Rules
        A place kind whose ``needed`` is below 0 does not count; how long is enough is not asked here.

    Returns
    -------
    Shared

    Notes
    -----
    Work grows with the presences of the two people, whoever else was there: O(n log n) to order them, and the overlaps.
    """
    apart = pairs.own != pairs.other  # nobody meets themselves
    # Copies: compiled code takes an array that cannot be written to for another type, and is compiled once more.
    since, until = np.array(pairs.since, np.int64), np.array(pairs.until, np.int64)
    own = _ordered(table, np.where(apart, pairs.own, -1), since, until)
    other = _ordered(table, np.where(apart, pairs.other, -1), since, until)
    given: tuple[Any, ...] = (*own[:6], *other[:6], *rules)
    one, two, near = _meet(*given)
    pair, place, setting, start, end, _, segment, row = (column[one] for column in own)
    return Shared(
        pair,
        place,
        rules.kind_of[setting],
        np.maximum(start, other[3][two]),
        np.minimum(end, other[4][two]),
        near == 2,
        segment,
        row,
        other[6][two],
        other[7][two],
    )


def touch(table: Table, pairs: Pairs, *, threads: Executor, at_once: int = 4) -> None:
    """Touch what `shared_stays` is going to read, the rows of many people side by side; see `first.fetch`."""

    def rows_of_some(lo: int) -> None:
        some = slice(lo, lo + at_once)
        _presences(table, np.array(pairs.other[some]), np.array(pairs.since[some]), np.array(pairs.until[some]))

    list(threads.map(rows_of_some, range(0, pairs.other.size, at_once)))


def _ordered(table: Table, persons: Ints, since: Ints, until: Ints) -> list[Ints]:
    """Presences of persons, cut: who, place, setting, start, end, seat, segment, row; by who, place and start."""
    columns = list(_presences(table, persons, since, until))
    order = np.lexsort((columns[7], columns[6], columns[3], columns[1], columns[0]))
    return [column[order] for column in columns]


@compiled
def _presences(table: Table, persons: Ints, since: Ints, until: Ints) -> tuple[Any, Any, Any, Any, Any, Any, Any, Any]:
    size = 0
    for i in range(persons.size):
        for t in range(table.shape[0]):
            if persons[i] >= 0 and table[t, SINCE] < until[i] and table[t, UNTIL] > since[i]:
                slot = person_slot(table, t, persons[i])
                if slot >= 0:
                    size += u32(table[t, PERSON_START], slot + 1) - u32(table[t, PERSON_START], slot)
    who, place, setting = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    start, end, seat = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    segment, row = np.empty(size, np.int64), np.empty(size, np.int64)
    n = 0
    for i in range(persons.size):
        if persons[i] < 0:
            continue
        for t in range(table.shape[0]):
            if table[t, SINCE] >= until[i] or table[t, UNTIL] <= since[i]:
                continue
            slot = person_slot(table, t, persons[i])
            if slot < 0:
                continue
            for k in range(u32(table[t, PERSON_START], slot), u32(table[t, PERSON_START], slot + 1)):
                position = position_at(table, t, k)
                begin = start_at(table, t, position)
                finish = min(begin + length_at(table, t, position), until[i])
                begin = max(begin, since[i])
                if begin >= finish:
                    continue
                group = group_of(table, t, position)
                who[n], segment[n], row[n] = i, t, position
                place[n], setting[n] = u32(table[t, GROUP_PLACE], group), u8(table[t, GROUP_SETTING], group)
                start[n], end[n] = begin, finish
                seat[n] = i32(table[t, SEAT], position) if table[t, SEAT] else -1
                n += 1
    return who[:n], place[:n], setting[:n], start[:n], end[:n], seat[:n], segment[:n], row[:n]


@compiled
def _meet(
    who: Ints,
    place: Ints,
    setting: Ints,
    start: Ints,
    end: Ints,
    seat: Ints,
    their_who: Ints,
    their_place: Ints,
    their_setting: Ints,
    their_start: Ints,
    their_end: Ints,
    their_seat: Ints,
    kind_of: Ints,
    needed: Ints,
    reach: Ints,
    asks: Ints,
    crew: Ints,
) -> tuple[Any, Any, Any]:
    """Walk both sides, which are ordered alike, and write down which two presences meet, and how (`first.together`)."""
    one, two, how = np.empty(64, np.int64), np.empty(64, np.int64), np.empty(64, np.int64)
    n, low = 0, 0
    for i in range(who.size):
        while low < their_who.size and (
            their_who[low] < who[i] or (their_who[low] == who[i] and their_place[low] < place[i])
        ):
            low += 1
        mine = setting[i]
        if needed[kind_of[mine]] < 0:
            continue
        j = low
        while j < their_who.size and their_who[j] == who[i] and their_place[j] == place[i]:
            if their_start[j] >= end[i]:
                break
            if their_end[j] > start[i]:
                alike = their_setting[j] == mine
                near = together(reach[mine], asks[mine], crew[mine], alike, seat[i], their_seat[j])
                if near:
                    if n == one.size:
                        one, two, how = grown(one), grown(two), grown(how)
                    one[n], two[n], how[n] = i, j, near
                    n += 1
            j += 1
    return one[:n], two[:n], how[:n]
