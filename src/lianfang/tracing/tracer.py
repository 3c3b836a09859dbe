"""Tracing, carried out: cases and presences in, contacts out. Opens an engine, knows no database and no Django.

``import lianfang; lianfang.trace(cases, presences)`` is this module's `trace`.
"""

import datetime as dt
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from lianfang.cases.core.window import infectious_windows, plain_lookback, problems, sound
from lianfang.kernel.engine import EngineName, open_session
from lianfang.kernel.errors import Misused
from lianfang.kernel.schema import CASES
from lianfang.kernel.text import Lang, Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.model import LookbackRule, Playbook
from lianfang.tracing.core.seats import SeatRules, seat_rules
from lianfang.tracing.tables import Opened, Sources, open_presences, read_frame

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend

Degrees = Literal[1, 2]

SECOND: dict[str, Any] = {
    "via_person_id": pl.String,
    "person_id": pl.String,
    "place_kind": pl.String,
    "microseconds": pl.Int64,
    "encounters": pl.Int64,
    "first_contact": pl.Datetime("us"),
    "last_contact": pl.Datetime("us"),
}
"""Columns of `core.degrees.second_degree`."""


@dataclass(frozen=True)
class Traced:
    """What a run gives.

    Attributes
    ----------
    contacts : pl.DataFrame
        Schema `kernel.schema.TRACED`.
    refused : pl.DataFrame
        Rows of the input that were not used; schema `kernel.schema.REFUSALS`.
    without_window : list
        Case ids that have no infectious window, each with the reason.
    as_of : datetime or None
        The time of reckoning that was used.
    """

    contacts: pl.DataFrame
    refused: pl.DataFrame
    without_window: list[tuple[str, Text]]
    as_of: dt.datetime | None


def trace(
    cases: pl.DataFrame | str | Path,
    presences: Sources,
    *,
    lookback: int | Sequence[LookbackRule] = 2,
    min_minutes: float = 15,
    degrees: Degrees = 1,
    second_kinds: Sequence[str] | None = None,
    latent_hours: float = 0,
    as_of: dt.datetime | None = None,
    isolations: pl.DataFrame | None = None,
    engine: EngineName = "duckdb",
) -> pl.DataFrame:
    """Find the contacts of cases among presences.

    Parameters
    ----------
    cases : pl.DataFrame or path
        Columns of `kernel.schema.CASES`.
    presences : pl.DataFrame, path, or a sequence of them
        Columns of `kernel.schema.PRESENCES`; Parquet files are scanned where they lie.
    lookback : int or sequence of LookbackRule
        Days before onset (or sampling), or the rules of a playbook.
    min_minutes : float
        Minutes from which shared presence counts; in a dwelling any overlap does.
    degrees : {1, 2}
        Whether contacts of contacts are sought too.
    second_kinds : sequence of str, optional
        Place kinds of a contact's presences that count for the second degree; all, when not given.
    latent_hours : float
        Hours from a contact's first contact until the contact counts as a source.
    as_of : datetime, optional
        Naive local time of reckoning; the latest end in `presences`, when not given.
    isolations : pl.DataFrame, optional
        ``person_id, isolated_at`` of contacts that are isolated already.
    engine : {"duckdb", "spark"}
        What carries the query out.

    Returns
    -------
    pl.DataFrame
        Columns and order of `kernel.schema.TRACED`, see `docs/algorithms/tracing.md`.

    Raises
    ------
    Refused
        When an input as a whole cannot be used. Single rows that cannot be used are counted in a warning; the command
        ``lianfang trace`` lists them.
    """
    done = trace_tables(
        cases,
        presences,
        lookback=lookback,
        min_minutes=min_minutes,
        degrees=degrees,
        second_kinds=second_kinds,
        latent_hours=latent_hours,
        as_of=as_of,
        isolations=isolations,
        engine=engine,
        lang="en",
    )
    if done.refused.height:
        first = done.refused.row(0, named=True)
        warnings.warn(
            f"{done.refused.height} rows were not used; the first: "
            f"{first['file']} line {first['line']}: {first['reason']}",
            stacklevel=2,
        )
    for case_id, reason in done.without_window:
        warnings.warn(f"case {case_id}: {reason.en}", stacklevel=2)
    return done.contacts


