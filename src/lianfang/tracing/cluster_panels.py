"""The report "Chains and clusters" as a page shows it: panels of numbers, intervals, sample sizes and methods."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianfang.access.scope import system_scope
from lianfang.access.words import current_lang, label
from lianfang.kernel.vocabulary import Classification, PlaceKind
from lianfang.pages import parts
from lianfang.registry.selectors import places_frame

_PLACES = system_scope("clusters")
"""A case has been where it has been: places outside the reader's area are named too. Dwellings are not looked at."""

SHOWN = 12
"""Rows of a table on the page; its file has all."""


@dataclass(frozen=True)
class Panel:
    """One question, its answer and how the answer was found.

    Attributes
    ----------
    key : str
        Names the panel in addresses.
    title, how : str
        The question, and how it is computed.
    figures : list of (label, value, note)
        Estimates, each with its interval in the note.
    heads : list of str
        Heads of the table.
    rows : list of list
        Cells as the page shows them.
    values : list of list
        The same cells as a file holds them.
    basis : str
        What the numbers rest on.
    empty : str
        What to do where there is nothing to show.
    """

    key: str
    title: str
    how: str
    figures: list[tuple[str, str, str]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)
    basis: str = ""
    empty: str = ""

    @property
    def cells(self) -> list[list[tuple[str, Any]]]:
        """The first rows, each cell with the head of its column."""
        return [list(zip(self.heads, row, strict=True)) for row in self.rows[:SHOWN]]

    @property
    def is_narrow(self) -> bool:
        """Whether the table fits a phone as it is."""
        return len(self.heads) <= 3

    @property
    def more(self) -> int:
        """Rows that only the file has."""
        return max(0, len(self.rows) - SHOWN)


def panels_of(data: dict[str, Any]) -> list[Panel]:
    """Return the panels of a report's `panels`, in the reader's language."""
    names = _place_names([row["place_id"] for row in [*data["settings"], *data["sources"]["found"]]])
    return [
        _settings(data, names),
        _sources(data, names),
        _attack(data, "attack_by_kind"),
        _attack(data, "attack_by_relation"),
        _offspring(data),
        _serial(data),
        _generations(data),
    ]


def _place_names(ids: list[str]) -> dict[str, str]:
    if not ids:
        return {}
    known = places_frame(_PLACES, place_ids=ids).select("place_id", "name").iter_rows()
    return {place: name for place, name in known if name}


def percent(value: float | None, digits: int = 0) -> str:
    """Return a share as the page writes it."""
    return "—" if value is None else f"{value * 100:.{digits}f}%"


def interval(lower: float | None, upper: float | None, said: Callable[[float], str]) -> str:
    """Return the ends of an interval; an end that is infinite is written so."""
    return f"{said(lower or 0.0)}–{'∞' if upper is None else said(upper)}"


def when(start: str, hours: int) -> tuple[SafeString, str]:
    """Return a window as the page shows it, and as a file holds it."""
    begin = dt.datetime.fromisoformat(start)
    text = f"{begin:%Y-%m-%d %H:%M}–{begin + dt.timedelta(hours=hours):%H:%M}"
    return parts.moment(begin), text


def case_links(ids: list[str], most: int = 6) -> SafeString:
    """Return cases as links to their pages; how many more there are is said."""
    links = format_html_join(" ", '<a href="{}">{}</a>', ((_address("case", one), one) for one in ids[:most]))
    more = len(ids) - most
    return format_html("{} +{}", links, more) if more > 0 else links


def _address(route: str, key: str) -> str:
    try:
        return reverse(route, args=[key])
    except NoReverseMatch:  # assembled by a room to the right, which a test may leave out
        return ""


def _without_presences(data: dict[str, Any]) -> str:
    if data["presences"]:
        return ""
    return _("No presences are known. Load visits, tickets or rosters (lianfang demo shows how); then trace again.")


