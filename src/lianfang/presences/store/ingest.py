"""Presences into a store: any file or frame, unsorted, in bounded memory, once.

Batch by batch the source is spilled by day, with codes for its ids; then each day is sorted and written, and one
manifest makes all of it part of the store. Until then readers see nothing of it. A killed ingest goes on where it was:
the spill, and the days that are written, are kept under the digest of the source.
"""

import hashlib
import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from lianfang.intake.core.cells import read_text, tidy_column
from lianfang.intake.read import clean_rows, file_digest
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PRESENCES, REFUSALS
from lianfang.kernel.text import Lang, Text
from lianfang.presences.store.files import Files
from lianfang.presences.store.ids import Ids, write_ids
from lianfang.presences.store.manifest import Manifest, Part, SegmentFile, Source
from lianfang.presences.store.progress import Progress, Step, silent
from lianfang.presences.store.segments import cabin_texts, write_segment
from lianfang.presences.store.sources import Batch, batches
from lianfang.presences.store.spill import Spill, sync
from lianfang.presences.store.staging import foundation, prepared

SAFE_EVERY = 16_000_000
"""Rows after which what was taken is made safe."""

LARGE_DAY = 20_000_000
"""Rows of a day from which days are written one after the other: two at a time would take too much memory."""

REFUSED_KEPT = 100_000
"""Refused rows that are handed back in words; more are counted."""

HASHING = Step("计算文件摘要（SHA-256）", "hashing the file (SHA-256)")
READING = Step("读取在场记录", "reading presences")
WRITING = Step("按日排序并写入", "sorting and writing day by day")

_RETRACTED = Text(
    "此人数据已按规定删除，不再导入；确需重新导入时请先解除",
    "the data of this person were retracted and are not taken in again; readmit the person first if they must be",
)

_NONE = pl.Series([], dtype=pl.String)


@dataclass(frozen=True)
class Taken:
    """What became of a source.

    Attributes
    ----------
    name, digest : str
    rows : int
        Rows that the store now holds of it.
    refused : pl.DataFrame
        Schema `lianfang.kernel.schema.REFUSALS`, at most `REFUSED_KEPT` rows.
    refused_count : int
    is_new : bool
        False where the store had the source before; nothing has changed then.
    is_replaced : bool
        True where a correction has replaced it, and it was left out.
    """

    name: str
    digest: str
    rows: int
    refused: pl.DataFrame
    refused_count: int
    is_new: bool
    is_replaced: bool = False


def digest_of(source: pl.DataFrame | Path, progress: Progress | None = None) -> str:
    """Return the SHA-256 that names a source: of a file's bytes, of a frame's rows in an order of their own."""
    if isinstance(source, Path):
        tell = progress or silent
        try:
            size = source.stat().st_size
            return file_digest(source, lambda done: tell(HASHING, min(done / size, 1.0)))
        except OSError as error:
            raise Refused(
                Text(f"无法打开 {source}：{error.strerror}", f"cannot open {source}: {error.strerror}")
            ) from None
    ordered = _conformed(source).sort(PRESENCES.names, nulls_last=True).rechunk()
    held = io.BytesIO()
    # The oldest layout holds the texts one after the other: the newest, where the rows before the sort had them.
    ordered.write_ipc(held, compression="uncompressed", compat_level=pl.CompatLevel.oldest())
    return hashlib.sha256(held.getvalue()).hexdigest()


def _conformed(frame: pl.DataFrame) -> pl.DataFrame:
    try:
        return PRESENCES.conform(frame)
    except pl.exceptions.PolarsError as error:
        raise Refused(
            Text(
                f"数据框的列类型不符（{error}）：编号为文字，start 和 end 为 Datetime；或写成文件再导入",
                f"the columns of the frame have other types ({error}): ids are texts, start and end a Datetime; "
                "or write it to a file and take that in",
            )
        ) from None


