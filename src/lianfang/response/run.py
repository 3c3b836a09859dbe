"""The response to a folder of files: files in, files out, no database, no Django."""

import datetime as dt
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from lianfang import __version__
from lianfang.intake.read import Table, content_digest, find_table, local_time_zone, read_table
from lianfang.kernel.cells import as_text
from lianfang.kernel.declare import load_named
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PLACES, PRESENCES, REFUSALS, Schema
from lianfang.kernel.text import Lang, Text
from lianfang.playbook.model import Playbook
from lianfang.reports.core.bulletin import bulletin
from lianfang.reports.docx import bulletin_docx
from lianfang.response.core.facts import read_kept_times
from lianfang.response.core.loop import Inputs, Response, files, respond, steps
from lianfang.tracing.core.general import in_all
from lianfang.tracing.core.priority import call_list
from lianfang.tracing.core.second_reach import SecondReach, second_reach

if TYPE_CHECKING:
    from lianfang.presences.opened import Opened

BESIDE = ("calls.csv", "general.csv", "refused.csv", "undecided.csv", "bulletin.docx", "summary.json")
"""What a run writes beside the files of its steps: ``calls.csv`` where the playbook orders calls, ``general.csv`` where
it is asked to; what is not written is taken away."""


def outputs() -> tuple[str, ...]:
    """Return the names of the files that a run writes, or takes away."""
    return (*(file.name for file in files()), *BESIDE)


READ = Text("读取文件", "reading")
ENGINE = Text("启动计算引擎", "starting the engine")
OPEN = Text("读取在场记录", "reading presences")
LIST = Text("列出同场所人员", "listing who shared a place")
WRITE = Text("写出结果", "writing")


@dataclass(frozen=True)
class Count:
    """What became of the rows of one input file; ``rows_in == used + refused``.

    `content_sha256` is that of `lianfang.intake.read.content_digest`: the order of the rows does not change it.
    """

    file: str
    content_sha256: str
    rows_in: int
    used: int
    refused: int


@dataclass(frozen=True)
class Ran:
    """What a run did.

    Attributes
    ----------
    response : Response
        The decisions.
    counts : list of Count
        One an input file.
    refused, undecided : pl.DataFrame
        As written.
    as_of : datetime
        The time of reckoning.
    general : pl.DataFrame or None
        Who shared a place with a case and is no contact, where the list was asked for; columns of
        `lianfang.tracing.core.general.PEOPLE`.
    calls : pl.DataFrame or None
        Whom to call first, where the playbook says so; columns of `lianfang.tracing.core.priority.CALLS`.
    reach : SecondReach or None
        How far the second degree reaches; None where it is not traced or there are no presences.
    """

    response: Response
    counts: list[Count]
    refused: pl.DataFrame
    undecided: pl.DataFrame
    as_of: dt.datetime
    general: pl.DataFrame | None = None
    calls: pl.DataFrame | None = None
    reach: SecondReach | None = None


@dataclass
class _Steps:
    """Measures the steps, and tells whoever waits."""

    tell: Callable[[Text], None]
    seconds: dict[str, float] = field(default_factory=dict)
    _name: str = ""
    _since: float = 0.0

    def begin(self, name: str, words: Text | None = None) -> None:
        self.end()
        self._name, self._since = name, time.perf_counter()
        self.tell(words or next(step.words for step in steps() if step.name == name))

    def end(self) -> None:
        if self._name:
            self.seconds[self._name] = round(time.perf_counter() - self._since, 3)
        self._name = ""


