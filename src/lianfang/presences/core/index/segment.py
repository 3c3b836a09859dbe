"""The presences of one part of a store (a day, as a rule), laid out in arrays.

Rows lie place by place, within a place by setting (the kind of place), within that by start. So whoever was in a place
at a time lies together, and a case touches only the places that it visited. A second order, by person, holds the
positions of each person's rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lianfang.kernel.vocabulary import PlaceKind, VehicleKind

Codes = npt.NDArray[np.uint32]
Moments = npt.NDArray[np.int64]
Packed = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]

KINDS: tuple[str, ...] = tuple(sorted(PlaceKind.codes()))
"""Place kinds by code. In the order of their text, for ties are decided by it."""

VEHICLES: tuple[str, ...] = tuple(sorted(VehicleKind.codes()))
"""Vehicle kinds; a vehicle whose kind is known is a setting of its own, behind the place kinds."""

SETTINGS: tuple[tuple[str, str | None], ...] = (
    *((kind, None) for kind in KINDS),
    *((PlaceKind.VEHICLE.value, vehicle) for vehicle in VEHICLES),
)
"""Place kind and vehicle kind of each setting, by code; at most 16."""

SECOND = 1_000_000
LONG = 65_535
"""Ticks from which the length of a presence stands in the table of long ones."""

NEAR = 32
"""The group of every so-many-th row is kept, so that the group of any row is found in a step or two."""

BLOCK = 16
"""Rows of which the latest end is kept."""

_START_BITS = 17
_KIND_BITS = 4


@dataclass(frozen=True)
class Segment:
    """Arrays of one part of a store; n rows, g groups (rows of one place and setting), p persons.

    Attributes
    ----------
    base : int
        Microseconds since 1970 that `start` counts from.
    tick : int
        Microseconds of a tick: a second where every time is a whole second, else one.
    since, until : int
        The earliest start and the latest end, microseconds since 1970.
    person : uint8 array, shape (3 n + 1,), or uint32 array, shape (n,)
        Codes of persons, in place order; see `packed`.
    start : uint32 (whole seconds) or int64 array, shape (n,)
        Ticks after `base`.
    length : uint16 (whole seconds) or int64 array, shape (n,)
        Ticks; `LONG` where the length stands in `long_length`.
    long_position : uint32 array, long_length : int64 array
        Positions of the long ones, ascending, and their ticks.
    block_until : uint32 array, or int64 array where a number does not fit
        The latest end among every `BLOCK` rows, ticks after `base`: whoever left before is passed over block by block.
    group_start : uint32 array, shape (g + 1,)
        First row of each group.
    group_near : uint32 array
        The group of every `NEAR`-th row, and behind them the last group.
    group_setting : uint8 array, group_place : uint32 array, shape (g,)
    group_order : uint32 array
        Groups by the code of their place; empty where they lie so already.
    person_code : uint32 array
        Codes of the persons, ascending; empty where every code below p is there.
    person_start : uint32 array, shape (p + 1,)
        First entry of each person in `by_person`.
    by_person : uint8 array, shape (3 n + 1,), or uint32 array, shape (n,)
        Positions of rows, person by person, ascending within one; see `packed`.
    longest : int64 array, shape (16,)
        The longest presence by setting, microseconds.
    seat : int32 array, shape (n,)
        Row or bay of the seat (of a ship: the code of the cabin), -1 where it is not known, -2 for crew; empty where
        no row has a seat.
    """

    base: int
    tick: int
    since: int
    until: int
    person: Packed
    start: npt.NDArray[np.generic]
    length: npt.NDArray[np.generic]
    long_position: Codes
    long_length: Moments
    block_until: npt.NDArray[np.generic]
    group_start: Codes
    group_near: Codes
    group_setting: npt.NDArray[np.uint8]
    group_place: Codes
    group_order: Codes
    person_code: Codes
    person_start: Codes
    by_person: Packed
    longest: Moments
    seat: npt.NDArray[np.int32]

    @property
    def rows(self) -> int:
        """Number of presences."""
        return int(self.start.size)

    @property
    def persons(self) -> int:
        """Number of persons who have a row."""
        return int(self.person_start.size) - 1


def lay_out(
    person: Codes,
    place: Codes,
    place_order: Codes,
    setting: npt.NDArray[np.uint8],
    start: Moments,
    end: Moments,
    seat: npt.NDArray[np.int32] | None = None,
) -> tuple[npt.NDArray[np.int64], Segment]:
    """Lay presences out.

    Parameters
    ----------
    person, place : uint32 arrays, shape (n,)
        Codes; n at least 1.
    place_order : uint32 array, shape (n,)
        Where each row's place stands among all places by its text.
    setting : uint8 array, shape (n,)
        Codes below 16.
    start, end : int64 arrays, shape (n,)
        Microseconds since 1970, ``start < end``.
    seat : int32 array, optional

    Returns
    -------
    order : int64 array, shape (n,)
        The rows as they lie in the segment, by their number in the input.
    segment : Segment

    Notes
    -----
    O(n log n). Whole-second times take 12¼ bytes a row beside the groups and persons, from 16.7 million rows or codes
    on 14; others 22.
    """
    base = int(start.min())
    length = end - start
    compact = not (np.any((start - base) % SECOND) or np.any(length % SECOND) or base % SECOND)
    tick = SECOND if compact else 1
    ticks = (start - base) // tick
    if compact and int(ticks.max()) < 1 << _START_BITS:
        key = (place_order.astype(np.int64) << (_KIND_BITS + _START_BITS)) | (setting.astype(np.int64) << _START_BITS)
        key |= ticks
        order = _sorted_by(key)
    else:
        order = np.lexsort((ticks, setting, place_order))
    person, place, setting = person[order], place[order], setting[order]
    ticks, length = ticks[order], length[order]
    new_group = np.empty(person.size, dtype=bool)
    new_group[0] = True
    new_group[1:] = (place[1:] != place[:-1]) | (setting[1:] != setting[:-1])
    first = np.flatnonzero(new_group)
    by_person, person_code, person_start = _by_person(person)
    longest = np.zeros(16, dtype=np.int64)
    np.maximum.at(longest, setting[first], np.maximum.reduceat(length, first))
    length = length // tick
    block_until = np.maximum.reduceat(ticks + length, np.arange(0, ticks.size, BLOCK))
    is_long = np.flatnonzero(length >= LONG) if compact else np.empty(0, dtype=np.int64)
    group_place = place[first]
    in_order = bool(np.all(group_place[1:] >= group_place[:-1]))
    return order, Segment(
        base=base,
        tick=tick,
        since=base,
        until=int(end.max()),
        person=packed(person),
        start=ticks.astype(np.uint32) if compact else ticks,
        length=np.minimum(length, LONG).astype(np.uint16) if compact else length,
        long_position=is_long.astype(np.uint32),
        long_length=length[is_long],
        block_until=block_until.astype(np.uint32) if int(block_until.max()) < 1 << 32 else block_until,
        group_start=np.append(first, person.size).astype(np.uint32),
        group_near=_near(first, person.size),
        group_setting=setting[first],
        group_place=group_place,
        group_order=np.empty(0, np.uint32) if in_order else np.argsort(group_place, kind="stable").astype(np.uint32),
        person_code=person_code,
        person_start=person_start,
        by_person=packed(by_person),
        longest=longest,
        seat=np.empty(0, np.int32) if seat is None or not np.any(seat != -1) else seat[order],
    )


def _sorted_by(key: Moments) -> npt.NDArray[np.int64]:
    """The order of whole numbers from 0 on; equal ones stay as they were."""
    bits = key.size.bit_length()
    if int(key.max()).bit_length() + bits > 64:
        return np.argsort(key, kind="stable")
    # Plain numbers, with their place in the last bits: sorting numbers is far faster than sorting places by them.
    both = (key.astype(np.uint64) << np.uint64(bits)) | np.arange(key.size, dtype=np.uint64)
    both.sort()
    return (both & np.uint64((1 << bits) - 1)).astype(np.int64)


def _near(first: npt.NDArray[np.int64], rows: int) -> Codes:
    groups = np.searchsorted(first, np.arange(0, rows, NEAR), side="right") - 1
    return np.append(groups, first.size - 1).astype(np.uint32)


def packed(numbers: Codes) -> Packed:
    """Return numbers below 2²⁴ in three bytes each, with a byte behind them so that four can be read; others as are."""
    if numbers.size and int(numbers.max()) >= 1 << 24:
        return numbers
    four = np.ascontiguousarray(numbers, dtype="<u4").view(np.uint8).reshape(-1, 4)
    return np.append(four[:, :3].ravel(), np.uint8(0))


def unpacked(numbers: Packed) -> Codes:
    """Return what `packed` took."""
    if numbers.dtype == np.uint32:
        return np.asarray(numbers, dtype=np.uint32)
    three = numbers[:-1].reshape(-1, 3)
    four = np.zeros((three.shape[0], 4), dtype=np.uint8)
    four[:, :3] = three
    return four.view("<u4").ravel().astype(np.uint32)


def rows_of_person(segment: Segment, code: int) -> Codes:
    """Return the positions of a person's rows, ascending; none where the person has no row."""
    slot = code
    if segment.person_code.size:
        slot = int(np.searchsorted(segment.person_code, code))
        if slot == segment.person_code.size or int(segment.person_code[slot]) != code:
            return np.empty(0, np.uint32)
    if not 0 <= slot < segment.persons:
        return np.empty(0, np.uint32)
    low, high = int(segment.person_start[slot]), int(segment.person_start[slot + 1])
    if segment.by_person.dtype == np.uint32:
        return np.asarray(segment.by_person[low:high], np.uint32)
    return unpacked(segment.by_person[3 * low : 3 * high + 1])


def _by_person(person: Codes) -> tuple[Codes, Codes, Codes]:
    """Positions by person, the persons' codes (empty where all are there) and where each begins."""
    # One sort of whole numbers: the code in front, the position behind it.
    pairs = (person.astype(np.uint64) << np.uint64(32)) | np.arange(person.size, dtype=np.uint64)
    pairs.sort()
    codes = (pairs >> np.uint64(32)).astype(np.uint32)
    first = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    starts = np.append(first, person.size).astype(np.uint32)
    named = codes[first]
    everybody = named.size == int(named[-1]) + 1
    return (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32), np.empty(0, np.uint32) if everybody else named, starts
