"""How compiled code reads the segments of a snapshot: a table of addresses, one row a segment.

A query goes over all segments in one call, and their number changes with every day. So the arrays are not arguments:
the table holds where each begins. The caller keeps the segments alive while the table is in use.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

from lianfang.presences.core.index.segment import LONG, NEAR, Segment

Table = npt.NDArray[np.int64]

(
    ROWS, WIDE, BASE, TICK, SINCE, UNTIL,
    PERSON, START, LENGTH, LONGS, LONG_POSITION, LONG_LENGTH,
    GROUPS, GROUP_START, GROUP_SETTING, GROUP_PLACE, GROUP_ORDER,
    PERSONS, PERSON_CODE, PERSON_START, BY_PERSON, LONGEST, SEAT, SHORT_PERSON, SHORT_POSITION, GROUP_NEAR,
    BLOCK_UNTIL, SHORT_BLOCK, WIDTH,
) = range(29)  # fmt: skip
"""Columns of the table; an address of 0 says that the array is empty."""

NO_GROUP = 0xFFFFFFFF
"""A group that is not known."""


def table_of(segments: Sequence[Segment]) -> Table:
    """Return the table of segments, in their order; shape (segments, `WIDTH`)."""
    table = np.zeros((len(segments), WIDTH), dtype=np.int64)
    for row, one in zip(table, segments, strict=True):
        row[[ROWS, WIDE, BASE, TICK, SINCE, UNTIL]] = one.rows, one.tick == 1, one.base, one.tick, one.since, one.until
        row[[SHORT_PERSON, SHORT_POSITION]] = one.person.dtype == np.uint8, one.by_person.dtype == np.uint8
        row[SHORT_BLOCK] = one.block_until.dtype == np.uint32
        row[[LONGS, GROUPS, PERSONS]] = one.long_position.size, one.group_place.size, one.persons
        arrays: tuple[tuple[int, npt.NDArray[Any]], ...] = (
            (PERSON, one.person),
            (START, one.start),
            (LENGTH, one.length),
            (LONG_POSITION, one.long_position),
            (LONG_LENGTH, one.long_length),
            (GROUP_START, one.group_start),
            (GROUP_NEAR, one.group_near),
            (BLOCK_UNTIL, one.block_until),
            (GROUP_SETTING, one.group_setting),
            (GROUP_PLACE, one.group_place),
            (GROUP_ORDER, one.group_order),
            (PERSON_CODE, one.person_code),
            (PERSON_START, one.person_start),
            (BY_PERSON, one.by_person),
            (LONGEST, one.longest),
            (SEAT, one.seat),
        )
        for column, array in arrays:
            row[column] = array.ctypes.data if array.size else 0
    return table


def _reader(kind: Any) -> Callable[[Any, Any], int]:
    """Make a function of compiled code: the number at an index of the array at an address, as int64."""

    @intrinsic
    def read(typing: Any, address: Any, index: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            own = context.get_value_type(kind)
            place = builder.gep(builder.inttoptr(args[0], own.as_pointer()), [args[1]], source_etype=own)
            value = builder.load(place, typ=own)
            return context.cast(builder, value, kind, types.int64)

        return types.int64(types.int64, types.int64), build

    reader: Any = read
    return reader  # type: ignore[no-any-return]


def _reader_of_three() -> Callable[[Any, Any], int]:
    """Make the same for numbers of three bytes: a byte more is read and left out."""

    @intrinsic
    def read(typing: Any, address: Any, index: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            four, byte = context.get_value_type(types.uint32), context.get_value_type(types.uint8)
            offset = builder.mul(args[1], args[1].type(3))
            place = builder.gep(builder.inttoptr(args[0], byte.as_pointer()), [offset], source_etype=byte)
            value = builder.load(builder.bitcast(place, four.as_pointer()), typ=four, align=1)
            return context.cast(builder, builder.and_(value, four(0xFFFFFF)), types.uint32, types.int64)

        return types.int64(types.int64, types.int64), build

    reader: Any = read
    return reader  # type: ignore[no-any-return]


u8 = _reader(types.uint8)
u16 = _reader(types.uint16)
u24 = _reader_of_three()
u32 = _reader(types.uint32)
i32 = _reader(types.int32)
i64 = _reader(types.int64)

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function, once a machine, to run without Python's lock: threads work side by side."""
    fast: Any = njit(cache=True, nogil=True)(function)
    return fast  # type: ignore[no-any-return]


@compiled
def start_at(table: Table, t: int, position: int) -> int:
    """Start of a row, microseconds since 1970."""
    if table[t, WIDE]:
        return int(table[t, BASE]) + i64(table[t, START], position)
    return int(table[t, BASE]) + u32(table[t, START], position) * 1_000_000


@compiled
def length_at(table: Table, t: int, position: int) -> int:
    """Length of a row in microseconds."""
    if table[t, WIDE]:
        return i64(table[t, LENGTH], position)
    ticks = u16(table[t, LENGTH], position)
    if ticks == LONG:
        low, high = 0, table[t, LONGS]
        while low < high:
            middle = (low + high) >> 1
            if u32(table[t, LONG_POSITION], middle) < position:
                low = middle + 1
            else:
                high = middle
        ticks = i64(table[t, LONG_LENGTH], low)
    return ticks * 1_000_000


