"""The counts of an outbreak, for summary.json and for the bulletin as a paper and as a page.

What a number counts is defined by the room whose rows it counts (``core/figures.py``, `lianfang.kernel.figures`); the
command page counts by the same definitions in the database. A figure counts rows that somebody can be shown: its
`shows` says which list, and with which filter, holds exactly them.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from lianfang.cases.core.figures import CASES, NEW_TODAY
from lianfang.cases.core.origin import FoundIn, Origin
from lianfang.headquarters.core.figures import BY_STATE, CLOCKS, OVERDUE
from lianfang.kernel.figures import Figure as Definition
from lianfang.kernel.figures import count_in_frame, count_in_frame_by
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import CATEGORY_RANK, Category, Classification, FoundBy, MeasureKind
from lianfang.kernel.where import Names, absent
from lianfang.measures.core.figures import (
    CASES_OVER,
    IN_FORCE,
    MEASURES,
    OBSERVED,
    PEOPLE_BY_STATE,
    RELEASED_TODAY,
)
from lianfang.measures.core.state import frame_names
from lianfang.reports.core.cases import KNOWN_AT as _KNOWN_AT
from lianfang.reports.core.cases import known_cases, last_moment, new_cases
from lianfang.tracing.core.figures import CONTACTS, LOCATED
from lianfang.tracing.core.state import IS_CONTACT, NOT_REFUSED

CONTACT_CATEGORIES = (Category.CLOSE_CONTACT, Category.SECONDARY_CONTACT, Category.GENERAL_CONTACT)


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes
    ----------
    name : str
        Its path: ``cases.total``, ``contacts.category.close_contact``, ``township.<code>.cases``.
    label : Text
        What it counts, in a table or a sentence.
    value : int
        Rows counted; never an estimate.
    shows : tuple
        The list that holds the rows (``cases``, ``contacts``, ``measures``, ``clocks``) and the filter that leaves
        exactly them, as the list pages take it.
    """

    name: str
    label: Text
    value: int
    shows: tuple[str, Mapping[str, str]] = field(default=("", {}), compare=False)


def figures(
    *,
    cases: pl.DataFrame,
    contacts: pl.DataFrame,
    measures: pl.DataFrame,
    clocks: pl.DataFrame,
    as_of: dt.datetime,
    townships: Mapping[str, Text] | None = None,
    same_place: int | None = None,
) -> dict[str, Figure]:
    """Count.

    Parameters
    ----------
    cases : pl.DataFrame
        One row a case: ``case_id, person_id``; where present ``classification`` (empty: asymptomatic without an onset,
        else confirmed), ``reported_at``, ``sampled_at``, ``isolated_at``, ``onset_date``, ``jurisdiction``.
    contacts : pl.DataFrame
        Rows of `kernel.schema.CONTACTS`, or one row a person; where present ``decision`` (refused ones do not count),
        ``located_at``, ``jurisdiction``. People are counted, not rows; who is a case is counted as a case, and as a
        contact only in ``contacts.are_cases``.
    measures : pl.DataFrame
        ``person_id, measure, start, end``; where present ``decision`` (what is in force was accepted),
        ``released_at``, ``category``, ``jurisdiction``. Without ``decision``, as over files, nobody ordered anything:
        what the playbook asks for counts by its times, and the bulletin says so.
    clocks : pl.DataFrame
        ``clock, due``; where present ``done_at``, ``paused_at``, ``jurisdiction``.
    as_of : datetime
        Naive local; "today" is its date. Midnight closes the day before it, which is then counted whole (0–24 h).
    townships : mapping, optional
        Code to name: a township without rows is counted too (its zero is a report). Without it the townships are those
        of the rows.
    same_place : int, optional
        People who shared a place with a case and are no contact, as tracing counted them; there is no list of them.

    Returns
    -------
    dict
        By name, in the order in which a bulletin gives them.
    """
    as_of = last_moment(as_of)
    known = known_cases(cases)
    everybody = contact_people(contacts)
    people = everybody.filter(CONTACTS.where.polars(names=_people_names(everybody)))
    ordered = current_measures(measures)
    made = [
        *_case_figures(known, as_of),
        *_outcome_figures(known, ordered, as_of),
        *_contact_figures(people, everybody.height - people.height, as_of),
        *_same_place_figures(same_place),
        *_measure_figures(ordered, as_of),
        *_people_figures(ordered, as_of),
        *_clock_figures(clocks, as_of),
        *_township_figures(known, people, ordered, clocks, as_of, townships),
    ]
    return {figure.name: figure for figure in made}


