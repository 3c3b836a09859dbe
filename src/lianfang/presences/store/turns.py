"""Whose turn it is to write: one process at a time, and whoever has waited goes before whoever comes again.

Two locks lie in the folder of the store. `LOCK` is held by whoever writes, `NEXT` by whoever waits in front. A writer
that works in pieces lets go between two of them, and has to take `NEXT` again, behind those who wait. A killed process
holds neither. In each file stands who holds it, for those who wait: the process and what it does, nothing of the data.
"""

import datetime as dt
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text

LOCK = ".lock"
NEXT = ".next"

_POLL = 0.05
"""Seconds between two looks whether another writer is done."""

_TELL_AFTER = 0.5
"""Seconds after which it is said for whom one waits."""

_ACTS = {
    "ingest": Text("导入", "ingest"),
    "compact": Text("合并", "compact"),
    "retract": Text("删除一人", "retract"),
    "readmit": Text("解除限制", "readmit"),
    "withdraw": Text("撤回来源", "withdraw"),
    "drop": Text("清除旧日", "drop"),
}


@dataclass(frozen=True)
class Turn:
    """Who writes, or waits in front.

    Attributes
    ----------
    act : str
        What is done, as the command is called.
    pid : int
    host : str
    since : str
        ISO with offset.
    """

    act: str
    pid: int
    host: str
    since: str

    def in_words(self) -> Text:
        """Return who it is, for people."""
        act = _ACTS.get(self.act, Text(self.act, self.act))
        where = "" if self.host == socket.gethostname() else f" @ {self.host}"
        since = self.since[11:19]
        return Text(
            f"进程 {self.pid}{where}：{act.zh}，{since} 开始", f"process {self.pid}{where}: {act.en}, since {since}"
        )


@contextmanager
def turn(
    home: Path, act: str, *, url: str, patience: float, waiting: Callable[[Text], None] | None = None
) -> Iterator[None]:
    """Hold the right to write for the length of the block.

    Parameters
    ----------
    home : Path
        Folder of the locks.
    act : str
        What is to be done; others who wait are told.
    url : str
        The store, for the refusal.
    patience : float
        Seconds to wait for others.
    waiting : callable, optional
        Told for whom one waits, once for each.

    Raises
    ------
    Refused
        When others write for longer.
    """
    until = time.monotonic() + patience
    said: set[tuple[int, str]] = set()

    def wait_for(file: IO[str]) -> None:
        tell_from = time.monotonic() + _TELL_AFTER
        while not _is_taken(file):
            who = _holder(home / LOCK)
            if time.monotonic() >= until:
                raise Refused(_refusal(url, who))
            if waiting and who is not None and (who.pid, who.act) not in said and time.monotonic() >= tell_from:
                waiting(_patient(who, until - time.monotonic()))
                said.add((who.pid, who.act))
            time.sleep(_POLL)
        since = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        _write(file, json.dumps(asdict(Turn(act, os.getpid(), socket.gethostname(), since))))

    with (home / NEXT).open("a") as front, (home / LOCK).open("a") as lock:
        wait_for(front)
        try:
            wait_for(lock)
        finally:
            _let_go(front)
        try:
            yield
        finally:
            _let_go(lock)


def is_merging(home: Path) -> bool:
    """Whether a process that merges writes, or waits in front; asked by one that has just had its turn."""
    # In this order: whoever moves on from the front while this looks is met at the lock.
    turns = [_holder(home / NEXT), _holder(home / LOCK)]
    return any(one is not None and one.act == "compact" and _lives(one) for one in turns)


def _lives(one: Turn) -> bool:
    """Whether a process still runs; of another machine it is believed."""
    if one.host != socket.gethostname():
        return True
    try:
        os.kill(one.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is somebody else's
        pass
    return True


def _is_taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _let_go(file: IO[str]) -> None:
    _write(file, "")
    fcntl.flock(file, fcntl.LOCK_UN)


def _write(file: IO[str], words: str) -> None:
    file.truncate(0)
    file.write(words)
    file.flush()


def _holder(path: Path) -> Turn | None:
    """Who holds a lock; None when nobody says so, or half of it is written."""
    try:
        return Turn(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _patient(who: Turn, seconds: float) -> Text:
    return Text(
        "等待另一写入者（{who}），最多再等 {n} 秒", "waiting for another writer ({who}), for {n} s at most"
    ).format(who=who.in_words(), n=max(1, round(seconds)))


def _refusal(url: str, who: Turn | None) -> Text:
    if who is None:
        return Text(
            f"{url} 正由另一进程写入，请待其完成后再试", f"another process writes to {url}: try again when it is done"
        )
    return Text(
        "{url} 正由另一进程写入（{who}），请待其完成后再试",
        "another process writes to {url} ({who}): try again when it is done",
    ).format(url=url, who=who.in_words())
