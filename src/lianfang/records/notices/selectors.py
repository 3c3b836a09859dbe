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
    return _told(account, at).annotate(is_read=Exists(_read_by(account)))


def unread_for(account: Account, *, at: dt.datetime) -> QuerySet[Notice]:
    """Return those of `notices_for` that the account has not read."""
    return _told(account, at).filter(~Exists(_read_by(account)))


def unread_count(account: Account, *, at: dt.datetime) -> int:
    """Return how many notices an account has not read; one query."""
    return unread_for(account, at=at).count()


def _read_by(account: Account) -> QuerySet[NoticeRead]:
    return NoticeRead.objects.filter(account=account, notice=OuterRef("pk"))


def _told(account: Account, at: dt.datetime) -> QuerySet[Notice]:
    of_role = Q(role=account.role)
    if account.jurisdiction is None:
        of_role &= Q(area=None)
    else:
        of_role &= Q(area=None) | Q(area__path__startswith=account.jurisdiction.path)
    rows = Notice.objects.filter(Q(account=account) | (~Q(role="") & of_role))
    return rows.filter(Q(expires=None) | Q(expires__gt=at)).order_by("-at", "-pk")