def contact_people(contacts: pl.DataFrame) -> pl.DataFrame:
    """Reduce contacts to people: ``person_id, category, found_by, is_case`` and, where present, other columns.

    The category is the first of `CATEGORY_ORDER`; who was found by interview in one row and by co-presence in another
    was found by both. A contact that an investigator refused is none, nor is who was only named or met while nobody
    knows whether the case was infectious.
    """
    contacts = contacts.filter((NOT_REFUSED & IS_CONTACT).polars(names=absent(contacts, decision=None)))
    kept = [name for name in ("jurisdiction", "located_at") if name in contacts.columns]
    is_case = pl.col("is_case").fill_null(False) if "is_case" in contacts.columns else pl.lit(False)
    kinds = pl.col("found_by").unique().drop_nulls()
    return (
        contacts.with_columns(
            rank=pl.col("category").replace_strict(CATEGORY_RANK, default=len(CATEGORY_RANK), return_dtype=pl.Int64),
            is_case=is_case,
        )
        .sort("person_id", "rank")
        .group_by("person_id", maintain_order=True)
        .agg(
            pl.col("category").first(),
            pl.when(kinds.len() > 1)
            .then(pl.lit(FoundBy.BOTH.value))
            .otherwise(pl.col("found_by").drop_nulls().first())
            .alias("found_by"),
            pl.col("is_case").any(),
            *[pl.col(name).drop_nulls().first() for name in kept],
        )
    )


def current_measures(measures: pl.DataFrame) -> pl.DataFrame:
    """Return the measures that nobody has refused."""
    return measures.filter(MEASURES.where.polars(names=frame_names(measures)))


def _people_names(people: pl.DataFrame) -> Names:
    """Return what the fields of contacts are in a frame of people: who was refused is not there any more."""
    return absent(people, decision=None, located_at=None)


def _shows(which: str, figure: Definition, as_of: dt.datetime, **more: str) -> tuple[str, Mapping[str, str]]:
    """Return the list of a figure and its filters, further ones besides; times to the minute, as the pages count."""
    filters = {} if figure.list is None else figure.list.query(at=as_of, timespec="minutes")
    return which, {**filters, **more}


def _count(frame: pl.DataFrame, column: str, value: str) -> int:
    return frame.filter(pl.col(column) == value).height


def _case_figures(cases: pl.DataFrame, as_of: dt.datetime) -> Iterable[Figure]:
    total = count_in_frame(CASES, cases)
    yield Figure("cases.total", Text("累计病例", "Cases"), total, _shows("cases", CASES, as_of))
    today = new_cases(cases, as_of.date())
    yield Figure("cases.new_today", Text("当日新增", "New today"), today.height, _shows("cases", NEW_TODAY, as_of))
    for word in Classification:
        if word is Classification.EXCLUDED:
            continue
        yield Figure(
            f"cases.classification.{word.value}",
            word.label,
            _count(cases, "classification", word.value),
            _shows("cases", CASES, as_of, classification=word.value),
        )
        yield Figure(
            f"cases.new_today.{word.value}",
            Text(f"当日新增{word.label.zh}", f"New today: {word.label.en.lower()}"),
            _count(today, "classification", word.value),
            _shows("cases", NEW_TODAY, as_of, classification=word.value),
        )


