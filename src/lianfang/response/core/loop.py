"""One turn of the loop: what an office does each time the facts change. The order is written here and nowhere else.

What a step reads and gives is declared by the room that decides it (`kernel.declare.Step`); a step that no room of the
house declares is left out. Nothing turns by itself: a new fact asks for a new turn.

Files (`response.run`) and the database (`response.services`) both come through `respond`; it is the same response.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, cast

import polars as pl

from lianfang.cases.core.asof import known
from lianfang.house import declared
from lianfang.kernel.declare import OutFile, Step, load_named
from lianfang.kernel.schema import INTERVIEWS, PEOPLE, PLACES, UNDECIDED
from lianfang.kernel.text import Text
from lianfang.playbook.model import Playbook
from lianfang.reports.core.figures import Figure

ORDER = ("windows", "contacts", "measures", "clocks", "chains", "figures")
"""The steps in their order; a caller is told each as it begins."""


@cache
def steps() -> tuple[Step, ...]:
    """Return the steps of the house, in their order."""
    known = {step.name: step for room in declared().values() for step in room.steps}
    if unplaced := sorted(set(known) - set(ORDER)):
        raise ValueError(f"the steps {unplaced} have no place in response.core.loop.ORDER")
    return tuple(known[name] for name in ORDER if name in known)


def files() -> Iterator[OutFile]:
    """Give the files that the steps write, in their order."""
    return (file for step in steps() for file in step.files)


def rests_on() -> frozenset[str]:
    """Return the kinds of the audit trail whose writing may make another response, or another comparison with it.

    Accounts, areas and what is done about other outbreaks change nothing in it.
    """
    return frozenset(kind for step in steps() for kind in step.rests_on)


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
    proposals : pl.DataFrame, optional
        ``person_id, proposed_at``: when contacts were proposed, where that is kept; who is not in it is proposed now.
    """

    cases: pl.DataFrame
    presences: object = None
    interviews: pl.DataFrame = field(default_factory=INTERVIEWS.empty)
    people: pl.DataFrame = field(default_factory=PEOPLE.empty)
    places: pl.DataFrame = field(default_factory=PLACES.empty)
    decisions: pl.DataFrame | None = None
    isolations: pl.DataFrame | None = None
    townships: Mapping[str, Text] | None = None
    proposals: pl.DataFrame | None = None


@dataclass(frozen=True)
class Response:
    """What is to be done.

    Attributes
    ----------
    given : dict
        Every result of every step, by its name.
    undecided : pl.DataFrame
        Columns of `UNDECIDED`, sorted.
    """

    given: dict[str, Any]
    undecided: pl.DataFrame

    @property
    def cases(self) -> pl.DataFrame:
        """The cases with their windows."""
        return cast("pl.DataFrame", self.given["windows"]).drop("row")

    @property
    def contacts(self) -> pl.DataFrame:
        """Contacts, schema `kernel.schema.CONTACTS`: each row with the id of the rule that gave it."""
        return cast("pl.DataFrame", self.given["contacts"])

    @property
    def measures(self) -> pl.DataFrame:
        """Measures, each with its rule and a reason in both languages; sorted, whatever the order of the inputs."""
        return cast("pl.DataFrame", self.given["measures"])

    @property
    def clocks(self) -> pl.DataFrame:
        """Clocks, each with its rule."""
        return cast("pl.DataFrame", self.given["clocks"])

    @property
    def figures(self) -> dict[str, Figure]:
        """From `lianfang.reports.core.figures`."""
        return cast("dict[str, Figure]", self.given["figures"])

    @property
    def general(self) -> pl.DataFrame | None:
        """How many people shared a place with a case and are no contact, by case and place kind.

        Columns of `lianfang.tracing.core.general.COUNTS`; None where nobody counted, or the playbook has no rule.
        """
        return cast("pl.DataFrame | None", self.given["general"])


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


class Meet(Protocol):
    """What finds where the cases met each other: `lianfang.tracing.meetings.find_meetings`, or a stand-in in a test."""

    def __call__(self, cases: pl.DataFrame, presences: Any, *, playbook: Playbook, as_of: dt.datetime) -> pl.DataFrame:
        """Return meetings, columns of `presences.core.meetings.MEETINGS`."""
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
    meet: Meet | None = None,
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
    meet : Meet, optional
        Finds where the cases met each other, whatever a policy's look-back is; when not given, the contacts tell it.
    progress : callable
        Called with the name of each of `ORDER` as it begins.

    Returns
    -------
    Response
        The same for the same inputs, whatever the order of their rows.

    Raises
    ------
    ValueError
        When a step gives something else than it declares: an error of the programmer.
    """
    have: dict[str, Any] = {name: getattr(inputs, name) for name in Inputs.__dataclass_fields__}
    have |= {"trace": trace, "count_general": count_general, "meet": meet}
    undecided = [pl.DataFrame(schema=UNDECIDED)]
    for name, table in (("cases", "cases"), ("interviews", "contacts"), ("people", "people")):
        have[name], later = known(table, have[name], as_of)
        undecided.append(later)
    for step in steps():
        progress(step.name)
        # A step sees what it declares and no more: so its declaration is true.
        read = {name: have[name] for name in step.reads}
        given = dict(load_named(step.decide)(read, playbook=playbook, as_of=as_of))
        undecided.append(given.pop("undecided", undecided[0]))
        if set(given) != set(step.gives):
            raise ValueError(f"the step {step.name} gives {sorted(given)}, and declares {sorted(step.gives)}")
        have |= given
    given = {name: have[name] for step in steps() for name in step.gives}
    order = ("table", "row", "column", "value", "reason_en")
    return Response(given, pl.concat(undecided).sort(*order, nulls_last=True))
