"""``pandas.merge`` on the place, as one would write it in a notebook, with the ids as categories to save memory."""

import datetime as dt
import resource
from pathlib import Path
from typing import Any

import polars as pl

from bench.ways import ANSWER, MICROSECONDS, windows

MEMORY = 14 * 2**30
"""Address space that it may take; the machine has other work. Beyond it the result says so."""


class Here:
    """pandas, everything in memory."""

    def imports(self) -> None:
        import pandas  # noqa: F401
        import pyarrow.parquet  # noqa: F401

    def build(self, data: Path, home: Path) -> None:
        """Nothing to build."""

    def files(self, data: Path, home: Path) -> list[Path]:
        return [data / "presences.parquet"]

    def open(self, data: Path, home: Path, as_of: dt.datetime) -> None:
        import pyarrow.parquet as pq

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        ids = ["person_id", "place_id", "place_kind"]
        table = pq.read_table(data / "presences.parquet", read_dictionary=ids).unify_dictionaries()
        self.presences = table.to_pandas(self_destruct=True, split_blocks=True)
        self.as_of = as_of

    def ask(self, cases: pl.DataFrame, degrees: int) -> Any:
        import pandas as pd

        spans = windows(cases, self.as_of)
        spans = pd.DataFrame({name: spans[name].to_list() for name in spans.columns})
        one = self._meet(spans, "case_id")
        dwelling = one.place_kind == "dwelling"
        one = one[(one.microseconds >= MICROSECONDS) | dwelling]
        if degrees == 1:
            return one.assign(degree=1, via_person_id=None)
        ill = set(spans.person_id)
        first = one.sort_values(["first_contact", "case_id"]).drop_duplicates("person_id")
        first = first[~first.person_id.isin(ill)]
        via = pd.DataFrame({"person_id": first.person_id, "since": first.first_contact, "until": self.as_of})
        via["via_person_id"] = via.person_id
        two = self._meet(via, "via_person_id", ill | set(one.person_id))
        two = two[two.begun.notna()].sort_values(["begun", "via_person_id", "place_kind"]).drop_duplicates("person_id")
        two = two.merge(first[["person_id", "case_id"]].rename(columns={"person_id": "via_person_id"}))
        return pd.concat([one.assign(degree=1, via_person_id=None), two.assign(degree=2)])

    def _meet(self, spans: Any, key: str, known: Any = ()) -> Any:
        """Sums over the overlaps of the people of `spans`, within their spans, with everybody else."""
        import numpy as np

        all_of_them = self.presences
        own = all_of_them[all_of_them.person_id.isin(spans.person_id)].astype({"person_id": str}).merge(spans)
        own["start"] = own[["start", "since"]].max(axis=1)
        own["end"] = own[["end", "until"]].min(axis=1)
        own = own[own.start < own.end]
        others = all_of_them[all_of_them.place_id.isin(own.place_id.unique())].drop(columns="place_kind")
        others = others[~others.person_id.isin(list(known))].astype({"person_id": str})
        pairs = own.merge(others, on="place_id", suffixes=("", "_met"))
        pairs = pairs[pairs.person_id != pairs.person_id_met]
        pairs["first"] = np.maximum(pairs.start.values, pairs.start_met.values)
        pairs["last"] = np.minimum(pairs.end.values, pairs.end_met.values)
        pairs = pairs[pairs["first"] < pairs["last"]]
        pairs["us"] = (pairs["last"] - pairs["first"]) // np.timedelta64(1, "us")
        pairs["begun"] = pairs["first"].where((pairs.us >= MICROSECONDS) | (pairs.place_kind == "dwelling"))
        groups = pairs.groupby([key, "person_id_met", "place_kind"], observed=True)
        sums = groups.agg(
            microseconds=("us", "sum"),
            encounters=("us", "size"),
            first_contact=("first", "min"),
            last_contact=("last", "max"),
            begun=("begun", "min"),
        )
        sums = sums.reset_index().rename(columns={"person_id_met": "person_id"})
        return sums.astype({"place_kind": str})

    def answer(self, given: Any) -> pl.DataFrame:
        columns = {
            name: pl.Series(name, [value if isinstance(value, str) else None for value in given[name]], pl.String)
            for name, kind in ANSWER.items()
            if kind == pl.String
        }
        for name in ("degree", "microseconds", "encounters"):
            columns[name] = pl.Series(name, given[name].to_numpy("int64"))
        for name in ("first_contact", "last_contact"):
            columns[name] = pl.Series(name, given[name].to_numpy("datetime64[us]"))
        return pl.DataFrame(columns)

    def more_memory(self) -> float:
        return 0.0
