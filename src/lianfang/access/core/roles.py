"""Who may do what, gathered from what the rooms declare, and which protected fields each role sees plainly.

Every route names one permission (`lianfang.access.rules.allow`); every service that changes something asks for the
same permission again. A role without a permission here has it nowhere. The whole table stands in `docs/access.md`.
"""

from lianfang.house import declared, permissions
from lianfang.kernel.vocabulary import Role as Role

PERMISSIONS: dict[str, frozenset[Role]] = {code: one.roles for code, one in permissions().items()}
"""Permission to the roles that have it, in the order of the rooms."""

PROTECTED_FIELDS: tuple[str, ...] = tuple(one.field for room in declared().values() for one in room.protected)
"""Fields of people that are covered, but for the roles of `PLAIN_FIELDS`."""

PLAIN_FIELDS: dict[Role, frozenset[str]] = {
    role: frozenset(one.field for room in declared().values() for one in room.protected if role in one.plain_for)
    for role in Role
}
"""Protected fields of a person that a role sees unmasked; every other protected field is masked for it."""


def may(role: str, permission: str) -> bool:
    """Tell whether a role has a permission.

    Raises
    ------
    KeyError
        When there is no such permission: a misspelt rule must not read as "nobody", nor as "everybody".
    """
    return role in PERMISSIONS[permission]
