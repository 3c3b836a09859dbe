"""The list of who shared a place with a case and is no contact: made when somebody asks for it, kept nowhere."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import polars as pl

from lianfang.access.clock import to_local
from lianfang.access.frames import frame_of
from lianfang.access.scope import Scope
from lianfang.access.words import label, say
from lianfang.cases.selectors import cases_frame
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.registry.selectors import area_line, people, people_frame, shown_field
from lianfang.tracing import presences
from lianfang.tracing.core.reasons import duration
from lianfang.tracing.models import Contact
from lianfang.tracing.selectors import last_run, playbook_of
from lianfang.tracing.tracer import find_general

if TYPE_CHECKING:
    from lianfang.cases.models import Case

ROWS_AT_MOST = 200


@dataclass(frozen=True)
class SamePlaceLine:
    """One person who shared a place with a case, as a role may see it."""

    person_id: str
    name: str
    phone: str
    area: str
    setting: str
    minutes: str
    encounters: int
    first_contact: dt.datetime
    last_contact: dt.datetime


def same_place_lines(case: "Case", scope: Scope, role: str, *, at: dt.datetime) -> tuple[list[SamePlaceLine], int]:
    """List who shared a place with a case and is no contact, inside a scope.

    The case is reckoned as of its outbreak's last response, whose contacts are left out; presences are read now.

    Parameters
    ----------
    case : Case
        Inside the scope.
    scope : Scope
        People outside are not listed.
    role : str
        Of the reader.
    at : datetime
        Aware; the time of reckoning where there was no response yet.

    Returns
    -------
    tuple of list of SamePlaceLine, int
        At most `ROWS_AT_MOST` rows, the longest first, and how many there are.
    """
    run = last_run(case.outbreak_id)
    as_of = cast("dt.datetime", to_local(run.as_of if run is not None else at))
    every_case = cases_frame(case.outbreak_id, Scope("system:same-place", everything=True), with_excluded=True)
    contacts = frame_of(
        Contact.unscoped.filter(outbreak_id=case.outbreak_id), {"person_id": ("person_id", pl.String())}
    )
    found = find_general(
        every_case.filter(pl.col("case_id") == case.pk),
        presences.store(),
        pl.concat([contacts, every_case.select("person_id")]),
        playbook=playbook_of(case.outbreak),
        as_of=as_of,
    )
    inside = people_frame(scope, person_ids=found["person_id"]).select("person_id")
    rows = found.join(inside, on="person_id", how="semi", maintain_order="left")
    shown = rows.head(ROWS_AT_MOST)
    cards = people(scope).in_bulk(shown["person_id"].unique().to_list())
    lines = [
        SamePlaceLine(
            person_id=row["person_id"],
            name=shown_field(cards[row["person_id"]], "name", role) or row["person_id"],
            phone=shown_field(cards[row["person_id"]], "phone", role),
            area=area_line(cards[row["person_id"]].jurisdiction),
            setting=label(PlaceKind, row["place_kind"]),
            minutes=say(duration(row["minutes"])),
            encounters=row["encounters"],
            first_contact=row["first_contact"],
            last_contact=row["last_contact"],
        )
        for row in shown.iter_rows(named=True)
    ]
    return lines, rows.height
