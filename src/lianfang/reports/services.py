"""The door to publishing bulletins: an issue is frozen, a correction is a new one that names it."""

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from django.db.models import Max

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.services import need
from lianfang.access.times import to_aware, to_local
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.reports.core.cases import last_moment
from lianfang.reports.core.frozen import digest_of, frozen
from lianfang.reports.core.paper import Masthead
from lianfang.reports.models import Issue
from lianfang.reports.selectors import corrections_of, find_issue, paper_for

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak

PUBLISH = "bulletin.publish"


def publish(
    *,
    outbreak: "Outbreak",
    as_of: dt.datetime,
    unit: str,
    signed_by: str,
    by: Account,
    at: dt.datetime,
    corrects: int | None = None,
    why: str = "",
) -> Issue:
    """Publish the bulletin of a day as the next issue of the account's area; it is kept as it is now.

    Parameters
    ----------
    outbreak : Outbreak
        Inside the account's scope.
    as_of : datetime
        Naive local: the time of reckoning; midnight closes the day before it.
    unit, signed_by : str
        Who compiled it, who signed it.
    by : Account
        Needs ``bulletin.publish``.
    at : datetime
        Aware.
    corrects : int, optional
        Key of the issue that this one corrects, of the same outbreak and area; `why` says what was wrong.

    Raises
    ------
    Refused
        When unit or signature is missing, the time lies in the future, the day has an issue already and this is no
        correction, or a correction names none, gives no reason, or names one that was corrected before.
    """
    need(by, PUBLISH)
    scope = scope_of(by)
    area = by.jurisdiction
    unit, signed_by, why = unit.strip(), signed_by.strip(), why.strip()
    if area is None:
        raise Refused(Text("账号没有所属辖区，不能发布", "the account belongs to no area and cannot publish"))
    if not unit or not signed_by:
        raise Refused(Text("请填写编发单位和签发人", "fill in who compiled it and who signed it"))
    if as_of > to_local(at):
        raise Refused(
            Text(
                "截止时间晚于现在，请选择已到的时间", "the time of reckoning lies in the future; choose an earlier one"
            )
        )
    day = last_moment(as_of).date()
    with writing():
        issues = Issue.unscoped.filter(outbreak=outbreak, jurisdiction=area)
        wrong = _corrected(corrects, why, outbreak, by)
        if wrong is None and (there := issues.filter(day=day).order_by("-number").first()) is not None:
            raise Refused(
                Text(
                    f"{day}的日报已发布（第{there.number}期），不能改动；如有误请发布更正",
                    f"the bulletin of {day} was published as issue {there.number} and cannot be changed; "
                    "publish a correction",
                )
            )
        number = (issues.aggregate(last=Max("number"))["last"] or 0) + 1
        head = Masthead(unit, number, signed_by, None if wrong is None else wrong.number, why if wrong else "")
        made = paper_for(outbreak, scope, as_of, masthead=head)
        kept = frozen(replace(made.bulletin, masthead=head))
        issue = Issue(
            outbreak=outbreak,
            jurisdiction=area,
            number=number,
            day=day,
            as_of=to_aware(as_of),
            unit=unit,
            signed_by=signed_by,
            corrects=wrong,
            why=head.why,
            paper=kept,
            areas=[[one.number, one.cases, one.outline] for one in made.areas],
            digest=digest_of(kept),
            published_at=at,
            published_by=by,
        )
        issue.save()
        detail = {"act": "bulletin.publish", "number": number, "day": day, "digest": issue.digest}
        if wrong is not None:
            detail["corrects"] = wrong.number
        audit.record(actor=scope.name, act="write", kind="bulletin", key=outbreak.code, detail=detail, at=at)
    return issue


def _corrected(corrects: int | None, why: str, outbreak: "Outbreak", by: Account) -> Issue | None:
    if corrects is None:
        return None
    wrong = find_issue(corrects, scope_of(by))
    if wrong is None or wrong.outbreak_id != outbreak.code or wrong.jurisdiction_id != by.jurisdiction_id:
        raise Refused(Text("没有这一期日报", "there is no such issue"))
    if not why:
        raise Refused(Text("请说明更正了什么", "say what is corrected"))
    if later := corrections_of(wrong):
        raise Refused(
            Text(
                f"第{wrong.number}期已由第{later[0].number}期更正，请更正最新一期",
                f"issue {wrong.number} was corrected by issue {later[0].number}: correct that one",
            )
        )
    return wrong
