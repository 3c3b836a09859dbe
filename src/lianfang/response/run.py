"""The response to a folder of files: files in, files out, no database, no Django."""

import datetime as dt
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import cast

import polars as pl

from lianfang.intake.digests import content_digest
from lianfang.intake.find import find_table
from lianfang.intake.read import local_time_zone, read_table
from lianfang.intake.table import Table
from lianfang.kernel.cells import as_text
from lianfang.kernel.declare import load_named
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PLACES, UNDECIDED, Schema
from lianfang.kernel.text import Lang, Text
from lianfang.playbook.model import Playbook
from lianfang.reports.core.bulletin import bulletin
from lianfang.reports.core.paper import Masthead, policy_of
from lianfang.reports.docx import bulletin_docx
from lianfang.response.core.columns import with_more
from lianfang.response.core.facts import known_columns, read_kept_times
from lianfang.response.core.loop import Inputs, files, respond, steps
from lianfang.response.core.reckoning import aside_words
from lianfang.response.core.unknown import in_no_presence, no_presence_words, unknown_words, who_met
from lianfang.response.folders import check_folders, put_back, take_place
from lianfang.response.possible import possible_tables
from lianfang.response.ran import Count, Ran, remarks, summary_of
from lianfang.response.refusals import blamed, keep_refused, unread_sheets
from lianfang.response.usable import known_rows, led_back, presence_count, reckoned, usable_interviews
from lianfang.tracing.core.priority import call_list
from lianfang.tracing.core.second_reach import second_reach

