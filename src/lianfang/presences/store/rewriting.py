"""Segments written anew: rows whose ids the store knows already."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from lianfang.presences.store.files import Files
from lianfang.presences.store.ids import Ids
from lianfang.presences.store.manifest import Manifest, Part, SegmentFile
from lianfang.presences.store.segments import SOURCE_COLUMN, settings_of, write_segment


class Writer:
    """Writes segments of rows whose ids a moment of a store knows.

    To make one reads all ids; it serves later moments too, as long as their ids are the same (`serves`).
    """

    def __init__(self, files: Files, manifest: Manifest) -> None:
        self.files = files
        self._of = _id_files(manifest)
        self.persons = ids_of(files, manifest.persons)
        self.places = ids_of(files, manifest.places)
        self.cabins = ids_of(files, manifest.cabins)
        places = self.places.every
        self.ranks = np.empty(len(places), np.uint32)
        self.ranks[places.arg_sort().to_numpy()] = np.arange(len(places), dtype=np.uint32)
        self.place_texts = places.to_arrow()

    def serves(self, manifest: Manifest) -> bool:
        """Whether a moment has the ids that this writer has read."""
        return self._of == _id_files(manifest)

    def write(self, workshop: Path, day: str, rows: pl.DataFrame) -> SegmentFile:
        """Write the rows of one day, as `segments.read_rows` gives them, and put them into the store."""
        texts: dict[str, pl.Series] = {
            name: rows[name].fill_null("") for name in ("seat", "source") if name in rows.columns
        }
        return write_segment(
            self.files,
            workshop,
            int(np.datetime64(day, "D").astype(np.int64)),
            person=codes_of(self.persons, rows["person_id"]),
            place=codes_of(self.places, rows["place_id"]),
            setting=settings_of(rows),
            start=rows["start"].to_physical().to_numpy(),
            end=rows["end"].to_physical().to_numpy(),
            persons=self.persons.every,
            places=self.place_texts,
            place_ranks=self.ranks,
            source_number=rows[SOURCE_COLUMN].to_numpy(),
            cabins=self.cabins,
            texts=texts,
        )


def codes_of(ids: Ids, texts: pl.Series) -> Any:
    """Return the code of each text; each different one is looked up once."""
    kinds = texts.unique()
    table = pl.DataFrame({"text": kinds, "code": ids.codes(kinds).astype(np.uint32)})
    return pl.DataFrame({"text": texts}).join(table, on="text", how="left", maintain_order="left")["code"].to_numpy()


def ids_of(files: Files, parts: Sequence[Part]) -> Ids:
    """Open the ids of one sort."""
    return Ids([(p.base, files.local(p.path)) for p in parts], sum(p.count for p in parts))


def _id_files(manifest: Manifest) -> list[list[Part]]:
    return [manifest.persons, manifest.places, manifest.cabins]
