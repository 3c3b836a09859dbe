"""When the people of the second degree last met anybody of the first long enough: the clock of their measures."""

from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from lianfang.presences.core.index.first import Ints, Rules, together
from lianfang.presences.core.index.layout import (
    GROUP_PLACE,
    GROUP_SETTING,
    GROUP_START,
    GROUPS,
    SEAT,
    Table,
    compiled,
    group_at,
    i32,
    length_at,
    person_at,
    start_at,
    u8,
    u32,
)
from lianfang.presences.core.index.near import Stays, Via, near_by_person
from lianfang.presences.core.index.second import _by_place, _share

NOT_MET = np.iinfo(np.int64).min


def latest_meetings(
    table: Table, via: Via, persons: Ints, rules: Rules, *, count: int, threads: Executor, shares: int = 2
) -> Ints:
    """Find the end of the latest overlap that is long enough, whichever v it was with.

    Parameters
    ----------
    table : int64 array
        From `layout.table_of`.
    via : Via
    persons : int64 array
        Codes of the people that `second.second_degree` found.
    rules : Rules
        ``needed`` asks for the length of one overlap.
    count : int
        How many persons there are codes for.
    threads : Executor
    shares : int
        How many threads work side by side.

    Returns
    -------
    int64 array
        Microseconds since 1970, one a person of `persons`.

    Notes
    -----
    A row is looked at only where it ends later than what is known of its person; then it is held against the presences
    of v's in its place until one of them covers its end.
    """
    wanted = np.zeros(count, np.uint8)
    wanted[persons] = 1
    latest = [np.full(count, NOT_MET) for _ in range(shares)]
    for t, parts in near_by_person(table, via, rules, threads, shares):
        slot, begins, stays = _by_place(table, t, parts, threads, nearly=False)
        if not slot.size:
            continue

        def sweep(share: int, t: int = t, slot: Ints = slot, begins: Ints = begins, stays: Stays = stays) -> None:
            lo, hi = _share(begins, share, shares)
            _latest(
                table, t, slot, begins, stays.start, stays.end, stays.kind, stays.setting, stays.seat,
                wanted, latest[share], *rules[1:], lo, hi,
            )  # fmt: skip

        list(threads.map(sweep, range(shares)))
    best: Ints = np.maximum.reduce(latest)
    return best[persons]


@compiled
def _latest(
    table: Table,
    t: int,
    slot: Ints,
    begins: Ints,
    v_start: Ints,
    v_end: Ints,
    v_kind: npt.NDArray[np.uint8],
    v_setting: npt.NDArray[np.uint8],
    v_seat: npt.NDArray[np.int32],
    wanted: npt.NDArray[np.uint8],
    latest: Ints,
    needed: Ints,
    reach: Ints,
    asks: Ints,
    crew: Ints,
    lo: int,
    hi: int,
) -> None:
    """Walk the places ``lo ≤ place < hi`` of a segment."""
    for place in range(lo, hi):
        a, b = begins[place], begins[place + 1]
        k = slot[place]
        code = u32(table[t, GROUP_PLACE], group_at(table, t, k))
        while k < table[t, GROUPS]:
            group = group_at(table, t, k)
            if u32(table[t, GROUP_PLACE], group) != code:
                break
            k += 1
            their = u8(table[t, GROUP_SETTING], group)
            for position in range(u32(table[t, GROUP_START], group), u32(table[t, GROUP_START], group + 1)):
                person = person_at(table, t, position)
                if not wanted[person]:
                    continue
                start = start_at(table, t, position)
                end = start + length_at(table, t, position)
                if end <= latest[person]:
                    continue
                seat = i32(table[t, SEAT], position) if table[t, SEAT] else -1
                for v in range(b - 1, a - 1, -1):
                    finish = min(end, v_end[v])
                    if finish <= latest[person]:
                        continue
                    length = finish - max(start, v_start[v])
                    if length <= 0 or length < needed[v_kind[v]]:
                        continue
                    own = v_setting[v]
                    if together(reach[own], asks[own], crew[own], their == own, v_seat[v], seat):
                        latest[person] = finish
                        if finish == end:
                            break
