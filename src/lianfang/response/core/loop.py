"""The order of the response, written once: windows → contacts → chains → measures → clocks → figures.

Files (`response.run`) and the database (`response.services`) both come through `respond`; it is the same response.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl

from lianfang.cases.core.window import infectious_windows, problems
from lianfang.headquarters.core.clocks import case_clocks, clocks_not_started
from lianfang.kernel.schema import CASES, INTERVIEWS, PEOPLE, PLACES
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
from lianfang.measures.core.decide import decide
from lianfang.playbook.model import Playbook
from lianfang.reports.core.figures import Figure, figures, word_column
from lianfang.response.core.facts import case_facts, contact_facts
from lianfang.tracing.core.chains import weigh

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


@dataclass(frozen=True)
class Inputs:
    """What is known. Frames are clean: they come from `lianfang.intake` or from selectors.

    Attributes
    ----------
    cases, interviews, people, places : pl.DataFrame
        Schemas `CASES`, `INTERVIEWS`, `PEOPLE`, `PLACES`, other columns kept.
    presences : object
        Whatever the tracer takes: a frame, paths, or a table of an open engine; None without presences.
    decisions : pl.DataFrame, optional
        ``person_id, decision, category``: which contacts investigators accepted or refused, and as what.
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
    contacts, chains, measures, clocks : pl.DataFrame
        Decisions, each with its rule and reason; sorted, whatever the order of the inputs.
    figures : dict
        From `lianfang.reports.core.figures`.
    undecided : pl.DataFrame
        Columns of `UNDECIDED`, sorted.
    """

    cases: pl.DataFrame
    contacts: pl.DataFrame
    chains: pl.DataFrame
    measures: pl.DataFrame
    clocks: pl.DataFrame
    figures: dict[str, Figure]
    undecided: pl.DataFrame


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
    ) -> pl.DataFrame:
        """Return contacts, schema `kernel.schema.CONTACTS`."""
        ...


def no_progress(step: str) -> None:
    """Tell nobody."""


def respond(
    inputs: Inputs,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    trace: Trace,
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
    progress : callable
        Called with the name of each of `STEPS` as it begins.

    Returns
    -------
    Response
        The same for the same inputs, whatever the order of their rows.
    """
    progress("windows")
    given = CASES.conform(inputs.cases).with_row_index("row")
    excluded = word_column(given, "classification", Classification) == Classification.EXCLUDED.value
    active = given.filter(~excluded.fill_null(False)).sort("case_id")
    windows = infectious_windows(active, lookback=playbook.lookback, as_of=as_of)

    progress("contacts")
    contacts = trace(
        active.drop("row"),
        inputs.presences,
        inputs.interviews,
        playbook=playbook,
        as_of=as_of,
        isolations=inputs.isolations,
    )

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
    clocks = case_clocks(active, playbook=playbook).sort("case_id", "due", "clock")

    progress("figures")
    made = figures(
        cases=_placed(active, people),
        contacts=_placed(contacts, people),
        measures=_placed(measures, people),
        clocks=_placed(clocks.join(active.select("case_id", "person_id"), on="case_id", how="left"), people),
        as_of=as_of,
        townships=inputs.townships or _townships(inputs.people),
    )
    undecided = pl.concat(
        [
            _without_window(windows),
            _without_clock(active, playbook),
            _without_measure(decided.refused, active, contacts, inputs.interviews),
        ]
    ).sort("table", "row", "column", "value", "reason_en", nulls_last=True)
    return Response(windows.drop("row"), contacts, chains, measures, clocks, made, undecided)


def _placed(frame: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Say where the person of each row belongs, where the list of people says so."""
    if "jurisdiction" in frame.columns or "jurisdiction" not in people.columns or not people.height:
        return frame
    if people["jurisdiction"].null_count() == people.height:
        return frame
    where = people.select("person_id", "jurisdiction").unique("person_id", keep="first", maintain_order=True)
    return frame.join(where, on="person_id", how="left", maintain_order="left")


def _townships(people: pl.DataFrame) -> dict[str, Text] | None:
    """Name the places of the list of people: one where nobody is concerned reports zeros."""
    if "jurisdiction" not in people.columns:
        return None
    names = people["jurisdiction"].drop_nulls().unique().sort().to_list()
    return {name: Text(name, name) for name in names} or None


def _without_window(windows: pl.DataFrame) -> pl.DataFrame:
    rows = dict(windows.select("case_id", "row").iter_rows())
    told = [("cases", rows[case], "onset_date", case, text.zh, text.en) for case, text in problems(windows)]
    return pl.DataFrame(told, schema=UNDECIDED, orient="row")


def _without_clock(cases: pl.DataFrame, playbook: Playbook) -> pl.DataFrame:
    missing = clocks_not_started(cases, playbook=playbook)
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


def _without_measure(
    refused: pl.DataFrame, cases: pl.DataFrame, contacts: pl.DataFrame, interviews: pl.DataFrame
) -> pl.DataFrame:
    """Lead a measure that could not be decided back to a row: of the case, of the interview, or of the people list."""
    of_cases = cases.sort("row").unique("person_id", keep="last", maintain_order=True)
    of_told = interviews.with_row_index("told").unique("person_id", keep="first", maintain_order=True)
    table = (
        pl.when(pl.col("row").is_not_null())
        .then(pl.lit("cases"))
        .when(pl.col("told").is_not_null())
        .then(pl.lit("contacts"))
        .otherwise(pl.lit("presences"))
    )
    return (
        refused.join(of_cases.select("person_id", "row"), on="person_id", how="left")
        .join(of_told.select("person_id", "told"), on="person_id", how="left")
        .select(
            table.alias("table"),
            pl.coalesce("row", "told").alias("row"),
            pl.col("fact").alias("column"),
            pl.col("person_id").alias("value"),
            "reason_zh",
            "reason_en",
        )
        .cast(pl.Schema(UNDECIDED))
    )
