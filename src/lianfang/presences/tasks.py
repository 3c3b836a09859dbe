"""A list of presences that was sent from the page is taken in as long work; what it refuses becomes the task's file."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse

from lianfang.access.models import Account
from lianfang.access.services import need
from lianfang.access.words import current_lang
from lianfang.intake.find import need_list
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Text
from lianfang.pages.refused import keep_refused, with_refused
from lianfang.presences import keeping
from lianfang.records.tasks.models import Task
from lianfang.records.tasks.running import Cancelled, Outcome, Running
from lianfang.records.tasks.services import ask_task
from lianfang.records.tasks.uploads import Upload, keep_upload, plain_name

INGEST = "presences.ingest"
"""The kind of task, as the room declares it."""

_TAKEN = Text("“{name}”已导入 {rows} 条在场记录", "'{name}' is taken in: {rows} presences")
_KNOWN = Text("“{name}”此前已导入，未作改动", "'{name}' was taken in before; nothing has changed")


def ask_ingest(*, name: str, pieces: Iterable[bytes], by: Account, at: dt.datetime) -> Task:
    """Keep a list that was sent, and ask for its taking in.

    Parameters
    ----------
    name : str
        Of the file, as it was sent; its ending tells the format.
    pieces : iterable of bytes
        Its content.
    by : Account
        Needs ``presence.ingest``.
    at : datetime
        Aware.

    Raises
    ------
    Refused
        When the account may not, or the file is empty or of another format.
    """
    need(by, "presence.ingest")
    need_list(plain_name(name))
    kept = keep_upload(name, pieces)
    try:
        return ask_task(
            kind=INGEST,
            arguments=kept._asdict(),
            subject=Subject("presence", kept.folder, Text(kept.name, kept.name)),
            by=by,
            at=at,
            url=reverse("presences"),
        )
    except BaseException:
        kept.drop()
        raise


def ingest(running: Running) -> Outcome:
    """Take a list in, and write what was refused of it to a file; begun again it goes on where it was cut off.

    Raises
    ------
    Refused
        When the file is gone, or cannot be used as a whole.
    """
    kept = Upload(**running.arguments)
    path = kept.path
    assert running.by is not None

    def tell(step: Text, share: float) -> None:
        running.progress(step.en[:40], Text(step.zh, step.en), round(share * 100), 100)

    try:
        taken = keeping.ingest_file(path, by=running.by, at=running.clock(), lang=current_lang(), progress=tell)
        if taken.refused_count:
            keep_refused(running, taken.refused)
    except (Refused, Cancelled):
        kept.drop()
        raise
    kept.drop()
    words = (_TAKEN if taken.is_new else _KNOWN).format(name=taken.name, rows=f"{taken.rows:,}")
    words = with_refused(words, taken.refused_count)
    result = {"rows": taken.rows, "refused": taken.refused_count, "is_new": taken.is_new}
    # The file of what was refused stands on the task's own page.
    url = f"{settings.TASK_PAGES}{running.task.pk}/" if taken.refused_count else ""
    return Outcome(result=result, words=words, url=url)
