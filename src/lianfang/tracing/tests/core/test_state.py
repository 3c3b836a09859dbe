"""What is asked of contacts, against the same in plain Python."""

import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.figures import count_in_frame
from lianfang.kernel.vocabulary import Decision
from lianfang.tracing.core import figures
from lianfang.tracing.core.state import NEEDS_CALL

NOW = dt.datetime(2022, 7, 8, 18)
TIMES = [NOW - n * dt.timedelta(hours=12) for n in range(4)]
AROUND = [NOW + n * dt.timedelta(hours=1) for n in (-1, 0, 1)]
KEPT = st.fixed_dictionaries(
    {
        "locating": st.just(7),
        "limit_due": st.sampled_from(AROUND),
        "limit_paused_at": st.sampled_from([None, NOW]),
    }
)
"""A limit that somebody did something to: a clock says by when it is due."""
BY_RULE = st.just({"locating": None, "limit_due": None, "limit_paused_at": None})
FACTS = st.fixed_dictionaries(
    {
        "decision": st.sampled_from([*Decision.codes(), None]),
        "category": st.sampled_from(["close_contact", "general_contact", "undecided", "outside_window"]),
        "is_case": st.sampled_from([True, False, None]),
        "located_at": st.sampled_from([None, NOW]),
        "proposed_at": st.sampled_from(TIMES),
    }
)
CONTACTS = st.builds(lambda facts, limit: facts | limit, FACTS, st.one_of(BY_RULE, KEPT))
SCHEMA = {
    "decision": pl.String,
    "category": pl.String,
    "is_case": pl.Boolean,
    "located_at": pl.Datetime("us"),
    "proposed_at": pl.Datetime("us"),
    "locating": pl.Int64,
    "limit_due": pl.Datetime("us"),
    "limit_paused_at": pl.Datetime("us"),
}


def is_late(row: dict, late_before: dt.datetime | None) -> bool:
    if row["located_at"] is not None:
        return False
    if row["locating"] is not None:
        return row["limit_paused_at"] is None and row["limit_due"] <= NOW
    return late_before is not None and row["proposed_at"] <= late_before


@given(st.lists(CONTACTS, max_size=8), st.sampled_from([None, *TIMES]))
def test_what_is_counted_of_contacts(rows: list[dict], late_before: dt.datetime | None) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    kept = [row for row in rows if row["decision"] != "refused" and row["category"].endswith("contact")]
    counted = [row for row in kept if not row["is_case"]]
    late = [row for row in counted if is_late(row, late_before)]
    assert count_in_frame(figures.CONTACTS, frame) == len(counted)
    assert count_in_frame(figures.LOCATED, frame) == sum(row["located_at"] is not None for row in counted)
    assert count_in_frame(figures.WAITING, frame) == sum(row["decision"] == "proposed" for row in counted)
    assert count_in_frame(figures.OVERDUE, frame, at=NOW, late_before=late_before) == len(late)
    for row in rows:
        assert NEEDS_CALL.holds(row) == (row["located_at"] is None and row in kept)