def _settings(data: dict[str, Any], names: dict[str, str]) -> Panel:
    rows, values = [], []
    for row in data["settings"]:
        moment, text = when(row["start"], data["hours"])
        place = names.get(row["place_id"], row["place_id"])
        kind = label(PlaceKind, row["place_kind"])
        ends = interval(row["lower"], row["upper"], percent)
        rows.append(
            [
                f"{place} · {kind}",
                moment,
                _("%(infected)d of %(present)d") % row,
                f"{percent(row['rate'])} ({ends})",
                row["place_cases"],
                percent(row["explained"]),
                row["place_people"],
                case_links(row["cases"]),
            ]
        )
        values.append(
            [
                row["place_id"],
                place,
                kind,
                text,
                row["infected"],
                row["present"],
                row["rate"],
                row["lower"],
                row["upper"],
                row["place_cases"],
                row["explained"],
                row["place_people"],
                " ".join(row["cases"]),
            ]
        )
    return Panel(
        key="settings",
        title=_("Settings that explain the most"),
        how=_(
            "For each place and quarter of a day: of the people present who were not infected before, how many "
            "became cases whose possible exposure holds that time. The interval is Wilson's (95 %); places are "
            "ranked by its lower end, so that 1 of 1 does not stand first. At least 2 infected and 5 present. "
            "Homes are left out: the secondary attack rate is about them. A place that many cases visited need "
            "not be where they were infected."
        ),
        heads=[
            _("Place"),
            _("Worst time"),
            _("Infected later"),
            _("Attack rate (95 %)"),
            _("Cases there"),
            _("Share of cases"),
            _("People there"),
            _("Which"),
        ],
        rows=rows,
        values=values,
        basis=ngettext("%(n)d case with a known day", "%(n)d cases with a known day", data["cases"])
        % {"n": data["cases"]},
        empty=_without_presences(data)
        or _("No place has 2 cases who may have been infected there together. More visits, or more cases, are needed."),
    )


def _sources(data: dict[str, Any], names: dict[str, str]) -> Panel:
    found = data["sources"]
    rows, values = [], []
    for row in found["found"]:
        moment, text = when(row["start"], data["hours"])
        place = names.get(row["place_id"], row["place_id"])
        kind = label(PlaceKind, row["place_kind"])
        rows.append(
            [
                f"{place} · {kind}",
                moment,
                row["shared"],
                f"{row['expected']:.2g}",
                row["people"],
                _small(row["q"]),
                row["windows"],
                case_links(row["cases"]),
            ]
        )
        values.append(
            [
                row["place_id"],
                place,
                kind,
                text,
                row["shared"],
                row["expected"],
                row["people"],
                row["p"],
                row["q"],
                row["windows"],
                " ".join(row["cases"]),
            ]
        )
    basis = _(
        "%(unlinked)d cases without a known source, %(placed)d of them with presences; %(tests)d times and places"
    )
    return Panel(
        key="sources",
        title=_("Common sources: shared by cases without a known link"),
        how=_(
            "Looks for somebody nobody named. Taken are the cases without a known infector, one of each group of "
            "acquaintances. If nothing had happened in a place, they would be a random draw from everybody who "
            "was about at that time; how many of them share the place then follows a hypergeometric distribution."
            " Shown is what remains after correction for the number of times and places looked at: of all that is"
            " shown, at most 5 % is expected to be chance (Benjamini and Hochberg; q). People of one "
            "neighbourhood share its shops for other reasons: each line is a lead, not a verdict."
        ),
        heads=[
            _("Place"),
            _("Most surprising time"),
            _("Unlinked cases there"),
            _("Expected by chance"),
            _("People there"),
            "q",
            _("Such times"),
            _("Which"),
        ],
        rows=rows,
        values=values,
        basis=basis % found,
        empty=_without_presences(data)
        or _("Nothing that chance would not give as well. Ask the unlinked cases where they were, and trace again."),
    )


def _small(value: float) -> str:
    return f"{value:.2g}" if value >= 1e-4 else "< 0.0001"


