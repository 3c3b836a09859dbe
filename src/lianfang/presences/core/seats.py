"""Seats in vehicles: what people write, as a number that can be compared, and who sat within reach of whom.

A seat is read by the vehicle kind of its own row: ``12A`` is row 12 of an aircraft or coach, ``7`` and ``7号下铺`` are
bay 7 of an open train, a number alone is a seat of a coach and says no row. A carriage in front (``05车12A``) is left
out: a carriage is a place of its own. The crew has no seat. What cannot be read is a seat that nobody knows: it never
keeps two people apart.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from lianfang.kernel.vocabulary import PlaceKind, VehicleKind
from lianfang.playbook.model import Playbook

if TYPE_CHECKING:
    import ibis.expr.types as ir

CREW = -2
"""The row number of the crew, who move about."""

CABIN = 0
"""The row number of a known cabin of a ship; cabins are compared as text."""

_WIDE = "".join(chr(code + 0xFEE0) for code in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B)))
_NARROW = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SPACES = " \t\r\n\u00a0\u3000"

_CREW = "^(?:CABIN)?CREW$|^(?:乘务|机组).{0,4}$|^(?:空乘|列车员|列车长|船员|司机|驾驶员|DRIVER)$"
_CARRIAGE = "^(?:第?[0-9]{1,2}号?车厢?)?第?"
_IN_ROW = "(?:[A-Z][号座席]?|排.{0,8})$"
_BERTH = "号?[上中下]?铺$"
_ALONE = "^([0-9]{1,3})$"
_CABIN_WORD = "[号舱房间室]+$"

_ROW = f"{_CARRIAGE}([0-9]{{1,3}}){_IN_ROW}"
_BAY = f"{_CARRIAGE}([0-9]{{1,3}}){_BERTH}"
_FORMS: dict[VehicleKind, tuple[str, ...]] = {
    VehicleKind.AIRCRAFT: (_ROW, _ALONE),
    VehicleKind.TRAIN_CLOSED: (_ROW, _BAY, _ALONE),
    VehicleKind.TRAIN_OPEN: (_BAY, _ALONE),
    VehicleKind.COACH_CLOSED: (_ROW,),
    VehicleKind.COACH_VENTILATED: (_ROW,),
}
"""How a row or bay is written in each kind of vehicle, the number in the only group."""

Seat = int | str | None
"""A row or bay, `CREW`, the cabin of a ship, or None: not known."""


@dataclass(frozen=True)
class SeatRules:
    """The seat rules of a playbook, as tracing takes them.

    Attributes
    ----------
    reach : dict
        Vehicle kind → rows or bays to either side that count; None: the whole unit counts, whatever the seats.
    crew : frozenset
        Vehicle kinds whose rule names the crew.
    """

    reach: dict[VehicleKind, int | None] = field(default_factory=dict)
    crew: frozenset[VehicleKind] = frozenset()

    @property
    def narrowing(self) -> dict[VehicleKind, int]:
        """The kinds in which seats keep people apart, with their reach."""
        return {kind: reach for kind, reach in self.reach.items() if reach is not None}


def seat_rules(playbook: Playbook) -> SeatRules:
    """Return the seat rules of a playbook."""
    rules = playbook.tracing.seats
    return SeatRules(reach_of(playbook), frozenset(rule.vehicle for rule in rules if rule.crew))


def reach_of(playbook: Playbook) -> dict[VehicleKind, int | None]:
    """Return how far the air of a seat reaches by a playbook: rows or bays by vehicle kind; None: the whole unit."""
    return {rule.vehicle: rule.reach for rule in playbook.tracing.seats}


def parse_seat(text: str | None, vehicle: VehicleKind | None = None) -> Seat:
    """Read one seat, as people write it.

    Parameters
    ----------
    text : str or None
        Such as ``12A``, ``05车12F号``, ``12排3座``, ``7号下铺``, ``B203舱``, ``crew``, ``乘务员``; full-width or not.
    vehicle : VehicleKind, optional
        The kind of vehicle; without it, whatever gives a number in one of them is read so.

    Returns
    -------
    int, str or None
        The row or bay; `CREW`; the cabin of a ship as text, without the word for cabin; None where it cannot be read.
    """
    plain = (text or "").translate(str.maketrans(_WIDE, _NARROW, _SPACES)).upper()
    if re.search(_CREW, plain):
        return CREW
    if vehicle == VehicleKind.SHIP:
        return re.sub(_CABIN_WORD, "", plain) or None
    for form in (_ROW, _BAY, _ALONE) if vehicle is None else _FORMS[vehicle]:
        if found := re.search(form, plain):
            return int(found[1])
    return None


def seat_row(seat: str = "seat", vehicle: str = "vehicle") -> pl.Expr:
    """Express the row of each seat, as `parse_seat` reads it.

    Parameters
    ----------
    seat, vehicle : str
        Names of the columns with the text and with the code of the vehicle kind.

    Returns
    -------
    pl.Expr
        Int32: row or bay, `CREW`, `CABIN` where a ship's cabin is known; null where the seat or the vehicle is not
        known.
    """
    plain, kind = _plain(seat), pl.col(vehicle)
    row = pl.lit(None, pl.Int32)
    for code, forms in _FORMS.items():
        read = pl.coalesce(plain.str.extract(form) for form in forms).cast(pl.Int32)
        row = pl.when(kind == code.value).then(read).otherwise(row)
    ship = pl.when(cabin(seat, vehicle).is_not_null()).then(pl.lit(CABIN, pl.Int32))
    row = pl.when(kind == VehicleKind.SHIP.value).then(ship).otherwise(row)
    return pl.when(kind.is_not_null() & plain.str.contains(_CREW)).then(pl.lit(CREW, pl.Int32)).otherwise(row)


def cabin(seat: str = "seat", vehicle: str = "vehicle") -> pl.Expr:
    """Express the cabin of a ship as text that can be compared; null elsewhere, for the crew, and where not known."""
    plain = _plain(seat)
    bare = plain.str.replace(_CABIN_WORD, "")
    is_cabin = (pl.col(vehicle) == VehicleKind.SHIP.value) & ~plain.str.contains(_CREW) & (bare != "")
    return pl.when(is_cabin).then(bare)


def _plain(seat: str) -> pl.Expr:
    letters = [*_WIDE, *_SPACES]
    return pl.col(seat).str.replace_many(letters, [*_NARROW, *[""] * len(_SPACES)]).str.to_uppercase()


def read_seats(table: "ir.Table", rules: SeatRules, *, prefix: str = "") -> "ir.Table":
    """Replace ``vehicle`` and ``seat`` of presences by what `let_through` compares.

    Parameters
    ----------
    table : ibis Table
        With ``place_kind, vehicle, seat``.
    rules : SeatRules
        Only vehicle kinds in which seats count are read.
    prefix : str
        In front of the names of the new columns.

    Returns
    -------
    ibis Table
        ``vehicle`` (empty where the place kind is no vehicle), ``row`` and ``cabin`` instead of the two.
    """
    import ibis

    plain = table.seat.translate(_WIDE + _SPACES, _NARROW).upper()
    kind = table.vehicle
    # Each expression costs on every seat that it is asked of: each stands once, and is asked of its own kinds alone.
    read = []
    for form in (_ROW, _BAY, _ALONE):
        kinds = [code.value for code in rules.narrowing if form in _FORMS.get(code, ())]
        if kinds:
            found = plain.re_extract(form, 1).nullif("")
            read.append(kind.isin(kinds).ifelse(found, ibis.null("string")))
    number = ibis.coalesce(*read).cast("int32") if read else ibis.null("int32")
    ship = (kind == VehicleKind.SHIP.value) & table.seat.notnull()
    with_cabin = VehicleKind.SHIP in rules.narrowing
    asked = kind.isin([code.value for code in rules.narrowing])
    row = ibis.cases((asked & plain.re_search(_CREW), ibis.literal(CREW, "int32")), else_=number)
    if with_cabin:
        row = ibis.cases((ship & (_bare(plain) != "") & row.isnull(), ibis.literal(CABIN, "int32")), else_=row)
    return table.mutate(
        **{
            f"{prefix}vehicle": (table.place_kind == PlaceKind.VEHICLE.value).ifelse(kind, ibis.null("string")),
            f"{prefix}row": row,
            f"{prefix}cabin": ship.ifelse(_bare(plain), ibis.literal("")) if with_cabin else ibis.literal(""),
        }
    ).drop("seat", *(["vehicle"] if prefix else []))


def _bare(plain: "ir.StringValue") -> "ir.StringValue":
    return plain.re_replace(_CABIN_WORD, "")


def let_through(pair: "ir.Table", rules: SeatRules) -> "ir.Table":
    """Keep the pairs of presences that the seat rules let meet, and mark those whose seats nobody knows.

    Parameters
    ----------
    pair : ibis Table
        ``place_kind, vehicle, row, cabin`` of the exposing presence and ``met_vehicle, met_row, met_cabin`` of the
        other, as `read_seats` gives them.
    rules : SeatRules
        At least one kind is narrowing.

    Returns
    -------
    ibis Table
        Rows kept, with ``seat_unknown``: the pair counts because the whole unit does, and that because a seat or the
        vehicle kind is not known, or the playbook has no rule for it.
    """
    import ibis

    kind = pair.vehicle
    narrowed = kind.isin([code.value for code in rules.narrowing]).fill_null(False)
    alike = (kind == pair.met_vehicle).fill_null(False)
    is_crew = ((pair.row == CREW) | (pair.met_row == CREW)).fill_null(False)
    crew_is_named = kind.isin([code.value for code in sorted(rules.crew)]).fill_null(False)
    by_crew = alike & is_crew & crew_is_named
    compared = narrowed & alike & ~is_crew & pair.row.notnull() & pair.met_row.notnull()
    reach = ibis.cases(*((kind == code.value, ibis.literal(n, "int32")) for code, n in rules.narrowing.items()))
    near = ((pair.row - pair.met_row).abs() <= reach) & (pair.cabin == pair.met_cabin)
    whole = kind.isin([code.value for code, reach in rules.reach.items() if reach is None]).fill_null(False)
    unknown = (pair.place_kind == PlaceKind.VEHICLE.value) & ~whole & ~by_crew & ~compared
    marked = pair.mutate(seat_unknown=unknown, apart=compared & ~near.fill_null(False))
    return marked.filter(~marked.apart).drop("apart")
