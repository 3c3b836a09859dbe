"""The door to changing clocks: they follow the facts while they run. What people do with them are acts."""

import polars as pl

from lianfang.records.kept import Differences, Kept
from lianfang.records.models import Clock
from lianfang.records.proposals import compare

CLOCKS = Kept(
    Clock,
    key=("subject_kind", "subject", "clock"),
    open=("matter", "jurisdiction", "starts", "due", "rule", "done_at"),
    undecided={"done_at": None},
    may_go={"done_at": None},
    also=("held_seconds",),
    named="subject",
    kind="records.clock",
    act="clock.start",
)
"""A clock that was stopped, by a person or by a fact, stays so; one that runs, or is paused, moves with its start."""


def compare_clocks(clocks: pl.DataFrame, *, kind: str, matter: str, told: pl.DataFrame | None = None) -> Differences:
    """Compare the clocks of one kind of subject with those that are stored; nothing is written.

    Parameters
    ----------
    clocks : pl.DataFrame
        ``subject, jurisdiction, clock, starts, due, rule``; times naive and local, `due` as the rule gives it. How long
        a stored clock was paused is added here. ``done_at``, where it is there, is when a fact says it was done.
    kind : str
        Label of the model of the subjects, such as ``cases.case``.
    matter : str
        Code of what all of them belong to.
    told : pl.DataFrame, optional
        A column ``subject``: those whose clocks all are here, so that others of theirs go; see `proposals.compare`.
    """
    stored = CLOCKS.stored(Clock.unscoped.filter(subject_kind=kind, matter=matter))
    paused = stored.filter(pl.col("held_seconds") > 0).select("subject", "clock", "held_seconds")
    rows = clocks.join(paused, on=["subject", "clock"], how="left", maintain_order="left").select(
        pl.lit(kind).alias("subject_kind"),
        "subject",
        pl.lit(matter).alias("matter"),
        "jurisdiction",
        "clock",
        "starts",
        pl.col("due") + pl.duration(seconds=pl.col("held_seconds").fill_null(0)),
        "rule",
        pl.col("done_at") if "done_at" in clocks.columns else pl.lit(None, pl.Datetime("us")).alias("done_at"),
    )
    return compare(CLOCKS, rows, stored, told=told, about={"outbreak": matter})
