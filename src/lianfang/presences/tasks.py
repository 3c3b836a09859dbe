"""A list of presences that was sent from the page is taken in as long work; what it refuses becomes the task's file."""

import datetime as dt
import re
import shutil
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

import polars as pl
from django.conf import settings
from django.urls import reverse

from lianfang.access.models import Account
from lianfang.access.services import need
from lianfang.intake.read import SUFFIXES
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import Subject
from lianfang.kernel.text import Counted, Lang, Text
from lianfang.pages.exports import neutral
from lianfang.presences import keeping
from lianfang.records.tasks.models import Task
from lianfang.records.tasks.running import Cancelled, Outcome, Running
from lianfang.records.tasks.services import ask_task

INGEST = "presences.ingest"
"""The kind of task, as the room declares it."""
FOLDER = "uploads"
"""Folder of the data folder where lists lie from their sending to their taking in."""
KEEP = dt.timedelta(days=7)
"""A list whose task never came to an end is cleared away after so long."""

_NO_LIST = Text("请用 CSV、XLSX 或 Parquet 文件", "send a CSV, XLSX or Parquet file")
_EMPTY = Text("文件是空的，请核对后再上传", "the file is empty: check it and send it again")
_GONE = Text("上传的文件已不存在，请重新上传", "the file that was sent is not there any more: send it again")
_TAKEN = Text("“{name}”已导入 {rows} 条在场记录", "'{name}' is taken in: {rows} presences")
_KNOWN = Text("“{name}”此前已导入，未作改动", "'{name}' was taken in before; nothing has changed")
_REFUSED = Counted(
    "；{n} 行无法使用，原因见任务页的文件",
    "; {n} row could not be used, the file on the task's page says why",
    "; {n} rows could not be used, the file on the task's page says why",
)


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
    plain = _plain(name)
    if Path(plain).suffix.lower() not in SUFFIXES:
        raise Refused(_NO_LIST)
    home = Path(settings.DATA_DIR) / FOLDER
    _sweep(home)
    key = uuid.uuid4().hex
    folder = home / key
    folder.mkdir(mode=0o700, parents=True)
    try:
        size = 0
        with (folder / plain).open("wb") as file:
            for piece in pieces:
                size += file.write(piece)
        if not size:
            raise Refused(_EMPTY)
        return ask_task(
            kind=INGEST,
            arguments={"folder": key, "name": plain},
            subject=Subject("presence", key, Text(plain, plain)),
            by=by,
            at=at,
            url=reverse("presences"),
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def ingest(running: Running) -> Outcome:
    """Take a list in, and write what was refused of it to a file; begun again it goes on where it was cut off.

    Raises
    ------
    Refused
        When the file is gone, or cannot be used as a whole.
    """
    folder = Path(settings.DATA_DIR) / FOLDER / running.arguments["folder"]
    path = folder / running.arguments["name"]
    if not path.is_file():
        raise Refused(_GONE)
    assert running.by is not None
    lang: Lang = "zh" if running.task.language.startswith("zh") else "en"

    def tell(step: Text, share: float) -> None:
        running.progress(step.en[:40], Text(step.zh, step.en), round(share * 100), 100)

    try:
        taken = keeping.ingest_file(path, by=running.by, at=running.clock(), lang=lang, progress=tell)
        if taken.refused_count:
            with running.file("refused.csv") as file:
                texts = [pl.col(one).map_elements(neutral, return_dtype=pl.String) for one in _texts(taken.refused)]
                file.write_bytes(b"\xef\xbb\xbf" + taken.refused.with_columns(texts).write_csv().encode())
    except (Refused, Cancelled):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    words = (_TAKEN if taken.is_new else _KNOWN).format(name=taken.name, rows=f"{taken.rows:,}")
    if taken.refused_count:
        more = _REFUSED.format(n=taken.refused_count)
        words = Text(words.zh + more.zh, words.en + more.en)
    result = {"rows": taken.rows, "refused": taken.refused_count, "is_new": taken.is_new}
    # The file of what was refused stands on the task's own page.
    url = f"{settings.TASK_PAGES}{running.task.pk}/" if taken.refused_count else ""
    return Outcome(result=result, words=words, url=url)


def _plain(name: str) -> str:
    """Return a name for a file that leads out of no folder, keeps its ending, and is not too long."""
    plain = re.sub(r"[^\w.()（） -]", "_", Path(name.replace("\\", "/")).name).strip(" .")
    stem, suffix = Path(plain).stem, Path(plain).suffix
    return f"{stem[: 60 - len(suffix)]}{suffix}"


def _texts(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if dtype == pl.String]


def _sweep(home: Path) -> None:
    """Clear away lists whose task was never begun or never ended."""
    if not home.is_dir():
        return
    for folder in home.iterdir():
        if folder.stat().st_mtime < time.time() - KEEP.total_seconds():
            shutil.rmtree(folder, ignore_errors=True)
