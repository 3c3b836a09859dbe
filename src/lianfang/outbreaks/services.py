"""The door to changing outbreaks: open one, change one, note a run of its response."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import cast

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of, system_scope
from lianfang.access.selectors import jurisdictions
from lianfang.access.services import need
from lianfang.access.times import to_aware, to_local
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.outbreaks.models import Outbreak, Run
from lianfang.playbook.load import load
from lianfang.records.changes import ChangedRow, record_change
from lianfang.records.models import Change

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
"""How the number of an outbreak may be written: it stands in addresses and in the numbers of its cases."""
_RESERVED = ("open", "chains")
"""Words of addresses that stand where the number of an outbreak would."""
_EVERYTHING = system_scope("outbreaks")


def open_outbreak(
    *,
    code: str,
    name: str,
    playbook: str,
    jurisdiction: str,
    started_on: dt.date,
    by: Scope,
    at: dt.datetime,
    overlays: Sequence[str] = (),
) -> Outbreak:
    """Open an outbreak under a playbook, or renew the one with this code; doing it twice changes nothing.

    Raises
    ------
    Refused
        When the area lies outside the scope.
    """
    area = jurisdictions(by).filter(pk=jurisdiction).first()
    if area is None:
        raise Refused(
            Text(f"没有代码为“{jurisdiction}”的辖区", f"there is no jurisdiction with the code '{jurisdiction}'")
        )
    facts = {
        "name": name,
        "playbook": playbook,
        "overlays": list(overlays),
        "jurisdiction": area,
        "started_on": started_on,
    }
    with writing():
        outbreak, created = Outbreak.objects.within(_EVERYTHING).update_or_create(code=code, defaults=facts)
        detail = {
            "act": "outbreak.open" if created else "outbreak.renew",
            "outbreak": code,
            "playbook": playbook,
            "overlays": overlays,
        }
        audit.record(actor=by.name, act="write", kind="outbreaks.outbreak", key=code, detail=detail, at=at)
    return cast("Outbreak", outbreak)


def begin_outbreak(
    *,
    code: str,
    name: str,
    playbook: str,
    overlays: Sequence[str],
    area: str,
    started_on: dt.date,
    by: Account,
    at: dt.datetime,
) -> Outbreak:
    """Open an outbreak as an account asks for it.

    Parameters
    ----------
    code, name : str
        Its number (`CODE`) and what people call it.
    playbook, overlays : str, sequence of str
        Ids of policies that come with the package.
    area : str
        Code of an area inside the account's scope.
    started_on : date
        Not after the day of `at`.
    by : Account
        Needs ``outbreak.manage``.
    at : datetime
        Aware.

    Raises
    ------
    Refused
        When the account may not, the number is taken or cannot stand in an address, the playbook cannot be composed,
        the area lies outside the scope, or the day lies in the future.
    """
    need(by, "outbreak.manage")
    code, name = code.strip(), name.strip()
    if not CODE.fullmatch(code) or code in _RESERVED:
        raise Refused(
            Text(
                f"疫情编号“{code}”不可用：请用字母、数字和 . _ -，例如 {started_on:%Y}-01",
                f"'{code}' cannot be the number of an outbreak: use letters, digits and . _ -, such as "
                f"{started_on:%Y}-01",
            )
        )
    if Outbreak.objects.within(_EVERYTHING).filter(pk__iexact=code).exists():
        raise Refused(Text(f"疫情编号“{code}”已被使用，请换一个", f"the number '{code}' is taken; choose another"))
    _need_begun(started_on, at)
    _need_playbook(playbook, overlays)
    return open_outbreak(
        code=code,
        name=name,
        playbook=playbook,
        overlays=overlays,
        jurisdiction=area,
        started_on=started_on,
        by=scope_of(by),
        at=at,
    )


def change_outbreak(
    *,
    code: str,
    name: str,
    playbook: str,
    overlays: Sequence[str],
    started_on: dt.date,
    by: Account,
    at: dt.datetime,
) -> Change | None:
    """Change what an outbreak is called, when it began, and the policy under which it is answered from now on.

    What was ordered stays; the next response proposes under the new policy.

    Returns
    -------
    Change or None
        By which it is taken back; None where nothing differs.

    Raises
    ------
    Refused
        When the account may not, the outbreak is not in its area, or as `begin_outbreak` says.
    """
    need(by, "outbreak.manage")
    _need_begun(started_on, at)
    _need_playbook(playbook, overlays)
    told = {"name": name.strip(), "playbook": playbook, "overlays": list(overlays), "started_on": started_on}
    with writing():
        outbreak = Outbreak.objects.within(scope_of(by)).filter(pk=code).first()
        if outbreak is None:
            raise Refused(Text(f"辖区内没有疫情 {code}", f"there is no outbreak {code} in your area"))
        before = {field: getattr(outbreak, field) for field, value in told.items() if getattr(outbreak, field) != value}
        if not before:
            return None
        after = {field: told[field] for field in before}
        for field, value in after.items():
            setattr(outbreak, field, value)
        outbreak.save(update_fields=list(after))
        row: ChangedRow = {"model": "outbreaks.Outbreak", "pk": outbreak.pk, "before": before, "after": after}
        return record_change(act="outbreak.change", by=by, at=at, rows=[row])


def _need_begun(started_on: dt.date, at: dt.datetime) -> None:
    today = to_local(at).date()
    if started_on > today:
        raise Refused(
            Text(
                f"开始日期 {started_on} 晚于今天（{today}），请核对",
                f"it cannot begin on {started_on}, after today ({today}): check the day",
            )
        )


def _need_playbook(playbook: str, overlays: Sequence[str]) -> None:
    """Refuse a policy that cannot be composed: nobody could be decided about under it."""
    load(playbook, tuple(overlays))


def record_run(
    *,
    outbreak: str,
    case_id: str | None,
    as_of: dt.datetime,
    playbook: str,
    seconds: float,
    cases: int,
    contacts: int,
    at: dt.datetime,
    presences: str = "",
    facts: str = "",
    number: int = 0,
) -> Run:
    """Note that tracing was carried out.

    Parameters
    ----------
    outbreak, case_id : str
        What was traced, and the case whose report asked for it, where one did.
    as_of, at : datetime
        Aware: the time of reckoning, and when it was done.
    playbook : str
        Name and digest of the policy.
    seconds : float
        How long it took.
    cases, contacts : int
        How many went in and came out.
    presences : str
        Digest of the content of the presence store that was traced (`store.manifest.Manifest.content_digest`).
    facts : str
        Digest of the other facts that were used.
    number : int
        Entry of the audit trail up to which nothing else was written; 0 where others were meanwhile.
    """
    return Run.objects.create(
        outbreak_id=outbreak,
        case_id=case_id or "",
        as_of=to_aware(as_of) or at,
        playbook=playbook,
        seconds=seconds,
        cases=cases,
        contacts=contacts,
        finished_at=at,
        presences=presences,
        facts=facts,
        number=number,
    )
