"""What is told of proposals that are kept: the rows of a room, how they are compared, and what came of it."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import polars as pl
from django.db import models

from lianfang.access.scoped import ScopedModel
from lianfang.kernel.vocabulary import Decision
from lianfang.records.upsert import stored_rows


class Proposed(ScopedModel):
    """A row that a rule proposes and a named person decides."""

    proposed_at = models.DateTimeField()
    decision = models.CharField(max_length=12, default=Decision.PROPOSED.value, db_index=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("access.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_note = models.CharField(max_length=200, blank=True)

    class Meta(ScopedModel.Meta):
        """No table of its own."""

        abstract = True


UNDECIDED: Mapping[str, Any] = {"decision": Decision.PROPOSED.value}
"""What holds of a `Proposed` row while nobody has decided."""


@dataclass(frozen=True)
class Beside:
    """A field in which a decided row keeps what is proposed now, where that is something else.

    Attributes
    ----------
    field : str
        Its name. It is one of `Kept.open` too: beside an undecided row stands nothing.
    differing : callable
        Gets the decided rows as `stored_rows` gives them, the rows of the new frame and the time; returns the decided
        rows whose field is to change, with ``id``, the columns of `same`, and `field`.
    same : tuple of str
        A row is only changed while these fields are what they were when it was compared.
    """

    field: str
    differing: Callable[[pl.DataFrame, pl.DataFrame, dt.datetime], pl.DataFrame]
    same: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """How rows of a model follow what is found.

    Attributes
    ----------
    model : type
        The Django model, with a primary key ``id``.
    key : tuple of str
        Fields that tell one row from another: those of a unique constraint.
    follows : tuple of str
        Fields that follow what is found in every row, whatever people decided.
    open : tuple of str
        Fields that follow it as long as `undecided` holds.
    undecided : mapping
        Fields and values: what holds of a row while nobody decided.
    may_go : mapping, optional
        Fields and values: a row that is found no longer goes where they hold; ``{}``: every such row, None: none goes.
    lapsed : mapping
        Fields and values that a row gets which is found no longer and stays all the same.
    made_at, renewed_at : str
        The field that holds when a row was made; when it was made or a field of `open` was last changed.
    beside : Beside, optional
        Where another proposal stands beside a decision.
    also : tuple of str
        Further stored fields that the room, or `Beside.differing`, looks at.
    is_whole : bool
        The rows have no unique constraint: `key` is all that a row says, and what says something else is another row.
    named : str
        The field of `key` by whose values the trail names rows that were renewed (`records.core.acts.Renewals`): those
        that were there before, or all where no time of the row says when it was made.
    kind, act : str
        What the audit trail calls the rows and the act.
    """

    model: type[models.Model]
    key: tuple[str, ...]
    follows: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    undecided: Mapping[str, Any] = field(default_factory=dict)
    may_go: Mapping[str, Any] | None = None
    lapsed: Mapping[str, Any] = field(default_factory=dict)
    made_at: str = ""
    renewed_at: str = ""
    beside: Beside | None = None
    also: tuple[str, ...] = ()
    is_whole: bool = False
    named: str = ""
    kind: str = ""
    act: str = ""

    @property
    def reads(self) -> list[str]:
        """Every field that comparing looks at."""
        beside = self.beside
        more = () if beside is None else (beside.field, *beside.same)
        kept = (*self.follows, *self.open, *self.undecided, *(self.may_go or ()), *self.lapsed)
        named = ("id", *self.key, *kept, *more, *self.also)
        return list(dict.fromkeys(named))

    def stored(self, rows: "models.QuerySet[Any]") -> pl.DataFrame:
        """Return stored rows as `compare` takes them, where a room looks at them too; one query."""
        return stored_rows(rows, self.reads)


@dataclass(frozen=True)
class Differences:
    """How stored rows differ from what was found; made by `compare`.

    Attributes
    ----------
    kept : Kept
        How they follow.
    following : pl.DataFrame
        Rows that are new, or of which a field of `Kept.follows` is another.
    renewed : pl.DataFrame
        Rows that nobody decided and of which a field of `Kept.open` is another; new ones too, where no field follows.
    beside : pl.DataFrame
        Decided rows beside which something else is proposed than before.
    gone : list
        Primary keys of rows that are found no longer.
    lapsed : list
        Primary keys of those that stay and do not hold `Kept.lapsed` yet.
    about : mapping
        What the trace says of them, such as the outbreak.
    """

    kept: Kept
    following: pl.DataFrame
    renewed: pl.DataFrame
    beside: pl.DataFrame
    gone: list[Any]
    lapsed: list[Any] = field(default_factory=list)
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """What writing came to, in rows.

    Attributes
    ----------
    changed : int
        Made, or really changed.
    withdrawn : int
        Gone, because they are found no longer.
    differing : int
        Decided, with something else newly proposed beside them.
    agreeing : int
        Decided, beside which nothing else is proposed any more.
    """

    changed: int = 0
    withdrawn: int = 0
    differing: int = 0
    agreeing: int = 0

    @property
    def total(self) -> int:
        """Rows made, changed or gone; what stands beside decisions is not counted."""
        return self.changed + self.withdrawn

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))
