"""How many contacts wait for what: the numbers of the room's worklists."""

import datetime as dt

from lianfang.access.scope import Scope
from lianfang.kernel.vocabulary import Decision
from lianfang.tracing.selectors.locating import overdue_contacts
from lianfang.tracing.selectors.rows import contact_rows, counted_contacts


def count_to_decide(scope: Scope, at: dt.datetime, outbreak: str | None) -> int:
    """Return how many contacts inside a scope nobody has decided about; of one outbreak, or of all (None)."""
    rows = counted_contacts(contact_rows(scope)).filter(decision=Decision.PROPOSED.value)
    return (rows if outbreak is None else rows.filter(outbreak_id=outbreak)).order_by().count()


def count_to_locate(scope: Scope, at: dt.datetime, outbreak: str | None) -> int:
    """Return how many contacts inside a scope should have been located by a time (aware), and are not."""
    rows = overdue_contacts(contact_rows(scope), scope, at)
    return (rows if outbreak is None else rows.filter(outbreak_id=outbreak)).order_by().count()
