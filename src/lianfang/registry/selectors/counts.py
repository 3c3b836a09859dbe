"""How much stands in the register, and which of its rows are somebody else's."""

from collections.abc import Iterable
from typing import Any

from lianfang.access.scope import Scope, system_scope
from lianfang.records.batches import in_batches
from lianfang.registry.models import Building, Estate, Household, Organisation, Person, Place

TABLES: dict[str, Any] = {
    "people": Person,
    "estates": Estate,
    "buildings": Building,
    "places": Place,
    "households": Household,
    "organisations": Organisation,
}
"""The lists of the register by name."""


def register_counts(scope: Scope) -> dict[str, int]:
    """Return how many rows of each list of the register stand inside a scope: a query a list."""
    return {name: model.objects.within(scope).count() for name, model in TABLES.items()}


def keys_of_others(table: str, keys: Iterable[str], scope: Scope) -> set[str]:
    """Return the keys under which a list of the register has a row outside of a scope: they are not for it to write."""
    if scope.everything:
        return set()
    rows = TABLES[table].objects
    found: set[str] = set()
    for some in in_batches(sorted(set(keys))):
        there = set(rows.within(system_scope("register keys")).filter(pk__in=some).values_list("pk", flat=True))
        found |= there - set(rows.within(scope).filter(pk__in=some).values_list("pk", flat=True))
    return found
