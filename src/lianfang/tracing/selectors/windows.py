"""The infectious windows of cases, for pages that say what lies outside of them."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from lianfang.access.scope import system_scope
from lianfang.access.times import now, to_local
from lianfang.cases.core.window import infectious_windows
from lianfang.cases.selectors import cases_frame
from lianfang.outbreaks.selectors import find_playbook, last_run
from lianfang.presences import keeping
from lianfang.tracing.core.state import OUTSIDE_RULE

if TYPE_CHECKING:
    from lianfang.cases.models import Case
    from lianfang.tracing.models import Contact

_FACTS = system_scope("windows")
"""When a case was infectious is asked for whoever may see its contact."""


def windows_of_outside(contact: "Contact") -> dict[str, tuple[dt.datetime, dt.datetime]]:
    """Return the windows of the cases that named a contact outside of them; no query where there is none."""
    cases = sorted({one.case_id for one in contact.exposures.all() if one.rule == OUTSIDE_RULE})
    if not cases:
        return {}
    windows = _windows(contact.outbreak, cases)
    return (
        {}
        if windows is None
        else {
            row["case_id"]: (row["infectious_from"], row["infectious_to"])
            for row in windows.drop_nulls(["infectious_from", "infectious_to"]).iter_rows(named=True)
        }
    )


def window_problem_of(case: "Case") -> str | None:
    """Return the code of why a case has no infectious window; None where it has one, or no playbook can be read."""
    windows = _windows(case.outbreak, [case.pk])
    return None if windows is None or not windows.height else windows["window_problem"].item()


def is_in_no_presence(person_id: str) -> bool:
    """Tell whether no presence is kept of a person, so that tracing can find nobody whom they met."""
    return bool(keeping.read(lambda kept: int(kept.persons.codes(pl.Series([person_id]))[0]) < 0))


def _windows(outbreak: Any, case_ids: list[str]) -> pl.DataFrame | None:
    playbook = find_playbook(outbreak)
    if playbook is None:
        return None
    run = last_run(outbreak.code)
    as_of = to_local(run.as_of if run is not None else now())
    cases = cases_frame(outbreak.code, _FACTS, case_ids=case_ids)
    return infectious_windows(cases, lookback=playbook.lookback, as_of=as_of)