def take_in(
    files: Files,
    before: Manifest,
    source: pl.DataFrame | Path,
    digest: str,
    *,
    at: str,
    lang: Lang,
    name: str | None = None,
    progress: Progress | None = None,
) -> tuple[Manifest, Taken]:
    """Make the next moment of a store, with a source taken in. The caller commits it.

    Parameters
    ----------
    files : Files
        The caller is its only writer.
    before : Manifest
        The newest moment.
    source : frame or Path
        Schema `PRESENCES`; CSV, XLSX or Parquet.
    digest : str
        From `digest_of`.
    at : str
        The time, as it is to be noted.
    lang : {"zh", "en"}
        Language of refusals.
    name : str, optional
        What the source is called; the name of its file, when not given.
    progress : callable, optional
        Told what is being done, and how much of it, between 0 and 1.

    Raises
    ------
    Refused
        When the source as a whole cannot be used.
    """
    tell = progress or silent
    name = name or (source.name if isinstance(source, Path) else "frame")
    with closing(Spill(prepared(files, digest, before))) as spill:
        refusals = _read_all(spill, before, source, name, lang, tell)
        count = spill.facts["refused"]
        number: int = before.basis[0]
        noted = Source(number=number, digest=digest, name=name, rows=spill.rows, refused=count, at=at)
        after = before.but(sources=[*before.sources, noted])
        if spill.rows:
            after = _write_days(files, before, after, spill, number, tell)
    tell(Text("", ""), 1.0)
    return after, Taken(name, digest, noted.rows, refusals, count, True)


def _read_all(
    spill: Spill, before: Manifest, source: pl.DataFrame | Path, name: str, lang: Lang, tell: Progress
) -> pl.DataFrame:
    """Spill the whole source, from where it was left; return its refusals."""
    facts = spill.facts
    kept = spill.folder / "refused.parquet"
    refusals = [pl.read_parquet(kept, glob=False).head(facts["refused"])] if facts and kept.exists() else []
    for fact, value in {"refused": 0, "at": {}, "share": 0.0, **foundation(before)}.items():
        facts.setdefault(fact, value)
    seen = safe = spill.rows + facts["refused"]
    if not facts.get("read"):
        tell(READING.at(seen), facts["share"])
        for batch in batches(source, lang, facts["at"]):
            refused = _take(spill, before, batch, name, lang)
            facts["refused"] += refused.height
            facts["at"], facts["share"] = batch.at, batch.share
            if refused.height and sum(one.height for one in refusals) < REFUSED_KEPT:
                refusals.append(refused)
            seen = spill.rows + facts["refused"]
            tell(READING.at(seen), batch.share)
            if seen - safe >= SAFE_EVERY:
                _keep_refusals(kept, refusals)
                spill.keep()
                safe = seen
        _keep_refusals(kept, refusals)
        spill.keep(read=True)
    return pl.concat([REFUSALS.empty(), *refusals]).head(REFUSED_KEPT)


def _keep_refusals(kept: Path, refusals: list[pl.DataFrame]) -> None:
    """Keep the refusals for a time after a kill; whom the store must not name is not named there either."""
    aside = kept.with_suffix(".part")
    is_named = ~pl.col("reason").is_in(list(_RETRACTED))
    said = pl.concat([REFUSALS.empty(), *refusals]).with_columns(pl.when(is_named).then("value").alias("value"))
    said.write_parquet(aside)
    sync(aside)
    aside.replace(kept)


