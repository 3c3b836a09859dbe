"""How much stands in the register, and in which areas."""

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


def areas_of_keys(table: str, keys: Iterable[str]) -> dict[str, str]:
    """Return the area of each row that a list of the register has under one of the keys, whosever it is."""
    rows = TABLES[table].objects.within(system_scope("register keys")).order_by()
    return {
        key: area
        for some in in_batches(sorted(set(keys)))
        for key, area in rows.filter(pk__in=some).values_list("pk", "jurisdiction_id")
    }
