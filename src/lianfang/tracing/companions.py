"""The signals of shared grid cells for one case, read from presences when an investigator asks; nothing is stored."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from django.conf import settings

from lianfang.access.scope import Scope
from lianfang.access.times import to_local
from lianfang.cases.core.window import infectious_windows, sound
from lianfang.cases.selectors import cases_frame
from lianfang.outbreaks.selectors import last_run, playbook_of
from lianfang.playbook.model import CompanionRule
from lianfang.presences import keeping
from lianfang.records.frames import frame_of
from lianfang.registry.selectors import area_line, people, people_frame, places_frame, shown_field
from lianfang.tracing.core.companion import SIGNALS, cells_of, companions
from lianfang.tracing.models import Contact

if TYPE_CHECKING:
    from lianfang.cases.models import Case

ROWS_AT_MOST = 200


@dataclass(frozen=True)
class Switches:
    """Whether the signals may be shown: both the operator and the playbook must have switched them on.

    Attributes
    ----------
    operator, playbook : bool
        Who has.
    rule : CompanionRule or None
        None where the playbook has no such rule at all.
    """

    operator: bool
    playbook: bool
    rule: CompanionRule | None

    @property
    def on(self) -> bool:
        """Whether both have switched them on."""
        return self.operator and self.playbook


@dataclass(frozen=True)
class SignalLine:
    """One person who shared a cell with a case, as a role may see it. Not a contact."""

    person_id: str
    name: str
    area: str
    minutes: float
    person_hours: float
    case_hours: float
    first: dt.datetime
    last: dt.datetime


def switches(case: "Case") -> Switches:
    """Return who has switched the signals on for the outbreak of a case."""
    rule = playbook_of(case.outbreak).companion
    return Switches(bool(settings.COMPANION), rule is not None and rule.enabled, rule)


def signal_lines(
    case: "Case", rule: CompanionRule, scope: Scope, role: str, *, at: dt.datetime
) -> tuple[list[SignalLine], int]:
    """List who shared a cell with a case, inside a scope; cases and contacts, who are known already, left out.

    Parameters
    ----------
    case : Case
        Inside the scope.
    rule : CompanionRule
        Of its outbreak's playbook.
    scope : Scope
        People outside are not listed.
    role : str
        Of the reader.
    at : datetime
        Aware; the time of reckoning where there was no response yet, else that of the last response.

    Returns
    -------
    tuple of list of SignalLine, int
        At most `ROWS_AT_MOST` rows, the longest first, and how many there are.
    """
    everything = Scope("system:companion", everything=True)
    run = last_run(case.outbreak_id)
    as_of = to_local(run.as_of if run is not None else at)
    cases = cases_frame(case.outbreak_id, everything, with_excluded=True)
    contacts = frame_of(
        Contact.unscoped.filter(outbreak_id=case.outbreak_id), {"person_id": ("person_id", pl.String())}
    )
    found = _signals(case, cases.filter(pl.col("case_id") == case.pk), rule, everything, as_of)
    known = pl.concat([contacts, cases.select("person_id")])
    inside = people_frame(scope, person_ids=found["person_id"]).select("person_id")
    rows = found.join(known, on="person_id", how="anti", maintain_order="left")
    rows = rows.join(inside, on="person_id", how="semi", maintain_order="left")
    shown = rows.head(ROWS_AT_MOST)
    cards = people(scope).in_bulk(shown["person_id"].unique().to_list())
    lines = [
        SignalLine(
            person_id=row["person_id"],
            name=shown_field(cards[row["person_id"]], "name", role) or row["person_id"],
            area=area_line(cards[row["person_id"]].jurisdiction),
            minutes=row["minutes"],
            person_hours=row["person_hours"],
            case_hours=row["case_hours"],
            first=row["first"],
            last=row["last"],
        )
        for row in shown.iter_rows(named=True)
    ]
    return lines, rows.height


def _signals(
    case: "Case", own: pl.DataFrame, rule: CompanionRule, everything: Scope, as_of: dt.datetime
) -> pl.DataFrame:
    nothing = pl.DataFrame(schema=SIGNALS)
    windows = sound(infectious_windows(own, lookback=playbook_of(case.outbreak).lookback, as_of=as_of))
    if windows.is_empty():
        return nothing
    window = windows["infectious_from"].item(), windows["infectious_to"].item()
    cells = cells_of(places_frame(everything), metres=rule.cell_metres)
    visited = keeping.of_person(case.person_id, since=window[0], until=window[1])["place_id"].unique()
    its_cells = cells.filter(pl.col("place_id").is_in(visited.implode())).select("cell").unique()
    near = cells.join(its_cells, on="cell", how="semi")
    since = as_of - dt.timedelta(days=rule.days)
    there = keeping.of_places(near["place_id"].to_list(), since=since, until=as_of)
    return companions(there, near, case_person=case.person_id, window=window, rule=rule, as_of=as_of)
