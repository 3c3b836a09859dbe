"""The step of the response that the room decides: which clocks start, of cases, of contacts and of the outbreak."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from lianfang.cases.core.origin import Origin, learned_at, origin_of
from lianfang.kernel.cells import as_text
from lianfang.kernel.schema import UNDECIDED
from lianfang.kernel.text import Lang
from lianfang.kernel.vocabulary import Category, PlaceClass
from lianfang.measures.core.known import contact_facts
from lianfang.playbook.model import Playbook
from lianfang.records.core.clocks import clocks_of, done_at, limits_to_transfer, not_started, rules_for

CLOCKS = {
    "subject": pl.String(),
    "case_id": pl.String(),
    "person_id": pl.String(),
    "clock": pl.String(),
    "starts": pl.Datetime("us"),
    "due": pl.Datetime("us"),
    "rule": pl.String(),
    "done_at": pl.Datetime("us"),
}
"""Columns of the clocks: `subject` is ``case``, ``contact`` or ``outbreak``. That of a contact names its person, and
the case through which they became known first; that of the outbreak the case that started it."""

CLOCK_COLUMNS = ("case_id", "clock", "starts", "due", "rule")
"""Columns of clocks.csv that the contract names first."""


def clocks(have: Mapping[str, Any], *, playbook: Playbook, as_of: dt.datetime) -> dict[str, Any]:
    """Give the clocks: ``clocks``, columns `CLOCKS`, of cases by case, then of contacts, then of the outbreak.

    Parameters
    ----------
    have : mapping
        ``active``, ``contacts``, ``measures``, ``concerned``; ``proposals``, from the application: when contacts were
        proposed.
    """
    active = have["active"]
    rules = rules_for(playbook, "case")
    of_cases = clocks_of(active, rules)
    missing = _without_clock(active, of_cases, playbook)
    movers = transfers(
        have["contacts"], active, have["measures"], have["concerned"], as_of=as_of, proposals=have["proposals"]
    )
    moving = limits_to_transfer(playbook)
    first = first_local_case(active)
    once = rules_for(playbook, "outbreak")
    parts = [
        _of("case", done_at(of_cases, active, rules), active.select("case_id", "person_id"), key="case_id"),
        _of("contact", _clocks(movers, moving, "person_id"), movers, key="person_id"),
        _of("outbreak", _clocks(first, once, "case_id"), first, key="case_id"),
    ]
    started = pl.concat([part.filter(pl.col("starts") <= as_of) for part in parts])
    # What is done later has not been done yet.
    known = pl.when(pl.col("done_at") <= as_of).then("done_at")
    return {"clocks": started.with_columns(done_at=known), "undecided": missing}


def transfers(
    contacts: pl.DataFrame,
    cases: pl.DataFrame,
    measures: pl.DataFrame,
    people: pl.DataFrame,
    *,
    as_of: dt.datetime,
    proposals: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return the contacts who belong into central quarantine, and since when somebody has known of them.

    Parameters
    ----------
    contacts, cases, measures : pl.DataFrame
        As the response hands them.
    people : pl.DataFrame
        May tell ``in_quarantine_since``.
    as_of : datetime
        Naive local.
    proposals : pl.DataFrame, optional
        ``person_id, proposed_at``: when each contact was proposed; one who is not in it is proposed now. Without it a
        contact is known since the first of their cases became known.

    Returns
    -------
    pl.DataFrame
        ``person_id, case_id, proposed_at, in_quarantine_since``, by person. Whose first period is not spent in a
        quarantine site is not among them.
    """
    first = (
        measures.filter(pl.col("category") != Category.CASE.value)
        .sort("person_id", "start", "rule", nulls_last=True)
        .unique("person_id", keep="first", maintain_order=True)
        .filter(pl.col("place_class") == PlaceClass.CENTRAL.value)
    )
    facts = contact_facts(contacts, cases, people, as_of=as_of).join(first, on="person_id", how="semi")
    if proposals is None:
        known = facts.select("person_id", proposed_at=pl.col("found_at"))
    else:
        now = pl.lit(as_of, dtype=pl.Datetime("us"))
        known = facts.select("person_id").join(proposals, on="person_id", how="left", maintain_order="left")
        known = known.with_columns(pl.col("proposed_at").fill_null(now))
    through = (
        contacts.sort("person_id", "first_contact", "case_id", nulls_last=True)
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", "case_id")
    )
    since = (
        pl.col("in_quarantine_since").cast(pl.Datetime("us"), strict=False)
        if "in_quarantine_since" in people.columns
        else pl.lit(None, pl.Datetime("us"))
    )
    told = people.select("person_id", in_quarantine_since=since).unique("person_id", keep="first", maintain_order=True)
    return (
        known.join(through, on="person_id", how="left", maintain_order="left")
        .join(told, on="person_id", how="left", maintain_order="left")
        .select("person_id", "case_id", "proposed_at", "in_quarantine_since")
        .sort("person_id")
    )


def first_local_case(cases: pl.DataFrame) -> pl.DataFrame:
    """Return the local case of which somebody learned first, if any: ``case_id, person_id, first_case_at``."""
    return (
        cases.with_columns(first_case_at=learned_at(cases), _origin=origin_of(cases))
        .filter(pl.col("_origin") == Origin.LOCAL.value, pl.col("first_case_at").is_not_null())
        .sort("first_case_at", "case_id")
        .head(1)
        .select("case_id", "person_id", "first_case_at")
    )


def clocks_table(clocks: pl.DataFrame, *, lang: Lang) -> pl.DataFrame:
    """Return the rows of clocks.csv as text: the columns of the contract, when it was done, what it hangs on."""
    return as_text(clocks.select(*CLOCK_COLUMNS, pl.col("done_at").alias("done"), "subject", "person_id"))


def _clocks(subjects: pl.DataFrame, rules: Any, key: str) -> pl.DataFrame:
    return done_at(clocks_of(subjects, rules, key=key), subjects, rules, key=key)


def _of(subject: str, clocks: pl.DataFrame, told: pl.DataFrame, *, key: str) -> pl.DataFrame:
    """Give the clocks of one kind of subject the columns of all."""
    other = {"case_id": "person_id", "person_id": "case_id"}[key]
    named = told.select(key, other).unique(key, keep="first", maintain_order=True)
    joined = clocks.join(named, on=key, how="left", maintain_order="left")
    return joined.with_columns(subject=pl.lit(subject)).select(*CLOCKS).cast(pl.Schema(CLOCKS))


def _without_clock(cases: pl.DataFrame, clocks: pl.DataFrame, playbook: Playbook) -> pl.DataFrame:
    missing = not_started(cases, rules_for(playbook, "case"), started=clocks)
    return (
        missing.join(cases.select("case_id", "row"), on="case_id", how="left")
        .select(
            pl.lit("cases").alias("table"),
            "row",
            pl.col("needs").list.first().alias("column"),
            pl.col("case_id").alias("value"),
            "reason_zh",
            "reason_en",
        )
        .cast(pl.Schema(UNDECIDED))
    )
