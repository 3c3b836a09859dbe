"""The one place where counts are made: for summary.json, the bulletin as a paper and as a page, and the command page.

A figure counts rows that somebody can be shown. Its `shows` says which list, and with which filter, holds exactly them.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from lianfang.cases.core.known import known_at
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Category, Classification, FoundBy, MeasureKind, Word
from lianfang.measures.core.state import in_force

CATEGORY_ORDER = (
    Category.CASE,
    Category.CLOSE_CONTACT,
    Category.SECONDARY_CONTACT,
    Category.GENERAL_CONTACT,
    Category.ARRIVAL,
    Category.INBOUND,
)
"""Who is in several categories counts, and is treated, in the first of them."""

CONTACT_CATEGORIES = (Category.CLOSE_CONTACT, Category.SECONDARY_CONTACT, Category.GENERAL_CONTACT)

CASES_SHOWN = {"excluded": "no"}
CONTACTS_SHOWN = {"counted": "yes"}
"""Filters of the list pages that leave what is counted at all: no excluded case; no contact that was refused or is a
case. The list of measures leaves refused ones out by itself."""


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
        ``released_at``, ``jurisdiction``.
    clocks : pl.DataFrame
        ``clock, due``; where present ``done_at``, ``paused_at``, ``jurisdiction``.
    as_of : datetime
        Naive local; "today" is its date.
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
    known = known_cases(cases)
    everybody = contact_people(contacts)
    people = everybody.filter(~pl.col("is_case"))
    ordered = current_measures(measures)
    running = _with_state(clocks, as_of)
    made = [
        *_case_figures(known, as_of),
        *_contact_figures(people, everybody.height - people.height),
        *_same_place_figures(same_place),
        *_measure_figures(ordered, as_of),
        *_clock_figures(running),
        *_township_figures(known, people, ordered, running, as_of, townships),
    ]
    return {figure.name: figure for figure in made}


def known_cases(cases: pl.DataFrame) -> pl.DataFrame:
    """Return the cases with ``classification`` filled and ``known_at``, excluded ones left out.

    When a case became known, `lianfang.cases.core.known` says.
    """
    by_onset = (
        pl.when(pl.col("onset_date").is_null())
        .then(pl.lit(Classification.ASYMPTOMATIC.value))
        .otherwise(pl.lit(Classification.CONFIRMED.value))
        if "onset_date" in cases.columns
        else pl.lit(Classification.CONFIRMED.value)
    )
    classified = word_column(cases, "classification", Classification)
    known = cases.with_columns(classification=pl.coalesce(classified, by_onset), known_at=known_at(cases))
    return known.filter(pl.col("classification") != Classification.EXCLUDED.value)


def word_column(frame: pl.DataFrame, name: str, words: type[Word]) -> pl.Expr:
    """Return a column as codes of a vocabulary: a code or a label in either language is read, anything else is null."""
    if name not in frame.columns:
        return pl.lit(None, pl.String)
    spellings = {word.label.zh: word.value for word in words} | {word.label.en.lower(): word.value for word in words}
    spellings |= {word.value: word.value for word in words}
    spellings |= {"确诊": "confirmed", "疑似": "suspected", "无症状": "asymptomatic", "排除": "excluded"}
    spellings = {spelt: code for spelt, code in spellings.items() if code in words.codes()}
    text = pl.col(name).cast(pl.String).str.strip_chars().str.to_lowercase()
    return text.replace_strict(spellings, default=None, return_dtype=pl.String)


def contact_people(contacts: pl.DataFrame) -> pl.DataFrame:
    """Reduce contacts to people: ``person_id, category, found_by, is_case`` and, where present, other columns.

    The category is the first of `CATEGORY_ORDER`; who was found by interview in one row and by co-presence in another
    was found by both. A contact that an investigator refused is none.
    """
    if "decision" in contacts.columns:
        contacts = contacts.filter(pl.col("decision") != "refused")
    rank = {category.value: number for number, category in enumerate(CATEGORY_ORDER)}
    kept = [name for name in ("jurisdiction", "located_at") if name in contacts.columns]
    is_case = pl.col("is_case").fill_null(False) if "is_case" in contacts.columns else pl.lit(False)
    kinds = pl.col("found_by").unique().drop_nulls()
    return (
        contacts.with_columns(
            rank=pl.col("category").replace_strict(rank, default=len(rank), return_dtype=pl.Int64), is_case=is_case
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
    return measures.filter(pl.col("decision") != "refused") if "decision" in measures.columns else measures


def _with_state(clocks: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    done = pl.col("done_at").is_not_null() if "done_at" in clocks.columns else pl.lit(False)
    paused = pl.col("paused_at").is_not_null() if "paused_at" in clocks.columns else pl.lit(False)
    overdue = pl.col("due") <= pl.lit(as_of, dtype=pl.Datetime("us"))
    state = (
        pl.when(done)
        .then(pl.lit("done"))
        .when(paused)
        .then(pl.lit("paused"))
        .when(overdue)
        .then(pl.lit("overdue"))
        .otherwise(pl.lit("running"))
    )
    return clocks.with_columns(state=state)


def _count(frame: pl.DataFrame, column: str, value: str) -> int:
    return frame.filter(pl.col(column) == value).height


def _day(as_of: dt.datetime) -> dict[str, str]:
    day = as_of.date().isoformat()
    return {"reported_after": day, "reported_before": day}


def _case_figures(cases: pl.DataFrame, as_of: dt.datetime) -> Iterable[Figure]:
    yield Figure("cases.total", Text("累计病例", "Cases"), cases.height, ("cases", CASES_SHOWN))
    today = cases.filter(pl.col("known_at").dt.date() == as_of.date())
    yield Figure(
        "cases.new_today",
        Text("当日新增", "New today"),
        today.height,
        ("cases", {**CASES_SHOWN, **_day(as_of)}),
    )
    for word in Classification:
        if word is Classification.EXCLUDED:
            continue
        shows = {**CASES_SHOWN, "classification": word.value}
        yield Figure(
            f"cases.classification.{word.value}",
            word.label,
            _count(cases, "classification", word.value),
            ("cases", shows),
        )
        yield Figure(
            f"cases.new_today.{word.value}",
            Text(f"当日新增{word.label.zh}", f"New today: {word.label.en.lower()}"),
            _count(today, "classification", word.value),
            ("cases", {**shows, **_day(as_of)}),
        )


def _contact_figures(people: pl.DataFrame, are_cases: int) -> Iterable[Figure]:
    yield Figure("contacts.total", Text("接触者合计", "Contacts"), people.height, ("contacts", CONTACTS_SHOWN))
    for category in CONTACT_CATEGORIES:
        yield Figure(
            f"contacts.category.{category.value}",
            category.label,
            _count(people, "category", category.value),
            ("contacts", {**CONTACTS_SHOWN, "category": category.value}),
        )
    for found in FoundBy:
        yield Figure(
            f"contacts.found_by.{found.value}",
            found.label,
            _count(people, "found_by", found.value),
            ("contacts", {**CONTACTS_SHOWN, "found_by": found.value}),
        )
    yield Figure("contacts.are_cases", Text("另有本身为病例者", "Besides: cases themselves"), are_cases)
    if "located_at" in people.columns:
        yield Figure(
            "contacts.located",
            Text("已落实", "Located"),
            people.filter(pl.col("located_at").is_not_null()).height,
            ("contacts", {**CONTACTS_SHOWN, "located": "yes"}),
        )


def _same_place_figures(same_place: int | None) -> Iterable[Figure]:
    if same_place is not None:
        label = Text("另有同场所人员（只计数，不列名单）", "Besides: shared a place, no contact (counted, not listed)")
        yield Figure("contacts.same_place", label, same_place)


def _measure_figures(measures: pl.DataFrame, as_of: dt.datetime) -> Iterable[Figure]:
    yield Figure("measures.total", Text("管控措施合计", "Measures"), measures.height, ("measures", {}))
    yield Figure(
        "measures.in_force",
        Text("正在执行", "In force now"),
        in_force(measures, at=as_of).height,
        ("measures", {"in_force_at": as_of.isoformat(timespec="minutes")}),
    )
    for kind in MeasureKind:
        yield Figure(
            f"measures.kind.{kind.value}",
            kind.label,
            _count(measures, "measure", kind.value),
            ("measures", {"kind": kind.value}),
        )


STATES = (
    ("running", Text("计时中", "Running")),
    ("overdue", Text("已到期（未记录完成）", "Past due (not recorded as done)")),
    ("paused", Text("已暂停", "Paused")),
    ("done", Text("已完成", "Done")),
)
"""The states of clocks; none is told as paused where none is."""


def _clock_figures(clocks: pl.DataFrame) -> Iterable[Figure]:
    yield Figure("clocks.total", Text("时限合计", "Clocks"), clocks.height, ("clocks", {}))
    states = [one for one in STATES if one[0] != "paused" or _count(clocks, "state", "paused")]
    for state, label in states:
        yield Figure(f"clocks.{state}", label, _count(clocks, "state", state), ("clocks", {"state": state}))
    for clock in sorted(set(clocks["clock"].to_list())):
        of_clock = clocks.filter(pl.col("clock") == clock)
        for state, label in states:
            yield Figure(
                f"clocks.by_clock.{clock}.{state}",
                label,
                _count(of_clock, "state", state),
                ("clocks", {"clock": clock, "state": state}),
            )


TOWNSHIP_COLUMNS = (
    ("cases", Text("病例", "Cases")),
    ("new_today", Text("当日新增", "New today")),
    ("close_contacts", Text("密接", "Close contacts")),
    ("secondary_contacts", Text("密接的密接", "Secondary contacts")),
    ("located", Text("已落实", "Located")),
    ("under_measures", Text("正在管控", "Under measures")),
    ("overdue", Text("时限已到", "Past due")),
)
"""What is counted for each township, in the order of the table's columns."""


