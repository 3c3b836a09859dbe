"""Where and when a contact met the case, or the contact in between: from the kept presences, when a page asks for it.

Nothing of it is stored: exposures keep sums, and the presences they come from can be corrected or taken out.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from django.utils.translation import gettext as _

from lianfang.access.scope import Scope, system_scope
from lianfang.access.times import to_local
from lianfang.access.words import say
from lianfang.cases.core.window import in_doubt, infectious_windows, sound
from lianfang.cases.selectors import cases_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.outbreaks.selectors import find_playbook, last_run, playbook_of
from lianfang.presences import keeping
from lianfang.presences.core.seats import seat_rules
from lianfang.presences.core.shared_stays import EXPOSURES, asked, changed, pairs_of, stays_of
from lianfang.registry.selectors import place_cards
from lianfang.tracing.core.contacts import thresholds_of
from lianfang.tracing.models import Contact

if TYPE_CHECKING:
    from lianfang.cases.models import Case
from lianfang.tracing.selectors.stay_lines import StayLine, lines_of_stays, notes_on

STAYS_AT_MOST = 50
"""Stays on the page of a contact; a file has all."""


_FACTS = system_scope("shared stays")
"""The contact lies in the reader's scope; where it was with a case is a fact about it, wherever the case is."""


@dataclass(frozen=True)
class SharedStays:
    """Where and when a contact was with those who exposed it.

    Attributes
    ----------
    lines : list of StayLine
        The latest first, at most as many as were asked for.
    count : int
        How many there are.
    notes : list of str
        What is not there, and why.
    in_vehicles : bool
        Whether a line is of a vehicle, so that seats matter.
    """

    lines: list[StayLine]
    count: int
    notes: list[str]
    in_vehicles: bool


def shared_stays(
    contact: Contact, scope: Scope, role: str, *, at: dt.datetime, most: int | None = STAYS_AT_MOST
) -> SharedStays:
    """Return the stays behind the exposures of a contact.

    Their minutes and number are those of each exposure, as long as presences and case are what they were at the last
    response; where they are not, a note says so.

    Parameters
    ----------
    contact : Contact
        From `contact_rows`, so inside the reader's scope.
    scope : Scope
        The reader's: homes outside of it are covered.
    role : str
        The reader's.
    at : datetime
        Aware; the time of reckoning where there was no response yet.
    most : int, optional
        Lines to return; None for all.

    Notes
    -----
    Three queries, whatever is found: the last response, the cases, and the places (one for every 900). The presences
    come from the index, by person; seats of vehicles from the files, for the lines that are returned. The caller
    records the read.
    """
    exposures = _exposures_of(contact)
    if exposures.is_empty():
        return SharedStays([], 0, [], False)
    run = last_run(contact.outbreak_id)
    as_of = to_local(run.as_of if run is not None else at)
    playbook = find_playbook(contact.outbreak)
    if playbook is None:  # the page says why; the window and the seats of no case can be reckoned
        without = Text(
            "防控方案无法读取，暂不能列出共同停留", "without the playbook their time together cannot be listed"
        )
        return SharedStays([], 0, [say(without)], False)
    cases = cases_frame(
        contact.outbreak_id, _FACTS, with_excluded=True, case_ids=exposures["case_id"].unique().to_list()
    )
    windows = infectious_windows(cases, lookback=playbook.lookback, as_of=as_of)
    # Whom a case without a sound window met is undecided, and was found in the time in doubt.
    unsound = in_doubt(windows, lookback=playbook.lookback, as_of=as_of)
    pairs = pairs_of(exposures, pl.concat([sound(windows).select(unsound.columns), unsound]))
    kinds = dict.fromkeys(exposures["place_kind"].unique().to_list(), 0.0)

    def shown_of(found: pl.DataFrame) -> pl.DataFrame:
        stays = stays_of(found, pairs)
        return stays if most is None else stays.head(most)

    try:
        found, seats = keeping.shared_stays(asked(pairs), kinds, seat_rules(playbook), shown=shown_of)
    except Refused as refusal:  # the store cannot be read as it is; the contact's page has to be
        return SharedStays([], 0, [say(refusal.text)], False)
    stays = stays_of(found, pairs)
    lines = list(lines_of_stays(shown_of(found), exposures, seats, scope, role))
    notes = notes_on(
        exposures, changed(exposures, stays), stays, dict(cases.select("case_id", "person_id").iter_rows())
    )
    return SharedStays(lines, stays.height, notes, any(line.in_vehicle for line in lines))


def stay_rows(stays: SharedStays, contact: Contact) -> Iterator[list[Any]]:
    """Return shared stays as the rows of a file, the first with the names of the columns."""
    yield [
        _("Person id"),
        _("Case"),
        _("Via"),
        _("Place"),
        _("Place id"),
        _("Area"),
        _("Setting"),
        _("From"),
        _("Until"),
        _("Minutes"),
        _("Seat of whom they met"),
        _("Seat of the contact"),
        _("Seat not known"),
    ]
    for one in stays.lines:
        yield [
            contact.person_id,
            one.case_id,
            one.via,
            one.place,
            one.place_id,
            one.area,
            one.setting,
            one.start,
            one.end,
            round(one.minutes, 2),
            one.own_seat,
            one.seat,
            _("yes") if one.seat_unknown else "",
        ]


def longest_places(
    case: "Case", own: pl.DataFrame, people: Iterable[str], scope: Scope, role: str, *, as_of: dt.datetime
) -> dict[str, str]:
    """Return by person where somebody was longest at a stretch with a case, as the reader may see it.

    Parameters
    ----------
    case : Case
        Inside the reader's scope, with its outbreak.
    own : pl.DataFrame
        Its row of `cases_frame`.
    people : iterable of str
        Ids of people of the first degree; whoever shared no stay is left out.
    as_of : datetime
        Naive local.

    Notes
    -----
    One query; the presences come from the index.
    """
    playbook = playbook_of(case.outbreak)
    window = sound(infectious_windows(own, lookback=playbook.lookback, as_of=as_of))
    span = window.select("person_id", since="infectious_from", until="infectious_to")
    pairs = span.join(pl.DataFrame({"other_id": list(people)}, schema={"other_id": pl.String}), how="cross")
    thresholds = thresholds_of(playbook, degree=1)
    stays, _seats = keeping.shared_stays(pairs, thresholds, seat_rules(playbook))
    longest = stays.sort(pl.col("start") - pl.col("end"), "start", "place_id").unique("pair", keep="first")
    rows = longest.select("pair", "place_id", "place_kind").rows()
    cards = place_cards([(place_id, kind) for _pair, place_id, kind in rows], scope, role)
    others = pairs["other_id"].to_list()
    return {others[pair]: cards[place_id, kind].name for pair, place_id, kind in rows}


def _exposures_of(contact: Contact) -> pl.DataFrame:
    rows = [
        (
            one.pk,
            one.case_id,
            one.degree,
            one.via_id,
            contact.person_id,
            one.place_kind,
            one.minutes,
            one.encounters,
            to_local(one.first_contact),
            to_local(one.last_contact),
        )
        for one in contact.exposures.all()
    ]
    return pl.DataFrame(rows, schema=EXPOSURES, orient="row")