def trace_tables(
    cases: pl.DataFrame | str | Path,
    presences: Sources,
    *,
    lookback: int | Sequence[LookbackRule],
    min_minutes: float,
    degrees: Degrees,
    second_kinds: Sequence[str] | None,
    latent_hours: float,
    as_of: dt.datetime | None,
    isolations: pl.DataFrame | None = None,
    engine: EngineName = "duckdb",
    lang: Lang = "zh",
    progress: Callable[[Text], None] | None = None,
) -> Traced:
    """Do what `trace` does and hand back, beside the contacts, all that could not be used.

    `progress` is told what is being done, and an empty `Text` at the end.
    """
    tell = progress or (lambda step: None)
    if second_kinds is not None and (unknown := sorted(set(second_kinds) - set(PlaceKind.codes()))):
        words, known = ", ".join(unknown), ", ".join(PlaceKind.codes())
        raise Misused(Text(f"没有这样的场所类型:{words};可用:{known}", f"no such place kind: {words}; use {known}"))
    from lianfang.tracing.core.degrees import assemble, carriers, plain_thresholds

    rules = plain_lookback(lookback) if isinstance(lookback, int) else lookback
    thresholds = plain_thresholds(min_minutes)
    tell(Text("读取病例 …", "reading cases …"))
    _, used, refused = read_frame(cases, CASES, lang=lang)
    with open_session(engine) as session:
        tell(Text("读取在场记录 …", "reading presences …"))
        opened = open_presences(session, presences, lang=lang)
        at = as_of or opened.latest_end(session)
        windows = infectious_windows(used, lookback=rules, as_of=at)
        tell(Text("寻找接触者 …", "finding contacts …"))
        first = _first(session, opened, windows, thresholds)
        carried = carriers(first, cases=used, latent_hours=latent_hours, as_of=at, isolations=isolations)
        carried = carried if degrees == 2 else carried.clear()
        tell(Text("寻找接触者的接触者 …", "finding contacts of contacts …") if degrees == 2 else Text("", ""))
        second = _second(session, opened, carried, first, used, thresholds, second_kinds)
    tell(Text("", ""))
    contacts = assemble(first, second, carried, cases=used)
    return Traced(contacts, pl.concat([refused, opened.refused]), problems(windows), at)


def find_contacts(
    cases: pl.DataFrame,
    presences: Sources | Opened | None,
    interviews: pl.DataFrame,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    isolations: pl.DataFrame | None = None,
    session: "SQLBackend | None" = None,
) -> pl.DataFrame:
    """Find every contact that a playbook knows, from presences and interviews together.

    Parameters
    ----------
    cases : pl.DataFrame
        Schema `kernel.schema.CASES` (and ``found_by`` where the playbook's look-back asks for it).
    presences : frame, path, a sequence of them, Opened or None
        Schema `kernel.schema.PRESENCES`; what `open_presences` gave when `session` is handed in.
    interviews : pl.DataFrame
        Schema `kernel.schema.INTERVIEWS`.
    playbook : Playbook
        Look-back, thresholds by place kind, the second degree, categories.
    as_of : datetime
        Naive local time of reckoning.
    isolations : pl.DataFrame, optional
        ``person_id, isolated_at`` of contacts that are isolated already.
    session : SQLBackend, optional
        An open engine; one is opened when it is not given.

    Returns
    -------
    pl.DataFrame
        Schema `kernel.schema.CONTACTS`: one row a case, person, degree and place kind. Rows known by interview alone
        have empty minutes and encounters.

    Notes
    -----
    The second degree is sought through contacts whom the playbook calls close contacts, not through general contacts.
    """
    from lianfang.tracing.core.contacts import assemble_contacts, categorise, close_only, join_interviews, thresholds_of
    from lianfang.tracing.core.degrees import carriers

    with _session(session) as engine:
        opened = (
            presences
            if isinstance(presences, Opened)
            else open_presences(engine, () if presences is None else presences)
        )
        windows = infectious_windows(cases, lookback=playbook.lookback, as_of=as_of)
        seats = seat_rules(playbook)
        met = _first(engine, opened, windows, thresholds_of(playbook, degree=1), seats)
        first = join_interviews(met, interviews, windows=windows)
        first = categorise(first, degree=1, playbook=playbook)
        second_rule = playbook.tracing.second_degree
        carried = carriers(
            close_only(first), cases=cases, latent_hours=second_rule.latent_hours, as_of=as_of, isolations=isolations
        )
        carried = carried if second_rule.traced else carried.clear()
        far = thresholds_of(playbook, degree=2)
        second = _second(engine, opened, carried, first, cases, far, second_rule.place_kinds, seats)
    return assemble_contacts(first, second, carried, cases=cases, playbook=playbook)