def _township_figures(
    cases: pl.DataFrame,
    people: pl.DataFrame,
    measures: pl.DataFrame,
    clocks: pl.DataFrame,
    as_of: dt.datetime,
    townships: Mapping[str, Text] | None,
) -> Iterable[Figure]:
    frames = {"cases": cases, "contacts": people, "measures": in_force(measures, at=as_of), "clocks": clocks}
    placed = {name: frame for name, frame in frames.items() if "jurisdiction" in frame.columns}
    if townships is None:
        codes = {c for frame in placed.values() for c in frame["jurisdiction"].drop_nulls().to_list() if c}
        townships = {code: Text(code, code) for code in sorted(codes)}
    for code, name in townships.items():
        here = {k: frame.filter(pl.col("jurisdiction") == code) for k, frame in placed.items()}
        empty = pl.DataFrame()
        own_people, own_cases = here.get("contacts", empty), here.get("cases", empty)
        counted = {
            "cases": (own_cases.height, "cases", CASES_SHOWN),
            "new_today": (
                own_cases.filter(pl.col("known_at").dt.date() == as_of.date()).height if own_cases.height else 0,
                "cases",
                {**CASES_SHOWN, **_day(as_of)},
            ),
            "close_contacts": (
                _count(own_people, "category", "close_contact") if own_people.height else 0,
                "contacts",
                {**CONTACTS_SHOWN, "category": "close_contact"},
            ),
            "secondary_contacts": (
                _count(own_people, "category", "secondary_contact") if own_people.height else 0,
                "contacts",
                {**CONTACTS_SHOWN, "category": "secondary_contact"},
            ),
            "under_measures": (
                here["measures"].height if "measures" in here else 0,
                "measures",
                {"in_force_at": as_of.isoformat(timespec="minutes")},
            ),
            "overdue": (
                _count(here["clocks"], "state", "overdue") if "clocks" in here else 0,
                "clocks",
                {"state": "overdue"},
            ),
        }
        if "located_at" in people.columns:
            located = own_people.filter(pl.col("located_at").is_not_null()).height if own_people.height else 0
            counted["located"] = (located, "contacts", {**CONTACTS_SHOWN, "located": "yes"})
        for column, label in TOWNSHIP_COLUMNS:
            if column in counted:
                value, which, shows = counted[column]
                yield Figure(
                    f"township.{code}.{column}",
                    Text(f"{name.zh} {label.zh}", f"{name.en}: {label.en.lower()}"),
                    value,
                    (which, {"township": code, **shows}),
                )


def under(made: Mapping[str, Figure], prefix: str) -> list[Figure]:
    """Return the figures one step below a prefix: ``contacts.category`` gives one figure a category."""
    depth = prefix.count(".") + 1
    return [f for name, f in made.items() if name.startswith(prefix + ".") and name.count(".") == depth]


def township_table(made: Mapping[str, Figure]) -> list[tuple[str, list[Figure]]]:
    """Return the township figures as rows: code, and its figures in the order of `TOWNSHIP_COLUMNS`."""
    rows: dict[str, list[Figure]] = {}
    for name, figure in made.items():
        if name.startswith("township."):
            rows.setdefault(name.removeprefix("township.").rpartition(".")[0], []).append(figure)
    return list(rows.items())
