"""The further columns of the files of a run, worked out by hand."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.schema import CONTACTS
from lianfang.measures.core.control import control_of
from lianfang.tracing.core.discovery import discovery_paths
from lianfang.tracing.core.reasons import Met, reason, reason_column

DAY = dt.datetime(2022, 7, 8)
HOUR = dt.timedelta(hours=1)


def on(day: int, hour: float = 0) -> dt.datetime:
    return dt.datetime(2022, 7, day) + hour * HOUR


def period(person: str, measure: str, start: dt.datetime, end: dt.datetime | None, **more: object) -> dict[str, object]:
    return {"person_id": person, "measure": measure, "start": start, "end": end, **more}


PERIODS = [
    # A close contact of the ninth edition: 7 days central, 3 days monitoring. Nobody recorded that she is in.
    period("awaits", "central_quarantine", on(5), on(12)),
    period("awaits", "home_monitoring", on(12), on(15)),
    # The same, and the list of people says that he has been in since the 6th.
    period("in", "central_quarantine", on(5), on(12)),
    period("in", "home_monitoring", on(12), on(15)),
    period("home", "home_quarantine", on(5), on(12)),
    period("later", "home_quarantine", on(9), on(16)),
    period("over", "home_quarantine", on(1), on(7)),
    period("watched", "home_monitoring", on(5), on(9)),
    period("case", "hospital_isolation", on(6), None),
    period("free", "none", on(6), None),
]
IN = pl.DataFrame({"person_id": ["in", "home", "case"], "in_quarantine_since": [on(6), on(9), on(6)]})


def test_control_follows_from_the_period_of_the_moment_and_from_what_is_recorded() -> None:
    told = control_of(pl.DataFrame(PERIODS), as_of=on(8, 12), placed=IN)
    assert {person: (status, release) for person, status, release in told.iter_rows()} == {
        "awaits": ("awaiting", on(12)),  # expected release: the end of isolation, not of the monitoring after it
        "in": ("central", on(12)),
        "home": ("awaiting", on(12)),  # recorded from the 9th on: that has not happened yet
        "later": ("not_begun", on(16)),
        "over": ("ended", on(7)),
        "watched": ("monitoring", on(9)),
        "case": ("hospital", None),  # release conditions decide
        "free": ("none", None),
    }
    assert told["person_id"].is_sorted()


def test_an_order_is_enough_where_orders_are_kept_and_a_release_ends_it() -> None:
    rows = [
        period("ordered", "central_quarantine", on(5), on(12), decision="accepted", released_at=None),
        period("proposed", "central_quarantine", on(5), on(12), decision="proposed", released_at=None),
        period("released", "central_quarantine", on(5), on(12), decision="accepted", released_at=on(8)),
    ]
    told = control_of(pl.DataFrame(rows), as_of=on(8, 12))
    assert told["control_status"].to_list() == ["central", "awaiting", "ended"]


def test_nobody_has_a_status_without_measures() -> None:
    assert control_of(pl.DataFrame(PERIODS).clear(), as_of=DAY).is_empty()


def test_the_path_of_discovery_is_that_of_the_list_else_own_investigation() -> None:
    told = pl.DataFrame(
        {"case_id": ["A", "A", "A"], "person_id": ["b", "c", "c"], "discovery_path": ["外省协查", "", "other_city"]}
    )
    contacts = pl.DataFrame({"case_id": ["A", "A", "B"], "person_id": ["b", "c", "b"]})
    found = contacts.select(discovery_paths(contacts, told).alias("path"))["path"].to_list()
    assert found == ["other_province", "other_city", "own"]
    without = contacts.select(discovery_paths(contacts, told.drop("discovery_path")).alias("path"))
    assert without["path"].to_list() == ["own"] * 3


@pytest.mark.parametrize("lang", ["zh", "en"])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([1, 2]),
            st.sampled_from(["dwelling", "vehicle", "meal"]),
            st.one_of(st.none(), st.floats(0, 500)),
            st.one_of(st.none(), st.integers(1, 4)),
            st.sampled_from(["interview", "co-presence", "both"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    ),
    without=st.booleans(),
)
def test_the_reason_of_a_column_is_that_of_a_row(lang, rows, without) -> None:
    frame = CONTACTS.conform(
        pl.DataFrame(
            [
                {
                    "case_id": f"C{n}",
                    "person_id": f"P{n}",
                    "degree": degree,
                    "via_person_id": f"V{n}" if degree == 2 else None,
                    "place_kind": kind,
                    "minutes": minutes,
                    "encounters": encounters,
                    "found_by": found,
                    "seat_unknown": seat,
                }
                for n, (degree, kind, minutes, encounters, found, seat) in enumerate(rows)
            ],
            infer_schema_length=None,
        )
    )
    told = reason_column(frame, lang=lang, without_seat_rule=without).to_list()
    expected = [
        reason(
            Met(
                f"C{n}",
                degree,
                f"V{n}" if degree == 2 else "",
                kind,
                minutes,
                encounters,
                None,
                None,
                found,
                "",
                seat,
                without,
            )
        ).in_language(lang)
        for n, (degree, kind, minutes, encounters, found, seat) in enumerate(rows)
    ]
    assert told == expected
