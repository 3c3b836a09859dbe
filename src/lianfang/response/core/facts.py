"""What of the facts a response uses."""

import datetime as dt
import hashlib
from typing import get_args

import polars as pl

from lianfang.intake.core.cells import tidy_column
from lianfang.intake.core.moments import read_moments
from lianfang.kernel.schema import KNOWN_INFECTORS, Schema
from lianfang.kernel.vocabulary import CATEGORY_RANK, Decision
from lianfang.measures.core.facts import FACT_COLUMNS
from lianfang.playbook.model import ClockStart

_TOLD = {*FACT_COLUMNS, *get_args(ClockStart), KNOWN_INFECTORS} - {"category"}
"""Facts that lists of cases and people may tell in other columns; a category is found, not told."""


def read_kept_times(frame: pl.DataFrame, *, time_zone: str) -> pl.DataFrame:
    """Turn kept columns that a playbook may name as a clock start (``reported_at`` …) from text into times.

    What cannot be read is empty; the clock or measure that needs it then says so.
    """
    names = [n for n in get_args(ClockStart) if n in frame.columns and frame[n].dtype == pl.String]
    return frame.with_columns(read_moments(tidy_column(frame[n]), time_zone=time_zone).alias(n) for n in names)


def known_columns(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Return a list without the columns of its sender that mean nothing to a response.

    Whatever they are called, none of them may stand for a column that a step makes for itself.
    """
    known = {*schema.names, *(one.name for one in schema.facts), *_TOLD}
    return frame.select(name for name in frame.columns if name in known)


def used_decisions(decisions: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Return the decisions that make a difference to a response: refusals, and categories that tracing does not give.

    Parameters
    ----------
    decisions : pl.DataFrame
        ``person_id, decision, category``, by person.
    contacts : pl.DataFrame
        What the response found, schema `kernel.schema.CONTACTS`.

    Returns
    -------
    pl.DataFrame
        Rows of `decisions`. Whoever is accepted as what tracing finds anyway is not among them, nor is who is not found
        at all: the same response follows without them.
    """
    found = contacts.select(
        "person_id",
        "category",
        rank=pl.col("category").replace_strict(CATEGORY_RANK, default=len(CATEGORY_RANK), return_dtype=pl.Int64),
    )
    own = found.sort("rank").unique("person_id", keep="first").select("person_id", own="category")
    used = (pl.col("decision") == Decision.REFUSED.value) | pl.col("category").ne_missing(pl.col("own"))
    return decisions.join(own, on="person_id", maintain_order="left").filter(used).drop("own")


def known_isolations(orders: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Return the isolations that a response as of a moment can have counted with, one row a person, sorted.

    Parameters
    ----------
    orders : pl.DataFrame
        ``person_id, isolated_at, decided_at``: accepted measures that isolate (`measures.selectors.isolation_orders`).
    as_of : datetime
        Naive local. What begins later cut nothing that was traced. What was decided later nobody knew: the response
        sought through those people as if they were at large, and so missed nobody.
    """
    known = orders.filter(pl.col("isolated_at") < as_of, pl.col("decided_at") <= as_of)
    return known.group_by("person_id").agg(pl.col("isolated_at").min()).sort("person_id")


def digest_of(
    *,
    cases: pl.DataFrame,
    interviews: pl.DataFrame,
    isolations: pl.DataFrame,
    decisions: pl.DataFrame,
    playbook: str,
) -> str:
    """Return one SHA-256 of the facts that a response uses; the same in each process, for rows in the same order.

    Parameters
    ----------
    cases, interviews : pl.DataFrame
        As their selectors give them, sorted. Who a named person is to the case changes nothing and is left out.
    isolations : pl.DataFrame
        From `known_isolations`.
    decisions : pl.DataFrame
        Those that make a difference, from `used_decisions`.
    playbook : str
        Digest of the policy.
    """
    told = hashlib.sha256(playbook.encode())
    for frame in (cases, interviews.drop("relation", strict=False), isolations, decisions):
        rows = frame.select(sorted(frame.columns))
        told.update(rows.write_csv(null_value="\x02", datetime_format="%Y-%m-%dT%H:%M:%S%.6f").encode())
        told.update(b"\x1f")
    return told.hexdigest()