@contextmanager
def _session(session: "SQLBackend | None") -> "Iterator[SQLBackend]":
    if session is not None:
        yield session
    else:
        with open_session() as own:
            yield own


def _first(
    session: "SQLBackend",
    opened: Opened,
    windows: pl.DataFrame,
    thresholds: Mapping[str, float],
    seats: SeatRules | None = None,
) -> pl.DataFrame:
    from lianfang.tracing.core.degrees import first_degree

    spans = sound(windows).select("case_id", "person_id", "infectious_from", "infectious_to")
    near = _between(opened.table, spans["infectious_from"], spans["infectious_to"])
    expression = first_degree(_table(spans), near, thresholds=thresholds, seats=_asked(seats, opened))
    return _marked(_carry_out(session, expression), seats)


def _second(
    session: "SQLBackend",
    opened: Opened,
    carried: pl.DataFrame,
    first: pl.DataFrame,
    cases: pl.DataFrame,
    thresholds: Mapping[str, float],
    kinds: Sequence[str] | None,
    seats: SeatRules | None = None,
) -> pl.DataFrame:
    from lianfang.tracing.core.degrees import second_degree

    if carried.is_empty():
        return _marked(pl.DataFrame(schema=SECOND), seats)
    excluded = pl.concat([first.select("person_id"), cases.select("person_id")]).unique()
    expression = second_degree(
        _table(carried.select("person_id", "time_from", "time_to")),
        _table(excluded),
        _between(opened.table, carried["time_from"], carried["time_to"]),
        thresholds=thresholds,
        kinds=None if kinds is None else [str(kind) for kind in kinds],
        seats=_asked(seats, opened),
    )
    return _marked(_carry_out(session, expression), seats)


def _asked(seats: SeatRules | None, opened: Opened) -> SeatRules | None:
    """Return the seat rules where they can keep anybody apart; else no seat is looked at, and it costs nothing."""
    return seats if seats is not None and seats.narrowing and "seat" in opened.table.columns else None


def _marked(rows: pl.DataFrame, seats: SeatRules | None) -> pl.DataFrame:
    """Say that nobody knows the seats of meetings in vehicles, where a rule asks for them and none were looked at."""
    if seats is None or "seat_unknown" in rows.columns:
        return rows
    in_vehicle = pl.col("place_kind") == PlaceKind.VEHICLE.value
    return rows.with_columns(seat_unknown=in_vehicle if seats.narrowing else pl.lit(False))


def _between(presences: "ir.Table", since: pl.Series, until: pl.Series) -> "ir.Table":
    """Leave out what lies before or after every span: the engine skips those parts of a file altogether."""
    if since.is_empty():
        return presences
    return presences.filter(presences.end > since.min(), presences.start < until.max())


def _table(frame: pl.DataFrame) -> "ir.Table":
    import ibis

    return ibis.memtable(frame)


def _carry_out(session: "SQLBackend", expression: "ir.Table") -> pl.DataFrame:
    rows: pl.DataFrame = session.to_polars(expression)
    moments = [name for name, kind in rows.schema.items() if isinstance(kind, pl.Datetime)]
    return rows.with_columns(pl.col(moments).cast(pl.Datetime("us")))
