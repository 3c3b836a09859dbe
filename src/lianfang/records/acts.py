"""Carrying out what people decide, once for every room: permission, scope, what was seen, plan, rows, trace, followers.

A room declares an act in its ``room.py`` (`lianfang.kernel.declare.Act`) and writes its plan: which rows change, and
how. The rest is here. What follows from an act (`Follower`) is part of it: the same transaction, the same change.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from lianfang.access.core.roles import may
from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of
from lianfang.access.services import need
from lianfang.access.turns import writing
from lianfang.house import acts, followers_of, subjects
from lianfang.kernel.declare import Act, load_named
from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.text import Counted, Text
from lianfang.records.batches import in_batches
from lianfang.records.changes import ChangedRow, record_change
from lianfang.records.core.acts import NOTE_LENGTH, Asked, Values, alike, sort_out
from lianfang.records.models import Change
from lianfang.records.seen import Seen, need_as_seen, part_unseen, unseen_words


@dataclass(frozen=True)
class Part:
    """What an act, or one that follows from it, comes to.

    Attributes
    ----------
    act : Act
        As it is declared.
    changed, left : tuple
        Keys of the rows that are changed, and of those that stand so already.
    refused : tuple of (Text, int)
        Why rows of an act that follows cannot be changed, and how many for each reason; the act itself has none, as it
        is then refused as a whole.
    forbidden : int
        Rows that would follow, had the account the permission.
    """

    act: Act
    changed: tuple[Any, ...]
    left: tuple[Any, ...]
    refused: tuple[tuple[Text, int], ...] = ()
    forbidden: int = 0

    def said(self) -> Iterator[Text]:
        """Give what is said of it afterwards, sentence by sentence."""
        if self.changed:
            yield self.act.done.format(n=len(self.changed))
        yield from self.told()

    def told(self) -> Iterator[Text]:
        """Give what is said of the rows that do not follow, sentence by sentence."""
        count = _count(self.act)
        for why, number in self.refused:
            words = count.format(n=number)
            yield Text(f"另有 {words.zh}未随之办理：{why.zh}。", f"Left as they are: {words.en}, because {why.en}.")
        if self.forbidden:
            words = count.format(n=self.forbidden)
            yield Text(
                f"另有 {words.zh}未随之“{self.act.label.zh}”：您的角色无此权限，请有权限者办理。",
                f"Left as they are: {words.en}. Your role may not do this: {self.act.label.en}; ask somebody who may.",
            )


@dataclass(frozen=True)
class Prepared:
    """What an act would come to, as things stand.

    Attributes
    ----------
    part : Part
        Of the act itself.
    followed : tuple of Part
        Of what follows from it.
    unseen : int
        Rows that are left out, as nobody saw them as they are.
    mark : str
        Equal as long as the same acts change the same rows (see `carry_out`).
    """

    part: Part
    followed: tuple[Part, ...]
    unseen: int
    mark: str

    @property
    def rows(self) -> int:
        """How many rows change in all."""
        return sum(len(one.changed) for one in (self.part, *self.followed))


@dataclass(frozen=True)
class Carried:
    """What an act came to.

    Attributes
    ----------
    change : Change
        By which it is undone, with everything that followed.
    part, followed, unseen
        As in `Prepared`.
    """

    change: Change
    part: Part
    followed: tuple[Part, ...]
    unseen: int

    @property
    def changed(self) -> tuple[Any, ...]:
        """Keys of the rows that the act itself changed."""
        return self.part.changed

    @property
    def left(self) -> tuple[Any, ...]:
        """Keys of the rows that stood so already."""
        return self.part.left

    @property
    def said(self) -> tuple[Text, ...]:
        """What was done, sentence by sentence."""
        sentences = [text for one in (self.part, *self.followed) for text in one.said()]
        if self.unseen:
            sentences.append(unseen_words(_model(self.part.act), self.unseen))
        return tuple(sentences)


class NotAgreed(Refused):
    """An act that comes to something else by now than what was agreed to; see `carry_out`."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "涉及的记录在您查看摘要之后有变动，尚未办理；请核对新的摘要",
                "what is concerned has changed since you saw the summary, and nothing was done; check the new summary",
            )
        )


