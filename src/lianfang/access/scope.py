"""Which rows a reader may see: a scope is a set of branches of the jurisdiction tree, and no scope means no rows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lianfang.access.models import Account


@dataclass(frozen=True)
class Scope:
    """The branches of the jurisdiction tree that a reader sees.

    Attributes
    ----------
    name : str
        Who reads: ``account:<username>``, or ``system:<task>`` for batch work. It stands in the audit trail.
    paths : tuple of str
        Jurisdiction paths (``Jurisdiction.path``); a row is seen when its jurisdiction's path starts with one of them.
        An empty tuple sees nothing.
    everything : bool
        Only for named system scopes.
    """

    name: str
    paths: tuple[str, ...] = ()
    everything: bool = False

    def covers(self, path: str) -> bool:
        """Tell whether a jurisdiction path lies inside the scope."""
        return self.everything or any(path.startswith(own) for own in self.paths)


def system_scope(task: str) -> Scope:
    """Return the scope of a named batch task; it sees everything, and its name says on whose behalf."""
    return Scope(name=f"system:{task}", everything=True)


def scope_of(account: "Account") -> Scope:
    """Return the scope of an account: the branch of its own jurisdiction; none without one."""
    paths = (account.jurisdiction.path,) if account.jurisdiction is not None else ()
    return Scope(name=f"account:{account.username}", paths=paths)
