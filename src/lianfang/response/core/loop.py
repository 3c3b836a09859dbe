"""One turn of the loop: what an office does each time the facts change. The order is written here and nowhere else.

Windows → contacts → chains → measures → clocks → figures. Nothing turns by itself: a new fact asks for a new turn.

Files (`response.run`) and the database (`response.services`) both come through `respond`; it is the same response.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl

from lianfang.cases.core.window import infectious_windows, problems
from lianfang.chains.core.chains import weigh
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PLACES
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
from lianfang.measures.core.decide import decide
from lianfang.playbook.model import Playbook
from lianfang.records.core.clocks import clocks_of, not_started, rules_for
from lianfang.reports.core.figures import Figure, figures, word_column
from lianfang.response.core.facts import case_facts, case_of_person, contact_facts

STEPS = (
    ("windows", Text("确定传染期", "infectious windows")),
    ("contacts", Text("查找接触者", "contacts")),
    ("chains", Text("推断传播链", "transmission chains")),
    ("measures", Text("确定管控措施", "measures")),
    ("clocks", Text("启动工作时限", "clocks")),
    ("figures", Text("汇总数字", "figures")),
)
"""The steps in their order; a caller is told each as it begins."""

UNDECIDED = {
    "table": pl.String(),
    "row": pl.Int64(),
    "column": pl.String(),
    "value": pl.String(),
    "reason_zh": pl.String(),
    "reason_en": pl.String(),
}
"""What could not be decided: the input table and the row (by position, from 0; empty where no single row is the
source) that would have to be completed, the column that is missing there, whom it concerns, and why."""

OF_PEOPLE = ("special", "origin_risk", "linked_tests", "own_tests", "in_quarantine_since", "left_area", "entered_at")
"""Facts that a list of people tells; the list of cases does where it has a column of that name."""


@dataclass(frozen=True)
class Inputs:
    """What is known. Frames are clean: they come from `lianfang.intake` or from selectors.

    Attributes
    ----------
    cases, interviews, people, places : pl.DataFrame
        Schemas `CASES`, `INTERVIEWS`, `PEOPLE`, `PLACES`, other columns kept. Nothing is decided from the places yet.
    presences : object
        Whatever the tracer takes: a frame, paths, or a table of an open engine; None without presences.
    decisions : pl.DataFrame, optional
        ``person_id, decision, category, rule``: which contacts investigators accepted or refused, as what, and by which
        rule they had been proposed. It counts for the person's own measures, and for whether anybody is sought through
        them.
    isolations : pl.DataFrame, optional
        ``person_id, isolated_at``: contacts who are in quarantine; nobody is sought through them from then on.
    townships : mapping, optional
        Codes and names of the townships that report, also where they have nothing to report.
    """

    cases: pl.DataFrame
    presences: object = None
    interviews: pl.DataFrame = field(default_factory=INTERVIEWS.empty)
    people: pl.DataFrame = field(default_factory=PEOPLE.empty)
    places: pl.DataFrame = field(default_factory=PLACES.empty)
    decisions: pl.DataFrame | None = None
    isolations: pl.DataFrame | None = None
    townships: Mapping[str, Text] | None = None


@dataclass(frozen=True)
class Response:
    """What is to be done.

    Attributes
    ----------
    cases : pl.DataFrame
        The cases with their windows.
    contacts, measures, clocks : pl.DataFrame
        Each row with the id of the rule that gave it; measures with a reason in both languages as well.
    chains : pl.DataFrame
        Each row with its weight and its evidence in both languages. All four are sorted, whatever the order of the
        inputs.
    figures : dict
        From `lianfang.reports.core.figures`.
    undecided : pl.DataFrame
        Columns of `UNDECIDED`, sorted.
    general : pl.DataFrame or None
        How many people shared a place with a case and are no contact, by case and place kind; columns of
        `lianfang.tracing.core.general.COUNTS`. None where nobody counted, or the playbook has no rule for them.
    """

    cases: pl.DataFrame
    contacts: pl.DataFrame
    chains: pl.DataFrame
    measures: pl.DataFrame
    clocks: pl.DataFrame
    figures: dict[str, Figure]
    undecided: pl.DataFrame
    general: pl.DataFrame | None = None


class Trace(Protocol):
    """What finds the contacts: `lianfang.tracing.tracer.find_contacts`, or a stand-in in a test."""

    def __call__(
        self,
        cases: pl.DataFrame,
        presences: Any,
        interviews: pl.DataFrame,
        *,
        playbook: Playbook,
        as_of: dt.datetime,
        isolations: pl.DataFrame | None,
        decisions: pl.DataFrame | None,
    ) -> pl.DataFrame:
        """Return contacts, schema `kernel.schema.CONTACTS`."""
        ...


class CountGeneral(Protocol):
    """What counts who shared a place and is no contact: `lianfang.tracing.tracer.count_general`, or a stand-in."""

    def __call__(
        self, cases: pl.DataFrame, presences: Any, contacts: pl.DataFrame, *, playbook: Playbook, as_of: dt.datetime
    ) -> pl.DataFrame | None:
        """Return counts, columns of `lianfang.tracing.core.general.COUNTS`."""
        ...


def no_progress(step: str) -> None:
    """Tell nobody."""


def respond(
    inputs: Inputs,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    trace: Trace,
    count_general: CountGeneral | None = None,
    progress: Callable[[str], None] = no_progress,
) -> Response:
    """Answer an outbreak.

    Parameters
    ----------
    inputs : Inputs
        What is known.
    playbook : Playbook
        The policy in force.
    as_of : datetime
        Naive local time of reckoning.
    trace : Trace
        Carries the tracing out.
    count_general : CountGeneral, optional
        Counts who shared a place with a case and is no contact; not counted when not given.
    progress : callable
        Called with the name of each of `STEPS` as it begins.

    Returns
    -------
    Response
        The same for the same inputs, whatever the order of their rows.
    """
    progress("windows")
    listed = CASES.conform(inputs.cases).with_row_index("row")
    excluded = word_column(listed, "classification", Classification) == Classification.EXCLUDED.value
    active = listed.filter(~excluded.fill_null(False)).sort("case_id")
    windows = infectious_windows(active, lookback=playbook.lookback, as_of=as_of)

    progress("contacts")
    # It reckons the windows itself, by the same function, for it is also called without this loop: one pass over cases.
    contacts = trace(
        active.drop("row"),
        inputs.presences,
        inputs.interviews,
        playbook=playbook,
        as_of=as_of,
        isolations=inputs.isolations,
        decisions=inputs.decisions,
    )

    general = None
    if count_general is not None:
        general = count_general(active.drop("row"), inputs.presences, contacts, playbook=playbook, as_of=as_of)

    progress("chains")
    chains = weigh(windows, contacts, playbook=playbook)

    progress("measures")
    # A county's list of people is long, and few of them are concerned.
    concerned = pl.concat([active.select("person_id"), contacts.select("person_id")]).unique()
    people = inputs.people.join(concerned, on="person_id", how="semi")
    facts = pl.concat(
        [
            case_facts(active, people, as_of=as_of),
            contact_facts(contacts, active, people, as_of=as_of, decisions=inputs.decisions),
        ],
        how="diagonal_relaxed",
    ).sort("person_id")
    decided = decide(facts, playbook=playbook, as_of=as_of)
    measures = decided.measures.sort("person_id", "start", "rule", nulls_last=True)

    progress("clocks")
    clocks = clocks_of(active, rules_for(playbook, "case"))

    progress("figures")
    counted = figures(
        cases=_placed(active, people),
        contacts=_placed(contacts, people),
        measures=_placed(measures, people),
        clocks=_placed(clocks.join(active.select("case_id", "person_id"), on="case_id", how="left"), people),
        as_of=as_of,
        townships=inputs.townships or _townships(inputs.people),
        same_place=None if general is None else in_all(general),
    )
    undecided = pl.concat(
        [
            _without_window(windows, active),
            _without_clock(active, clocks, playbook),
            _without_measure(decided.refused, case_of_person(active, as_of=as_of), inputs),
        ]
    ).sort("table", "row", "column", "value", "reason_en", nulls_last=True)
    return Response(windows.drop("row"), contacts, chains, measures, clocks, counted, undecided, general)


def in_all(general: pl.DataFrame) -> int:
    """Return how many people shared a place with any case and are no contact, from counts of `COUNTS`."""
    return int(general.filter(pl.col("case_id").is_null(), pl.col("place_kind").is_null())["people"].sum())


def _placed(frame: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Say where the person of each row belongs, where the list of people says so."""
    if "jurisdiction" in frame.columns or "jurisdiction" not in people.columns or not people.height:
        return frame
    if people["jurisdiction"].null_count() == people.height:
        return frame
    # Each is listed once; see `facts`.
    where = people.select("person_id", "jurisdiction").unique("person_id", keep="first", maintain_order=True)
    return frame.join(where, on="person_id", how="left", maintain_order="left")


