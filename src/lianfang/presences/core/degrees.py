"""Who met whom: contacts of the first and second degree as Ibis expressions, carried out by whichever engine is open.

The definition is that of `docs/algorithms/tracing.md`, which explains it with a worked example; "v" below is, as there,
a contact of the first degree through whom the second is sought. Expressions take tables with the columns named here and
text ids; times are naive local timestamps.
"""

import datetime as dt
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from lianfang.presences.core.contact_rows import MICROSECONDS_A_MINUTE, Thresholds
from lianfang.presences.core.seats import SeatRules, let_through, read_seats

_EPOCH = dt.datetime(1970, 1, 1)


def first_degree(
    windows: ir.Table,
    presences: ir.Table,
    *,
    thresholds: Thresholds,
    seats: SeatRules | None = None,
    one_stay: bool = False,
) -> ir.Table:
    """Express the contacts of the first degree.

    Parameters
    ----------
    windows : ibis Table
        ``case_id, person_id, infectious_from, infectious_to``; one row a case with a sound window.
    presences : ibis Table
        ``person_id, place_id, place_kind, start, end``; ``start < end``; for `seats` also ``vehicle, seat``.
    thresholds : mapping
        Minutes by place kind, reached by the sum over all overlaps of (case, person, place kind).
    seats : SeatRules, optional
        Only overlaps that they let through count.
    one_stay : bool
        Overlaps of two people in one place that overlap each other are one: two records told of one stay.

    Returns
    -------
    ibis Table
        ``case_id, person_id, place_kind, microseconds, encounters, first_contact, last_contact``; with `seats` also
        ``seat_unknown``: one of the overlaps counts only because a seat is not known. With `one_stay` also ``joined``:
        how many overlaps went into another; the thresholds are held against the sum without joining then, which is
        never less.
    """
    counted = presences.filter(presences.place_kind.isin(sorted(thresholds)))
    infectious = _cut(counted, windows, since="infectious_from", until="infectious_to")
    overlaps = _overlaps(infectious, presences, key="case_id", seats=seats)
    if not one_stay:
        pairs = overlaps.group_by("case_id", "person_id", "place_kind").aggregate(**_totals(overlaps))
        return pairs.filter(pairs.microseconds >= _needed(pairs.place_kind, thresholds))
    told = _joined(overlaps, "case_id")
    pairs = told.group_by("case_id", "person_id", "place_kind").aggregate(
        **_totals(told) | {"microseconds": told.own.sum().cast("int64"), "encounters": told.begins.sum().cast("int64")},
        joined=(told.count() - told.begins.sum()).cast("int64"),
        in_all=told.microseconds.sum().cast("int64"),
    )
    return pairs.filter(pairs.in_all >= _needed(pairs.place_kind, thresholds)).drop("in_all")


def _joined(overlaps: ir.Table, key: str) -> ir.Table:
    """Add to overlaps whether each begins a stay (``begins``), and its time that none before had (``own``)."""
    before = ibis.window(
        group_by=[overlaps[key], overlaps.person_id, overlaps.place_id, overlaps.place_kind],
        order_by=[overlaps.start, overlaps.end],
        preceding=(None, 1),
    )
    until = overlaps.end.max().over(before)
    told = overlaps.mutate(until=until)
    begins = (told.until.isnull() | (told.start >= told.until)).cast("int64")
    since = ibis.greatest(told.start, told.until)
    own = ibis.greatest(told.end.delta(since, unit="microsecond"), ibis.literal(0))
    return told.mutate(begins=begins, own=own)


def second_degree(
    via: ir.Table,
    excluded: ir.Table,
    presences: ir.Table,
    *,
    thresholds: Thresholds,
    kinds: Sequence[str] | None = None,
    seats: SeatRules | None = None,
    latest: bool = False,
) -> ir.Table:
    """Express the contacts of the second degree, of all cases together: one row a person.

    Parameters
    ----------
    via : ibis Table
        ``person_id, time_from, time_to``: each v with v's time, as `contact_rows.carriers` gives them. Where
        ``time_to`` is empty, v's time has no end.
    excluded : ibis Table
        ``person_id``: every case and every contact of the first degree.
    presences : ibis Table
        As for `first_degree`.
    thresholds : mapping
        Minutes by place kind, reached by one overlap alone.
    kinds : sequence of str, optional
        Place kinds of v's presences that count; all, when not given.
    seats : SeatRules, optional
        As for `first_degree`.
    latest : bool
        Whether ``latest`` is wanted too: the end of the latest overlap that is long enough, whichever v it was with.

    Returns
    -------
    ibis Table
        ``via_person_id, person_id, place_kind, microseconds, encounters, first_contact, last_contact``, with `seats`
        also ``seat_unknown``; the row is that of the earliest overlap that is long enough (ties: smallest
        via_person_id, then place_kind), its figures count all overlaps of that v, person and place kind within v's
        time.
    """
    counted = set(thresholds) if kinds is None else set(thresholds) & set(kinds)
    of_counted_kinds = presences.filter(presences.place_kind.isin(sorted(counted)))
    of_via = _cut(of_counted_kinds, via, since="time_from", until="time_to")
    of_via = of_via.mutate(via_person_id=of_via.person_id)
    overlaps = _overlaps(of_via, presences.anti_join(excluded, "person_id"), key="via_person_id", seats=seats)
    long_enough = overlaps.microseconds >= _needed(overlaps.place_kind, thresholds)
    groups = overlaps.group_by("via_person_id", "person_id", "place_kind").aggregate(
        **_totals(overlaps),
        earliest=overlaps.start.min(where=long_enough),
        **({"latest": overlaps.end.max(where=long_enough)} if latest else {}),
    )
    groups = groups.filter(groups.earliest.notnull())
    if latest:
        groups = groups.mutate(latest=groups.latest.max().over(ibis.window(group_by=groups.person_id)))
    order = ibis.window(group_by=groups.person_id, order_by=[groups.earliest, groups.via_person_id, groups.place_kind])
    ranked = groups.mutate(rank=ibis.row_number().over(order))
    return ranked.filter(ranked.rank == 0).drop("rank", "earliest")


