"""The door to reading what was done: changes that can be taken back."""

from django.db.models import QuerySet

from lianfang.access.models import Account
from lianfang.records.models import Change


def last_changes(account: Account, *, limit: int = 20) -> QuerySet[Change]:
    """Return the account's own last changes, newest first."""
    return Change.objects.filter(by=account)[:limit]
