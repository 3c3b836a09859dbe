"""The door to reading notices."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet

from lianfang.access.models import Account
from lianfang.records.notices.models import Notice, NoticeRead


def notices_for(account: Account, *, at: dt.datetime) -> QuerySet[Notice]:
    """Return what an account should know, newest first, each with `is_read`.

    Its own, and those of its role whose area lies in its own; of an area elsewhere, or for an account without an area,
    none. What has expired is left out.
    """
    of_role = Q(role=account.role)
    if account.jurisdiction is None:
        of_role &= Q(area=None)
    else:
        of_role &= Q(area=None) | Q(area__path__startswith=account.jurisdiction.path)
    read = NoticeRead.objects.filter(account=account, notice=OuterRef("pk"))
    rows = Notice.objects.filter(Q(account=account) | (~Q(role="") & of_role))
    rows = rows.filter(Q(expires=None) | Q(expires__gt=at))
    return rows.annotate(is_read=Exists(read)).order_by("-at", "-pk")


def unread_count(account: Account, *, at: dt.datetime) -> int:
    """Return how many notices an account has not read; one query."""
    return notices_for(account, at=at).filter(is_read=False).count()
