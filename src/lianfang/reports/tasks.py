"""The bulletin of a large outbreak as a Word document: counted and written outside of the request."""

import datetime as dt
from typing import TYPE_CHECKING

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Lang, Text
from lianfang.outbreaks.selectors import find_outbreak
from lianfang.records.tasks.models import Task
from lianfang.records.tasks.running import Outcome, Running
from lianfang.records.tasks.services import ask_task
from lianfang.reports.papers import document_of
from lianfang.reports.selectors import paper_for

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak

BULLETIN = "reports.bulletin"
"""The kind of task, as the room declares it."""
CONTACTS_AT_MOST = 50_000
"""With more contacts in the reader's area the document is a task: it takes a second and more then."""
_COUNT = Text("汇总数字并写出文件", "counting and writing the document")
_GONE = Text(
    "辖区内没有这起疫情；请回到疫情日报页重新下载", "there is no such outbreak in your area; download from its page"
)


def ask_bulletin(
    *, outbreak: "Outbreak", day: dt.date, as_of: dt.datetime, lang: Lang, by: Account, at: dt.datetime
) -> Task:
    """Ask for the document of a day.

    Parameters
    ----------
    outbreak : Outbreak
        Inside the account's scope.
    day : date
    as_of : datetime
        Naive local: the time of reckoning.
    lang : {"zh", "en"}
    by : Account
        Needs ``bulletin.view``.
    at : datetime
        Aware.

    Raises
    ------
    Refused
        When the account may not see bulletins.
    """
    title = Text(f"{outbreak.name} {day.isoformat()}", f"{outbreak.name} {day.isoformat()}")
    return ask_task(
        kind=BULLETIN,
        arguments={"outbreak": outbreak.code, "day": day.isoformat(), "as_of": as_of.isoformat(), "lang": lang},
        subject=Subject("bulletin", f"{outbreak.code}@{as_of.isoformat()}@{lang}"[:120], title),
        by=by,
        at=at,
    )


def write(running: Running) -> Outcome:
    """Count the figures as who asked sees them, and write the document; that it leaves the system is recorded.

    Raises
    ------
    Refused
        When the outbreak is not, or no longer, one that the reader sees.
    """
    asked = running.arguments
    outbreak = find_outbreak(asked["outbreak"], running.scope)
    if outbreak is None:
        raise Refused(_GONE)
    as_of = dt.datetime.fromisoformat(asked["as_of"])
    running.progress("count", _COUNT)
    paper = paper_for(outbreak, running.scope, as_of)
    with running.file(f"bulletin-{asked['day']}.docx") as file:
        file.write_bytes(document_of(paper, as_of=as_of, lang=asked["lang"]))
    detail = {"day": asked["day"], "as_of": as_of, "lang": asked["lang"]}
    actor = running.scope.name
    audit.record(actor=actor, act="export", kind="bulletin", key=outbreak.code, detail=detail, at=running.clock())
    return Outcome()
