"""The step of the response that the room decides: the numbers."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from lianfang.kernel.text import Text
from lianfang.playbook.model import Playbook
from lianfang.reports.core.figures import figures
from lianfang.tracing.core.general import in_all


def numbers(have: Mapping[str, Any], *, playbook: Playbook, as_of: dt.datetime) -> dict[str, Any]:
    """Give the ``figures`` of the bulletin and of ``summary.json``.

    Parameters
    ----------
    have : mapping
        ``active``, ``contacts``, ``measures``, ``clocks``, ``general``, ``concerned``, ``people``, ``townships``.
    """
    active, people, general = have["active"], have["concerned"], have["general"]
    clocks = have["clocks"].join(active.select("case_id", "person_id"), on="case_id", how="left")
    counted = figures(
        cases=_placed(active, people),
        contacts=_placed(have["contacts"], people),
        measures=_placed(have["measures"], people),
        clocks=_placed(clocks, people),
        as_of=as_of,
        townships=have["townships"] or _townships(have["people"]),
        same_place=None if general is None else in_all(general),
    )
    return {"figures": counted}


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