def _cut(presences: ir.Table, spans: ir.Table, *, since: str, until: str) -> ir.Table:
    """Presences of the people of `spans`, each cut to the person's span; what lies outside it falls away."""
    joined = presences.inner_join(spans, "person_id")
    # SQL's least leaves out what is empty: a span without an end cuts nothing off.
    cut = joined.mutate(
        start=ibis.greatest(joined.start, joined[since]), end=ibis.least(joined.end, joined[until])
    ).drop(since, until)
    return cut.filter(cut.start < cut.end)


def _overlaps(exposing: ir.Table, presences: ir.Table, *, key: str, seats: SeatRules | None = None) -> ir.Table:
    """Pairs of presences of different people in one place that overlap, with the overlap itself.

    `exposing` are the presences of cases (or of v), already cut; `key` names the column that says whose they are.
    `seats` leaves out who sat beyond reach; without them no seat is looked at.

    Engines join fast where columns are equal and slowly where times overlap: joined by place alone, each visit to a
    shop would be held against all its visitors of the whole period. So both sides are spread over the days they touch
    and joined by place *and day*. Two presences that share several days then meet once on each of them; the pair is
    kept on the day on which its overlap begins, which both sides touch, so it counts exactly once.
    """
    # What nobody could have been exposed in falls away before it is spread over its days, and before seats are read.
    others = presences.semi_join(exposing, "place_id")
    theirs = []
    if seats is not None:
        exposing = read_seats(exposing, seats)
        others = read_seats(others, seats, prefix="met_")
        theirs = ["met_vehicle", "met_row", "met_cabin"]
    left = spread_over_days(exposing)
    others = others.select("person_id", "place_id", "start", "end", *theirs)
    right = spread_over_days(
        others.rename(met_id="person_id", met_start="start", met_end="end"), "met_start", "met_end"
    )
    pair = left.inner_join(right, ["place_id", "day"])
    pair = pair.filter(pair.met_id != pair.person_id, pair.met_start < pair.end, pair.start < pair.met_end)
    if seats is not None:
        pair = let_through(pair, seats)
    pair = pair.select(
        key,
        "place_id",
        "place_kind",
        "day",
        *(["seat_unknown"] if seats is not None else []),
        person_id=pair.met_id,
        start=ibis.greatest(pair.start, pair.met_start),
        end=ibis.least(pair.end, pair.met_end),
    )
    pair = pair.filter(pair.day == _day(pair.start))
    return pair.mutate(microseconds=pair.end.delta(pair.start, unit="microsecond")).drop("day")


def spread_over_days(table: ir.Table, start: str = "start", end: str = "end") -> ir.Table:
    """One row a presence and day that it touches."""
    return table.mutate(day=ibis.range(_day(table[start]), _day(table[end]) + 1).unnest())


def _day(moment: ir.Value) -> ir.Value:
    """Days since 1970: a number is joined faster than a date, and alike on every engine."""
    return moment.delta(ibis.literal(_EPOCH), unit="day")


def _totals(overlaps: ir.Table) -> dict[str, ir.Value]:
    totals: dict[str, ir.Value] = {
        "microseconds": overlaps.microseconds.sum().cast("int64"),
        "encounters": overlaps.count(),
        "first_contact": overlaps.start.min(),
        "last_contact": overlaps.end.max(),
    }
    if "seat_unknown" in overlaps.columns:
        totals["seat_unknown"] = overlaps.seat_unknown.any()
    return totals


def _needed(kind: ir.Value, thresholds: Thresholds) -> ir.Value:
    """Microseconds that the threshold of a place kind asks for; overlaps are above zero, so 0 asks for nothing more."""
    if not thresholds:  # no kind counts, so no row is left to compare with this
        return ibis.literal(0, "int64")
    needed = {k: round(minutes * MICROSECONDS_A_MINUTE) for k, minutes in thresholds.items()}
    common = max(set(needed.values()), key=list(needed.values()).count)
    others = [(kind == k, ibis.literal(value, "int64")) for k, value in sorted(needed.items()) if value != common]
    return ibis.cases(*others, else_=ibis.literal(common, "int64")) if others else ibis.literal(common, "int64")