def _outcome_figures(cases: pl.DataFrame, measures: pl.DataFrame, as_of: dt.datetime) -> Iterable[Figure]:
    """Count where cases came from and were found, and what became of them; nothing is said that no list tells."""
    today = new_cases(cases, as_of.date())
    for word in Origin:
        yield Figure(f"cases.origin.{word.value}", word.label, _count(cases, "origin", word.value))
        label = Text(f"当日新增{word.label.zh}", f"New today: {word.label.en.lower()}")
        yield Figure(f"cases.new_today.origin.{word.value}", label, _count(today, "origin", word.value))
    for found in FoundIn:
        label = Text(f"当日新增{found.label.zh}", f"New today: {found.label.en.lower()}")
        yield Figure(f"cases.new_today.found_in.{found.value}", label, _count(today, "found_in", found.value))
    ended = {"discharged": Text("出院（解除隔离）", "Discharged"), "died": Text("死亡", "Died")}
    over = cases.clear(n=0).select("person_id")
    for code, label in ended.items():
        people = _ended(cases, measures, f"{code}_at", as_of)
        if people is None:
            continue
        counted = people.filter(pl.col("at").dt.date() == as_of.date())
        yield Figure(f"cases.{code}", Text(f"累计{label.zh}", label.en), people.height)
        yield Figure(f"cases.{code}_today", Text(f"当日{label.zh}", f"{label.en} today"), counted.height)
        over = pl.concat([over, people.select("person_id")])
    left = cases.join(over.unique(), on="person_id", how="anti")
    yield Figure("cases.current", Text("现有", "Still in care"), left.height)


def _ended(cases: pl.DataFrame, measures: pl.DataFrame, column: str, as_of: dt.datetime) -> pl.DataFrame | None:
    """Return who was discharged or died by the moment, and when; None where neither list nor release tells of it."""
    told = []
    if column in cases.columns and cases.schema[column].is_temporal():
        listed = cases.select("person_id", at=pl.col(column).cast(pl.Datetime("us"))).filter(pl.col("at") <= as_of)
        # A list that names nobody by the moment tells nothing: what it gets later changes nothing of today.
        told += [listed] if listed.height else []
    if column == "discharged_at" and "released_at" in measures.columns and "category" in measures.columns:
        freed = measures.filter(CASES_OVER.where.polars(names=frame_names(measures), at=as_of, day=as_of.date()))
        told.append(freed.select("person_id", at=pl.col("released_at").cast(pl.Datetime("us"))))
    if not told:
        return None
    of_cases = pl.concat(told).join(cases.select("person_id"), on="person_id", how="semi")
    return of_cases.filter(pl.col("at") <= as_of).sort("at").unique("person_id", keep="first", maintain_order=True)


def _contact_figures(people: pl.DataFrame, are_cases: int, as_of: dt.datetime) -> Iterable[Figure]:
    yield Figure("contacts.total", Text("接触者合计", "Contacts"), people.height, _shows("contacts", CONTACTS, as_of))
    for category in CONTACT_CATEGORIES:
        yield Figure(
            f"contacts.category.{category.value}",
            category.label,
            _count(people, "category", category.value),
            _shows("contacts", CONTACTS, as_of, category=category.value),
        )
    for found in FoundBy:
        yield Figure(
            f"contacts.found_by.{found.value}",
            found.label,
            _count(people, "found_by", found.value),
            _shows("contacts", CONTACTS, as_of, found_by=found.value),
        )
    yield Figure("contacts.are_cases", Text("另有本身为病例者", "Besides: cases themselves"), are_cases)
    if "located_at" in people.columns:
        located = count_in_frame(LOCATED, people, names=_people_names(people))
        yield Figure("contacts.located", Text("已核实到人", "Located"), located, _shows("contacts", LOCATED, as_of))


def _same_place_figures(same_place: int | None) -> Iterable[Figure]:
    if same_place is not None:
        label = Text("另有同场所人员（只计数，不列名单）", "Besides: shared a place, no contact (counted, not listed)")
        yield Figure("contacts.same_place", label, same_place)