READ = Text("读取文件", "reading")
ENGINE = Text("启动计算引擎", "starting the engine")
OPEN = Text("读取在场记录", "reading presences")
LIST = Text("列出同场所人员", "listing who shared a place")
WRITE = Text("写出结果", "writing")


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
    masthead: Masthead | None = None,
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
        Naive local; when not given, the latest time in cases, contacts and presences, but for a few that lie half a
        year behind all others (`core.reckoning`).
    jurisdiction : str
        Heads the bulletin.
    masthead : Masthead, optional
        Unit, number and signature of the bulletin; open where nobody says them.
    lang : {"zh", "en"}
        Language of reasons and evidence; the bulletin is in Chinese.
    list_general : bool
        Whether to list, and not only to count, who shared a place with a case and is no contact.
    tell : callable
        Called with each step as it begins.

    Raises
    ------
    Refused
        When the folder, or a file as a whole, cannot be used. Nothing is written then but ``refused.csv``, where rows
        had been refused before.
    """
    out = out.resolve()  # a link stays a link; what it leads to is changed
    check_folders(folder, out)
    put_back(out)
    refusals: list[pl.DataFrame] = []
    try:
        return _respond(
            folder, out, playbook, as_of, jurisdiction, masthead, lang, list_general, _Steps(tell), refusals
        )
    except Refused as refusal:
        kept = keep_refused(out, refusals)
        if kept is None:
            raise
        said = Text("{zh}；已退回的行见 {kept}", "{en}; the rows refused so far are in {kept}")
        raise Refused(said.format(zh=refusal.text.zh, en=refusal.text.en, kept=kept)) from None


def _respond(
    folder: Path,
    out: Path,
    playbook: Playbook,
    as_of: dt.datetime | None,
    jurisdiction: str,
    masthead: Masthead | None,
    lang: Lang,
    list_general: bool,
    steps: _Steps,
    refusals: list[pl.DataFrame],
) -> Ran:
    """Do what `respond_to_files` does; `refusals` takes what is refused, as it is found."""
    steps.begin("read", READ)
    presences = find_table(folder, "presences")
    tables = _read(folder, lang, refusals)
    cases = tables["cases"]
    if cases is None:
        raise Refused(
            Text(
                f"{folder} 中没有 cases.csv、cases.xlsx 或 cases.parquet，请放入病例清单",
                f"{folder} has no cases.csv, cases.xlsx or cases.parquet: put the case list there",
            )
        )
    interviews, zone = tables["contacts"], local_time_zone()
    cases = replace(cases, used=read_kept_times(cases.used, time_zone=zone))
    steps.begin("engine", ENGINE)
    from lianfang.engines.engine import open_session
    from lianfang.presences.opened import open_presences
    from lianfang.tracing.tracer import count_general, find_contacts, find_general, find_meetings

    people, places = tables["people"], tables["places"]
    listed = PEOPLE.empty() if people is None else people.used
    notes: list[Text] = []
    joined: list[int] = []
    with open_session() as session:
        steps.begin("presences", OPEN)
        opened = open_presences(session, presences if presences is not None else (), lang=lang)
        refusals.append(opened.refused)
        told_sheets = [(table.file, table.unread) for table in tables.values() if table is not None]
        notes += unread_sheets([*told_sheets, *opened.unread.items()])
        at = as_of
        if at is None:
            lists = {"cases": cases} if interviews is None else {"cases": cases, "contacts": interviews}
            times = {name: (table.file, table.used) for name, table in lists.items()}
            try:
                found_at = reckoned(times, "" if presences is None else presences.name, opened, session)
            except Refused as refusal:
                raise Refused(blamed(tables.values()) or refusal.text) from None
            at = cast("dt.datetime", found_at.as_of)
            notes += aside_words(found_at.aside, at)
        cases, interviews = possible_tables(cases, interviews, people, lang)
        cases = known_rows("cases", cases, at, lang)
        if interviews is not None:
            interviews = usable_interviews(known_rows("contacts", interviews, at, lang), cases, lang)
        if (why := blamed([cases])) is not None:
            notes.append(why)
        inputs = Inputs(
            cases=cases.used,
            presences=opened,
            interviews=INTERVIEWS.empty() if interviews is None else interviews.used,
            people=read_kept_times(listed, time_zone=zone),
            places=PLACES.empty() if places is None else places.used,
        )
        response = respond(
            inputs,
            playbook=playbook,
            as_of=at,
            trace=partial(find_contacts, session=session, joined=joined.append),
            count_general=partial(count_general, session=session),
            meet=partial(find_meetings, session=session),
            progress=steps.begin,
        )
        known = (
            opened.people(session, until=at) if presences is not None and playbook.tracing.second_degree.traced else 0
        )
        absent = pl.DataFrame(schema=UNDECIDED)
        if presences is not None:
            met = who_met(cases.used, response.contacts)
            doubtful = cases.used.filter(~pl.col("person_id").is_in(sorted(met)))["person_id"]
            seen = opened.known_of(session, doubtful) if doubtful.len() else set()
            absent = in_no_presence(cases.used, met | seen)
        rule, general = playbook.tracing.general, None
        if rule is not None and (list_general or rule.listed):
            steps.begin("general", LIST)
            general = find_general(
                response.cases, opened, response.contacts, playbook=playbook, as_of=at, session=session
            )
    steps.begin("write", WRITE)
    order = playbook.priority
    calls = None if order is None else call_list(response.contacts, listed, rule=order, as_of=at)
    read = {"cases": (cases, CASES), "contacts": (interviews, INTERVIEWS)}
    read |= {"people": (people, PEOPLE), "places": (places, PLACES)}
    counts = [
        Count(t.file, content_digest(folder / t.file, schema), t.rows_in, t.used.height, t.refused.height)
        for t, schema in read.values()
        if t is not None
    ]
    refused_rows = [t.refused for t, _ in read.values() if t is not None]
    if presences is not None:
        counts.append(presence_count(presences, opened))
        refused_rows.append(opened.refused)
    refused = pl.concat(refused_rows).sort("file", "line", "column", "value", nulls_last=True)
    notes += no_presence_words(absent)
    if people is not None:
        known_people = people.used["person_id"]
        told_of = {t.file: t.used["person_id"] for t in (cases, interviews) if t is not None}
        notes += unknown_words(told_of, response.contacts["person_id"], known_people, people.file)
    unread = [t.undecided for t, _ in read.values() if t is not None]
    told = pl.concat([response.undecided, absent, *unread])
    undecided = led_back(told, {"cases": cases, "contacts": interviews, "people": people}, presences, lang)
    found = response.figures["contacts.category.secondary_contact"].value
    reach = second_reach(found, known, playbook.tracing.second_degree)
    ran = Ran(
        response,
        sorted(counts, key=lambda c: c.file),
        refused,
        undecided,
        at,
        general,
        calls,
        reach,
        tuple(notes),
        sum(joined),
    )
    _write(
        out,
        ran,
        inputs,
        playbook=playbook,
        jurisdiction=jurisdiction,
        masthead=masthead,
        lang=lang,
        steps=steps,
    )
    return ran


def _read(folder: Path, lang: Lang, refusals: list[pl.DataFrame]) -> dict[str, Table | None]:
    schemas: Sequence[tuple[str, Schema]] = (
        ("cases", CASES),
        ("contacts", INTERVIEWS),
        ("people", PEOPLE),
        ("places", PLACES),
    )
    found = {name: find_table(folder, name) for name, _ in schemas}
    tables: dict[str, Table | None] = {}
    for name, schema in schemas:
        path = found[name]
        table = None if path is None else read_table(path, schema, lang=lang)
        if table is not None:
            refusals.append(table.refused)
            # From here on no column of the sender can stand for one of ours.
            table = replace(table, used=known_columns(table.used, schema))
        tables[name] = table
    return tables


def _write(
    out: Path,
    ran: Ran,
    inputs: Inputs,
    *,
    playbook: Playbook,
    jurisdiction: str,
    masthead: Masthead | None,
    lang: Lang,
    steps: _Steps,
) -> None:
    """Write to a folder beside `out`, then change the folders: there are the old results or the new, never both."""
    response = ran.response
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        frames = {
            **{
                file.name: with_more(
                    file.name,
                    load_named(file.table)(response.given[file.of], lang=lang),
                    response,
                    inputs,
                    playbook=playbook,
                    as_of=ran.as_of,
                    lang=lang,
                    jurisdiction=jurisdiction,
                )
                for file in files()
            },
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
            policy=policy_of(playbook),
            masthead=masthead,
            cases=response.given["new_cases"],
            curve=response.given["curve"],
            is_ordered=False,
            clock_titles={rule.clock: rule.title.text for rule in reversed(playbook.clocks)},
            remarks=remarks(ran),
        )
        (draft / "bulletin.docx").write_bytes(bulletin_docx(paper, as_of=ran.as_of))
        steps.end()
        summary = summary_of(ran, playbook, jurisdiction, steps.seconds)
        (draft / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        take_place(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
