"""The response as long work: asked for by whoever may report cases, done by a worker, one at a time of an outbreak."""

import datetime as dt
from typing import Any

from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Text
from lianfang.outbreaks.models import Outbreak, Run
from lianfang.records.tasks.models import Task
from lianfang.records.tasks.running import Outcome, Running
from lianfang.records.tasks.services import ask_task
from lianfang.response.selectors import RESPOND, SUBJECT, stages, standing
from lianfang.response.services import respond_outbreak

DONE = Text(
    "追踪完成，用时 {seconds} 秒：本起疫情有接触者 {contacts} 人",
    "Traced in {seconds} s: {contacts} contacts in this outbreak",
)
AGAIN = Text(
    "追踪期间资料一直在变动；已保存最近一次的结果，还需再追踪一次",
    "Facts kept changing while it traced. What it found last is stored; it has to trace again",
)
UNKNOWN = Text(
    "；另发现 {n} 人不在登记册中，无法联系，请登记",
    "; {n} people whom it found are not in the register and cannot be called: register them",
)


def ask_response(*, outbreak: Outbreak, by: Account, at: dt.datetime, case_id: str = "", url: str = "") -> Task:
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
    run = standing(outbreak.code).run
    arguments = {"outbreak": outbreak.code, "case": case_id, "run": run.pk if run is not None else 0}
    subject = Subject(SUBJECT, outbreak.code, Text(outbreak.name, outbreak.name))
    return ask_task(kind=RESPOND, arguments=arguments, subject=subject, by=by, area=area, url=url, at=at)


def respond(running: Running) -> Outcome:
    """Answer the outbreak of a task.

    Where another response was stored since it was asked for, and stands on everything that is known now, there is
    nothing to do: two who ask at once get one response, and one whose worker was killed after it stored is not repeated.
    """
    code, case_id = running.arguments["outbreak"], running.arguments["case"]
    now = standing(code)
    if now.run is not None and now.run.pk > running.arguments["run"] and now.on_facts and now.presences == "same":
        return Outcome(result=_result(now.run), words=_done(now.run))
    names = [name for name, _ in stages()]
    words = dict(stages())

    def tell(step: str) -> None:
        running.progress(step, words[step], names.index(step), len(names))

    answered = respond_outbreak(
        outbreak_code=code, at=running.clock(), by=running.by, case_id=case_id or None, progress=tell
    )
    run = standing(code).run
    assert run is not None
    said = _done(run) if answered.is_current else AGAIN
    if answered.unknown:
        said = Text(
            said.zh + UNKNOWN.zh.format(n=len(answered.unknown)), said.en + UNKNOWN.en.format(n=len(answered.unknown))
        )
    result = _result(run) | {"unknown": len(answered.unknown), "is_current": answered.is_current}
    return Outcome(result=result, words=said)


def _result(run: Run) -> dict[str, Any]:
    return {"run": run.pk, "seconds": run.seconds, "contacts": run.contacts, "unknown": 0, "is_current": True}


def _done(run: Run) -> Text:
    return DONE.format(seconds=f"{run.seconds:.1f}", contacts=run.contacts)
