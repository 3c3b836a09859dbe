import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lianfang.cases.core.itinerary import itinerary
from lianfang.kernel.schema import PRESENCES

DAY = dt.datetime(2021, 8, 10)
GAP = dt.timedelta(minutes=30)


def frame(rows):
    names = ["person_id", "place_id", "place_kind", "start", "end", "seat", "source"]
    made = [dict(zip(names, row, strict=True)) for row in rows]
    return PRESENCES.conform(pl.DataFrame(made, schema=PRESENCES.dtypes))


def obvious(rows):
    """One pair after the other until nothing merges any more."""
    stays = [[*row[:5], 1, {row[5]} - {None}, {row[6]} - {None}] for row in rows]
    merged = True
    while merged:
        merged = False
        for i, a in enumerate(stays):
            for j, b in enumerate(stays):
                if i < j and a[:3] == b[:3] and a[3] <= b[4] + GAP and b[3] <= a[4] + GAP:
                    stays[i] = [*a[:3], min(a[3], b[3]), max(a[4], b[4]), a[5] + b[5], a[6] | b[6], a[7] | b[7]]
                    del stays[j]
                    merged = True
                    break
            if merged:
                break
    rows = [(*s[:6], sorted(s[6]), sorted(s[7])) for s in stays]
    return sorted(rows, key=lambda r: (r[0], r[3], r[1], r[4], r[2]))


ROW = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from(["h1", "s1", "s2"]),
    st.sampled_from(["dwelling", "venue"]),
    st.integers(0, 40),
    st.integers(1, 12),
    st.sampled_from([None, "1A", "2B"]),
    st.sampled_from([None, "ticket", "check-in"]),
).map(lambda r: (*r[:3], DAY + r[3] * dt.timedelta(minutes=15), DAY + (r[3] + r[4]) * dt.timedelta(minutes=15), *r[5:]))


@given(st.lists(ROW, max_size=12))
def test_it_equals_merging_pair_by_pair(rows):
    assert itinerary(frame(rows)).rows() == obvious(rows)


@given(st.lists(ROW, max_size=12), st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows, chance):
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert itinerary(frame(rows)).equals(itinerary(frame(shuffled)))


def test_a_pause_of_half_an_hour_is_one_stay_and_a_longer_one_is_two():
    def stays(pause):
        first = ("a", "s1", "venue", DAY, DAY + dt.timedelta(hours=1), None, None)
        second = ("a", "s1", "venue", first[4] + pause, first[4] + pause + dt.timedelta(hours=1), None, None)
        return itinerary(frame([first, second])).height

    assert stays(GAP) == 1
    assert stays(GAP + dt.timedelta(seconds=1)) == 2


def test_nobody_was_anywhere():
    assert itinerary(frame([])).height == 0


def test_the_example_worked_by_hand_in_the_docs():
    def row(place, kind, start, end, source):
        times = [dt.datetime.combine(DAY, dt.time.fromisoformat(t)) for t in (start, end)]
        return ("zhao", place, kind, *times, None, source)

    made = itinerary(
        frame(
            [
                row("shop", "meal", "11:40", "12:10", "check-in"),
                row("shop", "meal", "12:25", "12:50", "interview"),
                row("home", "dwelling", "13:30", "18:00", "roster"),
                row("shop", "meal", "18:20", "19:00", "check-in"),
            ]
        )
    )
    told = [
        (r["place_id"], f"{r['start']:%H:%M}", f"{r['end']:%H:%M}", r["sources"]) for r in made.iter_rows(named=True)
    ]
    assert told == [
        ("shop", "11:40", "12:50", ["check-in", "interview"]),
        ("home", "13:30", "18:00", ["roster"]),
        ("shop", "18:20", "19:00", ["check-in"]),
    ]


@given(st.lists(ROW, max_size=12))
def test_merging_again_changes_nothing(rows):
    once = itinerary(frame(rows))
    again = itinerary(PRESENCES.conform(once.select("person_id", "place_id", "place_kind", "start", "end")))
    columns = ["person_id", "place_id", "place_kind", "start", "end"]
    assert again.select(columns).equals(once.select(columns))