def declared_act(code: str) -> Act:
    """Return an act that can be carried out from here.

    Raises
    ------
    Misused
        When there is no act of that code, or a service of its own carries it out.
    """
    act = acts().get(code)
    if act is None or not act.plan:
        raise Misused(
            Text(
                f"没有“{code}”这项操作，或须在其页面上办理；用 lianfang act --list 查看",
                f"there is no act '{code}' to be carried out here; see lianfang act --list",
            )
        )
    return act


def prepare(
    *,
    act: str,
    keys: Iterable[Any],
    by: Account,
    at: dt.datetime,
    note: str = "",
    given: Mapping[str, Any] | None = None,
    seen: Seen | None = None,
) -> Prepared:
    """Say what an act would come to; nothing is changed. See `carry_out` for the parameters and what is refused."""
    return _prepared(_begin(act, keys, by, at, note, given, seen))


def carry_out(
    *,
    act: str,
    keys: Iterable[Any],
    by: Account,
    at: dt.datetime,
    note: str = "",
    given: Mapping[str, Any] | None = None,
    seen: Seen | None = None,
    agreed: str = "",
    api_key: str = "",
) -> Carried:
    """Carry out an act and what follows from it, all or nothing; `changes.undo_change` takes it all back.

    Parameters
    ----------
    act : str
        Code of a declared act that has a plan.
    keys : iterable
        Keys of rows inside the account's scope. Those that stand so already stay as they are.
    by : Account
        Needs the act's permission.
    at : datetime
        Aware.
    note : str
        The reason; only its first 200 characters are kept.
    given : mapping, optional
        What the act needs beside it (`Act.given`).
    seen : Seen, optional
        What the account had before it; without, whatever stands in the rows is decided upon.
    agreed : str
        `Prepared.mark` of the summary that was agreed to; empty: there was none.
    api_key : str
        Prefix of the key by which a machine asks for it; it stands in the trail.

    Raises
    ------
    Misused
        When there is no such act.
    ChangedSince
        When a row that was chosen says something else than it did on the page.
    NotAgreed
        When it would come to something else than what was agreed to.
    Refused
        When a reason is missing, a row cannot be changed so or lies outside the account's scope, or none is left.
    ValueError
        When a plan sets what the act does not declare, or two acts of one change touch the same row.
    """
    with writing():
        planned = _begin(act, keys, by, at, note, given, seen)
        prepared = _prepared(planned)
        if agreed and agreed != prepared.mark:
            raise NotAgreed
        change = _write(planned, by, at, api_key)
    return Carried(change, prepared.part, prepared.followed, prepared.unseen)


@dataclass(frozen=True)
class _Planned:
    """An act with its rows, sorted, and what follows from it."""

    act: Act
    changed: list[tuple[Any, Values]]
    left: list[Any]
    refused: list[tuple[Any, Text]]
    unseen: int = 0
    forbidden: int = 0
    followers: tuple["_Planned", ...] = ()

    def all(self) -> Iterator["_Planned"]:
        yield self
        for one in self.followers:
            yield from one.all()

    def part(self) -> Part:
        reasons = Counter(why for _, why in self.refused)
        changed, left = tuple(row.pk for row, _ in self.changed), tuple(row.pk for row in self.left)
        return Part(self.act, changed, left, tuple(reasons.items()), self.forbidden)


