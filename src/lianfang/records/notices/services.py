"""The door to telling somebody something, and to marking it read."""

import datetime as dt
from collections.abc import Iterable

from lianfang.access.core.roles import Role
from lianfang.access.models import Account, Jurisdiction
from lianfang.access.turns import writing
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Text
from lianfang.records.notices.models import Notice, NoticeRead
from lianfang.records.notices.selectors import unread_for


def notify(
    *,
    kind: str,
    subject: Subject,
    words: Text,
    at: dt.datetime,
    account: Account | None = None,
    role: str = "",
    area: Jurisdiction | None = None,
    url: str = "",
    expires: dt.datetime | None = None,
) -> Notice:
    """Tell somebody something. The same again changes nothing; other words about it are a new thing to read.

    Parameters
    ----------
    kind : str
        ``room.what``. With the subject and for whom it is, it names the notice.
    subject : Subject
        What it is about; its text is not stored, the words say it.
    words : Text
        One sentence; never a protected value.
    at, expires : datetime
        Aware; after `expires` nobody is told any more.
    account : Account, optional
        For one account; or else:
    role, area : str, Jurisdiction, optional
        For the accounts of a role whose own area is `area` or lies above it; of any area, where there is none.
    url : str
        Path of the page where something can be done about it.

    Raises
    ------
    ValueError
        When it is for nobody or for both, or the role is unknown: an error of the programmer.
    """
    if (account is None) == (not role) or (role and role not in Role.codes()):
        raise ValueError("a notice is for one account, or else for one role")
    recipient = f"account:{account.pk}" if account else f"role:{role}@{area.pk if area else ''}"
    told = {"words_zh": words.zh[:500], "words_en": words.en[:500], "url": url}
    name = {"kind": kind, "subject_kind": subject.kind, "subject_key": subject.key, "recipient": recipient}
    with writing():
        there = Notice.objects.filter(**name).first()
        if there is None:
            return Notice.objects.create(**name, **told, account=account, role=role, area=area, at=at, expires=expires)
        if any(getattr(there, field) != value for field, value in told.items()):
            NoticeRead.objects.filter(notice=there).delete()
            for field, value in {**told, "at": at}.items():
                setattr(there, field, value)
        there.expires = expires
        there.save()
    return there


def withdraw_notices(*, kinds: Iterable[str], subject: Subject) -> int:
    """Take back what is no longer so, from everybody; return how many notices it were."""
    with writing():
        rows = Notice.objects.filter(kind__in=list(kinds), subject_kind=subject.kind, subject_key=subject.key)
        number = rows.count()
        rows.delete()
    return number


def mark_read(*, account: Account, at: dt.datetime, ids: Iterable[int] | None = None) -> int:
    """Note that an account has read some of its notices, or all; others' are left alone. Return how many were new."""
    with writing():
        rows = unread_for(account, at=at)
        if ids is not None:
            rows = rows.filter(pk__in=list(ids))
        marks = [NoticeRead(notice_id=pk, account=account, at=at) for pk in rows.values_list("pk", flat=True)]
        NoticeRead.objects.bulk_create(marks, batch_size=500, ignore_conflicts=True)
    return len(marks)


def mark_read_about(*, account: Account, subject: Subject, at: dt.datetime) -> int:
    """Note that an account has seen the thing itself: what it was told about it is read. Return how many were new."""
    rows = unread_for(account, at=at).filter(subject_kind=subject.kind, subject_key=subject.key)
    ids = list(rows.values_list("pk", flat=True))
    return mark_read(account=account, at=at, ids=ids) if ids else 0


def clear_expired(*, at: dt.datetime) -> int:
    """Delete notices that nobody is told any more; return how many."""
    rows = Notice.objects.filter(expires__lte=at)
    if not (number := rows.count()):
        return 0
    with writing():
        rows.delete()
    return number
