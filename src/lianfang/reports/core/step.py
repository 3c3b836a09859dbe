"""The step of the response that the room decides: the numbers, and what of the cases a bulletin tells."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from lianfang.kernel.text import Text
from lianfang.playbook.model import Playbook
from lianfang.reports.core.cases import case_lines, curve_of, known_cases, last_moment, new_cases
from lianfang.reports.core.figures import figures
from lianfang.tracing.core.general import in_all


def numbers(have: Mapping[str, Any], *, playbook: Playbook, as_of: dt.datetime) -> dict[str, Any]:
    """Give the ``figures`` of bulletin and ``summary.json``, and what it tells of cases: ``new_cases``, ``curve``.

    Parameters
    ----------
    have : mapping
        ``active``, ``contacts``, ``measures``, ``clocks``, ``general``, ``concerned``, ``people``, ``townships``.
    """
    active, people, general = have["active"], have["concerned"], have["general"]
    clocks = have["clocks"]
    townships = have["townships"] or _townships(have["people"])
    cases = _placed(active, people)
    counted = figures(
        cases=cases,
        contacts=_placed(have["contacts"], people),
        measures=_placed(have["measures"], people),
        clocks=_placed(clocks, people),
        as_of=as_of,
        townships=townships,
        same_place=None if general is None else in_all(general),
    )
    day = last_moment(as_of).date()
    known = known_cases(_told(cases, people))
    lines = case_lines(new_cases(known, day), day=day, townships=townships)
    return {"figures": counted, "new_cases": lines, "curve": curve_of(known, day)}


def _told(cases: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Add what the list of people tells of each case: sex and day of birth."""
    names = [name for name in ("sex", "birth_date") if name in people.columns and name not in cases.columns]
    listed = people.select("person_id", *names).unique("person_id", keep="first", maintain_order=True)
    return cases.join(listed, on="person_id", how="left", maintain_order="left")


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
