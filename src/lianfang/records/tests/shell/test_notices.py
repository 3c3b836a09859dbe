"""Notices: told once, read by each for itself, to whom they are for and to nobody else."""

import datetime as dt

import pytest

from lianfang.access.tests.cast import AT, Cast
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Text
from lianfang.records.models import Notice, NoticeRead
from lianfang.records.notices.selectors import notices_for, unread_count
from lianfang.records.notices.services import mark_read, notify, withdraw_notices

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ORDER = Subject("measure", "7")
WORDS = Text("隔离令已被替代", "the order was overtaken")
DAY = dt.timedelta(days=1)


def tell(**for_whom) -> Notice:
    values = {"kind": "measure.overtaken", "subject": ORDER, "words": WORDS, "at": AT, **for_whom}
    return notify(**values)


def test_the_same_again_changes_nothing_and_other_words_are_new(cast: Cast) -> None:
    first = tell(account=cast.commander)
    mark_read(account=cast.commander, at=AT)
    assert tell(account=cast.commander, at=AT + DAY) == first and unread_count(cast.commander, at=AT) == 0
    assert Notice.objects.get().at == AT
    tell(account=cast.commander, words=Text("又变了", "changed again"), at=AT + DAY)
    assert Notice.objects.get().at == AT + DAY and unread_count(cast.commander, at=AT) == 1
    tell(account=cast.investigator)
    assert Notice.objects.count() == 2


def test_a_role_is_told_where_its_area_covers_it_and_each_reads_for_itself(cast: Cast) -> None:
    tell(role="investigator", area=cast.areas["330999001"])
    told = {name for name in (*cast.roles, "neighbour", "stranger") if notices_for(getattr(cast, name), at=AT)}
    assert told == {"investigator"}
    tell(role="investigator", area=cast.areas["33"])
    assert unread_count(cast.investigator, at=AT) == 1, "of a wider area than its own"
    tell(role="township_officer", area=cast.areas["330999001001"])
    assert unread_count(cast.township_officer, at=AT) == 1
    tell(role="investigator", subject=Subject("system", "x"))
    assert [unread_count(p, at=AT) for p in (cast.investigator, cast.neighbour, cast.stranger)] == [2, 1, 1]
    assert mark_read(account=cast.investigator, at=AT) == 2
    assert [unread_count(p, at=AT) for p in (cast.investigator, cast.neighbour)] == [0, 1]


def test_marking_reaches_only_what_is_ones_own(cast: Cast) -> None:
    own, other = tell(account=cast.investigator), tell(account=cast.commander)
    assert mark_read(account=cast.investigator, at=AT, ids=[own.pk, other.pk, 999]) == 1
    assert mark_read(account=cast.investigator, at=AT) == 0
    assert NoticeRead.objects.get().notice == own and unread_count(cast.commander, at=AT) == 1


def test_what_expired_or_was_withdrawn_is_not_told(cast: Cast) -> None:
    tell(account=cast.commander, expires=AT + DAY)
    assert unread_count(cast.commander, at=AT) == 1 and unread_count(cast.commander, at=AT + DAY) == 0
    assert withdraw_notices(kinds=["measure.overtaken"], subject=ORDER) == 1
    assert not Notice.objects.exists()


def test_a_notice_is_for_one_account_or_for_one_role(cast: Cast) -> None:
    for wrong in ({}, {"account": cast.commander, "role": "commander"}, {"role": "cook"}):
        with pytest.raises(ValueError, match="one account"):
            tell(**wrong)


def test_the_count_is_one_query(cast: Cast, django_assert_num_queries) -> None:
    tell(account=cast.commander)
    with django_assert_num_queries(1):
        assert unread_count(cast.commander, at=AT) == 1
