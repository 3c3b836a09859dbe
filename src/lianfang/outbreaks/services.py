"""The door to changing outbreaks: open one, note a run of its response."""

import datetime as dt
from collections.abc import Sequence
from typing import cast

from lianfang.access import audit
from lianfang.access.scope import Scope, system_scope
from lianfang.access.selectors import jurisdictions
from lianfang.access.times import to_aware
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.outbreaks.models import Outbreak, Run

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
