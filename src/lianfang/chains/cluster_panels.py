"""The report "Chains and clusters" as a page shows it: panels of numbers, intervals, sample sizes and methods."""

from operator import itemgetter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianfang.access.scope import system_scope
from lianfang.access.words import label, say
from lianfang.chains.cluster_tables import (
    SHOWN,
    Column,
    Figure,
    Panel,
    Row,
    case_links,
    interval,
    percent,
    plain_column,
    rate_column,
    when,
)
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.registry.selectors import places_frame

_PLACES = system_scope("clusters")
"""A case has been where it has been: places outside the reader's area are named too. Dwellings are not looked at."""


def panels_of(data: dict[str, Any], *, named: int | None = SHOWN) -> list[Panel]:
    """Return the panels of a report's `panels`, in the reader's language.

    Parameters
    ----------
    data : dict
        A report's `panels`.
    named : int or None
        Rows of a table whose places are looked up by name: those that a page shows. None: all, for a file.
    """
    tables = (data["settings"], data["sources"]["found"])
    names = place_names([row["place_id"] for table in tables for row in table[:named]])
    return [
        _settings(data, names),
        _sources(data, names),
        _attack(data, "attack_by_kind"),
        _attack(data, "attack_by_relation"),
        _offspring(data),
        _serial(data),
        _generations(data),
    ]


def place_names(ids: list[str]) -> dict[str, str]:
    """Return the names of places by their ids, where the register knows them."""
    if not ids:
        return {}
    known = places_frame(_PLACES, place_ids=ids).select("place_id", "name").iter_rows()
    return {place: name for place, name in known if name}


def _without_presences(data: dict[str, Any]) -> str:
    if data["presences"]:
        return ""
    return _("No presences are known. Load visits, tickets or rosters (lianfang demo shows how); then trace again.")


def _place_and_time(heads: tuple[str, str], hours: int, names: dict[str, str]) -> list[Column]:
    """Return where and when: the place with its kind, and the window."""

    def name(row: Row) -> str:
        place: str = row["place_id"]
        return names.get(place, place)

    def kind(row: Row) -> str:
        return label(PlaceKind, row["place_kind"])

    return [
        Column(
            heads[0],
            lambda row: f"{name(row)} · {kind(row)}",
            {"place_id": itemgetter("place_id"), "place": name, "place_kind": kind},
        ),
        Column(
            heads[1], lambda row: when(row["start"], hours)[0], {"window": lambda row: when(row["start"], hours)[1]}
        ),
    ]


def _which(head: str) -> Column:
    """Return the cases, as links and by their ids."""
    return Column(head, lambda row: case_links(row["cases"]), {"cases": lambda row: " ".join(row["cases"])})


def _settings(data: dict[str, Any], names: dict[str, str]) -> Panel:
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
        columns=[
            *_place_and_time((_("Place"), _("Worst time")), data["hours"], names),
            Column(
                _("Infected later"),
                lambda row: _("%(infected)d of %(present)d") % row,
                {"infected": itemgetter("infected"), "present": itemgetter("present")},
            ),
            rate_column(_("Attack rate (95 %)"), of="present"),
            plain_column(_("Cases there"), "place_cases"),
            Column(_("Share of cases"), lambda row: percent(row["explained"]), {"explained": itemgetter("explained")}),
            plain_column(_("People there"), "place_people"),
            _which(_("Which")),
        ],
        table=data["settings"],
        basis=ngettext("%(n)d case with a known day", "%(n)d cases with a known day", data["cases"])
        % {"n": data["cases"]},
        empty=_without_presences(data)
        or _("No place has 2 cases who may have been infected there together. More visits, or more cases, are needed."),
    )


def _sources(data: dict[str, Any], names: dict[str, str]) -> Panel:
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
        columns=[
            *_place_and_time((_("Place"), _("Most surprising time")), data["hours"], names),
            plain_column(_("Unlinked cases there"), "shared", "unlinked_cases"),
            Column(_("Expected by chance"), lambda row: f"{row['expected']:.2g}", {"expected": itemgetter("expected")}),
            plain_column(_("People there"), "people"),
            Column("q", lambda row: _small(row["q"]), {"p": itemgetter("p"), "q": itemgetter("q")}),
            plain_column(_("Such times"), "windows"),
            _which(_("Which")),
        ],
        table=data["sources"]["found"],
        basis=basis % data["sources"],
        empty=_without_presences(data)
        or _("Nothing that chance would not give as well. Ask the unlinked cases where they were, and trace again."),
    )


def _small(value: float) -> str:
    return f"{value:.2g}" if value >= 1e-4 else "< 0.0001"