def _begin(
    code: str,
    keys: Iterable[Any],
    by: Account,
    at: dt.datetime,
    note: str,
    given: Mapping[str, Any] | None,
    seen: Seen | None,
) -> _Planned:
    act = declared_act(code)
    need(by, act.permission)
    scope = scope_of(by)
    asked = Asked(by.pk, at, note.strip()[:NOTE_LENGTH], dict(given or {}), lambda permission: may(by.role, permission))
    if act.note == "required" and not asked.note:
        raise Refused(act.need_note)
    rows, unseen = part_unseen(_rows(act, keys, scope), seen)
    planned = _plan(act, rows, asked, unseen)
    need_as_seen([row for row, _ in (*planned.changed, *planned.refused)], seen)
    if planned.refused:
        raise Refused(planned.refused[0][1])
    if not planned.changed:
        raise Refused(act.settled)
    return _with_followers(planned, asked, scope)


def _rows(act: Act, keys: Iterable[Any], scope: Scope) -> list[Any]:
    """Return the rows; refuse when one is not in the scope.

    Called inside `writing`: nobody changes them before the transaction ends.
    """
    model = _model(act)
    wanted = sorted(set(keys))
    found: list[Any] = []
    for part in in_batches(wanted):
        found += model.objects.within(scope).filter(pk__in=part).order_by("pk")
    if len(found) < len(wanted) or not wanted:
        raise Refused(
            Text(
                "其中有不在您的辖区内或已撤回的记录，未作改动",
                "one of these is not in your area or was withdrawn; nothing was changed",
            )
        )
    return found


def _plan(act: Act, rows: Sequence[Any], asked: Asked, unseen: int = 0) -> _Planned:
    parted = sort_out(load_named(act.plan)(rows, asked), rows=len(rows), sets=act.sets)
    return _Planned(
        act,
        [(rows[place], values) for place, values in parted.changed],
        [rows[place] for place in parted.left],
        [(rows[place], why) for place, why in parted.refused],
        unseen,
    )


def _with_followers(planned: _Planned, asked: Asked, scope: Scope) -> _Planned:
    found = []
    keys = [row.pk for row, _ in planned.changed]
    for follower in followers_of(planned.act.code):
        act = acts()[follower.act]
        following = list(load_named(follower.rows)(keys, scope))
        if not following:
            continue
        if not asked.may(act.permission):
            found.append(_Planned(act, [], [], [], forbidden=len(following)))
            continue
        told = Asked(asked.by, asked.at, asked.note, {}, asked.may, follows=planned.act.code)
        own = _plan(act, _rows(act, following, scope), told)
        found.append(_with_followers(own, asked, scope))
    return _Planned(
        planned.act, planned.changed, planned.left, planned.refused, planned.unseen, planned.forbidden, tuple(found)
    )


def _prepared(planned: _Planned) -> Prepared:
    part, *followed = (one.part() for one in planned.all())
    said = repr([(one.act.code, one.changed) for one in (part, *followed)])
    return Prepared(part, tuple(followed), planned.unseen, hashlib.sha256(said.encode()).hexdigest()[:16])


def _write(planned: _Planned, by: Account, at: dt.datetime, api_key: str) -> Change:
    rows: list[ChangedRow] = []
    touched: set[tuple[str, Any]] = set()
    for one in planned.all():
        model, label = _model(one.act), one.act.subject
        changed = [(row.pk, values) for row, values in one.changed]
        if not touched.isdisjoint((label, key) for key, _ in changed):
            raise ValueError(f"{one.act.code} changes a row that {planned.act.code} changes too, in one change")
        touched.update((label, key) for key, _ in changed)
        rows += (
            ChangedRow(
                model=label,
                pk=row.pk,
                before={name: getattr(row, name) for name in values},
                after=dict(values),
                act=one.act.code,
            )
            for row, values in one.changed
        )
        for values, keys in alike(changed):
            for some in in_batches(keys):
                model._base_manager.filter(pk__in=some).update(**values)
    return record_change(by=by, at=at, act=planned.act.code, rows=rows, api_key=api_key)


def _model(act: Act) -> Any:
    return apps.get_model(act.subject)


def _count(act: Act) -> Counted:
    return subjects()[act.subject.lower()].count


__all__ = ["Carried", "NotAgreed", "Part", "Prepared", "carry_out", "declared_act", "prepare"]
