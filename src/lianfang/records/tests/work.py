"""Kinds of task for the tests, and processes that know them: ``python -m lianfang.records.tests.work ACT``.

``fill`` stores the cast; ``ask KIND ARGUMENTS`` and ``many NUMBER ARGUMENTS`` print ids; ``worker`` works until it is
stopped; ``once`` does what waits; ``tell ID`` prints the row as JSON.
"""

import json
import os
import sys
import time
from pathlib import Path

from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import TaskKind
from lianfang.kernel.text import Text

_LABEL = Text("测试任务", "Test work")


def _kind(name: str, **values) -> TaskKind:
    run = f"lianfang.records.tests.work:{name}"
    return TaskKind(code=f"test.{name}", run=run, label=_LABEL, permission="case.report", **values)


def count(running):
    """Note each number in a file, one line a number and try; slow enough to be killed in between."""
    from lianfang.records.tasks.running import Outcome

    number, pause = running.arguments["number"], running.arguments.get("pause", 0)
    log = running.arguments.get("log")
    for n in range(number):
        running.progress("count", Text("数数", "Counting"), n, number)
        if log:
            with Path(log).open("a") as out:
                out.write(f"{running.task.pk} {running.task.tries} {n} {os.getpid()}\n")
        time.sleep(pause)
    with running.file("numbers.txt") as file:
        file.write_text("\n".join(map(str, range(number))))
    return Outcome(result={"sum": sum(range(number))}, url="/cases/")


def refuse(running):
    raise Refused(Text("病例太少,请先录入", "too few cases; report them first"))


def fail(running):
    raise ValueError("secret 13812345678")


def nothing(running):
    return None


def who(running):
    from lianfang.records.tasks.running import Outcome

    return Outcome(result={"scope": running.scope.name, "everything": running.scope.everything})


KINDS = (
    _kind("count"),
    _kind("refuse"),
    _kind("fail"),
    _kind("nothing", exclusive=True),
    _kind("who", exclusive=True, shared=True),
)


def main(act: str, *words: str) -> None:
    from lianfang.site.manage import set_up

    set_up()
    from lianfang.access.times import now
    from lianfang.records.models import Notice, Task
    from lianfang.records.tasks.kinds import declare
    from lianfang.records.tasks.services import ask_task

    declare(*KINDS)
    if act == "fill":
        from lianfang.access.tests.cast import make_cast

        make_cast()
    elif act == "ask":
        from lianfang.access.models import Account

        by = Account.objects.get(username="investigator")
        arguments = json.loads(words[1]) if len(words) > 1 else {}
        print(ask_task(kind=words[0], arguments=arguments, by=by, at=now()).pk)
    elif act == "many":
        from lianfang.access.models import Account

        by = Account.objects.get(username="investigator")
        for _ in range(int(words[0])):
            print(ask_task(kind="test.count", arguments=json.loads(words[1]), by=by, at=now()).pk)
    elif act in ("worker", "once"):
        from lianfang.site.helper import work

        work(is_once=act == "once", is_under_server="--under-server" in words)
    elif act == "tell":
        task = Task.objects.get(pk=words[0])
        row = {f.name: str(getattr(task, f.attname)) for f in Task._meta.fields}
        row["result"], row["notices"] = task.result, Notice.objects.filter(subject_key=words[0]).count()
        print(json.dumps(row))


if __name__ == "__main__":
    main(*sys.argv[1:])