def _attack(data: dict[str, Any], key: str) -> Panel:
    by_kind = key == "attack_by_kind"

    def setting(row: Row) -> str:
        return label(PlaceKind, row["setting"]) if by_kind else row["setting"]

    return Panel(
        key=key.replace("_", "-"),
        title=_("Secondary attack rate by setting") if by_kind else _("Secondary attack rate by relation"),
        how=_(
            "Of the contacts who could be infected and whose longest incubation period since the last contact is "
            "over, the share that became cases whose possible exposure meets the contact. Exact interval (Clopper"
            " and Pearson, 95 %). A person with contacts in two settings counts in both. Not counted: people "
            "infected before the contact began, and everybody whose time is not over, infected or not."
        ),
        columns=[
            Column(
                _("Setting") if by_kind else _("Relation"), setting, {"setting" if by_kind else "relation": setting}
            ),
            Column(
                _("Infected"),
                lambda row: _("%(infected)d of %(contacts)d") % row,
                {"infected": itemgetter("infected"), "contacts": itemgetter("contacts")},
            ),
            rate_column(_("Rate (95 %)"), of="contacts"),
            Column(
                _("Not over yet"),
                _waiting,
                {"waiting": itemgetter("waiting"), "waiting_infected": itemgetter("waiting_infected")},
            ),
            plain_column(_("Infected before"), "before", "infected_before"),
        ],
        table=sorted(data[key], key=lambda one: (-(one["lower"] or 0), one["setting"])),
        basis=_no_rate_yet(data[key]),
        empty=_("No contact of the first degree is known yet. Trace, or add whom the cases named.")
        if by_kind
        else _("No interview says who the contacts are to the cases. Add it where a contact is entered."),
    )


def _no_rate_yet(rows: list[Row]) -> str:
    """Say why a table of attack rates has rows and no rate; empty where one has."""
    if not rows or any(row["contacts"] for row in rows):
        return ""
    waiting, before = sum(row["waiting"] for row in rows), sum(row["before"] for row in rows)
    return _(
        "No rate yet: of %(waiting)d contacts the longest incubation period since their last contact is not over, "
        "%(before)d were infected before it began. Rates appear as these periods end."
    ) % {"waiting": waiting, "before": before}


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


def _share(number: dict[str, Any]) -> tuple[str, str]:
    return percent(number["value"]), f"95 %: {interval(number['lower'], number['upper'], percent)}"


def _offspring(data: dict[str, Any]) -> Panel:
    found = data["offspring"]
    figures: list[Figure] = []
    if found["mean"]["value"] is not None:
        figures = [
            (_("R: linked infections a case"), *_estimate(found["mean"], 2)),
            (_("Dispersion k"), *_estimate(found["dispersion"], 2)),
            (_("of the cases cause 80 % of the infections"), *_share(found["share_of_80"])),
        ]
    basis = ngettext("%(n)d case whose infections have had time to show", "%(n)d such cases", found["cases"])
    later = ngettext("%(n)d is too recent", "%(n)d are too recent", found["recent"])
    return Panel(
        key="offspring",
        title=_("How many others a case infects"),
        how=_(
            "Counted in the trees of the likeliest known links. Negative binomial by maximum likelihood, "
            "intervals by profile likelihood (95 %); the share of the cases that causes 80 % follows from k, and so "
            "does its interval. A small k says that few cases cause most infections; ∞ that "
            "they cannot be told from equal. When infected people are missing from the list at random, R is too "
            "low and k stays right."
        ),
        figures=figures,
        columns=[plain_column(_("Infected others"), "infected_others"), plain_column(_("Cases"), "cases")],
        table=[{"infected_others": n, "cases": number} for n, number in enumerate(found["counts"]) if number],
        basis=say(Text("；", "; ")).join([basis % {"n": found["cases"]}, later % {"n": found["recent"]}]),
        empty="" if figures else _("At least 10 cases and one known link are needed for R and k."),
    )


def _serial(data: dict[str, Any]) -> Panel:
    found = data["serial"]
    figures: list[Figure] = []
    if found["mean"]["value"] is not None:
        figures = [
            (_("Mean, days"), *_estimate(found["mean"], 1)),
            (_("Standard deviation, days"), *_estimate(found["sd"], 1)),
        ]
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
        columns=[
            plain_column(_("Days"), "days"),
            Column(_("Pairs, by share"), lambda row: f"{row['pairs']:.1f}", {"pairs": itemgetter("pairs")}),
        ],
        table=[{"days": d, "pairs": w} for d, w in zip(found["days"], found["weight"], strict=True)],
        is_shown=lambda row: row["pairs"] >= 0.05,
        basis=_("%(pairs)d cases with an onset who met another, %(candidates)d candidate infectors") % found,
        empty="" if figures else _("At least 8 cases with an onset that met another case are needed."),
    )


def _generations(data: dict[str, Any]) -> Panel:
    return Panel(
        key="generations",
        title=_("Generations"),
        how=_(
            "Links from the first case of a tree to this one, in the trees of the likeliest known links: 0 are "
            "the cases without a known infector in the list. These are counts of all listed cases in one tree, "
            "not an estimate from a sample, and so have no interval. What is uncertain is the tree: a case "
            "whose infector is another, or is not listed, stands in another generation. The file of the links "
            "has every candidate with its weight."
        ),
        columns=[
            plain_column(_("Generation"), "generation"),
            plain_column(_("Cases"), "cases"),
            Column(_("Share of cases"), lambda row: percent(row["cases"] / data["cases"]), {}),
        ],
        table=data["generations"],
        empty=_("No case has a day yet: enter onsets or samples."),
    )