def respond_to_files(
    folder: Path,
    out: Path,
    *,
    playbook: Playbook,
    as_of: dt.datetime | None = None,
    jurisdiction: str = "",
    lang: Lang = "zh",
    list_general: bool = False,
    tell: Callable[[Text], None] = lambda words: None,
) -> Ran:
    """Answer the outbreak that a folder of files describes, and write the answer to another folder.

    Parameters
    ----------
    folder : Path
        With ``cases.*`` and, where there are any, ``presences.*, contacts.*, people.*, places.*``.
    out : Path
        Made where it is not there; what it holds under the names of `outputs` is replaced, all at the end, by changing
        the whole folder. What else lies in it stays.
    playbook : Playbook
        Overlays applied.
    as_of : datetime, optional
        Naive local; the latest end of a presence when not given, else the latest time in cases and contacts.
    jurisdiction : str
        Heads the bulletin.
    lang : {"zh", "en"}
        Language of reasons and evidence; the bulletin is in Chinese.
    list_general : bool
        Whether to list, and not only to count, who shared a place with a case and is no contact.
    tell : callable
        Called with each step as it begins.

    Raises
    ------
    Refused
        When the folder, or a file as a whole, cannot be used. Nothing is written then.
    """
    out = out.resolve()  # a link stays a link; what it leads to is changed
    _check_folders(folder, out)
    _put_back(out)
    steps = _Steps(tell)
    steps.begin("read", READ)
    tables = _read(folder, lang)
    cases = tables["cases"]
    if cases is None:
        raise Refused(
            Text(
                f"{folder} 中没有 cases.csv、cases.xlsx 或 cases.parquet，请放入病例清单",
                f"{folder} has no cases.csv, cases.xlsx or cases.parquet: put the case list there",
            )
        )
    interviews = tables["contacts"]
    if interviews is not None:
        interviews = _usable_interviews(interviews, cases, lang)
    presences = find_table(folder, "presences")
    steps.begin("engine", ENGINE)
    from lianfang.engines.engine import open_session
    from lianfang.presences.opened import open_presences
    from lianfang.tracing.tracer import count_general, find_contacts, find_general

    zone = local_time_zone()
    people, places = tables["people"], tables["places"]
    with open_session() as session:
        steps.begin("presences", OPEN)
        opened = open_presences(session, presences if presences is not None else (), lang=lang)
        at = as_of or opened.latest_end(session) or _latest(cases, interviews)
        response = respond(
            Inputs(
                cases=read_kept_times(cases.used, time_zone=zone),
                presences=opened,
                interviews=interviews.used if interviews is not None else INTERVIEWS.empty(),
                people=read_kept_times(people.used, time_zone=zone) if people is not None else PEOPLE.empty(),
                places=places.used if places is not None else PLACES.empty(),
            ),
            playbook=playbook,
            as_of=at,
            trace=partial(find_contacts, session=session),
            count_general=partial(count_general, session=session),
            progress=steps.begin,
        )
        known = opened.people(session) if presences is not None and playbook.tracing.second_degree.traced else 0
        rule, general = playbook.tracing.general, None
        if rule is not None and (list_general or rule.listed):
            steps.begin("general", LIST)
            general = find_general(
                response.cases, opened, response.contacts, playbook=playbook, as_of=at, session=session
            )
    steps.begin("write", WRITE)
    order = playbook.priority
    listed = people.used if people is not None else PEOPLE.empty()
    calls = None if order is None else call_list(response.contacts, listed, rule=order, as_of=at)
    read = {"cases": (cases, CASES), "contacts": (interviews, INTERVIEWS)}
    read |= {"people": (people, PEOPLE), "places": (places, PLACES)}
    counts = [
        Count(t.file, content_digest(folder / t.file, schema), t.rows_in, t.used.height, t.refused.height)
        for t, schema in read.values()
        if t is not None
    ]
    refusals = [t.refused for t, _ in read.values() if t is not None]
    if presences is not None:
        counts.append(_presence_count(presences, opened))
        refusals.append(opened.refused)
    refused = pl.concat(refusals).sort("file", "line", "column", "value", nulls_last=True)
    undecided = _led_back(
        response.undecided, {"cases": cases, "contacts": interviews, "people": people}, presences, lang
    )
    found = response.figures["contacts.category.secondary_contact"].value
    reach = second_reach(found, known, playbook.tracing.second_degree)
    ran = Ran(response, sorted(counts, key=lambda c: c.file), refused, undecided, at, general, calls, reach)
    _write(out, ran, playbook=playbook, jurisdiction=jurisdiction, lang=lang, steps=steps)
    return ran


def _check_folders(folder: Path, out: Path) -> None:
    if not folder.is_dir():
        raise Misused(Text(f"没有文件夹 {folder}", f"there is no folder {folder}"))
    if out.exists() and not out.is_dir():
        raise Misused(Text(f"{out} 不是文件夹，请另选 --out", f"{out} is not a folder: choose another --out"))
    if out.resolve() == folder.resolve():
        raise Misused(
            Text(
                "--out 不能是输入文件夹：结果会覆盖输入的 contacts 文件",
                "--out must not be the input folder: results would overwrite the contacts that came in",
            )
        )
    if out.exists() and (out.is_mount() or Path.cwd().is_relative_to(out)):
        raise Misused(
            Text(
                f"--out {out} 是当前文件夹或挂载点，无法整体替换：请指定其中的一个子文件夹",
                f"--out {out} is where you stand, or a mount point, and cannot be replaced: name a folder in it",
            )
        )


