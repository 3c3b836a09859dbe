"""The demo from start to end: the steps in their order, each done once, each safe to be done again."""

import datetime as dt
import json
import sys
import time
from pathlib import Path

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Lang, Text
from lianfang.site.demo.folder import Folder, State, same_demo
from lianfang.site.demo.people import print_accounts
from lianfang.site.demo.steps import QUIET, STEPS, Step, Work

PEOPLE, SEED = 20_000, 1


def run_demo(
    *,
    data_dir: Path,
    people: int | None,
    seed: int | None,
    as_of: dt.datetime | None,
    lang: Lang,
    has_cases: bool | None = None,
) -> None:
    """Set up a demo in a data folder, or take the one that is there, and print what came of it.

    A demo that was interrupted goes on where it stood. Django is set up for `data_dir` already.

    Parameters
    ----------
    data_dir : Path
        Absolute.
    people, seed : int, optional
        Of a new demo 20,000 and 1; one that is there must not differ.
    as_of : datetime, optional
        The time zero of a new demo: two weeks of presences end here. Naive local; the default is the present.
    lang : {"zh", "en"}
        Of what is printed.
    has_cases : bool, optional
        Whether an outbreak runs through a new demo (as one does by default); one that is there must not differ.

    Raises
    ------
    Refused
        When the folder holds another demo, or the database other data.
    """
    folder = Folder(data_dir)
    with folder.locked():
        state = folder.state()
        if state is None:
            _need_empty_database(data_dir)
            state = folder.begin(
                State(
                    people or PEOPLE,
                    SEED if seed is None else seed,
                    as_of or _present(),
                    has_cases=has_cases is not False,
                )
            )
        same_demo(state, people=people, seed=seed, has_cases=has_cases, data_dir=data_dir)
        if "county" in state.done:
            _need_own_database(data_dir)
        work = Work(folder, state, lang)
        steps = STEPS if state.has_cases else QUIET
        for number, (name, words, step) in enumerate(steps, start=1):
            if name not in state.done:
                _timed(f"[{number}/{len(steps)}] {words.in_language(lang)}", step, work)
                state = folder.mark(state, name)
        _print_summary(folder, state, lang)


def _present() -> dt.datetime:
    from lianfang.access.times import now, to_local

    local = to_local(now())
    assert local is not None
    return local.replace(second=0, microsecond=0)


def _timed(words: str, step: Step, work: Work) -> None:
    """Carry out a step and say on standard error what it was, how long it took and what came of it.

    On a terminal the line tells meanwhile how far the step is; in a file there is one line a step.
    """
    began = time.monotonic()
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""

    def tell(detail: str) -> None:
        if clear:
            print(f"{clear}{words} … {detail}", end="", file=sys.stderr, flush=True)

    work.tell = tell
    tell("")
    result = step(work)
    end = f" · {result}" if result else ""
    print(f"{clear}{words}: {time.monotonic() - began:.1f} s{end}", file=sys.stderr, flush=True)


def _need_empty_database(data_dir: Path) -> None:
    """Refuse to load a made-up county among real people."""
    from django.db import connection

    if "access_jurisdiction" not in connection.introspection.table_names():
        return
    from lianfang.access.models import Account, Jurisdiction

    if Jurisdiction.objects.exists() or Account.objects.exists():
        raise Refused(
            Text(
                f"数据库中已有数据，但 {data_dir} 中没有演示；演示不与真实数据混用，请用 --data-dir 指定空目录，"
                "并检查 DATABASE_URL",
                f"the database holds data, and {data_dir} no demo; a demo is never mixed with real data: "
                "name an empty folder with --data-dir, and check DATABASE_URL",
            )
        )


def _need_own_database(data_dir: Path) -> None:
    """Refuse to go on where the folder says that a demo is there and the database knows nothing of it."""
    from django.db import connection

    from lianfang.access.models import Jurisdiction
    from lianfang.drill.core.names import AREA_CODE

    there = "access_jurisdiction" in connection.introspection.table_names()
    if not there or not Jurisdiction.objects.filter(pk=AREA_CODE).exists():
        raise Refused(
            Text(
                f"{data_dir} 中的演示记录与数据库不符；请检查 DATABASE_URL，或删除 {data_dir}/demo 重新开始",
                f"{data_dir} tells of a demo that this database does not hold; check DATABASE_URL, "
                f"or delete {data_dir}/demo to begin anew",
            )
        )


def _print_summary(folder: Folder, state: State, lang: Lang) -> None:
    summary = json.loads(folder.summary_file.read_text("utf-8"))
    title = Text(
        "\n演示：云汀县（虚构），{people} 人，种子 {seed}，截至 {at}",
        "\nDemo: Yunting County (made up), {people} people, seed {seed}, as of {at}",
    )
    print(title.format(people=state.people, seed=state.seed, at=f"{state.as_of:%Y-%m-%d %H:%M}").in_language(lang))
    for zh, en, value in summary["lines"]:
        print(f"  {Text(zh, en).in_language(lang)}: {value}")
    print_accounts(folder, lang)
    sys.stdout.flush()
