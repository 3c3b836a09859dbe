"""The step of the response that the room decides: who has to do what."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from lianfang.kernel.schema import UNDECIDED
from lianfang.measures.core.decide import decide
from lianfang.measures.core.known import case_facts, case_of_person, contact_facts
from lianfang.playbook.model import Playbook

OF_PEOPLE = (
    "special",
    "origin_risk",
    "linked_tests",
    "own_tests",
    "in_quarantine_since",
    "left_area",
    "entered_at",
    "home_feasible",
    "chooses_central",
)
"""Facts that a list of people tells; the list of cases does where it has a column of that name."""


def measures(have: Mapping[str, Any], *, playbook: Playbook, as_of: dt.datetime) -> dict[str, Any]:
    """Give what each case and contact has to do.

    Parameters
    ----------
    have : mapping
        ``active``, ``contacts``, ``interviews``, ``people``, ``decisions``.

    Returns
    -------
    dict
        ``measures``: as `core.decide.decide` gives them, by person, start and rule; ``concerned``: the people of the
        list who are cases or contacts; ``undecided``.
    """
    active, contacts = have["active"], have["contacts"]
    # A county's list of people is long, and few of them are concerned.
    concerned = pl.concat([active.select("person_id"), contacts.select("person_id")]).unique()
    people = have["people"].join(concerned, on="person_id", how="semi")
    facts = pl.concat(
        [
            case_facts(active, people, as_of=as_of),
            contact_facts(contacts, active, people, as_of=as_of, decisions=have["decisions"]),
        ],
        how="diagonal_relaxed",
    ).sort("person_id")
    decided = decide(facts, playbook=playbook, as_of=as_of)
    of_cases = case_of_person(active, as_of=as_of)
    return {
        "measures": decided.measures.sort("person_id", "start", "rule", nulls_last=True),
        "concerned": people,
        "undecided": _without_measure(decided.refused, of_cases, have["interviews"], have["people"]),
    }


def _without_measure(
    refused: pl.DataFrame, of_cases: pl.DataFrame, interviews: pl.DataFrame, people: pl.DataFrame
) -> pl.DataFrame:
    """Lead a measure that could not be decided back to the list that would have to tell the missing fact.

    A fact of people (`OF_PEOPLE`) leads to their row of the list of people. Every other fact of a case leads to the row
    of the case that counts for the person. A last exposure leads to the first interview that names the person without
    a last contact (any of them would do), or to the presences as a whole.
    """
    interviewed = (
        interviews.with_row_index("told")
        .filter(pl.col("last_contact").is_null())
        .unique("person_id", keep="first", maintain_order=True)
    )
    listed = people.with_row_index("listed").join(refused.select("person_id").unique(), on="person_id", how="semi")
    of_people = [name for name in OF_PEOPLE if name not in of_cases.columns]
    is_case = pl.col("row").is_not_null()
    by_people = pl.col("fact").is_in(of_people) | (pl.col("fact").is_in([*OF_PEOPLE, "found_at"]) & ~is_case)
    by_interview = pl.col("told").is_not_null()
    return (
        refused.join(of_cases.select("person_id", "row"), on="person_id", how="left")
        .join(interviewed.select("person_id", "told"), on="person_id", how="left")
        .join(listed.select("person_id", "listed"), on="person_id", how="left")
        .select(
            pl.when(by_people)
            .then(pl.lit("people"))
            .when(is_case)
            .then(pl.lit("cases"))
            .when(by_interview)
            .then(pl.lit("contacts"))
            .otherwise(pl.lit("presences"))
            .alias("table"),
            pl.when(by_people).then("listed").when(is_case).then("row").otherwise("told").alias("row"),
            pl.when((pl.col("fact") == "last_exposure") & ~is_case & by_interview)
            .then(pl.lit("last_contact"))
            .otherwise("fact")
            .alias("column"),
            pl.col("person_id").alias("value"),
            "reason_zh",
            "reason_en",
        )
        .cast(pl.Schema(UNDECIDED))
    )
