"""Where and when the cases of an outbreak met each other, asked of an engine; whatever a policy's look-back is."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from lianfang.engines.engine import open_session
from lianfang.playbook.model import Playbook
from lianfang.presences.core.seats import seat_rules

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend

BEFORE = dt.timedelta(days=60)
"""Longer ago than this before the first onset or sample no meeting matters: longer than any incubation period."""


def find_meetings(
    cases: pl.DataFrame,
    presences: Any,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    session: "SQLBackend | None" = None,
) -> pl.DataFrame:
    """Find the meetings of cases with each other.

    Parameters
    ----------
    cases : pl.DataFrame
        Schema `kernel.schema.CASES`.
    presences : frame, path, a sequence of them, PresenceStore, a Snapshot of one, Opened or None
        Schema `kernel.schema.PRESENCES`; what `open_presences` gave when `session` is handed in.
    playbook : Playbook
        Its rules of seats hold here as in tracing.
    as_of : datetime
        Naive local; what lies after it is not looked at.
    session : SQLBackend, optional
        An open engine; one is opened when it is not given.

    Returns
    -------
    pl.DataFrame
        Columns of `presences.core.meetings.MEETINGS`, sorted.
    """
    from lianfang.presences.core.meetings import MEETINGS, meetings_among

    person = pl.col("person_id").cast(pl.String) if "person_id" in cases.columns else pl.lit(None, pl.String)
    people = cases.select(person_id=pl.coalesce(person, pl.col("case_id").cast(pl.String))).unique().sort("person_id")
    days = cases.select(pl.min_horizontal(pl.col("onset_date").min(), pl.col("sampled_at").min()))
    first: dt.datetime | None = days.item() if cases.height else None
    if first is None or people.height < 2 or presences is None or (isinstance(presences, list) and not presences):
        return pl.DataFrame(schema=MEETINGS)
    import ibis

    from lianfang.presences.finders import asked_seats
    from lianfang.presences.stored import opened_by

    span = [pl.Series([moment], dtype=pl.Datetime("us")) for moment in (first - BEFORE, as_of)]
    with _session(session) as engine:
        near = opened_by(engine, presences).between(*span)
        near = near.mutate(end=ibis.least(near.end, ibis.literal(as_of)))
        near = near.filter(near.start < near.end)
        rules = asked_seats(seat_rules(playbook), near)
        rows = engine.to_polars(meetings_among(ibis.memtable(people), near, seats=rules))
    found: pl.DataFrame = rows.select(pl.col(name).cast(kind) for name, kind in MEETINGS.items())
    return found.sort("person_id", "other_id", "met_at", "place_kind", "place_id")


def _session(session: "SQLBackend | None") -> Any:
    from contextlib import nullcontext

    return nullcontext(session) if session is not None else open_session()
