"""Offers: something to do that a room offers on the page of a thing of another room, as plain data that it declares.

The page of a person belongs to the register; that a person can be reported as a case is known further to the right::

    offers=(
        Offer(
            subject="registry.person",
            permission="case.report",
            label=Text("报告为病例", "Report as a case"),
            address="lianfang.cases.offers:report_person",
        ),
    )

They stand in the room's `room.py`; `pages.objectpage` shows them as buttons, other pages as they like.
"""

from dataclasses import dataclass
from typing import Any

from lianfang.access.core.roles import may
from lianfang.access.words import say
from lianfang.house import declared
from lianfang.kernel.declare import load_named


@dataclass(frozen=True)
class Offered:
    """An offer as it stands on the page of one thing."""

    label: str
    url: str
    permission: str


def offers_for(request: Any, subject: str, key: str) -> list[Offered]:
    """Return what the rooms offer the reader (`ScopedRequest`) for one thing, in the order of the rooms.

    Parameters
    ----------
    subject : str
        The kind of thing, such as ``registry.person``.
    key : str
        The thing.
    """
    offers = [one for room in declared().values() for one in room.offers if one.subject == subject]
    allowed = [one for one in offers if may(request.account.role, one.permission)]
    found = [(one, load_named(one.address)(request, key)) for one in allowed]
    return [Offered(say(one.label), url, one.permission) for one, url in found if url]