def _measure_figures(measures: pl.DataFrame, as_of: dt.datetime) -> Iterable[Figure]:
    label = Text("管控措施合计", "Measures")
    yield Figure("measures.total", label, measures.height, _shows("measures", MEASURES, as_of))
    yield Figure(
        "measures.in_force",
        Text("正在执行", "In force now"),
        count_in_frame(IN_FORCE, measures, names=frame_names(measures), at=as_of),
        _shows("measures", IN_FORCE, as_of),
    )
    for kind in MeasureKind:
        yield Figure(
            f"measures.kind.{kind.value}",
            kind.label,
            _count(measures, "measure", kind.value),
            _shows("measures", MEASURES, as_of, kind=kind.value),
        )


def _people_figures(measures: pl.DataFrame, as_of: dt.datetime) -> Iterable[Figure]:
    """Count the people in each state of each kind of measure; "no measure" is none."""
    names = frame_names(measures)
    params = {"at": as_of, "day": as_of.date()}
    for figure in PEOPLE_BY_STATE.values():
        yield Figure(figure.name, figure.label, count_in_frame(figure, measures, names=names, **params))
    by_kind = {
        state: count_in_frame_by(figure, measures, "measure", names=names, **params)
        for state, figure in PEOPLE_BY_STATE.items()
    }
    for kind in MeasureKind:
        if kind is MeasureKind.NONE:
            continue
        for state, figure in PEOPLE_BY_STATE.items():
            yield Figure(
                f"measures.people.{kind.value}.{state}",
                Text(f"{kind.label.zh}：{figure.label.zh}", f"{kind.label.en}: {figure.label.en.lower()}"),
                by_kind[state].get(kind.value, 0),
            )
    for figure in (OBSERVED, RELEASED_TODAY):
        yield Figure(figure.name, figure.label, count_in_frame(figure, measures, names=names, **params))


STATES = (
    ("running", Text("计时中", "Running")),
    ("overdue", Text("逾期（未办结）", "Overdue (not recorded as done)")),
    ("paused", Text("已暂停", "Paused")),
    ("done", Text("已完成", "Done")),
)
"""The states of clocks; none is told as paused where none is."""


def _clock_figures(clocks: pl.DataFrame, as_of: dt.datetime) -> Iterable[Figure]:
    names = absent(clocks, done_at=None, paused_at=None)
    total = count_in_frame(CLOCKS, clocks)
    yield Figure("clocks.total", Text("时限合计", "Clocks"), total, _shows("clocks", CLOCKS, as_of))
    states = [(s, label) for s, label in STATES if s != "paused" or count_in_frame(BY_STATE[s], clocks, names=names)]
    for state, label in states:
        figure = BY_STATE[state]
        number = count_in_frame(figure, clocks, names=names, at=as_of)
        yield Figure(f"clocks.{state}", label, number, _shows("clocks", figure, as_of))
    for clock in sorted(set(clocks["clock"].to_list())):
        of_clock = clocks.filter(pl.col("clock") == clock)
        for state, label in states:
            figure = BY_STATE[state]
            yield Figure(
                f"clocks.by_clock.{clock}.{state}",
                label,
                count_in_frame(figure, of_clock, names=names, at=as_of),
                _shows("clocks", figure, as_of, clock=clock),
            )


TOWNSHIP_COLUMNS = (
    ("cases", Text("病例", "Cases")),
    ("new_today", Text("当日新增", "New today")),
    ("close_contacts", Text("密接", "Close contacts")),
    ("secondary_contacts", Text("密接的密接", "Secondary contacts")),
    ("located", Text("已核实到人", "Located")),
    ("under_control", Text("执行中措施人数", "People under measures")),
    ("overdue", Text("逾期时限", "Clocks overdue")),
)
"""What is counted for each township, in the order of the table's columns."""

BESIDE_COLUMNS = (("under_measures", Text("执行中措施", "Measures in force")),)
"""What is counted for each township and stands in no column: the command page shows it."""


