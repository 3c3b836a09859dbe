"""The list of who shared a place with a case and is no contact: made when somebody asks for it, kept nowhere."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from django.utils.translation import gettext as _
from django.utils.translation import override

from lianfang.access.scope import Scope
from lianfang.access.times import to_local
from lianfang.access.words import label, say
from lianfang.cases.selectors import cases_frame
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.outbreaks.selectors import last_run, playbook_of
from lianfang.presences import keeping
from lianfang.records.frames import frame_of
from lianfang.registry.selectors import area_line, areas_of_people, people, shown_field
from lianfang.tracing.core.reasons import duration
from lianfang.tracing.models import Contact
from lianfang.tracing.tracer import find_general

if TYPE_CHECKING:
    from lianfang.cases.models import Case

ROWS_A_PAGE = 200
ROWS_A_PIECE = 900
"""Rows of a file that are read at a time."""


@dataclass(frozen=True)
class SamePlaceLine:
    """One person who shared a place with a case, as a role may see it."""

    person_id: str
    name: str
    phone: str
    area: str
    setting: str
    minutes: float
    together: str
    encounters: int
    first_contact: dt.datetime
    last_contact: dt.datetime


def same_place_rows(case: "Case", scope: Scope, *, at: dt.datetime) -> pl.DataFrame:
    """Find who shared a place with a case and is no contact, inside a scope.

    The case is reckoned as of its outbreak's last response, whose contacts are left out; presences are read now.

    Parameters
    ----------
    case : Case
        Inside the scope.
    scope : Scope
        People outside are not listed.
    at : datetime
        Aware; the time of reckoning where there was no response yet.

    Returns
    -------
    pl.DataFrame
        Columns of `core.general.PEOPLE`, the longest first.
    """
    run = last_run(case.outbreak_id)
    as_of = to_local(run.as_of if run is not None else at)
    every_case = cases_frame(case.outbreak_id, Scope("system:same-place", everything=True), with_excluded=True)
    contacts = frame_of(
        Contact.unscoped.filter(outbreak_id=case.outbreak_id), {"person_id": ("person_id", pl.String())}
    )
    found = find_general(
        every_case.filter(pl.col("case_id") == case.pk),
        keeping.store(),
        pl.concat([contacts, every_case.select("person_id")]),
        playbook=playbook_of(case.outbreak),
        as_of=as_of,
    )
    inside = areas_of_people(scope, found["person_id"]).select("person_id")
    return found.join(inside, on="person_id", how="semi", maintain_order="left")


def same_place_lines(rows: pl.DataFrame, scope: Scope, role: str) -> list[SamePlaceLine]:
    """Return some of the rows of `same_place_rows` as a role may see them; one query for every 900."""
    cards = people(scope).in_bulk(rows["person_id"].unique().to_list())
    return [
        SamePlaceLine(
            person_id=row["person_id"],
            name=shown_field(cards[row["person_id"]], "name", role) or row["person_id"],
            phone=shown_field(cards[row["person_id"]], "phone", role),
            area=area_line(cards[row["person_id"]].jurisdiction),
            setting=label(PlaceKind, row["place_kind"]),
            minutes=row["minutes"],
            together=say(duration(row["minutes"])),
            encounters=row["encounters"],
            first_contact=row["first_contact"],
            last_contact=row["last_contact"],
        )
        for row in rows.iter_rows(named=True)
        if row["person_id"] in cards  # nobody has moved out of the area between the two queries
    ]


def same_place_file(rows: pl.DataFrame, scope: Scope, role: str, language: str) -> Iterator[list[Any]]:
    """Return all rows as those of a file, the first with the names of the columns; read piece by piece.

    `language` is noted while the request is there: a streamed answer is made after it.
    """
    with override(language):
        yield [
            _("Person id"),
            _("Name"),
            _("Phone"),
            _("Area"),
            _("Setting"),
            _("Minutes"),
            _("Encounters"),
            _("First contact"),
            _("Last contact"),
        ]
    for start in range(0, rows.height, ROWS_A_PIECE):
        with override(language):
            lines = same_place_lines(rows.slice(start, ROWS_A_PIECE), scope, role)
        for one in lines:
            told = [one.person_id, one.name, one.phone, one.area, one.setting, round(one.minutes, 2), one.encounters]
            yield [*told, one.first_contact, one.last_contact]