def _attack(data: dict[str, Any], key: str) -> Panel:
    by_kind = key == "attack_by_kind"
    rows, values = [], []
    for row in sorted(data[key], key=lambda one: (-(one["lower"] or 0), one["setting"])):
        setting = label(PlaceKind, row["setting"]) if by_kind else row["setting"]
        ends = interval(row["lower"], row["upper"], percent)
        rate = f"{percent(row['rate'])} ({ends})" if row["contacts"] else "—"
        rows.append(
            [setting, _("%(infected)d of %(contacts)d") % row, rate, _waiting(row), row["before"]],
        )
        values.append(
            [
                setting,
                row["infected"],
                row["contacts"],
                row["rate"],
                row["lower"],
                row["upper"],
                row["waiting"],
                row["waiting_infected"],
                row["before"],
            ]
        )
    return Panel(
        key=key.replace("_", "-"),
        title=_("Secondary attack rate by setting") if by_kind else _("Secondary attack rate by relation"),
        how=_(
            "Of the contacts who could be infected and whose longest incubation period since the last contact is "
            "over, the share that became cases whose possible exposure meets the contact. Exact interval (Clopper"
            " and Pearson, 95 %). A person with contacts in two settings counts in both. Not counted: people "
            "infected before the contact began, and everybody whose time is not over, infected or not."
        ),
        heads=[
            _("Setting") if by_kind else _("Relation"),
            _("Infected"),
            _("Rate (95 %)"),
            _("Not over yet"),
            _("Infected before"),
        ],
        rows=rows,
        values=values,
        empty=_("No contact of the first degree is known yet. Trace, or add whom the cases named.")
        if by_kind
        else _("No interview says who the contacts are to the cases. Add it where a contact is entered."),
    )


def _waiting(row: dict[str, Any]) -> Any:
    if not row["waiting_infected"]:
        return row["waiting"]
    return _("%(waiting)d (%(waiting_infected)d infected)") % row


def _estimate(number: dict[str, Any], digits: int) -> tuple[str, str]:
    def said(value: float) -> str:
        return f"{value:.{digits}f}"

    if number["value"] is None and number["lower"] is None:
        return "—", ""
    value = "∞" if number["value"] is None else said(number["value"])
    return value, f"95 %: {interval(number['lower'], number['upper'], said)}"


def _offspring(data: dict[str, Any]) -> Panel:
    found = data["offspring"]
    mean, dispersion = _estimate(found["mean"], 2), _estimate(found["dispersion"], 2)
    figures = []
    if found["mean"]["value"] is not None:
        figures = [
            (_("R: linked infections a case"), *mean),
            (_("Dispersion k"), *dispersion),
            (_("of the cases cause 80 % of the infections"), percent(found["share_of_80"]), ""),
        ]
    counts = [[n, number] for n, number in enumerate(found["counts"]) if number]
    basis = ngettext("%(n)d case whose infections have had time to show", "%(n)d such cases", found["cases"])
    later = ngettext("%(n)d is too recent", "%(n)d are too recent", found["recent"])
    return Panel(
        key="offspring",
        title=_("How many others a case infects"),
        how=_(
            "Counted in the trees of the likeliest known links. Negative binomial by maximum likelihood, "
            "intervals by profile likelihood (95 %). A small k says that few cases cause most infections; ∞ that "
            "they cannot be told from equal. When infected people are missing from the list at random, R is too "
            "low and k stays right."
        ),
        figures=figures,
        heads=[_("Infected others"), _("Cases")],
        rows=counts,
        values=counts,
        basis=f"{basis % {'n': found['cases']}}; {later % {'n': found['recent']}}",
        empty="" if figures else _("At least 10 cases and one known link are needed for R and k."),
    )


def _serial(data: dict[str, Any]) -> Panel:
    found = data["serial"]
    figures = []
    if found["mean"]["value"] is not None:
        figures = [
            (_("Mean, days"), *_estimate(found["mean"], 1)),
            (_("Standard deviation, days"), *_estimate(found["sd"], 1)),
        ]
    rows = [
        [day, f"{weight:.1f}"] for day, weight in zip(found["days"], found["weight"], strict=True) if weight >= 0.05
    ]
    basis = _("%(pairs)d cases with an onset who met another, %(candidates)d candidate infectors") % found
    return Panel(
        key="serial",
        title=_("Serial interval"),
        how=_(
            "Days from the onset of an infector to that of the case it infected. Each case is taken to have been "
            "infected by one of those it is known to have met; mean, deviation and each candidate's share are "
            "estimated together (normal intervals, expectation and maximisation), interval by 200 bootstrap "
            "samples. The playbook's own interval is only where the search starts."
        ),
        figures=figures,
        heads=[_("Days"), _("Pairs, by share")],
        rows=rows,
        values=[[d, w] for d, w in zip(found["days"], found["weight"], strict=True)],
        basis=basis,
        empty="" if figures else _("At least 8 cases with an onset that met another case are needed."),
    )