def _township_figures(
    cases: pl.DataFrame,
    people: pl.DataFrame,
    measures: pl.DataFrame,
    clocks: pl.DataFrame,
    as_of: dt.datetime,
    townships: Mapping[str, Text] | None,
) -> Iterable[Figure]:
    def by_township(
        which: str, figure: Definition, frame: pl.DataFrame, names: Names | None = None, **more: str
    ) -> tuple[dict[str, int], int, tuple[str, Mapping[str, str]]]:
        rows = frame.filter(pl.col(name) == value for name, value in more.items()) if more else frame
        placed = "jurisdiction" in frame.columns
        day = as_of.date()
        counts = count_in_frame_by(figure, rows, "jurisdiction", names=names, at=as_of, day=day) if placed else {}
        whole = count_in_frame(figure, rows, names=names, at=as_of, day=day)
        return counts, whole, _shows(which, figure, as_of, **more)

    of_people = _people_names(people)
    counted = {
        "cases": by_township("cases", CASES, cases),
        "new_today": by_township("cases", NEW_TODAY, cases, _KNOWN_AT),
        "close_contacts": by_township("contacts", CONTACTS, people, of_people, category="close_contact"),
        "secondary_contacts": by_township("contacts", CONTACTS, people, of_people, category="secondary_contact"),
        "under_control": by_township("", PEOPLE_BY_STATE["in_force"], measures, frame_names(measures)),
        "under_measures": by_township("measures", IN_FORCE, measures, frame_names(measures)),
        "overdue": by_township("clocks", OVERDUE, clocks, absent(clocks, done_at=None, paused_at=None)),
    }
    if "located_at" in people.columns:
        counted["located"] = by_township("contacts", LOCATED, people, of_people)
    if townships is None:
        in_force_now = measures.filter(IN_FORCE.where.polars(names=frame_names(measures), at=as_of))
        placed = [frame for frame in (cases, people, in_force_now, clocks) if "jurisdiction" in frame.columns]
        codes = {c for frame in placed for c in frame["jurisdiction"].drop_nulls().to_list() if c}
        townships = {code: Text(code, code) for code in sorted(codes)}
    if not townships:
        return
    for code, name in townships.items():
        for column, label in (*TOWNSHIP_COLUMNS, *BESIDE_COLUMNS):
            if column in counted:
                counts, _whole, (which, filters) = counted[column]
                yield Figure(
                    f"township.{code}.{column}",
                    Text(f"{name.zh} {label.zh}", f"{name.en}: {label.en.lower()}"),
                    counts.get(code, 0),
                    (which, {"township": code, **filters}),
                )
    # What lies in none of them stands in a row of its own, so that the rows add up.
    for column, label in (*TOWNSHIP_COLUMNS, *BESIDE_COLUMNS):
        if column in counted:
            counts, whole, _link = counted[column]
            rest = sum(number for code, number in counts.items() if code not in townships) if counts else whole
            words = Text(f"{WITHOUT_TOWNSHIP.zh} {label.zh}", f"{WITHOUT_TOWNSHIP.en}: {label.en.lower()}")
            yield Figure(f"township..{column}", words, rest)


WITHOUT_TOWNSHIP = Text("未落到乡镇", "Without township")
"""What belongs to no township that is listed."""


def under(made: Mapping[str, Figure], prefix: str) -> list[Figure]:
    """Return the figures one step below a prefix: ``contacts.category`` gives one figure a category."""
    depth = prefix.count(".") + 1
    return [f for name, f in made.items() if name.startswith(prefix + ".") and name.count(".") == depth]


def township_table(made: Mapping[str, Figure]) -> list[tuple[str, list[Figure]]]:
    """Return the township figures as rows: code, and its figures in the order of `TOWNSHIP_COLUMNS`.

    The last row, without a code, is that of what belongs to no township.
    """
    rows: dict[str, list[Figure]] = {}
    shown = {name for name, _ in TOWNSHIP_COLUMNS}
    for name, figure in made.items():
        if name.startswith("township.") and name.rpartition(".")[2] in shown:
            rows.setdefault(name.removeprefix("township.").rpartition(".")[0], []).append(figure)
    return list(rows.items())