def _take(spill: Spill, before: Manifest, batch: Batch, name: str, lang: Lang) -> pl.DataFrame:
    """Spill a batch; return what is refused."""
    refusals = [REFUSALS.empty() if batch.refused is None else batch.refused]

    def sift(rows: pl.DataFrame, lines: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
        if not before.retracted or not rows.height:
            return rows, lines
        # Before any text of theirs is kept, in whatever writing.
        ids = rows["person_id"].cast(pl.String)
        each = ids.unique()
        is_out = ids.is_in(each.filter(before.is_barred(read_text(tidy_column(each), is_id=True))).implode())
        is_out = is_out.fill_null(False)
        refusals.append(_said(rows.filter(is_out), lines.filter(is_out), name, lang))
        return rows.filter(~is_out), lines.filter(~is_out)

    rows, lines = sift(batch.rows, batch.lines)
    left = spill.take(rows, cleaned=batch.refused is not None)
    if left.size:
        # As people write them: cleaned, or refused with a reason.
        odd, its_lines = rows.gather(left), lines.gather(left)
        sound, _, refused = clean_rows(odd, PRESENCES, file=name, lines=its_lines, lang=lang)
        refusals.append(refused)
        if spill.take(sound, cleaned=True).size:
            raise AssertionError("a cleaned presence has its types")
    return pl.concat(refusals)


def _said(rows: pl.DataFrame, lines: pl.Series, name: str, lang: Lang) -> pl.DataFrame:
    return REFUSALS.conform(
        pl.DataFrame({"line": lines}).with_columns(
            file=pl.lit(name),
            column=pl.lit("person_id"),
            value=rows["person_id"].cast(pl.String),
            reason=pl.lit(_RETRACTED.in_language(lang)),
        )
    )


# --- Days to segments ---


def _write_days(files: Files, before: Manifest, after: Manifest, spill: Spill, number: int, tell: Progress) -> Manifest:
    written = _written(files, before, spill)
    done = sum(one.rows for one in written.values())
    tell(WRITING.at(done), done / spill.rows)
    persons, after, to_person = _of_spill(files, after, "persons", spill, "person_id")
    places, after, to_place = _of_spill(files, after, "places", spill, "place_id")
    _, after, _ = _known(files, after, "cabins", cabin_texts(spill.texts("seat")) if spill.ships else _NONE)
    cabins = Ids([(p.base, files.local(p.path)) for p in after.cabins], sum(p.count for p in after.cabins))
    ranks = np.empty(len(places), np.uint32)
    ranks[places.arg_sort().to_numpy()] = np.arange(len(places), dtype=np.uint32)
    all_places = places.to_arrow()
    left = [day for day in spill if day not in written]
    with files.workshop() as workshop:

        def write(day: int) -> tuple[int, SegmentFile]:
            rows = spill.read(day)
            texts = {
                name: spill.texts(name).gather(column)
                for name, column in (("seat", rows.seat), ("source", rows.source))
                if column is not None
            }
            segment = write_segment(
                files,
                workshop,
                day,
                person=to_person[rows.person],
                place=to_place[rows.place],
                setting=rows.setting,
                start=rows.start,
                end=rows.end,
                persons=persons,
                places=all_places,
                place_ranks=ranks,
                source_number=number,
                cabins=cabins,
                texts=texts,
            )
            return day, segment

        largest = max((spill.count(day) for day in left), default=0)
        with ThreadPoolExecutor(1 if largest > LARGE_DAY else 2) as threads:
            for day, segment in threads.map(write, left):
                written[day] = segment
                # From here on a killed ingest finds this day written.
                spill.note(days={str(d): asdict(one) for d, one in written.items()}, basis=before.basis)
                done = sum(one.rows for one in written.values())
                tell(WRITING.at(done), done / spill.rows)
    return replace(after, segments=[*after.segments, *(written[day] for day in sorted(written))])


def _written(files: Files, before: Manifest, spill: Spill) -> dict[int, SegmentFile]:
    """Return the days that a killed ingest has written; none where the store has other ids or sources since."""
    if spill.facts.get("basis") != before.basis:
        return {}
    days: dict[str, dict[str, Any]] = spill.facts["days"]
    found = {int(day): SegmentFile(**one) for day, one in days.items()}
    return {day: one for day, one in found.items() if files.exists(one.data) and files.exists(one.index)}


def _of_spill(
    files: Files, after: Manifest, kind: Literal["persons", "places"], spill: Spill, column: str
) -> tuple[pl.Series, Manifest, npt.NDArray[np.uint32]]:
    """Do what `_known` does for the ids that a row has, with codes for all of the spill's texts."""
    used = spill.used(column)
    texts, after, codes = _known(files, after, kind, spill.texts(column).filter(pl.Series(used)))
    every = np.zeros(used.size, np.uint32)
    every[used] = codes
    return texts, after, every


def _known(
    files: Files, after: Manifest, kind: Literal["persons", "places", "cabins"], texts: pl.Series
) -> tuple[pl.Series, Manifest, npt.NDArray[np.uint32]]:
    """Return all texts of a kind by code, with new ones among `texts`; the manifest with them; codes of `texts`."""
    parts: list[Part] = getattr(after, kind)
    count = sum(part.count for part in parts)
    known = Ids([(part.base, files.local(part.path)) for part in parts], count)
    codes = known.codes(texts)
    is_new = codes < 0
    new = texts.filter(pl.Series(is_new))
    if not new.len():
        return known.every, after, codes.astype(np.uint32)
    ordered = new.sort()
    codes[is_new] = count + new.rank("ordinal").to_numpy().astype(np.int64) - 1
    name = f"ids/{kind}-{uuid.uuid4().hex[:16]}.index"
    with files.workshop() as workshop:
        write_ids(workshop / "ids", ordered)
        files.put(workshop / "ids", name)
    longer = [*parts, Part(name, count, new.len())]
    named = {
        "persons": lambda: replace(after, persons=longer),
        "places": lambda: replace(after, places=longer),
        "cabins": lambda: replace(after, cabins=longer),
    }[kind]()
    return pl.concat([known.every, ordered]), named, codes.astype(np.uint32)
