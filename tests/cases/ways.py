"""Which rows can come through a whole response, over files or in the database, and as what lists.

``playbook decide`` takes facts. A response takes a case list, interviews and presences, and finds the facts itself: so
each row is told as lists from which the same facts follow. An index case meets everybody; a contact of a contact is met
by a contact of his own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from lianfang.intake.core.moments import read_moments
from tests.cases.worked import Row, by_basis, rows

CATEGORY = {"密切接触者": "close_contact", "来（返）人员": "arrival"}
"""Categories that rows state in Chinese; a response finds the category and is told none."""

FEW = 3
"""A response takes about a second, whatever is asked of it: rows that would need one for themselves go without."""

INDEX = "INDEX"
HOUR = dt.timedelta(hours=1)

OF_PEOPLE = ("special", "linked_tests", "own_tests", "found_at", "in_quarantine_since")
OF_CASES = ("onset_date", "sampled_at", "diagnosed_at", "reported_at", "isolated_at", "discharged_at")
OF_CASES_WORDS = ("symptomatic", "severity", "classification")

_NO_FIELD = ("special", "linked_tests", "own_tests", "in_quarantine_since", "severity", "discharged_at")
"""Facts for which the register and the case file of the application have no field: there they reach the proposals from
`playbook decide` alone."""


def categories(row: Row) -> set[str]:
    """Return the categories of a row, as codes."""
    return {CATEGORY.get(one, one) for one in row.said("category")}


def why_not(row: Row) -> dict[str, str]:
    """Say through which whole response a row cannot come, and why; empty where it comes through both."""
    traced = {"case", "close_contact", "secondary_contact", "general_contact"}
    odd = categories(row) - traced
    if odd:
        return {"both": f"responses: they trace cases and contacts, and take no list of {', '.join(sorted(odd))}"}
    if len(by_basis(rows())[row.basis]) < FEW:
        return {"both": "responses: too few rows of this policy and time for a response of their own"}
    undated = row.asked and all(one.measure == "none" for one in row.asked) and "found_at" not in row.told
    if undated:
        return {"both": "responses: a contact of a response has a time at which he was found"}
    if "secondary_contact" in categories(row) and "last_exposure" not in row.told:
        return {"both": "responses: presences make a contact of a contact, and they always say when"}
    if categories(row) == {"close_contact", "secondary_contact"} and not any("close" in a.rule for a in row.asked):
        return {"both": "responses: tracing makes no contact of a contact of who is a close contact already"}
    if row.refused and any(time.endswith("T00:00") for time in row.said("last_exposure")):
        return {"both": "responses: in a list 24:00 of today and today without an hour are one, and the day is today"}
    if row.refused == "found_at":
        return {"both": "responses: tracing finds the person, whatever the list of people says"}
    reasons = {}
    if lacking := [name for name in _NO_FIELD if name in row.told]:
        reasons["application"] = f"application's response: the register has no field for {', '.join(lacking)}"
    elif len(row.facts) > 1:
        reasons["application"] = "application's response: a contact is found when the first of his cases becomes known"
    elif row.refused:
        reasons["application"] = "application's response: it refuses what is missing before it is stored"
    return reasons


def by_files(row: Row) -> bool:
    """Tell whether a row can come through ``lianfang respond``."""
    return "both" not in why_not(row)


def by_application(row: Row) -> bool:
    """Tell whether a row can come through the application's response."""
    return not why_not(row)


@dataclass
class Lists:
    """The lists of a response; each row a dict by column."""

    cases: list[dict[str, str]] = field(default_factory=list)
    contacts: list[dict[str, str]] = field(default_factory=list)
    presences: list[dict[str, str]] = field(default_factory=list)
    people: list[dict[str, str]] = field(default_factory=list)

    def named(self) -> dict[str, list[dict[str, str]]]:
        """Return the lists by the stem of their files."""
        return {"cases": self.cases, "contacts": self.contacts, "presences": self.presences, "people": self.people}


def as_lists(of_basis: Iterable[Row], *, own_index: bool) -> Lists:
    """Tell rows of one basis as lists.

    Parameters
    ----------
    of_basis : iterable of Row
        Each may come through the response in question.
    own_index : bool
        Whether each person has an index case of his own, which is reported when the person is found. Else one index
        case meets all of them, and the list of people says when each was found.
    """
    lists = Lists()
    some = list(of_basis)
    first = min(_time(value) for row in some for name in row.told for value in row.said(name) if _is_time(name))
    since = (first - dt.timedelta(days=3)).replace(hour=0, minute=0)
    if not own_index:
        lists.cases.append(_index(INDEX, since, since))
    for row in some:
        if "case" in categories(row):
            lists.cases.append({"case_id": row.id, "person_id": row.id, **_told(row, (*OF_CASES, *OF_CASES_WORDS))})
        else:
            _tell_contact(lists, row, since, own_index=own_index)
    return lists


def _tell_contact(lists: Lists, row: Row, since: dt.datetime, *, own_index: bool) -> None:
    case = INDEX
    if own_index:
        case = f"{row.id}-index"
        exposures = [_time(value) for value in row.said("last_exposure")]
        found = [_time(value) for value in row.said("found_at")]
        lists.cases.append(_index(case, min(exposures) - dt.timedelta(days=1), max(found, default=since)))
    for facts in row.facts:
        category, last = CATEGORY.get(facts["category"], facts["category"]), facts.get("last_exposure", "")
        if category == "secondary_contact":
            _tell_second_degree(lists, row.id, case, _time(last) if last else None)
        else:
            protected = "yes" if category == "general_contact" else "no"
            told = {"case_id": case, "person_id": row.id, "last_contact": last, "protected": protected}
            lists.contacts.append({**told, "place_kind": "other"})
    if not own_index and (told := _told(row, OF_PEOPLE)):
        lists.people.append({"person_id": row.id, **told})


def _tell_second_degree(lists: Lists, person: str, case: str, last: dt.datetime | None) -> None:
    if last is None:
        return
    between = f"{person}-between"
    for who, place, start in (
        (case, f"{person}-first", last - 4 * HOUR),
        (between, f"{person}-first", last - 4 * HOUR),
        (between, f"{person}-second", last - HOUR),
        (person, f"{person}-second", last - HOUR),
    ):
        times = {"start": start.isoformat(), "end": (start + HOUR).isoformat()}
        lists.presences.append({"person_id": who, "place_id": place, "place_kind": "work", **times})


def _index(case: str, since: dt.datetime, reported: dt.datetime) -> dict[str, str]:
    onset = since.isoformat()
    return {"case_id": case, "person_id": case, "onset_date": onset, "reported_at": reported.isoformat()}


def _told(row: Row, names: Iterable[str]) -> dict[str, str]:
    """Return what is told of a person: of several rows what the one says that counts, the latest found."""
    told = {name: max(values) for name in names if (values := row.said(name))}
    if "found_at" in told and "close_contact" in categories(row) and len(categories(row)) > 1:
        told["found_at"] = next(one["found_at"] for one in row.facts if one["category"] == "close_contact")
    return told


def _is_time(name: str) -> bool:
    return name.endswith(("_at", "_date", "_exposure", "_since"))


def _time(text: str) -> dt.datetime:
    """Read a time, to place the index case; the lists hold it as it is written."""
    read: dt.datetime = read_moments(pl.Series([text]), time_zone="Asia/Shanghai")[0]
    return read