def _generations(data: dict[str, Any]) -> Panel:
    rows = [[row["generation"], row["cases"], percent(row["cases"] / data["cases"])] for row in data["generations"]]
    return Panel(
        key="generations",
        title=_("Generations"),
        how=_(
            "Links from the first case of a tree to this one, in the trees of the likeliest known links: 0 are "
            "the cases without a known infector in the list."
        ),
        heads=[_("Generation"), _("Cases"), _("Share")],
        rows=rows,
        values=[[row["generation"], row["cases"]] for row in data["generations"]],
        empty=_("No case has a day yet: enter onsets or samples."),
    )


_OF_RATES = ["infected", "contacts", "rate", "lower", "upper", "waiting", "waiting_infected", "infected_before"]
_OF_PLACES = ["place_id", "place", "place_kind", "window"]
FILE_HEADS: dict[str, list[str]] = {
    "settings": [
        *_OF_PLACES,
        *("infected", "present", "rate", "lower", "upper", "place_cases", "explained", "place_people", "cases"),
    ],
    "sources": [*_OF_PLACES, "unlinked_cases", "expected", "people", "p", "q", "windows", "cases"],
    "attack-by-kind": ["setting", *_OF_RATES],
    "attack-by-relation": ["relation", *_OF_RATES],
    "offspring": ["infected_others", "cases"],
    "serial": ["days", "pairs"],
    "generations": ["generation", "cases"],
}
"""Columns of each table's file: the same in both languages, so that files can be joined."""


def file_rows(panel: Panel) -> list[list[Any]]:
    """Return a table as a file holds it: heads, rows, and below them the estimates with their intervals."""
    rows: list[list[Any]] = [FILE_HEADS[panel.key], *panel.values]
    return rows + [[name, value, note] for name, value, note in panel.figures]


def graph_words(data: dict[str, Any], towns: list[tuple[str, str]]) -> dict[str, Any]:
    """Return what ``<lf-chains>`` needs beside the drawing: words, names of groups, addresses.

    Parameters
    ----------
    data : dict
        A report's `panels`.
    towns : list of (str, str)
        Code and name of each township.
    """
    kinds = {c.value: label(Classification, c.value) for c in Classification} | {"case": _("not classified")}
    drawn = _("The %(drawn)d likeliest of %(links)d links are drawn.") % data if data["drawn"] < data["links"] else ""
    return {
        "case_url": _address("case", "__CASE__"),
        "names": {
            "kind": kinds,
            "setting": {k.value: label(PlaceKind, k.value) for k in PlaceKind} | {"": _("no known infector")},
            "town": dict(towns) | {"": _("elsewhere")},
        },
        "words": {
            "title": _("Transmission chains of the whole outbreak"),
            "failed": _("The chains cannot be drawn here: the browser has no WebGL. The list of cases says the same."),
            "search": _("Find a case"),
            "search_hint": _("case id"),
            "hint": _("Press a case in the picture, or find one, to see its source and whom it infected."),
            "nothing": _("No case of that id is drawn."),
            "colour": _("Colour by"),
            "generation": _("Generation"),
            "kind": _("Classification"),
            "town": _("Township"),
            "setting": _("Setting of the link"),
            "until": _("Cases until"),
            "play": _("Play"),
            "pause": _("Pause"),
            "all": _("also the less likely links"),
            "whole": _("Whole picture"),
            "closer": _("Zoom in"),
            "farther": _("Zoom out"),
            "shown": _("{n} cases shown"),
            "legend": _("Legend: press to single out"),
            "later": _("{n} and later"),
            "others": _("other townships"),
            "from": _("infected by"),
            "to": _("infected"),
            "more": _("{n} more"),
            "nobody": _("no known infector"),
            "weight": _("weight"),
            "open": _("Page of the case"),
            "close": _("Clear"),
            "day": _("day"),
            "unknown_day": _("day not known"),
            "drawn": drawn,
            "lang": current_lang(),
        },
    }
