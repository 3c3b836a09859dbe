"""What every predicate can do, and how predicates are joined."""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import polars as pl

from lianfang.kernel.text import Text
from lianfang.kernel.where.values import Scalar, known, value_of

Names = Mapping[str, str | pl.Expr]
"""Where a predicate's field stands in a frame: the column's name, or an expression where there is no such column."""


def absent(frame: pl.DataFrame, **instead: Scalar) -> dict[str, str | pl.Expr]:
    """Return, for the fields that a frame has no column of, what each of its rows has instead; for `Where.polars`."""
    # Not a bare literal: a predicate of literals alone has one row, and Polars refuses it on frames that it splits.
    return {name: pl.repeat(value, pl.len()) for name, value in instead.items() if name not in frame.columns}


class Where(ABC):
    """A predicate; see the module. Joined by ``&``, ``|`` and ``~``."""

    def __and__(self, other: "Where") -> "Where":
        return And((*_parts(And, self), *_parts(And, other)))

    def __or__(self, other: "Where") -> "Where":
        return Or((*_parts(Or, self), *_parts(Or, other)))

    def __invert__(self) -> "Where":
        return self.part if isinstance(self, Not) else Not(self)

    def __bool__(self) -> bool:
        raise TypeError("a predicate is no truth value: join by & | ~, and ask it by polars(), holds() or as_q()")

    def polars(self, *, names: Names | None = None, **params: Any) -> pl.Expr:
        """Return the predicate as an expression; true or false in every row, never null.

        Parameters
        ----------
        names : mapping, optional
            Field → column, where a frame calls it otherwise; or field → expression, where it has no such column.
        **params
            The parameters by name; times naive and local. Those that are not asked for are passed over.
        """
        named = names or {}

        def column(name: str) -> pl.Expr:
            found = named.get(name, name)
            return found if isinstance(found, pl.Expr) else pl.col(found)

        return self._expr(column, params)

    def holds(self, row: Any, *, names: Mapping[str, str] | None = None, **params: Any) -> bool:
        """Tell whether the predicate holds for one row.

        Parameters
        ----------
        row : mapping or object
            Holds the fields as keys or as attributes; ``area__path`` is the ``path`` of its ``area``. A row of the
            database holds aware times: `lianfang.records.where.holds_for` asks it with naive ones.
        names, **params
            As for `polars`.
        """
        named = names or {}
        return self.holds_by(lambda name: value_of(row, named.get(name, name)), **params)

    def holds_by(self, value: Callable[[str], Any], **params: Any) -> bool:
        """Tell whether the predicate holds where `value` gives the fields by name; as `holds`."""
        return self._holds(lambda name: known(value(name)), params)

    def fields(self) -> frozenset[str]:
        """Return the names of the fields it asks about."""
        return frozenset().union(*(part.fields() for part in self._inner()))

    def describe(self, labels: Mapping[str, Text] | None = None) -> Text:
        """Say the predicate in words.

        Parameters
        ----------
        labels : mapping, optional
            Field → what people call it; without, its name.
        """
        return self._words(labels or {})

    def _inner(self) -> "tuple[Where, ...]":
        return ()

    @abstractmethod
    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr: ...

    @abstractmethod
    def _holds(self, value: Callable[[str], Any], params: Mapping[str, Any]) -> bool: ...

    @abstractmethod
    def _words(self, labels: Mapping[str, Text]) -> Text: ...


def _parts(kind: "type[And] | type[Or]", one: Where) -> tuple[Where, ...]:
    return one.parts if isinstance(one, kind) else (one,)


@dataclass(frozen=True)
class Always(Where):
    """Holds for every row, or for none."""

    value: bool

    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr:
        return pl.lit(self.value)

    def _holds(self, value: Callable[[str], Any], params: Mapping[str, Any]) -> bool:
        return self.value

    def _words(self, labels: Mapping[str, Text]) -> Text:
        return Text("全部", "all") if self.value else Text("无", "none")


EVERY, NOTHING = Always(True), Always(False)


@dataclass(frozen=True)
class And(Where):
    """Holds where all of its parts do."""

    parts: tuple[Where, ...]

    def _inner(self) -> tuple[Where, ...]:
        return self.parts

    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr:
        return reduce(operator.and_, (part._expr(column, params) for part in self.parts))

    def _holds(self, value: Callable[[str], Any], params: Mapping[str, Any]) -> bool:
        return all(part._holds(value, params) for part in self.parts)

    def _words(self, labels: Mapping[str, Text]) -> Text:
        return _joined(self.parts, labels, Text("且", " and "))


@dataclass(frozen=True)
class Or(Where):
    """Holds where one of its parts does."""

    parts: tuple[Where, ...]

    def _inner(self) -> tuple[Where, ...]:
        return self.parts

    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr:
        return reduce(operator.or_, (part._expr(column, params) for part in self.parts))

    def _holds(self, value: Callable[[str], Any], params: Mapping[str, Any]) -> bool:
        return any(part._holds(value, params) for part in self.parts)

    def _words(self, labels: Mapping[str, Text]) -> Text:
        return _joined(self.parts, labels, Text("或", " or "))


def _joined(parts: Iterable[Where], labels: Mapping[str, Text], by: Text) -> Text:
    said = [
        Text(f"({words.zh})", f"({words.en})") if isinstance(part, And | Or) else words
        for part in parts
        for words in [part.describe(labels)]
    ]
    return Text(by.zh.join(one.zh for one in said), by.en.join(one.en for one in said))


@dataclass(frozen=True)
class Not(Where):
    """Holds where its part does not."""

    part: Where

    def _inner(self) -> tuple[Where, ...]:
        return (self.part,)

    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr:
        return ~self.part._expr(column, params)

    def _holds(self, value: Callable[[str], Any], params: Mapping[str, Any]) -> bool:
        return not self.part._holds(value, params)

    def _words(self, labels: Mapping[str, Text]) -> Text:
        if isinstance(self.part, Null | Blank):
            return Text("{field}已知", "{field} is known").format(field=called(self.part.field, labels))
        return Text("非（{part}）", "not ({part})").format(part=self.part.describe(labels))


@dataclass(frozen=True)
class OfField(Where):
    """A question about one field."""

    field: str

    def fields(self) -> frozenset[str]:
        """Return the name of the field."""
        return frozenset({self.field})


@dataclass(frozen=True)
class Null(OfField):
    """A time, day or number that is not known."""

    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr:
        return column(self.field).is_null()

    def _holds(self, value: Callable[[str], Any], params: Mapping[str, Any]) -> bool:
        return value(self.field) is None

    def _words(self, labels: Mapping[str, Text]) -> Text:
        return Text("{field}未知", "{field} is not known").format(field=called(self.field, labels))


@dataclass(frozen=True)
class Blank(Null):
    """A text that is not known: missing or empty."""

    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr:
        return (column(self.field) == "").fill_null(True)


def called(field: str, labels: Mapping[str, Text]) -> Text:
    """Return what a field is called in a description."""
    return labels.get(field, Text(field, field))
