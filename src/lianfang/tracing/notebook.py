"""A presence store as a notebook has it: ``lianfang.open_store(path)`` gives a store that traces.

The store itself stands left of tracing and knows nothing of cases; here both meet.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, cast

import polars as pl

from lianfang.kernel.text import Text
from lianfang.playbook.model import LookbackRule
from lianfang.presences import store as presences
from lianfang.presences.store import PresenceStore
from lianfang.tracing.tracer import trace

StoreEngine = Literal["index", "duckdb", "spark"]


class TracedStore(PresenceStore):
    """A presence store that finds the contacts of cases."""

    def trace(
        self,
        cases: pl.DataFrame | str | Path,
        *,
        lookback: int | Sequence[LookbackRule] = 2,
        min_minutes: float = 15,
        degrees: Literal[1, 2] = 1,
        second_kinds: Sequence[str] | None = None,
        latent_hours: float = 0,
        as_of: dt.datetime | None = None,
        isolations: pl.DataFrame | None = None,
        engine: StoreEngine | None = None,
    ) -> pl.DataFrame:
        """Find the contacts of cases; the same rows as `lianfang.trace` over the files that were taken in.

        Parameters
        ----------
        cases, lookback, min_minutes, degrees, second_kinds, latent_hours, as_of, isolations
            As for `lianfang.trace`.
        engine : {"index", "duckdb", "spark"}, optional
            The index of the store, or an engine over its Parquet files; when not given, what ``LIANFANG_ENGINE`` names,
            or else the index.

        Returns
        -------
        pl.DataFrame
            Columns and order of `kernel.schema.TRACED`, see `docs/algorithms/tracing.md`.
        """
        return trace(
            cases,
            self,
            lookback=lookback,
            min_minutes=min_minutes,
            degrees=degrees,
            second_kinds=second_kinds,
            latent_hours=latent_hours,
            as_of=as_of,
            isolations=isolations,
            engine=engine,
        )


def open_store(
    path: str | Path,
    *,
    create: bool = True,
    patience: float = 0,
    waiting: Callable[[Text], None] | None = None,
) -> TracedStore:
    """Open a presence store, to trace over it.

    Parameters
    ----------
    path : str or Path
        A folder, or an fsspec URL such as ``s3://bucket/store``.
    create : bool
        Whether a store that is not there is made.
    patience, waiting
        How many seconds writing waits for others who write, and what is told meanwhile; see
        `lianfang.presences.store.store.open_store`.

    Raises
    ------
    Refused
        When there is no store and none is to be made.
    """
    return cast(
        "TracedStore", presences.open_store(path, create=create, patience=patience, waiting=waiting, kind=TracedStore)
    )
