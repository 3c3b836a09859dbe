"""Seconds and peak memory of a command, in a process of its own; the page cache emptied of its files where possible."""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measured:
    """What a command took.

    Attributes
    ----------
    seconds : float
        From the start of the process to its end, imports included.
    cpu : float
        Seconds of all cores together.
    megabytes : float
        The most memory that it held (ru_maxrss).
    output : str
        What it printed.
    """

    seconds: float
    cpu: float
    megabytes: float
    output: str


def _as_usual() -> dict[str, str]:
    """Return the environment, but with Python keeping its bytecode: without it every import compiles anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def measure(command: Sequence[str]) -> Measured:
    """Run a command of this Python and measure it.

    Raises
    ------
    RuntimeError
        When it fails; with the end of what it printed.
    """
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command], stdout=printed, stderr=errors, env=_as_usual())
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        errors.seek(0)
        output, wrong = printed.read(), errors.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {wrong[-800:] or output[-800:]}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def listen(command: Sequence[str], *, limit: float, more: float = 60.0) -> dict[str, Any]:
    """Run a worker and gather what it tells, line by line; stop it where it does not tell its first answer in time.

    Parameters
    ----------
    command : sequence of str
        Arguments of this Python; it prints lines of JSON, each a dict.
    limit : float
        Seconds from the end of its imports to the line that has ``first`` (or, when building, ``seconds``).
    more : float
        Seconds for everything after that, beyond which it is stopped; what it told until then stands.

    Returns
    -------
    dict
        All lines as one; ``over`` is the limit where it was not kept, ``failed`` the last line of its errors.
    """
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, *command], stdout=subprocess.PIPE, stderr=errors, text=True, env=_as_usual()
        )
        lines: queue.Queue[str | None] = queue.Queue()

        def read() -> None:
            for line in process.stdout or ():
                lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        told: dict[str, Any] = {}
        until = time.monotonic() + limit + 60  # imports of a busy machine
        while True:
            try:
                line = lines.get(timeout=max(until - time.monotonic(), 0.0))
            except queue.Empty:
                process.kill()
                if not told.keys() & {"first", "seconds"}:
                    told["over"] = limit
                break
            if line is None:
                break
            news = json.loads(line)
            told |= news
            if "imports" in news:
                until = time.monotonic() + limit
            if news.keys() & {"first", "seconds"}:
                until = time.monotonic() + more
        process.wait()
        errors.seek(0)
        wrong = errors.read().strip().splitlines()
    if process.returncode and "over" not in told and not told.keys() & {"first", "seconds"}:
        told["failed"] = wrong[-1][:300] if wrong else f"ended with {process.returncode}"
    return told


def forget(paths: Iterable[Path]) -> None:
    """Ask the kernel to drop files from its page cache, so that the next read comes from the disk."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in paths:
        try:
            handle = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
