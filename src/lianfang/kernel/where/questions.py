"""What can be asked about a field, and the words in which a predicate is written: ``W("end").gt(AT)``."""

import datetime as dt
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from lianfang.kernel.text import Text
from lianfang.kernel.where.tree import Blank, Not, Null, OfField, Where, called
from lianfang.kernel.where.values import Param, Scalar, bound, known

Operator = Literal["eq", "ne", "lt", "le", "gt", "ge"]

COMPARE: dict[Operator, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_SIGNS: dict[Operator, Text] = {
    "eq": Text("{field}为{value}", "{field} is {value}"),
    "ne": Text("{field}已知且不为{value}", "{field} is known and is not {value}"),
    "lt": Text("{field} < {value}", "{field} < {value}"),
    "le": Text("{field} ≤ {value}", "{field} ≤ {value}"),
    "gt": Text("{field} > {value}", "{field} > {value}"),
    "ge": Text("{field} ≥ {value}", "{field} ≥ {value}"),
}


@dataclass(frozen=True)
class Compare(OfField):
    """A field beside a constant or a parameter."""

    op: Operator
    value: Scalar | Param

    def __post_init__(self) -> None:
        if not isinstance(self.value, Param):
            object.__setattr__(self, "value", known(self.value))
            self.against({})

    def against(self, params: Mapping[str, Any]) -> Any:
        """Return what the field is compared with; None where that is not known.

        Raises
        ------
        TypeError
            When texts are to be ordered.
        """
        value = bound(self.value, params)
        if isinstance(value, str) and self.op not in ("eq", "ne"):
            raise TypeError(f"{self.field}: texts have no order here ({self.op} {value!r})")
        return value

    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr:
        other = self.against(params)
        if other is None:
            return pl.lit(False)
        field = column(self.field)
        made: pl.Expr = COMPARE[self.op](field, _literal(other))
        if self.op == "ne" and isinstance(other, str):
            made &= field != ""
        return made.fill_null(False)

    def _holds(self, value: Callable[[str], Any], params: Mapping[str, Any]) -> bool:
        own, other = value(self.field), self.against(params)
        if own is None or other is None:
            return False
        if isinstance(own, dt.datetime) != isinstance(other, dt.datetime):
            raise TypeError(f"{self.field}: a time is compared with a time, a day with a day ({own!r}, {other!r})")
        return bool(COMPARE[self.op](own, other))

    def _words(self, labels: Mapping[str, Text]) -> Text:
        return _SIGNS[self.op].format(field=called(self.field, labels), value=_said(self.value))


@dataclass(frozen=True)
class IsIn(OfField):
    """A field that is one of several values."""

    values: tuple[Scalar, ...] | Param

    def among(self, params: Mapping[str, Any]) -> list[Any]:
        """Return the values that are known."""
        values = self.values.bind(params) if isinstance(self.values, Param) else self.values
        return [one for value in values or () if (one := known(value)) is not None]

    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr:
        values = self.among(params)
        return column(self.field).is_in(values).fill_null(False) if values else pl.lit(False)

    def _holds(self, value: Callable[[str], Any], params: Mapping[str, Any]) -> bool:
        return value(self.field) in self.among(params)

    def _words(self, labels: Mapping[str, Text]) -> Text:
        values = [self.values] if isinstance(self.values, Param) else list(self.values)
        said = Text("、".join(map(_said, values)), ", ".join(map(_said, values)))
        return Text("{field}为{values}之一", "{field} is one of {values}").format(
            field=called(self.field, labels), values=said
        )


@dataclass(frozen=True)
class StartsWith(OfField):
    """A text that begins with another, letter by letter; the path of an area begins with those of the areas above."""

    value: str | Param

    def prefix(self, params: Mapping[str, Any]) -> str | None:
        """Return what the field has to begin with; None where that is not known."""
        found: str | None = bound(self.value, params)
        return found

    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr:
        prefix = self.prefix(params)
        return pl.lit(False) if prefix is None else column(self.field).str.starts_with(prefix).fill_null(False)

    def _holds(self, value: Callable[[str], Any], params: Mapping[str, Any]) -> bool:
        own, prefix = value(self.field), self.prefix(params)
        return own is not None and prefix is not None and bool(own.startswith(prefix))

    def _words(self, labels: Mapping[str, Text]) -> Text:
        return Text("{field}以{value}开头", "{field} starts with {value}").format(
            field=called(self.field, labels), value=_said(self.value)
        )


@dataclass(frozen=True)
class HasDay(OfField):
    """A list of days that contains one; frames hold a list of dates, the database a JSON list of ISO days."""

    value: dt.date | Param

    def day(self, params: Mapping[str, Any]) -> dt.date | None:
        """Return the day; None where it is not known."""
        found = bound(self.value, params)
        if found is None or (isinstance(found, dt.date) and not isinstance(found, dt.datetime)):
            return found
        raise TypeError(f"{self.field}: a list of days contains a day, not {found!r}")

    def _expr(self, column: Callable[[str], pl.Expr], params: Mapping[str, Any]) -> pl.Expr:
        day = self.day(params)
        return pl.lit(False) if day is None else column(self.field).list.contains(pl.lit(day)).fill_null(False)

    def _holds(self, value: Callable[[str], Any], params: Mapping[str, Any]) -> bool:
        day = self.day(params)
        days = value(self.field) or ()
        return day is not None and (day in days or day.isoformat() in days)

    def _words(self, labels: Mapping[str, Text]) -> Text:
        return Text("{field}包含{value}", "{field} contains {value}").format(
            field=called(self.field, labels), value=_said(self.value)
        )


def _said(value: Any) -> str:
    return value.words() if isinstance(value, Param) else "?" if value is None else str(value)


def _literal(value: Any) -> pl.Expr:
    return pl.lit(value, dtype=pl.Datetime("us")) if isinstance(value, dt.datetime) else pl.lit(value)


@dataclass(frozen=True)
class Field:
    """A field by its name in the database; what is asked of it is a `Where`."""

    name: str

    def eq(self, value: Scalar | Param) -> Where:
        """Equal to a value."""
        return Compare(self.name, "eq", value)

    def ne(self, value: Scalar | Param) -> Where:
        """Known, and another value; ``~eq`` keeps what is not known."""
        return Compare(self.name, "ne", value)

    def lt(self, value: Scalar | Param) -> Where:
        """Before a time, less than a number."""
        return Compare(self.name, "lt", value)

    def le(self, value: Scalar | Param) -> Where:
        """Not after a time, not more than a number."""
        return Compare(self.name, "le", value)

    def gt(self, value: Scalar | Param) -> Where:
        """After a time, more than a number."""
        return Compare(self.name, "gt", value)

    def ge(self, value: Scalar | Param) -> Where:
        """Not before a time, not less than a number."""
        return Compare(self.name, "ge", value)

    def is_in(self, values: Iterable[Scalar] | Param) -> Where:
        """One of several values; those that are not known are passed over."""
        return IsIn(self.name, values if isinstance(values, Param) else tuple(known(value) for value in values))

    def null(self) -> Where:
        """Not known; of a text ask `blank`."""
        return Null(self.name)

    def not_null(self) -> Where:
        """Known; of a text ask ``~blank()``."""
        return Not(Null(self.name))

    def blank(self) -> Where:
        """Of a text: missing or empty."""
        return Blank(self.name)

    def starts_with(self, prefix: str | Param) -> Where:
        """Of a text: it begins with `prefix`."""
        return StartsWith(self.name, prefix)

    def has_day(self, day: dt.date | Param) -> Where:
        """Of a list of days: `day` is one of them."""
        return HasDay(self.name, day)


def W(name: str) -> Field:
    """Return the field of this name."""
    return Field(name)
