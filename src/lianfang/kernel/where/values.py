"""The values that predicates compare: constants, parameters by name, fields of a row."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

Scalar = str | int | float | bool | dt.date | dt.datetime | None
"""A value that a field is compared with."""


@dataclass(frozen=True)
class Param:
    """A value that is given when the predicate is used, by name; None where it is not known.

    ``Param("at") - dt.timedelta(hours=24)`` and ``Param("day").midnight()`` are derived from it when it is bound.
    """

    name: str
    offset: dt.timedelta = dt.timedelta()
    at_midnight: bool = False

    def midnight(self) -> "Param":
        """Return the time at which the day begins."""
        return replace(self, at_midnight=True)

    def __add__(self, offset: dt.timedelta) -> "Param":
        return replace(self, offset=self.offset + offset)

    def __sub__(self, offset: dt.timedelta) -> "Param":
        return replace(self, offset=self.offset - offset)

    def bind(self, params: Mapping[str, Any]) -> Any:
        """Return the value.

        Raises
        ------
        TypeError
            When no parameter of this name was given.
        """
        if self.name not in params:
            raise TypeError(f"the predicate needs the parameter {self.name!r}")
        value = params[self.name]
        if value is None:
            return None
        if self.at_midnight:
            value = dt.datetime(value.year, value.month, value.day)
        return value + self.offset if self.offset else value

    def words(self) -> str:
        """Return what it is called in a description."""
        day = f"{self.name} 00:00" if self.at_midnight else self.name
        if not self.offset:
            return day
        return f"{day} {'+' if self.offset > dt.timedelta() else '-'} {abs(self.offset)}"


AT, DAY = Param("at"), Param("day")
"""The moment and the day as of which something is asked, by the names that everybody uses."""


def known(value: Any) -> Any:
    """Return a value as predicates compare it: a word as its code, an empty text as None.

    Raises
    ------
    ValueError
        For NaN, which is not a value.
    """
    value = value.value if isinstance(value, Enum) else value
    if isinstance(value, float) and value != value:
        raise ValueError("NaN is no value: what is not known is None")
    return None if isinstance(value, str) and not value else value


def bound(value: Any, params: Mapping[str, Any]) -> Any:
    """Return a constant, or the value of a parameter, as `known`."""
    return known(value.bind(params) if isinstance(value, Param) else value)


def value_of(row: Any, name: str) -> Any:
    """Return a field of a mapping or an object; ``area__path`` walks, and is None where a step of the way is."""
    for step in name.split("__"):
        if row is None:
            return None
        row = row[step] if isinstance(row, Mapping) else getattr(row, step)
    return row