def _read(folder: Path, lang: Lang) -> dict[str, Table | None]:
    schemas: Sequence[tuple[str, Schema]] = (
        ("cases", CASES),
        ("contacts", INTERVIEWS),
        ("people", PEOPLE),
        ("places", PLACES),
    )
    found = {name: find_table(folder, name) for name, _ in schemas}
    return {
        name: read_table(path, schema, lang=lang) if (path := found[name]) is not None else None
        for name, schema in schemas
    }


def _usable_interviews(interviews: Table, cases: Table, lang: Lang) -> Table:
    """Refuse the contacts that name a case which is not among the used cases, and cases that name themselves."""
    from lianfang.tracing.core.contacts import usable_interviews

    usable = usable_interviews(interviews.used, cases=cases.used)
    if usable.all():
        return interviews
    unknown = Text(
        "病例清单中没有可用的这个病例，请核对编号或先补录病例",
        "no such case among the usable rows of the case list: check the id, or add the case first",
    ).in_language(lang)
    oneself = Text("接触者就是病例本人，请核对", "the contact is the case itself: check both").in_language(lang)
    rows = interviews.used.with_columns(line=interviews.lines).filter(~usable)
    is_known = pl.col("case_id").is_in(cases.used["case_id"].implode())
    refused = rows.select(
        pl.lit(interviews.file).alias("file"),
        "line",
        pl.when(is_known).then(pl.lit("person_id")).otherwise(pl.lit("case_id")).alias("column"),
        pl.when(is_known).then("person_id").otherwise("case_id").alias("value"),
        pl.when(is_known).then(pl.lit(oneself)).otherwise(pl.lit(unknown)).alias("reason"),
    )
    return Table(
        interviews.file,
        interviews.sha256,
        interviews.rows_in,
        interviews.used.filter(usable),
        interviews.lines.filter(usable),
        pl.concat([interviews.refused, REFUSALS.conform(refused)]).sort("line"),
    )


def _latest(cases: Table, interviews: Table | None) -> dt.datetime:
    times = [
        table.used[name].max()
        for table in (cases, interviews)
        if table is not None
        for name, dtype in table.used.schema.items()
        if isinstance(dtype, pl.Datetime)
    ]
    known = [moment for moment in times if isinstance(moment, dt.datetime)]
    if not known:
        raise Refused(
            Text(
                "输入中没有任何时间，请用 --as-of 给出截止时间",
                "the input holds no time at all: give the time of reckoning with --as-of",
            )
        )
    return max(known)


def _presence_count(path: Path, opened: "Opened") -> Count:
    rows_in = opened.rows_in.get(path.name, 0)
    refused = opened.refused.height
    return Count(path.name, content_digest(path, PRESENCES), rows_in, rows_in - refused, refused)


def _led_back(
    undecided: pl.DataFrame, tables: Mapping[str, Table | None], presences: Path | None, lang: Lang
) -> pl.DataFrame:
    """Give each undecided row the file and line that it came from."""
    # A list that did not come, and would have to: it is called by its name.
    files = {name: table.file if table is not None else name for name, table in tables.items()}
    if presences is not None:
        files["presences"] = presences.name
    lines = [
        t.lines.to_frame("line")
        .with_row_index("row")
        .select(pl.lit(name, pl.String).alias("table"), pl.col("row").cast(pl.Int64), pl.col("line").cast(pl.Int64))
        for name, t in tables.items()
        if t is not None
    ]
    placed = undecided.join(pl.concat(lines), on=["table", "row"], how="left")
    file = pl.col("table").replace_strict(files, default="", return_dtype=pl.String)
    return REFUSALS.conform(
        placed.select(file.alias("file"), "line", "column", "value", pl.col(f"reason_{lang}").alias("reason"))
    ).sort("file", "line", "column", "value", "reason", nulls_last=True)


def _remarks(ran: Ran) -> list[Text]:
    sentences = [
        Text(
            f"{count.file}：收到{count.rows_in}行，使用{count.used}行，退回{count.refused}行。",
            f"{count.file}: {count.rows_in} rows in, {count.used} used, {count.refused} refused.",
        )
        for count in ran.counts
    ]
    if ran.undecided.height:
        n = ran.undecided.height
        sentences.append(
            Text(
                f"因缺少信息未能判定{n}项，见 undecided.csv。",
                f"Not decided for want of facts: {n}, see undecided.csv.",
            )
        )
    if ran.reach is not None and ran.reach.is_wide:
        sentences.append(ran.reach.words)
    return sentences


