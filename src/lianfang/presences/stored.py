"""The Parquet files of a presence store as a table of the open engine, read where they lie.

What a store holds was cleaned when it came in, so no row is looked at again; and a question reads the files of its own
days alone.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from lianfang.engines.engine import scan_parquet
from lianfang.kernel.schema import REFUSALS
from lianfang.kernel.text import Lang
from lianfang.presences.opened import COLUMNS, SEATS, Opened, Sources, nothing, open_presences
from lianfang.presences.store.segments import overlapping
from lianfang.presences.store.snapshot import Snapshot
from lianfang.presences.store.store import PresenceStore

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend

    from lianfang.presences.store.manifest import SegmentFile

_MOMENTS = {"start": "timestamp_ntz", "end": "timestamp_ntz"}


class Stored:
    """A moment of a store, ready for expressions; the same as `tables.Opened` to who asks.

    Parameters
    ----------
    session : SQLBackend
        From `lianfang.engines.engine.open_session`.
    moment : Snapshot
        Its index is not touched.
    """

    def __init__(self, session: "SQLBackend", moment: Snapshot) -> None:
        self._session, self._moment = session, moment
        self.refused = REFUSALS.empty()

    @cached_property
    def table(self) -> "ir.Table":
        """All presences; see `tables.Opened`."""
        return self._of(self._moment.manifest.segments)

    def between(self, since: pl.Series, until: pl.Series) -> "ir.Table":
        """Leave out what lies before or after every span: files of other days are not opened."""
        some = self._moment.manifest.segments
        lo, hi = (moments.cast(pl.Datetime("us")).to_physical().to_numpy() for moments in (since, until))
        table = self._of([some[n] for n in overlapping(some, lo, hi)])
        return table.filter(table.end > since.min(), table.start < until.max()) if since.len() else table

    def latest_end(self, session: "SQLBackend") -> dt.datetime | None:
        """Return the latest end of a presence; None when there is none. The manifest knows it."""
        return self._moment.latest_end()

    def _of(self, some: "Sequence[SegmentFile]") -> "ir.Table":
        import ibis

        if not some:
            return nothing()
        names = [*COLUMNS, *SEATS]
        kinds = {name: _MOMENTS.get(name, "string") for name in names}
        raw = scan_parquet(self._session, self._moment.files.locations([one.data for one in some]), kinds)
        # Not every segment names vehicle kinds: where none does, no seat is looked at.
        seats = {"seat": ibis.null("string")} if "vehicle" in raw.columns and "seat" not in raw.columns else {}
        kept = names if "vehicle" in raw.columns else COLUMNS
        return raw.mutate(start=raw.start.cast("timestamp(6)"), end=raw.end.cast("timestamp(6)"), **seats).select(kept)


def opened_by(
    session: "SQLBackend",
    presences: "Sources | Opened | Stored | PresenceStore | Snapshot | None",
    *,
    lang: Lang = "zh",
) -> "Opened | Stored":
    """Hand presences of any sort to an engine; a store as it is at this moment.

    Raises
    ------
    Refused
        When a file cannot be opened or lacks a required column.
    """
    if isinstance(presences, (Opened, Stored)):
        return presences
    if isinstance(presences, PresenceStore):
        presences = presences.moment()
    if isinstance(presences, Snapshot):
        return Stored(session, presences)
    return open_presences(session, () if presences is None else presences, lang=lang)
