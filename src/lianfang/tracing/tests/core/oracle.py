"""The definition of docs/algorithms/tracing.md, as slow and plain as can be: what the fast code is held to."""

import datetime as dt
from itertools import groupby

MINUTE = dt.timedelta(minutes=1)


def needed(kind, min_minutes):
    return dt.timedelta(0) if kind == "dwelling" else min_minutes * MINUTE


def window(case, lookback, as_of):
    event = case.get("onset_date") or case.get("sampled_at")
    start = case.get("infectious_from")
    if start is None and event is not None:
        start = dt.datetime(event.year, event.month, event.day) - dt.timedelta(days=lookback)
    end = case.get("infectious_to") or case.get("isolated_at") or as_of
    return start, end


def overlaps(presences, person, since, until, kinds=None):
    """Every overlap of the person's presences, cut to [since, until), with a presence of somebody else in the place."""
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
            if last > first:
                yield other["person_id"], own["place_kind"], first, last


def summed(found):
    """(person, kind) → the overlaps of that person and kind."""
    rows = sorted(found)
    return {key: list(group) for key, group in groupby(rows, key=lambda row: row[:2])}


def figures(group):
    return {
        "minutes": sum((last - first for *_, first, last in group), dt.timedelta(0)),
        "encounters": len(group),
        "first_contact": min(first for *_, first, _ in group),
        "last_contact": max(last for *_, last in group),
    }


def trace(cases, presences, *, lookback, min_minutes, degrees, second_kinds, latent_hours, as_of, isolations):
    """Rows of the output as dicts; `minutes` is a timedelta."""
    if as_of is None:
        as_of = max((p["end"] for p in presences), default=None)
    ill = {case["person_id"] for case in cases}
    one = []
    for case in cases:
        since, until = window(case, lookback, as_of)
        if since is None or until is None or since >= until:
            continue
        for (person, kind), group in summed(overlaps(presences, case["person_id"], since, until)).items():
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
            until = isolations.get(via, as_of)
            for (person, kind), group in summed(overlaps(presences, via, since, until, second_kinds)).items():
                if person in ill or person in met:
                    continue
                long = [first for *_, first, last in group if last - first >= needed(kind, min_minutes)]
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
