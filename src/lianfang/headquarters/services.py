"""The door to changing clocks: start them from what the playbook decides.

Stopping one is an act: its plan is `core.acts.stop`, carried out by `lianfang.records.acts.carry_out`.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from lianfang.access.scope import Scope
from lianfang.access.turns import writing
from lianfang.cases.selectors import cases_frame
from lianfang.headquarters.core.step import CLOCKS
from lianfang.headquarters.selectors import CASE, CONTACT, OUTBREAK
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
from lianfang.outbreaks.selectors import find_outbreak
from lianfang.records.clocks import compare_clocks
from lianfang.records.core.clocks import LIMIT_TO_TRANSFER
from lianfang.records.kept import Differences, Written
from lianfang.records.proposals import write
from lianfang.tracing.selectors import contact_keys


@dataclass(frozen=True)
class ClocksToStore:
    """How the stored clocks of an outbreak differ from those that follow from the facts.

    Attributes
    ----------
    outbreak : str
        Its code.
    stored : tuple of Differences
        Of the clocks of cases, of contacts that are stored, and of the outbreak itself.
    of_new : pl.DataFrame
        Clocks of contacts who are not stored yet, by ``person_id``.
    """

    outbreak: str
    stored: tuple[Differences, ...]
    of_new: pl.DataFrame

    @property
    def gone(self) -> list[Any]:
        """Keys of the clocks that are taken away."""
        return [key for one in self.stored for key in one.gone]


def to_store(
    clocks: pl.DataFrame, *, outbreak: str, by: Scope, at: dt.datetime, complete: bool = True
) -> ClocksToStore:
    """Compare the clocks of an outbreak with those that are stored; nothing is written.

    Parameters
    ----------
    clocks : pl.DataFrame
        Columns of `core.step.CLOCKS`; without ``subject`` they are clocks of cases, without ``done_at`` nothing is
        known to be done. Times naive and local.
    outbreak : str
        Code of the outbreak that the cases belong to.
    by : Scope
        On whose behalf, usually a named task.
    at : datetime
        Not looked at: a clock starts from a fact, not when it is stored. Every room's `to_store` takes it.
    complete : bool
        Whether these are all clocks of the cases inside the scope that are not excluded, of the contacts, and of the
        outbreak. Those of theirs that run and are not among them are then taken away: another playbook knows them no
        more, or the time is gone from which they were started. Excluding a case takes nothing away.

    Raises
    ------
    Refused
        When a case is not one of the outbreak inside the scope.
    """
    absent = [pl.lit(None, kind).alias(name) for name, kind in CLOCKS.items() if name not in clocks.columns]
    clocks = clocks.with_columns(absent).with_columns(pl.col("subject").fill_null("case")).select(*CLOCKS)
    of_subject = {name: clocks.filter(pl.col("subject") == name) for name in ("case", "contact", "outbreak")}
    cases = cases_frame(outbreak, by, with_excluded=True)
    areas = cases.select("case_id", "jurisdiction")
    unknown = of_subject["case"].join(areas, on="case_id", how="anti")["case_id"].unique().sort().to_list()
    if unknown:
        raise Refused(
            Text(
                f"病例 {'、'.join(unknown[:5])} 不属于疫情 {outbreak}，未计时；请先报告病例",
                f"no clock was started: {', '.join(unknown[:5])} is not a case of outbreak {outbreak}; "
                "report the case first",
            )
        )
    rows = of_subject["case"].drop("subject").join(areas, on="case_id").rename({"case_id": "subject"})
    active = cases.filter(pl.col("classification").ne_missing(Classification.EXCLUDED.value))
    told = active.select(subject="case_id")
    known = contact_keys(outbreak, by)
    moving = of_subject["contact"].drop("subject").join(known, on="person_id", how="inner")
    of_contacts = known.select("subject", clock=pl.lit(LIMIT_TO_TRANSFER))
    found = find_outbreak(outbreak, by)
    area = None if found is None else found.jurisdiction_id
    once = of_subject["outbreak"].with_columns(subject=pl.lit(outbreak), jurisdiction=pl.lit(area, pl.String))
    itself = pl.DataFrame({"subject": [outbreak]})

    def compared(frame: pl.DataFrame, kind: str, told: pl.DataFrame) -> Differences:
        return compare_clocks(frame, kind=kind, matter=outbreak, told=told if complete else told.clear())

    return ClocksToStore(
        outbreak,
        (
            compared(rows, CASE, told),
            compared(moving, CONTACT, of_contacts),
            compared(once, OUTBREAK, itself),
        ),
        of_subject["contact"].join(known, on="person_id", how="anti"),
    )


def store(ready: ClocksToStore, *, by: Scope, at: dt.datetime) -> Written:
    """Start clocks, move those that run and take away those that are gone, in one transaction with its trace.

    A clock that was stopped stays as it was stopped, even after it was compared. Contacts who were new when it was
    compared are stored by now, in the same transaction: their clocks start with them.

    Parameters
    ----------
    ready : ClocksToStore
        From `to_store`.
    by : Scope
        On whose behalf; it stands in the audit trail.
    at : datetime
        Aware.
    """
    with writing():
        done = [write(one, by=by, at=at) for one in ready.stored]
        if ready.of_new.height:
            rows = ready.of_new.drop("subject").join(contact_keys(ready.outbreak, by), on="person_id", how="inner")
            told = rows.select("subject").clear()
            new = compare_clocks(rows, kind=CONTACT, matter=ready.outbreak, told=told)
            done.append(write(new, by=by, at=at))
    return Written(changed=sum(one.changed for one in done), withdrawn=sum(one.withdrawn for one in done))


def start_clocks(*, clocks: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> int:
    """Start clocks, or move those that run when their start has changed; doing the same twice changes nothing.

    See `to_store` for the parameters and what is refused.

    Returns
    -------
    int
        Clocks started or moved.
    """
    with writing():
        return store(to_store(clocks, outbreak=outbreak, by=by, at=at, complete=False), by=by, at=at).total
