"""What finds contacts: an engine over a table of presences, or the index of a presence store. Same rows from each."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Literal, Protocol

import polars as pl

from lianfang.engines.engine import chosen_engine, open_session
from lianfang.kernel.errors import Misused
from lianfang.kernel.schema import REFUSALS
from lianfang.kernel.text import Lang, Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.presences.core.seats import SeatRules
from lianfang.presences.opened import Opened, Sources

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend

    from lianfang.presences.store import PresenceStore
    from lianfang.presences.store.snapshot import Snapshot
    from lianfang.presences.stored import Stored

FinderName = Literal["index", "duckdb", "spark"]


class Finder(Protocol):
    """Both degrees over some presences."""

    is_ordered: bool
    """Whether rows come by case, then the most minutes first, then by person and place kind."""

    def latest_end(self) -> dt.datetime | None:
        """Return the latest end of a presence; None when there is none."""
        ...

    def first(
        self,
        spans: pl.DataFrame,
        thresholds: Mapping[str, float],
        seats: SeatRules | None = None,
        *,
        one_stay: bool = False,
    ) -> pl.DataFrame:
        """Find the contacts of the first degree.

        Parameters
        ----------
        spans : pl.DataFrame
            ``case_id, person_id, infectious_from, infectious_to``; one row a case with a sound window.
        thresholds : mapping
            Minutes by place kind, as for `core.degrees.first_degree`.
        seats : SeatRules, optional
            Who counts in a vehicle; without them no seat is looked at.
        one_stay : bool
            Records of one stay that overlap (a ticket and a check-in) count once.

        Returns
        -------
        pl.DataFrame
            Columns of `core.contact_rows.FIRST`, and ``seat_unknown`` where there are seat rules; with `one_stay` also
            ``joined``, how many overlaps went into another. Rows that are too short once they are joined are there
            too: `core.contact_rows.long_enough` drops them.
        """
        ...

    def second(
        self,
        carried: pl.DataFrame,
        excluded: pl.Series,
        thresholds: Mapping[str, float],
        kinds: Sequence[str] | None,
        seats: SeatRules | None = None,
        *,
        latest: bool = False,
    ) -> pl.DataFrame:
        """Find the contacts of the second degree.

        Parameters
        ----------
        carried : pl.DataFrame
            Columns of `core.contact_rows.CARRIERS`, as `carriers` there gives them.
        excluded : pl.Series
            Ids of every case and every contact of the first degree.
        thresholds, kinds, seats
            As for `core.degrees.second_degree`.
        latest : bool
            Whether to say when each of them last met any v long enough, in a column ``latest``.

        Returns
        -------
        pl.DataFrame
            Columns of `core.contact_rows.SECOND`, and ``seat_unknown`` where there are seat rules.
        """
        ...


class EngineFinder:
    """Both degrees as expressions, carried out by an open engine."""

    is_ordered = False

    def __init__(self, session: "SQLBackend", opened: "Opened | Stored") -> None:
        self.session, self.opened = session, opened

    def latest_end(self) -> dt.datetime | None:
        """See `Finder.latest_end`."""
        return self.opened.latest_end(self.session)

    def first(
        self,
        spans: pl.DataFrame,
        thresholds: Mapping[str, float],
        seats: SeatRules | None = None,
        *,
        one_stay: bool = False,
    ) -> pl.DataFrame:
        """See `Finder.first`."""
        from lianfang.presences.core.degrees import first_degree

        near = self.opened.between(spans["infectious_from"], spans["infectious_to"])
        asked = asked_seats(seats, near)
        expression = first_degree(_table(spans), near, thresholds=thresholds, seats=asked, one_stay=one_stay)
        return marked(self._carry_out(expression), seats)

    def second(
        self,
        carried: pl.DataFrame,
        excluded: pl.Series,
        thresholds: Mapping[str, float],
        kinds: Sequence[str] | None,
        seats: SeatRules | None = None,
        *,
        latest: bool = False,
    ) -> pl.DataFrame:
        """See `Finder.second`."""
        from lianfang.presences.core.contact_rows import SECOND
        from lianfang.presences.core.degrees import second_degree

        if carried.is_empty():
            nobody = marked(pl.DataFrame(schema=SECOND), seats)
            return nobody.with_columns(latest=pl.lit(None, pl.Datetime("us"))) if latest else nobody
        near = self.opened.between(carried["time_from"], carried["time_to"])
        expression = second_degree(
            _table(carried.select("person_id", "time_from", "time_to")),
            _table(excluded.to_frame("person_id")),
            near,
            thresholds=thresholds,
            kinds=None if kinds is None else [str(kind) for kind in kinds],
            seats=asked_seats(seats, near),
            latest=latest,
        )
        return marked(self._carry_out(expression), seats)

    def _carry_out(self, expression: "ir.Table") -> pl.DataFrame:
        rows: pl.DataFrame = self.session.to_polars(expression)
        moments = [name for name, kind in rows.schema.items() if isinstance(kind, pl.Datetime)]
        return rows.with_columns(pl.col(moments).cast(pl.Datetime("us")))


def marked(rows: pl.DataFrame, seats: SeatRules | None) -> pl.DataFrame:
    """Say that nobody knows the seats of meetings in vehicles, where a rule asks for them and none were looked at."""
    if seats is None or "seat_unknown" in rows.columns:
        return rows
    in_vehicle = pl.col("place_kind") == PlaceKind.VEHICLE.value
    return rows.with_columns(seat_unknown=in_vehicle if seats.narrowing else pl.lit(False))


@contextmanager
def open_finder(
    presences: "Sources | Opened | PresenceStore | Snapshot | None",
    *,
    engine: FinderName | None = None,
    session: "SQLBackend | None" = None,
    lang: Lang = "zh",
) -> Iterator[tuple[Finder, pl.DataFrame]]:
    """Open what finds contacts among presences.

    Parameters
    ----------
    presences : frame, path, a sequence of them, Opened, PresenceStore, one moment of it (Snapshot) or None
        Schema `kernel.schema.PRESENCES`.
    engine : {"index", "duckdb", "spark"}, optional
        What ``LIANFANG_ENGINE`` names, when not given; where that names none, the index of a presence store, and DuckDB
        over files and frames.
    session : SQLBackend, optional
        An engine that is open already; it stays open.
    lang : {"zh", "en"}
        Language of refusals.

    Yields
    ------
    finder : Finder
    refused : pl.DataFrame
        Rows that are not used, schema `kernel.schema.REFUSALS`.

    Raises
    ------
    Misused
        When the index is asked for and there is no store.
    """
    from lianfang.presences.store.snapshot import Snapshot
    from lianfang.presences.store.store import PresenceStore

    if session is None:
        engine = engine or chosen_engine()
    if isinstance(presences, (PresenceStore, Snapshot)) and engine in (None, "index"):
        yield presences if isinstance(presences, Snapshot) else presences.snapshot(), REFUSALS.empty()
        return
    if engine == "index":
        raise Misused(
            Text(
                "索引属于在场记录库：请用 --store，或对文件改用 duckdb 或 spark",
                "the index belongs to a presence store: use --store, or duckdb or spark over files",
            )
        )
    from lianfang.presences.stored import opened_by

    with nullcontext(session) if session is not None else open_session(engine) as own:
        opened = opened_by(own, presences, lang=lang)
        yield EngineFinder(own, opened), opened.refused


def asked_seats(seats: SeatRules | None, presences: "ir.Table") -> SeatRules | None:
    """Return the seat rules where they can keep anybody apart; else no seat is looked at, and it costs nothing."""
    return seats if seats is not None and seats.narrowing and "seat" in presences.columns else None


def _table(frame: pl.DataFrame) -> "ir.Table":
    import ibis

    return ibis.memtable(frame)