def _townships(people: pl.DataFrame) -> dict[str, Text] | None:
    """Name the places of the list of people: one where nobody is concerned reports zeros."""
    if "jurisdiction" not in people.columns:
        return None
    names = people["jurisdiction"].drop_nulls().unique().sort().to_list()
    return {name: Text(name, name) for name in names} or None


def _without_window(windows: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Blame what would give a window: an onset where nothing gives a start, else the time that ends it too early."""
    known = {case["case_id"]: case for case in cases.iter_rows(named=True)}
    starts = dict(windows.select("case_id", "infectious_from").iter_rows())

    def column(case_id: str) -> str:
        if starts[case_id] is None:
            return "onset_date"
        stated = (name for name in ("infectious_to", "isolated_at") if known[case_id][name] is not None)
        # Nothing stated ends it: it starts after the time of reckoning.
        begun = (n for n in ("infectious_from", "onset_date", "sampled_at") if known[case_id][n] is not None)
        return next(stated, None) or next(begun, "last_negative_at")

    rows = [("cases", known[case]["row"], column(case), case, text.zh, text.en) for case, text in problems(windows)]
    return pl.DataFrame(rows, schema=UNDECIDED, orient="row")


def _without_clock(cases: pl.DataFrame, clocks: pl.DataFrame, playbook: Playbook) -> pl.DataFrame:
    missing = not_started(cases, rules_for(playbook, "case"), started=clocks)
    return (
        missing.join(cases.select("case_id", "row"), on="case_id", how="left")
        .select(
            pl.lit("cases").alias("table"),
            "row",
            pl.col("needs").list.first().alias("column"),
            pl.col("case_id").alias("value"),
            "reason_zh",
            "reason_en",
        )
        .cast(pl.Schema(UNDECIDED))
    )


def _without_measure(refused: pl.DataFrame, of_cases: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """Lead a measure that could not be decided back to the list that would have to tell the missing fact.

    A fact of people (`OF_PEOPLE`) leads to their row of the list of people. Every other fact of a case leads to the row
    of the case that counts for the person. A last exposure leads to the first interview that names the person without
    a last contact (any of them would do), or to the presences as a whole.
    """
    interviewed = (
        inputs.interviews.with_row_index("told")
        .filter(pl.col("last_contact").is_null())
        .unique("person_id", keep="first", maintain_order=True)
    )
    listed = inputs.people.with_row_index("listed").join(
        refused.select("person_id").unique(), on="person_id", how="semi"
    )
    of_people = [name for name in OF_PEOPLE if name not in of_cases.columns]
    is_case = pl.col("row").is_not_null()
    by_people = pl.col("fact").is_in(of_people) | (pl.col("fact").is_in(OF_PEOPLE) & ~is_case)
    by_interview = pl.col("told").is_not_null()
    return (
        refused.join(of_cases.select("person_id", "row"), on="person_id", how="left")
        .join(interviewed.select("person_id", "told"), on="person_id", how="left")
        .join(listed.select("person_id", "listed"), on="person_id", how="left")
        .select(
            pl.when(by_people)
            .then(pl.lit("people"))
            .when(is_case)
            .then(pl.lit("cases"))
            .when(by_interview)
            .then(pl.lit("contacts"))
            .otherwise(pl.lit("presences"))
            .alias("table"),
            pl.when(by_people).then("listed").when(is_case).then("row").otherwise("told").alias("row"),
            pl.when((pl.col("fact") == "last_exposure") & ~is_case & by_interview)
            .then(pl.lit("last_contact"))
            .otherwise("fact")
            .alias("column"),
            pl.col("person_id").alias("value"),
            "reason_zh",
            "reason_en",
        )
        .cast(pl.Schema(UNDECIDED))
    )
