"""A predicate (`lianfang.kernel.where`) as a condition of the database, and asked of a row that came from there."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import F, Q, TextField
from django.db.models.functions import Cast, Left
from django.db.models.lookups import Contains, Exact
from django.utils import timezone

from lianfang.access.times import to_aware, to_local
from lianfang.kernel.where import (
    Always,
    And,
    Blank,
    Compare,
    HasDay,
    IsIn,
    Not,
    Null,
    Or,
    StartsWith,
    Where,
    value_of,
)

_NONE = Q(pk__in=())
_LOOKUPS = {"lt": "lt", "le": "lte", "gt": "gt", "ge": "gte"}


def as_q(where: Where, *, prefix: str = "", names: Mapping[str, str] | None = None, **params: Any) -> Q:
    """Return a predicate as a condition of a query: the same rows as `Where.polars` and `Where.holds`.

    Parameters
    ----------
    where : Where
        Its fields are fields of the model, or lookups such as ``jurisdiction__path``.
    prefix : str
        The way from the model that is asked to the one whose fields these are, such as ``case__``; along foreign
        keys, never to many rows.
    names : mapping, optional
        Field → lookup, where the model calls it otherwise.
    **params
        The parameters by name; times naive and local, or aware.
    """
    named = names or {}
    params = {name: _local(value) for name, value in params.items()}

    def path(name: str) -> str:
        return prefix + named.get(name, name)

    def made(one: Where) -> Q:
        match one:
            case Always():
                return ~_NONE if one.value else _NONE
            case And():
                return Q(*map(made, one.parts))
            case Or():
                return Q(*map(made, one.parts), _connector=Q.OR)
            case Not():
                # Django keeps a negation exact where a column may be null: NOT (x = 1 AND x IS NOT NULL).
                return ~made(one.part)
            case Blank():
                return Q(**{f"{path(one.field)}__isnull": True}) | Q(**{path(one.field): ""})
            case Null():
                return Q(**{f"{path(one.field)}__isnull": True})
            case Compare():
                return _compared(path(one.field), one.op, one.against(params))
            case IsIn():
                return Q(**{f"{path(one.field)}__in": [_stored(value) for value in one.among(params)]})
            case StartsWith():
                return _begins(path(one.field), one.prefix(params))
            case HasDay():
                return _contains(path(one.field), one.day(params))
        raise TypeError(f"no condition is known for {type(one).__name__}")

    return made(where)


def holds_for(row: Any, where: Where, *, names: Mapping[str, str] | None = None, **params: Any) -> bool:
    """Tell whether a predicate holds for a row of the database, whose times are aware.

    Parameters
    ----------
    row : object
        A model's instance.
    where, names, **params
        As for `as_q`.
    """
    named = names or {}
    local = {name: _local(value) for name, value in params.items()}
    return where.holds_by(lambda name: _local(value_of(row, named.get(name, name))), **local)


def _local(value: Any) -> Any:
    return to_local(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value


def _stored(value: Any) -> Any:
    return to_aware(value) if isinstance(value, dt.datetime) else value


def _compared(path: str, op: str, other: Any) -> Q:
    if other is None:
        return _NONE
    value = _stored(other)
    if op == "eq":
        return Q(**{path: value})
    if op != "ne":
        return Q(**{f"{path}__{_LOOKUPS[op]}": value})
    other_than = Q(**{f"{path}__isnull": False}) & ~Q(**{path: value})
    return other_than & ~Q(**{path: ""}) if isinstance(value, str) else other_than


def _begins(path: str, prefix: str | None) -> Q:
    """SQLite's LIKE takes A for a: it finds the rows, by an index where there is one, and equality decides."""
    if prefix is None:
        return _NONE
    return Q(**{f"{path}__startswith": prefix}) & Q(Exact(Left(F(path), len(prefix)), prefix))


def _contains(path: str, day: dt.date | None) -> Q:
    if day is None:
        return _NONE
    # An expression is compared as it is: that it may be null has to be said, or its negation would be unknown.
    known = Q(**{f"{path}__isnull": False})
    return known & Q(Contains(Cast(F(path), TextField()), f'"{day.isoformat()}"'))