def _summary(ran: Ran, playbook: Playbook, jurisdiction: str, seconds: Mapping[str, float]) -> dict[str, object]:
    return {
        "lianfang": __version__,
        "as_of": ran.as_of.isoformat(),
        "jurisdiction": jurisdiction,
        "playbook": {
            "id": playbook.id,
            "sha256": playbook.digest,
            "name": playbook.name,
            "title": playbook.title.zh,
            "overlays": list(playbook.overlays),
        },
        "inputs": {
            c.file: {
                "content_sha256": c.content_sha256,
                "rows_in": c.rows_in,
                "rows_used": c.used,
                "rows_refused": c.refused,
            }
            for c in ran.counts
        },
        "undecided": ran.undecided.height,
        "rows": {
            **{file.name.removesuffix(".csv"): ran.response.given[file.of].height for file in files()},
            "refused": ran.refused.height,
        },
        "counts": {name: figure.value for name, figure in ran.response.figures.items()},
        "same_place": _same_place(ran.response.general, playbook),
        "second_degree": _second_degree(ran.reach),
        "seconds": dict(seconds),
    }


def _same_place(general: pl.DataFrame | None, playbook: Playbook) -> dict[str, object] | None:
    """Say how many people shared a place with a case and are no contact: in all, and by case and place kind."""
    rule = playbook.tracing.general
    if general is None or rule is None:
        return None
    by_case: dict[str, dict[str, int]] = {}
    for case, kind, people in general.filter(pl.col("case_id").is_not_null()).iter_rows():
        by_case.setdefault(case, {})[kind or "all"] = people
    return {"rule": rule.id, "listed": rule.listed, "people": in_all(general), "cases": by_case}


def _second_degree(reach: SecondReach | None) -> dict[str, object] | None:
    """Say how far the second degree reaches, and what makes it so."""
    if reach is None:
        return None
    kinds = reach.rule.place_kinds
    return {
        "rule": reach.rule.id,
        "place_kinds": None if kinds is None else [kind.value for kind in kinds],
        "latent_hours": reach.rule.latent_hours,
        "people": reach.people,
        "known": reach.known,
        "share": round(reach.share, 4),
        "warn_share": reach.rule.warn_share,
        "wide": reach.is_wide,
    }


def _write(out: Path, ran: Ran, *, playbook: Playbook, jurisdiction: str, lang: Lang, steps: _Steps) -> None:
    """Write to a folder beside `out`, then change the folders: there are the old results or the new, never both."""
    response = ran.response
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        frames = {
            **{file.name: load_named(file.table)(response.given[file.of], lang=lang) for file in files()},
            "refused.csv": as_text(ran.refused),
            "undecided.csv": as_text(ran.undecided),
        }
        if ran.calls is not None:
            frames["calls.csv"] = as_text(ran.calls)
        if ran.general is not None:
            frames["general.csv"] = as_text(ran.general)
        for name, frame in frames.items():
            frame.write_csv(draft / name)
        paper = bulletin(
            response.figures,
            as_of=ran.as_of,
            jurisdiction=Text(jurisdiction, jurisdiction),
            playbook=Text(f"{playbook.title.zh}({playbook.name})", f"{playbook.title.en} ({playbook.name})"),
            clock_titles={rule.clock: rule.title.text for rule in reversed(playbook.clocks)},
            remarks=_remarks(ran),
        )
        (draft / "bulletin.docx").write_bytes(bulletin_docx(paper, as_of=ran.as_of))
        steps.end()
        summary = _summary(ran, playbook, jurisdiction, steps.seconds)
        (draft / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        _take_place(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _set_aside(out: Path) -> Path:
    """Return where the old results stand for an instant, under a name that is nobody else's."""
    return out.with_name(f".{out.name}.lianfang-before")


def _take_place(draft: Path, out: Path) -> None:
    """Let `draft` stand where `out` stood, with what else was in `out`; two renames, the old folder kept until done."""
    if not out.exists():
        draft.chmod(0o755)
        draft.replace(out)
        return
    for other in out.iterdir():
        if other.name in outputs():
            continue
        if other.is_dir() and not other.is_symlink():
            shutil.copytree(other, draft / other.name, symlinks=True, copy_function=_same_file)
        else:
            _same_file(other, draft / other.name)
    shutil.copymode(out, draft)
    before = _set_aside(out)
    shutil.rmtree(before, ignore_errors=True)
    try:
        out.replace(before)
        draft.replace(out)
    finally:
        _put_back(out)
    shutil.rmtree(before, ignore_errors=True)


def _same_file(source: str | Path, target: str | Path) -> None:
    """Give a file a second name; where the file system has no such thing, copy it."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _put_back(out: Path) -> None:
    """Undo a change of folders that was stopped between its two renames: the old results stand again."""
    if _set_aside(out).is_dir() and not out.exists():
        _set_aside(out).replace(out)