@compiled
def block_until(table: Table, t: int, block: int) -> int:
    """The latest end among the rows of a block, microseconds since 1970."""
    ticks = u32(table[t, BLOCK_UNTIL], block) if table[t, SHORT_BLOCK] else i64(table[t, BLOCK_UNTIL], block)
    return int(table[t, BASE]) + ticks * int(table[t, TICK])


@compiled
def person_at(table: Table, t: int, position: int) -> int:
    """Code of the person of a row."""
    if table[t, SHORT_PERSON]:
        return u24(table[t, PERSON], position)
    return u32(table[t, PERSON], position)


@compiled
def position_at(table: Table, t: int, k: int) -> int:
    """Position of an entry of the order by person."""
    if table[t, SHORT_POSITION]:
        return u24(table[t, BY_PERSON], k)
    return u32(table[t, BY_PERSON], k)


@compiled
def person_slot(table: Table, t: int, code: int) -> int:
    """Where a person's entries are; -1 where the person has no row."""
    if table[t, PERSON_CODE] == 0:
        return code if 0 <= code < table[t, PERSONS] else -1
    low, high = 0, table[t, PERSONS]
    while low < high:
        middle = (low + high) >> 1
        if u32(table[t, PERSON_CODE], middle) < code:
            low = middle + 1
        else:
            high = middle
    if low < table[t, PERSONS] and u32(table[t, PERSON_CODE], low) == code:
        return low
    return -1


@compiled
def group_at(table: Table, t: int, k: int) -> int:
    """The k-th group by the code of its place."""
    return k if table[t, GROUP_ORDER] == 0 else u32(table[t, GROUP_ORDER], k)


@compiled
def first_group(table: Table, t: int, place: int) -> int:
    """Where the groups of a place begin, for `group_at`; -1 where nobody was in it."""
    low, high = 0, table[t, GROUPS]
    while low < high:
        middle = (low + high) >> 1
        if u32(table[t, GROUP_PLACE], group_at(table, t, middle)) < place:
            low = middle + 1
        else:
            high = middle
    if low < table[t, GROUPS] and u32(table[t, GROUP_PLACE], group_at(table, t, low)) == place:
        return low
    return -1


@compiled
def first_group_at(table: Table, t: int, place: int, group: int) -> int:
    """`first_group`, where one of the groups is known (`NO_GROUP`: none is): those of a place are neighbours."""
    if group == NO_GROUP or table[t, GROUP_ORDER]:
        return first_group(table, t, place)
    while group > 0 and u32(table[t, GROUP_PLACE], group - 1) == place:
        group -= 1
    return group


@compiled
def group_of(table: Table, t: int, position: int) -> int:
    """The group that holds a row."""
    block = position // NEAR
    low, high = u32(table[t, GROUP_NEAR], block), u32(table[t, GROUP_NEAR], block + 1)
    while low < high:
        middle = (low + high) >> 1
        if u32(table[t, GROUP_START], middle + 1) <= position:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def first_after(table: Table, t: int, low: int, high: int, moment: int) -> int:
    """The first row of ``low ≤ row < high``, rows of one group, that starts after a moment."""
    while low < high:
        middle = (low + high) >> 1
        if start_at(table, t, middle) <= moment:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def grown(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Twice as long, with the same beginning."""
    longer = np.empty(array.size * 2, array.dtype)
    longer[: array.size] = array
    return longer


@compiled
def rows_of(
    table: Table,
    segments: npt.NDArray[np.int64],
    persons: npt.NDArray[np.int64],
    since: npt.NDArray[np.int64],
    until: npt.NDArray[np.int64],
) -> tuple[Any, Any, Any, Any, Any, Any, Any, Any]:
    """Read the presences of persons, each cut to the person's time.

    Parameters
    ----------
    table : int64 array
    segments : int64 array
        Rows of the table to look in.
    persons, since, until : int64 arrays, shape (m,)
        Codes (below 0: unknown), and ``since ≤ t < until``.

    Returns
    -------
    who, segment, group, place, setting, start, end, seat : arrays
        One row a presence; `who` counts persons and ascends; the group lies in the segment.
    """
    # Room for all that there may be, so that no array has to be replaced by a longer one: that would have compiled
    # code count references at every step. What is not filled takes no memory.
    size = 0
    for i in range(persons.size):
        for t in segments:
            if persons[i] >= 0 and table[t, SINCE] < until[i] and table[t, UNTIL] > since[i]:
                slot = person_slot(table, t, persons[i])
                if slot >= 0:
                    size += u32(table[t, PERSON_START], slot + 1) - u32(table[t, PERSON_START], slot)
    who, segment = np.empty(size, np.int32), np.empty(size, np.int32)
    group, place = np.empty(size, np.uint32), np.empty(size, np.uint32)
    setting, seat = np.empty(size, np.uint8), np.empty(size, np.int32)
    start, end = np.empty(size, np.int64), np.empty(size, np.int64)
    n = 0
    for i in range(persons.size):
        if persons[i] < 0 or since[i] >= until[i]:
            continue
        for t in segments:
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
                own = group_of(table, t, position)
                who[n], segment[n], group[n] = i, t, own
                place[n], setting[n] = u32(table[t, GROUP_PLACE], own), u8(table[t, GROUP_SETTING], own)
                start[n], end[n] = begin, finish
                seat[n] = i32(table[t, SEAT], position) if table[t, SEAT] else -1
                n += 1
    return who[:n], segment[:n], group[:n], place[:n], setting[:n], start[:n], end[:n], seat[:n]
