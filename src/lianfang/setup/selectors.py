"""The door to reading how far an office is."""

from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of, system_scope
from lianfang.access.selectors import accounts, jurisdictions
from lianfang.kernel.errors import Refused
from lianfang.outbreaks.selectors import outbreaks
from lianfang.presences import keeping
from lianfang.registry.selectors import register_counts
from lianfang.setup.core.steps import STEPS


def figures(account: Account) -> dict[str, int]:
    """Return how much there is of what each step needs, inside an account's area; presences are those of all.

    A fixed number of queries, whatever there is.
    """
    scope = scope_of(account)
    register = register_counts(scope)
    lived = sum(register[name] for name in ("households", "organisations", "estates", "buildings"))
    found = {
        "areas": jurisdictions(_seen(account, scope)).count(),
        "accounts": accounts(account).count(),
        "people": register["people"],
        "households": lived,
        "places": register["places"],
        "presences": _presences(),
        "outbreaks": outbreaks(scope).count(),
    }
    return {step.code: found[step.code] for step in STEPS}


def _seen(account: Account, scope: Scope) -> Scope:
    """Return the scope in which areas are counted: all of them for who sets up and has no area yet."""
    return system_scope("setup") if account.jurisdiction_id is None else scope


def _presences() -> int:
    """Return how many presences the store holds, from its manifest; 0 where it cannot be read: its page says why."""
    try:
        return keeping.manifest().rows
    except (Refused, OSError):
        return 0
