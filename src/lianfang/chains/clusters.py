"""Chains and clusters, carried out: asks an engine where everybody was. Knows no database and no Django.

A notebook calls `find_clusters` with what `tracer.find_contacts` gave.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from lianfang.chains.core.clusters import windows
from lianfang.chains.core.clusters.exposure import plausible_exposure
from lianfang.chains.core.clusters.summary import Clusters, summarise
from lianfang.chains.core.clusters.windows import HOURS, KINDS, Presence
from lianfang.engines.engine import EngineName, open_session
from lianfang.kernel.text import Text
from lianfang.playbook.model import Playbook
from lianfang.presences.stored import opened_by
from lianfang.tracing.tracer import find_meetings

if TYPE_CHECKING:
    import ibis.expr.types as ir

STEPS = (
    ("visits", Text("查找病例到过的场所", "where the cases were")),
    ("everybody", Text("统计同场人员", "who else was there")),
    ("statistics", Text("计算传播特征", "statistics")),
)
"""The steps in their order; a caller is told each as it begins."""

SEED = 20201
"""Of the bootstrap, so that the same facts give the same interval."""


def _nobody_told(step: str) -> None:
    """Tell nobody."""


def where_everybody_was(
    presences: Any,
    exposed: pl.DataFrame,
    *,
    hours: int = HOURS,
    kinds: tuple[str, ...] = KINDS,
    engine: EngineName | None = None,
    progress: Callable[[str], None] = _nobody_told,
) -> Presence:
    """Ask the presences who was where while the cases may have been infected.

    Parameters
    ----------
    presences : frame, path, a sequence of them, PresenceStore or one moment of it (Snapshot)
        Schema `kernel.schema.PRESENCES`; Parquet files are scanned where they lie.
    exposed : polars.DataFrame
        Rows of `core.clusters.exposure.plausible_exposure`.
    hours : int
        Length of a window.
    kinds : tuple of str
        Kinds of place that are looked at.
    engine : {"duckdb", "spark"}, optional
        What carries the queries out. When not given, what ``LIANFANG_ENGINE`` names, or else DuckDB.
    progress : callable
        Called with the name of each of `STEPS`.
    """
    if exposed.is_empty() or presences is None or (isinstance(presences, list) and not presences):
        return windows.nobody()
    import ibis

    since, until = windows.span_of(exposed)
    progress("visits")
    with open_session(engine) as session:
        opened = opened_by(session, presences)
        # Nothing outside of the span is looked at: of a store, only its days are read.
        table = opened.between(exposed["exposed_from"], exposed["exposed_to"])
        infected = ibis.memtable(exposed.select("case_id", "person_id"))
        of_cases = table.semi_join(infected, "person_id")
        spread = windows.in_windows(of_cases, since=since, until=until, hours=hours, kinds=kinds)
        visits = session.to_polars(windows.visits_of(spread, infected)).select(
            pl.col(name).cast(kind) for name, kind in windows.VISITS.items()
        )
        touched = windows.touched_by(visits, exposed, hours=hours)
        progress("everybody")
        places = ibis.memtable(touched)
        there = table.semi_join(places, "place_id")
        inside = windows.in_windows(there, since=since, until=until, hours=hours, kinds=kinds)
        asked: dict[str, tuple[ir.Table, Mapping[str, pl.DataType]]] = {
            "occupancy": (windows.occupancy_of(inside, places), windows.OCCUPANCY),
            "totals": (windows.totals_of(table, places, since=since, until=until), windows.TOTALS),
            "crowd": (
                windows.crowd_of(windows.in_windows(table, since=since, until=until, hours=hours, kinds=kinds)),
                windows.CROWD,
            ),
        }
        answers = {
            name: session.to_polars(query).select(pl.col(column).cast(kind) for column, kind in columns.items())
            for name, (query, columns) in asked.items()
        }
    return Presence(visits=visits, hours=hours, **answers)


def find_clusters(
    cases: pl.DataFrame,
    presences: Any,
    contacts: pl.DataFrame,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    interviews: pl.DataFrame | None = None,
    verdicts: pl.DataFrame | None = None,
    engine: EngineName | None = None,
    progress: Callable[[str], None] = _nobody_told,
) -> Clusters:
    """Describe the chains and clusters of an outbreak.

    Parameters
    ----------
    cases : polars.DataFrame
        Columns of `kernel.schema.CASES`.
    presences : frame, path, a sequence of them, PresenceStore, a Snapshot of one or None
        Schema `kernel.schema.PRESENCES`; None without presences.
    contacts : polars.DataFrame
        Rows of `tracer.find_contacts`.
    playbook : Playbook
        The policy under which the contacts were found.
    as_of : datetime
        Naive local time of reckoning.
    interviews : polars.DataFrame, optional
        ``case_id, person_id, relation``.
    verdicts : polars.DataFrame, optional
        What people decided about links (`core.verdicts.VERDICTS`).
    engine : {"duckdb", "spark"}, optional
        What carries the queries out. When not given, what ``LIANFANG_ENGINE`` names, or else DuckDB.
    progress : callable
        Called with the name of each of `STEPS` as it begins.

    Returns
    -------
    Clusters
        The same for the same rows in any order.
    """
    exposed = plausible_exposure(cases, playbook.natural_history.incubation)
    known = where_everybody_was(presences, exposed, engine=engine, progress=progress)
    together = None
    if presences is not None:
        with open_session(engine) as session:
            together = find_meetings(cases, presences, playbook=playbook, as_of=as_of, session=session)
    progress("statistics")
    return summarise(
        cases,
        contacts,
        known,
        playbook=playbook,
        as_of=as_of,
        chance=np.random.default_rng(SEED),
        interviews=interviews,
        together=together,
        verdicts=verdicts,
    )
