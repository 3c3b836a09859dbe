"""What a question brings to a moment of the store: spans in microseconds, rules, sums."""

import datetime as dt
import resource
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from lianfang.kernel.vocabulary import PlaceKind, VehicleKind
from lianfang.presences.core.contact_rows import MICROSECONDS_A_MINUTE
from lianfang.presences.core.index.segment import KINDS, SETTINGS
from lianfang.presences.core.seats import SeatRules

if TYPE_CHECKING:
    from lianfang.presences.core.index.first import Rules


_VEHICLE = {kind.value: kind for kind in VehicleKind}


EPOCH = dt.datetime(1970, 1, 1)


def rules_of(thresholds: Mapping[str, float], seats: SeatRules | None) -> "Rules":
    """Return thresholds and seat rules as arrays by setting."""
    from lianfang.presences.core.index.first import Rules

    size = 16
    kind_of, needed = np.zeros(size, np.int64), np.full(size, -1, np.int64)
    reach, asks, crew = np.full(size, -1, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64)
    for code, kind in enumerate(KINDS):
        if kind in thresholds:
            needed[code] = round(thresholds[kind] * MICROSECONDS_A_MINUTE)
    narrowing = {} if seats is None else seats.narrowing
    for code, (kind, vehicle) in enumerate(SETTINGS):
        kind_of[code] = KINDS.index(kind)
        if not narrowing or seats is None or kind != PlaceKind.VEHICLE.value:
            continue
        known = None if vehicle is None else _VEHICLE[vehicle]
        asks[code] = known is None or seats.reach.get(known, -1) is not None
        if known is not None:
            # Cabins are equal or not: their numbers say nothing of nearness.
            reach[code] = 0 if known is VehicleKind.SHIP and known in narrowing else narrowing.get(known, -1)
            crew[code] = known in seats.crew
    return Rules(kind_of, needed, reach, asks, crew)


def reads() -> int:
    """How often this process has waited for the disk."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_majflt


def with_seats(rows: pl.DataFrame, whole: npt.NDArray[np.uint8], seats: SeatRules | None) -> pl.DataFrame:
    """Add whether nobody knows the seats, where there are rules for them."""
    return rows if seats is None else rows.with_columns(seat_unknown=pl.Series(whole != 0))


def span(since: dt.datetime, until: dt.datetime) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """One span, as arrays of microseconds since 1970."""
    lo, hi = (np.array([(t - EPOCH) // dt.timedelta(microseconds=1)], np.int64) for t in (since, until))
    return lo, hi


def micros(moments: pl.Series) -> npt.NDArray[np.int64]:
    """Return times as microseconds since the epoch."""
    return moments.cast(pl.Datetime("us")).to_physical().to_numpy()


def sums(
    kind: npt.NDArray[Any],
    micro: npt.NDArray[np.int64],
    count: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    last: npt.NDArray[np.int64],
) -> list[pl.Series]:
    """Return the sums of found rows as a frame."""
    return [
        pl.Series("place_kind", KINDS, dtype=pl.String).gather(kind),
        pl.Series("microseconds", micro),
        pl.Series("encounters", count),
        pl.Series("first_contact", first).cast(pl.Datetime("us")),
        pl.Series("last_contact", last).cast(pl.Datetime("us")),
    ]
