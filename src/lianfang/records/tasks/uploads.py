"""Files that were sent from a page for a task: where they lie until they are taken in, under which names, how long."""

import contextlib
import datetime as dt
import re
import shutil
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text

FOLDER = "uploads"
"""Folder of the data folder where files lie from their sending to their taking in."""
KEEP = dt.timedelta(days=7)
"""A file whose task never came to an end is cleared away after so long."""

NO_FILE = Text("请先选择文件", "choose a file first")
_EMPTY = Text("文件是空的，请核对后再上传", "the file is empty: check it and send it again")
_GONE = Text("上传的文件已不存在，请重新上传", "the file that was sent is not there any more: send it again")


class Upload(NamedTuple):
    """A file that was sent: the folder of its own, and its name there."""

    folder: str
    name: str

    @property
    def path(self) -> Path:
        """Where it lies.

        Raises
        ------
        Refused
            When it is gone.
        """
        path = Path(settings.DATA_DIR) / FOLDER / self.folder / self.name
        if not path.is_file():
            raise Refused(_GONE)
        return path

    def drop(self) -> None:
        """Take it away with its folder; it may be gone already."""
        shutil.rmtree(Path(settings.DATA_DIR) / FOLDER / self.folder, ignore_errors=True)


def keep_upload(name: str, pieces: Iterable[bytes]) -> Upload:
    """Write a file that was sent into a folder of its own, which only the owner of the process may open.

    Parameters
    ----------
    name : str
        As it was sent; its ending is kept.
    pieces : iterable of bytes
        Its content.

    Raises
    ------
    Refused
        When it is empty.
    """
    home = Path(settings.DATA_DIR) / FOLDER
    _sweep(home)
    kept = Upload(uuid.uuid4().hex, plain_name(name))
    folder = home / kept.folder
    folder.mkdir(mode=0o700, parents=True)
    try:
        size = 0
        with (folder / kept.name).open("wb") as file:
            for piece in pieces:
                size += file.write(piece)
        if not size:
            raise Refused(_EMPTY)
    except BaseException:
        kept.drop()
        raise
    return kept


def plain_name(name: str) -> str:
    """Return a name for a file that leads out of no folder, keeps its ending, and is not too long."""
    plain = re.sub(r"[^\w.()（） -]", "_", Path(name.replace("\\", "/")).name).strip(" .")
    stem, suffix = Path(plain).stem, Path(plain).suffix
    return f"{stem[: 60 - len(suffix)]}{suffix}"


def _sweep(home: Path) -> None:
    """Clear away files whose task was never begun or never ended."""
    if not home.is_dir():
        return
    for folder in home.iterdir():
        with contextlib.suppress(FileNotFoundError):  # taken in meanwhile
            if folder.stat().st_mtime < time.time() - KEEP.total_seconds():
                shutil.rmtree(folder, ignore_errors=True)
