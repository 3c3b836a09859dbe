"""What is proposed follows the facts until a person decides: compared with what is stored, then the differences kept.

An outbreak of a whole county holds a hundred thousand rows of which a new case changes a few. So there are two halves.
`compare` reads and compares, in columns, and locks nothing. `write` writes the differences in one transaction with its
trace. Between the two somebody may decide: each row is guarded once more as it is written, and whoever holds the halves
apart asks the trail whether anything was written meanwhile (`access.audit.written_since`).

A room says what is its own: how a frame becomes rows, and a `Kept`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import polars as pl
from django.db import models

from lianfang.access import audit
from lianfang.access.scope import Scope
from lianfang.access.turns import writing
from lianfang.records.batches import in_batches
from lianfang.records.kept import Differences, Kept, Written
from lianfang.records.upsert import comparable_rows, holds, pending_rows, update_frame, upsert_frame


def compare(
    kept: Kept,
    frame: pl.DataFrame,
    within: "models.QuerySet[Any] | pl.DataFrame",
    *,
    at: dt.datetime | None = None,
    told: pl.DataFrame | None = None,
    about: Mapping[str, Any] | None = None,
) -> Differences:
    """Compare what was found with what is stored; nothing is written and nothing locked.

    Parameters
    ----------
    kept : Kept
        How the rows follow.
    frame : pl.DataFrame
        What was found, as rows of the model (`upsert_frame`) without the times that `kept` names; where a key is
        repeated, its last row counts.
    within : QuerySet or pl.DataFrame
        The stored rows that it is compared with, scoped already: every row whose key the frame may hold. One query; or
        the frame that `Kept.stored` gave.
    at : datetime, optional
        Aware; when what is new is proposed. Needed where `kept` has a time or something beside.
    told : pl.DataFrame, optional
        Of what the frame tells everything, by columns named as in `kept.reads`: only rows with such values go, or get
        something beside. None: the frame tells everything about the rows within.
    about : mapping, optional
        What the trace shall say, such as the outbreak.
    """
    stored = within if isinstance(within, pl.DataFrame) else kept.stored(within)
    times = [name for name in (kept.made_at, kept.renewed_at) if name]
    if times:
        assert at is not None, "a row that holds when it was made needs a time"
        moment = pl.lit(at.astimezone(dt.UTC), dtype=pl.Datetime("us", "UTC"))
        frame = frame.with_columns(moment.alias(name) for name in times)
    frame = frame.unique(list(kept.key), keep="last", maintain_order=True)
    model, nothing = kept.model, frame.clear()
    following, renewed = nothing, nothing
    if kept.follows or not kept.open:
        following = pending_rows(model, frame, stored, key=kept.key, update=kept.follows)
    if kept.open:
        renewed = pending_rows(model, frame, stored, key=kept.key, update=kept.open, guard=kept.undecided)
    if kept.follows and kept.open:
        # What is new is among those that follow, and is written once.
        here = comparable_rows(model, renewed, kept.key).with_row_index("row")
        known = here.join(stored, on=list(kept.key), how="semi", nulls_equal=True)["row"]
        renewed = renewed[known]
    concerned = stored
    if told is not None:
        names = told.columns
        concerned = stored.join(comparable_rows(model, told, names), on=names, how="semi", nulls_equal=True)
    gone: list[Any] = []
    lapsed: list[Any] = []
    if kept.may_go is not None or kept.lapsed:
        found = comparable_rows(model, frame, kept.key)
        missing = concerned.join(found, on=list(kept.key), how="anti", nulls_equal=True)
        goes = pl.lit(False) if kept.may_go is None else holds(model, kept.may_go)
        gone = missing.filter(goes)["id"].to_list()
        if kept.lapsed:
            lapsed = missing.filter(~goes & ~holds(model, kept.lapsed))["id"].to_list()
    beside = pl.DataFrame()
    if kept.beside is not None:
        assert at is not None, "what stands beside a decision says since when"
        beside = kept.beside.differing(concerned.filter(~holds(model, kept.undecided)), frame, at)
    about = dict(about or {})
    if kept.named and renewed.height:
        again = renewed.join(stored, on=kept.named, how="semi") if times else renewed
        about["renewed"] = again[kept.named].unique().sort().to_list()
    return Differences(kept, following, renewed, beside, gone, lapsed, about)


def put(differences: Differences) -> Written:
    """Write differences without a trace, for a caller whose transaction leaves one for several; else use `write`.

    What people did since it was compared stays: a row that somebody decided is not renewed and does not go, and
    nothing is put beside one about which something else was decided.
    """
    kept, model = differences.kept, differences.kept.model
    with writing():
        withdrawn = 0
        for part in in_batches(differences.gone):
            _, of_each = model._base_manager.filter(pk__in=part, **(kept.may_go or {})).delete()
            withdrawn += of_each.get(model._meta.label, 0)
        key = () if kept.is_whole else kept.key
        lapsing = 0
        for part in in_batches(differences.lapsed):
            lapsing += model._base_manager.filter(pk__in=part).update(**kept.lapsed)
        changed = lapsing + upsert_frame(model, differences.following, key=key, update=kept.follows)
        times = (kept.renewed_at,) if kept.renewed_at else ()
        update = (*kept.open, *times)
        changed += upsert_frame(model, differences.renewed, key=key, update=update, guard=kept.undecided)
        differing = agreeing = 0
        if kept.beside is not None and differences.beside.height:
            name = kept.beside.field
            is_other = pl.col(name).is_not_null()
            differing, agreeing = (
                update_frame(model, differences.beside.filter(which), key="id", update=(name,), same=kept.beside.same)
                for which in (is_other, ~is_other)
            )
    return Written(changed, withdrawn, differing, agreeing)


def write(differences: Differences, *, by: Scope, at: dt.datetime) -> Written:
    """Write differences in one transaction with its trace; where nothing differs, nothing is written.

    Parameters
    ----------
    differences : Differences
        From `compare`, while nothing that it rests on was written since; see `put` for what stays all the same.
    by : Scope
        On whose behalf; it stands in the audit trail.
    at : datetime
        Aware.
    """
    with writing():
        written = put(differences)
        if written:
            counts = {one.name: getattr(written, one.name) for one in fields(written)}
            leave_trace(differences.kept, {**differences.about, **counts}, by=by, at=at)
    return written


def leave_trace(kept: Kept, detail: Mapping[str, Any], *, by: Scope, at: dt.datetime) -> None:
    """Say in the audit trail that rows were written, inside the transaction that wrote them."""
    audit.record(actor=by.name, act="write", kind=kept.kind, detail={"act": kept.act, **detail}, at=at)
