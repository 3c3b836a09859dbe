"""Who may do what: permissions, the roles that have them, fields that are covered."""

from dataclasses import dataclass

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Role

EVERY_ROLE = frozenset(Role)


RESPONSE = frozenset({Role.COMMANDER, Role.INVESTIGATOR, Role.TOWNSHIP_OFFICER})
"""Who answers an outbreak from a desk."""


FIELD = RESPONSE | {Role.GRID_WORKER}
"""Who answers an outbreak, from door to door too."""


DECIDING = frozenset({Role.COMMANDER, Role.INVESTIGATOR})
"""Who decides about people."""


@dataclass(frozen=True)
class Permission:
    """Something that may be done, and by whom.

    Attributes
    ----------
    code : str
        Such as ``case.view``; a route, an act and a service ask for it by this.
    label : Text
        What it lets one do, in a few words.
    roles : frozenset of Role
        Who may.
    """

    code: str
    label: Text
    roles: frozenset[Role]


@dataclass(frozen=True)
class Protected:
    """A field of a person that is covered, but for the roles `plain_for`."""

    field: str
    label: Text
    plain_for: frozenset[Role]
