"""The definition of docs/algorithms/tracing.md, as slow and plain as can be: what the fast code is held to."""

import datetime as dt
from itertools import groupby

from lianfang.presences.core.seats import CREW, parse_seat

MINUTE = dt.timedelta(minutes=1)


def needed(kind, min_minutes):
    return dt.timedelta(0) if kind == "dwelling" else min_minutes * MINUTE


def window(case, lookback, as_of):
    event = case.get("onset_date") or case.get("sampled_at")
    start = case.get("infectious_from")
    if start is None and event is not None:
        start = dt.datetime(event.year, event.month, event.day) - dt.timedelta(days=lookback)
    end = case.get("infectious_to") or case.get("isolated_at") or as_of
    return start, end if end is None or as_of is None else min(end, as_of)


def seated(own, other, rules):
    """How two presences in one vehicle stand by the seat rules: "met", "apart", or "unknown", which counts as met."""
    kind = own.get("vehicle") if own["place_kind"] == "vehicle" else None
    its = other.get("vehicle") if other["place_kind"] == "vehicle" else None
    if own["place_kind"] != "vehicle":
        return "met"
    if kind in rules.reach and rules.reach[kind] is None:
        return "met"
    if kind is None or kind not in rules.reach or its != kind:
        return "unknown"
    here, there = parse_seat(own["seat"], kind), parse_seat(other["seat"], kind)
    if CREW in (here, there):
        return "met" if kind in rules.crew else "unknown"
    if here is None or there is None:
        return "unknown"
    if kind == "ship":
        return "met" if here == there else "apart"
    return "met" if abs(here - there) <= rules.reach[kind] else "apart"


def overlaps(presences, person, since, until, kinds=None, rules=None):
    """Every overlap of the person's presences, cut to [since, until), with a presence of somebody else in the place.

    Those that the seat rules keep apart are left out; the last item tells whether a seat is not known.
    """
    for own in presences:
        if own["person_id"] != person or (kinds is not None and own["place_kind"] not in kinds):
            continue
        start, end = max(own["start"], since), min(own["end"], until)
        if not start < end:
            continue
        for other in presences:
            if other["person_id"] == person or other["place_id"] != own["place_id"]:
                continue
            first, last = max(start, other["start"]), min(end, other["end"])
            how = seated(own, other, rules) if rules else "met"
            if last > first and how != "apart":
                yield other["person_id"], own["place_kind"], first, last, how == "unknown"


def summed(found):
    """(person, kind) → the overlaps of that person and kind."""
    rows = sorted(found)
    return {key: list(group) for key, group in groupby(rows, key=lambda row: row[:2])}


def figures(group):
    return {
        "minutes": sum((last - first for _, _, first, last, _ in group), dt.timedelta(0)),
        "encounters": len(group),
        "first_contact": min(first for _, _, first, _, _ in group),
        "last_contact": max(last for _, _, _, last, _ in group),
        "seat_unknown": any(unknown for *_, unknown in group),
    }


def once(group):
    """The overlaps of one person and kind with those that overlap each other in one place made one."""
    told = []
    for place, first, last in sorted((place, first, last) for place, first, last in group):
        if told and told[-1][0] == place and first < told[-1][2]:
            told[-1][2] = max(told[-1][2], last)
        else:
            told.append([place, first, last])
    return told


def met_once(case, presences, since, until):
    """(person, kind) → microseconds and number of stays of a case, records of one stay counted once."""
    found = {}
    for own in (one for one in presences if one["person_id"] == case["person_id"]):
        for other in presences:
            if other["person_id"] != own["person_id"] and other["place_id"] == own["place_id"]:
                first, last = max(own["start"], other["start"], since), min(own["end"], other["end"], until)
                if first < last:
                    key = other["person_id"], own["place_kind"]
                    found.setdefault(key, []).append((own["place_id"], first, last))
    figures = {}
    for key, group in found.items():
        stays = once(group)
        length = sum((last - first for _, first, last in stays), dt.timedelta(0))
        figures[key] = length // dt.timedelta(microseconds=1), len(stays), len(group) - len(stays)
    return figures


def latest_met(carried, presences, persons, needs):
    """Person → the end of the latest overlap with any v within v's time that is long enough for its kind."""
    latest = {}
    for via, since, until in carried:
        for person, kind, first, last, _ in overlaps(presences, via, since, until, needs):
            if person in persons and last - first >= needs[kind]:
                latest[person] = max(latest.get(person, last), last)
    return latest


def same_place(cases, presences, known, *, lookback, as_of, kinds):
    """(case, kind) → the set of people who shared such a place with the case in its window and are not `known`."""
    found = {}
    for case in cases:
        since, until = window(case, lookback, as_of)
        if since is None or until is None or since >= until:
            continue
        for person, kind, *_ in overlaps(presences, case["person_id"], since, until, kinds):
            if person not in known:
                found.setdefault((case["case_id"], kind), set()).add(person)
    return found


def trace(
    cases, presences, *, lookback, min_minutes, degrees, second_kinds, latent_hours, as_of, isolations, rules=None
):
    """Rows of the output as dicts; `minutes` is a timedelta."""
    if as_of is None:
        as_of = max((p["end"] for p in presences), default=None)
    ill = {case["person_id"] for case in cases}
    one = []
    for case in cases:
        since, until = window(case, lookback, as_of)
        if since is None or until is None or since >= until:
            continue
        for (person, kind), group in summed(overlaps(presences, case["person_id"], since, until, None, rules)).items():
            row = {"case_id": case["case_id"], "person_id": person, "degree": 1, "via_person_id": None}
            row |= {"place_kind": kind, **figures(group), "is_case": person in ill}
            if row["minutes"] >= needed(kind, min_minutes):
                one.append(row)
    two = []
    if degrees == 2:
        met = {row["person_id"] for row in one}
        best = {}
        for via in met - ill:
            own = [row for row in one if row["person_id"] == via]
            earliest = min(own, key=lambda row: (row["first_contact"], row["case_id"]))
            since = earliest["first_contact"] + dt.timedelta(hours=latent_hours)
            until = min(isolations.get(via, as_of), as_of)
            for (person, kind), group in summed(overlaps(presences, via, since, until, second_kinds, rules)).items():
                if person in ill or person in met:
                    continue
                long = [first for _, _, first, last, _ in group if last - first >= needed(kind, min_minutes)]
                if not long:
                    continue
                row = {"case_id": earliest["case_id"], "person_id": person, "degree": 2, "via_person_id": via}
                row |= {"place_kind": kind, **figures(group), "is_case": False}
                rank = (min(long), via, kind)
                if person not in best or rank < best[person][0]:
                    best[person] = (rank, row)
        two = [row for _, row in best.values()]
    return sorted(
        one + two,
        key=lambda row: (row["degree"], row["case_id"], -row["minutes"], row["person_id"], row["place_kind"]),
    )
