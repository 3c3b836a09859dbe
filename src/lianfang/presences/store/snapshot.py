"""One moment of a store, opened: its ids, the arrays of its segments, and both degrees over them."""

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES
from lianfang.kernel.text import Text
from lianfang.presences.core.contact_rows import FIRST, SECOND
from lianfang.presences.core.index.segment import KINDS, Segment, rows_of_person
from lianfang.presences.core.seats import SeatRules
from lianfang.presences.core.shared_stays import STAYS, WHERE, one_stay_each
from lianfang.presences.store.bundle import read_ahead
from lianfang.presences.store.files import Files
from lianfang.presences.store.ids import Ids
from lianfang.presences.store.manifest import Manifest, Part
from lianfang.presences.store.segments import (
    groups_of_places,
    groups_of_rows,
    open_segment,
    overlapping,
    read_groups,
    read_rows,
)

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

from lianfang.presences.store.asking import EPOCH, micros, reads, rules_of, span, sums, with_seats

FEW = 50
"""Persons up to whom a question touches so little of the index that it is not read ahead."""

PAIRS = 10_000
"""Pairs whose shared stays are asked for at a time."""

REQUESTS = 16
"""Requests to the disk at a time."""

THREADS = min(os.cpu_count() or 1, 8)


class Snapshot:
    """A moment of a store, for reading. What is written later is not seen.

    Parameters
    ----------
    files : Files
    manifest : Manifest
    """

    is_ordered = True

    def __init__(self, files: Files, manifest: Manifest) -> None:
        self.files = files
        self.manifest = manifest
        self._segments: dict[int, Segment] = {}
        self._rows: dict[int, npt.NDArray[np.int64]] = {}

    def opened(self) -> "Snapshot":
        """Map everything that tracing reads; from then on no file of it need stay where it is.

        Of a store elsewhere nothing: what is mapped has to be copied, so a segment comes when a question reaches into
        its day.
        """
        if self.files.is_local:
            _ = self.persons, self.places
            self._open(range(len(self.manifest.segments)))
        return self

    @contextmanager
    def _there(self) -> Iterator[None]:
        """Say in words that a file of a store elsewhere is gone; on this machine the caller asks the newest moment.

        Raises
        ------
        Refused
        """
        try:
            yield
        except FileNotFoundError:
            if self.files.is_local:
                raise
            raise Refused(
                Text(
                    f"{self.files.url} 在查询期间被改写：请重试",
                    f"{self.files.url} was rewritten while it was asked: try again",
                )
            ) from None

    @property
    def content(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """See `Manifest.content`."""
        return self.manifest.content

    @property
    def content_digest(self) -> str:
        """See `Manifest.content_digest`."""
        return self.manifest.content_digest

    def paths(self) -> list[str]:
        """Return where the Parquet files lie, for an engine: local paths, or URLs."""
        return self.files.locations([one.data for one in self.manifest.segments])

    @cached_property
    def persons(self) -> Ids:
        """The ids of persons."""
        return self._ids(self.manifest.persons)

    @cached_property
    def places(self) -> Ids:
        """The ids of places."""
        return self._ids(self.manifest.places)

    def _ids(self, parts: Sequence[Part]) -> Ids:
        with self._there():
            files = [(p.base, self.files.local(p.path)) for p in parts]
        return Ids(files, sum(p.count for p in parts))

    def _segment(self, number: int) -> Segment:
        """Map a segment into memory, once."""
        held = self._segments.get(number)
        if held is None:
            with self._there():
                held = self._segments[number] = open_segment(self.files, self.manifest.segments[number])
        return held

    def _open(self, numbers: Sequence[int]) -> list[Segment]:
        """Map segments; those that have to be fetched from elsewhere come side by side."""
        fresh = [n for n in numbers if n not in self._segments]
        if len(fresh) > 1 and not self.files.is_local:
            with ThreadPoolExecutor(REQUESTS) as many:
                list(many.map(self._segment, fresh))
        return [self._segment(n) for n in numbers]

    def _table(self, numbers: Sequence[int]) -> npt.NDArray[np.int64]:
        """The table of some segments for compiled code; valid as long as the snapshot lives."""
        from lianfang.presences.core.index.layout import table_of

        for number, segment in zip(numbers, self._open(numbers), strict=True):
            if number not in self._rows:
                self._rows[number] = table_of([segment])
        return np.concatenate([table_of([]), *(self._rows[n] for n in numbers)])

    def _near(self, since: npt.NDArray[np.int64], until: npt.NDArray[np.int64]) -> list[int]:
        """The segments that a question about some spans may touch."""
        return overlapping(self.manifest.segments, since, until)

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """Threads that share the work."""
        return ThreadPoolExecutor(THREADS)

    def _expect(self, persons: int, near: Sequence[int]) -> None:
        """Tell the system whether to read the index here and there or far ahead, where it is not in memory yet."""
        read_ahead((self._segment(n).start for n in near), ahead=persons > FEW)

    def latest_end(self) -> dt.datetime | None:
        """Return the latest end of a presence; None when there is none."""
        latest = max((one.until for one in self.manifest.segments), default=None)
        return None if latest is None else EPOCH + dt.timedelta(microseconds=latest)

    def first(
        self,
        spans: pl.DataFrame,
        thresholds: Mapping[str, float],
        seats: SeatRules | None = None,
        *,
        one_stay: bool = False,
    ) -> pl.DataFrame:
        """See `tracing.finders.Finder.first`."""
        from lianfang.presences.core.index.first import fetch, first_degree

        spans = spans if spans["case_id"].is_sorted() else spans.sort("case_id")
        since, until, rules = (
            micros(spans["infectious_from"]),
            micros(spans["infectious_to"]),
            rules_of(thresholds, seats),
        )
        near = self._near(since, until)
        table = self._table(near)
        self._expect(spans.height, near)
        before = reads()
        codes = self.persons.codes(spans["person_id"])
        if spans.height <= FEW and reads() > before:  # the ids were not in memory, so the index is not either
            with ThreadPoolExecutor(REQUESTS) as many:
                fetch(table, codes, since, until, rules, threads=many)
        met = first_degree(table, codes, since, until, rules, threads=self.threads, shares=THREADS)
        if not self.persons.is_in_order:
            same = (met.case[1:] == met.case[:-1]) & (met.microseconds[1:] == met.microseconds[:-1])
            order = self._untied(np.arange(met.case.size), same, met.person, met.kind)
            met = met._replace(**{name: column[order] for name, column in met._asdict().items()})
        rows = pl.DataFrame(
            [
                spans["case_id"].gather(met.case),
                self.persons.texts(met.person).alias("person_id"),
                *sums(met.kind, met.microseconds, met.encounters, met.first, met.last),
            ],
            schema=FIRST,
        )
        rows = with_seats(rows, met.whole, seats)
        return self._one_stay_each(rows, spans, thresholds, seats) if one_stay else rows

    def _one_stay_each(
        self, rows: pl.DataFrame, spans: pl.DataFrame, thresholds: Mapping[str, float], seats: SeatRules | None
    ) -> pl.DataFrame:
        """Count records of one stay that overlap once: only those can be, who met more than once."""
        rows = rows.with_columns(joined=pl.lit(0, pl.Int64))
        again = rows.filter(pl.col("encounters") > 1).select("case_id", other_id="person_id").unique()
        if not again.height:
            return rows
        pairs = again.join(spans, on="case_id", maintain_order="left").select(
            "case_id", "person_id", "other_id", since="infectious_from", until="infectious_to"
        )
        parts = []
        for lo in range(0, pairs.height, PAIRS):  # not the presences of all of them at once
            told = self.shared(pairs.slice(lo, PAIRS), thresholds, seats)
            parts.append(one_stay_each(told.with_columns(pl.col("pair") + lo)))
        stays = pl.concat(parts)
        if not stays["joined"].sum():
            return rows
        told = pairs.with_row_index("pair").select(pl.col("pair").cast(pl.Int64), "case_id", person_id="other_id")
        length = (pl.col("end") - pl.col("start")).dt.total_microseconds()
        sums = (
            stays.join(told, on="pair")
            .group_by("case_id", "person_id", "place_kind")
            .agg(_micro=length.sum(), _count=pl.len().cast(pl.Int64), _joined=pl.col("joined").sum())
            .filter(pl.col("_joined") > 0)
        )
        return (
            rows.join(sums, on=["case_id", "person_id", "place_kind"], how="left", maintain_order="left")
            .with_columns(
                microseconds=pl.coalesce("_micro", "microseconds"),
                encounters=pl.coalesce("_count", "encounters"),
                joined=pl.coalesce("_joined", "joined"),
            )
            .select(rows.columns)
        )

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
        """See `tracing.finders.Finder.second`."""
        from lianfang.presences.core.index.latest import latest_meetings
        from lianfang.presences.core.index.near import NEVER, Via
        from lianfang.presences.core.index.second import second_degree

        ordered = carried if carried["person_id"].is_sorted() else carried.sort("person_id")
        since, until = micros(ordered["time_from"]), ordered["time_to"].to_physical().fill_null(NEVER).to_numpy()
        near = self._near(since, until)
        if not near:
            nobody = with_seats(pl.DataFrame(schema=SECOND), np.empty(0, np.uint8), seats)
            return nobody.with_columns(latest=pl.lit(None, pl.Datetime("us"))) if latest else nobody
        table = self._table(near)
        self._expect(carried.height, near)
        out = np.zeros(self.persons.count, np.uint8)
        codes = self.persons.codes(excluded)
        out[codes[codes >= 0]] = 1
        counted = {kind: minutes for kind, minutes in thresholds.items() if kinds is None or kind in kinds}
        via, rules = Via(self.persons.codes(ordered["person_id"]), since, until), rules_of(counted, seats)
        found = second_degree(table, via, out, rules, threads=self.threads, shares=THREADS)
        ranks = ordered["case_id"].rank("dense").to_numpy()
        order = self._order(ranks[found.via], found.microseconds, found.person, found.kind)
        found = found._replace(**{name: column[order] for name, column in found._asdict().items()})
        rows = pl.DataFrame(
            [
                ordered["person_id"].gather(found.via).alias("via_person_id"),
                self.persons.texts(found.person).alias("person_id"),
                *sums(found.kind, found.microseconds, found.encounters, found.first, found.last),
            ],
            schema=SECOND,
        )
        rows = with_seats(rows, found.whole, seats)
        if not latest:
            return rows
        person, count = found.person.astype(np.int64), self.persons.count
        ends = latest_meetings(table, via, person, rules, count=count, threads=self.threads, shares=THREADS)
        return rows.with_columns(pl.Series("latest", ends).cast(pl.Datetime("us")))

    def _order(
        self,
        case_rank: npt.NDArray[np.uint32],
        micro: npt.NDArray[np.int64],
        person: npt.NDArray[np.int64],
        kind: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.int64]:
        """The order of an output's rows, by numbers alone: case, minutes (longest first), person, kind."""
        bits = 44  # half a year of microseconds
        if not micro.size or int(micro.max()) >= 1 << bits or int(case_rank.max()) >= 1 << (63 - bits):
            return np.lexsort((kind, self.persons.ranks(person), -micro, case_rank))
        key = (case_rank.astype(np.int64) << bits) | ((1 << bits) - 1 - micro)
        order = np.argsort(key)
        key = key[order]
        return self._untied(order, key[1:] == key[:-1], person, kind)

    def _untied(
        self,
        order: npt.NDArray[np.int64],
        same: npt.NDArray[np.bool_],
        person: npt.NDArray[Any],
        kind: npt.NDArray[Any],
    ) -> npt.NDArray[np.int64]:
        """Put neighbours of one case and equal minutes (`same`: as the one before) in the order of person and kind."""
        tied = np.flatnonzero(np.concatenate((same, [False])) | np.concatenate(([False], same)))
        if tied.size:
            run = np.concatenate(([0], np.cumsum(~same)))[tied]
            rows = order[tied]
            order[tied] = rows[np.lexsort((kind[rows], self.persons.ranks(person[rows]), run))]
        return order

    def shared(
        self, pairs: pl.DataFrame, thresholds: Mapping[str, float], seats: SeatRules | None = None
    ) -> pl.DataFrame:
        """Find the stays that pairs of people shared, one by one; they sum up to the figures of `first` and `second`.

        Parameters
        ----------
        pairs : pl.DataFrame
            ``person_id, other_id, since, until``: whose presences expose, who was exposed, and within what time. For
            the first degree a case with its infectious window, for the second v with v's time.
        thresholds : mapping
            The place kinds that count are its keys; how long is enough is not asked.
        seats : SeatRules, optional
            As for `first`.

        Returns
        -------
        pl.DataFrame
            Columns of `core.together.STAYS`, by pair, start, place and row.
        """
        from lianfang.presences.core.index.shared import Pairs, shared_stays, touch

        since, until = micros(pairs["since"]), micros(pairs["until"])
        near = self._near(since, until)
        if not near:
            return pl.DataFrame(schema=STAYS)
        table = self._table(near)
        self._expect(2 * pairs.height, near)
        own, other = (self.persons.codes(pairs[name]) for name in ("person_id", "other_id"))
        asked = Pairs(own, since, until, other)
        if pairs.height > REQUESTS:  # their rows lie all over the index; where it is not in memory, waiting adds up
            with ThreadPoolExecutor(REQUESTS) as many:
                touch(table, asked, threads=many)
        found = shared_stays(table, asked, rules_of(thresholds, seats))
        return pl.DataFrame(
            [
                pl.Series("pair", found.pair),
                self.places.texts(found.place).alias("place_id"),
                pl.Series("place_kind", KINDS, dtype=pl.String).gather(found.kind),
                pl.Series("start", found.start).cast(pl.Datetime("us")),
                pl.Series("end", found.end).cast(pl.Datetime("us")),
                pl.Series("seat_unknown", found.whole),
                # The table has the segments that were looked at; a stay names them by their place in the manifest.
                *(
                    pl.Series(name, np.array(near)[getattr(found, name)] if "segment" in name else getattr(found, name))
                    for name in WHERE
                ),
            ],
            schema=STAYS,
        ).sort("pair", "start", "place_id", "end", *WHERE)

    def seats_of(self, rows: Sequence[tuple[int, int]]) -> list[str]:
        """Return the seats of presences as their list wrote them, empty where it named none.

        Parameters
        ----------
        rows : sequence of (int, int)
            Segment and row, as `shared` gives them for this moment of the store.

        Notes
        -----
        Rows lie in a Parquet file as in its arrays, so one group of rows is read for each, and nothing is searched for.
        """
        by_segment: dict[int, list[int]] = {}
        for segment, row in set(rows):
            by_segment.setdefault(segment, []).append(row)
        told: dict[tuple[int, int], str] = {}
        for segment, wanted in by_segment.items():
            told |= {(segment, row): seat for row, seat in self._seats_in(segment, sorted(wanted))}
        return [told.get(one, "") for one in rows]

    def _seats_in(self, segment: int, wanted: list[int]) -> Iterator[tuple[int, str]]:
        import pyarrow.parquet as pq

        with (
            self._there(),
            self.files.open(self.manifest.segments[segment].data) as there,
            pq.ParquetFile(there) as file,
        ):
            if "seat" not in file.schema_arrow.names:
                return
            first, group, texts = 0, 0, None
            for row in wanted:
                while row >= first + file.metadata.row_group(group).num_rows:
                    first, group, texts = first + file.metadata.row_group(group).num_rows, group + 1, None
                if texts is None:
                    texts = file.read_row_group(group, columns=["seat"]).column("seat")
                yield row, str(texts[row - first].as_py() or "")

    def of_person(self, person_id: str, since: dt.datetime, until: dt.datetime) -> pl.DataFrame:
        """Return the presences of a person that overlap ``since ≤ t < until``, whole; schema `PRESENCES`."""
        code = int(self.persons.codes(pl.Series([person_id]))[0])
        asked = pl.col("person_id") == person_id, pl.col("start") < until, pl.col("end") > since
        found = [PRESENCES.empty()]
        for n in self._near(*span(since, until)) if code >= 0 else ():
            # Which rows are the person's, the arrays say; seat and source stand in the Parquet files.
            mine = rows_of_person(self._segment(n), code)
            if mine.size:
                rows = self._groups(n, partial(groups_of_rows, positions=mine))
                found.append(PRESENCES.conform(rows.filter(*asked)))
        return pl.concat(found).sort("start", "place_id", "end", "place_kind")

    def of_places(self, place_ids: Sequence[str], since: dt.datetime, until: dt.datetime) -> pl.DataFrame:
        """Return the presences in some places that overlap ``since ≤ t < until``, whole; schema `PRESENCES`."""
        places = sorted(set(place_ids))
        asked = pl.col("place_id").is_in(places), pl.col("start") < until, pl.col("end") > since
        found = [PRESENCES.empty()]
        for n in self._near(*span(since, until)) if places else ():
            rows = self._groups(n, partial(groups_of_places, places=places))
            found.append(PRESENCES.conform(rows.filter(*asked)))
        return pl.concat(found).sort("place_id", "start", "person_id", "end", "place_kind")

    def _groups(self, number: int, wanted: Callable[["FileMetaData"], Sequence[int]]) -> pl.DataFrame:
        with self._there():
            rows = read_groups(self.files, self.manifest.segments[number], wanted)
        return rows

    def rows(self) -> pl.DataFrame:
        """Return all presences, schema `PRESENCES`; for small stores and tests."""
        some = self.manifest.segments
        return PRESENCES.conform(read_rows(self.files, some)) if some else PRESENCES.empty()
