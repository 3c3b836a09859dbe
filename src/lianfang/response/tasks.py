"""The response as long work: asked for by whoever may report cases, done by a worker, one at a time of an outbreak."""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Counted, Text
from lianfang.outbreaks.selectors import last_run
from lianfang.records.tasks.models import Task
from lianfang.records.tasks.running import Outcome, Running
from lianfang.records.tasks.services import ask_task
from lianfang.response.selectors import RESPOND, SUBJECT, stages, standing
from lianfang.response.services import respond_outbreak

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak, Run

DONE = Text(
    "追踪完成，用时 {seconds} 秒：本起疫情有接触者 {contacts} 人",
    "Traced in {seconds} s: {contacts} contacts in this outbreak",
)
AGAIN = Text(
    "追踪期间资料一直在变动；已保存最近一次的结果，还需再追踪一次",
    "Facts kept changing while it traced. What it found last is stored; it has to trace again",
)
JOINED = Counted(
    "有 {n} 次相遇因同一次停留有两条记录，按一次计",
    "{n} meeting was told by two records of one stay, and counted once",
    "{n} meetings were told by two records of one stay, and counted once",
)
UNKNOWN = Counted(
    "本起疫情追踪发现的 {n} 人不在人员库中，无法联系，请登记",
    "{n} person whom tracing found in this outbreak is not in the register and cannot be called: register them",
    "{n} people whom tracing found in this outbreak are not in the register and cannot be called: register them",
)


def ask_response(*, outbreak: "Outbreak", by: Account, at: dt.datetime, case_id: str = "", url: str = "") -> Task:
    """Ask for the response to an outbreak. While one runs one more waits, for the facts may be others by then.

    Parameters
    ----------
    outbreak : Outbreak
        With its area.
    by : Account
        Needs ``case.report``.
    at : datetime
        Aware.
    case_id : str, optional
        The case on whose page it is asked for.
    url : str, optional
        Path of the page that shows what came of it.
    """
    area = outbreak.jurisdiction if scope_of(by).covers(outbreak.jurisdiction.path) else None
    run = last_run(outbreak.code)
    arguments = {
        "outbreak": outbreak.code,
        "case": case_id,
        "run": run.pk if run is not None else 0,
        "number": audit.last_number(),
    }
    subject = Subject(SUBJECT, outbreak.code, Text(outbreak.name, outbreak.name))
    return ask_task(kind=RESPOND, arguments=arguments, subject=subject, by=by, area=area, url=url, at=at)


def respond(running: Running) -> Outcome:
    """Answer the outbreak of a task.

    Where another response was stored since it was asked for, and stands on everything that is known now, there is
    nothing to do: two who ask at once get one response, and what was stored before its worker was killed stays as it
    is.
    """
    code, case_id = running.arguments["outbreak"], running.arguments["case"]
    now = standing(code)
    if now.run is not None and now.run.pk > running.arguments["run"] and now.on_facts and now.presences == "same":
        return Outcome(result=_result(now.run), words=told_of(_result(now.run))[0])
    names = [name for name, _ in stages()]
    step_words = dict(stages())

    def tell(step: str) -> None:
        running.progress(step, step_words[step], names.index(step), len(names))

    answered = respond_outbreak(
        outbreak_code=code, at=running.clock(), by=running.by, case_id=case_id or None, progress=tell
    )
    run = last_run(code)
    assert run is not None
    found = {"unknown": len(answered.unknown), "is_current": answered.is_current, "joined": answered.joined}
    result = _result(run) | found
    told = told_of(result)
    return Outcome(result=result, words=Text("；".join(text.zh for text in told), "; ".join(text.en for text in told)))


def told_of(result: Mapping[str, Any]) -> list[Text]:
    """Return what a finished task has to tell: what came of it first, then what is to be done about it."""
    done = DONE.format(seconds=f"{result['seconds']:.1f}", contacts=result["contacts"])
    told: list[Text] = [done if result["is_current"] else AGAIN]
    for name, words in (("unknown", UNKNOWN), ("joined", JOINED)):
        if number := result.get(name, 0):
            told.append(words.format(n=number))
    return told


def _result(run: "Run") -> dict[str, Any]:
    return {"run": run.pk, "seconds": run.seconds, "contacts": run.contacts, "unknown": 0, "is_current": True}
